//! What holds a mutex, and parts of what is in it.

use super::super::hold::{Hold, guards, maps};
use super::Mutex;
use ::tokio::sync as real;
use std::marker::PhantomData;
use std::sync::Arc;

/// Tokio's guard, and in a model the permit.
pub(super) type Held<'a> = Hold<'a, real::MutexGuard<'a, ()>>;

/// For a guard that has an `Arc` of the lock.
pub(super) fn for_ever(hold: Held<'_>) -> Held<'static> {
    // SAFETY: only its lifetime is changed. The guard drops it before its `Arc`, which does not move what is in it.
    unsafe { std::mem::transmute::<Held<'_>, Held<'static>>(hold) }
}

/// As tokio's own [`MutexGuard`](::tokio::sync::MutexGuard).
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct MutexGuard<'a, T: ?Sized> {
    pub(super) hold: Held<'a>,
    pub(super) lock: &'a Mutex<T>,
}

/// As tokio's own [`OwnedMutexGuard`](::tokio::sync::OwnedMutexGuard).
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct OwnedMutexGuard<T: ?Sized> {
    /// Of the lock behind the `Arc`, before which it is dropped.
    pub(super) hold: Held<'static>,
    pub(super) lock: Arc<Mutex<T>>,
}

/// As tokio's own [`MappedMutexGuard`](::tokio::sync::MappedMutexGuard).
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct MappedMutexGuard<'a, T: ?Sized> {
    hold: Held<'a>,
    data: *mut T,
    borrows: PhantomData<&'a mut T>,
}

/// As tokio's own [`OwnedMappedMutexGuard`](::tokio::sync::OwnedMappedMutexGuard).
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct OwnedMappedMutexGuard<T: ?Sized, U: ?Sized = T> {
    /// As of an [`OwnedMutexGuard`].
    hold: Held<'static>,
    data: *mut U,
    lock: Arc<Mutex<T>>,
}

// SAFETY: it gives out `&T`, and `&mut T` to its owner.
unsafe impl<T: ?Sized + Send + Sync> Sync for MutexGuard<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync> Sync for OwnedMutexGuard<T> {}
// SAFETY: as the `&mut T` that it is.
unsafe impl<T: ?Sized + Send> Send for MappedMutexGuard<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Sync> Sync for MappedMutexGuard<'_, T> {}
// SAFETY: as the `&mut U` that it is, and the last one that drops a `T`.
unsafe impl<T: ?Sized + Send, U: ?Sized + Send> Send for OwnedMappedMutexGuard<T, U> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync, U: ?Sized + Send + Sync> Sync for OwnedMappedMutexGuard<T, U> {}

guards!(mut ['a, T: ?Sized] MutexGuard<'a, T> => T, |this| this.lock.data.get());
guards!(mut [T: ?Sized] OwnedMutexGuard<T> => T, |this| this.lock.data.get());
guards!(mut ['a, T: ?Sized] MappedMutexGuard<'a, T> => T, |this| this.data);
guards!(mut [T: ?Sized, U: ?Sized] OwnedMappedMutexGuard<T, U> => U, |this| this.data);

maps!(['a, T: ?Sized] MutexGuard<'a, T>, (mut) T, <U: ?Sized, F> => MappedMutexGuard<'a, U>, |this, data| {
    MappedMutexGuard { hold: this.hold, data: data.as_ptr(), borrows: PhantomData }
});
maps!(['a, T: ?Sized] MappedMutexGuard<'a, T>, (mut) T, <U: ?Sized, F> => MappedMutexGuard<'a, U>, |this, data| {
    MappedMutexGuard { hold: this.hold, data: data.as_ptr(), borrows: PhantomData }
});
maps!([T: ?Sized] OwnedMutexGuard<T>, (mut) T, <U: ?Sized, F> => OwnedMappedMutexGuard<T, U>, |this, data| {
    OwnedMappedMutexGuard { hold: this.hold, data: data.as_ptr(), lock: this.lock }
});
maps!([T: ?Sized, S: ?Sized] OwnedMappedMutexGuard<T, S>, (mut) S, <U: ?Sized, F> => OwnedMappedMutexGuard<T, U>, |this, data| {
    OwnedMappedMutexGuard { hold: this.hold, data: data.as_ptr(), lock: this.lock }
});

impl<'a, T: ?Sized> MutexGuard<'a, T> {
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
