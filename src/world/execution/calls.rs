//! Calls of the type under test, and the steps that they lie between.

use super::Execution;
use crate::world::operation::ThreadId;

impl Execution {
    /// The current thread makes a call. It is invoked when it makes its first step.
    pub fn call(&mut self) -> usize {
        let thread = &mut self.threads[self.current.index()];
        thread.call = Some(self.calls.len());
        let before = thread.steps;
        self.calls.push(Call { thread: self.current, before, after: None, invoked: None, returned: None });
        self.calls.len() - 1
    }

    /// The current thread's call has returned.
    pub fn returned(&mut self, call: usize) {
        let now = self.trace.len();
        let thread = &mut self.threads[self.current.index()];
        thread.call = None;
        let call = &mut self.calls[call];
        call.after = Some(thread.steps);
        call.invoked.get_or_insert(now);
        call.returned = Some(now);
    }

    /// The current thread's call was dropped: whatever it does from now on is not the call.
    pub fn dropped(&mut self, call: usize) {
        self.threads[self.current.index()].call = None;
        self.calls[call].invoked.get_or_insert(self.trace.len());
    }
}

/// A call that a thread makes of the type under test.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// Whose.
    pub thread: ThreadId,
    /// The steps of its thread before it was made.
    pub before: u32,
    /// The steps of its thread before it returned.
    pub after: Option<u32>,
    /// The position in the trace of its first step: nobody could tell if it had begun no earlier.
    pub invoked: Option<usize>,
    /// The length of the trace when it returned.
    pub returned: Option<usize>,
}

/// Says what calls are and answer, for people.
pub trait Narrator: std::fmt::Debug {
    /// The call with its arguments.
    fn call(&self, call: usize) -> String;
    /// What it answered.
    fn answer(&self, call: usize) -> String;
}
