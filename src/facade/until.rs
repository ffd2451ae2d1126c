//! Until when something waits: for a time, or till an instant.

use crate::world::operation::{At, Patience};
use crate::world::{self, World, choice};
use std::time::{Duration, Instant};

/// Until when something waits.
#[derive(Clone, Copy)]
pub enum Until {
    For(Duration),
    Till(Instant),
}

impl Until {
    /// How long a model waits where `what` waits for a time. None if time is up now, which it is in some executions.
    pub fn patience(what: &str, at: At) -> Option<Patience> {
        if world::current() == World::Loom {
            world::not_in_loom(what, at);
        }
        match choice::once(2, at, choice::TIMEOUT) {
            Some(1) => None,
            Some(_) => Some(Patience::Covered),
            None => Some(Patience::Bounded),
        }
    }

    /// In a model: now, in some executions, and else when nothing can go on. False if time is up.
    #[cfg(feature = "parking_lot")]
    pub fn wait(self, at: At, now: impl FnOnce() -> bool, wait: impl FnOnce(Patience) -> bool) -> bool {
        let begin = world::time::begin();
        let got = match Self::patience("a lock with a timeout", at) {
            None => now(),
            Some(patience) => wait(patience),
        };
        if !got {
            self.pass(begin);
        }
        got
    }

    /// Time is up for what has waited since `begin`.
    pub fn pass(self, begin: u64) {
        let duration = match self {
            Self::For(duration) => duration,
            Self::Till(instant) => {
                Duration::from_nanos(crate::time::Instant::in_model(instant).saturating_sub(begin))
            }
        };
        world::time::pass(begin, duration);
    }
}
