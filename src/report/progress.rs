//! One line on a terminal that says how far a long command has come; nothing in a pipe.

use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

/// So many of so many parts are done. It is wiped when it is dropped.
#[derive(Debug)]
pub struct Line {
    live: bool,
    of: usize,
    done: Mutex<(usize, String)>,
}

impl Line {
    /// Nothing is done of `of` parts.
    pub fn new(of: usize) -> Self {
        crate::explore::progress::take_line();
        Self { live: std::io::stderr().is_terminal(), of, done: Mutex::new((0, String::new())) }
    }

    /// A part begins.
    pub fn begins(&self, what: &str) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        what.clone_into(&mut done.1);
        self.show(&done);
    }

    /// A part is done.
    pub fn ends(&self) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.0 += 1;
        self.show(&done);
    }

    fn show(&self, (done, what): &(usize, String)) {
        if self.live {
            let mut stderr = std::io::stderr().lock();
            let _ = write!(stderr, "\r{done} of {}: {what}\x1b[K", self.of);
            let _ = stderr.flush();
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.live {
            eprint!("\r\x1b[K");
        }
    }
}
