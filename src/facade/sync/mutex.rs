//! `Mutex`: std's, beside its part in the world that made it.

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
    part: Part<loom::sync::Mutex<()>>,
    data: std::sync::Mutex<T>,
}

/// As [`std::sync::MutexGuard`].
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct MutexGuard<'a, T: ?Sized> {
    /// Given back before the lock is, in `drop`.
    data: ManuallyDrop<std::sync::MutexGuard<'a, T>>,
    held: Held<'a>,
}

/// What else is to be given back.
enum Held<'a> {
    Nothing,
    Loom(ManuallyDrop<loom::sync::MutexGuard<'a, ()>>, &'a Part<loom::sync::Mutex<()>>, At),
    Model(&'a Part<loom::sync::Mutex<()>>, At),
}

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
        if world::is_real() {
            return guard(self.data.lock(), Held::Nothing);
        }
        self.lock_in_model(Location::caller())
    }

    /// As [`std::sync::Mutex::try_lock`].
    #[inline]
    #[track_caller]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        if world::is_real() {
            return try_guard(self.data.try_lock(), Held::Nothing);
        }
        self.try_lock_in_model(Location::caller())
    }

    /// As [`std::sync::Mutex::get_mut`].
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        self.data.get_mut()
    }

    /// As [`std::sync::Mutex::is_poisoned`].
    pub fn is_poisoned(&self) -> bool {
        self.data.is_poisoned()
    }

    /// As [`std::sync::Mutex::clear_poison`].
    pub fn clear_poison(&self) {
        self.data.clear_poison();
    }

    #[cold]
    fn lock_in_model(&self, at: At) -> LockResult<MutexGuard<'_, T>> {
        let held = match world::step(&self.part, Kind::Lock, at, |lock| lock.lock().ok()) {
            Stepped::Loom(Some(guard)) => Held::Loom(ManuallyDrop::new(guard), &self.part, at),
            Stepped::Model(_) => Held::Model(&self.part, at),
            _ => return guard(self.lock_while_unwinding(), Held::Nothing),
        };
        guard(self.data.lock(), held)
    }

    /// A destructor locks while its execution is given up: nobody else runs, so a holder never leaves.
    fn lock_while_unwinding(&self) -> LockResult<std::sync::MutexGuard<'_, T>> {
        match self.data.try_lock() {
            Ok(guard) => Ok(guard),
            Err(TryLockError::Poisoned(poisoned)) => Err(poisoned),
            Err(TryLockError::WouldBlock) => {
                eprintln!(
                    "raceproof: a destructor locks what another thread holds while an execution is given up"
                );
                std::process::abort()
            }
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
        try_guard(self.data.try_lock(), held)
    }
}

#[inline]
fn guard<'a, T: ?Sized>(
    data: LockResult<std::sync::MutexGuard<'a, T>>,
    held: Held<'a>,
) -> LockResult<MutexGuard<'a, T>> {
    match data {
        Ok(data) => Ok(MutexGuard { data: ManuallyDrop::new(data), held }),
        Err(poisoned) => {
            Err(PoisonError::new(MutexGuard { data: ManuallyDrop::new(poisoned.into_inner()), held }))
        }
    }
}

#[inline]
fn try_guard<'a, T: ?Sized>(
    data: TryLockResult<std::sync::MutexGuard<'a, T>>,
    held: Held<'a>,
) -> TryLockResult<MutexGuard<'a, T>> {
    match data {
        Ok(data) => Ok(guard(Ok(data), held)?),
        Err(TryLockError::Poisoned(poisoned)) => Ok(guard(Err(poisoned), held)?),
        Err(TryLockError::WouldBlock) => Err(TryLockError::WouldBlock),
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if !matches!(self.held, Held::Nothing) {
            self.held.before();
        }
        // SAFETY: dropped once, here, and not used again.
        unsafe { ManuallyDrop::drop(&mut self.data) }
        if !matches!(self.held, Held::Nothing) {
            self.held.after();
        }
    }
}

impl Held<'_> {
    /// The step, before the data is given back: whoever may lock next finds it free.
    #[cold]
    fn before(&mut self) {
        if let Self::Model(part, at) = self {
            world::step(part, Kind::Unlock, at, |_| ());
        }
    }

    /// Loom's release, which lets no other thread run before it returns.
    #[cold]
    fn after(&mut self) {
        if let Self::Loom(guard, part, at) = self {
            if std::thread::panicking() {
                return;
            }
            world::step(part, Kind::Unlock, at, |_| {
                // SAFETY: dropped once, here, and not used again.
                unsafe { ManuallyDrop::drop(guard) }
            });
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
