//! `RwLock`: `lock_api`'s, over a raw lock of ours.

use super::lock_api;
use super::raw_rwlock::RawRwLock;
use crate::facade::from_value::from_value;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::time::{Duration, Instant};

/// As `parking_lot`'s own [`RwLock`](::parking_lot::RwLock). In a model, a reader that meets a waiting writer waits
/// behind it; one that comes before that writer has queued goes first.
///
/// ```
/// use raceproof::parking_lot::{RwLock, RwLockUpgradableReadGuard};
///
/// let names = RwLock::new(vec!["i"]);
/// let read = names.upgradable_read();
/// if !read.contains(&"j") {
///     RwLockUpgradableReadGuard::upgrade(read).push("j");
/// }
/// assert_eq!(names.read().len(), 2);
/// ```
pub struct RwLock<T: ?Sized>(lock_api::RwLock<RawRwLock, T>);

/// As `parking_lot`'s own [`RwLockReadGuard`](::parking_lot::RwLockReadGuard).
pub type RwLockReadGuard<'a, T> = lock_api::RwLockReadGuard<'a, RawRwLock, T>;

/// As `parking_lot`'s own [`RwLockWriteGuard`](::parking_lot::RwLockWriteGuard).
pub type RwLockWriteGuard<'a, T> = lock_api::RwLockWriteGuard<'a, RawRwLock, T>;

/// As `parking_lot`'s own [`RwLockUpgradableReadGuard`](::parking_lot::RwLockUpgradableReadGuard).
pub type RwLockUpgradableReadGuard<'a, T> = lock_api::RwLockUpgradableReadGuard<'a, RawRwLock, T>;

/// As `parking_lot`'s own [`MappedRwLockReadGuard`](::parking_lot::MappedRwLockReadGuard).
pub type MappedRwLockReadGuard<'a, T> = lock_api::MappedRwLockReadGuard<'a, RawRwLock, T>;

/// As `parking_lot`'s own [`MappedRwLockWriteGuard`](::parking_lot::MappedRwLockWriteGuard).
pub type MappedRwLockWriteGuard<'a, T> = lock_api::MappedRwLockWriteGuard<'a, RawRwLock, T>;

/// As `parking_lot`'s own `const_rwlock`: always one of the real world.
#[track_caller]
pub const fn const_rwlock<T>(val: T) -> RwLock<T> {
    RwLock(lock_api::RwLock::from_raw(RawRwLock::of_real_world(Location::caller()), val))
}

impl<T> RwLock<T> {
    /// As `parking_lot`'s `new`, and no `const fn`.
    #[inline]
    #[track_caller]
    pub fn new(val: T) -> Self {
        Self(lock_api::RwLock::from_raw(RawRwLock::new(), val))
    }

    /// As `parking_lot`'s `into_inner`.
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

macro_rules! takes {
    ($($method:ident -> $guard:ident),* $(,)?) => {$(
        #[doc = concat!("As `parking_lot`'s `", stringify!($method), "`.")]
        #[inline]
        #[track_caller]
        pub fn $method(&self) -> $guard<'_, T> {
            self.0.$method()
        }
    )*};
}

macro_rules! tries {
    ($($try:ident, $for:ident, $until:ident -> $guard:ident),* $(,)?) => {$(
        #[doc = concat!("As `parking_lot`'s `", stringify!($try), "`.")]
        #[inline]
        #[track_caller]
        pub fn $try(&self) -> Option<$guard<'_, T>> {
            self.0.$try()
        }

        #[doc = concat!("As `parking_lot`'s `", stringify!($for), "`. In a model time is up once a thread and line,")]
        /// whatever the time is, and from then on when nothing else can go on.
        #[inline]
        #[track_caller]
        pub fn $for(&self, timeout: Duration) -> Option<$guard<'_, T>> {
            self.0.$for(timeout)
        }

        #[doc = concat!("As `parking_lot`'s `", stringify!($until), "`, by std's clock or the facade's.")]
        #[inline]
        #[track_caller]
        pub fn $until(&self, timeout: impl Into<Instant>) -> Option<$guard<'_, T>> {
            self.0.$until(timeout.into())
        }
    )*};
}

impl<T: ?Sized> RwLock<T> {
    takes! {
        read -> RwLockReadGuard,
        read_recursive -> RwLockReadGuard,
        write -> RwLockWriteGuard,
        upgradable_read -> RwLockUpgradableReadGuard,
    }

    tries! {
        try_read, try_read_for, try_read_until -> RwLockReadGuard,
        try_read_recursive, try_read_recursive_for, try_read_recursive_until -> RwLockReadGuard,
        try_write, try_write_for, try_write_until -> RwLockWriteGuard,
        try_upgradable_read, try_upgradable_read_for, try_upgradable_read_until -> RwLockUpgradableReadGuard,
    }

    /// As `parking_lot`'s `get_mut`.
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }

    /// As `parking_lot`'s `is_locked`.
    #[inline]
    #[track_caller]
    pub fn is_locked(&self) -> bool {
        self.0.is_locked()
    }

    /// As `parking_lot`'s `is_locked_exclusive`.
    #[inline]
    #[track_caller]
    pub fn is_locked_exclusive(&self) -> bool {
        self.0.is_locked_exclusive()
    }
}

/// What is there beside: `lock_api`'s own lock.
impl<T: ?Sized> Deref for RwLock<T> {
    type Target = lock_api::RwLock<RawRwLock, T>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T: ?Sized> DerefMut for RwLock<T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // SAFETY: nothing is given back through it but by a guard.
        let raw = unsafe { self.0.raw() };
        raw.printed();
        let own = raw.own().try_read();
        let mut f = f.debug_struct("RwLock");
        match own {
            // SAFETY: parking_lot's own lock is held as long as the data is looked at.
            Some(_held) => f.field("data", &unsafe { &*self.0.data_ptr() }).finish(),
            None => f.field("data", &format_args!("<locked>")).finish(),
        }
    }
}

from_value!(RwLock);
