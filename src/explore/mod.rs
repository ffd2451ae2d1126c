//! Runs the executions of a program: one engine a file.

mod agenda;
mod bounded;
#[cfg(all(test, feature = "tokio"))]
mod brute;
#[cfg(all(test, feature = "tokio"))]
mod brute_calls;
#[cfg(all(test, feature = "tokio"))]
mod brute_cast;
#[cfg(all(test, feature = "tokio", feature = "crossbeam-channel"))]
mod brute_crossbeam;
#[cfg(all(test, feature = "tokio"))]
mod brute_mail;
#[cfg(all(test, feature = "tokio"))]
mod brute_oneshot;
#[cfg(all(test, feature = "tokio", feature = "parking_lot"))]
mod brute_parking_lot;
#[cfg(all(test, feature = "tokio"))]
mod brute_peers;
#[cfg(all(test, feature = "tokio"))]
mod brute_queues;
#[cfg(all(test, feature = "tokio"))]
mod brute_tasks;
mod budget;
mod checkpoint;
mod driver;
mod dropped;
mod ended;
mod engine;
mod estimate;
mod exhaustive;
mod finding;
mod interrupt;
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
mod serial;
mod shown;
mod shrink;
mod stress;
mod subject;
mod waits;
mod watch;

pub use checkpoint::{Checkpoint, ParseCheckpointError};
pub use engine::Engine;
#[cfg(feature = "cli")]
pub(crate) use interrupt::{is_called as ctrl_c_is_pressed, listen as listen_to_ctrl_c};
pub(crate) use regressions::{keep as keep_regression, keep_checkpoint};
pub use schedule::{ParseScheduleError, Schedule};

use crate::verdict::{Cut, Verdict};
use crate::world::operation::At;
use agenda::Agenda;
use bounded::Bounded;
use budget::Budget;
use checkpoint::Of;
use driver::{Counts, Program};
use ended::Ended;
use exhaustive::{Begun, Exhaustive};
use finding::Finding;
use judge::Judged;
use replay::Replay;
use sampling::Sampling;
use std::any::type_name;
use std::panic::Location;
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
    resume: Option<Checkpoint>,
    /// What the search is called in a checkpoint, if not by the line that explores.
    name: Option<String>,
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
            resume: None,
            name: None,
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
    /// executions out for it is `Passed`.
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

    /// Goes on where a search by this call of the explorer was put down, as the variable
    /// `RACEPROOF_RESUME` does with a file that holds the checkpoint. Bounds on executions and time begin anew.
    /// A checkpoint of another search, or of another build of the program, is `Undecided`; what a closure holds
    /// cannot be told, so it must hold the same.
    pub fn resume(mut self, checkpoint: Checkpoint) -> Self {
        self.resume = Some(checkpoint);
        self
    }

    /// Calls the search so in its checkpoints.
    #[cfg(feature = "cli")]
    pub(crate) fn named(mut self, name: String) -> Self {
        self.name = Some(name);
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
    #[track_caller]
    pub fn explore<F: Fn() + Send + Sync + 'static>(&self, program: F) -> Verdict {
        self.explore_program(Arc::new(program), type_name::<F>(), Location::caller())
    }

    /// As `explore`, of a program of that type.
    fn explore_program(&self, program: Program, of: &str, at: At) -> Verdict {
        let start = Instant::now();
        let by_schedule = self.by_schedule(|schedule| match schedule.scenario() {
            None => {
                let (this, program) = (self.clone(), Arc::clone(&program));
                watched(move || this.run_again(schedule, &program, &None))
            }
            Some(number) => {
                Ended::undecided(format!("{schedule} is of scenario {number}, and this is a program"))
            }
        });
        let ended = by_schedule.unwrap_or_else(|| self.search(program, self.search_of(at, of.to_owned(), 1)));
        self.verdict(ended, start)
    }

    /// Begins that search of a program, or goes on with it.
    fn search(&self, program: Program, of: Of) -> Ended {
        match Agenda::new(self, of) {
            Ok(agenda) => {
                let ended = self.run_watched(program, agenda.begun(0));
                agenda.close(vec![ended], || Cut::Interrupted)
            }
            Err(why) => Ended::undecided(why),
        }
    }

    fn run_watched(&self, program: Program, begun: Option<Begun>) -> Ended {
        // On real threads a program may wait for whatever it likes.
        if self.engine == Engine::Stress {
            return self.run(&program, &None, begun);
        }
        let this = self.clone();
        watched(move || this.run(&program, &None, begun))
    }

    /// Explores an asynchronous program, whose main task is the given future.
    #[track_caller]
    pub fn explore_async(&self, program: impl AsyncFn() + Send + Sync + 'static) -> Verdict {
        self.explore(move || crate::world::task::block_on(program()))
    }

    /// About how many executions `exhaustive` will run of a program: the mean of a hundred random descents, which
    /// is the nearer the more alike executions are. None where one execution has too many interleavings for
    /// that, or where the program leaves the model.
    ///
    /// ```
    /// use raceproof::explore::{Engine, Explorer};
    /// use raceproof::sync::{Arc, Mutex};
    ///
    /// let about = Explorer::new(Engine::Exhaustive).estimate(|| {
    ///     let count = Arc::new(Mutex::new(0));
    ///     let add = || {
    ///         let count = Arc::clone(&count);
    ///         raceproof::thread::spawn(move || (0..2).for_each(|_| *count.lock().unwrap() += 1))
    ///     };
    ///     let _ = (add(), add(), add());
    /// });
    /// assert!((60.0..120.0).contains(&about.unwrap()), "{about:?}"); // it is 90
    /// ```
    pub fn estimate(&self, program: impl Fn() + Send + Sync + 'static) -> Option<f64> {
        let (program, steps_max): (Program, _) = (Arc::new(program), self.steps_max);
        watch::watched(move || estimate::executions(&program, steps_max)).ok().flatten()
    }

    /// The search that the line `at` asks for, of so many programs.
    fn search_of(&self, at: At, program: String, programs: usize) -> Of {
        let name = self.name.clone().unwrap_or_else(|| checkpoint::name_of(at));
        let nth = checkpoint::nth(&name, &program);
        let test = regressions::test_name();
        Of { name, program, nth, test, programs, choices_max: self.choices_max, steps_max: self.steps_max }
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
        let (replay, counts) =
            driver::drive(program, Replay::new(schedule, judge.clone()).stopping(), self.steps_max);
        Ended { counts, finding: replay.finding, cut: Some(Cut::Replay), ..Ended::default() }
    }

    /// What the engine finds in one program, whose search may have begun.
    fn run(&self, program: &Program, judge: &Judged, begun: Option<Begun>) -> Ended {
        let executions = self.executions_max.or(self.engine.default_executions()).unwrap_or(u64::MAX);
        let budget = Budget::new(executions, self.elapsed_ms_max);
        match self.engine {
            Engine::Loom => loom::explore(program, budget),
            Engine::Exhaustive => match self.preemptions_max {
                Some(max) => self.exhaust_within(max, program, judge, budget),
                None => self.exhaust(program, judge, budget, begun),
            },
            Engine::Stress => stress::explore(program, budget),
            Engine::Random { seed } => self.sample(program, judge, Sampling::random(seed, budget)),
            Engine::Pct { seed, depth } => self.sample(program, judge, Sampling::pct(seed, depth, budget)),
            Engine::Urw { seed } => self.sample(program, judge, Sampling::urw(seed, budget)),
        }
    }

    fn exhaust(&self, program: &Program, judge: &Judged, budget: Budget, begun: Option<Begun>) -> Ended {
        let search = Exhaustive::new(budget, judge.clone()).choices_max(self.choices_max);
        // Before the search, where somebody looks on.
        let about = progress::is_live().then(|| estimate::executions(program, self.steps_max)).flatten();
        let search = begun.into_iter().fold(search.about(about), Exhaustive::going_on);
        let (mut search, counts) = driver::drive(program, search, self.steps_max);
        let limits = counts.limits.list();
        let largest = std::mem::take(&mut search.largest);
        let choices = search.choices_left_out.then_some(Cut::Choices { max: self.choices_max });
        let (cut, failed, found) = (search.cut.take(), search.failed.take(), search.finding.take());
        let put_down = cut
            .is_some()
            .then(|| search.put_down(crate::world::execution::with(|e| e.known()), counts.clone()));
        let finding = self.show(program, judge, failed, found);
        Ended { counts, finding, cut: cut.or(choices), limits, largest, put_down, ..Ended::default() }
    }

    /// With no preemption, with one, and so on.
    fn exhaust_within(&self, max: usize, program: &Program, judge: &Judged, mut budget: Budget) -> Ended {
        let mut all = Ended::default();
        for preemptions_max in 0..=max {
            let search = Bounded::new(preemptions_max, judge.clone(), budget).choices_max(self.choices_max);
            let (search, counts) = driver::drive(program, search, self.steps_max);
            budget = search.limit;
            let limits = counts.limits.list();
            // Those with fewer were run again among these.
            let counts = Counts { executions: 0, ..counts };
            all.add(Ended { counts, finding: search.finding, cut: search.cut, limits, ..Ended::default() });
            all.counts.executions = search.executions;
            if all.finding.is_some() || all.cut.is_some() {
                return all;
            }
            if !search.pruned {
                all.cut = search.choices_left_out.then_some(Cut::Choices { max: self.choices_max });
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
}

/// What `explore` comes to, which is no judgement if the program leaves the model.
fn watched(explore: impl FnOnce() -> Ended + Send + 'static) -> Ended {
    watch::watched(explore).unwrap_or_else(Ended::undecided)
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
