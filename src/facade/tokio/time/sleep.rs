//! `sleep`, `sleep_until`.

use super::{Duration, Instant};
use crate::world::time::{Timer, after, begin};
use crate::world::{self, operation::At};
use ::tokio::time as real;
use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

/// As tokio's own [`Sleep`](::tokio::time::Sleep).
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Sleep(Inner);

enum Inner {
    /// Tokio's own, and the line that made it.
    Real(real::Sleep, At),
    Modelled(Timer, At),
}

/// As tokio's own [`sleep`](::tokio::time::sleep).
///
/// # Panics
///
/// As tokio's, in the real world outside of a runtime with timers.
#[inline]
#[track_caller]
pub fn sleep(duration: Duration) -> Sleep {
    if world::is_real() {
        return Sleep(Inner::Real(real::sleep(duration), Location::caller()));
    }
    Sleep::in_model(duration, Location::caller())
}

/// As tokio's own [`sleep_until`](::tokio::time::sleep_until).
///
/// # Panics
///
/// As [`sleep`].
#[inline]
#[track_caller]
pub fn sleep_until(deadline: Instant) -> Sleep {
    if world::is_real() {
        return Sleep(Inner::Real(real::sleep_until(deadline.0.into()), Location::caller()));
    }
    Sleep::of_model(deadline.in_model(), Location::caller())
}

impl Sleep {
    #[cold]
    pub(super) fn in_model(duration: Duration, at: At) -> Self {
        let since = if world::current() == world::World::Model { begin() } else { 0 };
        Self::of_model(after(since, duration), at)
    }

    #[cold]
    pub(super) fn of_model(deadline: u64, at: At) -> Self {
        Self(Inner::Modelled(Timer::new(deadline, at), at))
    }

    /// As tokio's `deadline`.
    pub fn deadline(&self) -> Instant {
        match &self.0 {
            Inner::Real(sleep, _) => Instant(sleep.deadline().into_std()),
            Inner::Modelled(timer, _) => Instant::of_model(timer.deadline()),
        }
    }

    /// As tokio's `is_elapsed`.
    #[track_caller]
    pub fn is_elapsed(&self) -> bool {
        match &self.0 {
            Inner::Real(sleep, made) => {
                world::used_in_real_world(made, Location::caller());
                sleep.is_elapsed()
            }
            Inner::Modelled(timer, _) => timer.is_elapsed(),
        }
    }

    /// As tokio's `reset`.
    pub fn reset(self: Pin<&mut Self>, deadline: Instant) {
        // SAFETY: nothing is moved out of it, and `Real` is pinned again.
        match unsafe { &mut self.get_unchecked_mut().0 } {
            // SAFETY: it is pinned with what it is in.
            Inner::Real(sleep, _) => unsafe { Pin::new_unchecked(sleep) }.reset(deadline.0.into()),
            Inner::Modelled(timer, at) => *timer = Timer::new(deadline.in_model(), at),
        }
    }
}

impl Future for Sleep {
    type Output = ();

    #[inline]
    #[track_caller]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        // SAFETY: nothing is moved out of it, and `Real` is pinned again.
        match unsafe { &mut self.get_unchecked_mut().0 } {
            Inner::Real(sleep, made) => {
                world::used_in_real_world(made, Location::caller());
                // SAFETY: it is pinned with what it is in.
                unsafe { Pin::new_unchecked(sleep) }.poll(context)
            }
            Inner::Modelled(timer, _) => timer.poll(context),
        }
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep").finish_non_exhaustive()
    }
}
