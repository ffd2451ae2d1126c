//! What an object has of the world that made it.

use super::execution::{self, Place};
use super::object::State;
use super::operation::{At, ObjectId};
use super::{World, current, is_real, spawn};
use std::mem::ManuallyDrop;

/// What an object of the facade has beside std's: its part in the world that made it.
#[derive(Debug)]
pub enum Part<L> {
    /// Nothing, but the line that made it.
    Real(At),
    /// Loom's object, and its place in the trace.
    Loom(ManuallyDrop<L>, Place),
    /// Its place in the execution.
    Model(Place),
}

impl<L> Drop for Part<L> {
    #[inline]
    fn drop(&mut self) {
        if !matches!(self, Self::Real(_)) {
            self.drop_in_model();
        }
    }
}

impl<L> Part<L> {
    /// The part of an object that is made now, by the line `at`.
    #[inline]
    pub fn new(at: At, noun: &'static str, state: impl FnOnce() -> State, loom: impl FnOnce() -> L) -> Self {
        if is_real() { Self::Real(at) } else { Self::modelled(at, noun, state, loom) }
    }

    /// The part of what the execution has made already.
    pub fn of(place: Place) -> Self {
        execution::keep(1);
        Self::Model(place)
    }

    #[cold]
    fn drop_in_model(&mut self) {
        self.is_gone();
        // A second panic in the drop of one of loom's objects would end the process, and outside of loom's world it
        // panics.
        if let Self::Loom(object, _) = self
            && !std::thread::panicking()
            && current() == World::Loom
        {
            // SAFETY: dropped once, here, and not used again.
            unsafe { ManuallyDrop::drop(object) }
        }
    }

    #[cold]
    fn modelled(at: At, noun: &'static str, state: impl FnOnce() -> State, loom: impl FnOnce() -> L) -> Self {
        execution::keep(1);
        match current() {
            World::Loom => {
                let object = ManuallyDrop::new(loom());
                spawn::set_loom_thread();
                Self::Loom(object, execution::with(|e| e.create(noun, at, State::Nothing)))
            }
            _ => Self::Model(execution::with(|e| e.create(noun, at, state()))),
        }
    }

    /// The line that made it, if it is of the real world.
    pub fn made(&self) -> Option<At> {
        if let Self::Real(at) = self { Some(at) } else { None }
    }

    /// Who it is in every execution, if it is of a model.
    pub fn id(&self) -> Option<ObjectId> {
        self.place().map(|place| place.id)
    }

    pub(super) fn created(&self) -> String {
        match self {
            Self::Real(at) => at.to_string(),
            Self::Loom(_, place) | Self::Model(place) => execution::with(|e| {
                let object = e.objects.get(place.slot as usize).filter(|_| e.made(*place));
                object.map_or_else(|| "an earlier execution".to_owned(), |object| object.created.to_string())
            }),
        }
    }
}
