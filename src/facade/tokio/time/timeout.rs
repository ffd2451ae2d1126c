//! `timeout`, `timeout_at`.

use super::sleep::{Sleep, sleep, sleep_until};
use super::{Duration, Instant};
use crate::world::{self, operation::At};
use ::tokio::time as real;
use std::error::Error;
use std::fmt;
use std::io;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

/// As tokio's own [`Elapsed`](::tokio::time::error::Elapsed).
#[derive(Debug, PartialEq, Eq)]
pub struct Elapsed(());

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("deadline has elapsed")
    }
}

impl Error for Elapsed {}

impl From<Elapsed> for io::Error {
    fn from(_: Elapsed) -> Self {
        io::ErrorKind::TimedOut.into()
    }
}

impl From<real::error::Elapsed> for Elapsed {
    fn from(_: real::error::Elapsed) -> Self {
        Self(())
    }
}

/// As tokio's own [`Timeout`](::tokio::time::Timeout).
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Timeout<T>(Inner<T>);

enum Inner<T> {
    Real(real::Timeout<T>),
    Modelled(T, Sleep),
}

/// As tokio's own [`timeout`](::tokio::time::timeout).
///
/// # Panics
///
/// As tokio's, in the real world outside of a runtime with timers.
#[inline]
#[track_caller]
pub fn timeout<F: IntoFuture>(duration: Duration, future: F) -> Timeout<F::IntoFuture> {
    if world::is_real() {
        return Timeout(Inner::Real(real::timeout(duration, future)));
    }
    Timeout(Inner::Modelled(future.into_future(), sleep(duration)))
}

/// As tokio's own [`timeout_at`](::tokio::time::timeout_at).
///
/// # Panics
///
/// As [`timeout`].
#[inline]
#[track_caller]
pub fn timeout_at<F: IntoFuture>(deadline: Instant, future: F) -> Timeout<F::IntoFuture> {
    if world::is_real() {
        return Timeout(Inner::Real(real::timeout_at(deadline.0.into(), future)));
    }
    Timeout(Inner::Modelled(future.into_future(), sleep_until(deadline)))
}

impl<T> Timeout<T> {
    /// As `timeout` in a model, for another line than its caller's.
    pub(in crate::facade::tokio) fn in_model(duration: Duration, future: T, at: At) -> Self {
        Self(Inner::Modelled(future, Sleep::in_model(duration, at)))
    }

    /// As tokio's `get_ref`.
    pub fn get_ref(&self) -> &T {
        match &self.0 {
            Inner::Real(timeout) => timeout.get_ref(),
            Inner::Modelled(value, _) => value,
        }
    }

    /// As tokio's `get_mut`.
    pub fn get_mut(&mut self) -> &mut T {
        match &mut self.0 {
            Inner::Real(timeout) => timeout.get_mut(),
            Inner::Modelled(value, _) => value,
        }
    }

    /// As tokio's `into_inner`.
    pub fn into_inner(self) -> T {
        match self.0 {
            Inner::Real(timeout) => timeout.into_inner(),
            Inner::Modelled(value, _) => value,
        }
    }
}

impl<T: Future> Future for Timeout<T> {
    type Output = Result<T::Output, Elapsed>;

    #[inline]
    #[track_caller]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // SAFETY: nothing is moved out of it, and what is in it is pinned again.
        match unsafe { &mut self.get_unchecked_mut().0 } {
            Inner::Real(timeout) => {
                world::used_without_its_line(Location::caller());
                // SAFETY: it is pinned with what it is in.
                unsafe { Pin::new_unchecked(timeout) }.poll(context).map_err(Elapsed::from)
            }
            Inner::Modelled(value, delay) => {
                // SAFETY: as above.
                if let Poll::Ready(value) = unsafe { Pin::new_unchecked(value) }.poll(context) {
                    return Poll::Ready(Ok(value));
                }
                // SAFETY: as above.
                unsafe { Pin::new_unchecked(delay) }.poll(context).map(|()| Err(Elapsed(())))
            }
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Timeout<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Timeout").field(self.get_ref()).finish()
    }
}
