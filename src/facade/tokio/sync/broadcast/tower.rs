//! What the ends of a broadcast share: its part in the world that made it.

use crate::world::object::State;
use crate::world::object::broadcast::{Broadcast, Cast};
use crate::world::operation::{At, Kind, Outcome};
use crate::world::task::{Turn, Waits};
use crate::world::{self, Part, Shared, Stepped, World, execution, panic};
use std::task::{Context, Poll};

/// The part of a channel in the world that made it. It is asked only where a model runs.
#[derive(Clone, Debug)]
pub struct Tower {
    pub part: Shared<()>,
}

impl Tower {
    pub fn new(capacity: usize, receivers: usize, made: At) -> Self {
        // As many as tokio keeps.
        let state = || State::broadcast(capacity.next_power_of_two(), receivers);
        Self { part: Shared::new(made, "broadcast", state, || ()) }
    }

    /// The line that made it.
    pub fn made(&self) -> At {
        self.part.made()
    }

    pub fn step(&self, kind: Cast, at: At) -> Outcome {
        outcome(&self.part.step(Kind::Cast(kind), at, |()| world::not_in_loom("broadcast", at)))
    }

    pub fn poll(
        &self,
        turn: &mut Turn,
        context: &Context<'_>,
        [kind, attempt]: [Cast; 2],
        at: At,
    ) -> Poll<Outcome> {
        let waits = Waits { kind: Kind::Cast(kind), attempt: Kind::Cast(attempt), at };
        let stepped = self.part.poll(turn, context, waits, |()| world::not_in_loom("broadcast", at));
        stepped.map(|stepped| outcome(&stepped))
    }

    /// As `step`, in a destructor, which the real world has none of.
    pub fn drop_step(&self, kind: impl FnOnce() -> Cast) {
        if self.part.is_modelled() {
            self.step(kind(), self.made());
        }
    }

    /// Looks at it, behind a step.
    pub fn read<R: Default>(&self, read: impl FnOnce(&mut Broadcast) -> R) -> R {
        let Some(Part::Model(place)) = self.part.part() else { return R::default() };
        execution::with(|e| match e.object_mut(*place).map(|object| &mut object.state) {
            Some(State::Broadcast(broadcast)) => read(broadcast),
            _ => R::default(),
        })
    }

    pub fn look<R: Default>(&self, at: At, read: impl FnOnce(&Broadcast) -> R) -> R {
        self.step(Cast::Query, at);
        self.read(|broadcast| read(broadcast))
    }

    /// Asks for the number of its senders: then they are counted in the whole search.
    pub fn count(&self, at: At, read: impl FnOnce(&Broadcast) -> usize) -> usize {
        self.must_be_exact();
        self.step(Cast::Count, at);
        self.read(|broadcast| read(broadcast))
    }

    /// One sender more, or one weak sender more or fewer: no step where nobody counts them.
    pub fn counted(&self, kind: Cast, uncounted: impl FnOnce(&mut Broadcast), at: At) {
        match self.part.part() {
            Some(Part::Model(_)) if world::current() == World::Model && self.is_exact() => {
                self.step(kind, at);
            }
            _ => self.read(uncounted),
        }
    }

    /// Whether it was seen that somebody may lag, that senders are counted, or that drops of messages are steps.
    pub fn is_exact(&self) -> bool {
        execution::with(|e| e.sites.is_eager(self.made()))
    }

    /// If it was taken for simpler than it is, the search begins anew.
    pub fn must_be_exact(&self) {
        if world::current() != World::Model || self.is_exact() || std::thread::panicking() {
            return;
        }
        execution::with(|e| e.expose(self.made()));
        panic::give_up();
    }

    /// Does what may drop messages of the program: if that makes steps, it matters who does it.
    pub fn dropping<R>(&self, f: impl FnOnce() -> R) -> R {
        if world::is_real() {
            return f();
        }
        let steps = || execution::with(|e| e.threads[e.current.index()].steps());
        let before = steps();
        let result = f();
        if steps() != before {
            self.must_be_exact();
        }
        result
    }
}

fn outcome(stepped: &Stepped<()>) -> Outcome {
    match stepped {
        Stepped::Model(outcome) => *outcome,
        // Nobody asks what it was.
        Stepped::Unwinding => Outcome::Ended,
        Stepped::Loom(()) | Stepped::Real => Outcome::Done,
    }
}
