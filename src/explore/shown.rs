//! Chooses the failing execution that is shown: of those of a program, one with the fewest preemptions, of
//! these one with the fewest switches, and of these one with the fewest steps.
//!
//! Where a program is too large to look through them, the execution that was found is made smaller.

use super::bounded::{Bounded, Limit};
use super::driver::{Program, drive};
use super::finding::Finding;
use super::judge::Judged;
use super::replay::Replay;
use super::schedule::Schedule;
use super::shrink;
use crate::verdict::Cut;
use crate::world::execution;

/// Steps that are made in looking for it: about a second.
const STEPS_MAX: usize = 1_000_000;

/// A bound on the steps of all executions together.
#[derive(Debug)]
struct Steps(usize);

impl Limit for Steps {
    fn spent(&mut self, steps: usize) -> Option<Cut> {
        self.0 = self.0.saturating_sub(steps);
        (self.0 == 0).then_some(Cut::Executions { max: 0 })
    }
}

/// The failing execution to show of a program that fails under the schedule `found`.
///
/// Returns `first` where that cannot be repeated.
pub fn shown(
    program: &Program,
    judge: &Judged,
    steps_max: usize,
    found: &Schedule,
    first: Finding,
) -> Finding {
    // A schedule in which only some futures are eager does not stand by itself.
    let stands = !execution::with(|e| e.sites.eager.is_any());
    let mut left = Steps(STEPS_MAX);
    for preemptions_max in 0.. {
        let search = Bounded::new(preemptions_max, judge.clone(), left).for_the_best();
        let (search, _) = drive(program, search, steps_max);
        if let Some(finding) = search.finding {
            return finding;
        }
        if search.cut.is_some() || !search.pruned {
            break;
        }
        left = search.limit;
    }
    if !stands {
        return first.without_schedule();
    }
    let smaller = shrink::smaller(program, judge, steps_max, found);
    let (replayed, _) = drive(program, Replay::new(smaller, judge.clone()), steps_max);
    replayed.finding.filter(|found| matches!(found, Finding::Wrong(_))).unwrap_or(first)
}
