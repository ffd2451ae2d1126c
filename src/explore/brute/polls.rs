//! Compares the search of programs of tasks with brute force: every poll a step, and as few of them as are seen.

use super::naive::{Grain, enumerate};
use super::{Unstopped, assert_same, wanted};
use crate::explore::driver::{Program, drive};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// What the executions of a program came to.
pub type Outcomes = Arc<Mutex<BTreeSet<String>>>;

/// What the comparison of one program came to.
#[derive(Debug, Default)]
pub struct Compared {
    /// Executions of the search.
    pub executions: u64,
    pub redundant: u64,
    /// Executions if every future makes its step in every poll.
    pub eager: u64,
    /// Those of them that have the order of an earlier one.
    pub twice: u64,
    pub deadlocks: usize,
    pub too_large: bool,
}

impl Compared {
    fn add(&mut self, other: &Self) {
        self.executions += other.executions;
        self.redundant += other.redundant;
        self.eager += other.eager;
        self.twice += other.twice;
        self.deadlocks += other.deadlocks;
    }
}

/// What is known of a program beforehand.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// It asks for the ends of its tasks.
    pub asks: bool,
    /// It makes attempts.
    pub guesses: bool,
    /// It aborts a task that awaits another's end. Whether that one's last poll is before or behind that end, it looks at
    /// nothing there: the search has one of the two orders, and every outcome.
    pub aborts_a_wait: bool,
}

impl Known {
    pub const NOTHING: Self = Self { asks: false, guesses: false, aborts_a_wait: false };
    pub const GUESSES: Self = Self { guesses: true, ..Self::NOTHING };
}

/// Compares the search with brute force on one program, which `make` makes anew.
pub fn compare_programs(
    make: impl Fn() -> (Program, Outcomes),
    Known { asks, guesses, aborts_a_wait }: Known,
    what: &str,
    interleavings_max: usize,
) -> Compared {
    let (program, possible) = make();
    let grain = Grain { eager: true, ends_are_seen: asks };
    let Some(naive) = enumerate(&program, grain, interleavings_max) else {
        return Compared { too_large: true, ..Compared::default() };
    };
    let mut compared = Compared { deadlocks: naive.deadlocks.len(), ..Compared::default() };
    for eager in [true, false] {
        let (program, found) = make();
        let (searched, counts) = drive(&program, Unstopped { eager, ..Unstopped::new() }, 1_000);
        let what = format!("{what}, eager {eager}");
        assert!(searched.search.finding.is_none(), "{what}: {:?}", searched.search.finding);
        assert_same(&found.lock().unwrap(), &possible.lock().unwrap(), &what);
        assert_eq!(searched.seen.deadlocks.is_empty(), naive.deadlocks.is_empty(), "{what}: deadlocks");
        if eager {
            if !aborts_a_wait {
                assert_same(&searched.seen.orders, &naive.orders, &what);
            }
            assert_same(&searched.seen.deadlocks, &naive.deadlocks, &what);
            assert!(searched.seen.again == 0 || guesses, "{what}: an order was run twice");
            (compared.eager, compared.twice) = (counts.executions, searched.seen.again as u64);
        } else {
            (compared.executions, compared.redundant) = (counts.executions, counts.redundant);
        }
    }
    compared
}

/// Compares as many programs as `plain` or the environment says, and prints what they came to; those that are
/// too large do not count.
pub fn compare_many(what: &str, plain: u64, mut next: impl FnMut() -> Compared) {
    let wanted = wanted(plain);
    let (mut programs, mut too_large, mut all) = (0, 0, Compared::default());
    while programs < wanted {
        let compared = next();
        if compared.too_large {
            too_large += 1;
            continue;
        }
        all.add(&compared);
        programs += 1;
    }
    let Compared { executions, redundant, eager, twice, deadlocks, .. } = all;
    println!(
        "{what}: {programs} programs, {executions} executions and {redundant} in vain, where {eager} ({twice} twice) \
         are run if every poll is a step; {deadlocks} deadlocks, each found; {too_large} more too large for brute \
         force"
    );
}
