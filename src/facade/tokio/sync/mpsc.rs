//! `tokio::sync::mpsc`: bounded and unbounded.

use super::loom_queue::LoomQueue;
use crate::world::operation::{At, Kind};
use crate::world::{
    self, Part, Stepped, execution,
    object::State,
    task::{Turn, Waits},
};
use ::tokio::sync::mpsc as real;
pub use ::tokio::sync::mpsc::error;
use error::{SendError, TryRecvError, TrySendError};
use std::fmt;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// The part of a channel in the world that made it: its ends share it.
type Shared = Arc<Part<LoomQueue>>;

#[track_caller]
fn part(capacity: Option<usize>) -> Shared {
    let state = || State::channel(capacity);
    Arc::new(Part::new(Location::caller(), "channel", state, || LoomQueue::new(capacity)))
}

/// One sender more is no step: whoever clones a sender holds one.
fn sender_clone(part: &Part<LoomQueue>) {
    match part {
        Part::Real(_) => {}
        Part::Loom(queue, _) => queue.sender_clone(),
        Part::Model(place) => execution::with(|e| {
            if place.execution == e.number
                && let State::Channel(channel) = &mut e.objects[place.slot as usize].state
            {
                channel.sender_clone();
            }
        }),
    }
}

/// One sender fewer, which a model must see before tokio's own end is dropped.
fn sender_drop(part: &Part<LoomQueue>, at: At) {
    if !world::is_real() && !matches!(part, Part::Real(_)) {
        let _: Stepped<()> = world::step(part, Kind::SenderDrop, at, LoomQueue::sender_drop);
    }
}

/// As tokio's own [`channel`](::tokio::sync::mpsc::channel).
#[track_caller]
pub fn channel<T>(buffer: usize) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = real::channel(buffer);
    let part = part(Some(buffer));
    let at = Location::caller();
    (Sender { real: sender, part: Arc::clone(&part), made: at }, Receiver { real: receiver, part, made: at })
}

/// As tokio's own [`unbounded_channel`](::tokio::sync::mpsc::unbounded_channel).
#[track_caller]
pub fn unbounded_channel<T>() -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    let (sender, receiver) = real::unbounded_channel();
    let part = part(None);
    let at = Location::caller();
    (
        UnboundedSender { real: sender, part: Arc::clone(&part), made: at },
        UnboundedReceiver { real: receiver, part, made: at },
    )
}

macro_rules! ends {
    ($sender:ident, $receiver:ident) => {
        /// As tokio's.
        pub struct $sender<T> {
            real: real::$sender<T>,
            part: Shared,
            made: At,
        }

        /// As tokio's.
        pub struct $receiver<T> {
            real: real::$receiver<T>,
            part: Shared,
            made: At,
        }

        impl<T> Clone for $sender<T> {
            fn clone(&self) -> Self {
                sender_clone(&self.part);
                Self { real: self.real.clone(), part: Arc::clone(&self.part), made: self.made }
            }
        }

        impl<T> Drop for $sender<T> {
            fn drop(&mut self) {
                sender_drop(&self.part, self.made);
            }
        }

        impl<T> fmt::Debug for $sender<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.real.fmt(f)
            }
        }

        impl<T> $sender<T> {
            /// As tokio's `is_closed`.
            #[track_caller]
            pub fn is_closed(&self) -> bool {
                query(&self.part, Location::caller());
                self.real.is_closed()
            }

            /// As tokio's `same_channel`.
            pub fn same_channel(&self, other: &Self) -> bool {
                self.real.same_channel(&other.real)
            }
        }

        impl<T> $receiver<T> {
            /// As tokio's `recv`. In a model it is one step.
            #[track_caller]
            pub fn recv(&mut self) -> impl Future<Output = Option<T>> {
                Recv { receiver: self, at: Location::caller(), turn: Turn::default() }
            }

            /// As tokio's `try_recv`.
            #[track_caller]
            pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
                let at = Location::caller();
                let _: Stepped<()> = world::step(&self.part, Kind::TryRecv, at, |_| {
                    world::not_in_loom("try_recv", at);
                });
                self.real.try_recv()
            }

            /// As tokio's `close`.
            #[track_caller]
            pub fn close(&mut self) {
                close(&self.part, Location::caller());
                self.real.close();
            }

            /// As tokio's `is_empty`.
            #[track_caller]
            pub fn is_empty(&self) -> bool {
                query(&self.part, Location::caller());
                self.real.is_empty()
            }

            /// As tokio's `len`.
            #[track_caller]
            pub fn len(&self) -> usize {
                query(&self.part, Location::caller());
                self.real.len()
            }

            /// As tokio's `is_closed`.
            #[track_caller]
            pub fn is_closed(&self) -> bool {
                query(&self.part, Location::caller());
                self.real.is_closed()
            }
        }

        impl<T> Receive for $receiver<T> {
            type Message = T;

            fn part(&self) -> &Part<LoomQueue> {
                &self.part
            }

            fn poll_real(&mut self, context: &mut Context<'_>) -> Poll<Option<T>> {
                self.real.poll_recv(context)
            }
        }

        impl<T> Drop for $receiver<T> {
            fn drop(&mut self) {
                close(&self.part, self.made);
            }
        }

        impl<T> fmt::Debug for $receiver<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.real.fmt(f)
            }
        }
    };
}

ends!(Sender, Receiver);
ends!(UnboundedSender, UnboundedReceiver);

fn query(part: &Part<LoomQueue>, at: At) {
    let _: Stepped<()> = world::step(part, Kind::Query, at, |_| {
        world::not_in_loom("look at a channel's state", at);
    });
}

fn close(part: &Part<LoomQueue>, at: At) {
    if !world::is_real() && !matches!(part, Part::Real(_)) {
        let _: Stepped<()> = world::step(part, Kind::ReceiverClose, at, |queue| queue.close(false, at));
    }
}

impl<T> Sender<T> {
    /// As tokio's `send`. In a model it is one step.
    #[track_caller]
    pub fn send(&self, value: T) -> impl Future<Output = Result<(), SendError<T>>> {
        let at = Location::caller();
        async move {
            if world::is_real() {
                return self.real.send(value).await;
            }
            let waits = Waits { kind: Kind::Send, attempt: Kind::TrySend, at };
            let mut turn = Turn::default();
            let step =
                |context: &mut Context<'_>| turn.step(context, &self.part, waits, |queue| queue.send(at));
            let _: Stepped<()> = std::future::poll_fn(step).await;
            put(&self.real, value).map_err(|error| SendError(error.into_inner()))
        }
    }

    /// As tokio's `try_send`.
    #[track_caller]
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        let at = Location::caller();
        let _: Stepped<()> = world::step(&self.part, Kind::TrySend, at, |queue| queue.send(at));
        put(&self.real, value)
    }

    /// As tokio's `blocking_send`.
    #[track_caller]
    pub fn blocking_send(&self, value: T) -> Result<(), SendError<T>> {
        if world::is_real() {
            return self.real.blocking_send(value);
        }
        let at = Location::caller();
        let _: Stepped<()> = world::step(&self.part, Kind::Send, at, |queue| queue.send(at));
        put(&self.real, value).map_err(|error| SendError(error.into_inner()))
    }

    /// As tokio's `capacity`.
    #[track_caller]
    pub fn capacity(&self) -> usize {
        query(&self.part, Location::caller());
        self.real.capacity()
    }

    /// As tokio's `max_capacity`.
    pub fn max_capacity(&self) -> usize {
        self.real.max_capacity()
    }
}

/// In a model the step has made sure that tokio's channel stands as the model's does.
fn put<T>(real: &real::Sender<T>, value: T) -> Result<(), TrySendError<T>> {
    real.try_send(value)
}

impl<T> UnboundedSender<T> {
    /// As tokio's `send`.
    #[track_caller]
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        let at = Location::caller();
        let _: Stepped<()> = world::step(&self.part, Kind::Send, at, |queue| queue.send(at));
        self.real.send(value)
    }
}

/// The receiving end of either channel, for the one future that receives.
trait Receive {
    type Message;
    fn part(&self) -> &Part<LoomQueue>;
    fn poll_real(&mut self, context: &mut Context<'_>) -> Poll<Option<Self::Message>>;
}

/// The future of `recv`.
struct Recv<'a, R> {
    receiver: &'a mut R,
    at: At,
    turn: Turn,
}

impl<R: Receive> Future for Recv<'_, R> {
    type Output = Option<R::Message>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if !world::is_real() {
            let waits = Waits { kind: Kind::Recv, attempt: Kind::TryRecv, at: this.at };
            let stepped = this.turn.step(context, this.receiver.part(), waits, LoomQueue::recv);
            if stepped.is_pending() {
                return Poll::Pending;
            }
            return this.receiver.poll_real(&mut Context::from_waker(Waker::noop()));
        }
        this.receiver.poll_real(context)
    }
}

impl<T> Receiver<T> {
    /// As tokio's `blocking_recv`.
    #[track_caller]
    pub fn blocking_recv(&mut self) -> Option<T> {
        if world::is_real() {
            return self.real.blocking_recv();
        }
        let _: Stepped<()> = world::step(&self.part, Kind::Recv, Location::caller(), LoomQueue::recv);
        match pin!(self.real.recv()).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(message) => message,
            Poll::Pending => None,
        }
    }
}
