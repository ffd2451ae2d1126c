//! `tokio::time`: in a model a sleep takes no real time, and clocks stand still but for what is slept.
//!
//! A timer is up at any point of the search, the first time that its line makes one, and later when nothing else
//! can go on. So a sleep orders nothing between tasks, as on a busy machine; within a task the timer with the
//! earliest deadline is seen first.

mod interval;
mod sleep;
mod timeout;

pub use ::tokio::time::*;
pub use interval::{Interval, interval, interval_at};
pub use sleep::{Sleep, sleep, sleep_until};
pub use timeout::{Timeout, timeout, timeout_at};

use crate::world::{self, World};
use std::fmt;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::panic::Location;

/// As tokio's own, with an [`Elapsed`](error::Elapsed) that a model can make.
pub mod error {
    pub use super::timeout::Elapsed;
    pub use ::tokio::time::error::*;
}

/// As tokio's own [`Instant`](::tokio::time::Instant).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(std::time::Instant);

impl Instant {
    /// As tokio's `now`. In a model it reads what the sleeps and timeouts before it make up.
    #[track_caller]
    pub fn now() -> Self {
        if world::is_real() {
            return Self(::tokio::time::Instant::now().into_std());
        }
        Self::of_model(world::time::now(Location::caller()))
    }

    fn of_model(nanos: u64) -> Self {
        Self(crate::time::Instant::of_model(nanos))
    }

    /// As tokio's `from_std`, from std's own or the facade's.
    pub fn from_std(std: impl Into<std::time::Instant>) -> Self {
        Self(std.into())
    }

    /// As tokio's `into_std`, into the facade's.
    pub fn into_std(self) -> crate::time::Instant {
        self.0.into()
    }

    /// As tokio's `duration_since`.
    pub fn duration_since(&self, earlier: Self) -> Duration {
        self.0.duration_since(earlier.0)
    }

    /// As tokio's `checked_duration_since`.
    pub fn checked_duration_since(&self, earlier: Self) -> Option<Duration> {
        self.0.checked_duration_since(earlier.0)
    }

    /// As tokio's `saturating_duration_since`.
    pub fn saturating_duration_since(&self, earlier: Self) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }

    /// As tokio's `elapsed`.
    #[track_caller]
    pub fn elapsed(&self) -> Duration {
        Self::now() - *self
    }

    /// As tokio's `checked_add`.
    pub fn checked_add(&self, duration: Duration) -> Option<Self> {
        self.0.checked_add(duration).map(Self)
    }

    /// As tokio's `checked_sub`.
    pub fn checked_sub(&self, duration: Duration) -> Option<Self> {
        self.0.checked_sub(duration).map(Self)
    }

    /// This instant on a model's clock; never, where tokio takes it to be too far away.
    fn in_model(self) -> u64 {
        const THIRTY_YEARS: u64 = 86_400 * 365 * 30 * 1_000_000_000;
        let nanos = crate::time::Instant::in_model(self.0);
        if nanos < THIRTY_YEARS { nanos } else { u64::MAX }
    }
}

impl From<std::time::Instant> for Instant {
    fn from(time: std::time::Instant) -> Self {
        Self(time)
    }
}

impl From<crate::time::Instant> for Instant {
    fn from(time: crate::time::Instant) -> Self {
        Self(time.into())
    }
}

impl From<Instant> for std::time::Instant {
    fn from(time: Instant) -> Self {
        time.0
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, other: Duration) -> Self {
        Self(self.0 + other)
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, other: Duration) {
        self.0 += other;
    }
}

impl Sub for Instant {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;

    fn sub(self, other: Duration) -> Self {
        self.checked_sub(other).expect("overflow when subtracting duration from instant")
    }
}

impl SubAssign<Duration> for Instant {
    fn sub_assign(&mut self, other: Duration) {
        self.0 -= other;
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// As tokio's `pause`. In a model time stands still anyway.
///
/// # Panics
///
/// In the real world without the feature `tokio-test-util`, and where tokio's does.
#[track_caller]
pub fn pause() {
    if world::is_real() {
        of_tokio::pause();
    }
}

/// As tokio's `resume`. In a model it does nothing.
///
/// # Panics
///
/// As [`pause`].
#[track_caller]
pub fn resume() {
    if world::is_real() {
        of_tokio::resume();
    }
}

/// As tokio's `advance`. In a model the task's own time goes on; other tasks' timers are up whenever they may be.
///
/// # Panics
///
/// As [`pause`].
pub async fn advance(duration: Duration) {
    match world::current() {
        World::Real => of_tokio::advance(duration).await,
        World::Loom => world::not_in_loom("advance", Location::caller()),
        World::Model => {
            world::time::pass(world::time::begin(), duration);
            super::task::yield_now().await;
        }
    }
}

/// Tokio's own control of time.
#[cfg(feature = "tokio-test-util")]
mod of_tokio {
    pub use ::tokio::time::{advance, pause, resume};
}

/// What stands for it where tokio is built without.
#[cfg(not(feature = "tokio-test-util"))]
mod of_tokio {
    use super::Duration;

    #[track_caller]
    pub fn pause() {
        panic!(
            "tokio's time is paused outside of models with the feature `tokio-test-util` of raceproof alone"
        );
    }

    #[track_caller]
    pub fn resume() {
        pause();
    }

    #[allow(clippy::unused_async, reason = "as tokio's")]
    pub async fn advance(_: Duration) {
        pause();
    }
}
