//! Makes a failing execution smaller: it keeps a switch only if the program does not fail without it.
//!
//! An execution is written as how it departs from the plainest one, in which each thread goes on for as
//! long as it can. Of these departures as many as possible are left out (delta debugging; Zeller and
//! Hildebrandt, IEEE TSE 28(2), 2002, section 3).

use super::driver::{Program, Restart, Strategy, drive};
use super::finding::Finding;
use super::judge::{Judged, judge_run};
use super::schedule::{Pick, Schedule};
use crate::world::execution::{Execution, Known};
use crate::world::operation::ThreadId;
use shuttle::scheduler::Task;

/// Executions that are tried.
const TRIALS_MAX: usize = 2_000;

/// Where an execution departs: behind which thread, and how many steps that one has made.
type Place = (Option<ThreadId>, u32);

/// A departure.
type Departure = (Place, Pick);

/// A schedule under which the program fails with as few switches as could be found; `found` where no smaller
/// one fails.
pub fn smaller(program: &Program, judge: &Judged, steps_max: usize, found: &Schedule) -> Schedule {
    let run = |directed: Directed, known: &Schedule| {
        let directed = Directed { judge: judge.clone(), known: known.known(), ..directed };
        drive(program, directed, steps_max).0
    };
    let followed = run(Directed::following(found.clone()), found);
    let (mut best, mut departures) = match followed.failed {
        Some(schedule) => (schedule, followed.departed),
        None => return found.clone(),
    };
    let mut trials = 0;
    let mut parts = 2;
    while !departures.is_empty() && trials < TRIALS_MAX {
        let size = departures.len().div_ceil(parts);
        let mut smaller = None;
        for from in (0..departures.len()).step_by(size) {
            let mut fewer = departures.clone();
            fewer.drain(from..(from + size).min(fewer.len()));
            trials += 1;
            let tried = run(Directed::by(fewer), &best);
            if let Some(schedule) = tried.failed.filter(|_| tried.departed.len() < departures.len()) {
                smaller = Some((schedule, tried.departed));
                break;
            }
        }
        match smaller {
            Some(found) => {
                (best, departures) = found;
                parts = (parts - 1).max(2);
            }
            None if size == 1 => break,
            None => parts = (2 * parts).min(departures.len()),
        }
    }
    best
}

/// One execution that departs from the plainest one here and there.
#[derive(Default)]
struct Directed {
    /// The departures to make, or a schedule to read them off.
    wanted: Vec<Departure>,
    followed: Option<Schedule>,
    judge: Judged,
    known: Known,
    at: usize,
    begun: bool,
    /// The departures that were made.
    departed: Vec<Departure>,
    /// The schedule, if the program failed.
    failed: Option<Schedule>,
}

impl Directed {
    fn by(wanted: Vec<Departure>) -> Self {
        Self { wanted, ..Self::default() }
    }

    fn following(schedule: Schedule) -> Self {
        Self { followed: Some(schedule), ..Self::default() }
    }

    fn wanted_at(&self, place: Place) -> Option<Pick> {
        match &self.followed {
            Some(schedule) => schedule.get(self.at - 1),
            None => self.wanted.iter().find(|(at, _)| *at == place).map(|(_, pick)| *pick),
        }
    }
}

impl Strategy for Directed {
    fn runs_every_way(&self) -> bool {
        false
    }

    fn known(&self) -> Known {
        self.known.clone()
    }

    fn restart(&mut self) -> Restart {
        (self.begun, self.at) = (false, 0);
        self.departed.clear();
        Restart::AllEager
    }

    fn begin(&mut self) -> bool {
        !std::mem::replace(&mut self.begun, true)
    }

    fn pick(&mut self, execution: &Execution, enabled: &[ThreadId], _: &[&Task]) -> Option<Pick> {
        self.at += 1;
        let last = execution.last_granted();
        let place = (last, last.map_or(0, |last| execution.threads[last.index()].steps()));
        let plain =
            Pick { thread: last.filter(|last| enabled.contains(last)).unwrap_or(enabled[0]), choice: 0 };
        let fits = |pick: &Pick| enabled.contains(&pick.thread);
        let pick = self.wanted_at(place).filter(fits).unwrap_or(plain);
        let ways = super::bounded::ways(execution, pick.thread).count() as u32;
        let pick = Pick { choice: pick.choice.min(ways - 1), ..pick };
        if pick != plain {
            self.departed.push((place, pick));
        }
        Some(pick)
    }

    fn end(&mut self, execution: &mut Execution, picks: &Schedule) -> bool {
        if execution.failure.is_none() {
            judge_run(&self.judge, execution);
        }
        let fails = matches!(Finding::of(execution, picks), Some(Finding::Wrong(_)));
        self.failed = fails.then(|| picks.clone());
        false
    }
}
