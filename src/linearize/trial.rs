//! Judges histories that say less than a whole one, again and again.

use super::automaton::Automaton;
use super::history::Call;
use super::outcome::Limits;
use super::part::{Moment, Part};
use super::search::race;
use super::step::Problem;
use crate::spec::Spec;

pub(super) struct Trial<'a, S: Spec> {
    pub(super) calls: &'a [Call<S>],
    /// States and answers, which all trials share.
    pub(super) automaton: Automaton<S>,
    /// Steps left for all trials.
    pub(super) budget: u64,
    limits: Limits,
}

impl<'a, S: Spec> Trial<'a, S> {
    /// Trials of `limits` each, and of `budget` steps in all.
    pub(super) fn new(initial: &S, calls: &'a [Call<S>], limits: Limits, budget: u64) -> Self {
        Self { calls, automaton: Automaton::new(initial.clone()), budget, limits }
    }

    /// Is `moments` a violation? `false` where that cannot be told within the limits.
    pub(super) fn violates(&mut self, moments: &[Moment]) -> bool {
        self.judge(moments) == Some(true)
    }

    /// Is `moments` a violation, if that can be told within the limits?
    pub(super) fn judge(&mut self, moments: &[Moment]) -> Option<bool> {
        let limits = self.limits.steps_max(self.limits.steps_max.min(self.budget));
        let part = Part::new(self.calls, moments, &mut self.automaton);
        let mut problem = Problem::new(part, &mut self.automaton);
        let judged = race(&mut problem, limits);
        let steps = problem.steps + moments.len() as u64;
        self.budget = self.budget.saturating_sub(steps);
        judged.ok().map(|done| done.is_err())
    }
}
