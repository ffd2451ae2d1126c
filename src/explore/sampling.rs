//! `random`, `pct` and `urw`: shuttle's own samplers, asked at each step about the threads that can go on.

use super::budget::Budget;
use super::driver::Strategy;
use super::finding::Finding;
use super::judge::{Judged, judge_run};
use super::schedule::{Pick, Schedule};
use crate::world::execution::Execution;
use crate::world::operation::{Kind, ThreadId};
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler, Task, TaskId, UrwRandomScheduler};
use std::mem::ManuallyDrop;

/// A search that draws executions by chance.
pub struct Sampling {
    /// Never dropped: shuttle's random sampler prints its seed when it is, as if it had failed.
    sampler: ManuallyDrop<Box<dyn Scheduler>>,
    budget: Budget,
    current: Option<TaskId>,
    yields: bool,
    /// Whether there has been anything to choose from.
    contended: bool,
    /// How many threads the sampler has been shown, if it must see each of them in the order of its start.
    shown: Option<usize>,
    /// The execution that refutes the program, or leaves it undecided.
    pub finding: Option<Finding>,
    /// Its schedule.
    pub failed: Option<Schedule>,
    judge: Judged,
}

impl Sampling {
    /// Shuttle's random walk.
    pub fn random(seed: u64, budget: Budget) -> Self {
        Self::new(RandomScheduler::new_from_seed(seed, usize::MAX), budget)
    }

    /// Probabilistic concurrency testing (Burckhardt et al., ASPLOS 2010).
    pub fn pct(seed: u64, depth: usize, budget: Budget) -> Self {
        Self::new(PctScheduler::new_from_seed(seed, depth.max(1), usize::MAX), budget)
    }

    /// A random walk that weighs threads by the steps they have before them (Zhao et al., ASPLOS 2025).
    pub fn urw(seed: u64, budget: Budget) -> Self {
        let shown = Some(0);
        Self { shown, ..Self::new(UrwRandomScheduler::new_from_seed(seed, usize::MAX), budget) }
    }

    /// What its callers saw is judged.
    pub fn judged(self, judge: Judged) -> Self {
        Self { judge, ..self }
    }

    fn new(sampler: impl Scheduler + 'static, budget: Budget) -> Self {
        let sampler = ManuallyDrop::new(Box::new(sampler) as Box<dyn Scheduler>);
        Self {
            sampler,
            budget,
            current: None,
            yields: false,
            contended: false,
            shown: None,
            finding: None,
            failed: None,
            judge: None,
        }
    }
}

impl Strategy for Sampling {
    fn runs_every_way(&self) -> bool {
        false
    }

    fn begin(&mut self) -> bool {
        self.current = None;
        self.shown = self.shown.map(|_| 0);
        self.sampler.new_execution().is_some()
    }

    fn pick(&mut self, execution: &Execution, enabled: &[ThreadId], tasks: &[&Task]) -> Option<Pick> {
        self.contended |= enabled.len() > 1;
        // A thread may begin with a step that it must wait for, and then it is not among those that can
        // go on. What the sampler answers here is not asked for.
        if self.shown.is_some_and(|shown| shown < execution.started.len()) {
            self.shown = Some(execution.started.len());
            self.sampler.next_task(tasks, self.current, false)?;
        }
        let of = |task: &Task| execution.started[usize::from(task.id())];
        let able: Vec<&Task> = tasks.iter().copied().filter(|task| enabled.contains(&of(task))).collect();
        let task = self.sampler.next_task(&able, self.current, self.yields)?;
        self.current = Some(task);
        let thread = execution.started[usize::from(task)];
        let kind = execution.threads[thread.index()].next.as_ref().map(|(operation, _)| operation.kind);
        self.yields = kind == Some(Kind::Yield);
        let choice = match kind {
            Some(Kind::Choose(ways)) => (self.sampler.next_u64() % u64::from(ways)) as u32,
            _ => 0,
        };
        Some(Pick { thread, choice })
    }

    fn end(&mut self, execution: &mut Execution, picks: &Schedule) -> bool {
        if execution.failure.is_none() {
            judge_run(&self.judge, execution);
        }
        self.finding = Finding::of(execution, picks);
        if self.finding.is_some() {
            self.failed = Some(picks.clone());
            return false;
        }
        // Every execution is like this one, and pct refuses to go on.
        self.contended && self.budget.spend()
    }
}
