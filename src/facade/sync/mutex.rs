//! `Mutex`: std's, beside its part in the world that made it.

use super::held::{self, Held};
use crate::world::operation::{At, Kind, Outcome};
use crate::world::{self, Part, Stepped, object::State};
use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

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
    part: Part<LoomLock>,
    data: std::sync::Mutex<T>,
}

/// As [`std::sync::MutexGuard`].
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct MutexGuard<'a, T: ?Sized> {
    /// Given back before the lock is, in `drop`.
    data: ManuallyDrop<std::sync::MutexGuard<'a, T>>,
    held: Holding<'a>,
    /// For a condvar, which takes it again.
    lock: &'a Mutex<T>,
}

type LoomLock = loom::sync::Mutex<()>;
type Holding<'a> = Held<'a, LoomLock, loom::sync::MutexGuard<'a, ()>>;

impl<T> Mutex<T> {
    /// As [`std::sync::Mutex::new`].
    #[inline]
    #[track_caller]
    pub fn new(value: T) -> Self {
        let part = Part::new(Location::caller(), "Mutex", State::mutex, || LoomLock::new(()));
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
        if world::is_real() {
            return self.guard(self.data.lock(), Held::Nothing);
        }
        self.lock_in_model(Location::caller())
    }

    /// As [`std::sync::Mutex::try_lock`].
    #[inline]
    #[track_caller]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        if world::is_real() {
            return self.try_guard(self.data.try_lock(), Held::Nothing);
        }
        self.try_lock_in_model(Location::caller())
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

    #[cold]
    pub(super) fn lock_in_model(&self, at: At) -> LockResult<MutexGuard<'_, T>> {
        let held = match world::step(&self.part, Kind::Lock, at, |lock| lock.lock().ok()) {
            Stepped::Loom(Some(guard)) => Held::Loom(ManuallyDrop::new(guard), &self.part, at),
            Stepped::Model(_) => Held::Model(&self.part, at),
            _ => return self.guard(self.lock_while_unwinding(), Held::Nothing),
        };
        self.guard(self.data.lock(), held)
    }

    /// A destructor locks while its execution is given up: nobody else runs, so a holder never leaves.
    fn lock_while_unwinding(&self) -> LockResult<std::sync::MutexGuard<'_, T>> {
        match self.data.try_lock() {
            Ok(guard) => Ok(guard),
            Err(TryLockError::Poisoned(poisoned)) => Err(poisoned),
            Err(TryLockError::WouldBlock) => held::no_way_out(),
        }
    }

    #[cold]
    fn try_lock_in_model(&self, at: At) -> TryLockResult<MutexGuard<'_, T>> {
        let held = match world::step(&self.part, Kind::TryLock, at, |lock| lock.try_lock().ok()) {
            Stepped::Loom(Some(guard)) => Held::Loom(ManuallyDrop::new(guard), &self.part, at),
            Stepped::Model(Outcome::Done) => Held::Model(&self.part, at),
            Stepped::Real | Stepped::Unwinding => Held::Nothing,
            Stepped::Loom(None) | Stepped::Model(_) => return Err(TryLockError::WouldBlock),
        };
        self.try_guard(self.data.try_lock(), held)
    }

    /// A guard of the real world.
    #[inline]
    pub(super) fn guard_of_std<'a>(
        &'a self,
        data: LockResult<std::sync::MutexGuard<'a, T>>,
    ) -> LockResult<MutexGuard<'a, T>> {
        self.guard(data, Held::Nothing)
    }

    /// A guard of loom's world, whose loom part is held.
    pub(super) fn guard_of_loom<'a>(
        &'a self,
        held: loom::sync::MutexGuard<'a, ()>,
        at: At,
    ) -> LockResult<MutexGuard<'a, T>> {
        self.guard(self.data.lock(), Held::Loom(ManuallyDrop::new(held), &self.part, at))
    }

    #[inline]
    fn guard<'a>(
        &'a self,
        data: LockResult<std::sync::MutexGuard<'a, T>>,
        held: Holding<'a>,
    ) -> LockResult<MutexGuard<'a, T>> {
        let guard = |data| MutexGuard { data: ManuallyDrop::new(data), held, lock: self };
        match data {
            Ok(data) => Ok(guard(data)),
            Err(poisoned) => Err(PoisonError::new(guard(poisoned.into_inner()))),
        }
    }

    #[inline]
    fn try_guard<'a>(
        &'a self,
        data: TryLockResult<std::sync::MutexGuard<'a, T>>,
        held: Holding<'a>,
    ) -> TryLockResult<MutexGuard<'a, T>> {
        match data {
            Ok(data) => Ok(self.guard(Ok(data), held)?),
            Err(TryLockError::Poisoned(poisoned)) => Ok(self.guard(Err(poisoned), held)?),
            Err(TryLockError::WouldBlock) => Err(TryLockError::WouldBlock),
        }
    }
}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// What it guards.
    pub(super) fn lock(&self) -> &'a Mutex<T> {
        self.lock
    }

    /// The guard of std's, without a step.
    #[inline]
    pub(super) fn into_std(self) -> (&'a Mutex<T>, std::sync::MutexGuard<'a, T>) {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: taken once, here, since the guard itself is never dropped.
        (this.lock, unsafe { ManuallyDrop::take(&mut this.data) })
    }

    /// The guard of loom's, without a step. The data is given back.
    pub(super) fn into_loom(self) -> Option<loom::sync::MutexGuard<'a, ()>> {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: dropped once, here, since the guard itself is never dropped.
        unsafe { ManuallyDrop::drop(&mut this.data) };
        match &mut this.held {
            // SAFETY: taken once, here, for the same reason.
            Held::Loom(guard, ..) => Some(unsafe { ManuallyDrop::take(guard) }),
            _ => None,
        }
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if !self.held.is_nothing() {
            self.held.before(Kind::Unlock);
        }
        // SAFETY: dropped once, here, and not used again.
        unsafe { ManuallyDrop::drop(&mut self.data) }
        if !self.held.is_nothing() {
            self.held.after(Kind::Unlock);
        }
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
        self.data.fmt(f)
    }
}

impl<T: Default> Default for Mutex<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for Mutex<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}
