//! What a guard of a model gives back beside the data: its part in the world that made the lock.

use crate::world::operation::{At, Kind};
use crate::world::{self, Part};
use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::sync::TryLockError::{Poisoned, WouldBlock};
use std::sync::{LockResult, PoisonError, TryLockResult};

/// What a model wants back besides the data: a step, and a guard of loom's in its world.
pub struct Held<'a, K: ?Sized, G> {
    /// What is held.
    pub lock: &'a K,
    at: At,
    loom: Option<ManuallyDrop<G>>,
}

impl<'a, K: ?Sized, G> Held<'a, K, G> {
    /// What was taken by the line `at`.
    #[expect(clippy::unnecessary_wraps, reason = "a guard of the real world has none")]
    pub fn new(lock: &'a K, at: At, loom: Option<G>) -> Option<Box<Self>> {
        Some(Box::new(Self { lock, at, loom: loom.map(ManuallyDrop::new) }))
    }

    /// Loom's guard, if it is one of its world.
    pub fn into_loom(self) -> Option<G> {
        self.loom.map(ManuallyDrop::into_inner)
    }

    /// Gives it back, and the data.
    #[cold]
    pub fn give_back<D, L>(self, part: &Part<L>, kind: Kind, data: D) {
        let Some(mut guard) = self.loom else {
            // The step, before the data is given back: whoever may lock next finds it free.
            world::step(part, kind, self.at, |_| ());
            return drop(data);
        };
        // Loom's release lets no other thread run before it returns.
        drop(data);
        if !std::thread::panicking() {
            world::step(part, kind, self.at, |_| {
                // SAFETY: dropped once, here, and not used again.
                unsafe { ManuallyDrop::drop(&mut guard) }
            });
        }
    }
}

/// A guard of ours around std's, poisoned or not.
#[inline]
pub fn around<D, G>(data: LockResult<D>, guard: impl FnOnce(D) -> G) -> LockResult<G> {
    match data {
        Ok(data) => Ok(guard(data)),
        Err(poisoned) => Err(PoisonError::new(guard(poisoned.into_inner()))),
    }
}

/// A guard of ours around std's, if there is one.
#[inline]
pub fn around_tried<D, G>(data: TryLockResult<D>, guard: impl FnOnce(D) -> G) -> TryLockResult<G> {
    match data {
        Ok(data) => Ok(guard(data)),
        Err(Poisoned(poisoned)) => Err(Poisoned(PoisonError::new(guard(poisoned.into_inner())))),
        Err(WouldBlock) => Err(WouldBlock),
    }
}

/// A lock of a model as std's `Debug` shows it, which takes it to look.
pub fn shown<D: Deref<Target: fmt::Debug>>(
    mut f: fmt::DebugStruct<'_, '_>,
    tried: TryLockResult<D>,
    locked: &dyn fmt::Debug,
    poisoned: impl FnOnce() -> bool,
) -> fmt::Result {
    match tried {
        Ok(data) => f.field("data", &&*data),
        Err(Poisoned(data)) => f.field("data", &&**data.get_ref()),
        Err(WouldBlock) => f.field("data", locked),
    };
    f.field("poisoned", &poisoned()).finish_non_exhaustive()
}

/// A destructor locks while its execution is given up: nobody else runs, so a holder never leaves, and
/// what is free stays free.
pub fn is_free_while_unwinding<G>(tried: &TryLockResult<G>) {
    if let Err(WouldBlock) = tried {
        eprintln!("raceproof: a destructor locks what another thread holds while an execution is given up");
        std::process::abort()
    }
}
