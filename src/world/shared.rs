//! The part of what several share: the ends of a channel.

use super::object::State;
use super::operation::{At, Kind};
use super::refusal::not_of_now;
use super::task::{Turn, Waits};
use super::{Part, Stepped, World, current, is_real, outside, step};
use std::panic::Location;
use std::sync::Arc;
use std::task::{Context, Poll};

/// The one part that they have in the world that made them. In the real world it is nothing but the line, so that
/// nobody pays there for what is shared.
#[derive(Debug)]
pub struct Shared<L> {
    made: At,
    part: Option<Arc<Part<L>>>,
}

impl<L> Clone for Shared<L> {
    #[inline]
    fn clone(&self) -> Self {
        Self { made: self.made, part: self.part.clone() }
    }
}

impl<L> Shared<L> {
    /// That of what the line `made` makes now.
    #[inline]
    pub fn new(
        made: At,
        noun: &'static str,
        state: impl FnOnce() -> State,
        loom: impl FnOnce() -> L,
    ) -> Self {
        let part = (!is_real()).then(|| Arc::new(Part::new(made, noun, state, loom)));
        Self { made, part }
    }

    /// That of the real world, whatever the current one.
    pub const fn real(made: At) -> Self {
        Self { made, part: None }
    }

    /// The line that made it.
    pub fn made(&self) -> At {
        self.made
    }

    /// The part in a model.
    pub fn part(&self) -> Option<&Part<L>> {
        self.part.as_deref()
    }

    /// As [`Part::is_real`].
    #[inline]
    #[track_caller]
    pub fn is_real(&self) -> bool {
        self.is_real_at(Location::caller())
    }

    /// As `is_real`, for the line `at`.
    #[inline]
    pub fn is_real_at(&self, at: At) -> bool {
        outside::no_model_runs() || self.is_real_beside_models(at)
    }

    #[cold]
    fn is_real_beside_models(&self, at: At) -> bool {
        self.part.as_ref().map_or_else(is_real, |part| part.is_real_at(at))
    }

    /// Whether it is of a model, and one runs here: for destructors, which the real world has none of.
    #[inline]
    pub fn is_modelled(&self) -> bool {
        self.part.as_ref().is_some_and(|part| !part.is_real_at(self.made))
    }

    /// As [`step`](super::step).
    pub fn step<'p, R>(&'p self, kind: Kind, at: At, loom: impl FnOnce(&'p L) -> R) -> Stepped<R> {
        match &self.part {
            Some(part) => step(part, kind, at, loom),
            None if current() == World::Real => Stepped::Real,
            None => not_of_now(self.made.to_string(), at),
        }
    }

    /// As [`Turn::step`].
    pub fn poll<'p, R>(
        &'p self,
        turn: &mut Turn,
        context: &Context<'_>,
        waits: Waits,
        loom: impl FnOnce(&'p L) -> R,
    ) -> Poll<Stepped<R>> {
        match &self.part {
            Some(part) => turn.step(context, part, waits, loom),
            None => Poll::Ready(self.step(waits.kind, waits.at, loom)),
        }
    }
}
