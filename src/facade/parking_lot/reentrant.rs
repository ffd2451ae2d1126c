//! `ReentrantMutex`: `lock_api`'s, over a raw lock of ours, by the threads of the current world.

use super::lock_api::{self, GetThreadId};
use super::raw::{RawMutex, asked_at};
use crate::facade::from_value::from_value;
use crate::world;
use ::parking_lot as real;
use std::fmt;
use std::num::NonZeroUsize;
use std::panic::Location;
use std::time::{Duration, Instant};

/// As `parking_lot`'s own [`RawThreadId`](::parking_lot::RawThreadId).
#[derive(Debug)]
pub struct RawThreadId;

// SAFETY: threads of one world that are there at the same time have different ones, and a lock is used in the world
// that made it.
unsafe impl GetThreadId for RawThreadId {
    #[allow(clippy::declare_interior_mutable_const)]
    const INIT: Self = Self;

    fn nonzero_thread_id(&self) -> NonZeroUsize {
        if world::is_real() {
            return real::RawThreadId::INIT.nonzero_thread_id();
        }
        NonZeroUsize::MIN.saturating_add(world::itself().index())
    }
}

/// As `parking_lot`'s own [`ReentrantMutex`](::parking_lot::ReentrantMutex).
///
/// ```
/// use raceproof::parking_lot::ReentrantMutex;
///
/// let lock = ReentrantMutex::new(1);
/// assert_eq!(*lock.lock() + *lock.lock(), 2);
/// ```
pub struct ReentrantMutex<T: ?Sized>(lock_api::ReentrantMutex<RawMutex, RawThreadId, T>);

/// As `parking_lot`'s own [`ReentrantMutexGuard`](::parking_lot::ReentrantMutexGuard).
pub type ReentrantMutexGuard<'a, T> = lock_api::ReentrantMutexGuard<'a, RawMutex, RawThreadId, T>;

/// As `parking_lot`'s own [`MappedReentrantMutexGuard`](::parking_lot::MappedReentrantMutexGuard).
pub type MappedReentrantMutexGuard<'a, T> = lock_api::MappedReentrantMutexGuard<'a, RawMutex, RawThreadId, T>;

/// As `parking_lot`'s own `const_reentrant_mutex`: always one of the real world.
#[track_caller]
pub const fn const_reentrant_mutex<T>(val: T) -> ReentrantMutex<T> {
    let raw = RawMutex::of_real_world(Location::caller());
    ReentrantMutex(lock_api::ReentrantMutex::from_raw(raw, RawThreadId, val))
}

impl<T> ReentrantMutex<T> {
    /// As `parking_lot`'s `new`, and no `const fn`.
    #[inline]
    #[track_caller]
    pub fn new(val: T) -> Self {
        Self(lock_api::ReentrantMutex::from_raw(RawMutex::new(), RawThreadId, val))
    }

    /// As `parking_lot`'s `into_inner`.
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

impl<T: ?Sized> ReentrantMutex<T> {
    /// As `parking_lot`'s `lock`.
    #[inline]
    #[track_caller]
    pub fn lock(&self) -> ReentrantMutexGuard<'_, T> {
        if world::is_real() {
            return self.0.lock();
        }
        asked_at(Location::caller(), || self.0.lock())
    }

    /// As `parking_lot`'s `try_lock`.
    #[inline]
    #[track_caller]
    pub fn try_lock(&self) -> Option<ReentrantMutexGuard<'_, T>> {
        if world::is_real() {
            return self.0.try_lock();
        }
        asked_at(Location::caller(), || self.0.try_lock())
    }

    /// As `parking_lot`'s `try_lock_for`; in a model as [`Mutex::try_lock_for`](super::Mutex::try_lock_for).
    #[track_caller]
    pub fn try_lock_for(&self, timeout: Duration) -> Option<ReentrantMutexGuard<'_, T>> {
        asked_at(Location::caller(), || self.0.try_lock_for(timeout))
    }

    /// As `parking_lot`'s `try_lock_until`, by std's clock or the facade's.
    #[track_caller]
    pub fn try_lock_until(&self, timeout: impl Into<Instant>) -> Option<ReentrantMutexGuard<'_, T>> {
        asked_at(Location::caller(), || self.0.try_lock_until(timeout.into()))
    }

    /// As `parking_lot`'s `get_mut`.
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }

    /// As `parking_lot`'s `is_locked`.
    #[track_caller]
    pub fn is_locked(&self) -> bool {
        asked_at(Location::caller(), || self.0.is_locked())
    }

    /// As `parking_lot`'s `is_owned_by_current_thread`.
    pub fn is_owned_by_current_thread(&self) -> bool {
        self.0.is_owned_by_current_thread()
    }
}

impl<T: ?Sized> fmt::Debug for ReentrantMutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReentrantMutex").finish_non_exhaustive()
    }
}

from_value!(ReentrantMutex);
