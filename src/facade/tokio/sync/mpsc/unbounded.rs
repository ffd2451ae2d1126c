//! The senders of a channel with a place for any number of messages.

use super::ends::{SenderEnd, WeakEnd, sender};
use super::pipe::Pipe;
use super::receiver::{End, UnboundedReceiver};
use crate::world::object::mailbox::{Mail, Mailbox};
use crate::world::operation::Outcome;
use ::tokio::sync::mpsc as real;
use real::error::SendError;
use std::fmt;
use std::panic::Location;

/// As tokio's own [`unbounded_channel`](::tokio::sync::mpsc::unbounded_channel).
#[track_caller]
pub fn unbounded_channel<T>() -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    let (sender, receiver) = real::unbounded_channel();
    let pipe = Pipe::new(None);
    let end = SenderEnd(pipe.clone());
    (UnboundedSender { end, real: sender }, UnboundedReceiver(End::new(pipe, receiver)))
}

/// As tokio's.
pub struct UnboundedSender<T> {
    end: SenderEnd,
    real: real::UnboundedSender<T>,
}

/// As tokio's.
pub struct WeakUnboundedSender<T> {
    end: WeakEnd,
    real: real::WeakUnboundedSender<T>,
}

impl<T> UnboundedSender<T> {
    /// As tokio's `send`.
    #[track_caller]
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        if self.end.0.part.is_real() {
            return self.real.send(message);
        }
        if self.end.0.step(Mail::Put, Location::caller()) == Outcome::Ended {
            return Err(SendError(message));
        }
        // Tokio's own may be closed already, while a panic unwinds: nobody receives it then.
        let _ = self.real.send(message);
        Ok(())
    }
}

sender!(UnboundedSender, WeakUnboundedSender);
