//! What a search through one part is, and how two of them share the steps.

use super::descent::Descent;
use super::frontier::Frontier;
use super::step::Problem;
use super::{Limits, Method, Reached};
use crate::spec::Spec;

/// An item that takes effect just before an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    pub(super) item: u32,
    pub(super) event: u32,
}

/// An order of calls that the spec explains.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) order: Vec<Taken>,
}

/// The first return that nothing explains.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Failure {
    pub(super) event: u32,
}

pub(super) enum Progress {
    /// The steps are used up.
    Paused,
    Done(Result<Found, Failure>),
}

/// A complete search that can be interrupted.
pub(super) trait Search {
    /// Goes on until it is done, or `problem.steps` has reached `until`.
    fn run<S: Spec>(&mut self, problem: &mut Problem<S>, until: u64) -> Progress;

    /// Configurations that it holds in memory.
    fn kept(&self) -> usize;
}

/// Steps that one search makes before it is the other's turn.
pub(super) const TURN: u64 = 4096;

/// Lets both searches go on by turns, counted in steps, until the first is done.
///
/// Neither is better on all histories, and whichever is done has the answer. Steps and not
/// time are counted, so that the answer is the same on every machine. Where memory runs
/// out, the search that holds more of it gives up.
pub(super) fn race<S: Spec>(
    problem: &mut Problem<S>,
    limits: Limits,
) -> Result<Result<Found, Failure>, Reached> {
    let mut frontier = (limits.method != Method::Descent).then(Frontier::new);
    let mut descent = (limits.method != Method::Frontier).then(Descent::new);
    loop {
        let until = problem.steps + TURN;
        if let Some(Progress::Done(done)) = descent.as_mut().map(|search| search.run(problem, until)) {
            return Ok(done);
        }
        let until = problem.steps + TURN;
        if let Some(Progress::Done(done)) = frontier.as_mut().map(|search| search.run(problem, until)) {
            return Ok(done);
        }
        let held = (frontier.as_ref().map_or(0, Search::kept), descent.as_ref().map_or(0, Search::kept));
        let kept = held.0 + held.1 + problem.automaton.kept();
        if kept > limits.kept_max {
            if held.0 > held.1 {
                frontier = None;
            } else {
                descent = None;
            }
        }
        if problem.steps >= limits.steps_max || (frontier.is_none() && descent.is_none()) {
            return Err(Reached { steps: problem.steps, kept });
        }
    }
}
