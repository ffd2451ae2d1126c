//! Runs sequences of calls, one execution each: a call begins when those before it have returned and nobody
//! else can go on.

use super::reduction::why_not;
use crate::explore::driver::{Restart, Strategy};
use crate::explore::judge::Judge;
use crate::explore::order::Order;
use crate::explore::schedule::{Pick, Schedule};
use crate::world::execution::{Execution, Phase};
use crate::world::operation::ThreadId;
use shuttle::scheduler::Task;
use std::sync::Arc;

/// A sequence of calls that shows nothing of programs in which they are made side by side.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The calls, by number.
    pub calls: Vec<usize>,
    /// Why.
    pub why: String,
    /// Whether it is wrong as it stands, one call after another.
    pub is_wrong: bool,
}

/// The executions of some sequences.
pub struct Serial<I> {
    sequences: I,
    judge: Arc<dyn Judge>,
    calls: Vec<usize>,
    /// Who makes calls, in the order of these, among so many.
    clients: Vec<ThreadId>,
    noted: usize,
    order: Order,
    /// What ended it, if anything did.
    pub refusal: Option<Refusal>,
}

impl<I: Iterator<Item = Vec<usize>>> Serial<I> {
    /// The program makes the calls of the sequence that was taken last.
    pub fn new(sequences: I, judge: Arc<dyn Judge>) -> Self {
        let (calls, clients, order) = (Vec::new(), Vec::new(), Order::default());
        Self { sequences, judge, calls, clients, noted: 0, order, refusal: None }
    }

    fn refuse(&mut self, why: String, is_wrong: bool) {
        self.refusal.get_or_insert(Refusal { calls: self.calls.clone(), why, is_wrong });
    }
}

/// Who makes the next step so that calls come one after another, in the order of their `clients`: those who make
/// none, then the first that has not returned, and the main thread when all have. None if that one cannot go on.
pub fn in_turn(execution: &Execution, enabled: &[ThreadId], clients: &[ThreadId]) -> Option<ThreadId> {
    let is_other = |id: &ThreadId| *id != ThreadId::MAIN && !clients.contains(id);
    let is_left = |id: &&ThreadId| execution.threads[id.index()].phase != Phase::Finished;
    let other = enabled.iter().copied().find(is_other);
    let next = other.or_else(|| clients.iter().find(is_left).copied()).unwrap_or(ThreadId::MAIN);
    // Not by its time being up, which it is when nobody else can go on.
    execution.is_enabled(next).then_some(next)
}

impl<I: Iterator<Item = Vec<usize>>> Strategy for Serial<I> {
    fn reduces(&self) -> bool {
        true
    }

    fn restart(&mut self) -> Restart {
        self.refuse("a future's answer depends on more than its steps".to_owned(), false);
        Restart::Anew
    }

    fn begin(&mut self) -> bool {
        let next = if self.refusal.is_none() { self.sequences.next() } else { None };
        let Some(calls) = next else { return false };
        (self.calls, self.noted) = (calls, 0);
        true
    }

    fn pick(&mut self, execution: &Execution, enabled: &[ThreadId], _: &[&Task]) -> Option<Pick> {
        if self.noted != execution.calls.len() {
            self.noted = execution.calls.len();
            let callers = execution.calls.iter().map(|call| call.thread);
            self.clients.clear();
            self.clients.extend(callers.filter(|id| *id != ThreadId::MAIN));
        }
        let thread = in_turn(execution, enabled, &self.clients);
        if thread.is_none() {
            self.refuse("a call waits for others".to_owned(), false);
        }
        thread.map(|thread| Pick { thread, choice: 0 })
    }

    fn end(&mut self, execution: &mut Execution, _: &Schedule) -> bool {
        if execution.failure.is_some() {
            self.refuse("it ends in a failure".to_owned(), true);
            return false;
        }
        self.order.work_out(execution);
        if let Some(why) = why_not(&self.order, execution, &self.clients) {
            self.refuse(why, false);
        } else if !self.judge.is_right_in_order() {
            self.refuse("its answers are wrong".to_owned(), true);
        }
        self.refusal.is_none()
    }
}
