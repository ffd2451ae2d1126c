//! Runs the executions of a program: one engine a file.

#[cfg(all(test, feature = "tokio"))]
mod brute;
#[cfg(all(test, feature = "tokio"))]
mod brute_tasks;
mod budget;
mod driver;
mod exhaustive;
mod finding;
mod loom;
mod names;
mod order;
mod progress;
mod record;
mod sampling;
mod schedule;
mod stress;
mod subject;

pub use schedule::{ParseScheduleError, Schedule};

use crate::verdict::{Coverage, Cut, Limit, Refutation, Verdict};
use crate::world::failure::Reason;
use budget::Budget;
use driver::{Counts, Program};
use exhaustive::Exhaustive;
use finding::Finding;
use sampling::Sampling;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

/// Who explores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// loom: every execution, C11 weak memory; at most 5 threads with the main one.
    Loom,
    /// Every order of the program's steps, once: sequential consistency, and data races by C11
    /// happens-before.
    Exhaustive,
    /// Shuttle's random walk.
    Random {
        /// Where its chance comes from.
        seed: u64,
    },
    /// Shuttle's probabilistic concurrency testing: few preemptions at random places.
    Pct {
        /// Where its chance comes from.
        seed: u64,
        /// The number of ordering constraints that the bug to be found may need.
        depth: usize,
    },
    /// Shuttle's uniform random walk: threads weighed by the steps before them.
    Urw {
        /// Where its chance comes from.
        seed: u64,
    },
    /// Real threads, for what models leave out. It never proves.
    Stress,
}

impl Engine {
    /// Its name, as the command line has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Loom => "loom",
            Self::Exhaustive => "exhaustive",
            Self::Random { .. } => "random",
            Self::Pct { .. } => "pct",
            Self::Urw { .. } => "urw",
            Self::Stress => "stress",
        }
    }

    /// Where its chance comes from, if it draws by chance.
    pub fn seed(self) -> Option<u64> {
        match self {
            Self::Random { seed } | Self::Pct { seed, .. } | Self::Urw { seed } => Some(seed),
            Self::Loom | Self::Exhaustive | Self::Stress => None,
        }
    }

    /// Executions that it draws unless it is told otherwise; none if it runs them all.
    fn default_executions(self) -> Option<u64> {
        (!matches!(self, Self::Loom | Self::Exhaustive)).then_some(SAMPLES)
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An engine and its bounds.
#[derive(Clone, Debug)]
#[must_use = "an explorer does nothing until it explores"]
pub struct Explorer {
    engine: Engine,
    executions_max: Option<u64>,
    elapsed_ms_max: Option<u64>,
    steps_max: usize,
}

/// Executions that a sampler draws unless it is told otherwise.
const SAMPLES: u64 = 10_000;

/// Steps that one execution may have unless the explorer is told otherwise.
const STEPS_MAX: usize = 10_000;

impl Explorer {
    /// An explorer without bounds on executions and time, but for samplers, which draw 10,000.
    pub fn new(engine: Engine) -> Self {
        Self { engine, executions_max: None, elapsed_ms_max: None, steps_max: STEPS_MAX }
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

    /// Bounds the steps of one execution. A program that needs more is `Undecided`.
    pub fn steps_max(mut self, max: usize) -> Self {
        self.steps_max = max;
        self
    }

    /// Explores a program that is written with the facade.
    pub fn explore(&self, program: impl Fn() + Send + Sync + 'static) -> Verdict {
        let start = Instant::now();
        let ended = self.run(&(Arc::new(program) as Program));
        self.verdict(ended, start)
    }

    /// Explores an asynchronous program, whose main task is the given future.
    pub fn explore_async(&self, program: impl AsyncFn() + Send + Sync + 'static) -> Verdict {
        self.explore(move || crate::world::task::block_on(program()))
    }

    fn run(&self, program: &Program) -> Ended {
        let executions = self.executions_max.or(self.engine.default_executions()).unwrap_or(u64::MAX);
        let budget = Budget::new(executions, self.elapsed_ms_max);
        match self.engine {
            Engine::Loom => loom::explore(program, budget),
            Engine::Exhaustive => self.exhaust(program, budget),
            Engine::Stress => stress::explore(program, budget),
            Engine::Random { seed } => self.sample(program, Sampling::random(seed, budget)),
            Engine::Pct { seed, depth } => self.sample(program, Sampling::pct(seed, depth, budget)),
            Engine::Urw { seed } => self.sample(program, Sampling::urw(seed, budget)),
        }
    }

    fn exhaust(&self, program: &Program, budget: Budget) -> Ended {
        let (search, counts) = driver::drive(program, Exhaustive::new(budget), self.steps_max);
        let limits = weak_orderings(&counts);
        Ended { counts, finding: search.finding, cut: search.cut, limits }
    }

    fn sample(&self, program: &Program, sampling: Sampling) -> Ended {
        let (sampling, counts) = driver::drive(program, sampling, self.steps_max);
        Ended { counts, finding: sampling.finding, cut: Some(Cut::Sampling), limits: Vec::new() }
    }

    fn verdict(&self, ended: Ended, start: Instant) -> Verdict {
        let coverage = Coverage {
            engine: self.engine,
            executions: ended.counts.executions,
            redundant: ended.counts.redundant,
            elapsed: start.elapsed(),
            limits: ended.limits,
        };
        match ended.finding {
            Some(Finding::Wrong(mut counterexample)) => {
                counterexample.seed = self.engine.seed();
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

/// Orderings weaker than `SeqCst` count for happens-before alone; every load reads the last store.
fn weak_orderings(counts: &Counts) -> Vec<Limit> {
    if counts.weak.is_empty() {
        return Vec::new();
    }
    let what = "values that orderings weaker than SeqCst let a load read; loom decides those";
    vec![Limit { what: what.to_owned(), lines: counts.weak.iter().cloned().collect() }]
}

/// How an engine ended.
struct Ended {
    counts: Counts,
    finding: Option<Finding>,
    /// Why executions were left out, if any were.
    cut: Option<Cut>,
    limits: Vec<Limit>,
}
