//! `tokio::sync::oneshot`.

use super::loom_queue::LoomQueue;
use crate::world::operation::{At, Kind};
use crate::world::{
    self, Part, Stepped,
    object::State,
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

type Shared = Arc<Part<LoomQueue>>;

/// As tokio's own [`channel`](::tokio::sync::oneshot::channel).
#[track_caller]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let at = Location::caller();
    let (sender, receiver) = real::channel();
    let state = || State::channel(Some(1));
    let part = Arc::new(Part::new(at, "oneshot", state, || LoomQueue::new(Some(1))));
    (
        Sender { real: Some(sender), part: Arc::clone(&part), made: at },
        Receiver { real: receiver, part, made: at, turn: Turn::default(), done: false },
    )
}

/// As tokio's.
pub struct Sender<T> {
    /// None once it has sent.
    real: Option<real::Sender<T>>,
    part: Shared,
    made: At,
}

/// As tokio's.
pub struct Receiver<T> {
    real: real::Receiver<T>,
    part: Shared,
    made: At,
    turn: Turn,
    done: bool,
}

fn modelled(part: &Part<LoomQueue>) -> bool {
    !world::is_real() && !matches!(part, Part::Real(_))
}

impl<T> Sender<T> {
    /// As tokio's `send`.
    ///
    /// # Panics
    ///
    /// Never: a sender sends once, since this takes it.
    #[track_caller]
    pub fn send(mut self, value: T) -> Result<(), T> {
        let real = self.real.take().expect("it sends once");
        let at = Location::caller();
        let _: Stepped<()> = world::step(&self.part, Kind::Send, at, |queue| queue.send(at));
        real.send(value)
    }

    /// As tokio's `is_closed`.
    #[track_caller]
    pub fn is_closed(&self) -> bool {
        let at = Location::caller();
        let _: Stepped<()> =
            world::step(&self.part, Kind::Query, at, |_| world::not_in_loom("is_closed", at));
        self.real.as_ref().is_none_or(real::Sender::is_closed)
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        if self.real.is_some() && modelled(&self.part) {
            let _: Stepped<()> = world::step(&self.part, Kind::SenderDrop, self.made, LoomQueue::sender_drop);
        }
    }
}

impl<T> Receiver<T> {
    /// As tokio's `try_recv`.
    #[track_caller]
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        let at = Location::caller();
        let _: Stepped<()> =
            world::step(&self.part, Kind::TryRecv, at, |_| world::not_in_loom("try_recv", at));
        self.real.try_recv()
    }

    /// As tokio's `close`.
    #[track_caller]
    pub fn close(&mut self) {
        let at = Location::caller();
        if modelled(&self.part) {
            let done = self.done;
            let _: Stepped<()> =
                world::step(&self.part, Kind::ReceiverClose, at, |queue| queue.close(done, at));
        }
        self.real.close();
    }

    /// As tokio's `blocking_recv`.
    #[track_caller]
    pub fn blocking_recv(mut self) -> Result<T, RecvError> {
        if !modelled(&self.part) {
            // Its parts are taken out of it, since it has a `Drop`.
            let (_, closed) = real::channel();
            return std::mem::replace(&mut self.real, closed).blocking_recv();
        }
        self.receive(Location::caller())
    }

    fn receive(&mut self, at: At) -> Result<T, RecvError> {
        let _: Stepped<()> = world::step(&self.part, Kind::Recv, at, LoomQueue::recv);
        self.take()
    }

    /// What the step has received.
    fn take(&mut self) -> Result<T, RecvError> {
        self.done = true;
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
        if world::is_real() {
            return Pin::new(&mut self.real).poll(context);
        }
        let at = Location::caller();
        let this = &mut *self;
        let waits = Waits { kind: Kind::Recv, attempt: Kind::TryRecv, at };
        let stepped: Poll<Stepped<()>> = this.turn.step(context, &this.part, waits, LoomQueue::recv);
        stepped.map(|_| this.take())
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        // After its message was taken, nobody can tell.
        if !self.done && modelled(&self.part) {
            let at = self.made;
            let _: Stepped<()> =
                world::step(&self.part, Kind::ReceiverClose, at, |queue| queue.close(false, at));
        }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
