//! A channel in a model: its part there, and its messages.
//!
//! Each message has a number, by which the step says which one it sends or takes. Between two steps of a model nobody
//! else is in here.

use super::clock::Clock;
use super::{RecvTimeoutError, SendTimeoutError, TryRecvError, TrySendError};
use crate::world::object::State;
use crate::world::object::belt::{Belt, When};
use crate::world::object::meeting::Meet;
use crate::world::operation::{At, Kind, Outcome, Patience};
use crate::world::{self, Part, Stepped, execution};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A channel in a model.
pub struct Line<T> {
    pub part: Part<()>,
    capacity: Option<usize>,
    /// The timer that sends into it, if one does.
    pub clock: Option<Clock<T>>,
    made: At,
    messages: Mutex<VecDeque<(usize, T)>>,
}

/// A step on a channel. While its execution is given up, and behind it, nobody is on the other side.
pub fn step(part: &Part<()>, kind: Kind, at: At) -> Outcome {
    let stepped = world::step(part, kind, at, |()| world::not_in_loom("crossbeam_channel", at));
    if let Stepped::Model(outcome) = stepped { outcome } else { Outcome::Ended }
}

/// The number of the message that the last step was about, and when it is there.
pub fn last(part: &Part<()>) -> (usize, When) {
    let last = |state: &State| match state {
        State::Belt(line) => Some(line.last()),
        State::Meeting(meeting) => meeting.last(),
        _ => None,
    };
    world::look(part, last).unwrap_or((0, When::Now))
}

fn patient<R>(patience: Option<Patience>, f: impl FnOnce() -> R) -> R {
    match patience {
        None | Some(Patience::Endless) => f(),
        Some(patience) => world::with_patience(patience, f),
    }
}

/// Looks whether messages that are dropped make steps, or panic.
struct Seen {
    made: At,
    /// Whether a panic goes on already that is none of theirs.
    unwinds: bool,
    /// How many events there were before, if nobody knows yet that they do.
    before: Option<usize>,
}

impl Seen {
    fn new(made: At, known: bool) -> Self {
        let unwinds = std::thread::panicking();
        Self { made, unwinds, before: (!known).then(|| execution::with(|e| e.trace.len())) }
    }
}

impl Drop for Seen {
    fn drop(&mut self) {
        let Some(before) = self.before else { return };
        let panics = std::thread::panicking() && !self.unwinds;
        let steps = execution::with(|e| {
            let mine = e.trace.get(before..).unwrap_or_default();
            mine.iter().any(|event| event.thread == e.current)
        });
        if panics || steps {
            execution::with(|e| e.expose(self.made));
        }
        if steps && !std::thread::panicking() {
            world::panic::give_up();
        }
    }
}

impl<T> Line<T> {
    pub fn new(noun: &'static str, capacity: Option<usize>, clock: Option<Clock<T>>, made: At) -> Arc<Self> {
        let state = || if capacity == Some(0) { State::meeting() } else { State::belt(capacity) };
        let part = Part::new(made, noun, state, || ());
        Arc::new(Self { part, capacity, clock, made, messages: Mutex::default() })
    }

    /// It, unless it is used where no model runs: the real world has no such channel.
    pub fn of_this_world(&self, at: At) -> &Self {
        if self.part.is_real_at(at) {
            world::panic::give_up();
        }
        self
    }

    /// Whether it has no room.
    pub fn is_zero(&self) -> bool {
        self.capacity == Some(0)
    }

    fn messages(&self) -> MutexGuard<'_, VecDeque<(usize, T)>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The message of this number is there.
    pub fn put(&self, number: usize, message: T) {
        self.messages().push_back((number, message));
    }

    fn take(&self, number: usize) -> Option<T> {
        let mut messages = self.messages();
        let place = messages.iter().position(|(other, _)| *other == number)?;
        messages.remove(place).map(|(_, message)| message)
    }

    /// The message of this number, which is taken, and which may have to be waited for.
    pub fn fetch(self: &Arc<Self>, (number, when): (usize, When), at: At) -> Option<T> {
        if when == When::Later {
            let kind = if self.is_zero() {
                Kind::Meet(Meet::Fetch(number))
            } else {
                Kind::Belt(Belt::Fetch(number))
            };
            step(&self.part, kind, at);
        }
        let message = self.take(number);
        if let (Some(_), Some(clock)) = (&message, &self.clock) {
            clock.received(self);
        }
        message
    }

    /// The message of this number is there, which comes behind its send.
    pub fn fill(&self, number: usize, message: T, at: At) {
        self.put(number, message);
        let kind =
            if self.is_zero() { Kind::Meet(Meet::Fill(number)) } else { Kind::Belt(Belt::Fill(number)) };
        step(&self.part, kind, at);
    }

    pub fn send(&self, message: T, patience: Option<Patience>, at: At) -> Result<(), SendTimeoutError<T>> {
        if self.is_zero() {
            return self.offer(message, patience, at);
        }
        let send = || step(&self.part, Kind::Belt(Belt::Send(When::Now)), at);
        match patient(patience, send) {
            Outcome::Done => {
                self.put(last(&self.part).0, message);
                Ok(())
            }
            Outcome::Failed => Err(SendTimeoutError::Timeout(message)),
            _ => Err(SendTimeoutError::Disconnected(message)),
        }
    }

    fn offer(&self, message: T, patience: Option<Patience>, at: At) -> Result<(), SendTimeoutError<T>> {
        let offered = step(&self.part, Kind::Meet(Meet::Offer(When::Now)), at);
        if offered == Outcome::Ended {
            return Err(SendTimeoutError::Disconnected(message));
        }
        let (number, _) = last(&self.part);
        self.put(number, message);
        if offered == Outcome::Together {
            return Ok(());
        }
        let outcome = patient(patience, || step(&self.part, Kind::Meet(Meet::Offered), at));
        // Whoever has met it has taken it, or will.
        let left = if outcome == Outcome::Together { None } else { self.take(number) };
        match left {
            None => Ok(()),
            Some(message) if outcome == Outcome::Failed => Err(SendTimeoutError::Timeout(message)),
            Some(message) => Err(SendTimeoutError::Disconnected(message)),
        }
    }

    pub fn try_send(&self, message: T, at: At) -> Result<(), TrySendError<T>> {
        let kind = if self.is_zero() {
            Kind::Meet(Meet::TryGive(When::Now))
        } else {
            Kind::Belt(Belt::TrySend(When::Now))
        };
        match step(&self.part, kind, at) {
            Outcome::Done | Outcome::Together => {
                self.put(last(&self.part).0, message);
                Ok(())
            }
            Outcome::Failed => Err(TrySendError::Full(message)),
            _ => Err(TrySendError::Disconnected(message)),
        }
    }

    pub fn recv(self: &Arc<Self>, patience: Option<Patience>, at: At) -> Result<T, RecvTimeoutError> {
        let mut outcome = Outcome::Queued;
        if self.is_zero() {
            outcome = step(&self.part, Kind::Meet(Meet::Ask), at);
        }
        if outcome == Outcome::Queued {
            let kind = if self.is_zero() { Kind::Meet(Meet::Asked) } else { Kind::Belt(Belt::Recv) };
            outcome = patient(patience, || step(&self.part, kind, at));
        }
        self.taken(outcome, at).map_err(|error| match error {
            TryRecvError::Empty => RecvTimeoutError::Timeout,
            TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
        })
    }

    pub fn try_recv(self: &Arc<Self>, at: At) -> Result<T, TryRecvError> {
        let kind = if self.is_zero() { Kind::Meet(Meet::TryTake) } else { Kind::Belt(Belt::TryRecv) };
        let outcome = step(&self.part, kind, at);
        self.taken(outcome, at)
    }

    fn taken(self: &Arc<Self>, outcome: Outcome, at: At) -> Result<T, TryRecvError> {
        match outcome {
            Outcome::Done | Outcome::Together => {
                self.fetch(last(&self.part), at).ok_or(TryRecvError::Disconnected)
            }
            Outcome::Failed => Err(TryRecvError::Empty),
            _ => Err(TryRecvError::Disconnected),
        }
    }

    /// How many messages wait in it.
    pub fn len(&self, at: At) -> usize {
        if self.is_zero() {
            return 0;
        }
        step(&self.part, Kind::Belt(Belt::Query), at);
        let len = |state: &State| if let State::Belt(line) = state { Some(line.len()) } else { None };
        world::look(&self.part, len).unwrap_or(0)
    }

    /// Whether a send would wait, if there are receivers; with a timer, whether its message is there.
    pub fn is_full(&self, at: At) -> bool {
        match self.capacity() {
            None => false,
            Some(0) => true,
            Some(capacity) => self.len(at) == capacity,
        }
    }

    pub fn capacity(&self) -> Option<usize> {
        if self.clock.is_some() { Some(1) } else { self.capacity }
    }

    /// One handle more is no step: whoever clones one holds one.
    pub fn one_more(&self, sender: bool) {
        let Part::Model(place) = &self.part else { return };
        execution::with(|e| {
            if !e.made(*place) {
                return;
            }
            match (&mut e.objects[place.slot as usize].state, sender) {
                (State::Belt(line), true) => line.sender_clone(),
                (State::Belt(line), false) => line.receiver_clone(),
                (State::Meeting(meeting), true) => meeting.sender_clone(),
                (State::Meeting(meeting), false) => meeting.receiver_clone(),
                _ => {}
            }
        });
    }

    /// A handle goes. If it is the last, the messages that are left go with it.
    ///
    /// Which is the last is seen only where a message makes steps when it is dropped. Then the search begins anew,
    /// with each order in which the handles of a channel of this line may go.
    pub fn one_fewer(&self, sender: bool) {
        let eager = || !world::is_real() && execution::with(|e| e.sites.is_eager(self.made));
        let seen = std::mem::needs_drop::<T>() && eager();
        let kind = match (self.is_zero(), sender) {
            (true, true) => Kind::Meet(Meet::SenderDrop),
            (true, false) => Kind::Meet(Meet::ReceiverDrop),
            // In an unbounded channel the last receiver drops them.
            (false, true) => Kind::Belt(Belt::SenderDrop(seen && self.capacity.is_some())),
            (false, false) => Kind::Belt(Belt::ReceiverDrop(seen)),
        };
        let stepped = world::step(&self.part, kind, self.made, |()| {
            world::not_in_loom("crossbeam_channel", self.made);
        });
        let is_left = |state: &State| matches!(state, State::Belt(line) if line.is_left()).then_some(());
        if let (Stepped::Model(_), Some(())) = (stepped, world::look(&self.part, is_left)) {
            let _seen = Seen::new(self.made, seen);
            let left = std::mem::take(&mut *self.messages());
            drop(left);
        }
    }
}
