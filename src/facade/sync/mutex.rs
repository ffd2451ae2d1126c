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
///
/// One pointer more than std's, and in the real world it stays in registers: a guard that is passed
/// through memory made `lock` three times as dear as std's.
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct MutexGuard<'a, T: ?Sized> {
    /// Taken out once, in `drop`.
    data: ManuallyDrop<std::sync::MutexGuard<'a, T>>,
    held: Option<Box<Held<'a>>>,
}

/// What a model wants back besides the data.
struct Held<'a> {
    part: &'a Part<loom::sync::Mutex<()>>,
    at: At,
    loom: Option<ManuallyDrop<loom::sync::MutexGuard<'a, ()>>>,
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
        let held = if world::is_real() { None } else { self.lock_in_model(Location::caller()) };
        guard(self.data.lock(), held)
    }

    /// As [`std::sync::Mutex::try_lock`].
    #[inline]
    #[track_caller]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        let held = if world::is_real() { None } else { self.try_lock_in_model(Location::caller())? };
        try_guard(self.data.try_lock(), held)
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

    /// Waits for the lock as the model does; the data is free behind it.
    #[cold]
    fn lock_in_model(&self, at: At) -> Option<Box<Held<'_>>> {
        let part = &self.part;
        match world::step(part, Kind::Lock, at, |lock| lock.lock().ok()) {
            Stepped::Loom(Some(guard)) => Some(Box::new(held(part, at, Some(guard)))),
            Stepped::Model(_) => Some(Box::new(held(part, at, None))),
            Stepped::Loom(None) | Stepped::Real | Stepped::Unwinding => {
                self.is_free_while_unwinding();
                None
            }
        }
    }

    /// A destructor locks while its execution is given up: nobody else runs, so a holder never leaves, and
    /// what is free stays free.
    fn is_free_while_unwinding(&self) {
        if let Err(TryLockError::WouldBlock) = self.data.try_lock() {
            eprintln!(
                "raceproof: a destructor locks what another thread holds while an execution is given up"
            );
            std::process::abort()
        }
    }

    #[cold]
    fn try_lock_in_model<E>(&self, at: At) -> Result<Option<Box<Held<'_>>>, TryLockError<E>> {
        let part = &self.part;
        match world::step(part, Kind::TryLock, at, |lock| lock.try_lock().ok()) {
            Stepped::Loom(Some(guard)) => Ok(Some(Box::new(held(part, at, Some(guard))))),
            Stepped::Model(Outcome::Done) => Ok(Some(Box::new(held(part, at, None)))),
            Stepped::Real | Stepped::Unwinding => Ok(None),
            Stepped::Loom(None) | Stepped::Model(_) => Err(TryLockError::WouldBlock),
        }
    }
}

fn held<'a>(
    part: &'a Part<loom::sync::Mutex<()>>,
    at: At,
    loom: Option<loom::sync::MutexGuard<'a, ()>>,
) -> Held<'a> {
    Held { part, at, loom: loom.map(ManuallyDrop::new) }
}

#[inline]
fn guard<'a, T: ?Sized>(
    data: LockResult<std::sync::MutexGuard<'a, T>>,
    held: Option<Box<Held<'a>>>,
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
    held: Option<Box<Held<'a>>>,
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
        // SAFETY: taken once, here, and not used again.
        let data = unsafe { ManuallyDrop::take(&mut self.data) };
        match self.held.take() {
            None => drop(data),
            Some(held) => unlock_in_model(data, *held),
        }
    }
}

#[cold]
fn unlock_in_model<T: ?Sized>(data: std::sync::MutexGuard<'_, T>, held: Held<'_>) {
    let Held { part, at, loom } = held;
    let Some(mut guard) = loom else {
        // The step, before the data is given back: whoever may lock next finds it free.
        world::step(part, Kind::Unlock, at, |_| ());
        return drop(data);
    };
    // Loom's release lets no other thread run before it returns.
    drop(data);
    if !std::thread::panicking() {
        world::step(part, Kind::Unlock, at, |_| {
            // SAFETY: dropped once, here, and not used again.
            unsafe { ManuallyDrop::drop(&mut guard) }
        });
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
