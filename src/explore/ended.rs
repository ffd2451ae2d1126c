//! How an engine ended, and which verdict that is.

use super::checkpoint::Checkpoint;
use super::driver::Counts;
use super::exhaustive::Begun;
use super::finding::{self, Finding};
use super::{Explorer, regressions};
use crate::verdict::{Coverage, Cut, Limit, Refutation, Verdict};
use crate::world::failure::Reason;
use std::time::Instant;

/// How an engine ended.
#[derive(Debug, Default)]
pub struct Ended {
    pub counts: Counts,
    pub finding: Option<Finding>,
    /// Programs that sequences of calls stand for, if those were run.
    pub programs: Option<u128>,
    /// Why executions were left out, if any were.
    pub cut: Option<Cut>,
    pub limits: Vec<Limit>,
    /// Where most orders come from, if they were too many.
    pub largest: Vec<String>,
    /// Where the search of one program goes on.
    pub put_down: Option<Begun>,
    /// Where the whole search goes on.
    pub checkpoint: Option<Box<Checkpoint>>,
}

impl Ended {
    /// Without a judgement.
    pub fn undecided(why: String) -> Self {
        Self { finding: Some(Finding::Undecided(why)), ..Self::default() }
    }

    /// One search more.
    pub fn add(&mut self, other: Self) {
        self.counts.add(other.counts);
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

impl Explorer {
    /// What an engine that ended so says of the program.
    pub(super) fn verdict(&self, ended: Ended, start: Instant) -> Verdict {
        let coverage = Coverage {
            engine: self.engine,
            executions: ended.counts.executions,
            redundant: ended.counts.redundant,
            by_sequences_of: ended.programs,
            elapsed: start.elapsed(),
            limits: ended.limits,
            largest: ended.largest,
            checkpoint: ended.checkpoint,
        };
        match ended.finding {
            Some(Finding::Wrong(mut counterexample)) => {
                counterexample.seed = self.engine.seed();
                counterexample.replay = counterexample.schedule.as_deref().map(regressions::command);
                Verdict::Refuted(Box::new(Refutation { coverage, counterexample: *counterexample }))
            }
            Some(Finding::Undecided(why)) => Verdict::Undecided(coverage, why),
            None if ended.cut == Some(Cut::Interrupted) => {
                let verdict = Verdict::Passed(coverage, Cut::Interrupted);
                // The command line says it itself, of all searches at their end.
                if self.name.is_none()
                    && let Some(how) = regressions::keep_checkpoint(&verdict)
                {
                    eprintln!("raceproof: put down by Ctrl-C; goes on with: {how}");
                }
                verdict
            }
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
