//! Runs one execution again, by its schedule.

use super::driver::{Restart, Strategy};
use super::finding::Finding;
use super::judge::{Judged, judge_run};
use super::schedule::{Pick, Schedule};
use crate::world::execution::{Execution, Known};
use crate::world::failure::{Failure, Reason};
use crate::world::operation::ThreadId;
use shuttle::scheduler::Task;

/// The run.
pub struct Replay {
    schedule: Schedule,
    judge: Judged,
    at: usize,
    begun: bool,
    misfit: Option<String>,
    /// Whether a debugger stops before the schedule's last step, and whether that was picked last.
    stops: bool,
    is_last: bool,
    /// What the execution shows, if it shows anything.
    pub finding: Option<Finding>,
}

impl Replay {
    /// A run by this schedule.
    pub fn new(schedule: Schedule, judge: Judged) -> Self {
        Self {
            schedule,
            judge,
            at: 0,
            begun: false,
            misfit: None,
            stops: false,
            is_last: false,
            finding: None,
        }
    }

    /// With a stop of a debugger before the last step of the schedule.
    pub fn stopping(self) -> Self {
        Self { stops: true, ..self }
    }

    /// Behind the schedule's end the thread that ran last goes on, or else the first that can.
    fn go_on(execution: &Execution, enabled: &[ThreadId]) -> Pick {
        let last = execution.last_granted().filter(|last| enabled.contains(last));
        Pick { thread: last.unwrap_or(enabled[0]), choice: 0 }
    }
}

impl Strategy for Replay {
    fn runs_every_way(&self) -> bool {
        false
    }

    fn known(&self) -> Known {
        self.schedule.known()
    }

    fn stops(&self) -> bool {
        self.stops && self.is_last
    }

    fn restart(&mut self) -> Restart {
        (self.begun, self.at, self.misfit) = (false, 0, None);
        Restart::AllEager
    }

    fn begin(&mut self) -> bool {
        !std::mem::replace(&mut self.begun, true)
    }

    fn pick(&mut self, execution: &Execution, enabled: &[ThreadId], _: &[&Task]) -> Option<Pick> {
        let pick = self.schedule.get(self.at);
        self.at += 1;
        self.is_last = self.at == self.schedule.len();
        let Some(pick) = pick else { return Some(Self::go_on(execution, enabled)) };
        if enabled.contains(&pick.thread)
            && pick.choice < super::bounded::ways(execution, pick.thread).count() as u32
        {
            return Some(pick);
        }
        let who = execution.started.contains(&pick.thread).then(|| execution.thread_name(pick.thread));
        let who = who.unwrap_or_else(|| format!("thread {}, which was not started", pick.thread.0));
        self.misfit = Some(format!(
            "step {} of the schedule {} is of {who}, and cannot be made there: the schedule is of another program",
            self.at, self.schedule
        ));
        None
    }

    fn end(&mut self, execution: &mut Execution, picks: &Schedule) -> bool {
        if let Some(misfit) = self.misfit.take() {
            execution.failure = Some(Failure::Undecided(Reason::NotModelled(misfit)));
        }
        if execution.failure.is_none() {
            judge_run(&self.judge, execution);
        }
        self.finding = Finding::of(execution, picks);
        false
    }
}
