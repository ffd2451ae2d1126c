//! How long a search may go on.

use super::interrupt;
use crate::verdict::Cut;
use std::time::{Duration, Instant};

/// Executions and time that a search has left.
#[derive(Clone, Debug)]
pub struct Budget {
    executions_left: u64,
    executions_max: u64,
    elapsed_ms_max: Option<u64>,
    until: Option<Instant>,
}

impl Budget {
    /// So many executions, and so much time if it is bounded.
    pub fn new(executions_max: u64, elapsed_ms_max: Option<u64>) -> Self {
        interrupt::listen_on_a_terminal();
        let until = elapsed_ms_max.map(|ms| Instant::now() + Duration::from_millis(ms));
        Self { executions_left: executions_max, executions_max, elapsed_ms_max, until }
    }

    /// One execution more is done. Returns whether another may begin.
    pub fn spend(&mut self) -> bool {
        self.executions_left = self.executions_left.saturating_sub(1);
        self.cut().is_none()
    }

    /// Which bound is reached, if one is.
    pub fn cut(&self) -> Option<Cut> {
        if interrupt::is_called() {
            return Some(Cut::Interrupted);
        }
        if self.executions_left == 0 {
            return Some(Cut::Executions { max: self.executions_max });
        }
        let over = self.until.is_some_and(|until| Instant::now() >= until);
        over.then_some(Cut::Elapsed { ms_max: self.elapsed_ms_max.unwrap_or_default() })
    }
}
