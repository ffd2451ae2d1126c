//! What the ends of a channel share: its part in the world that made it.

use crate::facade::tokio::sync::loom_queue::LoomQueue;
use crate::world::object::State;
use crate::world::object::mailbox::{Mail, Mailbox};
use crate::world::operation::{At, Kind, Outcome};
use crate::world::task::{Turn, Waits};
use crate::world::{self, Part, Shared, Stepped, World, execution, panic};
use std::panic::Location;
use std::task::{Context, Poll};

/// The part of a channel in the world that made it. It is asked only where a model runs.
#[derive(Clone, Debug)]
pub struct Pipe {
    pub part: Shared<LoomQueue>,
    is_bounded: bool,
}

/// No more is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

impl Pipe {
    #[inline]
    #[track_caller]
    pub fn new(capacity: Option<usize>) -> Self {
        let state = || State::mailbox(capacity);
        let part = Shared::new(Location::caller(), "channel", state, || LoomQueue::new(capacity));
        Self { part, is_bounded: capacity.is_some() }
    }

    /// Whether it is of a model, and one runs.
    #[inline]
    pub fn is_modelled(&self) -> bool {
        self.part.is_modelled()
    }

    /// The line that made it.
    pub fn made(&self) -> At {
        self.part.made()
    }

    /// Does a step, and says what it turned out to be.
    pub fn step(&self, kind: Mail, at: At) -> Outcome {
        outcome(&self.part.step(Kind::Mail(kind), at, |queue| in_loom(queue, kind, at)))
    }

    /// As `step`, in a destructor, which the real world has none of.
    #[inline]
    pub fn drop_step(&self, kind: Mail) {
        if self.is_modelled() {
            self.step(kind, self.made());
        }
    }

    /// As `step`, if `turn` has come to it.
    pub fn poll(
        &self,
        turn: &mut Turn,
        context: &Context<'_>,
        [kind, attempt]: [Mail; 2],
        at: At,
    ) -> Poll<Outcome> {
        let waits = Waits { kind: Kind::Mail(kind), attempt: Kind::Mail(attempt), at };
        let stepped = self.part.poll(turn, context, waits, |queue| in_loom(queue, kind, at));
        stepped.map(|stepped| outcome(&stepped))
    }

    /// The current future has joined those who wait, to do `kind`.
    pub fn queued(&self, turn: &mut Turn, context: &Context<'_>, kind: Mail, at: At) {
        if let Some(part) = self.part.part() {
            turn.queued(context, part, Kind::Mail(kind), at);
        }
    }

    /// Waits until it is closed.
    pub async fn await_closed(&self, at: At) {
        let mut turn = Turn::default();
        let kinds = [Mail::AwaitClosed, Mail::LookClosed];
        std::future::poll_fn(|context| self.poll(&mut turn, context, kinds, at)).await;
    }

    /// Looks at it, behind a step.
    pub fn read<R: Default>(&self, read: impl FnOnce(&mut Mailbox) -> R) -> R {
        let Some(Part::Model(place)) = self.part.part() else { return R::default() };
        execution::with(|e| match e.object_mut(*place).map(|object| &mut object.state) {
            Some(State::Mailbox(mailbox)) => read(mailbox),
            _ => R::default(),
        })
    }

    /// Does a step that only looks, and looks.
    pub fn look<R: Default>(&self, kind: Mail, at: At, read: impl FnOnce(&Mailbox) -> R) -> R {
        self.step(kind, at);
        self.read(|mailbox| read(mailbox))
    }

    /// Asks for the number of its senders: then they are counted in the whole search.
    pub fn count(&self, at: At, read: impl FnOnce(&Mailbox) -> usize) -> usize {
        if !self.is_exact() {
            self.must_be_exact();
        }
        self.look(Mail::Count, at, read)
    }

    /// One sender more, or one weak sender more or fewer: no step where nobody counts them, since whoever clones one
    /// holds one.
    pub fn counted(&self, kind: Mail, uncounted: impl FnOnce(&mut Mailbox), at: At) {
        match self.part.part() {
            None | Some(Part::Real(_)) => {}
            Some(Part::Loom(queue, _)) => match kind {
                Mail::SenderNew => queue.sender_clone(),
                _ => world::not_in_loom("weak senders", at),
            },
            Some(Part::Model(_)) if world::current() == World::Model && self.is_exact() => {
                self.step(kind, at);
            }
            Some(Part::Model(_)) => self.read(uncounted),
        }
    }

    /// The step by which a message is sent: with a place that nobody has had yet, as long as there are enough for all
    /// that are sent. Then no order of sends and receives finds none, and there is no queue to be looked at.
    pub fn sends(&self) -> Option<Mail> {
        (!self.is_bounded || !self.is_exact() || world::current() == World::Loom).then_some(Mail::Put)
    }

    /// Whether it was seen that places are waited for, or that senders are counted.
    fn is_exact(&self) -> bool {
        execution::with(|e| e.sites.is_eager(self.made()))
    }

    /// It was taken for simpler than it is: the search begins anew.
    pub fn must_be_exact(&self) {
        if world::current() != World::Model || std::thread::panicking() {
            return;
        }
        execution::with(|e| e.expose(self.made()));
        panic::give_up();
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

fn in_loom(queue: &LoomQueue, kind: Mail, at: At) {
    match kind {
        Mail::Put | Mail::TrySend => queue.send(at),
        Mail::Recv(1) => queue.recv(),
        Mail::SenderDrop => queue.sender_drop(),
        Mail::Close | Mail::ReceiverDrop => queue.close(false, at),
        Mail::TryRecv(_) => world::not_in_loom("try_recv", at),
        Mail::Query | Mail::Count | Mail::LookClosed => world::not_in_loom("look at a channel's state", at),
        _ => world::not_in_loom("places and ends of channels that are waited for", at),
    }
}
