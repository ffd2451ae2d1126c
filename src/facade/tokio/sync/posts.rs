//! What tokio's `watch`, barrier and `SetOnce` have in common in a model: something that is posted.

use crate::world::object::State;
use crate::world::object::posts::{Post, Posts};
use crate::world::operation::{At, Kind, Outcome};
use crate::world::task::{Turn, Waits};
use crate::world::{self, Part, Shared, Stepped, execution};
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The part of it in the world that made it. It is asked only where a model runs.
#[derive(Clone, Debug)]
pub struct Board {
    pub part: Shared<()>,
    noun: &'static str,
}

impl Board {
    pub fn new(at: At, noun: &'static str, receivers: usize) -> Self {
        Self { part: Shared::new(at, noun, || State::posts(receivers), || ()), noun }
    }

    /// That of the real world, whatever the current one.
    pub const fn real(at: At, noun: &'static str) -> Self {
        Self { part: Shared::real(at), noun }
    }

    /// Does a step, and says what it turned out to be.
    pub fn step(&self, kind: Post, at: At) -> Outcome {
        let stepped: Stepped<()> = self.part.step(Kind::Post(kind), at, |()| self.not_in_loom(at));
        if let Stepped::Model(outcome) = stepped { outcome } else { Outcome::Done }
    }

    /// What `Debug` does before it looks.
    pub fn printed(&self) {
        if !self.part.is_real() {
            self.step(Post::Query, Location::caller());
        }
    }

    fn not_in_loom(&self, at: At) {
        world::not_in_loom(self.noun, at);
    }

    /// As `step`, in a destructor, which the real world has none of.
    pub fn drop_step(&self, kind: Post, at: At) {
        if self.part.is_modelled() {
            self.step(kind, at);
        }
    }

    /// Looks at it, behind a step.
    pub fn read<R: Default>(&self, read: impl FnOnce(&Posts) -> R) -> R {
        let Some(Part::Model(place)) = self.part.part() else { return R::default() };
        execution::with(|e| match e.objects.get(place.slot as usize).map(|object| &object.state) {
            Some(State::Posts(posts)) if e.made(*place) => read(posts),
            _ => R::default(),
        })
    }

    /// The future that waits to do `kind`, of which `attempt` is the same without waiting.
    pub fn wait(&self, kind: Post, attempt: Post, at: At) -> Wait<'_> {
        let waits = Waits { kind: Kind::Post(kind), attempt: Kind::Post(attempt), at };
        Wait { board: self, waits, turn: Turn::default() }
    }
}

/// Waits for what is posted.
#[derive(Debug)]
pub struct Wait<'a> {
    board: &'a Board,
    waits: Waits,
    turn: Turn,
}

impl Future for Wait<'_> {
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        let Self { board, waits, turn } = self.get_mut();
        let polled = board.part.poll(turn, context, *waits, |()| board.not_in_loom(waits.at));
        polled.map(|stepped| if let Stepped::Model(outcome) = stepped { outcome } else { Outcome::Ended })
    }
}
