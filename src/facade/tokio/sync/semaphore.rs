//! `tokio::sync::Semaphore`: tokio's own, beside its part in the world that made it.

use super::permits::{Closed, Permits, Tried};
use crate::facade::statics::made::ConstNew;
use crate::world::operation::At;
use ::tokio::sync as real;
use ::tokio::sync::{AcquireError, TryAcquireError};
use std::fmt;
use std::panic::Location;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// As tokio's own [`Semaphore`](::tokio::sync::Semaphore), first come, first served in a model too.
pub struct Semaphore {
    real: real::Semaphore,
    permits: Permits,
}

/// As tokio's own [`SemaphorePermit`](::tokio::sync::SemaphorePermit).
#[must_use]
pub struct SemaphorePermit<'a> {
    semaphore: &'a Semaphore,
    permits: usize,
    at: At,
}

/// As tokio's own [`OwnedSemaphorePermit`](::tokio::sync::OwnedSemaphorePermit).
#[must_use]
pub struct OwnedSemaphorePermit {
    semaphore: Arc<Semaphore>,
    permits: usize,
    at: At,
}

/// Tokio makes this error, and nobody else can.
pub(super) fn closed(_: Closed) -> AcquireError {
    let semaphore = real::Semaphore::const_new(0);
    semaphore.close();
    let acquired = pin!(semaphore.acquire()).poll(&mut Context::from_waker(Waker::noop()));
    match acquired {
        Poll::Ready(Err(error)) => error,
        _ => unreachable!("it is closed"),
    }
}

impl Semaphore {
    /// As tokio's own [`MAX_PERMITS`](::tokio::sync::Semaphore::MAX_PERMITS).
    pub const MAX_PERMITS: usize = real::Semaphore::MAX_PERMITS;

    /// As tokio's `new`.
    #[track_caller]
    pub fn new(permits: usize) -> Self {
        let real = real::Semaphore::new(permits);
        Self { real, permits: Permits::new(Location::caller(), "Semaphore", permits) }
    }

    /// As tokio's `const_new`: of the real world, but in [`statics!`](crate::statics).
    #[track_caller]
    pub const fn const_new(permits: usize) -> Self {
        let at = Location::caller();
        Self { real: real::Semaphore::const_new(permits), permits: Permits::real(at) }
    }

    /// As tokio's `available_permits`.
    #[track_caller]
    pub fn available_permits(&self) -> usize {
        if self.permits.part.is_real() {
            return self.real.available_permits();
        }
        self.permits.free(Location::caller())
    }

    /// As tokio's `add_permits`.
    #[track_caller]
    pub fn add_permits(&self, n: usize) {
        self.give_back(n, Location::caller());
    }

    /// As tokio's `forget_permits`.
    #[track_caller]
    pub fn forget_permits(&self, n: usize) -> usize {
        if self.permits.part.is_real() {
            return self.real.forget_permits(n);
        }
        self.permits.forget(n, Location::caller())
    }

    /// As tokio's `acquire`. A future that waits is served in the order of the first polls.
    #[track_caller]
    pub fn acquire(&self) -> impl Future<Output = Result<SemaphorePermit<'_>, AcquireError>> {
        self.acquire_many(1)
    }

    /// As tokio's `acquire_many`.
    #[track_caller]
    pub fn acquire_many(&self, n: u32) -> impl Future<Output = Result<SemaphorePermit<'_>, AcquireError>> {
        let at = Location::caller();
        async move {
            self.take(n, at).await?;
            Ok(SemaphorePermit { semaphore: self, permits: n as usize, at })
        }
    }

    /// As tokio's `acquire_owned`.
    #[track_caller]
    pub fn acquire_owned(
        self: Arc<Self>,
    ) -> impl Future<Output = Result<OwnedSemaphorePermit, AcquireError>> {
        self.acquire_many_owned(1)
    }

    /// As tokio's `acquire_many_owned`.
    #[track_caller]
    pub fn acquire_many_owned(
        self: Arc<Self>,
        n: u32,
    ) -> impl Future<Output = Result<OwnedSemaphorePermit, AcquireError>> {
        let at = Location::caller();
        async move {
            self.take(n, at).await?;
            Ok(OwnedSemaphorePermit { semaphore: self, permits: n as usize, at })
        }
    }

    /// As tokio's `try_acquire`.
    #[track_caller]
    pub fn try_acquire(&self) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        self.try_acquire_many(1)
    }

    /// As tokio's `try_acquire_many`.
    #[track_caller]
    pub fn try_acquire_many(&self, n: u32) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        let at = Location::caller();
        self.try_take(n, at)?;
        Ok(SemaphorePermit { semaphore: self, permits: n as usize, at })
    }

    /// As tokio's `try_acquire_owned`.
    #[track_caller]
    pub fn try_acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        self.try_acquire_many_owned(1)
    }

    /// As tokio's `try_acquire_many_owned`.
    #[track_caller]
    pub fn try_acquire_many_owned(self: Arc<Self>, n: u32) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        let at = Location::caller();
        self.try_take(n, at)?;
        Ok(OwnedSemaphorePermit { semaphore: self, permits: n as usize, at })
    }

    /// As tokio's `blocking_acquire`.
    ///
    /// # Panics
    ///
    /// As all four of its kind, in a task, whose thread it would block.
    #[track_caller]
    pub fn blocking_acquire(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.blocking_acquire_many(1)
    }

    /// As tokio's `blocking_acquire_many`.
    #[track_caller]
    pub fn blocking_acquire_many(&self, n: u32) -> Result<SemaphorePermit<'_>, AcquireError> {
        let at = Location::caller();
        self.take_blocking(n, at)?;
        Ok(SemaphorePermit { semaphore: self, permits: n as usize, at })
    }

    /// As tokio's `blocking_acquire_owned`.
    #[track_caller]
    pub fn blocking_acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, AcquireError> {
        self.blocking_acquire_many_owned(1)
    }

    /// As tokio's `blocking_acquire_many_owned`.
    #[track_caller]
    pub fn blocking_acquire_many_owned(
        self: Arc<Self>,
        n: u32,
    ) -> Result<OwnedSemaphorePermit, AcquireError> {
        let at = Location::caller();
        self.take_blocking(n, at)?;
        Ok(OwnedSemaphorePermit { semaphore: self, permits: n as usize, at })
    }

    /// As tokio's `close`.
    #[track_caller]
    pub fn close(&self) {
        if self.permits.part.is_real() {
            return self.real.close();
        }
        self.permits.close(Location::caller());
    }

    /// As tokio's `is_closed`.
    #[track_caller]
    pub fn is_closed(&self) -> bool {
        if self.permits.part.is_real() {
            return self.real.is_closed();
        }
        self.permits.is_closed(Location::caller())
    }

    async fn take(&self, n: u32, at: At) -> Result<(), AcquireError> {
        if self.permits.part.is_real_at(at) {
            self.real.acquire_many(n).await?.forget();
            return Ok(());
        }
        self.permits.acquire(n, at).await.map_err(closed)
    }

    fn take_blocking(&self, n: u32, at: At) -> Result<(), AcquireError> {
        if self.permits.part.is_real_at(at) {
            self.real.blocking_acquire_many(n)?.forget();
            return Ok(());
        }
        self.permits.acquire_blocking(n, at).map_err(closed)
    }

    fn try_take(&self, n: u32, at: At) -> Result<(), TryAcquireError> {
        if self.permits.part.is_real_at(at) {
            self.real.try_acquire_many(n)?.forget();
            return Ok(());
        }
        match self.permits.try_acquire(n, at) {
            Tried::Got => Ok(()),
            Tried::TooFew => Err(TryAcquireError::NoPermits),
            Tried::Closed => Err(TryAcquireError::Closed),
        }
    }

    fn give_back(&self, n: usize, at: At) {
        if self.permits.part.is_real_at(at) {
            self.real.add_permits(n);
        } else if n > 0 {
            self.permits.release(n, at);
        }
    }
}

impl ConstNew for Semaphore {
    fn made(&self) -> Option<At> {
        self.permits.part.made()
    }

    fn renew(&mut self, made: At) {
        self.permits = Permits::new(made, "Semaphore", self.real.available_permits());
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.permits.part.is_real() {
            return self.real.fmt(f);
        }
        f.debug_struct("Semaphore").field("permits", &self.available_permits()).finish_non_exhaustive()
    }
}

/// What tokio's `semaphore` returns.
macro_rules! semaphore_of {
    (&$lifetime:lifetime Semaphore) => { &Semaphore };
    (Arc<Semaphore>) => { &Arc<Semaphore> };
}

macro_rules! permit {
    ($permit:ident $(<$lifetime:lifetime>)?, $($semaphore:tt)+) => {
        impl $(<$lifetime>)? $permit $(<$lifetime>)? {
            /// As tokio's `forget`.
            pub fn forget(mut self) {
                self.permits = 0;
            }

            /// As tokio's `merge`.
            ///
            /// # Panics
            ///
            /// If the two are of different semaphores.
            #[track_caller]
            pub fn merge(&mut self, mut other: Self) {
                assert!(
                    std::ptr::eq::<Semaphore>(&*self.semaphore, &*other.semaphore),
                    "merging permits from different semaphore instances"
                );
                self.permits += std::mem::take(&mut other.permits);
            }

            /// As tokio's `split`.
            pub fn split(&mut self, n: usize) -> Option<Self> {
                self.permits = self.permits.checked_sub(n)?;
                let semaphore = self.semaphore.clone();
                Some(Self { semaphore, permits: n, at: self.at })
            }

            /// As tokio's `semaphore`.
            pub fn semaphore(&self) -> semaphore_of!($($semaphore)+) {
                &self.semaphore
            }

            /// As tokio's `num_permits`.
            pub fn num_permits(&self) -> usize {
                self.permits
            }
        }

        impl $(<$lifetime>)? Drop for $permit $(<$lifetime>)? {
            fn drop(&mut self) {
                self.semaphore.give_back(self.permits, self.at);
            }
        }

        impl $(<$lifetime>)? fmt::Debug for $permit $(<$lifetime>)? {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut f = f.debug_struct(stringify!($permit));
                f.field("sem", &self.semaphore).field("permits", &self.permits).finish()
            }
        }
    };
}

permit!(SemaphorePermit<'a>, &'a Semaphore);
permit!(OwnedSemaphorePermit, Arc<Semaphore>);
