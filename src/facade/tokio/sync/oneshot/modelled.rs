//! The ends of a channel in a model: tokio's own, in which the message stays, beside the part that both share.

use super::super::loom_queue::LoomQueue;
use super::error::{RecvError, TryRecvError};
use super::real;
use crate::world::operation::{At, Kind, Outcome};
use crate::world::{
    self, Part, Stepped,
    object::State,
    object::oneshot::{Oneshot, Shot},
    task::{Turn, Waits},
};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// The ends of a channel that `made` makes now.
#[cold]
pub fn channel<T>(made: At) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = real::channel();
    let part = Arc::new(Part::new(made, "oneshot", State::oneshot, || LoomQueue::new(Some(1))));
    let way = Way { part: Arc::clone(&part), made };
    let end = SenderEnd { way, turn: Turn::default(), has_sent: false };
    let way = Way { part, made };
    (Sender { end, real: sender }, Receiver { real: receiver, way, turn: Turn::default(), closed: false })
}

/// Its end is dropped before tokio's own, which a model must see.
pub struct Sender<T> {
    end: SenderEnd,
    real: real::Sender<T>,
}

#[derive(Debug)]
struct SenderEnd {
    way: Way,
    /// Of `poll_closed`, which has no future of its own.
    turn: Turn,
    has_sent: bool,
}

pub struct Receiver<T> {
    real: real::Receiver<T>,
    way: Way,
    turn: Turn,
    /// It has closed, and so was told what it will get.
    closed: bool,
}

/// The part of a channel in the model that made it.
#[derive(Debug)]
struct Way {
    part: Arc<Part<LoomQueue>>,
    made: At,
}

impl Way {
    /// Does a step, and says what it turned out to be.
    fn step(&self, kind: Shot, at: At) -> Outcome {
        outcome(&world::step(&self.part, Kind::Shot(kind), at, |queue| in_loom(queue, kind, at)))
    }

    /// As `step`, in a destructor, which the real world has none of.
    fn drop_step(&self, kind: Shot) {
        if !self.part.is_real_at(self.made) {
            self.step(kind, self.made);
        }
    }

    /// As `step`, if `turn` has come to it.
    fn poll(
        &self,
        turn: &mut Turn,
        context: &Context<'_>,
        [kind, attempt]: [Shot; 2],
        at: At,
    ) -> Poll<Outcome> {
        let waits = Waits { kind: Kind::Shot(kind), attempt: Kind::Shot(attempt), at };
        turn.step(context, &self.part, waits, |queue| in_loom(queue, kind, at)).map(|step| outcome(&step))
    }

    /// Does a step that only looks, and looks.
    fn look(&self, kind: Shot, at: At, look: impl FnOnce(&Oneshot) -> bool) -> bool {
        self.step(kind, at);
        let look =
            |state: &State| if let State::Oneshot(oneshot) = state { Some(look(oneshot)) } else { None };
        // Where the execution is given up, nobody asks.
        world::look(&self.part, look).unwrap_or(true)
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

fn in_loom(queue: &LoomQueue, kind: Shot, at: At) {
    match kind {
        Shot::Send => queue.send(at),
        Shot::Recv => queue.recv(),
        Shot::SenderDrop => queue.sender_drop(),
        Shot::Close | Shot::ReceiverDrop => queue.close(false, at),
        Shot::TryRecv => world::not_in_loom("try_recv", at),
        Shot::AwaitClosed | Shot::LookClosed => world::not_in_loom("closed", at),
        Shot::IsClosed => world::not_in_loom("is_closed", at),
        Shot::IsEmpty => world::not_in_loom("is_empty", at),
    }
}

const CLOSED: [Shot; 2] = [Shot::AwaitClosed, Shot::LookClosed];

impl<T> Sender<T> {
    pub fn send(self, value: T, at: At) -> Result<(), T> {
        let Self { mut end, real } = self;
        if end.way.part.is_real_at(at) {
            return real.send(value);
        }
        end.has_sent = true;
        if end.way.step(Shot::Send, at) == Outcome::Ended {
            return Err(value);
        }
        // Tokio's own may be closed already, while a panic unwinds: nobody receives it then.
        let _ = real.send(value);
        Ok(())
    }

    pub async fn closed(&mut self, at: At) {
        let Self { end: SenderEnd { way, .. }, real } = self;
        if way.part.is_real_at(at) {
            return real.closed().await;
        }
        let mut turn = Turn::default();
        std::future::poll_fn(|context| way.poll(&mut turn, context, CLOSED, at)).await;
    }

    pub fn poll_closed(&mut self, context: &mut Context<'_>, at: At) -> Poll<()> {
        let Self { end: SenderEnd { way, turn, .. }, real } = self;
        if way.part.is_real_at(at) {
            return real.poll_closed(context);
        }
        way.poll(turn, context, CLOSED, at).map(|_| ())
    }

    pub fn is_closed(&self, at: At) -> bool {
        if self.end.way.part.is_real_at(at) {
            return self.real.is_closed();
        }
        self.end.way.look(Shot::IsClosed, at, Oneshot::is_closed)
    }
}

impl Drop for SenderEnd {
    fn drop(&mut self) {
        if !self.has_sent {
            self.way.drop_step(Shot::SenderDrop);
        }
    }
}

impl<T> Receiver<T> {
    pub fn is_terminated(&self) -> bool {
        self.real.is_terminated()
    }

    /// Whether it still asks for what it will get: not once it has got it, and not once it was told.
    fn asks(&self) -> bool {
        !self.real.is_terminated() && !self.closed
    }

    pub fn close(&mut self, at: At) {
        if !self.way.part.is_real_at(at) && self.asks() {
            self.way.step(Shot::Close, at);
            self.closed = true;
        }
        self.real.close();
    }

    pub fn is_empty(&self, at: At) -> bool {
        if self.way.part.is_real_at(at) || !self.asks() {
            return self.real.is_empty();
        }
        self.way.look(Shot::IsEmpty, at, Oneshot::is_empty)
    }

    pub fn try_recv(&mut self, at: At) -> Result<T, TryRecvError> {
        let tries = !self.way.part.is_real_at(at) && self.asks();
        if tries && self.way.step(Shot::TryRecv, at) == Outcome::Failed {
            return Err(TryRecvError::Empty);
        }
        self.real.try_recv()
    }

    pub fn blocking_recv(mut self, at: At) -> Result<T, RecvError> {
        if self.way.part.is_real_at(at) {
            // Its parts are taken out of it, since it has a `Drop`.
            let (_, closed) = real::channel();
            return std::mem::replace(&mut self.real, closed).blocking_recv();
        }
        assert!(!world::task::is_polling(), "blocking_recv blocks a thread that polls a task");
        if self.asks() {
            self.way.step(Shot::Recv, at);
        }
        self.take()
    }

    pub fn poll(&mut self, context: &mut Context<'_>, at: At) -> Poll<Result<T, RecvError>> {
        if self.way.part.is_real_at(at) {
            return Pin::new(&mut self.real).poll(context);
        }
        if !self.asks() {
            return Poll::Ready(self.take());
        }
        let stepped = self.way.poll(&mut self.turn, context, [Shot::Recv, Shot::TryRecv], at);
        stepped.map(|_| self.take())
    }

    /// What the step has received, or what it knew of.
    fn take(&mut self) -> Result<T, RecvError> {
        if std::thread::panicking() {
            // There may have been no step: the execution is given up.
            self.real.close();
        }
        match Pin::new(&mut self.real).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(received) => received,
            Poll::Pending => unreachable!("the step waited for the message, or for the end of its sender"),
        }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        // After its message was taken, or it has closed, nobody can tell.
        if self.asks() {
            self.way.drop_step(Shot::ReceiverDrop);
        }
    }
}
