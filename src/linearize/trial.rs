//! Judges some calls of a history, and again where less is said of them.

use super::automaton::Automaton;
use super::history::Call;
use super::outcome::{Limits, Reached};
use super::part::{Kinds, Moment, Part};
use super::search::{Failure, Found, race};
use super::step::Problem;
use crate::spec::Spec;

pub(super) struct Trial<'a, S: Spec> {
    pub(super) calls: &'a [&'a Call<S>],
    /// States and answers, which all trials share.
    pub(super) automaton: Automaton<S>,
    kinds: Kinds,
    /// Steps left for all trials.
    pub(super) budget: u64,
    limits: Limits,
}

/// What a search found, in how many steps.
pub(super) struct Searched {
    pub(super) part: Part,
    pub(super) steps: u64,
    pub(super) found: Result<Result<Found, Failure>, Reached>,
}

impl<'a, S: Spec> Trial<'a, S> {
    /// Trials of `limits` each, and of `budget` steps in all.
    pub(super) fn new(initial: &S, calls: &'a [&'a Call<S>], limits: Limits, budget: u64) -> Self {
        Self { calls, automaton: Automaton::new(initial.clone()), kinds: Kinds::default(), budget, limits }
    }

    /// From now on of these limits.
    pub(super) fn limit(&mut self, limits: Limits) {
        self.limits = limits;
    }

    pub(super) fn part(&mut self, moments: &[Moment]) -> Part {
        Part::new(self.calls, moments, &mut self.automaton, &mut self.kinds)
    }

    pub(super) fn search(&mut self, moments: &[Moment]) -> Searched {
        let limits = self.limits.steps_max(self.limits.steps_max.min(self.budget));
        let part = self.part(moments);
        let mut problem = Problem::new(part, &mut self.automaton);
        let found = race(&mut problem, limits);
        let Problem { part, steps, .. } = problem;
        self.budget = self.budget.saturating_sub(steps + moments.len() as u64);
        Searched { part, steps, found }
    }

    /// Is `moments` a violation? `false` where that cannot be told within the limits.
    pub(super) fn violates(&mut self, moments: &[Moment]) -> bool {
        self.judge(moments) == Some(true)
    }

    /// Is `moments` a violation, if that can be told within the limits?
    pub(super) fn judge(&mut self, moments: &[Moment]) -> Option<bool> {
        if self.budget == 0 {
            return None;
        }
        self.search(moments).found.ok().map(|found| found.is_err())
    }
}
