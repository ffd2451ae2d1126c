//! `interval`, `interval_at`.

use super::sleep::{Sleep, sleep_until};
use super::{Duration, Instant, MissedTickBehavior};
use crate::world::{self, operation::At};
use ::tokio::time as real;
use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// As tokio's own [`Interval`](::tokio::time::Interval).
pub struct Interval(Inner);

enum Inner {
    Real(real::Interval),
    Modelled { delay: Pin<Box<Sleep>>, period: Duration, missed: MissedTickBehavior },
}

/// As tokio's own [`interval`](::tokio::time::interval).
///
/// # Panics
///
/// As tokio's, if the period is zero.
#[track_caller]
pub fn interval(period: Duration) -> Interval {
    if world::is_real() {
        return Interval(Inner::Real(real::interval(period)));
    }
    interval_at(Instant::of_model(world::time::begin()), period)
}

/// As tokio's own [`interval_at`](::tokio::time::interval_at).
///
/// # Panics
///
/// As tokio's, if the period is zero.
#[track_caller]
pub fn interval_at(start: Instant, period: Duration) -> Interval {
    if world::is_real() {
        return Interval(Inner::Real(real::interval_at(start.0.into(), period)));
    }
    assert!(period > Duration::ZERO, "`period` must be non-zero.");
    let delay = Box::pin(sleep_until(start));
    Interval(Inner::Modelled { delay, period, missed: MissedTickBehavior::default() })
}

impl Interval {
    /// As tokio's `tick`.
    #[track_caller]
    pub fn tick(&mut self) -> impl Future<Output = Instant> {
        let at = Location::caller();
        async move { std::future::poll_fn(|context| self.poll_tick_at(context, at)).await }
    }

    /// As tokio's `poll_tick`.
    #[track_caller]
    pub fn poll_tick(&mut self, context: &mut Context<'_>) -> Poll<Instant> {
        self.poll_tick_at(context, Location::caller())
    }

    fn poll_tick_at(&mut self, context: &mut Context<'_>, at: At) -> Poll<Instant> {
        match &mut self.0 {
            Inner::Real(interval) => {
                world::used_without_its_line(at);
                interval.poll_tick(context).map(|tick| Instant(tick.into_std()))
            }
            Inner::Modelled { delay, period, missed } => {
                ready!(delay.as_mut().poll(context));
                let (due, now) = (delay.deadline(), Instant::of_model(world::time::begin()));
                let late = now > due + Duration::from_millis(5);
                let next = if late { next_after(*missed, due, now, *period) } else { due + *period };
                delay.as_mut().reset(next);
                Poll::Ready(due)
            }
        }
    }

    /// As tokio's `reset`.
    pub fn reset(&mut self) {
        self.reset_after(self.period());
    }

    /// As tokio's `reset_immediately`.
    pub fn reset_immediately(&mut self) {
        self.reset_after(Duration::ZERO);
    }

    /// As tokio's `reset_after`.
    pub fn reset_after(&mut self, after: Duration) {
        match &mut self.0 {
            Inner::Real(interval) => interval.reset_after(after),
            Inner::Modelled { delay, .. } => {
                delay.as_mut().reset(Instant::of_model(world::time::begin()) + after);
            }
        }
    }

    /// As tokio's `reset_at`.
    pub fn reset_at(&mut self, deadline: Instant) {
        match &mut self.0 {
            Inner::Real(interval) => interval.reset_at(deadline.0.into()),
            Inner::Modelled { delay, .. } => delay.as_mut().reset(deadline),
        }
    }

    /// As tokio's `missed_tick_behavior`.
    pub fn missed_tick_behavior(&self) -> MissedTickBehavior {
        match &self.0 {
            Inner::Real(interval) => interval.missed_tick_behavior(),
            Inner::Modelled { missed, .. } => *missed,
        }
    }

    /// As tokio's `set_missed_tick_behavior`.
    pub fn set_missed_tick_behavior(&mut self, behavior: MissedTickBehavior) {
        match &mut self.0 {
            Inner::Real(interval) => interval.set_missed_tick_behavior(behavior),
            Inner::Modelled { missed, .. } => *missed = behavior,
        }
    }

    /// As tokio's `period`.
    pub fn period(&self) -> Duration {
        match &self.0 {
            Inner::Real(interval) => interval.period(),
            Inner::Modelled { period, .. } => *period,
        }
    }
}

/// When the next tick is due, where one came late.
fn next_after(missed: MissedTickBehavior, due: Instant, now: Instant, period: Duration) -> Instant {
    match missed {
        MissedTickBehavior::Burst => due + period,
        MissedTickBehavior::Delay => now + period,
        MissedTickBehavior::Skip => {
            let beyond = (now - due).as_nanos() % period.as_nanos();
            now + period.saturating_sub(Duration::from_nanos(beyond as u64))
        }
    }
}

impl fmt::Debug for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interval").field("period", &self.period()).finish_non_exhaustive()
    }
}
