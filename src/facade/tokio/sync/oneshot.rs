//! `tokio::sync::oneshot`: tokio's own, in which the message stays, beside its part in the world that made it.

use super::loom_queue::LoomQueue;
use crate::world::operation::{At, Kind, Outcome};
use crate::world::{
    self, Part, Stepped,
    object::State,
    object::oneshot::{Oneshot, Shot},
    task::{Turn, Waits},
};
use ::tokio::sync::oneshot as real;
pub use ::tokio::sync::oneshot::error;
use error::{RecvError, TryRecvError};
use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// As tokio's own [`channel`](::tokio::sync::oneshot::channel).
#[track_caller]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let made = Location::caller();
    let (sender, receiver) = real::channel();
    let part = Arc::new(Part::new(made, "oneshot", State::oneshot, || LoomQueue::new(Some(1))));
    let way = Way { part, made };
    (
        Sender { real: Some(sender), way: way.clone(), turn: Turn::default() },
        Receiver { real: receiver, way, turn: Turn::default(), closed: None },
    )
}

/// As tokio's.
pub struct Sender<T> {
    /// None once it has sent.
    real: Option<real::Sender<T>>,
    way: Way,
    /// Of `poll_closed`, which has no future of its own.
    turn: Turn,
}

/// As tokio's.
pub struct Receiver<T> {
    real: real::Receiver<T>,
    way: Way,
    turn: Turn,
    /// What it was told when it closed; in a model alone.
    closed: Option<Rest>,
}

/// What a receiver that has closed will get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    Message,
    Nothing,
}

/// The part of a channel in the world that made it. It is asked only where a model runs.
#[derive(Clone, Debug)]
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
        if self.part.is_modelled_at(self.made) {
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
    /// As tokio's `send`.
    ///
    /// # Panics
    ///
    /// Never: a sender sends once, since this takes it.
    #[track_caller]
    pub fn send(mut self, value: T) -> Result<(), T> {
        let real = self.real.take().expect("it sends once");
        if self.way.part.is_real() {
            return real.send(value);
        }
        if self.way.step(Shot::Send, Location::caller()) == Outcome::Ended {
            return Err(value);
        }
        // Tokio's own may be closed already, while a panic unwinds: nobody receives it then.
        let _ = real.send(value);
        Ok(())
    }

    /// As tokio's `closed`.
    #[track_caller]
    pub fn closed(&mut self) -> impl Future<Output = ()> {
        let at = Location::caller();
        async move {
            let Self { real: Some(real), way, .. } = self else { return };
            if way.part.is_real_at(at) {
                return real.closed().await;
            }
            let mut turn = Turn::default();
            std::future::poll_fn(|context| way.poll(&mut turn, context, CLOSED, at)).await;
        }
    }

    /// As tokio's `poll_closed`.
    #[track_caller]
    pub fn poll_closed(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Self { real: Some(real), way, turn } = self else { return Poll::Ready(()) };
        if way.part.is_real() {
            return real.poll_closed(context);
        }
        way.poll(turn, context, CLOSED, Location::caller()).map(|_| ())
    }

    /// As tokio's `is_closed`.
    #[track_caller]
    pub fn is_closed(&self) -> bool {
        if self.way.part.is_real() {
            return self.real.as_ref().is_none_or(real::Sender::is_closed);
        }
        self.way.look(Shot::IsClosed, Location::caller(), Oneshot::is_closed)
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        if self.real.is_some() {
            self.way.drop_step(Shot::SenderDrop);
        }
    }
}

impl<T> Receiver<T> {
    /// As tokio's `close`.
    #[track_caller]
    pub fn close(&mut self) {
        if !self.way.part.is_real() && self.asks() {
            let there = self.way.step(Shot::Close, Location::caller()) == Outcome::Done;
            self.closed = Some(if there { Rest::Message } else { Rest::Nothing });
        }
        self.real.close();
    }

    /// Whether it still asks for what it will get: not once it has got it, and not once it was told.
    fn asks(&self) -> bool {
        !self.is_terminated() && self.closed.is_none()
    }

    /// As tokio's `is_terminated`.
    pub fn is_terminated(&self) -> bool {
        self.real.is_terminated()
    }

    /// As tokio's `is_empty`.
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        if self.way.part.is_real() || !self.asks() {
            return self.real.is_empty();
        }
        self.way.look(Shot::IsEmpty, Location::caller(), Oneshot::is_empty)
    }

    /// As tokio's `try_recv`.
    #[track_caller]
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        let tries = !self.way.part.is_real() && self.asks();
        if tries && self.way.step(Shot::TryRecv, Location::caller()) == Outcome::Failed {
            return Err(TryRecvError::Empty);
        }
        self.real.try_recv()
    }

    /// As tokio's `blocking_recv`.
    ///
    /// # Panics
    ///
    /// As tokio's, in a task, whose thread it would block.
    #[track_caller]
    pub fn blocking_recv(mut self) -> Result<T, RecvError> {
        if self.way.part.is_real() {
            // Its parts are taken out of it, since it has a `Drop`.
            let (_, closed) = real::channel();
            return std::mem::replace(&mut self.real, closed).blocking_recv();
        }
        assert!(!world::task::is_polling(), "blocking_recv blocks a thread that polls a task");
        if self.asks() {
            self.way.step(Shot::Recv, Location::caller());
        }
        self.take()
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

impl<T> Future for Receiver<T> {
    type Output = Result<T, RecvError>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.way.part.is_real() {
            return Pin::new(&mut self.real).poll(context);
        }
        let at = Location::caller();
        let this = &mut *self;
        if !this.asks() {
            return Poll::Ready(this.take());
        }
        let stepped = this.way.poll(&mut this.turn, context, [Shot::Recv, Shot::TryRecv], at);
        stepped.map(|_| this.take())
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

impl<T: fmt::Debug> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl<T: fmt::Debug> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
