//! `std::sync::mpsc`: std's channels, beside their part in the world that made them.
//!
//! Loom's world has none of these: undecided, with its line.

use super::rendezvous::Rendezvous;
use crate::world::object::{State, rendezvous::Hand};
use crate::world::operation::{At, Kind, Patience};
use crate::world::{self, Part, Shared, Stepped, choice, execution};
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::sync::mpsc as std_mpsc;
pub use std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};
use std::time::Duration;

#[track_caller]
fn part(capacity: Option<usize>) -> Shared<()> {
    Shared::new(Location::caller(), "channel", || State::channel(capacity), || ())
}

fn step(part: &Shared<()>, kind: Kind, at: At) {
    let _: Stepped<()> = part.step(kind, at, |()| world::not_in_loom("std::sync::mpsc", at));
}

/// One sender more is no step: whoever clones a sender holds one.
fn sender_clone(part: &Shared<()>) {
    if let Some(Part::Model(place)) = part.part() {
        execution::with(|e| {
            if e.made(*place) {
                match &mut e.objects[place.slot as usize].state {
                    State::Channel(channel) => channel.sender_clone(),
                    State::Rendezvous(channel) => channel.sender_clone(),
                    _ => {}
                }
            }
        });
    }
}

/// An end goes, which a model must see before std's own end is dropped.
fn end(part: &Shared<()>, kind: Kind) {
    if part.is_modelled() {
        step(part, kind, part.made());
    }
}

/// As [`std::sync::mpsc::channel`].
///
/// ```
/// use raceproof::sync::mpsc;
///
/// let (sender, receiver) = mpsc::channel();
/// raceproof::thread::spawn(move || sender.send(1)).join().unwrap().unwrap();
/// assert_eq!(receiver.iter().collect::<Vec<_>>(), [1]);
/// ```
#[must_use]
#[track_caller]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = std_mpsc::channel();
    let part = part(None);
    (Sender { real: sender, part: part.clone(), hands: None }, Receiver { real: receiver, part, hands: None })
}

/// As [`std::sync::mpsc::sync_channel`].
#[must_use]
#[track_caller]
pub fn sync_channel<T>(bound: usize) -> (SyncSender<T>, Receiver<T>) {
    let (sender, receiver) = std_mpsc::sync_channel(bound);
    let (part, hands) = if bound == 0 && !world::is_real() {
        let part = Shared::new(Location::caller(), "channel", State::rendezvous, || ());
        (part, Some(Arc::new(Rendezvous::new())))
    } else {
        (part(Some(bound)), None)
    };
    (
        SyncSender { real: sender, part: part.clone(), hands: hands.clone() },
        Receiver { real: receiver, part, hands },
    )
}

macro_rules! sender {
    ($sender:ident) => {
        /// As std's.
        pub struct $sender<T> {
            real: std_mpsc::$sender<T>,
            part: Shared<()>,
            hands: Option<Arc<Rendezvous<T>>>,
        }

        impl<T> Clone for $sender<T> {
            fn clone(&self) -> Self {
                sender_clone(&self.part);
                Self { real: self.real.clone(), part: self.part.clone(), hands: self.hands.clone() }
            }
        }

        impl<T> Drop for $sender<T> {
            fn drop(&mut self) {
                let kind = if self.hands.is_some() { Kind::Hand(Hand::SenderDrop) } else { Kind::SenderDrop };
                end(&self.part, kind);
            }
        }

        impl<T> fmt::Debug for $sender<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.real.fmt(f)
            }
        }
    };
}

sender!(Sender);
sender!(SyncSender);

impl<T> Sender<T> {
    /// As [`std::sync::mpsc::Sender::send`].
    #[inline]
    #[track_caller]
    pub fn send(&self, t: T) -> Result<(), SendError<T>> {
        if !self.part.is_real() {
            step(&self.part, Kind::Send, Location::caller());
        }
        self.real.send(t)
    }
}

impl<T> SyncSender<T> {
    /// As [`std::sync::mpsc::SyncSender::send`].
    #[inline]
    #[track_caller]
    pub fn send(&self, t: T) -> Result<(), SendError<T>> {
        if self.part.is_real() {
            return self.real.send(t);
        }
        if let Some(hands) = &self.hands {
            return hands.send(&self.part, t, Location::caller());
        }
        step(&self.part, Kind::Send, Location::caller());
        // The step has waited for room.
        self.real.try_send(t).map_err(|error| match error {
            TrySendError::Full(t) | TrySendError::Disconnected(t) => SendError(t),
        })
    }

    /// As [`std::sync::mpsc::SyncSender::try_send`].
    #[inline]
    #[track_caller]
    pub fn try_send(&self, t: T) -> Result<(), TrySendError<T>> {
        if self.part.is_real() {
            return self.real.try_send(t);
        }
        if let Some(hands) = &self.hands {
            return hands.try_send(&self.part, t, Location::caller());
        }
        step(&self.part, Kind::TrySend, Location::caller());
        self.real.try_send(t)
    }
}

/// As [`std::sync::mpsc::Receiver`].
pub struct Receiver<T> {
    real: std_mpsc::Receiver<T>,
    part: Shared<()>,
    hands: Option<Arc<Rendezvous<T>>>,
}

/// As [`std::sync::mpsc::Iter`].
#[derive(Debug)]
pub struct Iter<'a, T>(&'a Receiver<T>, At);

/// As [`std::sync::mpsc::TryIter`].
#[derive(Debug)]
pub struct TryIter<'a, T>(&'a Receiver<T>, At);

/// As [`std::sync::mpsc::IntoIter`].
#[derive(Debug)]
pub struct IntoIter<T>(Receiver<T>, At);

impl<T> Receiver<T> {
    /// As [`std::sync::mpsc::Receiver::recv`].
    #[inline]
    #[track_caller]
    pub fn recv(&self) -> Result<T, RecvError> {
        self.recv_at(Location::caller())
    }

    /// As [`std::sync::mpsc::Receiver::try_recv`].
    #[inline]
    #[track_caller]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.try_recv_at(Location::caller())
    }

    /// As [`std::sync::mpsc::Receiver::recv_timeout`]. In a model it times out once a thread and line,
    /// whatever the timeout is, and from then on when nothing else can go on.
    #[track_caller]
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        if self.part.is_real() {
            return self.real.recv_timeout(timeout);
        }
        let (at, begin) = (Location::caller(), world::time::begin());
        let received = match choice::once(2, at, choice::TIMEOUT) {
            // Time is up now, or a message is there.
            Some(1) => self.try_recv_at(at),
            Some(_) => self.wait(Patience::Covered, at),
            None => self.wait(Patience::Bounded, at),
        };
        received.map_err(|error| match error {
            TryRecvError::Empty => {
                world::time::pass(begin, timeout);
                RecvTimeoutError::Timeout
            }
            TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
        })
    }

    /// As [`std::sync::mpsc::Receiver::iter`].
    #[track_caller]
    pub fn iter(&self) -> Iter<'_, T> {
        Iter(self, Location::caller())
    }

    /// As [`std::sync::mpsc::Receiver::try_iter`].
    #[track_caller]
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter(self, Location::caller())
    }

    #[inline]
    fn recv_at(&self, at: At) -> Result<T, RecvError> {
        if self.part.is_real() {
            return self.real.recv();
        }
        self.wait(Patience::Endless, at).map_err(|_| RecvError)
    }

    /// Waits as a model does; empty if time is up.
    #[cold]
    fn wait(&self, patience: Patience, at: At) -> Result<T, TryRecvError> {
        if let Some(hands) = &self.hands {
            return hands.recv(&self.part, patience, at);
        }
        world::with_patience(patience, || step(&self.part, Kind::Recv, at));
        self.real.try_recv()
    }

    #[inline]
    fn try_recv_at(&self, at: At) -> Result<T, TryRecvError> {
        if self.part.is_real() {
            return self.real.try_recv();
        }
        if let Some(hands) = &self.hands {
            return hands.try_recv(&self.part, at);
        }
        step(&self.part, Kind::TryRecv, at);
        self.real.try_recv()
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let kind = if self.hands.is_some() { Kind::Hand(Hand::Close) } else { Kind::ReceiverClose };
        end(&self.part, kind);
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.real.fmt(f)
    }
}

crate::facade::receiver_iter::iterates!(Receiver);
