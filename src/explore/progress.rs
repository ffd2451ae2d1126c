//! A line on a terminal while a search is long; nothing in a pipe.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Whether the line is somebody else's.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Takes the line for the rest of the process: a command of many searches shows how far all of them are.
pub fn take_line() {
    // Relaxed: a search that does not see it yet shows a line too much.
    TAKEN.store(true, Ordering::Relaxed);
}

/// Rewrites one line of stderr, a few times a second.
#[derive(Debug)]
pub struct Progress {
    shown: bool,
    next: Instant,
    live: bool,
}

impl Progress {
    /// Nothing is shown in the first second.
    pub fn new() -> Self {
        let live = std::io::stderr().is_terminal() && !TAKEN.load(Ordering::Relaxed);
        Self { shown: false, next: Instant::now() + Duration::from_secs(1), live }
    }

    /// So many executions are done.
    pub fn tick(&mut self, executions: u64) {
        // The clock is looked at now and then only: an execution takes microseconds.
        if !self.live || !executions.is_multiple_of(256) || Instant::now() < self.next {
            return;
        }
        self.shown = true;
        self.next = Instant::now() + Duration::from_millis(200);
        let mut stderr = std::io::stderr().lock();
        let _ = write!(stderr, "\r{executions} executions\x1b[K");
        let _ = stderr.flush();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            eprint!("\r\x1b[K");
        }
    }
}
