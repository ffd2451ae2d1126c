//! The receivers.

use super::ends::ReceiverEnd;
use super::pipe::Pipe;
use crate::world::object::mailbox::{Mail, Mailbox};
use crate::world::operation::{At, Outcome};
use crate::world::task::Turn;
use ::tokio::sync::mpsc as real;
use real::error::TryRecvError;
use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// As tokio's.
pub struct Receiver<T>(pub(super) End<real::Receiver<T>>);

/// As tokio's.
pub struct UnboundedReceiver<T>(pub(super) End<real::UnboundedReceiver<T>>);

/// A receiver of tokio's, behind its part in the world that made it.
pub(super) struct End<R> {
    channel: ReceiverEnd,
    real: R,
    /// Of `poll_recv` and its like, which have no future of their own.
    turn: Turn,
}

/// A receiver of tokio's.
pub(super) trait Real {
    type Message;
    fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Option<Self::Message>>;
    fn poll_many(
        &mut self,
        context: &mut Context<'_>,
        to: &mut Vec<Self::Message>,
        many: usize,
    ) -> Poll<usize>;
    fn try_recv(&mut self) -> Result<Self::Message, TryRecvError>;
}

impl<R> End<R> {
    pub(super) fn new(pipe: Pipe, real: R) -> Self {
        Self { channel: ReceiverEnd(pipe), real, turn: Turn::default() }
    }

    fn pipe(&self) -> &Pipe {
        &self.channel.0
    }

    fn look<V: Default>(&self, at: At, read: impl FnOnce(&Mailbox) -> V) -> V {
        self.pipe().look(Mail::Query, at, read)
    }
}

impl<R: Real> End<R> {
    /// Takes out of tokio's channel what a step has received, up to so many.
    fn take(&mut self, outcome: Outcome, many: usize, mut to: impl FnMut(R::Message)) -> usize {
        let there = matches!(outcome, Outcome::Done | Outcome::Together);
        let messages = std::iter::from_fn(|| self.real.try_recv().ok());
        messages.take(if there { many } else { 0 }).map(&mut to).count()
    }

    fn take_one(&mut self, outcome: Outcome) -> Option<R::Message> {
        let mut taken = None;
        self.take(outcome, 1, |message| taken = Some(message));
        taken
    }

    fn poll_step(
        &mut self,
        turn: Option<&mut Turn>,
        context: &Context<'_>,
        many: usize,
        at: At,
    ) -> Poll<Outcome> {
        let Self { channel, turn: own, .. } = self;
        channel.0.poll(turn.unwrap_or(own), context, [Mail::Recv(many), Mail::TryRecv(many)], at)
    }

    #[inline]
    fn poll_recv(
        &mut self,
        turn: Option<&mut Turn>,
        context: &mut Context<'_>,
        at: At,
    ) -> Poll<Option<R::Message>> {
        if self.pipe().part.is_real_at(at) {
            return self.real.poll_recv(context);
        }
        self.poll_in_model(turn, context, at)
    }

    #[cold]
    fn poll_in_model(
        &mut self,
        turn: Option<&mut Turn>,
        context: &Context<'_>,
        at: At,
    ) -> Poll<Option<R::Message>> {
        let outcome = ready!(self.poll_step(turn, context, 1, at));
        Poll::Ready(self.take_one(outcome))
    }

    fn poll_many(
        &mut self,
        turn: Option<&mut Turn>,
        context: &mut Context<'_>,
        to: &mut Vec<R::Message>,
        many: usize,
        at: At,
    ) -> Poll<usize> {
        if self.pipe().part.is_real_at(at) {
            return self.real.poll_many(context, to, many);
        }
        if many == 0 {
            return Poll::Ready(0);
        }
        let outcome = ready!(self.poll_step(turn, context, many, at));
        Poll::Ready(self.take(outcome, many, |message| to.push(message)))
    }

    fn try_recv(&mut self, at: At) -> Result<R::Message, TryRecvError> {
        if self.pipe().part.is_real_at(at) {
            return self.real.try_recv();
        }
        match self.pipe().step(Mail::TryRecv(1), at) {
            Outcome::Failed => Err(TryRecvError::Empty),
            outcome => self.take_one(outcome).ok_or(TryRecvError::Disconnected),
        }
    }
}

/// The future of `recv`.
struct Recv<'a, R> {
    receiver: &'a mut End<R>,
    at: At,
    turn: Turn,
}

impl<R: Real> Future for Recv<'_, R> {
    type Output = Option<R::Message>;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { receiver, at, turn } = self.get_mut();
        receiver.poll_recv(Some(turn), context, at)
    }
}

/// The future of `recv_many`.
struct RecvMany<'a, 'b, R: Real> {
    receiver: &'a mut End<R>,
    to: &'b mut Vec<R::Message>,
    many: usize,
    at: At,
    turn: Turn,
}

impl<R: Real> Future for RecvMany<'_, '_, R> {
    type Output = usize;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<usize> {
        let Self { receiver, to, many, at, turn } = self.get_mut();
        receiver.poll_many(Some(turn), context, to, *many, at)
    }
}

macro_rules! receiver {
    ($receiver:ident) => {
        impl<T> Real for real::$receiver<T> {
            type Message = T;

            fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Option<T>> {
                self.poll_recv(context)
            }

            fn poll_many(&mut self, context: &mut Context<'_>, to: &mut Vec<T>, many: usize) -> Poll<usize> {
                self.poll_recv_many(context, to, many)
            }

            fn try_recv(&mut self) -> Result<T, TryRecvError> {
                self.try_recv()
            }
        }

        impl<T> $receiver<T> {
            /// As tokio's `recv`. In a model it is one step.
            #[track_caller]
            pub fn recv(&mut self) -> impl Future<Output = Option<T>> {
                Recv { receiver: &mut self.0, at: Location::caller(), turn: Turn::default() }
            }

            /// As tokio's `recv_many`. In a model it is one step.
            #[track_caller]
            pub fn recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> impl Future<Output = usize> {
                let (at, turn) = (Location::caller(), Turn::default());
                RecvMany { receiver: &mut self.0, to: buffer, many: limit, at, turn }
            }

            /// As tokio's `try_recv`.
            #[track_caller]
            pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
                self.0.try_recv(Location::caller())
            }

            /// As tokio's `blocking_recv`.
            #[track_caller]
            pub fn blocking_recv(&mut self) -> Option<T> {
                if self.0.pipe().part.is_real() {
                    return self.0.real.blocking_recv();
                }
                let outcome = self.0.pipe().step(Mail::Recv(1), Location::caller());
                self.0.take_one(outcome)
            }

            /// As tokio's `blocking_recv_many`.
            #[track_caller]
            pub fn blocking_recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
                if self.0.pipe().part.is_real() {
                    return self.0.real.blocking_recv_many(buffer, limit);
                }
                if limit == 0 {
                    return 0;
                }
                let outcome = self.0.pipe().step(Mail::Recv(limit), Location::caller());
                self.0.take(outcome, limit, |message| buffer.push(message))
            }

            /// As tokio's `poll_recv`.
            #[track_caller]
            pub fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Option<T>> {
                self.0.poll_recv(None, context, Location::caller())
            }

            /// As tokio's `poll_recv_many`.
            #[track_caller]
            pub fn poll_recv_many(
                &mut self,
                context: &mut Context<'_>,
                buffer: &mut Vec<T>,
                limit: usize,
            ) -> Poll<usize> {
                self.0.poll_many(None, context, buffer, limit, Location::caller())
            }

            /// As tokio's `close`.
            #[track_caller]
            pub fn close(&mut self) {
                if !self.0.pipe().part.is_real() {
                    self.0.pipe().step(Mail::Close, Location::caller());
                }
                self.0.real.close();
            }

            /// As tokio's `is_closed`.
            #[track_caller]
            pub fn is_closed(&self) -> bool {
                if self.0.pipe().part.is_real() {
                    return self.0.real.is_closed();
                }
                self.0.look(Location::caller(), Mailbox::is_ended)
            }

            /// As tokio's `is_empty`.
            #[track_caller]
            pub fn is_empty(&self) -> bool {
                if self.0.pipe().part.is_real() {
                    return self.0.real.is_empty();
                }
                self.0.look(Location::caller(), |mailbox| mailbox.len() == 0)
            }

            /// As tokio's `len`.
            #[track_caller]
            pub fn len(&self) -> usize {
                if self.0.pipe().part.is_real() {
                    return self.0.real.len();
                }
                self.0.look(Location::caller(), Mailbox::len)
            }

            /// As tokio's `sender_strong_count`.
            #[track_caller]
            pub fn sender_strong_count(&self) -> usize {
                if self.0.pipe().part.is_real() {
                    return self.0.real.sender_strong_count();
                }
                self.0.pipe().count(Location::caller(), Mailbox::senders)
            }

            /// As tokio's `sender_weak_count`.
            #[track_caller]
            pub fn sender_weak_count(&self) -> usize {
                if self.0.pipe().part.is_real() {
                    return self.0.real.sender_weak_count();
                }
                self.0.pipe().count(Location::caller(), Mailbox::weak)
            }
        }

        impl<T> fmt::Debug for $receiver<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.real.fmt(f)
            }
        }
    };
}

receiver!(Receiver);
receiver!(UnboundedReceiver);

impl<T> Receiver<T> {
    /// As tokio's `capacity`.
    #[track_caller]
    pub fn capacity(&self) -> usize {
        if self.0.pipe().part.is_real() {
            return self.0.real.capacity();
        }
        self.0.look(Location::caller(), Mailbox::capacity)
    }

    /// As tokio's `max_capacity`.
    pub fn max_capacity(&self) -> usize {
        self.0.real.max_capacity()
    }
}
