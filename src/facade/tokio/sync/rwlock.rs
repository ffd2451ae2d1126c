//! `tokio::sync::RwLock`: tokio's own lock, beside its part in the world that made it, around the data.
//!
//! A reader takes one permit and a writer takes all, in the order of their first polls: so a writer that waits
//! holds back the readers behind it.

use super::mutex::{free, held};
use super::permits::{Permits, Tried};
use crate::facade::from_value::from_value;
use crate::world::operation::At;
use ::tokio::sync as real;
use ::tokio::sync::TryLockError;
use std::cell::UnsafeCell;
use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
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

/// Tokio's guard, and in a model the line that holds the lock.
struct Hold<G> {
    guard: G,
    modelled: Option<At>,
}

impl<G> Hold<G> {
    fn give_back(self, permits: &Permits, many: u32) {
        match self.modelled {
            None => drop(self.guard),
            Some(at) => permits.release_and(many as usize, at, || drop(self.guard)),
        }
    }
}

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

    /// As tokio's `const_new`: always one of the real world.
    #[track_caller]
    pub const fn const_new(value: T) -> Self {
        let permits = Permits::real(Location::caller());
        let lock = real::RwLock::const_new(());
        Self { permits, readers_max: READERS_MAX, lock, data: UnsafeCell::new(value) }
    }

    /// As tokio's `into_inner`.
    pub fn into_inner(self) -> T {
        self.data.into_inner()
    }
}

impl<T: ?Sized> RwLock<T> {
    /// As tokio's `get_mut`.
    pub fn get_mut(&mut self) -> &mut T {
        self.data.get_mut()
    }

    fn try_permits(&self, many: u32, at: At) -> Result<(), TryLockError> {
        match self.permits.try_acquire(many, at) {
            Tried::Got => Ok(()),
            Tried::TooFew | Tried::Closed => Err(held()),
        }
    }
}

macro_rules! locks {
    (
        $guard:ident, $owned:ident, $tokio:ident, $many:expr,
        $hold:ident, $hold_blocking:ident, $try_hold:ident,
        $lock:ident, $lock_owned:ident, $try_lock:ident, $try_lock_owned:ident, $blocking_lock:ident
    ) => {
        /// As tokio's.
        #[must_use = "if unused the RwLock will immediately unlock"]
        pub struct $guard<'a, T: ?Sized> {
            /// Taken out once, in `drop`.
            hold: ManuallyDrop<Hold<real::$tokio<'a, ()>>>,
            lock: &'a RwLock<T>,
        }

        /// As tokio's.
        #[must_use = "if unused the RwLock will immediately unlock"]
        pub struct $owned<T: ?Sized> {
            /// Of the lock behind the `Arc`; taken out once, in `drop`, before that goes.
            hold: ManuallyDrop<Hold<real::$tokio<'static, ()>>>,
            lock: Arc<RwLock<T>>,
        }

        // SAFETY: a guard is a reference to the data, which its lock may be shared for.
        unsafe impl<T: ?Sized + Send + Sync> Sync for $guard<'_, T> {}
        // SAFETY: as above.
        unsafe impl<T: ?Sized + Send + Sync> Sync for $owned<T> {}

        impl<T: ?Sized> RwLock<T> {
            #[doc = concat!("As tokio's `", stringify!($lock), "`: fair, and whoever drops the future loses its place.")]
            #[track_caller]
            pub fn $lock(&self) -> impl Future<Output = $guard<'_, T>> {
                let at = Location::caller();
                async move { $guard { hold: ManuallyDrop::new(self.$hold(at).await), lock: self } }
            }

            #[doc = concat!("As tokio's `", stringify!($lock_owned), "`.")]
            #[track_caller]
            pub fn $lock_owned(self: Arc<Self>) -> impl Future<Output = $owned<T>> {
                let at = Location::caller();
                async move {
                    let hold = $owned::<T>::for_ever(self.$hold(at).await);
                    $owned { hold: ManuallyDrop::new(hold), lock: self }
                }
            }

            #[doc = concat!("As tokio's `", stringify!($try_lock), "`.")]
            #[track_caller]
            pub fn $try_lock(&self) -> Result<$guard<'_, T>, TryLockError> {
                let hold = self.$try_hold(Location::caller())?;
                Ok($guard { hold: ManuallyDrop::new(hold), lock: self })
            }

            #[doc = concat!("As tokio's `", stringify!($try_lock_owned), "`.")]
            #[track_caller]
            pub fn $try_lock_owned(self: Arc<Self>) -> Result<$owned<T>, TryLockError> {
                let hold = $owned::<T>::for_ever(self.$try_hold(Location::caller())?);
                Ok($owned { hold: ManuallyDrop::new(hold), lock: self })
            }

            #[doc = concat!("As tokio's `", stringify!($blocking_lock), "`.")]
            #[track_caller]
            pub fn $blocking_lock(&self) -> $guard<'_, T> {
                let hold = self.$hold_blocking(Location::caller());
                $guard { hold: ManuallyDrop::new(hold), lock: self }
            }

            async fn $hold(&self, at: At) -> Hold<real::$tokio<'_, ()>> {
                if self.permits.part.is_real_at(at) {
                    return Hold { guard: self.lock.$lock().await, modelled: None };
                }
                let _ = self.permits.acquire($many(self), at).await;
                Hold { guard: free(self.lock.$try_lock()), modelled: Some(at) }
            }

            fn $hold_blocking(&self, at: At) -> Hold<real::$tokio<'_, ()>> {
                if self.permits.part.is_real_at(at) {
                    return Hold { guard: self.lock.$blocking_lock(), modelled: None };
                }
                let _ = self.permits.acquire_blocking($many(self), at);
                Hold { guard: free(self.lock.$try_lock()), modelled: Some(at) }
            }

            fn $try_hold(&self, at: At) -> Result<Hold<real::$tokio<'_, ()>>, TryLockError> {
                if self.permits.part.is_real_at(at) {
                    return Ok(Hold { guard: self.lock.$try_lock()?, modelled: None });
                }
                self.try_permits($many(self), at)?;
                Ok(Hold { guard: self.lock.$try_lock()?, modelled: Some(at) })
            }
        }

        impl<T: ?Sized> $owned<T> {
            /// A guard of the lock behind an `Arc`.
            fn for_ever(hold: Hold<real::$tokio<'_, ()>>) -> Hold<real::$tokio<'static, ()>> {
                // SAFETY: only its lifetime is changed. The guard drops it before its `Arc`, which does not move
                // what is in it.
                unsafe { std::mem::transmute(hold) }
            }
        }

        locks!(@guard $guard<'_>, $many);
        locks!(@guard $owned, $many);
    };
    (@guard $guard:ident $(<$lifetime:lifetime>)?, $many:expr) => {
        impl<T: ?Sized> Drop for $guard<$($lifetime,)? T> {
            fn drop(&mut self) {
                // SAFETY: taken once, here, and not used again.
                let hold = unsafe { ManuallyDrop::take(&mut self.hold) };
                hold.give_back(&self.lock.permits, $many(&self.lock));
            }
        }

        impl<T: ?Sized> Deref for $guard<$($lifetime,)? T> {
            type Target = T;

            fn deref(&self) -> &T {
                // SAFETY: the guard holds tokio's lock.
                unsafe { &*self.lock.data.get().cast_const() }
            }
        }

        impl<T: ?Sized + fmt::Debug> fmt::Debug for $guard<$($lifetime,)? T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<T: ?Sized + fmt::Display> fmt::Display for $guard<$($lifetime,)? T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }
    };
}

locks!(
    RwLockReadGuard,
    OwnedRwLockReadGuard,
    RwLockReadGuard,
    one,
    hold_read,
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
    RwLockWriteGuard,
    all,
    hold_write,
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

macro_rules! writes {
    ($guard:ident $(<$lifetime:lifetime>)?, $read:ident) => {
        impl<T: ?Sized> DerefMut for $guard<$($lifetime,)? T> {
            fn deref_mut(&mut self) -> &mut T {
                // SAFETY: the guard holds tokio's lock, and is borrowed as the result is.
                unsafe { &mut *self.lock.data.get() }
            }
        }
    };
}

writes!(RwLockWriteGuard<'_>, RwLockReadGuard);
writes!(OwnedRwLockWriteGuard, OwnedRwLockReadGuard);

/// All permits but one are given back, and tokio's guard becomes one that reads.
fn downgrade<'a>(
    hold: Hold<real::RwLockWriteGuard<'a, ()>>,
    permits: &Permits,
    readers_max: u32,
) -> Hold<real::RwLockReadGuard<'a, ()>> {
    let Hold { guard, modelled } = hold;
    let guard = match modelled {
        None => guard.downgrade(),
        Some(at) => permits.release_and(readers_max as usize - 1, at, || guard.downgrade()),
    };
    Hold { guard, modelled }
}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    /// As tokio's `downgrade`.
    pub fn downgrade(self) -> RwLockReadGuard<'a, T> {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: taken once, here, since the guard itself is never dropped.
        let hold = unsafe { ManuallyDrop::take(&mut this.hold) };
        let lock = this.lock;
        let hold = downgrade(hold, &lock.permits, lock.readers_max);
        RwLockReadGuard { hold: ManuallyDrop::new(hold), lock }
    }
}

impl<T: ?Sized> OwnedRwLockWriteGuard<T> {
    /// As tokio's `downgrade`.
    pub fn downgrade(self) -> OwnedRwLockReadGuard<T> {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: each is taken once, here, since the guard itself is never dropped.
        let (hold, lock) =
            unsafe { (ManuallyDrop::take(&mut this.hold), std::ptr::read(&raw const this.lock)) };
        let hold = downgrade(hold, &lock.permits, lock.readers_max);
        OwnedRwLockReadGuard { hold: ManuallyDrop::new(hold), lock }
    }
}

#[expect(clippy::missing_fields_in_debug, reason = "as tokio's")]
impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
