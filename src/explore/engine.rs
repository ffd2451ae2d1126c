//! Who explores.

use std::fmt;

/// Executions that a sampler draws unless it is told otherwise.
const SAMPLES: u64 = 10_000;

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
    pub(super) fn default_executions(self) -> Option<u64> {
        (!matches!(self, Self::Loom | Self::Exhaustive)).then_some(SAMPLES)
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
