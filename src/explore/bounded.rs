//! Every execution with few preemptions: the search that finds what a person reads most easily, and the
//! one for programs that are too large for all of it.
//!
//! Iterative context bounding (Musuvathi and Qadeer, PLDI 2007): no order is taken for another, so that
//! the bound means what it says.

use super::budget::Budget;
use super::driver::{Restart, Strategy};
use super::finding::Finding;
use super::judge::{Judged, judge_run};
use super::schedule::{Pick, Schedule};
use crate::verdict::Cut;
use crate::world::execution::Execution;
use crate::world::failure::{Failure, Reason};
use crate::world::operation::{Kind, ThreadId};
use shuttle::scheduler::Task;

/// What may be picked at a point, and which of it is.
#[derive(Debug)]
struct Point {
    picks: Vec<Pick>,
    at: usize,
}

/// When a search must stop.
pub trait Limit {
    /// An execution of so many steps is done. Which bound is reached, if one is.
    fn spent(&mut self, steps: usize) -> Option<Cut>;
}

/// The search.
#[expect(clippy::struct_excessive_bools, reason = "questions that have nothing to do with each other")]
pub struct Bounded<L> {
    preemptions_max: usize,
    choices_max: usize,
    /// Whether the first failing execution ends the search; otherwise the one with the fewest switches of
    /// the fewest steps is kept.
    first: bool,
    judge: Judged,
    pub limit: L,
    points: Vec<Point>,
    depth: usize,
    begun: bool,
    /// Whether a pick was left out for the bound's sake.
    pub pruned: bool,
    /// Whether a way of a choice was left out for that bound's sake.
    pub choices_left_out: bool,
    /// Which other bound ended the search, if one did.
    pub cut: Option<Cut>,
    /// The execution that refutes the program, or leaves it undecided.
    pub finding: Option<Finding>,
    /// Executions that were run.
    pub executions: u64,
    cost: (usize, usize),
    diverged: bool,
}

impl<L: Limit> Bounded<L> {
    /// A search that has not begun.
    pub fn new(preemptions_max: usize, judge: Judged, limit: L) -> Self {
        Self {
            preemptions_max,
            choices_max: usize::MAX,
            first: true,
            judge,
            limit,
            points: Vec::new(),
            depth: 0,
            begun: false,
            pruned: false,
            choices_left_out: false,
            cut: None,
            finding: None,
            executions: 0,
            cost: (usize::MAX, usize::MAX),
            diverged: false,
        }
    }

    /// Looks on for the failing execution with the fewest switches and steps.
    pub fn for_the_best(self) -> Self {
        Self { first: false, ..self }
    }

    /// With at most so many departures from the first way of a choice in one execution.
    pub fn choices_max(self, choices_max: usize) -> Self {
        Self { choices_max, ..self }
    }

    /// Who can be picked: the thread that ran last first, and others if the bound allows it.
    fn picks(&mut self, execution: &Execution, enabled: &[ThreadId]) -> Vec<Pick> {
        let last = execution.last_granted().filter(|last| execution.is_preempted_without(*last, enabled));
        let only = last.filter(|_| execution.preemptions >= Some(self.preemptions_max));
        self.pruned |= only.is_some() && enabled.len() > 1;
        let threads = last.into_iter().chain(enabled.iter().copied().filter(|id| Some(*id) != last));
        let threads = threads.take(if only.is_some() { 1 } else { usize::MAX });
        let picks = threads.flat_map(|thread| ways(execution, thread));
        let departs = |point: &&Point| point.picks[point.at].choice > 0;
        if self.choices_max < usize::MAX && self.points.iter().filter(departs).count() >= self.choices_max {
            let (first, others): (Vec<_>, Vec<_>) = picks.partition(|pick| pick.choice == 0);
            self.choices_left_out |= !others.is_empty();
            return first;
        }
        picks.collect()
    }

    fn go_back(&mut self) -> bool {
        while let Some(point) = self.points.last_mut() {
            point.at += 1;
            if point.at < point.picks.len() {
                return true;
            }
            self.points.pop();
        }
        false
    }

    /// Takes note of what an execution shows. Returns whether the search ends with it.
    fn found(&mut self, execution: &Execution, picks: &Schedule) -> bool {
        let cost = (execution.switches, picks.len());
        let Some(found) = Finding::of(execution, picks).filter(|_| self.first || cost < self.cost) else {
            return false;
        };
        // What cannot be decided is no better to show than what is wrong.
        if self.first || matches!(found, Finding::Wrong(_)) {
            (self.finding, self.cost) = (Some(found), cost);
        }
        self.first
    }
}

/// The ways in which a thread can make its next step.
pub fn ways(execution: &Execution, thread: ThreadId) -> impl Iterator<Item = Pick> + use<> {
    let kind = execution.threads[thread.index()].next.as_ref().map(|(operation, _)| operation.kind);
    let ways = if let Some(Kind::Choose(ways)) = kind { ways } else { 1 };
    (0..ways).map(move |choice| Pick { thread, choice })
}

/// An execution costs one of the budget.
impl Limit for Budget {
    fn spent(&mut self, _: usize) -> Option<Cut> {
        self.spend();
        self.cut()
    }
}

impl<L: Limit> Strategy for Bounded<L> {
    fn restart(&mut self) -> Restart {
        self.points.clear();
        (self.begun, self.executions) = (false, 0);
        (self.pruned, self.choices_left_out) = (false, false);
        (self.finding, self.cost, self.diverged) = (None, (usize::MAX, usize::MAX), false);
        Restart::AllEager
    }

    fn begin(&mut self) -> bool {
        self.depth = 0;
        let first = !std::mem::replace(&mut self.begun, true);
        first || !self.points.is_empty()
    }

    fn pick(&mut self, execution: &Execution, enabled: &[ThreadId], _: &[&Task]) -> Option<Pick> {
        if self.depth == self.points.len() {
            let picks = self.picks(execution, enabled);
            self.points.push(Point { picks, at: 0 });
        }
        let point = &self.points[self.depth];
        let pick = point.picks[point.at];
        self.depth += 1;
        self.diverged = !enabled.contains(&pick.thread);
        (!self.diverged).then_some(pick)
    }

    fn end(&mut self, execution: &mut Execution, picks: &Schedule) -> bool {
        self.executions += 1;
        if std::mem::take(&mut self.diverged) {
            let step = format!("thread of step {} cannot make it any more", self.depth);
            execution.failure = Some(Failure::Undecided(Reason::NotDeterministic { step }));
        }
        if execution.failure.is_none() {
            judge_run(&self.judge, execution);
        }
        if self.found(execution, picks) {
            return false;
        }
        if !self.go_back() {
            return true;
        }
        self.cut = self.limit.spent(picks.len());
        self.cut.is_none()
    }
}
