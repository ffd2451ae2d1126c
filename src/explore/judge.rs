//! Judges what the callers of one execution saw, by the steps that lie between their calls.

use super::order::Order;
use super::schedule::{Pick, Schedule};
use crate::linearize::every_order::{End, Span};
use crate::world::execution::{Call, Execution};
use crate::world::failure::Failure;
use crate::world::operation::{Outcome, ThreadId};
use std::sync::Arc;

/// Knows the calls of an execution and what they answered.
pub trait Judge: Send + Sync {
    /// What is wrong with the answers, in one of the orders that `spans` allow.
    fn judge(&self, spans: &[Span]) -> Option<Wrong>;

    /// Whether the answers are those of the calls one after another, in the order in which they were made, and
    /// so is the state behind them.
    fn is_right_in_order(&self) -> bool;
}

/// Who judges, if anybody does.
pub type Judged = Option<Arc<dyn Judge>>;

/// What is wrong.
#[derive(Debug)]
pub struct Wrong {
    /// What the execution ends with.
    pub failure: Failure,
    /// The order of the calls that shows it.
    pub order: Vec<End>,
}

/// Judges every execution that this one stands for. Returns the schedule of one that shows what is wrong.
pub fn judge_class(judge: &Judged, execution: &mut Execution, order: &Order) -> Option<Schedule> {
    let judge = judge.as_ref()?;
    let spans = spans(execution, |call| past_in_order(execution, order, call));
    let wrong = judge.judge(&spans)?;
    let mut schedule = extension(order, &spans, &wrong.order);
    schedule.set_eager(execution.sites.eager.all);
    schedule.set_parents(execution.parents());
    execution.fail(wrong.failure);
    Some(schedule)
}

/// Judges this execution alone, and puts its calls where they show what is wrong: a call that made no step
/// may have been made at any time between two steps of its thread.
pub fn judge_run(judge: &Judged, execution: &mut Execution) {
    let Some(judge) = judge else { return };
    let spans = spans(execution, |call| past_in_run(execution, call));
    let Some(wrong) = judge.judge(&spans) else { return };
    place(execution, &wrong.order);
    execution.fail(wrong.failure);
}

fn spans(execution: &Execution, past: impl Fn(&Call) -> Vec<u32>) -> Vec<Span> {
    let span = |call: &Call| Span {
        thread: call.thread.index(),
        before: call.before,
        after: call.after,
        past: if call.after.is_some() { past(call) } else { Vec::new() },
    };
    execution.calls.iter().map(span).collect()
}

/// For each thread, how many of its steps happen before the return of a call.
fn past_in_order(execution: &Execution, order: &Order, call: &Call) -> Vec<u32> {
    let clock = order.past(execution, call.thread, call.after.unwrap_or(0));
    (0..execution.threads.len()).map(|id| clock.map_or(0, |clock| clock.get(ThreadId(id as u16)))).collect()
}

/// For each thread, how many of its steps were made before the return of a call.
fn past_in_run(execution: &Execution, call: &Call) -> Vec<u32> {
    let mut past = vec![0; execution.threads.len()];
    let thread = &execution.threads[call.thread.index()];
    let wanted = call.after.unwrap_or(0);
    let spawned = thread.spawned_after.map_or(0, |event| event + 1);
    let mut until = if wanted == 0 { spawned } else { 0 };
    let mut own = 0;
    for (i, event) in execution.trace.iter().enumerate().filter(|(_, event)| !event.operation.kind.is_plain())
    {
        own += u32::from(event.thread == call.thread);
        if own == wanted && wanted > 0 && event.thread == call.thread {
            until = i + 1;
        }
    }
    for event in execution.trace[..until].iter().filter(|event| !event.operation.kind.is_plain()) {
        past[event.thread.index()] += 1;
    }
    past
}

/// Gives calls without a step the place in the trace that the order asks for.
fn place(execution: &mut Execution, order: &[End]) {
    let mut now = 0;
    for end in order {
        let (End::Invoked(id) | End::Returned(id)) = *end;
        let call = &mut execution.calls[id];
        let at = if matches!(end, End::Invoked(_)) { &mut call.invoked } else { &mut call.returned };
        if call.after == Some(call.before) {
            *at = Some(now);
        }
        // An invocation is noted with its first step, which nothing waits for.
        if matches!(end, End::Returned(_)) {
            now = now.max(at.unwrap_or(now));
        }
    }
}

/// A schedule of the steps in which the calls return in the given order.
fn extension(order: &Order, spans: &[Span], ends: &[End]) -> Schedule {
    let mut schedule = Schedule::default();
    let mut made = vec![false; order.steps.len()];
    let mut make = |until: &dyn Fn(usize) -> bool| {
        for (at, step) in order.steps.iter().enumerate() {
            if made[at] || !until(at) {
                continue;
            }
            made[at] = true;
            let chooses = matches!(step.outcome, Outcome::Chose(_));
            schedule.push(Pick { thread: step.thread, choice: step.choice() }, chooses);
        }
    };
    for end in ends {
        if let End::Returned(id) = *end {
            make(&|at| order.is_within(at, &spans[id].past));
        }
    }
    make(&|_| true);
    schedule
}
