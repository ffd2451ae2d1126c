//! A line on a terminal while a search is long; nothing in a pipe.

use std::cell::Cell;
use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What every line of this process begins with.
static TITLE: Mutex<String> = Mutex::new(String::new());

/// Begins every line with `title`: a command of many searches says which one it is at.
#[cfg(feature = "cli")]
pub fn title(title: String) {
    *TITLE.lock().unwrap_or_else(PoisonError::into_inner) = title;
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Explorations on this thread show no line of their own until it is dropped.
#[derive(Debug)]
pub struct Quiet(bool);

/// Keeps the explorations of this thread quiet: somebody else shows how far they have come.
pub fn quiet() -> Quiet {
    Quiet(QUIET.replace(true))
}

/// Whether somebody else shows how far the explorations of this thread have come.
pub fn is_quiet() -> bool {
    QUIET.get()
}

impl Drop for Quiet {
    fn drop(&mut self) {
        QUIET.set(self.0);
    }
}

/// A line that is rewritten a few times a second, and wiped when it is dropped.
#[derive(Debug)]
struct Line {
    live: bool,
    shown: bool,
    next: Instant,
}

/// Whether somebody looks on.
pub fn is_live() -> bool {
    !QUIET.get() && std::io::stderr().is_terminal()
}

impl Line {
    /// Nothing is shown in the first second.
    fn new() -> Self {
        Self { live: is_live(), shown: false, next: Instant::now() + Duration::from_secs(1) }
    }

    fn show(&mut self, text: impl FnOnce() -> String) {
        if !self.live || Instant::now() < self.next {
            return;
        }
        self.shown = true;
        self.next = Instant::now() + Duration::from_millis(200);
        let mut stderr = std::io::stderr().lock();
        let title = TITLE.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = write!(stderr, "\r{title}{}\x1b[K", text());
        let _ = stderr.flush();
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.shown {
            eprint!("\r\x1b[K");
        }
    }
}

/// How far one search has come.
#[derive(Debug)]
pub struct Progress(Line);

impl Progress {
    /// Nothing is done.
    pub fn new() -> Self {
        Self(Line::new())
    }

    /// So many executions are done, of about so many if that is known.
    pub fn tick(&mut self, executions: u64, estimate: impl FnOnce() -> Option<f64>) {
        // The clock is looked at now and then only: an execution takes microseconds.
        if executions.is_multiple_of(256) {
            self.0.show(|| match estimate() {
                Some(all) => format!("{executions} executions of about {:.0}", all.max(executions as f64)),
                None => format!("{executions} executions"),
            });
        }
    }
}

/// How many parts of a search have been begun.
#[derive(Debug)]
pub struct Parts {
    noun: &'static str,
    of: usize,
    line: Mutex<Line>,
}

impl Parts {
    /// Of so many, which are called so.
    pub fn new(noun: &'static str, of: usize) -> Self {
        Self { noun, of, line: Mutex::new(Line::new()) }
    }

    /// This one begins, counted from 0.
    pub fn begins(&self, i: usize) {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        line.show(|| format!("{} {} of {}", self.noun, i + 1, self.of));
    }
}
