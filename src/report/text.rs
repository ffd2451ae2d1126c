//! Verdicts as text: the claim, the program, what happened, why it is wrong, what to do next.

use super::style::{Style, grouped};
use super::table::{padded, table, wrapped};
use crate::verdict::{Counterexample, Coverage, Cut, Finding, Verdict};
use std::fmt;

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proved(coverage) => write!(f, "proved: {}", covered(coverage)),
            Self::Passed(coverage, cut) => {
                write!(f, "passed, which is no proof: {}; {}", covered(coverage), cut_text(cut))?;
                if coverage.largest.is_empty() {
                    return Ok(());
                }
                write!(f, "\n  most orders come from: {}", coverage.largest.join(", "))
            }
            Self::Undecided(coverage, why) => write!(f, "undecided ({}): {why}", coverage.engine),
            Self::Refuted(refutation) => {
                // Not how soon: the same bytes by the engine, by its schedule and in the next run.
                let found = refutation.coverage.engine.name();
                f.write_str(&counterexample("the program", &refutation.counterexample, found))
            }
        }
    }
}

fn covered(coverage: &Coverage) -> String {
    let mut text = match coverage.by_sequences_of {
        Some(programs) => format!(
            "{} by {} of calls that are as one step, by {}",
            plural(u64::try_from(programs).unwrap_or(u64::MAX), "program"),
            plural(coverage.executions, "sequence"),
            coverage.engine
        ),
        None => format!("{} by {}", plural(coverage.executions, "execution"), coverage.engine),
    };
    for limit in &coverage.limits {
        text.extend(["\n  not covered: ", &limit.what]);
        if !limit.lines.is_empty() {
            text.extend([" (", &limit.lines.join(", "), ")"]);
        }
    }
    text
}

fn cut_text(cut: &Cut) -> String {
    match cut {
        Cut::Executions { max } => format!("cut short at {}", plural(*max, "execution")),
        Cut::Elapsed { ms_max } => format!("cut short after {ms_max} ms"),
        Cut::Preemptions { max } => format!("with at most {}", plural(*max as u64, "preemption")),
        Cut::Choices { max } => {
            format!("with at most {} from the first way of a choice", plural(*max as u64, "departure"))
        }
        Cut::Interrupted => "put down by Ctrl-C".to_owned(),
        Cut::Replay => "it ran one execution, by its schedule".to_owned(),
        Cut::Sampling => "it draws executions and cannot run them all".to_owned(),
    }
}

/// `1 execution`, `2 executions`.
pub fn plural(number: u64, noun: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} {noun}{s}", grouped(number))
}

/// A counterexample of `subject`; `found` says by whom it was found.
pub fn counterexample(subject: &str, shown: &Counterexample, found: &str) -> String {
    let style = Style::of_environment();
    let mut lines = vec![format!("{} ({found})", claim(subject, shown))];
    if !shown.program.is_empty() {
        lines.push(String::new());
        lines.push("program".to_owned());
        let width = shown.program.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        lines.extend(
            shown.program.iter().map(|(name, calls)| format!("    {}   {calls}", padded(name, width))),
        );
    }
    let rows = table(shown, style);
    if !rows.is_empty() {
        lines.push(String::new());
        let preemptions = shown.preemptions.map(|n| format!(", with {}", plural(n as u64, "preemption")));
        lines.push(format!("how{}", preemptions.unwrap_or_default()));
        lines.push(String::new());
        lines.extend(rows);
    }
    if !shown.why.is_empty() {
        lines.push(String::new());
        lines.push("why".to_owned());
        lines.extend(
            shown.why.iter().map(|line| wrapped(&style.plain(line), INDENT, INDENT).trim_end().to_owned()),
        );
    }
    lines.extend(replay(shown));
    lines.join("\n")
}

const INDENT: &str = "    ";

fn claim(subject: &str, shown: &Counterexample) -> String {
    match shown.finding {
        Finding::DataRace => format!("{subject} has a data race"),
        Finding::Deadlock => format!("{subject} has a deadlock"),
        Finding::Livelock => format!("{subject} has a livelock"),
        Finding::Panic => format!("{subject} panics"),
        Finding::NotLinearizable => format!("{subject} is not linearizable"),
        Finding::Died => format!("{subject} ends its process"),
    }
}

/// What to know to see it again.
fn replay(shown: &Counterexample) -> Vec<String> {
    let replay = shown.replay.as_ref().map(|command| format!("replay     {command}"));
    let seed = shown.seed.map(|seed| format!("seed       {seed}"));
    let lines: Vec<String> = replay.into_iter().chain(seed).collect();
    if lines.is_empty() { lines } else { [vec![String::new()], lines].concat() }
}
