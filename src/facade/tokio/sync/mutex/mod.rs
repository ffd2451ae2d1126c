//! `tokio::sync::Mutex`: tokio's own lock, beside its part in the world that made it, around the data.

mod guards;

pub use guards::{MappedMutexGuard, MutexGuard, OwnedMappedMutexGuard, OwnedMutexGuard};

use super::hold::Hold;
use super::permits::{Permits, Tried};
use crate::facade::from_value::from_value;
use crate::facade::statics::made::ConstNew;
use crate::world::operation::At;
use ::tokio::sync as real;
use ::tokio::sync::TryLockError;
use guards::{Held, for_ever};
use std::cell::UnsafeCell;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

/// As tokio's own [`Mutex`](::tokio::sync::Mutex): in a model too, it is held in the order of the first polls of
/// `lock`.
///
/// ```
/// # futures_util::FutureExt::now_or_never(async {
/// use raceproof::tokio::sync::Mutex;
///
/// let count = Mutex::new(0);
/// *count.lock().await += 1;
/// assert_eq!(count.into_inner(), 1);
/// # }).unwrap();
/// ```
pub struct Mutex<T: ?Sized> {
    permits: Permits,
    lock: real::Mutex<()>,
    data: UnsafeCell<T>,
}

// SAFETY: the data is reached through a guard alone, which holds tokio's lock, so that a shared mutex hands it
// from thread to thread.
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}

impl<T> Mutex<T> {
    /// As tokio's `new`.
    #[track_caller]
    pub fn new(value: T) -> Self {
        let permits = Permits::new(Location::caller(), "Mutex", 1);
        Self { permits, lock: real::Mutex::const_new(()), data: UnsafeCell::new(value) }
    }

    /// As tokio's `const_new`: of the real world, but in [`statics!`](crate::statics).
    #[track_caller]
    pub const fn const_new(value: T) -> Self {
        let permits = Permits::real(Location::caller());
        Self { permits, lock: real::Mutex::const_new(()), data: UnsafeCell::new(value) }
    }

    /// As tokio's `into_inner`.
    pub fn into_inner(self) -> T {
        self.data.into_inner()
    }
}

impl<T> ConstNew for Mutex<T> {
    fn made(&self) -> Option<At> {
        self.permits.part.made()
    }

    fn renew(&mut self, made: At) {
        self.permits = Permits::new(made, "Mutex", 1);
    }
}

/// Awaits the lock, in the future that this stands in: one within another would be polled through both.
macro_rules! held {
    ($lock:expr, $at:ident) => {{
        let lock = &*$lock;
        if lock.permits.part.is_real_at($at) {
            Hold::real(lock.lock.lock().await)
        } else {
            let _ = lock.permits.acquire(1, $at).await;
            lock.modelled($at)
        }
    }};
}

impl<T: ?Sized> Mutex<T> {
    /// As tokio's `lock`: fair, and whoever drops the future loses its place.
    #[track_caller]
    pub fn lock(&self) -> impl Future<Output = MutexGuard<'_, T>> {
        let at = Location::caller();
        async move {
            let hold = held!(self, at);
            MutexGuard { hold, lock: self }
        }
    }

    /// As tokio's `lock_owned`.
    #[track_caller]
    pub fn lock_owned(self: Arc<Self>) -> impl Future<Output = OwnedMutexGuard<T>> {
        let at = Location::caller();
        async move {
            let hold = for_ever(held!(self, at));
            OwnedMutexGuard { hold, lock: self }
        }
    }

    /// As tokio's `try_lock`.
    #[track_caller]
    pub fn try_lock(&self) -> Result<MutexGuard<'_, T>, TryLockError> {
        let hold = self.try_hold(Location::caller())?;
        Ok(MutexGuard { hold, lock: self })
    }

    /// As tokio's `try_lock_owned`.
    #[track_caller]
    pub fn try_lock_owned(self: Arc<Self>) -> Result<OwnedMutexGuard<T>, TryLockError> {
        let hold = for_ever(self.try_hold(Location::caller())?);
        Ok(OwnedMutexGuard { hold, lock: self })
    }

    /// As tokio's `blocking_lock`.
    #[track_caller]
    pub fn blocking_lock(&self) -> MutexGuard<'_, T> {
        MutexGuard { hold: self.hold_blocking(Location::caller()), lock: self }
    }

    /// As tokio's `blocking_lock_owned`.
    #[track_caller]
    pub fn blocking_lock_owned(self: Arc<Self>) -> OwnedMutexGuard<T> {
        OwnedMutexGuard { hold: for_ever(self.hold_blocking(Location::caller())), lock: self }
    }

    /// As tokio's `get_mut`.
    pub fn get_mut(&mut self) -> &mut T {
        self.data.get_mut()
    }

    fn hold_blocking(&self, at: At) -> Held<'_> {
        if self.permits.part.is_real_at(at) {
            return Hold::real(self.lock.blocking_lock());
        }
        let _ = self.permits.acquire_blocking(1, at);
        self.modelled(at)
    }

    fn try_hold(&self, at: At) -> Result<Held<'_>, TryLockError> {
        if self.permits.part.is_real_at(at) {
            return Ok(Hold::real(self.lock.try_lock()?));
        }
        match self.permits.try_acquire(1, at) {
            Tried::Got => Ok(Hold::modelled(self.lock.try_lock()?, &self.permits, 1, at)),
            Tried::TooFew | Tried::Closed => Err(held()),
        }
    }

    /// The lock of the model is held, and so tokio's is free.
    fn modelled(&self, at: At) -> Held<'_> {
        Hold::modelled(free(self.lock.try_lock()), &self.permits, 1, at)
    }
}

/// Tokio's lock, which is free as the model's was. A destructor that locks while its execution is given up may
/// find it held by one that never goes on.
pub(super) fn free<G>(tried: Result<G, TryLockError>) -> G {
    tried.unwrap_or_else(|_| {
        eprintln!("raceproof: a destructor locks what another task holds while an execution is given up");
        std::process::abort()
    })
}

/// Tokio makes this error, and nobody else can.
pub(super) fn held() -> TryLockError {
    let lock = real::Mutex::const_new(());
    let _guard = lock.try_lock();
    match lock.try_lock() {
        Err(error) => error,
        Ok(_) => unreachable!("it is held"),
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.permits.printed();
        let mut f = f.debug_struct("Mutex");
        match self.lock.try_lock() {
            // SAFETY: tokio's lock is held.
            Ok(_held) => f.field("data", &unsafe { &*self.data.get() }),
            Err(_) => f.field("data", &format_args!("<locked>")),
        };
        f.finish()
    }
}

from_value!(Mutex);
