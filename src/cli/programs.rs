//! The programs that the matrix tries, from the smallest up.

use super::cell::{Column, Size};
use crate::counter::counters::Counters;
use crate::counter::spec::{Op, START};
use crate::spec::{Bounds, Scenario};

/// What an engine is given to judge.
#[derive(Debug)]
pub struct Programs {
    /// From the smallest up.
    pub scenarios: Vec<Scenario<Op>>,
    /// Whether they were chosen from every program of the size, and not only from what contends.
    pub is_every: bool,
    /// Whether some were left out, because there are more programs than executions.
    pub is_cut: bool,
    /// Executions of each, at the most.
    pub share: Option<u64>,
}

/// Programs of which every one is tried; where there are more, what contends is.
const EVERY_MAX: u64 = 40_000;

/// What `column` is given to judge.
pub fn of(column: Column, size: &Size) -> Programs {
    let (threads, calls) = (size.threads.into(), size.calls.into());
    let is_every =
        column == Column::Exhaustive && count_at_most(ops().len() as u64, threads, calls) <= EVERY_MAX;
    let mut scenarios = if is_every { every(threads, calls) } else { contended(threads, calls) };
    let max = size.executions_max.unwrap_or(u64::MAX);
    let is_cut = max < scenarios.len() as u64;
    scenarios.truncate(usize::try_from(max).unwrap_or(usize::MAX));
    let share = size.executions_max.map(|max| max / scenarios.len() as u64);
    Programs { scenarios, is_every, is_cut, share }
}

/// get, set and inc of each counter.
fn ops() -> Vec<Op> {
    let of = |name: &str| [Op::Get(name.to_owned()), Op::Set(name.to_owned(), 7), Op::Inc(name.to_owned())];
    START.iter().flat_map(|(name, _)| of(name)).collect()
}

/// Every program of 2 and up to `threads` threads with 1 and up to `calls` calls each.
fn every(threads: usize, calls: usize) -> Vec<Scenario<Op>> {
    let initial: Counters = START.into_iter().collect();
    Bounds::new(initial, ops()).threads(threads).calls_per_thread(calls).scenarios()
}

/// The sets of up to `threads` threads, each a sequence of up to `calls` of `ops` operations. Programs that
/// are the same but for names are counted apart here.
fn count_at_most(ops: u64, threads: usize, calls: usize) -> u64 {
    let sequences =
        (1..=calls as u32).fold(0, |sum: u64, calls| sum.saturating_add(ops.saturating_pow(calls)));
    let sets = |threads: u64| {
        (0..threads).fold(1, |sets: u64, i| sets.saturating_mul(sequences.saturating_add(i)) / (i + 1))
    };
    (2..=threads as u64).map(sets).fold(0, u64::saturating_add)
}

/// For 2 and up to `threads` threads: inc with inc, inc with get, set with inc, in turn among the threads,
/// with 1 and up to `calls` calls each.
fn contended(threads: usize, calls: usize) -> Vec<Scenario<Op>> {
    let i = || "i".to_owned();
    let pairs = [[Op::Inc(i()), Op::Inc(i())], [Op::Inc(i()), Op::Get(i())], [Op::Set(i(), 7), Op::Inc(i())]];
    let mut sizes: Vec<(usize, usize)> =
        (1..=calls).flat_map(|calls| (2..=threads).map(move |threads| (threads, calls))).collect();
    sizes.sort_by_key(|(threads, calls)| (threads * calls, *threads));
    let scenario = |(threads, calls): (usize, usize), pair: &[Op; 2]| Scenario {
        threads: (0..threads).map(|thread| vec![pair[thread % 2].clone(); calls]).collect(),
    };
    sizes.iter().flat_map(|size| pairs.iter().map(|pair| scenario(*size, pair))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names are interchangeable, so that almost every program stands for two.
    #[track_caller]
    fn check(threads: usize, calls: usize) {
        let (counted, programs) = (count_at_most(6, threads, calls), every(threads, calls).len() as u64);
        assert!((counted.div_ceil(2)..=counted * 6 / 10).contains(&programs), "{programs} of {counted}");
    }

    #[test]
    fn what_is_counted_is_what_is_enumerated() {
        check(2, 1);
        check(2, 2);
        check(3, 2);
    }

    #[test]
    fn a_count_that_is_too_large_is_still_one() {
        assert!(count_at_most(6, 4, 8) > EVERY_MAX);
    }
}
