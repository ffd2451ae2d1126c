//! The data of a channel without room in a model, which std's own cannot hold without a thread that waits.

use crate::world::object::rendezvous::Hand;
use crate::world::operation::{At, Kind, Outcome, Patience, ThreadId};
use crate::world::{self, Shared, Stepped};
use std::collections::VecDeque;
use std::sync::mpsc::{SendError, TryRecvError, TrySendError};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is offered, in the order of offers, and what was handed to the receiver that waits.
pub struct Rendezvous<T>(Mutex<Messages<T>>);

struct Messages<T> {
    offers: VecDeque<(ThreadId, T)>,
    handed: Option<T>,
}

fn step(part: &Shared<()>, hand: Hand, at: At) -> Outcome {
    let stepped = part.step(Kind::Hand(hand), at, |()| world::not_in_loom("std::sync::mpsc", at));
    // While its execution is given up, nobody is at the other end.
    if let Stepped::Model(outcome) = stepped { outcome } else { Outcome::Ended }
}

impl<T> Rendezvous<T> {
    /// A channel into which nothing was sent.
    pub fn new() -> Self {
        Self(Mutex::new(Messages { offers: VecDeque::new(), handed: None }))
    }

    /// Between two steps of a model nobody else is in here.
    fn messages(&self) -> MutexGuard<'_, Messages<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn send(&self, part: &Shared<()>, message: T, at: At) -> Result<(), SendError<T>> {
        match step(part, Hand::Offer, at) {
            Outcome::Together => {
                self.messages().handed = Some(message);
                return Ok(());
            }
            Outcome::Ended => return Err(SendError(message)),
            _ => {}
        }
        let me = world::current_thread();
        self.messages().offers.push_back((me, message));
        step(part, Hand::Taken, at);
        // Whoever took it has taken it out.
        let mut messages = self.messages();
        let mine = messages.offers.iter().position(|(sender, _)| *sender == me);
        match mine.and_then(|mine| messages.offers.remove(mine)) {
            Some((_, message)) => Err(SendError(message)),
            None => Ok(()),
        }
    }

    pub fn try_send(&self, part: &Shared<()>, message: T, at: At) -> Result<(), TrySendError<T>> {
        match step(part, Hand::TryOffer, at) {
            Outcome::Together => {
                self.messages().handed = Some(message);
                Ok(())
            }
            Outcome::Ended => Err(TrySendError::Disconnected(message)),
            _ => Err(TrySendError::Full(message)),
        }
    }

    /// Empty if time is up.
    pub fn recv(&self, part: &Shared<()>, patience: Patience, at: At) -> Result<T, TryRecvError> {
        if step(part, Hand::Arrive, at) == Outcome::Together {
            return self.taken();
        }
        match step(part, Hand::Take(patience), at) {
            Outcome::Done => self.messages().handed.take().ok_or(TryRecvError::Disconnected),
            Outcome::Ended => Err(TryRecvError::Disconnected),
            _ => Err(TryRecvError::Empty),
        }
    }

    pub fn try_recv(&self, part: &Shared<()>, at: At) -> Result<T, TryRecvError> {
        match step(part, Hand::TryTake, at) {
            Outcome::Together => self.taken(),
            Outcome::Ended => Err(TryRecvError::Disconnected),
            _ => Err(TryRecvError::Empty),
        }
    }

    fn taken(&self) -> Result<T, TryRecvError> {
        self.messages().offers.pop_front().map(|(_, message)| message).ok_or(TryRecvError::Disconnected)
    }
}
