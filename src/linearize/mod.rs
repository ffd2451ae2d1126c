//! Is there an order of the calls, respecting real time, that the spec explains?
//!
//! [`check`] answers with a value of three kinds: an order that was verified against the
//! spec, a violation with the calls that show it, or that its limits were reached. It
//! needs no model and no engine: a history may come from anywhere.

mod automaton;
mod frontier;
mod hash;
mod history;
mod part;
mod search;
mod slots;
mod step;

pub use history::{Call, CallId, History};

use crate::spec::Spec;
use automaton::Automaton;
use frontier::Frontier;
use part::Part;
use search::{Progress, Search};
use step::Problem;

/// How much a check may cost; past it, [`Outcome::Undecided`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Questions put to the spec, for each part of the history that is judged apart.
    pub steps_max: u64,
    /// Configurations and states kept at one time: some 50 bytes each, and what a state owns.
    pub kept_max: usize,
}

impl Default for Limits {
    /// 100 million steps, and 8 million configurations.
    fn default() -> Self {
        Self { steps_max: 100_000_000, kept_max: 8_000_000 }
    }
}

impl Limits {
    /// At most so many questions put to the spec.
    #[must_use]
    pub fn steps_max(mut self, steps_max: u64) -> Self {
        self.steps_max = steps_max;
        self
    }

    /// At most so many configurations and states at one time.
    #[must_use]
    pub fn kept_max(mut self, kept_max: usize) -> Self {
        self.kept_max = kept_max;
        self
    }
}

/// What [`check`] found.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<S: Spec> {
    /// The spec explains the history, and this order of the calls shows it. Calls that
    /// never returned are in it only where they happened.
    Linearizable(Vec<CallId>),
    /// No order explains the history.
    Violation(Violation<S>),
    /// The limits were reached first.
    Undecided(Reached),
}

/// Why no order explains a history.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation<S: Spec> {
    /// The call whose return is the first that no order explains.
    pub call: CallId,
    /// What that call may have answered instead.
    pub allowed: Vec<S::Ret>,
    /// The calls that show it, by invocation.
    pub core: Vec<CoreCall>,
}

/// A call of the core of a [`Violation`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoreCall {
    /// Which call.
    pub call: CallId,
    /// Its answer and its return do not matter: whenever it happened after its
    /// invocation, or if it never did, the core is a violation all the same.
    pub any_time: bool,
}

/// How far a check came before its limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Questions that were put to the spec.
    pub steps: u64,
    /// Configurations and states that were kept at the end.
    pub kept: usize,
}

/// Is there an order of the calls of `history`, from `initial`, that the spec explains?
pub fn check<S: Spec>(initial: &S, history: &History<S>, limits: Limits) -> Outcome<S> {
    let mut order: Vec<(u64, bool, u32)> = Vec::with_capacity(2 * history.calls().len());
    for (index, call) in history.calls().iter().enumerate() {
        order.push((call.invoked, false, index as u32));
        order.extend(call.returned.map(|at| (at, true, index as u32)));
    }
    order.sort_unstable();
    let order: Vec<(u32, bool)> = order.into_iter().map(|(_, is_return, call)| (call, is_return)).collect();
    let mut automaton = Automaton::new(initial.clone());
    let part = Part::new(history, &order, &mut automaton);
    let mut problem = Problem { part, automaton, steps: 0 };
    let mut search = Frontier::new();
    loop {
        let until = problem.steps + 4096;
        match search.run(&mut problem, until) {
            Progress::Done(Ok(found)) => {
                let call = |item: u32| CallId(problem.part.items[item as usize].call as usize);
                return Outcome::Linearizable(found.order.iter().map(|taken| call(taken.item)).collect());
            }
            Progress::Done(Err(failure)) => {
                let item = problem.part.events[failure.event as usize].item;
                let call = CallId(problem.part.items[item as usize].call as usize);
                return Outcome::Violation(Violation { call, allowed: Vec::new(), core: Vec::new() });
            }
            Progress::Paused => {
                let kept = search.kept() + problem.automaton.kept();
                if problem.steps >= limits.steps_max || kept >= limits.kept_max {
                    return Outcome::Undecided(Reached { steps: problem.steps, kept });
                }
            }
        }
    }
}
