//! What a search through one part is, and how two of them share the steps.

use super::step::Problem;
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
#[derive(Clone, Copy, Debug)]
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
