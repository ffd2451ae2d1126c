//! What a guard gives back beside the data: its part in the world that made the lock.

use crate::world::operation::{At, Kind};
use crate::world::{self, Part};
use std::mem::ManuallyDrop;

/// What else is to be given back: nothing, a guard of loom's, or a step of the model.
pub enum Held<'a, L, G> {
    Nothing,
    Loom(ManuallyDrop<G>, &'a Part<L>, At),
    Model(&'a Part<L>, At),
}

impl<L, G> Held<'_, L, G> {
    #[inline]
    pub fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }

    /// The step, before the data is given back: whoever may lock next finds it free.
    #[cold]
    pub fn before(&mut self, kind: Kind) {
        if let Self::Model(part, at) = self {
            world::step(part, kind, at, |_| ());
        }
    }

    /// Loom's release, which lets no other thread run before it returns.
    #[cold]
    pub fn after(&mut self, kind: Kind) {
        if let Self::Loom(guard, part, at) = self {
            if std::thread::panicking() {
                return;
            }
            world::step(part, kind, at, |_| {
                // SAFETY: dropped once, here, and not used again.
                unsafe { ManuallyDrop::drop(guard) }
            });
        }
    }
}

/// A destructor locks, while its execution is given up, what another thread holds. Nobody else runs any
/// more, so the holder never leaves, and there is no answer to give.
pub fn no_way_out() -> ! {
    eprintln!("raceproof: a destructor locks what another thread holds while an execution is given up");
    std::process::abort()
}
