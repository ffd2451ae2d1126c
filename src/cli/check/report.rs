//! What is printed of a judged history.

use super::judge::{Judged, Refutation, Shown};
use super::{Args, Consistency};
use crate::linearize::explain::{LOOSE_MAX, listed};
use crate::linearize::timeline::{Style, timeline};
use clap::ValueEnum;
use serde_json::json;
use std::io::{self, Write};

/// Rows that a timeline shows; of more, the last ones.
const ROWS_MAX: usize = 24;

/// The claim on one line; for a refutation, what happened and why it is wrong.
pub(super) fn text(
    out: &mut impl Write,
    args: &Args,
    file: &str,
    judged: &Judged,
    many: bool,
) -> io::Result<()> {
    let file = if file == "-" { "stdin" } else { file };
    let promise = promise(args.consistency);
    match judged {
        Judged::Unread(said) if said.starts_with(|first: char| first.is_ascii_digit()) => {
            writeln!(io::stderr(), "raceproof: {file}:{said}")
        }
        Judged::Unread(said) => writeln!(io::stderr(), "raceproof: {file}: {said}"),
        Judged::Empty { calls } => {
            writeln!(out, "{file}: undecided: none of its {calls} calls returned, so nothing was seen")
        }
        Judged::Holds { calls, never_returned: 0 } => writeln!(out, "{file}: {promise}; {calls} calls"),
        Judged::Holds { calls, never_returned } => {
            writeln!(out, "{file}: {promise}; {calls} calls, {never_returned} of them never returned")
        }
        Judged::Undecided { calls, steps, kept } => writeln!(
            out,
            "{file}: undecided after {steps} steps with {kept} configurations in memory; {calls} calls; \
             try --steps-max {} --kept-max {}",
            steps.saturating_mul(10),
            kept.saturating_mul(10)
        ),
        Judged::Refuted { calls, refutation } => {
            refuted(out, file, promise, *calls, refutation)?;
            if many { writeln!(out) } else { Ok(()) }
        }
    }
}

fn refuted(
    out: &mut impl Write,
    file: &str,
    promise: &str,
    calls: usize,
    refutation: &Refutation,
) -> io::Result<()> {
    let style = Style { ascii: ascii(), ..Style::default() };
    let (loose, firm): (Vec<&Shown>, Vec<&Shown>) = refutation.core.iter().partition(|shown| shown.any_time);
    write!(out, "{file}: not {promise}. {} of {calls} calls show it", firm.len())?;
    let folded = loose.len() > LOOSE_MAX;
    let hidden = firm.len().saturating_sub(ROWS_MAX);
    match loose.len() {
        0 => writeln!(out, ":\n")?,
        n => writeln!(out, ", and {n} that may have happened at any time:\n")?,
    }
    if hidden > 0 {
        writeln!(out, "  ({hidden} earlier ones are not drawn)")?;
    }
    let drawn = firm[hidden..].iter().chain(loose.iter().filter(|_| !folded));
    writeln!(out, "{}", timeline(drawn.map(|shown| shown.row.clone()).collect(), style))?;
    if folded {
        let ops = loose.iter().map(|shown| shown.row.op.clone()).collect();
        wrapped(out, "any time   ", &listed(ops, 12), style.width)?;
    }
    let why = if style.ascii { refutation.why.replace('→', "->") } else { refutation.why.clone() };
    wrapped(out, "why        ", &why, style.width)
}

/// `text` behind `label`, in as many lines as it needs.
fn wrapped(out: &mut impl Write, label: &str, text: &str, width: usize) -> io::Result<()> {
    let indent = label.chars().count();
    let mut line = label.to_owned();
    for word in text.split(' ') {
        let used = line.chars().count();
        if used > indent && used + word.chars().count() > width {
            writeln!(out, "{}", line.trim_end())?;
            line = " ".repeat(indent);
        }
        line += word;
        line.push(' ');
    }
    writeln!(out, "{}", line.trim_end())
}

fn promise(consistency: Consistency) -> &'static str {
    match consistency {
        Consistency::Linearizable => "linearizable",
        Consistency::Sequential => "sequentially consistent",
        Consistency::Quiescent => "quiescently consistent",
        Consistency::Monotone => "monotone",
    }
}

/// Nothing but ASCII, where the locale has no other letters or colours are not wanted.
fn ascii() -> bool {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")).unwrap_or_default();
    let utf8 = locale.to_ascii_lowercase().replace('-', "").contains("utf8");
    set("NO_COLOR").is_some() || !utf8
}

/// The same as one JSON object; `docs/histories.md` has its fields.
pub(super) fn json(args: &Args, file: &str, judged: &Judged) -> serde_json::Value {
    let name = |value: Option<clap::builder::PossibleValue>| value.map(|value| value.get_name().to_owned());
    let mut report = json!({
        "file": file,
        "model": name(args.model.to_possible_value()),
        "consistency": name(args.consistency.to_possible_value()),
    });
    let found = match judged {
        Judged::Unread(said) => json!({ "verdict": "unread", "error": said }),
        Judged::Empty { calls } => {
            json!({ "verdict": "undecided", "calls": calls, "error": "no call returned" })
        }
        Judged::Holds { calls, never_returned } => {
            json!({ "verdict": "holds", "calls": calls, "never_returned": never_returned })
        }
        Judged::Undecided { calls, steps, kept } => {
            json!({ "verdict": "undecided", "calls": calls, "steps": steps, "kept": kept })
        }
        Judged::Refuted { calls, refutation } => json!({
            "verdict": "refuted",
            "calls": calls,
            "why": refutation.why,
            "core": refutation.core.iter().map(shown).collect::<Vec<_>>(),
        }),
    };
    let (Some(report_fields), serde_json::Value::Object(found)) = (report.as_object_mut(), found) else {
        unreachable!("both are objects")
    };
    report_fields.extend(found);
    report
}

fn shown(shown: &Shown) -> serde_json::Value {
    json!({
        "client": shown.row.client,
        "op": shown.row.op,
        "ret": shown.row.ret,
        "line": shown.line,
        "any_time": shown.any_time,
        "decisive": shown.row.decisive,
    })
}
