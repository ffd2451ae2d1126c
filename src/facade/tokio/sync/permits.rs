//! What tokio's semaphore, mutex and lock for readers and writers have in common in a model: permits.

use super::loom_permits::LoomPermits;
use crate::world::object::State;
use crate::world::object::semaphore::{Sem, Semaphore};
use crate::world::operation::{At, Kind, ObjectId, Outcome};
use crate::world::task::{Turn, Waits};
use crate::world::{self, Part, Stepped, World, execution};
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// The part of a semaphore in the world that made it. It is asked only where a model runs.
#[derive(Debug)]
pub struct Permits {
    pub part: Part<LoomPermits>,
}

/// No more permits are handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

/// What an attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tried {
    Got,
    TooFew,
    Closed,
}

impl Permits {
    pub fn new(at: At, noun: &'static str, permits: usize) -> Self {
        let part = Part::new(at, noun, || State::semaphore(permits), || LoomPermits::new(permits));
        Self { part }
    }

    /// Those of the real world, whatever the current one.
    pub const fn real(at: At) -> Self {
        Self { part: Part::Real(at) }
    }

    /// What `Debug` does before it looks.
    pub fn printed(&self) {
        if !self.part.is_real() {
            self.free(Location::caller());
        }
    }

    /// The future that takes so many.
    pub fn acquire(&self, many: u32, at: At) -> Acquire<'_> {
        Acquire { permits: self, many, at, turn: Turn::default(), name: None }
    }

    /// Takes so many, and blocks its thread.
    pub fn acquire_blocking(&self, many: u32, at: At) -> Result<(), Closed> {
        let name = execution::with(execution::Execution::name);
        let mut stepped = self.step_to_acquire(many, name, at);
        if matches!(stepped, Stepped::Model(Outcome::Queued)) {
            stepped = world::step(&self.part, Kind::Sem(Sem::Wake(name)), at, |_| true);
        }
        got(&stepped).ok_or(Closed)
    }

    fn step_to_acquire(&self, many: u32, name: ObjectId, at: At) -> Stepped<bool> {
        world::step(&self.part, Kind::Sem(Sem::Acquire(many, name)), at, |loom| loom.acquire(many as usize))
    }

    /// Takes so many if they are there.
    pub fn try_acquire(&self, many: u32, at: At) -> Tried {
        let try_in_loom = |loom: &LoomPermits| loom.try_acquire(many as usize);
        match world::step(&self.part, Kind::Sem(Sem::TryAcquire(many)), at, try_in_loom) {
            Stepped::Loom(tried) => tried,
            Stepped::Model(Outcome::Failed) => Tried::TooFew,
            Stepped::Model(Outcome::Ended) => Tried::Closed,
            _ => Tried::Got,
        }
    }

    /// Gives so many back, and does `give`, which gives back tokio's: whoever takes them finds that free.
    pub fn release_and<R>(&self, many: usize, at: At, give: impl FnOnce() -> R) -> R {
        let mut give = Some(give);
        let mut given = None;
        let release_in_loom = |loom: &LoomPermits| {
            // Behind its release, others run.
            given = give.take().map(|give| give());
            if !std::thread::panicking() {
                loom.release(many);
            }
        };
        world::step(&self.part, Kind::Sem(Sem::Release(many)), at, release_in_loom);
        given.or_else(|| give.take().map(|give| give())).expect("it is done once, before or behind")
    }

    pub fn release(&self, many: usize, at: At) {
        self.release_and(many, at, || ());
    }

    /// Takes away as many of the free ones, and says how many those were.
    pub fn forget(&self, many: usize, at: At) -> usize {
        self.look(Sem::Forget(many), at, Semaphore::forgotten, |loom| loom.forget(many))
    }

    pub fn close(&self, at: At) {
        world::step(&self.part, Kind::Sem(Sem::Close), at, LoomPermits::close);
    }

    pub fn free(&self, at: At) -> usize {
        self.look(Sem::Query, at, Semaphore::free, LoomPermits::free)
    }

    pub fn is_closed(&self, at: At) -> bool {
        self.look(Sem::Query, at, Semaphore::is_closed, LoomPermits::is_closed)
    }

    fn look<R: Default>(
        &self,
        kind: Sem,
        at: At,
        of_model: impl FnOnce(&Semaphore) -> R,
        of_loom: impl FnOnce(&LoomPermits) -> R,
    ) -> R {
        match (world::step(&self.part, Kind::Sem(kind), at, of_loom), &self.part) {
            (Stepped::Loom(seen), _) => seen,
            (Stepped::Model(_), Part::Model(place)) => {
                execution::with(|e| match &e.objects[place.slot as usize].state {
                    State::Semaphore(semaphore) => of_model(semaphore),
                    _ => R::default(),
                })
            }
            _ => R::default(),
        }
    }
}

fn got(stepped: &Stepped<bool>) -> Option<()> {
    (!matches!(stepped, Stepped::Loom(false) | Stepped::Model(Outcome::Ended))).then_some(())
}

/// Takes permits, in the order of the first polls.
#[derive(Debug)]
pub struct Acquire<'a> {
    permits: &'a Permits,
    many: u32,
    at: At,
    turn: Turn,
    /// Its name in the queue, while it is there.
    name: Option<ObjectId>,
}

impl Acquire<'_> {
    /// Its first step: it takes what it wants, or joins the queue.
    fn join(&mut self, context: &Context<'_>) -> Poll<Result<(), Closed>> {
        let Self { permits, many, at, .. } = *self;
        let part = &permits.part;
        if world::current() == World::Loom {
            ready!(self.turn.in_loom(at));
            let name = execution::with(execution::Execution::name);
            return Poll::Ready(got(&permits.step_to_acquire(many, name, at)).ok_or(Closed));
        }
        let name = execution::with(execution::Execution::name);
        let kind = Kind::Sem(Sem::Acquire(many, name));
        let stepped = ready!(self.turn.step(context, part, Waits { kind, attempt: kind, at }, |_| true));
        if !matches!(stepped, Stepped::Model(Outcome::Queued)) {
            return Poll::Ready(got(&stepped).ok_or(Closed));
        }
        self.name = Some(name);
        self.turn.queued(context, part, Kind::Sem(Sem::Wake(name)), at);
        Poll::Pending
    }
}

impl Future for Acquire<'_> {
    type Output = Result<(), Closed>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let Some(name) = this.name else { return this.join(context) };
        let (kind, attempt) = (Kind::Sem(Sem::Wake(name)), Kind::Sem(Sem::Look(name)));
        let waits = Waits { kind, attempt, at: this.at };
        let stepped = ready!(this.turn.step(context, &this.permits.part, waits, |_| true));
        got(&stepped).ok_or(Closed)?;
        this.name = None;
        Poll::Ready(Ok(()))
    }
}

impl Drop for Acquire<'_> {
    fn drop(&mut self) {
        let Some(name) = self.name else { return };
        if !self.permits.part.is_real_at(self.at) {
            let _: Stepped<()> =
                world::step(&self.permits.part, Kind::Sem(Sem::Leave(name)), self.at, |_| ());
        }
    }
}
