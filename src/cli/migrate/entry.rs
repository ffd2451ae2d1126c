//! The entry points of loom and shuttle, and what they become.

use proc_macro2::{Group, TokenTree};
use std::ops::Range;

/// How a call of an entry point is written here.
#[derive(Debug)]
pub struct Entry {
    /// In place of its path.
    pub path: String,
    /// The arguments that are no more, with the comma before them.
    pub cut: Option<Range<usize>>,
    /// Behind the call.
    pub behind: &'static str,
}

impl Entry {
    fn prove(cut: Option<Range<usize>>) -> Self {
        Self { path: "raceproof::prove".to_owned(), cut, behind: "" }
    }

    fn explorer(engine: &str, executions: &str, cut: Range<usize>) -> Self {
        let is_number = executions.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
        let executions = if is_number { executions.to_owned() } else { format!("({executions}) as u64") };
        let path = format!(
            "raceproof::explore::Explorer::new(raceproof::explore::Engine::{engine})\
             .executions_max({executions}).explore"
        );
        Self { path, cut: Some(cut), behind: ".assert_passed()" }
    }
}

/// What the call of `path` with these arguments becomes, if it is an entry point that is known.
pub fn entry(path: &[&str], arguments: &Group, text: &str) -> Option<Entry> {
    let arguments = ranges(arguments);
    let said = |i: usize| &text[arguments[i].clone()];
    let cut = || arguments[0].end..arguments[arguments.len() - 1].end;
    match (path, arguments.len()) {
        (["loom", "model"], 1) => Some(Entry::prove(None)),
        (["shuttle", "check_dfs"], 2) => match said(1) {
            "None" => Some(Entry::prove(Some(cut()))),
            some => {
                let executions = some.strip_prefix("Some(")?.strip_suffix(')')?;
                Some(Entry::explorer("Exhaustive", executions, cut()))
            }
        },
        (["shuttle", "check_random"], 2) => Some(Entry::explorer("Random { seed: 0 }", said(1), cut())),
        (["shuttle", "check_urw"], 2) => Some(Entry::explorer("Urw { seed: 0 }", said(1), cut())),
        (["shuttle", "check_pct"], 3) => {
            Some(Entry::explorer(&format!("Pct {{ seed: 0, depth: {} }}", said(2)), said(1), cut()))
        }
        _ => None,
    }
}

/// Where each argument stands.
fn ranges(arguments: &Group) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut begins = true;
    for token in arguments.stream() {
        let at = token.span().byte_range();
        match token {
            TokenTree::Punct(comma) if comma.as_char() == ',' => begins = true,
            _ if std::mem::take(&mut begins) => ranges.push(at),
            _ => ranges.last_mut().expect("one has begun").end = at.end,
        }
    }
    ranges
}
