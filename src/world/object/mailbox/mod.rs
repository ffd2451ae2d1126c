//! tokio's mpsc: a queue of messages, beside places that are handed out first come, first served.
//!
//! A send takes a place and puts its message in, in one step; a receive takes messages out and gives their places
//! back, in one. A send that finds no place joins those who wait, in the step of its first poll, and puts its message
//! in when its turn has come. A place that is given back is that of the first who waits.

mod relation;
mod room;

pub use relation::relation;

use super::{Outcome, Step};
use crate::world::clock::Clock;
use crate::world::operation::ObjectId;
use room::Room;
use std::collections::VecDeque;

/// What is done to it. A future that waits for a place is known by a name of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Mail {
    /// Sends where there is a place that nobody has had yet (`Queued` if there is none), or need not be one.
    Put,
    /// Sends if there is a place, or joins those who wait (`Queued`).
    Send(ObjectId),
    /// Waits for its turn, and sends.
    SendInTurn(ObjectId),
    /// Sends if its turn has come.
    SendIfTurn(ObjectId),
    /// Sends if there is a place.
    TrySend,
    /// Takes so many places, or joins those who wait (`Queued`).
    Reserve(usize, ObjectId),
    /// Waits for its turn.
    Wake(ObjectId),
    /// Asks whether its turn has come.
    Look(ObjectId),
    /// Is not polled any more: it waits no longer, and what it was handed goes to the next.
    Leave(ObjectId),
    /// Takes so many places if there are as many.
    TryReserve(usize),
    /// Sends into a place that was taken before.
    Fill,
    /// Gives so many places back that were taken before.
    GiveBack(usize),
    /// Receives as many messages at most, and waits for the first or for the end.
    Recv(usize),
    /// Receives as many messages at most, if there is one.
    TryRecv(usize),
    /// No more places are handed out.
    Close,
    /// As that, and nobody receives what is in it.
    ReceiverDrop,
    /// Waits until it is closed.
    AwaitClosed,
    /// Asks whether it is closed.
    LookClosed,
    /// One more sends; a step only where senders are counted.
    SenderNew,
    /// One more sends, if anybody still does.
    Upgrade,
    /// One fewer sends.
    SenderDrop,
    /// One more may send later, if anybody still does then; a step only where senders are counted.
    WeakNew,
    /// One fewer may.
    WeakDrop,
    /// Asks how many places or messages there are, or whether it is closed.
    Query,
    /// Asks how many send.
    Count,
}

impl Mail {
    /// The word for it in a table of steps.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Put | Self::Send(_) | Self::SendInTurn(_) | Self::SendIfTurn(_) | Self::Fill => "send",
            Self::TrySend => "try_send",
            Self::Reserve(..) => "reserve",
            Self::Wake(_) | Self::Look(_) => "get",
            Self::Leave(_) => "leave",
            Self::TryReserve(_) => "try_reserve",
            Self::GiveBack(_) => "release",
            Self::Recv(1) => "recv",
            Self::Recv(_) => "recv_many",
            Self::TryRecv(_) => "try_recv",
            Self::Close | Self::ReceiverDrop => "close",
            Self::AwaitClosed => "wait for the end of",
            Self::SenderNew => "clone sender",
            Self::Upgrade => "upgrade",
            Self::SenderDrop => "drop sender",
            Self::WeakNew => "downgrade",
            Self::WeakDrop => "drop weak sender",
            Self::LookClosed | Self::Query | Self::Count => "look at",
        }
    }

    /// Whether there are states in which it waits.
    pub fn may_wait(self) -> bool {
        matches!(self, Self::SendInTurn(_) | Self::Wake(_) | Self::Recv(_) | Self::AwaitClosed)
    }

    /// Whether it asks for what the step that it names has brought, and could have asked before that was there.
    pub fn asks(self) -> bool {
        match self {
            Self::Recv(many) => many > 1,
            Self::Send(_) | Self::SendIfTurn(_) | Self::TrySend | Self::TryRecv(_) => true,
            _ => matches!(self, Self::Reserve(..) | Self::Look(_) | Self::TryReserve(_)),
        }
    }

    /// Whether it may wait until a panic has unwound.
    pub fn may_be_late(self) -> bool {
        matches!(
            self,
            Self::Leave(_) | Self::GiveBack(_) | Self::ReceiverDrop | Self::SenderDrop | Self::WeakDrop
        )
    }

    /// Whether it takes places at the end of the queue, or joins that.
    fn enters(self) -> bool {
        let sends = matches!(self, Self::Put | Self::Send(_) | Self::TrySend);
        sends || matches!(self, Self::Reserve(..) | Self::TryReserve(_))
    }

    /// Whether it only looks.
    pub fn looks(self) -> bool {
        matches!(self, Self::AwaitClosed | Self::LookClosed | Self::Query | Self::Count)
    }

    /// Whether it may let a future go on that waits to do `waiting`, or hold it back again.
    pub fn affects(self, waiting: Self) -> bool {
        let counts = matches!(self, Self::SenderNew | Self::WeakNew | Self::WeakDrop);
        let ends = matches!(self, Self::SenderDrop | Self::Upgrade);
        !self.looks() && !counts && (!ends || matches!(waiting, Self::Recv(_)))
    }
}

/// What is in it, and who sends.
#[derive(Debug)]
pub struct Mailbox {
    /// None if there is a place for any number of messages.
    room: Option<Room>,
    /// The sends whose messages wait, and what their senders knew.
    messages: VecDeque<(usize, Clock)>,
    senders: usize,
    weak: usize,
    /// The drops of senders, and what they knew.
    drops: Vec<usize>,
    dropped: Clock,
    closed: Option<(usize, Clock)>,
}

impl Mailbox {
    pub fn new(capacity: Option<usize>) -> Self {
        Self {
            room: capacity.map(Room::new),
            messages: VecDeque::new(),
            senders: 1,
            weak: 0,
            drops: Vec::new(),
            dropped: Clock::default(),
            closed: None,
        }
    }

    /// How many messages are in it.
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// How many places are free.
    pub fn capacity(&self) -> usize {
        self.room.as_ref().map_or(usize::MAX, Room::free)
    }

    /// How many can send.
    pub fn senders(&self) -> usize {
        self.senders
    }

    /// How many could come to be able to.
    pub fn weak(&self) -> usize {
        self.weak
    }

    /// Whether no more places are handed out.
    pub fn is_closed(&self) -> bool {
        self.closed.is_some()
    }

    /// Whether no more places are handed out, or nobody asks for one.
    pub fn is_ended(&self) -> bool {
        self.is_closed() || self.senders == 0
    }

    /// One sender more: no step where nobody counts them, since whoever clones a sender holds one.
    pub fn sender_new(&mut self) {
        self.senders += 1;
    }

    /// One more weak sender, or one fewer; as above.
    pub fn weak_change(&mut self, more: bool) {
        self.weak = if more { self.weak + 1 } else { self.weak.saturating_sub(1) };
    }

    /// The futures whose turn it is.
    pub fn turns(&self) -> impl Iterator<Item = ObjectId> + '_ {
        self.room.iter().flat_map(Room::turns)
    }

    /// Whether it is closed, and nobody has a place to send into any more.
    fn is_idle(&self) -> bool {
        self.is_closed() && self.messages.is_empty() && self.room.as_ref().is_none_or(Room::is_idle)
    }

    pub fn enabled(&self, kind: Mail) -> bool {
        match kind {
            Mail::SendInTurn(name) | Mail::Wake(name) => {
                self.is_closed() || self.room.as_ref().is_some_and(|room| room.turn(name).is_some())
            }
            Mail::Recv(_) => !self.messages.is_empty() || self.senders == 0 || self.is_idle(),
            Mail::AwaitClosed => self.is_closed(),
            _ => true,
        }
    }

    /// What they knew who let a waiting step go on.
    pub fn news(&self, kind: Mail) -> Option<&Clock> {
        let closed = self.closed.as_ref().map(|(_, clock)| clock);
        match kind {
            Mail::Recv(_) => {
                let message = self.messages.front().map(|(_, clock)| clock);
                message.or(closed).or_else(|| (self.senders == 0).then_some(&self.dropped))
            }
            Mail::SendInTurn(name) | Mail::Wake(name) => {
                closed.or_else(|| self.room.as_ref()?.turn(name).map(|turn| &turn.clock))
            }
            _ => closed,
        }
    }

    pub fn apply(&mut self, kind: Mail, step: &mut Step<'_>) -> Outcome {
        match kind {
            _ if kind.enters() => self.enter(kind, step),
            Mail::SendInTurn(name) | Mail::SendIfTurn(name) | Mail::Wake(name) | Mail::Look(name) => {
                self.turn(kind, name, step)
            }
            Mail::Recv(many) | Mail::TryRecv(many) => self.receive(many, step),
            Mail::AwaitClosed | Mail::LookClosed => self.ended(step).unwrap_or(Outcome::Failed),
            Mail::Upgrade if self.senders == 0 => Outcome::Failed,
            _ => {
                self.change(kind, step);
                Outcome::Done
            }
        }
    }

    /// What cannot fail.
    fn change(&mut self, kind: Mail, step: &mut Step<'_>) {
        let closed = self.is_closed();
        match kind {
            Mail::Fill => self.push(step),
            Mail::GiveBack(many) => self.give(many, step),
            Mail::Leave(name) => {
                if let Some(room) = &mut self.room {
                    let many = room.leave(name, step);
                    room.give(many, closed, step);
                }
            }
            Mail::Close => self.close(step),
            Mail::ReceiverDrop => {
                self.close(step);
                let many = std::mem::take(&mut self.messages).len();
                self.give(many, step);
            }
            Mail::SenderNew | Mail::Upgrade => self.sender_new(),
            Mail::SenderDrop => {
                self.senders -= 1;
                self.drops.push(step.event);
                self.dropped.join(&step.knowledge.clock);
            }
            Mail::WeakNew | Mail::WeakDrop => self.weak_change(kind == Mail::WeakNew),
            _ => {
                if let Some((_, clock)) = &self.closed {
                    step.knowledge.clock.join(clock);
                }
                if self.senders == 0 {
                    step.knowledge.clock.join(&self.dropped);
                }
            }
        }
    }

    fn close(&mut self, step: &Step<'_>) {
        self.closed.get_or_insert((step.event, step.knowledge.clock.clone()));
    }

    fn give(&mut self, many: usize, step: &mut Step<'_>) {
        let closed = self.is_closed();
        if let Some(room) = &mut self.room {
            room.give(many, closed, step);
        }
    }

    fn push(&mut self, step: &Step<'_>) {
        self.messages.push_back((step.event, step.knowledge.clock.clone()));
    }

    /// `Ended` if it is closed.
    fn ended(&self, step: &mut Step<'_>) -> Option<Outcome> {
        let (close, clock) = self.closed.as_ref()?;
        step.after.push(*close);
        step.knowledge.clock.join(clock);
        Some(Outcome::Ended)
    }

    /// Takes places at the end of the queue.
    fn enter(&mut self, kind: Mail, step: &mut Step<'_>) -> Outcome {
        if let Some(ended) = self.ended(step) {
            return ended;
        }
        if let Some(room) = &mut self.room {
            let (many, name) = match kind {
                Mail::Put if room.has_fresh() => (1, None),
                Mail::Put => return Outcome::Queued,
                Mail::Send(name) => (1, Some(name)),
                Mail::Reserve(many, name) => (many, Some(name)),
                Mail::TryReserve(many) => (many, None),
                _ => (1, None),
            };
            if !room.take(many, step) {
                let Some(name) = name else { return Outcome::Failed };
                room.join(name, many);
                return Outcome::Queued;
            }
        }
        if matches!(kind, Mail::Put | Mail::Send(_) | Mail::TrySend) {
            self.push(step);
        }
        Outcome::Done
    }

    /// Takes what it was handed, if its turn has come.
    fn turn(&mut self, kind: Mail, name: ObjectId, step: &mut Step<'_>) -> Outcome {
        if let Some(ended) = self.ended(step) {
            return ended;
        }
        if !self.room.as_mut().is_some_and(|room| room.begin(name, step)) {
            return Outcome::Failed;
        }
        if matches!(kind, Mail::SendInTurn(_) | Mail::SendIfTurn(_)) {
            self.push(step);
        }
        Outcome::Done
    }

    /// `Together` if it has received fewer than it wanted.
    fn receive(&mut self, many: usize, step: &mut Step<'_>) -> Outcome {
        let there = many.min(self.messages.len());
        if there > 0 {
            let last = self.messages.drain(..there).fold(None, |_, (send, clock)| {
                step.knowledge.clock.join(&clock);
                Some(send)
            });
            // Messages come one behind the other: the last one stands for all.
            step.after.extend(last);
            self.give(there, step);
            return if there == many { Outcome::Done } else { Outcome::Together };
        }
        if self.is_idle() {
            return self.ended(step).expect("it is closed");
        }
        if self.senders == 0 {
            step.after.extend_from_slice(&self.drops);
            step.knowledge.clock.join(&self.dropped);
            return Outcome::Ended;
        }
        Outcome::Failed
    }
}
