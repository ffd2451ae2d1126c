//! A queue of messages with many senders and many receivers: crossbeam's channels with room, and its timers.
//!
//! Messages come in the order of the sends, whoever receives them, so sends race with each other and so do receives.
//! A send that a `select!` has chosen has its place before it has its message, which comes in another step.

mod relation;

pub use relation::relation;

use super::side::{Known, Side, known, learn};
use super::{Outcome, Step};
use crate::world::operation::Patience;
use std::collections::VecDeque;

/// When a message is there that is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum When {
    /// With the step that sends it.
    Now,
    /// With another step of its sender.
    Later,
}

/// What is done to a channel of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Belt {
    /// Sends, waiting for room.
    Send(When),
    /// Sends if there is room.
    TrySend(When),
    /// The message of this number is there.
    Fill(usize),
    /// A timer sends: at any time, or only when nothing else can go on.
    Fire(Patience),
    /// Takes the first message, waiting for one or the end.
    Recv,
    /// Takes the first message if there is one.
    TryRecv,
    /// Waits for the message of this number, which it has taken.
    Fetch(usize),
    /// Waits until a send need not wait.
    AwaitRoom,
    /// Waits until a receive need not wait.
    AwaitMessage,
    /// Asks whether a send need not wait.
    LookRoom,
    /// Asks whether a receive need not wait.
    LookMessage,
    /// Asks for its state.
    Query,
    /// One sender fewer; with whether it can be seen who drops the messages that are left.
    SenderDrop(bool),
    /// One receiver fewer, as that.
    ReceiverDrop(bool),
}

impl Belt {
    /// The word for it in a table of steps.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Send(_) => "send",
            Self::TrySend(_) => "try_send",
            Self::Fill(_) => "write into",
            Self::Fire(_) => "time is up for",
            Self::Recv => "recv",
            Self::TryRecv => "try_recv",
            Self::Fetch(_) => "read from",
            Self::AwaitRoom | Self::AwaitMessage => "wait for",
            Self::LookRoom | Self::LookMessage | Self::Query => "look at",
            Self::SenderDrop(_) => "drop sender",
            Self::ReceiverDrop(_) => "drop receiver",
        }
    }

    /// Whether there are states in which it waits.
    pub fn may_wait(self) -> bool {
        match self {
            Self::Send(_) | Self::Recv | Self::Fetch(_) | Self::AwaitRoom | Self::AwaitMessage => true,
            Self::Fire(patience) => patience == Patience::Bounded,
            _ => false,
        }
    }

    /// Whether it may wait until a panic has unwound.
    pub fn may_be_late(self) -> bool {
        matches!(self, Self::SenderDrop(_) | Self::ReceiverDrop(_))
    }

    /// Whether it changes nothing.
    pub fn looks(self) -> bool {
        matches!(self, Self::AwaitRoom | Self::LookRoom | Self::Query) || self.looks_for_a_message()
    }

    fn looks_for_a_message(self) -> bool {
        matches!(self, Self::AwaitMessage | Self::LookMessage)
    }

    /// Whether it is a send.
    fn sends(self) -> bool {
        matches!(self, Self::Send(_) | Self::TrySend(_) | Self::Fire(_))
    }

    /// Whether it is a receive.
    fn receives(self) -> bool {
        matches!(self, Self::Recv | Self::TryRecv)
    }
}

#[derive(Debug)]
struct Message {
    number: usize,
    when: When,
    send: Known,
}

/// Where a channel of this kind stands.
#[derive(Debug)]
pub struct Line {
    capacity: Option<usize>,
    messages: VecDeque<Message>,
    /// Messages that came behind their sends.
    filled: Vec<(usize, Known)>,
    sent: usize,
    /// The receives so far, to match the sends that they made room for.
    receives: Vec<Known>,
    senders: Side,
    receivers: Side,
    /// The number of the message that the last step sent or took, and when it is there.
    last: (usize, When),
}

impl Line {
    /// An empty channel with one sender and one receiver.
    pub fn new(capacity: Option<usize>) -> Self {
        Self {
            capacity,
            messages: VecDeque::new(),
            filled: Vec::new(),
            sent: 0,
            receives: Vec::new(),
            senders: Side::default(),
            receivers: Side::default(),
            last: (0, When::Now),
        }
    }

    /// One sender more: no step, since whoever clones a sender holds one.
    pub fn sender_clone(&mut self) {
        self.senders.add_one();
    }

    /// One receiver more.
    pub fn receiver_clone(&mut self) {
        self.receivers.add_one();
    }

    /// The number of the message that the last step sent or took, and when it is there.
    pub fn last(&self) -> (usize, When) {
        self.last
    }

    /// How many messages wait.
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    fn has_room(&self) -> bool {
        self.capacity.is_none_or(|capacity| self.messages.len() < capacity)
    }

    pub fn enabled(&self, kind: Belt) -> bool {
        match kind {
            Belt::Send(_) | Belt::AwaitRoom => self.receivers.is_gone() || self.has_room(),
            Belt::Recv | Belt::AwaitMessage => !self.messages.is_empty() || self.senders.is_gone(),
            Belt::Fetch(number) => self.filled.iter().any(|(filled, _)| *filled == number),
            Belt::Fire(patience) => patience == Patience::Endless,
            _ => true,
        }
    }

    pub fn apply(&mut self, kind: Belt, step: &mut Step<'_>) -> Outcome {
        match kind {
            Belt::Send(when) | Belt::TrySend(when) => self.send(when, step),
            Belt::Fire(_) => {
                self.push(When::Now, step);
                Outcome::Done
            }
            Belt::Recv | Belt::TryRecv => self.receive(step),
            Belt::Fill(number) => {
                self.filled.push((number, known(step)));
                Outcome::Done
            }
            Belt::Fetch(number) => {
                if let Some((_, fill)) = self.filled.iter().find(|(filled, _)| *filled == number) {
                    learn(step, fill);
                }
                Outcome::Done
            }
            Belt::SenderDrop(_) | Belt::ReceiverDrop(_) => {
                self.end_goes(kind, step);
                Outcome::Done
            }
            Belt::AwaitRoom | Belt::LookRoom if !self.enabled(Belt::AwaitRoom) => Outcome::Failed,
            Belt::AwaitMessage | Belt::LookMessage if !self.enabled(Belt::AwaitMessage) => Outcome::Failed,
            _ => Outcome::Done,
        }
    }

    fn send(&mut self, when: When, step: &mut Step<'_>) -> Outcome {
        if self.receivers.is_gone() {
            return self.receivers.end(step);
        }
        if !self.has_room() {
            return Outcome::Failed;
        }
        // The receive that made room, whose place it takes.
        if let Some(i) = self.capacity.and_then(|capacity| self.sent.checked_sub(capacity)) {
            learn(step, &self.receives[i]);
        }
        self.push(when, step);
        Outcome::Done
    }

    fn push(&mut self, when: When, step: &Step<'_>) {
        let number = self.sent;
        self.sent += 1;
        self.last = (number, when);
        self.messages.push_back(Message { number, when, send: known(step) });
    }

    fn receive(&mut self, step: &mut Step<'_>) -> Outcome {
        if let Some(message) = self.messages.pop_front() {
            learn(step, &message.send);
            self.last = (message.number, message.when);
            if self.capacity.is_some() {
                self.receives.push(known(step));
            }
            return Outcome::Done;
        }
        self.senders.end(step)
    }

    /// The last one is not told apart: which that is depends on an order that nobody sees, unless it drops messages.
    fn end_goes(&mut self, kind: Belt, step: &Step<'_>) {
        match kind {
            Belt::SenderDrop(_) => self.senders.drop_one(step),
            _ => self.receivers.drop_one(step),
        }
        if self.is_left() {
            self.messages.clear();
        }
    }

    /// Whether messages that are left are dropped: in an unbounded channel by the last receiver, in another one by the
    /// last of all.
    pub fn is_left(&self) -> bool {
        self.receivers.is_gone() && (self.capacity.is_none() || self.senders.is_gone())
    }
}
