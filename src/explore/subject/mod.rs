//! Scenarios of a subject: each is run as a program, and what its callers saw is judged.

mod execution;

use super::agenda::Agenda;
use super::driver::Program;
use super::ended::Ended;
use super::finding::Finding;
use super::judge::{Judge, Judged};
use super::progress::{self, Parts};
use super::record::Record;
use super::schedule::Schedule;
use super::{Engine, Explorer, checkpoint, interrupt, watch, watched};
use crate::spec::{Bounds, Scenario, Spec, Subject};
use crate::verdict::{Counterexample, Cut, Verdict};
use crate::world::operation::At;
use std::any::type_name;
use std::cell::LazyCell;
use std::panic::Location;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

pub(super) use execution::run;

/// An operation of what a subject claims to be.
pub(super) type Op<S> = <<S as Subject>::Spec as Spec>::Op;

/// What is the same around the threads of every scenario.
#[derive(Clone, Debug, Hash)]
pub(super) struct Around<O> {
    /// Calls before the threads begin.
    before: Vec<O>,
    /// Calls when they are done.
    after: Vec<O>,
    /// Calls of the threads that are dropped, at the most.
    drops: usize,
}

impl<O: Clone> Around<O> {
    pub(super) fn of<S: Spec<Op = O>>(bounds: &Bounds<S>) -> Self {
        let (before, after) = (bounds.calls_before().to_vec(), bounds.calls_after().to_vec());
        Self { before, after, drops: bounds.cancellations_max() }
    }
}

impl<O> Default for Around<O> {
    fn default() -> Self {
        Self { before: Vec::new(), after: Vec::new(), drops: 0 }
    }
}

impl Explorer {
    /// Explores every scenario of `S` within `bounds`, smallest first, and asks of each execution whether
    /// some order of its calls, which respects what returned before what began, explains all answers.
    ///
    /// The bound on executions is shared out evenly among the scenarios.
    ///
    /// Where [`Engine::Exhaustive`] is given more than 20,000 of them, it first runs sequences of calls, one call after
    /// another, and looks whether every call is as one step: then they show every execution of every
    /// scenario, and [`Coverage::by_sequences_of`](crate::verdict::Coverage::by_sequences_of) says so. That takes as
    /// many executions as there are sequences of `threads * calls_per_thread` calls. Where some call is not,
    /// the scenarios are explored one by one.
    #[track_caller]
    pub fn explore_subject<S: Subject>(&self, bounds: &Bounds<S::Spec>) -> Verdict {
        let around = Around::of(bounds);
        if around.drops > 0 && matches!(self.engine, Engine::Loom | Engine::Stress) {
            let why =
                format!("{} drops no calls: cancellations want an engine that has schedules", self.engine);
            return self.verdict(Ended::undecided(why), Instant::now());
        }
        let (start, at) = (Instant::now(), Location::caller());
        let scenarios = LazyCell::new(|| bounds.scenarios());
        if let Some(ended) = self.scenario_by_schedule::<S>(&bounds.initial, || &scenarios, &around) {
            return self.verdict(ended, start);
        }
        let by_sequences =
            self.wants_sequences::<S>(bounds).then(|| self.by_sequences::<S>(bounds, &around, at, start));
        let ended = match by_sequences.flatten() {
            Some(Ok(ended)) => Some(ended),
            Some(Err(refusal)) if refusal.is_wrong => {
                let wrong = bounds.scenario_of(&refusal.calls);
                wrong.and_then(|wrong| self.refuting::<S>(&bounds.initial, &wrong, &scenarios, &around))
            }
            _ => None,
        };
        let ended =
            ended.unwrap_or_else(|| self.explore_all::<S>(&bounds.initial, &scenarios, &around, at, start));
        self.verdict(ended, start)
    }

    /// As [`explore_subject`](Self::explore_subject), for scenarios of the caller's own.
    #[track_caller]
    pub fn explore_scenarios<S: Subject>(&self, initial: &S::Spec, scenarios: &[Scenario<Op<S>>]) -> Verdict {
        let (start, at, around) = (Instant::now(), Location::caller(), Around::default());
        let by_schedule = self.scenario_by_schedule::<S>(initial, || scenarios, &around);
        let ended =
            by_schedule.unwrap_or_else(|| self.explore_all::<S>(initial, scenarios, &around, at, start));
        self.verdict(ended, start)
    }

    /// What comes of the schedule that is asked for, if one is.
    fn scenario_by_schedule<'s, S: Subject>(
        &self,
        initial: &S::Spec,
        scenarios: impl Fn() -> &'s [Scenario<Op<S>>],
        around: &Around<Op<S>>,
    ) -> Option<Ended> {
        self.by_schedule(|schedule| {
            let scenarios = scenarios();
            let number = schedule.scenario().unwrap_or(0);
            match number.checked_sub(1).and_then(|i| scenarios.get(i)) {
                Some(scenario) => {
                    let again = |this: &Self, program: &Program, judge: &Judged| {
                        this.run_again(schedule, program, judge)
                    };
                    self.in_one::<S>(initial, (scenario, around), number, again)
                }
                None => Ended::undecided(format!("{schedule} is of none of {} scenarios", scenarios.len())),
            }
        })
    }

    /// What the search finds in one scenario, if it finds anything.
    fn refuting<S: Subject>(
        &self,
        initial: &S::Spec,
        wrong: &Scenario<Op<S>>,
        scenarios: &[Scenario<Op<S>>],
        around: &Around<Op<S>>,
    ) -> Option<Ended> {
        let number = scenarios.iter().position(|scenario| scenario == wrong)? + 1;
        let explore = |this: &Self, program: &Program, judge: &Judged| this.run(program, judge, None);
        let ended = self.in_one::<S>(initial, (wrong, around), number, explore);
        ended.finding.is_some().then_some(ended)
    }

    /// What `explore` finds in one scenario.
    fn in_one<S: Subject>(
        &self,
        initial: &S::Spec,
        (scenario, around): (&Scenario<Op<S>>, &Around<Op<S>>),
        number: usize,
        explore: impl FnOnce(&Self, &Program, &Judged) -> Ended + Send + 'static,
    ) -> Ended {
        let (this, initial) = (self.clone(), initial.clone());
        let (scenario, around) = (scenario.clone(), around.clone());
        watched(move || {
            in_scenario::<S>(&initial, (&scenario, &around), number, |program, judge| {
                explore(&this, program, judge)
            })
        })
    }

    /// What the engine finds in the scenarios, from the first on.
    fn explore_all<S: Subject>(
        &self,
        initial: &S::Spec,
        scenarios: &[Scenario<Op<S>>],
        around: &Around<Op<S>>,
        at: At,
        start: Instant,
    ) -> Ended {
        let program = format!("{} {}", type_name::<S>(), checkpoint::hash(&(initial, scenarios, around)));
        let agenda = match Agenda::new(self, self.search_of(at, program, scenarios.len())) {
            Ok(agenda) => agenda,
            Err(why) => return Ended::undecided(why),
        };
        // On real threads a subject may wait for whatever it likes.
        if self.engine == Engine::Stress {
            return self.each_scenario::<S>(initial, (scenarios, around), agenda, start);
        }
        let (this, initial, scenarios) = (self.clone(), initial.clone(), scenarios.to_vec());
        let around = around.clone();
        watched(move || this.each_scenario::<S>(&initial, (&scenarios, &around), agenda, start))
    }

    fn each_scenario<S: Subject>(
        &self,
        initial: &S::Spec,
        (scenarios, around): (&[Scenario<Op<S>>], &Around<Op<S>>),
        agenda: Agenda,
        start: Instant,
    ) -> Ended {
        self.each(agenda, ("scenario", scenarios.len()), start, |agenda, i, left| {
            let explorer = left.share(scenarios.len());
            in_scenario::<S>(initial, (&scenarios[i], around), i + 1, |program, judge| {
                explorer.run(program, judge, agenda.begun(i))
            })
        })
    }

    /// What `explore` finds in each part that is still to be done, of so many that are called so. It is told what
    /// is left of the time.
    pub(super) fn each(
        &self,
        agenda: Agenda,
        (noun, of): (&'static str, usize),
        start: Instant,
        explore: impl Fn(&Agenda, usize, Self) -> Ended + Sync,
    ) -> Ended {
        let line = Parts::new(noun, of);
        let todo = agenda.todo();
        let ended = each_in_order(todo.len(), self.workers(), |nth| {
            line.begins(todo[nth]);
            let _quiet = progress::quiet();
            let left = self.left(start)?;
            Some(explore(&agenda, todo[nth], left))
        });
        drop(line);
        agenda.close(ended, || self.cut_between_programs())
    }

    /// What ended a search between two programs.
    fn cut_between_programs(&self) -> Cut {
        if interrupt::is_called() {
            return Cut::Interrupted;
        }
        Cut::Elapsed { ms_max: self.elapsed_ms_max.unwrap_or_default() }
    }

    /// Scenarios that are explored at a time. It changes no verdict. On real threads, one.
    fn workers(&self) -> usize {
        match self.engine {
            Engine::Stress => 1,
            _ => std::thread::available_parallelism().map_or(1, usize::from),
        }
    }

    /// This explorer with the time that is left. None if none is.
    fn left(&self, start: Instant) -> Option<Self> {
        let left = self.elapsed_ms_max.map(|max| max.saturating_sub(start.elapsed().as_millis() as u64));
        (left != Some(0) && !interrupt::is_called()).then(|| Self { elapsed_ms_max: left, ..self.clone() })
    }

    /// This explorer with a share of the executions.
    fn share(self, scenarios: usize) -> Self {
        let share = |total: u64| total.div_ceil(scenarios as u64);
        let executions_max = self.executions_max.or(self.engine.default_executions()).map(share);
        Self { executions_max, ..self }
    }
}

/// What `explore` finds in one scenario, which is this number of its subject's, from 1.
fn in_scenario<S: Subject>(
    initial: &S::Spec,
    (scenario, around): (&Scenario<Op<S>>, &Around<Op<S>>),
    number: usize,
    explore: impl FnOnce(&Program, &Judged) -> Ended,
) -> Ended {
    let record = Arc::new(Record::new(initial.clone()));
    let judge = Arc::clone(&record) as Arc<dyn Judge>;
    let program: Program = {
        let (scenario, around) = (scenario.clone(), around.clone());
        Arc::new(move || run::<S>(&scenario, &around, &record))
    };
    let mut ended = explore(&program, &Some(judge));
    if let Some(Finding::Wrong(shown)) = &mut ended.finding {
        tell(scenario, around, number, shown);
    }
    ended
}

/// What `explore` returns for 0, 1, 2 and so on, up to the first that has a finding or is none. Several
/// are explored at a time, and what comes back does not depend on how many.
fn each_in_order(of: usize, workers: usize, explore: impl Fn(usize) -> Option<Ended> + Sync) -> Vec<Ended> {
    let next = AtomicUsize::new(0);
    // The first number whose exploration ends the search.
    let end = AtomicUsize::new(of);
    let found: Mutex<Vec<Option<Ended>>> = Mutex::new((0..of).map(|_| None).collect());
    let work = || {
        loop {
            // Each number is handed out once; what was found goes through the mutex.
            let i = next.fetch_add(1, Ordering::Relaxed);
            // A stale value costs an exploration in vain.
            if i >= end.load(Ordering::Relaxed) {
                return;
            }
            let ended = explore(i);
            if ended.as_ref().is_none_or(|ended| ended.finding.is_some()) {
                end.fetch_min(i + 1, Ordering::Relaxed);
            }
            found.lock().unwrap_or_else(PoisonError::into_inner)[i] = ended;
        }
    };
    if workers.min(of) < 2 {
        work();
    } else {
        let pulse = watch::pulse();
        let work = || match &pulse {
            Some(pulse) => watch::working(pulse, work),
            None => work(),
        };
        std::thread::scope(|scope| {
            for _ in 0..workers.min(of) {
                scope.spawn(work);
            }
        });
    }
    let end = end.into_inner();
    let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.into_iter().take(end).map_while(|ended| ended).collect()
}

/// Puts the scenario into its counterexample.
fn tell<O: std::fmt::Debug>(
    scenario: &Scenario<O>,
    around: &Around<O>,
    number: usize,
    shown: &mut Counterexample,
) {
    let schedule = shown.schedule.as_ref().and_then(|schedule| schedule.parse::<Schedule>().ok());
    shown.schedule = schedule.map(|schedule| schedule.of_scenario(number).to_string());
    let ops = |ops: &Vec<O>| ops.iter().map(|op| format!("{op:?}")).collect::<Vec<_>>().join("; ");
    let program = scenario.threads.iter().enumerate().map(|(i, thread)| (client(i), ops(thread)));
    let main = |when: &str, calls| Some((when.to_owned(), ops(calls))).filter(|(_, calls)| !calls.is_empty());
    let (before, after) = (main("before", &around.before), main("after", &around.after));
    shown.program = before.into_iter().chain(program).chain(after).collect();
}

fn client(i: usize) -> String {
    format!("client {}", i + 1)
}
