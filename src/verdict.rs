//! What an exploration found: a value, never a panic.

use crate::explore::{Checkpoint, Engine};
use std::time::Duration;

/// The end of an exploration.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// Every execution within the bounds was explored, up to reorderings that no program can tell apart.
    Proved(Coverage),
    /// Nothing was found, and executions were left out.
    Passed(Coverage, Cut),
    /// An execution is wrong: here it is.
    Refuted(Box<Refutation>),
    /// No judgement is honest.
    Undecided(Coverage, String),
}

/// What was explored.
#[derive(Clone, Debug)]
pub struct Coverage {
    /// By whom.
    pub engine: Engine,
    /// Executions that ran to their end.
    pub executions: u64,
    /// Executions that were begun and turned out to show nothing new.
    pub redundant: u64,
    /// How many programs they stand for, where every call was found to be as one step: then they are the
    /// sequences of calls, one call after another, and every execution of those programs is one of them with
    /// steps in another order that nobody can tell. None where programs were explored one by one.
    pub by_sequences_of: Option<u128>,
    /// How long it took.
    pub elapsed: Duration,
    /// What the primitives that were used leave out in this engine, with the lines that used them.
    pub limits: Vec<Limit>,
    /// Objects on which threads race most, with their share of all races, if the search was cut short.
    pub largest: Vec<String>,
    /// Where the search goes on, if a bound or Ctrl-C ended it and its engine can be put down.
    pub checkpoint: Option<Box<Checkpoint>>,
}

/// What a model leaves out of a primitive that the program used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What is left out, and who decides it.
    pub what: String,
    /// The lines that used it.
    pub lines: Vec<String>,
}

/// Why executions were left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The bound on executions was reached.
    Executions {
        /// The bound.
        max: u64,
    },
    /// The bound on time was reached.
    Elapsed {
        /// The bound, in milliseconds.
        ms_max: u64,
    },
    /// Executions with more preemptions were left out.
    Preemptions {
        /// The bound.
        max: usize,
    },
    /// Executions with more departures from the first way of a choice were left out.
    Choices {
        /// The bound.
        max: usize,
    },
    /// Ctrl-C was pressed.
    Interrupted,
    /// One execution was asked for, by its schedule.
    Replay,
    /// The engine draws executions by chance, or runs on real threads.
    Sampling,
}

/// What refutes a program, and where it was found.
#[derive(Clone, Debug)]
pub struct Refutation {
    /// What was explored until then.
    pub coverage: Coverage,
    /// The failing execution.
    pub counterexample: Counterexample,
}

/// A failing execution, for people.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub struct Counterexample {
    /// What is wrong.
    pub finding: Finding,
    /// The threads: a column each.
    pub threads: Vec<String>,
    /// What each thread of the program does, where that is known.
    pub program: Vec<(String, String)>,
    /// The steps, from top to bottom.
    pub rows: Vec<Row>,
    /// How often a thread was made to wait that could have gone on, where an engine tells it.
    pub preemptions: Option<usize>,
    /// Why it is wrong, in words.
    pub why: Vec<String>,
    /// The schedule that leads to it; none where an engine has no schedules.
    pub schedule: Option<String>,
    /// The command that shows it again.
    pub replay: Option<String>,
    /// The seed of the engine that found it, if it drew by chance.
    pub seed: Option<u64>,
}

/// What kind of wrong a counterexample shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Finding {
    /// Two accesses to plain memory that nothing orders.
    DataRace,
    /// Threads that wait for ever.
    Deadlock,
    /// Threads that go round for ever.
    Livelock,
    /// A panic of the program.
    Panic,
    /// Answers that no order of the calls explains.
    NotLinearizable,
    /// The process ended, or calls were lost, outside of any model.
    Died,
}

impl Finding {
    /// It in a few words.
    pub fn name(self) -> &'static str {
        match self {
            Self::DataRace => "data race",
            Self::Deadlock => "deadlock",
            Self::Livelock => "livelock",
            Self::Panic => "panic",
            Self::NotLinearizable => "not linearizable",
            Self::Died => "death of the process",
        }
    }
}

/// One line of a counterexample's table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub struct Row {
    /// Whose: an index of `Counterexample::threads`.
    pub thread: usize,
    /// What it did.
    pub text: String,
    /// For which line of the program.
    pub at: Option<String>,
    /// Whether it decides.
    pub decisive: bool,
}

impl Verdict {
    /// What was explored.
    pub fn coverage(&self) -> &Coverage {
        match self {
            Self::Proved(coverage) | Self::Passed(coverage, _) | Self::Undecided(coverage, _) => coverage,
            Self::Refuted(refutation) => &refutation.coverage,
        }
    }

    /// The verdict in one word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Proved(_) => "proved",
            Self::Passed(..) => "passed",
            Self::Refuted(_) => "refuted",
            Self::Undecided(..) => "undecided",
        }
    }

    /// The failing execution, if there is one.
    pub fn counterexample(&self) -> Option<&Counterexample> {
        match self {
            Self::Refuted(refutation) => Some(&refutation.counterexample),
            _ => None,
        }
    }

    /// Whether every execution within the bounds was explored, and none is wrong.
    pub fn is_proved(&self) -> bool {
        matches!(self, Self::Proved(_))
    }

    /// Whether an execution is wrong.
    pub fn is_refuted(&self) -> bool {
        matches!(self, Self::Refuted(_))
    }

    /// Asks for a proof.
    ///
    /// # Panics
    ///
    /// With the verdict's text, unless it is `Proved`.
    #[track_caller]
    pub fn assert_proved(&self) {
        if !self.is_proved() {
            self.fail();
        }
    }

    /// Asks that nothing was found.
    ///
    /// # Panics
    ///
    /// With the verdict's text, unless it is `Proved` or `Passed`.
    #[track_caller]
    pub fn assert_passed(&self) {
        if !matches!(self, Self::Proved(_) | Self::Passed(..)) {
            self.fail();
        }
    }

    /// Ends the test with the verdict's text, and keeps the counterexample for its next run.
    #[track_caller]
    fn fail(&self) -> ! {
        crate::explore::keep_regression(self);
        let goes_on = match self {
            // Said where it was pressed.
            Self::Passed(_, Cut::Interrupted) => None,
            _ => crate::explore::keep_checkpoint(self).map(|how| format!("\n  goes on with: {how}")),
        };
        panic!("{self}{}", goes_on.unwrap_or_default());
    }

    /// Asks for a counterexample, and returns it.
    ///
    /// # Panics
    ///
    /// With the verdict's text, unless it is `Refuted`.
    #[track_caller]
    pub fn assert_refuted(&self) -> &Counterexample {
        match self {
            Self::Refuted(refutation) => &refutation.counterexample,
            _ => panic!("{self}"),
        }
    }
}
