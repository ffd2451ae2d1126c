//! `tokio::sync::Mutex`: tokio's own lock, beside its part in the world that made it, around the data.

use super::permits::{Permits, Tried};
use crate::facade::from_value::from_value;
use crate::world::operation::At;
use ::tokio::sync as real;
use ::tokio::sync::TryLockError;
use std::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::ptr::NonNull;
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

/// Tokio's guard, and in a model the line that holds the lock.
struct Hold<'a> {
    guard: real::MutexGuard<'a, ()>,
    modelled: Option<At>,
}

impl Hold<'_> {
    fn give_back(self, permits: &Permits) {
        match self.modelled {
            None => drop(self.guard),
            Some(at) => permits.release_and(1, at, || drop(self.guard)),
        }
    }
}

/// As tokio's own [`MutexGuard`](::tokio::sync::MutexGuard).
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct MutexGuard<'a, T: ?Sized> {
    lock: &'a Mutex<T>,
    /// Taken out once, in `drop`.
    hold: ManuallyDrop<Hold<'a>>,
}

/// As tokio's own [`OwnedMutexGuard`](::tokio::sync::OwnedMutexGuard).
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct OwnedMutexGuard<T: ?Sized> {
    /// Of the lock behind the `Arc`; taken out once, in `drop`, before that goes.
    hold: ManuallyDrop<Hold<'static>>,
    lock: Arc<Mutex<T>>,
}

/// As tokio's own [`MappedMutexGuard`](::tokio::sync::MappedMutexGuard).
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct MappedMutexGuard<'a, T: ?Sized> {
    data: NonNull<T>,
    permits: &'a Permits,
    /// Taken out once, in `drop`.
    hold: ManuallyDrop<Hold<'a>>,
    borrows: PhantomData<&'a mut T>,
}

// SAFETY: as the `&mut T` that it is; the lock's own parts may be anywhere.
unsafe impl<T: ?Sized + Send> Send for MappedMutexGuard<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Sync> Sync for MappedMutexGuard<'_, T> {}
// SAFETY: it gives out `&T`, and `&mut T` to its owner.
unsafe impl<T: ?Sized + Send + Sync> Sync for MutexGuard<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync> Sync for OwnedMutexGuard<T> {}

impl<T> Mutex<T> {
    /// As tokio's `new`.
    #[track_caller]
    pub fn new(value: T) -> Self {
        let permits = Permits::new(Location::caller(), "Mutex", 1);
        Self { permits, lock: real::Mutex::const_new(()), data: UnsafeCell::new(value) }
    }

    /// As tokio's `const_new`: always one of the real world.
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

impl<T: ?Sized> Mutex<T> {
    /// As tokio's `lock`: fair, and whoever drops the future loses its place.
    #[track_caller]
    pub fn lock(&self) -> impl Future<Output = MutexGuard<'_, T>> {
        let at = Location::caller();
        async move { MutexGuard { hold: ManuallyDrop::new(self.hold(at).await), lock: self } }
    }

    /// As tokio's `lock_owned`.
    #[track_caller]
    pub fn lock_owned(self: Arc<Self>) -> impl Future<Output = OwnedMutexGuard<T>> {
        let at = Location::caller();
        async move {
            let hold = self.hold(at).await.for_ever();
            OwnedMutexGuard { hold: ManuallyDrop::new(hold), lock: self }
        }
    }

    /// As tokio's `try_lock`.
    #[track_caller]
    pub fn try_lock(&self) -> Result<MutexGuard<'_, T>, TryLockError> {
        let hold = self.try_hold(Location::caller())?;
        Ok(MutexGuard { hold: ManuallyDrop::new(hold), lock: self })
    }

    /// As tokio's `try_lock_owned`.
    #[track_caller]
    pub fn try_lock_owned(self: Arc<Self>) -> Result<OwnedMutexGuard<T>, TryLockError> {
        let hold = self.try_hold(Location::caller())?.for_ever();
        Ok(OwnedMutexGuard { hold: ManuallyDrop::new(hold), lock: self })
    }

    /// As tokio's `blocking_lock`.
    #[track_caller]
    pub fn blocking_lock(&self) -> MutexGuard<'_, T> {
        let hold = self.hold_blocking(Location::caller());
        MutexGuard { hold: ManuallyDrop::new(hold), lock: self }
    }

    /// As tokio's `blocking_lock_owned`.
    #[track_caller]
    pub fn blocking_lock_owned(self: Arc<Self>) -> OwnedMutexGuard<T> {
        let hold = self.hold_blocking(Location::caller()).for_ever();
        OwnedMutexGuard { hold: ManuallyDrop::new(hold), lock: self }
    }

    /// As tokio's `get_mut`.
    pub fn get_mut(&mut self) -> &mut T {
        self.data.get_mut()
    }

    async fn hold(&self, at: At) -> Hold<'_> {
        if self.permits.part.is_real_at(at) {
            return Hold { guard: self.lock.lock().await, modelled: None };
        }
        let _ = self.permits.acquire(1, at).await;
        self.modelled(at)
    }

    fn hold_blocking(&self, at: At) -> Hold<'_> {
        if self.permits.part.is_real_at(at) {
            return Hold { guard: self.lock.blocking_lock(), modelled: None };
        }
        let _ = self.permits.acquire_blocking(1, at);
        self.modelled(at)
    }

    fn try_hold(&self, at: At) -> Result<Hold<'_>, TryLockError> {
        if self.permits.part.is_real_at(at) {
            return Ok(Hold { guard: self.lock.try_lock()?, modelled: None });
        }
        match self.permits.try_acquire(1, at) {
            Tried::Got => Ok(Hold { guard: self.lock.try_lock()?, modelled: Some(at) }),
            Tried::TooFew | Tried::Closed => Err(held()),
        }
    }

    /// The lock of the model is held, and so tokio's is free.
    fn modelled(&self, at: At) -> Hold<'_> {
        Hold { guard: free(self.lock.try_lock()), modelled: Some(at) }
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

impl Hold<'_> {
    /// Of a lock behind an `Arc` that outlives it.
    fn for_ever(self) -> Hold<'static> {
        // SAFETY: only its lifetime is changed. An `OwnedMutexGuard` drops it before its `Arc`, which does not
        // move what is in it.
        unsafe { std::mem::transmute::<Hold<'_>, Hold<'static>>(self) }
    }
}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// As tokio's `map`.
    pub fn map<U: ?Sized>(this: Self, f: impl FnOnce(&mut T) -> &mut U) -> MappedMutexGuard<'a, U> {
        let mut this = this;
        let data = NonNull::from(f(&mut this));
        let mut this = ManuallyDrop::new(this);
        // SAFETY: taken once, here, since the guard itself is never dropped.
        let hold = unsafe { ManuallyDrop::take(&mut this.hold) };
        MappedMutexGuard {
            data,
            permits: &this.lock.permits,
            hold: ManuallyDrop::new(hold),
            borrows: PhantomData,
        }
    }

    /// As tokio's `mutex`.
    pub fn mutex(this: &Self) -> &'a Mutex<T> {
        this.lock
    }
}

impl<T: ?Sized> OwnedMutexGuard<T> {
    /// As tokio's `mutex`.
    pub fn mutex(this: &Self) -> &Arc<Mutex<T>> {
        &this.lock
    }
}

macro_rules! guard {
    ($guard:ident $(<$lifetime:lifetime>)?, |$this:ident| $permits:expr, $data:expr) => {
        impl<T: ?Sized> Drop for $guard<$($lifetime,)? T> {
            fn drop(&mut self) {
                // SAFETY: taken once, here, and not used again.
                let hold = unsafe { ManuallyDrop::take(&mut self.hold) };
                let $this = self;
                hold.give_back($permits);
            }
        }

        impl<T: ?Sized> Deref for $guard<$($lifetime,)? T> {
            type Target = T;

            fn deref(&self) -> &T {
                let $this = self;
                // SAFETY: the guard holds tokio's lock.
                unsafe { &*$data.cast_const() }
            }
        }

        impl<T: ?Sized> DerefMut for $guard<$($lifetime,)? T> {
            fn deref_mut(&mut self) -> &mut T {
                let $this = self;
                // SAFETY: the guard holds tokio's lock, and is borrowed as the result is.
                unsafe { &mut *$data }
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

guard!(MutexGuard<'_>, |this| &this.lock.permits, this.lock.data.get());
guard!(OwnedMutexGuard, |this| &this.lock.permits, this.lock.data.get());
guard!(MappedMutexGuard<'_>, |this| this.permits, this.data.as_ptr());

#[expect(clippy::missing_fields_in_debug, reason = "as tokio's")]
impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
