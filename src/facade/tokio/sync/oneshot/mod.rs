//! `tokio::sync::oneshot`: tokio's own, in which the message stays, beside its part in the world that made it.

mod modelled;

use crate::world::{self, operation::At};
use ::tokio::sync::oneshot as real;
pub use ::tokio::sync::oneshot::error;
use error::{RecvError, TryRecvError};
use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

/// As tokio's own [`channel`](::tokio::sync::oneshot::channel).
#[inline]
#[track_caller]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let made = Location::caller();
    if world::is_real() {
        let (sender, receiver) = real::channel();
        return (Sender(Sends::Real(sender, made)), Receiver(Receives::Real(receiver, made)));
    }
    let (sender, receiver) = modelled::channel(made);
    (Sender(Sends::Modelled(Box::new(sender))), Receiver(Receives::Modelled(Box::new(receiver))))
}

/// As tokio's.
pub struct Sender<T>(Sends<T>);

/// As tokio's.
pub struct Receiver<T>(Receives<T>);

/// Two words, which is one more than tokio's own: what is larger is moved through memory in the real world.
enum Sends<T> {
    /// Tokio's own, and the line that made it.
    Real(real::Sender<T>, At),
    Modelled(Box<modelled::Sender<T>>),
}

/// As [`Sends`].
enum Receives<T> {
    Real(real::Receiver<T>, At),
    Modelled(Box<modelled::Receiver<T>>),
}

impl<T> Sender<T> {
    /// As tokio's `send`.
    #[inline]
    #[track_caller]
    pub fn send(self, value: T) -> Result<(), T> {
        let at = Location::caller();
        match self.0 {
            Sends::Real(real, made) => {
                world::used_in_real_world(made, at);
                real.send(value)
            }
            Sends::Modelled(sender) => sender.send(value, at),
        }
    }

    /// As tokio's `closed`.
    #[track_caller]
    pub fn closed(&mut self) -> impl Future<Output = ()> {
        let at = Location::caller();
        async move {
            match &mut self.0 {
                Sends::Real(real, made) => {
                    world::used_in_real_world(made, at);
                    real.closed().await;
                }
                Sends::Modelled(sender) => sender.closed(at).await,
            }
        }
    }

    /// As tokio's `poll_closed`.
    #[track_caller]
    pub fn poll_closed(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let at = Location::caller();
        match &mut self.0 {
            Sends::Real(real, made) => {
                world::used_in_real_world(made, at);
                real.poll_closed(context)
            }
            Sends::Modelled(sender) => sender.poll_closed(context, at),
        }
    }

    /// As tokio's `is_closed`.
    #[track_caller]
    pub fn is_closed(&self) -> bool {
        let at = Location::caller();
        match &self.0 {
            Sends::Real(real, made) => {
                world::used_in_real_world(made, at);
                real.is_closed()
            }
            Sends::Modelled(sender) => sender.is_closed(at),
        }
    }
}

impl<T> Receiver<T> {
    /// As tokio's `close`.
    #[track_caller]
    pub fn close(&mut self) {
        let at = Location::caller();
        match &mut self.0 {
            Receives::Real(real, made) => {
                world::used_in_real_world(made, at);
                real.close();
            }
            Receives::Modelled(receiver) => receiver.close(at),
        }
    }

    /// As tokio's `is_terminated`.
    pub fn is_terminated(&self) -> bool {
        match &self.0 {
            Receives::Real(real, _) => real.is_terminated(),
            Receives::Modelled(receiver) => receiver.is_terminated(),
        }
    }

    /// As tokio's `is_empty`.
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        let at = Location::caller();
        match &self.0 {
            Receives::Real(real, made) => {
                world::used_in_real_world(made, at);
                real.is_empty()
            }
            Receives::Modelled(receiver) => receiver.is_empty(at),
        }
    }

    /// As tokio's `try_recv`.
    #[track_caller]
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        let at = Location::caller();
        match &mut self.0 {
            Receives::Real(real, made) => {
                world::used_in_real_world(made, at);
                real.try_recv()
            }
            Receives::Modelled(receiver) => receiver.try_recv(at),
        }
    }

    /// As tokio's `blocking_recv`.
    ///
    /// # Panics
    ///
    /// As tokio's, in a task, whose thread it would block.
    #[track_caller]
    pub fn blocking_recv(self) -> Result<T, RecvError> {
        let at = Location::caller();
        match self.0 {
            Receives::Real(real, made) => {
                world::used_in_real_world(made, at);
                real.blocking_recv()
            }
            Receives::Modelled(receiver) => receiver.blocking_recv(at),
        }
    }
}

impl<T> Future for Receiver<T> {
    type Output = Result<T, RecvError>;

    #[inline]
    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let at = Location::caller();
        match &mut self.0 {
            Receives::Real(real, made) => {
                world::used_in_real_world(made, at);
                Pin::new(real).poll(context)
            }
            Receives::Modelled(receiver) => receiver.poll(context, at),
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
