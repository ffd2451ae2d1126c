//! Runs the executions of a program: one engine a file.

mod bounded;
#[cfg(all(test, feature = "tokio"))]
mod brute;
#[cfg(all(test, feature = "tokio"))]
mod brute_calls;
#[cfg(all(test, feature = "tokio"))]
mod brute_peers;
#[cfg(all(test, feature = "tokio"))]
mod brute_queues;
#[cfg(all(test, feature = "tokio"))]
mod brute_tasks;
mod budget;
mod driver;
mod dropped;
mod engine;
mod exhaustive;
mod finding;
mod judge;
mod limits;
mod loom;
mod names;
mod order;
pub(crate) mod progress;
mod record;
mod regressions;
mod replay;
mod sampling;
mod schedule;
mod shown;
mod shrink;
mod stress;
mod subject;

pub use engine::Engine;
pub(crate) use regressions::keep as keep_regression;
pub use schedule::{ParseScheduleError, Schedule};

use crate::verdict::{Coverage, Cut, Limit, Refutation, Verdict};
use crate::world::failure::Reason;
use bounded::Bounded;
use budget::Budget;
use driver::{Counts, Program};
use exhaustive::Exhaustive;
use finding::Finding;
use judge::Judged;
use replay::Replay;
use sampling::Sampling;
use std::sync::Arc;
use std::time::Instant;

/// An engine and its bounds.
#[derive(Clone, Debug)]
#[must_use = "an explorer does nothing until it explores"]
pub struct Explorer {
    engine: Engine,
    executions_max: Option<u64>,
    elapsed_ms_max: Option<u64>,
    preemptions_max: Option<usize>,
    choices_max: usize,
    steps_max: usize,
    replay: Option<Schedule>,
}

/// Steps that one execution may have unless the explorer is told otherwise.
const STEPS_MAX: usize = 10_000;

impl Explorer {
    /// An explorer without bounds on executions and time, but for samplers, which draw 10,000.
    pub fn new(engine: Engine) -> Self {
        Self {
            engine,
            executions_max: None,
            elapsed_ms_max: None,
            preemptions_max: None,
            choices_max: usize::MAX,
            steps_max: STEPS_MAX,
            replay: None,
        }
    }

    /// Bounds the executions. A search that is cut short is `Passed`.
    pub fn executions_max(mut self, max: u64) -> Self {
        self.executions_max = Some(max);
        self
    }

    /// Bounds the time, in milliseconds. A search that is cut short is `Passed`.
    pub fn elapsed_ms_max(mut self, max: u64) -> Self {
        self.elapsed_ms_max = Some(max);
        self
    }

    /// Bounds the preemptions of one execution, for `exhaustive`: those with none are run first, then those
    /// with one, and so on, so that the first to fail has the fewest. A search that left executions out
    /// for it is `Passed`.
    pub fn preemptions_max(mut self, max: usize) -> Self {
        self.preemptions_max = Some(max);
        self
    }

    /// Bounds, for `exhaustive`, how often one execution departs from the first way of a choice that is no
    /// schedule: a `compare_exchange_weak` that fails, a wait that ends by itself. A search that left
    /// executions out for it is `Passed`. With a bound on preemptions, every way is run.
    pub fn choices_max(mut self, max: usize) -> Self {
        self.choices_max = max;
        self
    }

    /// Runs the one execution of this schedule, as the variable `RACEPROOF_REPLAY` does; for all engines
    /// but `loom` and `stress`, which have no schedules.
    pub fn replay(mut self, schedule: Schedule) -> Self {
        self.replay = Some(schedule);
        self
    }

    /// Bounds the steps of one execution. A program that needs more is `Undecided`.
    pub fn steps_max(mut self, max: usize) -> Self {
        self.steps_max = max;
        self
    }

    /// Explores a program that is written with the facade.
    ///
    /// # Examples
    ///
    /// ```
    /// use raceproof::explore::{Engine, Explorer};
    /// use raceproof::sync::{Arc, Mutex};
    /// use raceproof::thread;
    ///
    /// let verdict = Explorer::new(Engine::Exhaustive).explore(|| {
    ///     let count = Arc::new(Mutex::new(0));
    ///     let other = {
    ///         let count = Arc::clone(&count);
    ///         thread::spawn(move || *count.lock().unwrap() += 1)
    ///     };
    ///     *count.lock().unwrap() += 1;
    ///     other.join().unwrap();
    ///     assert_eq!(*count.lock().unwrap(), 2);
    /// });
    /// verdict.assert_proved();
    /// assert_eq!(verdict.coverage().executions, 2);
    /// ```
    pub fn explore(&self, program: impl Fn() + Send + Sync + 'static) -> Verdict {
        let start = Instant::now();
        let program: Program = Arc::new(program);
        let by_schedule = self.by_schedule(|schedule| match schedule.scenario() {
            None => self.run_again(schedule, &program, &None),
            Some(number) => {
                Ended::undecided(format!("{schedule} is of scenario {number}, and this is a program"))
            }
        });
        self.verdict(by_schedule.unwrap_or_else(|| self.run(&program, &None)), start)
    }

    /// Explores an asynchronous program, whose main task is the given future.
    pub fn explore_async(&self, program: impl AsyncFn() + Send + Sync + 'static) -> Verdict {
        self.explore(move || crate::world::task::block_on(program()))
    }

    /// What comes of the one schedule that is asked for, or of one that refuted the test before; none if the
    /// engine is to be asked.
    fn by_schedule(&self, run: impl Fn(Schedule) -> Ended) -> Option<Ended> {
        if matches!(self.engine, Engine::Loom | Engine::Stress) {
            return None;
        }
        match self.wanted() {
            Ok(Some(schedule)) => return Some(run(schedule)),
            Ok(None) => {}
            Err(why) => return Some(Ended::undecided(why)),
        }
        regressions::of_this_test().into_iter().find_map(|kept| {
            let ended = run(kept.schedule.clone());
            match &ended.finding {
                Some(Finding::Undecided(why)) => kept.no_longer_applies(why),
                Some(Finding::Wrong(_)) => return Some(ended),
                None => {}
            }
            None
        })
    }

    /// The schedule that is asked for.
    fn wanted(&self) -> Result<Option<Schedule>, String> {
        if self.replay.is_some() {
            return Ok(self.replay.clone());
        }
        let Ok(text) = std::env::var(REPLAY) else { return Ok(None) };
        text.parse().map(Some).map_err(|error| format!("{REPLAY}: {error}"))
    }

    fn run_again(&self, schedule: Schedule, program: &Program, judge: &Judged) -> Ended {
        let (replay, counts) = driver::drive(program, Replay::new(schedule, judge.clone()), self.steps_max);
        Ended { counts, finding: replay.finding, cut: Some(Cut::Replay), ..Ended::default() }
    }

    fn run(&self, program: &Program, judge: &Judged) -> Ended {
        let executions = self.executions_max.or(self.engine.default_executions()).unwrap_or(u64::MAX);
        let budget = Budget::new(executions, self.elapsed_ms_max);
        match self.engine {
            Engine::Loom => loom::explore(program, budget),
            Engine::Exhaustive => match self.preemptions_max {
                Some(max) => self.exhaust_within(max, program, judge, budget),
                None => self.exhaust(program, judge, budget),
            },
            Engine::Stress => stress::explore(program, budget),
            Engine::Random { seed } => self.sample(program, judge, Sampling::random(seed, budget)),
            Engine::Pct { seed, depth } => self.sample(program, judge, Sampling::pct(seed, depth, budget)),
            Engine::Urw { seed } => self.sample(program, judge, Sampling::urw(seed, budget)),
        }
    }

    fn exhaust(&self, program: &Program, judge: &Judged, budget: Budget) -> Ended {
        let search = Exhaustive::new(budget, judge.clone()).choices_max(self.choices_max);
        let (search, counts) = driver::drive(program, search, self.steps_max);
        let limits = counts.limits.list();
        let finding = self.show(program, judge, search.failed, search.finding);
        let choices = search.choices_left_out.then_some(Cut::Choices { max: self.choices_max });
        Ended { counts, finding, cut: search.cut.or(choices), limits, largest: search.largest }
    }

    /// With no preemption, with one, and so on.
    fn exhaust_within(&self, max: usize, program: &Program, judge: &Judged, mut budget: Budget) -> Ended {
        let mut all = Ended::default();
        for preemptions_max in 0..=max {
            let search = Bounded::new(preemptions_max, judge.clone(), budget);
            let (search, counts) = driver::drive(program, search, self.steps_max);
            budget = search.limit;
            let limits = counts.limits.list();
            // Those with fewer were run again among these.
            let counts = Counts { executions: 0, ..counts };
            all.add(Ended { counts, finding: search.finding, cut: search.cut, limits, ..Ended::default() });
            all.counts.executions = search.executions;
            if all.finding.is_some() || all.cut.is_some() || !search.pruned {
                return all;
            }
        }
        all.cut = Some(Cut::Preemptions { max });
        all
    }

    fn sample(&self, program: &Program, judge: &Judged, sampling: Sampling) -> Ended {
        let sampling = sampling.judged(judge.clone());
        let (sampling, counts) = driver::drive(program, sampling, self.steps_max);
        let finding = self.show(program, judge, sampling.failed, sampling.finding);
        Ended { counts, finding, cut: Some(Cut::Sampling), ..Ended::default() }
    }

    /// What is found, by the execution that is read most easily.
    fn show(
        &self,
        program: &Program,
        judge: &Judged,
        failed: Option<Schedule>,
        found: Option<Finding>,
    ) -> Option<Finding> {
        match (failed, found) {
            (Some(schedule), Some(first @ Finding::Wrong(_))) => {
                Some(shown::shown(program, judge, self.steps_max, &schedule, first))
            }
            (_, found) => found,
        }
    }

    fn verdict(&self, ended: Ended, start: Instant) -> Verdict {
        let coverage = Coverage {
            engine: self.engine,
            executions: ended.counts.executions,
            redundant: ended.counts.redundant,
            elapsed: start.elapsed(),
            limits: ended.limits,
            largest: ended.largest,
        };
        match ended.finding {
            Some(Finding::Wrong(mut counterexample)) => {
                counterexample.seed = self.engine.seed();
                counterexample.replay = counterexample.schedule.as_deref().map(regressions::command);
                Verdict::Refuted(Box::new(Refutation { coverage, counterexample: *counterexample }))
            }
            Some(Finding::Undecided(why)) => Verdict::Undecided(coverage, why),
            None if coverage.executions == 0 => {
                Verdict::Undecided(coverage, finding::undecided(&Reason::NothingRan))
            }
            None if !ended.counts.shared => {
                Verdict::Undecided(coverage, finding::undecided(&Reason::NothingShared))
            }
            None => match ended.cut {
                Some(cut) => Verdict::Passed(coverage, cut),
                None => Verdict::Proved(coverage),
            },
        }
    }
}

/// How an engine ended.
#[derive(Default)]
struct Ended {
    counts: Counts,
    finding: Option<Finding>,
    /// Why executions were left out, if any were.
    cut: Option<Cut>,
    limits: Vec<Limit>,
    /// Where most orders come from, if they were too many.
    largest: Vec<String>,
}

impl Ended {
    fn undecided(why: String) -> Self {
        Self { finding: Some(Finding::Undecided(why)), ..Self::default() }
    }

    /// One search more.
    fn add(&mut self, other: Self) {
        self.counts.executions += other.counts.executions;
        self.counts.redundant += other.counts.redundant;
        self.counts.shared |= other.counts.shared;
        self.counts.limits.extend(other.counts.limits);
        self.finding = other.finding;
        self.cut = self.cut.take().or(other.cut);
        if self.largest.is_empty() {
            self.largest = other.largest;
        }
        if !other.limits.is_empty() {
            self.limits = self.counts.limits.list();
        }
    }
}

/// Proves that no execution of a program fails: [`Engine::Exhaustive`], and
/// [`assert_proved`](Verdict::assert_proved).
///
/// # Panics
///
/// With the counterexample, or with the reason why there is no proof.
///
/// # Examples
///
/// ```
/// use raceproof::sync::{Arc, atomic::{AtomicU32, Ordering::SeqCst}};
///
/// raceproof::prove(|| {
///     let hits = Arc::new(AtomicU32::new(0));
///     let other = {
///         let hits = Arc::clone(&hits);
///         raceproof::thread::spawn(move || hits.fetch_add(1, SeqCst))
///     };
///     hits.fetch_add(1, SeqCst);
///     other.join().unwrap();
///     assert_eq!(hits.load(SeqCst), 2);
/// });
/// ```
#[track_caller]
pub fn prove(program: impl Fn() + Send + Sync + 'static) {
    Explorer::new(Engine::Exhaustive).explore(program).assert_proved();
}

/// As [`prove`], for an asynchronous program.
///
/// # Panics
///
/// With the counterexample, or with the reason why there is no proof.
#[track_caller]
pub fn prove_async(program: impl AsyncFn() + Send + Sync + 'static) {
    Explorer::new(Engine::Exhaustive).explore_async(program).assert_proved();
}

/// The variable that asks for one schedule.
const REPLAY: &str = "RACEPROOF_REPLAY";
