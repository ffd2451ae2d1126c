//! What holds a lock to read or to write, and parts of what is in it.

use super::super::hold::{Hold, guards, maps};
use super::RwLock;
use ::tokio::sync as real;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::Arc;

/// Tokio's guard, and in a model one permit.
pub(super) type Reads<'a> = Hold<'a, real::RwLockReadGuard<'a, ()>>;
/// Tokio's guard, and in a model all permits.
pub(super) type Writes<'a> = Hold<'a, real::RwLockWriteGuard<'a, ()>>;

/// As tokio's own [`RwLockReadGuard`](::tokio::sync::RwLockReadGuard).
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockReadGuard<'a, T: ?Sized> {
    hold: Reads<'a>,
    data: NonNull<T>,
    borrows: PhantomData<&'a T>,
}

/// As tokio's own [`RwLockWriteGuard`](::tokio::sync::RwLockWriteGuard).
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    hold: Writes<'a>,
    lock: &'a RwLock<T>,
}

/// As tokio's own [`RwLockMappedWriteGuard`](::tokio::sync::RwLockMappedWriteGuard).
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockMappedWriteGuard<'a, T: ?Sized> {
    hold: Writes<'a>,
    data: *mut T,
    borrows: PhantomData<&'a mut T>,
}

/// As tokio's own [`OwnedRwLockReadGuard`](::tokio::sync::OwnedRwLockReadGuard).
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct OwnedRwLockReadGuard<T: ?Sized, U: ?Sized = T> {
    /// Of the lock behind the `Arc`, before which it is dropped.
    hold: Reads<'static>,
    data: NonNull<U>,
    lock: Arc<RwLock<T>>,
}

/// As tokio's own [`OwnedRwLockWriteGuard`](::tokio::sync::OwnedRwLockWriteGuard).
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct OwnedRwLockWriteGuard<T: ?Sized> {
    /// As of an [`OwnedRwLockReadGuard`].
    hold: Writes<'static>,
    lock: Arc<RwLock<T>>,
}

/// As tokio's own [`OwnedRwLockMappedWriteGuard`](::tokio::sync::OwnedRwLockMappedWriteGuard).
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct OwnedRwLockMappedWriteGuard<T: ?Sized, U: ?Sized = T> {
    /// As of an [`OwnedRwLockReadGuard`].
    hold: Writes<'static>,
    data: *mut U,
    lock: Arc<RwLock<T>>,
}

// SAFETY: a guard that reads is a `&T`.
unsafe impl<T: ?Sized + Sync> Send for RwLockReadGuard<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLockReadGuard<'_, T> {}
// SAFETY: one that writes gives out `&T`, and `&mut T` to its owner; it may become one that reads.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLockWriteGuard<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync> Send for RwLockMappedWriteGuard<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLockMappedWriteGuard<'_, T> {}
// SAFETY: as the `&U` that it is, and maybe the last one that drops a `T`.
unsafe impl<T: ?Sized + Send + Sync, U: ?Sized + Sync> Send for OwnedRwLockReadGuard<T, U> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync, U: ?Sized + Send + Sync> Sync for OwnedRwLockReadGuard<T, U> {}
// SAFETY: as those that borrow the lock, and maybe the last one that drops a `T`.
unsafe impl<T: ?Sized + Send + Sync> Sync for OwnedRwLockWriteGuard<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync, U: ?Sized + Send + Sync> Send for OwnedRwLockMappedWriteGuard<T, U> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync, U: ?Sized + Send + Sync> Sync for OwnedRwLockMappedWriteGuard<T, U> {}

guards!(['a, T: ?Sized] RwLockReadGuard<'a, T> => T, |this| this.data.as_ptr());
guards!(mut ['a, T: ?Sized] RwLockWriteGuard<'a, T> => T, |this| this.lock.data.get());
guards!(mut ['a, T: ?Sized] RwLockMappedWriteGuard<'a, T> => T, |this| this.data);
guards!([T: ?Sized, U: ?Sized] OwnedRwLockReadGuard<T, U> => U, |this| this.data.as_ptr());
guards!(mut [T: ?Sized] OwnedRwLockWriteGuard<T> => T, |this| this.lock.data.get());
guards!(mut [T: ?Sized, U: ?Sized] OwnedRwLockMappedWriteGuard<T, U> => U, |this| this.data);

maps!(['a, T: ?Sized] RwLockReadGuard<'a, T>, () T, <F, U: ?Sized> => RwLockReadGuard<'a, U>, |this, data| {
    RwLockReadGuard { hold: this.hold, data, borrows: PhantomData }
});
maps!(
    ['a, T: ?Sized] RwLockWriteGuard<'a, T>, (mut) T, <F, U: ?Sized> => RwLockMappedWriteGuard<'a, U>,
    |this, data| RwLockMappedWriteGuard { hold: this.hold, data: data.as_ptr(), borrows: PhantomData }
);
maps!(
    ['a, T: ?Sized] RwLockMappedWriteGuard<'a, T>, (mut) T, <F, U: ?Sized> => RwLockMappedWriteGuard<'a, U>,
    |this, data| RwLockMappedWriteGuard { hold: this.hold, data: data.as_ptr(), borrows: PhantomData }
);
maps!(
    [T: ?Sized, S: ?Sized] OwnedRwLockReadGuard<T, S>, () S, <F, U: ?Sized> => OwnedRwLockReadGuard<T, U>,
    |this, data| OwnedRwLockReadGuard { hold: this.hold, data, lock: this.lock }
);
maps!(
    [T: ?Sized] OwnedRwLockWriteGuard<T>, (mut) T, <F, U: ?Sized> => OwnedRwLockMappedWriteGuard<T, U>,
    |this, data| OwnedRwLockMappedWriteGuard { hold: this.hold, data: data.as_ptr(), lock: this.lock }
);
maps!(
    [T: ?Sized, S: ?Sized] OwnedRwLockMappedWriteGuard<T, S>, (mut) S,
    <F, U: ?Sized> => OwnedRwLockMappedWriteGuard<T, U>,
    |this, data| OwnedRwLockMappedWriteGuard { hold: this.hold, data: data.as_ptr(), lock: this.lock }
);

impl<'a, T: ?Sized> RwLockReadGuard<'a, T> {
    pub(super) fn new(lock: &'a RwLock<T>, hold: Reads<'a>) -> Self {
        Self { hold, data: lock.data(), borrows: PhantomData }
    }
}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    pub(super) fn new(lock: &'a RwLock<T>, hold: Writes<'a>) -> Self {
        Self { hold, lock }
    }
}

impl<T: ?Sized> OwnedRwLockReadGuard<T> {
    pub(super) fn new(lock: Arc<RwLock<T>>, hold: Reads<'static>) -> Self {
        Self { hold, data: lock.data(), lock }
    }

    /// For a guard that has an `Arc` of the lock.
    pub(super) fn for_ever(hold: Reads<'_>) -> Reads<'static> {
        // SAFETY: only its lifetime is changed. The guard drops it before its `Arc`, which does not move what is in
        // it.
        unsafe { std::mem::transmute::<Reads<'_>, Reads<'static>>(hold) }
    }
}

impl<T: ?Sized> OwnedRwLockWriteGuard<T> {
    pub(super) fn new(lock: Arc<RwLock<T>>, hold: Writes<'static>) -> Self {
        Self { hold, lock }
    }

    /// As of an [`OwnedRwLockReadGuard`].
    pub(super) fn for_ever(hold: Writes<'_>) -> Writes<'static> {
        // SAFETY: as there.
        unsafe { std::mem::transmute::<Writes<'_>, Writes<'static>>(hold) }
    }
}

impl<T: ?Sized, U: ?Sized> OwnedRwLockReadGuard<T, U> {
    /// As tokio's `rwlock`.
    pub fn rwlock(this: &Self) -> &Arc<RwLock<T>> {
        &this.lock
    }
}

impl<T: ?Sized, U: ?Sized> OwnedRwLockMappedWriteGuard<T, U> {
    /// As tokio's `rwlock`.
    pub fn rwlock(this: &Self) -> &Arc<RwLock<T>> {
        &this.lock
    }
}

impl<T: ?Sized> OwnedRwLockWriteGuard<T> {
    /// As tokio's `rwlock`.
    pub fn rwlock(this: &Self) -> &Arc<RwLock<T>> {
        &this.lock
    }
}

/// One that writes becomes one that reads: all permits but one are given back.
fn downgrade(hold: Writes<'_>) -> Reads<'_> {
    hold.exchange(1, real::RwLockWriteGuard::downgrade)
}

/// How one that writes becomes one that reads, or a part of it does.
macro_rules! downgrades {
    (
        [$($generics:tt)*] $guard:ty => $reads:ty, $part:ty, $mapped:ty,
        |$this:ident, $data:ident| $read:expr
    ) => {
        impl<$($generics)*> $guard {
            /// As tokio's `downgrade`.
            pub fn downgrade(self) -> $reads {
                Self::downgrade_map(self, |value| value)
            }

            /// As tokio's `downgrade_map`.
            pub fn downgrade_map<F, U: ?Sized>($this: Self, f: F) -> $part
            where
                F: FnOnce(&T) -> &U,
            {
                let $data = NonNull::from(f(&$this));
                $read
            }

            /// As tokio's `try_downgrade_map`.
            pub fn try_downgrade_map<F, U: ?Sized>($this: Self, f: F) -> Result<$part, Self>
            where
                F: FnOnce(&T) -> Option<&U>,
            {
                let Some($data) = f(&$this).map(NonNull::from) else { return Err($this) };
                Ok($read)
            }

            /// As tokio's `into_mapped`.
            pub fn into_mapped(this: Self) -> $mapped {
                Self::map(this, |value| value)
            }
        }
    };
}

downgrades!(
    ['a, T: ?Sized] RwLockWriteGuard<'a, T>
        => RwLockReadGuard<'a, T>, RwLockReadGuard<'a, U>, RwLockMappedWriteGuard<'a, T>,
    |this, data| RwLockReadGuard { hold: downgrade(this.hold), data, borrows: PhantomData }
);
downgrades!(
    [T: ?Sized] OwnedRwLockWriteGuard<T>
        => OwnedRwLockReadGuard<T>, OwnedRwLockReadGuard<T, U>, OwnedRwLockMappedWriteGuard<T>,
    |this, data| OwnedRwLockReadGuard { hold: downgrade(this.hold), data, lock: this.lock }
);
