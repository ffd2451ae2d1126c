//! `Mutex`: std's, beside its part in the world that made it.

use super::held::{self, Held};
use crate::facade::from_value::from_value;
use crate::world::operation::{At, Kind, Outcome};
use crate::world::{self, Part, Stepped, object::State};
use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::sync::{LockResult, TryLockError, TryLockResult};

/// As [`std::sync::Mutex`].
///
/// ```
/// use raceproof::sync::Mutex;
///
/// let count = Mutex::new(0);
/// *count.lock().unwrap() += 1;
/// assert_eq!(count.into_inner().unwrap(), 1);
/// ```
pub struct Mutex<T: ?Sized> {
    part: Part<loom::sync::Mutex<()>>,
    data: std::sync::Mutex<T>,
}

/// As [`std::sync::MutexGuard`].
///
/// One pointer more than std's, and in the real world it stays in registers: a guard that is passed
/// through memory made `lock` three times as dear as std's.
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct MutexGuard<'a, T: ?Sized> {
    /// Taken out once, in `drop`.
    data: ManuallyDrop<std::sync::MutexGuard<'a, T>>,
    /// As `data`: what has no destructor leaves the guard's own so short that it is inlined.
    held: ManuallyDrop<Holding<'a, T>>,
}

type Holding<'a, T> = Option<Box<Held<'a, Mutex<T>, loom::sync::MutexGuard<'a, ()>>>>;

impl<T> Mutex<T> {
    /// As [`std::sync::Mutex::new`].
    #[inline]
    #[track_caller]
    pub fn new(value: T) -> Self {
        let part = Part::new(Location::caller(), "Mutex", State::mutex, || loom::sync::Mutex::new(()));
        Self { part, data: std::sync::Mutex::new(value) }
    }

    /// As [`std::sync::Mutex::into_inner`].
    pub fn into_inner(self) -> LockResult<T> {
        self.data.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    /// As [`std::sync::Mutex::lock`].
    #[inline]
    #[track_caller]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        let held = if self.part.is_real() { None } else { self.lock_in_model(Location::caller()) };
        held::around(self.data.lock(), |data| MutexGuard::new(data, held))
    }

    /// As [`std::sync::Mutex::try_lock`].
    #[inline]
    #[track_caller]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        let held = if self.part.is_real() { None } else { self.try_lock_in_model(Location::caller())? };
        held::around_tried(self.data.try_lock(), |data| MutexGuard::new(data, held))
    }

    /// As [`std::sync::Mutex::get_mut`].
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        self.data.get_mut()
    }

    /// As [`std::sync::Mutex::is_poisoned`].
    #[inline]
    #[track_caller]
    pub fn is_poisoned(&self) -> bool {
        world::is_poisoned(&self.part, Location::caller(), || self.data.is_poisoned())
    }

    /// As [`std::sync::Mutex::clear_poison`].
    #[inline]
    #[track_caller]
    pub fn clear_poison(&self) {
        world::step(&self.part, Kind::ClearPoison, Location::caller(), |_| ());
        self.data.clear_poison();
    }

    /// Waits for the lock as the model does; the data is free behind it.
    #[cold]
    fn lock_in_model(&self, at: At) -> Holding<'_, T> {
        match world::step(&self.part, Kind::Lock, at, |lock| lock.lock().ok()) {
            Stepped::Loom(Some(guard)) => Held::new(self, at, Some(guard)),
            Stepped::Model(_) => Held::new(self, at, None),
            Stepped::Loom(None) | Stepped::Real | Stepped::Unwinding => {
                held::is_free_while_unwinding(&self.data.try_lock());
                None
            }
        }
    }

    #[cold]
    fn try_lock_in_model<E>(&self, at: At) -> Result<Holding<'_, T>, TryLockError<E>> {
        match world::step(&self.part, Kind::TryLock, at, |lock| lock.try_lock().ok()) {
            Stepped::Loom(Some(guard)) => Ok(Held::new(self, at, Some(guard))),
            Stepped::Model(Outcome::Done) => Ok(Held::new(self, at, None)),
            Stepped::Real | Stepped::Unwinding => Ok(None),
            Stepped::Loom(None) | Stepped::Model(_) => Err(TryLockError::WouldBlock),
        }
    }

    /// Locks as a model does, for a condvar that gave it back.
    pub(super) fn lock_again(&self, at: At) -> LockResult<MutexGuard<'_, T>> {
        let held = self.lock_in_model(at);
        held::around(self.data.lock(), |data| MutexGuard::new(data, held))
    }

    /// A guard of loom's world, whose loom part is held.
    pub(super) fn guard_of_loom<'a>(
        &'a self,
        held: loom::sync::MutexGuard<'a, ()>,
        at: At,
    ) -> LockResult<MutexGuard<'a, T>> {
        let held = Held::new(self, at, Some(held));
        held::around(self.data.lock(), |data| MutexGuard::new(data, held))
    }
}

/// A guard of the real world.
#[inline]
pub(super) fn guard_of_std<T: ?Sized>(
    data: LockResult<std::sync::MutexGuard<'_, T>>,
) -> LockResult<MutexGuard<'_, T>> {
    held::around(data, |data| MutexGuard::new(data, None))
}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    #[inline]
    fn new(data: std::sync::MutexGuard<'a, T>, held: Holding<'a, T>) -> Self {
        Self { data: ManuallyDrop::new(data), held: ManuallyDrop::new(held) }
    }

    /// What it guards, in a model.
    pub(super) fn lock(&self) -> Option<&'a Mutex<T>> {
        self.held.as_ref().map(|held| held.lock)
    }

    /// Its parts, of which each is given back by whoever has it.
    #[inline]
    fn into_parts(self) -> (std::sync::MutexGuard<'a, T>, Holding<'a, T>) {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: each is taken once, here, since the guard itself is never dropped.
        unsafe { (ManuallyDrop::take(&mut this.data), ManuallyDrop::take(&mut this.held)) }
    }

    /// The guard of std's, without a step.
    #[inline]
    pub(super) fn into_std(self) -> std::sync::MutexGuard<'a, T> {
        self.into_parts().0
    }

    /// The guard of loom's, without a step. The data is given back.
    pub(super) fn into_loom(self) -> Option<loom::sync::MutexGuard<'a, ()>> {
        let (data, held) = self.into_parts();
        drop(data);
        held.and_then(|held| held.into_loom())
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if self.held.is_some() {
            return give_back(self);
        }
        // SAFETY: dropped once, here, and not used again.
        unsafe { ManuallyDrop::drop(&mut self.data) }
    }
}

/// The destructor of a guard of a model.
#[cold]
fn give_back<T: ?Sized>(guard: &mut MutexGuard<'_, T>) {
    // SAFETY: each is taken once, here, and not used again.
    let (data, held) = unsafe { (ManuallyDrop::take(&mut guard.data), ManuallyDrop::take(&mut guard.held)) };
    if let Some(held) = held {
        let part = &held.lock.part;
        held.give_back(part, Kind::Unlock, data);
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.data
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.data
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.part.is_real() {
            return self.data.fmt(f);
        }
        held::shown(f.debug_struct("Mutex"), self.try_lock(), &"<locked>", || self.is_poisoned())
    }
}

impl<T: ?Sized> RefUnwindSafe for Mutex<T> {}
impl<T: ?Sized> UnwindSafe for Mutex<T> {}

from_value!(Mutex);
