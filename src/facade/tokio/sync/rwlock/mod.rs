//! `tokio::sync::RwLock`: tokio's own lock, beside its part in the world that made it, around the data.
//!
//! A reader takes one permit and a writer takes all, in the order of their first polls: so a writer that waits
//! holds back the readers behind it.

mod guards;

pub use guards::{
    OwnedRwLockMappedWriteGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLockMappedWriteGuard,
    RwLockReadGuard, RwLockWriteGuard,
};

use super::hold::Hold;
use super::mutex::{free, held};
use super::permits::{Permits, Tried};
use crate::facade::from_value::from_value;
use crate::facade::statics::made::ConstNew;
use crate::world::operation::At;
use ::tokio::sync as real;
use ::tokio::sync::TryLockError;
use guards::{Reads, Writes};
use std::cell::UnsafeCell;
use std::fmt;
use std::panic::Location;
use std::ptr::NonNull;
use std::sync::Arc;

/// As many readers as tokio's has, where nobody says how many.
const READERS_MAX: u32 = u32::MAX >> 3;

/// As tokio's own [`RwLock`](::tokio::sync::RwLock): in a model too, it is held in the order of the first polls.
pub struct RwLock<T: ?Sized> {
    permits: Permits,
    readers_max: u32,
    lock: real::RwLock<()>,
    data: UnsafeCell<T>,
}

// SAFETY: the data is reached through a guard alone, which holds tokio's lock; writers hand it from thread to
// thread, and readers share it.
unsafe impl<T: ?Sized + Send> Send for RwLock<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLock<T> {}

impl<T> RwLock<T> {
    /// As tokio's `new`.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Self::with_max_readers(value, READERS_MAX)
    }

    /// As tokio's `with_max_readers`.
    #[track_caller]
    pub fn with_max_readers(value: T, max_reads: u32) -> Self {
        let lock = real::RwLock::with_max_readers((), max_reads);
        let permits = Permits::new(Location::caller(), "RwLock", max_reads as usize);
        Self { permits, readers_max: max_reads, lock, data: UnsafeCell::new(value) }
    }

    /// As tokio's `const_new`: of the real world, but in [`statics!`](crate::statics).
    #[track_caller]
    pub const fn const_new(value: T) -> Self {
        Self::const_with_max_readers(value, READERS_MAX)
    }

    /// As tokio's `const_with_max_readers`: of the real world, but in [`statics!`](crate::statics).
    #[track_caller]
    pub const fn const_with_max_readers(value: T, max_reads: u32) -> Self {
        let permits = Permits::real(Location::caller());
        let lock = real::RwLock::const_with_max_readers((), max_reads);
        Self { permits, readers_max: max_reads, lock, data: UnsafeCell::new(value) }
    }

    /// As tokio's `into_inner`.
    pub fn into_inner(self) -> T {
        self.data.into_inner()
    }
}

impl<T> ConstNew for RwLock<T> {
    fn made(&self) -> Option<At> {
        self.permits.part.made()
    }

    fn renew(&mut self, made: At) {
        self.permits = Permits::new(made, "RwLock", self.readers_max as usize);
    }
}

impl<T: ?Sized> RwLock<T> {
    /// As tokio's `get_mut`.
    pub fn get_mut(&mut self) -> &mut T {
        self.data.get_mut()
    }

    /// For guards.
    fn data(&self) -> NonNull<T> {
        // SAFETY: what is in a cell has an address.
        unsafe { NonNull::new_unchecked(self.data.get()) }
    }

    fn try_permits(&self, many: u32, at: At) -> Result<(), TryLockError> {
        match self.permits.try_acquire(many, at) {
            Tried::Got => Ok(()),
            Tried::TooFew | Tried::Closed => Err(held()),
        }
    }
}

/// Awaits the lock, in the future that this stands in: one within another would be polled through both.
macro_rules! held {
    ($lock:expr, $at:ident, $many:expr, $hold:ident, $try_hold:ident) => {{
        let lock = &*$lock;
        if lock.permits.part.is_real_at($at) {
            Hold::real(lock.lock.$hold().await)
        } else {
            let many = $many(lock);
            let _ = lock.permits.acquire(many, $at).await;
            Hold::modelled(free(lock.lock.$try_hold()), &lock.permits, many, $at)
        }
    }};
}

macro_rules! locks {
    (
        $guard:ident, $owned:ident, $held:ident, $many:expr,
        $hold_blocking:ident, $try_hold:ident,
        $lock:ident, $lock_owned:ident, $try_lock:ident, $try_lock_owned:ident, $blocking_lock:ident
    ) => {
        impl<T: ?Sized> RwLock<T> {
            #[doc = concat!("As tokio's `", stringify!($lock), "`: fair, and whoever drops the future loses its place.")]
            #[track_caller]
            pub fn $lock(&self) -> impl Future<Output = $guard<'_, T>> {
                let at = Location::caller();
                async move {
                    let hold = held!(self, at, $many, $lock, $try_lock);
                    $guard::new(self, hold)
                }
            }

            #[doc = concat!("As tokio's `", stringify!($lock_owned), "`.")]
            #[track_caller]
            pub fn $lock_owned(self: Arc<Self>) -> impl Future<Output = $owned<T>> {
                let at = Location::caller();
                async move {
                    let hold = $owned::<T>::for_ever(held!(self, at, $many, $lock, $try_lock));
                    $owned::new(self, hold)
                }
            }

            #[doc = concat!("As tokio's `", stringify!($try_lock), "`.")]
            #[track_caller]
            pub fn $try_lock(&self) -> Result<$guard<'_, T>, TryLockError> {
                Ok($guard::new(self, self.$try_hold(Location::caller())?))
            }

            #[doc = concat!("As tokio's `", stringify!($try_lock_owned), "`.")]
            #[track_caller]
            pub fn $try_lock_owned(self: Arc<Self>) -> Result<$owned<T>, TryLockError> {
                let hold = $owned::<T>::for_ever(self.$try_hold(Location::caller())?);
                Ok($owned::new(self, hold))
            }

            #[doc = concat!("As tokio's `", stringify!($blocking_lock), "`.")]
            #[track_caller]
            pub fn $blocking_lock(&self) -> $guard<'_, T> {
                $guard::new(self, self.$hold_blocking(Location::caller()))
            }

            fn $hold_blocking(&self, at: At) -> $held<'_> {
                if self.permits.part.is_real_at(at) {
                    return Hold::real(self.lock.$blocking_lock());
                }
                let many = $many(self);
                let _ = self.permits.acquire_blocking(many, at);
                Hold::modelled(free(self.lock.$try_lock()), &self.permits, many, at)
            }

            fn $try_hold(&self, at: At) -> Result<$held<'_>, TryLockError> {
                if self.permits.part.is_real_at(at) {
                    return Ok(Hold::real(self.lock.$try_lock()?));
                }
                let many = $many(self);
                self.try_permits(many, at)?;
                Ok(Hold::modelled(self.lock.$try_lock()?, &self.permits, many, at))
            }
        }
    };
}

locks!(
    RwLockReadGuard,
    OwnedRwLockReadGuard,
    Reads,
    one,
    hold_read_blocking,
    try_hold_read,
    read,
    read_owned,
    try_read,
    try_read_owned,
    blocking_read
);
locks!(
    RwLockWriteGuard,
    OwnedRwLockWriteGuard,
    Writes,
    all,
    hold_write_blocking,
    try_hold_write,
    write,
    write_owned,
    try_write,
    try_write_owned,
    blocking_write
);

fn one<T: ?Sized>(_: &RwLock<T>) -> u32 {
    1
}

fn all<T: ?Sized>(lock: &RwLock<T>) -> u32 {
    lock.readers_max
}

#[expect(clippy::missing_fields_in_debug, reason = "as tokio's")]
impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.permits.printed();
        let mut f = f.debug_struct("RwLock");
        match self.lock.try_read() {
            // SAFETY: tokio's lock is held.
            Ok(_held) => f.field("data", &unsafe { &*self.data.get() }),
            Err(_) => f.field("data", &format_args!("<locked>")),
        };
        f.finish()
    }
}

from_value!(RwLock);
