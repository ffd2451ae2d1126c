//! One line on a terminal that says how far a long command has come; nothing in a pipe.

use crate::explore::progress;
use std::io::{IsTerminal, Write};

/// So many of so many parts are done. It is wiped when it is dropped.
#[derive(Debug)]
pub struct Line {
    live: bool,
    of: usize,
}

impl Line {
    /// Nothing is done of `of` parts.
    pub fn new(of: usize) -> Self {
        Self { live: std::io::stderr().is_terminal(), of }
    }

    /// Part `i` begins, counted from 0; a search in it adds how far it has come itself.
    pub fn begins(&self, i: usize, what: &str) {
        let text = format!("{} of {}: {what}", i + 1, self.of);
        if self.live {
            let mut stderr = std::io::stderr().lock();
            let _ = write!(stderr, "\r{text}\x1b[K");
            let _ = stderr.flush();
        }
        progress::title(text + ", ");
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.live {
            eprint!("\r\x1b[K");
        }
    }
}
