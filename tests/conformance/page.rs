//! The rows of the page on what is as std and tokio have it, of what came out: `ci/conformance` makes the page.

use raceproof::verdict::Verdict;
use std::path::Path;

/// Keeps what a promise came to, for the page, if there is somebody who makes it. It held on real threads.
pub fn keep(exhaustive: &Verdict, loom: &Verdict) {
    keep_row(&told(exhaustive), &told(loom));
}

/// Keeps that a sequence of calls has tokio's answers, poll for poll.
pub fn keep_beside() {
    keep_row("as tokio, poll for poll of one thread", "absent: not compared there");
}

fn keep_row(exhaustive: &str, loom: &str) {
    let Ok(folder) = std::env::var("RACEPROOF_CONFORMANCE") else { return };
    let name = std::thread::current().name().expect("a test has a name").to_owned();
    let of = match name.split(['_', ':']).next() {
        Some("tokio" | "channels") => "tokio",
        Some("parking") => "parking_lot",
        Some("crossbeam") => "crossbeam",
        _ => "std",
    };
    let promise = name.rsplit("::").next().unwrap_or(&name).replace('_', " ");
    let row = format!("| {promise} | as {of} | {exhaustive} | {loom} |\n");
    let file = if name.contains("::") { name.replace("::", ".") } else { format!("std.{name}") };
    std::fs::write(Path::new(&folder).join(file), row).expect("the folder is there");
}

/// A verdict in a cell: what a proof leaves out, or why there is none, without the lines.
fn told(verdict: &Verdict) -> String {
    let told = match verdict {
        Verdict::Proved(coverage) if coverage.limits.is_empty() => "proved".to_owned(),
        Verdict::Proved(coverage) => {
            let limits: Vec<&str> = coverage.limits.iter().map(|limit| &*limit.what).collect();
            format!("limited: without {}", limits.join("; "))
        }
        Verdict::Passed(..) => "passed".to_owned(),
        Verdict::Refuted(refuted) => {
            format!("absent: it has a {} there", refuted.counterexample.finding.name())
        }
        Verdict::Undecided(_, why) if why.starts_with("an object that was made at") => {
            "absent: its object is of the real world".to_owned()
        }
        // The place stands in brackets.
        Verdict::Undecided(_, why) => format!("absent: {}", why.split(" (").next().unwrap_or(why)),
    };
    told.lines().next().unwrap_or_default().replace('|', "\\|")
}
