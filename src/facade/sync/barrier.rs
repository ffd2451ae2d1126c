//! `Barrier`: std's, beside its part in the world that made it.

use crate::world::object::{State, barrier::Gate};
use crate::world::operation::{Kind, Outcome};
use crate::world::{self, Part, Stepped};
use std::fmt;
use std::panic::Location;

/// As [`std::sync::Barrier`]. Loom's world has none.
pub struct Barrier {
    part: Part<()>,
    real: std::sync::Barrier,
}

/// As [`std::sync::BarrierWaitResult`].
pub struct BarrierWaitResult(bool);

impl BarrierWaitResult {
    /// As [`std::sync::BarrierWaitResult::is_leader`].
    #[must_use]
    pub fn is_leader(&self) -> bool {
        self.0
    }
}

impl Barrier {
    /// As [`std::sync::Barrier::new`].
    #[must_use]
    #[track_caller]
    pub fn new(n: usize) -> Self {
        let part = Part::new(Location::caller(), "Barrier", || State::barrier(n), || ());
        Self { part, real: std::sync::Barrier::new(n) }
    }

    /// As [`std::sync::Barrier::wait`].
    #[track_caller]
    pub fn wait(&self) -> BarrierWaitResult {
        if self.part.is_real() {
            return BarrierWaitResult(self.real.wait().is_leader());
        }
        let at = Location::caller();
        let arrived =
            world::step(&self.part, Kind::Gate(Gate::Arrive), at, |()| world::not_in_loom("Barrier", at));
        let leads = matches!(arrived, Stepped::Model(Outcome::Together));
        if !leads {
            world::step(&self.part, Kind::Gate(Gate::Pass), at, |()| ());
        }
        BarrierWaitResult(leads)
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier").finish_non_exhaustive()
    }
}

impl fmt::Debug for BarrierWaitResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BarrierWaitResult").field("is_leader", &self.0).finish()
    }
}
