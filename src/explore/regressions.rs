//! Schedules that refuted a test, kept for its next run: one small text file a test, beside the manifest, to
//! be committed with the test.
//!
//! A file system that cannot be written is no failure.

use super::schedule::Schedule;
use crate::verdict::{Counterexample, Verdict};
use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

const FOLDER: &str = "raceproof-regressions";

const HEAD: &str = "\
# Schedules that refuted this test, one a line; they are tried first when it runs again.
# Keep this file with the test. A line that no longer applies may go.
";

/// A schedule that was kept.
#[derive(Debug)]
pub struct Kept {
    /// The schedule.
    pub schedule: Schedule,
    place: String,
}

impl Kept {
    /// Tells people, once a run, that the program has gone another way.
    pub fn no_longer_applies(&self, why: &str) {
        eprintln!("raceproof: {}: no longer applies, and was passed over: {why}", self.place);
    }
}

/// The command that shows a schedule again: for the test of this thread, if it is one.
pub fn command(schedule: &str) -> String {
    let test = test_name().map(|test| format!(" cargo test {test}")).unwrap_or_default();
    format!("{}={schedule}{test}", super::REPLAY)
}

/// Puts the search of a verdict down in a file, if its engine can. Returns the command that goes on with it.
pub fn keep_checkpoint(verdict: &Verdict) -> Option<String> {
    let file = verdict.coverage().checkpoint.as_ref()?.keep()?;
    let test = test_name().map(|test| format!(" cargo test {test}")).unwrap_or_default();
    Some(format!("{}={}{test}", super::agenda::RESUME, file.display()))
}

/// The name of the test that runs on this thread, as cargo's harness has it.
pub fn test_name() -> Option<String> {
    let thread = std::thread::current();
    let name = thread.name()?;
    (name != "main").then(|| name.to_owned())
}

fn file() -> Option<PathBuf> {
    let manifest = env::var_os("CARGO_MANIFEST_DIR")?;
    let name = test_name()?.replace("::", ".");
    let is_plain = name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
    is_plain.then(|| Path::new(&manifest).join(FOLDER).join(format!("{name}.txt")))
}

/// The schedules that refuted the test of this thread before.
pub fn of_this_test() -> Vec<Kept> {
    let Some(file) = file() else { return Vec::new() };
    let Ok(text) = fs::read_to_string(&file) else { return Vec::new() };
    let lines =
        text.lines().enumerate().filter(|(_, line)| !line.starts_with('#') && !line.trim().is_empty());
    let kept = lines.filter_map(|(number, line)| {
        let place = format!("{}:{}", file.display(), number + 1);
        match line.split_whitespace().next().unwrap_or_default().parse() {
            Ok(schedule) => Some(Kept { schedule, place }),
            Err(error) => {
                eprintln!("raceproof: {place}: passed over: {error}");
                None
            }
        }
    });
    kept.collect()
}

/// Keeps the schedule of a verdict that ends a test, if it has one.
pub fn keep(verdict: &Verdict) {
    let Some(schedule) = verdict.counterexample().and_then(|shown| shown.schedule.as_ref()) else { return };
    let Some(file) = file() else { return };
    let known = fs::read_to_string(&file).unwrap_or_default();
    if known.lines().any(|line| line.split_whitespace().next() == Some(schedule)) {
        return;
    }
    let wrong = verdict.counterexample().map(what).unwrap_or_default();
    if let Err(error) = append(&file, known.is_empty(), &format!("{schedule}  # {wrong}\n")) {
        eprintln!("raceproof: {} could not be written: {error}", file.display());
    }
}

fn what(shown: &Counterexample) -> String {
    let program: Vec<&str> = shown.program.iter().map(|(_, calls)| calls.as_str()).collect();
    let of = if program.is_empty() { String::new() } else { format!(" of {}", program.join(" | ")) };
    format!("{}{of}", shown.finding.name())
}

fn append(file: &Path, fresh: bool, line: &str) -> std::io::Result<()> {
    fs::create_dir_all(file.parent().expect("a file in the folder"))?;
    let mut file = OpenOptions::new().create(true).append(true).open(file)?;
    let head = if fresh { HEAD } else { "" };
    file.write_all(format!("{head}{line}").as_bytes())
}
