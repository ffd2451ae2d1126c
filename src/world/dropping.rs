//! Calls that are dropped at an await, as happens when a client hangs up or a timeout fires.

use super::choice::{DROP, MARK};
use super::execution;
use super::object::State;
use super::operation::{At, Kind, Outcome};
use super::task::Leaf;
use super::{Stepped, World, current};

/// Which of `n` things may be dropped; a choice that is no step of the program.
pub fn mark(n: u32, at: At) -> u32 {
    choose(n, MARK, at)
}

/// Whether the future that the current task polls, which has just answered `Pending`, is dropped there: a
/// choice. Returns the line of its await if it is; it must be dropped at once.
///
/// A future of the facade that has answered without a step (see `task`) is none the wiser: an await of tokio's
/// may be pending whenever the task's budget is spent, whether or not it could go on.
pub fn is_dropped() -> Option<At> {
    if current() != World::Model || std::thread::panicking() || execution::with(|e| e.is_over()) {
        return None;
    }
    let at = execution::with(|e| {
        let thread = &e.threads[e.current.index()];
        thread.task.leaf.lie().or_else(|| thread.last.map(|last| e.trace[last].operation.at))
    })?;
    if choose(2, DROP, at) == 0 {
        return None;
    }
    execution::with(|e| e.threads[e.current.index()].task.leaf = Leaf::None);
    Some(at)
}

fn choose(n: u32, noun: &'static str, at: At) -> u32 {
    let place = execution::with(|e| e.create(noun, at, State::Nothing));
    match super::step_beside_a_lie::<()>(place, Kind::Choose(n), at) {
        Stepped::Model(Outcome::Chose(way)) => way,
        _ => 0,
    }
}
