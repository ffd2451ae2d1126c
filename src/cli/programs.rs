//! The programs that the matrix tries, from the smallest up.

use super::cell::{Column, Size};
use crate::counter::counters::Counters;
use crate::counter::spec::{Op, START};
use crate::spec::{Bounds, Scenario};

/// What an engine is given to judge.
#[derive(Debug)]
pub enum Programs {
    /// Every program of the size.
    Every(Bounds<Counters>),
    /// Some, from the smallest up.
    Chosen {
        /// Which.
        scenarios: Vec<Scenario<Op>>,
        /// Whether they begin every program of the size, and are not only what contends.
        is_every: bool,
        /// Whether some were left out, because there are more programs than executions.
        is_cut: bool,
        /// Executions of each, at the most.
        share: Option<u64>,
    },
}

/// Programs of which every one is tried by itself; where there are more, what contends is.
const EVERY_MAX: u128 = 20_000;

/// Sequences of calls that are run for every program, where calls are as one step: minutes on two cores.
const SEQUENCES_MAX: u128 = 20_000_000;

/// What `column` is given to judge.
pub fn of(column: Column, size: &Size) -> Programs {
    let (threads, calls) = (size.threads.into(), size.calls.into());
    let every = bounds(threads, calls);
    let is_every = column == Column::Exhaustive && every.count() <= EVERY_MAX;
    let is_short = column == Column::Exhaustive && every.sequences().count() <= SEQUENCES_MAX;
    if size.executions_max.is_none() && (is_every || is_short) {
        return Programs::Every(every);
    }
    let mut scenarios = if is_every { every.scenarios() } else { contended(threads, calls) };
    let max = size.executions_max.unwrap_or(u64::MAX);
    let is_cut = max < scenarios.len() as u64;
    scenarios.truncate(usize::try_from(max).unwrap_or(usize::MAX));
    let share = size.executions_max.map(|max| max / scenarios.len() as u64);
    Programs::Chosen { scenarios, is_every, is_cut, share }
}

impl Programs {
    /// How many there are.
    pub fn count(&self) -> u64 {
        match self {
            Self::Every(bounds) => u64::try_from(bounds.count()).unwrap_or(u64::MAX),
            Self::Chosen { scenarios, .. } => scenarios.len() as u64,
        }
    }

    /// Whether they were chosen from every program of the size, and not only from what contends.
    pub fn is_every(&self) -> bool {
        matches!(self, Self::Every(_) | Self::Chosen { is_every: true, .. })
    }
}

/// get, set and inc of each counter.
fn ops() -> Vec<Op> {
    let of = |name: &str| [Op::Get(name.to_owned()), Op::Set(name.to_owned(), 7), Op::Inc(name.to_owned())];
    START.iter().flat_map(|(name, _)| of(name)).collect()
}

/// Every program of 2 and up to `threads` threads with 1 and up to `calls` calls each.
fn bounds(threads: usize, calls: usize) -> Bounds<Counters> {
    let initial: Counters = START.into_iter().collect();
    Bounds::new(initial, ops()).threads(threads).calls_per_thread(calls)
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
