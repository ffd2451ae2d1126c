//! A channel without room between many senders and many receivers, as crossbeam's: a message goes from hand to hand.
//!
//! Who finds nobody on the other side stands there until somebody comes, first come, first met. A `select!` stands at
//! one of its channels only, and that in one branch of the search for each; or it waits for somebody who stands, and
//! then for nothing else. A message that a `select!` sends comes behind the step in which the two have met.

use super::belt::When;
use super::side::{Known, Side, known, learn};
use super::{Outcome, Step, ThreadId};
use crate::world::operation::Relation;
use std::collections::VecDeque;

/// What is done to a channel of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Meet {
    /// Meets the receiver who stands there first (`Together`), or stands there (`Queued`).
    Offer(When),
    /// Having offered, waits until it is met, or there are no receivers.
    Offered,
    /// Meets a receiver who stands there, waiting for one or the end.
    Give,
    /// Meets a receiver who stands there, if one does.
    TryGive(When),
    /// Meets the sender who stands there first (`Together`), or stands there (`Queued`).
    Ask,
    /// Having asked, waits until it is met, or there are no senders.
    Asked,
    /// Meets a sender who stands there, waiting for one or the end.
    Take,
    /// Meets a sender who stands there, if one does.
    TryTake,
    /// The message of this number is there.
    Fill(usize),
    /// Waits for the message of this number.
    Fetch(usize),
    /// Waits until a send would meet somebody, or the end.
    AwaitReceiver,
    /// Waits until a receive would meet somebody, or the end.
    AwaitSender,
    /// Asks whether a send would meet somebody, or the end.
    LookReceiver,
    /// Asks whether a receive would meet somebody, or the end.
    LookSender,
    /// One sender fewer.
    SenderDrop,
    /// One receiver fewer.
    ReceiverDrop,
}

impl Meet {
    /// The word for it in a table of steps.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Offer(_) => "offer",
            Self::Offered => "hand over",
            Self::Give => "send",
            Self::TryGive(_) => "try_send",
            Self::Ask => "wait at",
            Self::Asked | Self::Take => "recv",
            Self::TryTake => "try_recv",
            Self::Fill(_) => "write into",
            Self::Fetch(_) => "read from",
            Self::AwaitReceiver | Self::AwaitSender => "wait for",
            Self::LookReceiver | Self::LookSender => "look at",
            Self::SenderDrop => "drop sender",
            Self::ReceiverDrop => "drop receiver",
        }
    }

    /// Whether there are states in which it waits.
    pub fn may_wait(self) -> bool {
        let awaits = matches!(self, Self::AwaitReceiver | Self::AwaitSender | Self::Fetch(_));
        awaits || matches!(self, Self::Offered | Self::Asked | Self::Give | Self::Take)
    }

    /// Whether it may wait until a panic has unwound.
    pub fn may_be_late(self) -> bool {
        matches!(self, Self::SenderDrop | Self::ReceiverDrop)
    }

    /// Whether it changes nothing.
    pub fn looks(self) -> bool {
        let awaits = matches!(self, Self::AwaitReceiver | Self::AwaitSender);
        awaits || matches!(self, Self::LookReceiver | Self::LookSender)
    }

    /// Whether one who waits to do this would meet one who waits to do that, if one of them stood there.
    pub fn would_meet(self, other: Self) -> bool {
        match self {
            Self::Give => matches!(other, Self::Take | Self::AwaitSender),
            Self::Take => matches!(other, Self::Give | Self::AwaitReceiver),
            _ => false,
        }
    }

    /// Whether it comes, and meets somebody or not.
    fn comes(self) -> bool {
        let sends = matches!(self, Self::Offer(_) | Self::Give | Self::TryGive(_));
        sends || matches!(self, Self::Ask | Self::Take | Self::TryTake)
    }

    /// Whether it has stood there.
    fn stood(self) -> bool {
        matches!(self, Self::Offered | Self::Asked)
    }
}

/// How two steps on one channel relate, whichever was made first.
///
/// - Whoever comes meets whoever comes.
/// - Whoever has stood there names the step that ended the wait; but one whose time was up could have been met by who
///   comes later, or have come to know of the end.
/// - The end names all that brought it about, and meets attempts.
pub fn relation(first: (Meet, Outcome), second: (Meet, Outcome)) -> Relation {
    if meets(first, second) || meets(second, first) { Relation::Racing } else { Relation::Independent }
}

/// Whether the two meet, in the one way or the other.
fn meets((a, _): (Meet, Outcome), (b, b_out): (Meet, Outcome)) -> bool {
    use Meet::{Asked, Give, Offered, ReceiverDrop, SenderDrop, Take, TryGive, TryTake};
    let late = b_out == Outcome::Failed;
    match (a, b) {
        (a, b) if a.comes() && b.comes() => true,
        (a, b) if (a.comes() || a.stood()) && b.stood() => late,
        (SenderDrop, TryTake) | (ReceiverDrop, TryGive(_)) => true,
        (SenderDrop, Take | Asked) | (ReceiverDrop, Give | Offered) => late,
        (SenderDrop | ReceiverDrop, b) if b.looks() => true,
        (a, b) if a.looks() => b.comes() || b.stood(),
        _ => false,
    }
}

/// One who stands there, or has been met.
#[derive(Debug)]
struct Party {
    thread: ThreadId,
    /// The message, as far as it is known.
    message: (usize, When),
    step: Known,
}

/// Where a channel of this kind stands.
#[derive(Debug, Default)]
pub struct Meeting {
    offers: VecDeque<Party>,
    asks: VecDeque<Party>,
    /// Those who stood there and have been met, with the step by which they were.
    met: Vec<Party>,
    /// Messages that came behind the meeting.
    filled: Vec<(usize, Known)>,
    messages: usize,
    senders: Side,
    receivers: Side,
    last: Option<(usize, When)>,
}

impl Meeting {
    /// One sender more: no step, since whoever clones a sender holds one.
    pub fn sender_clone(&mut self) {
        self.senders.add_one();
    }

    /// One receiver more.
    pub fn receiver_clone(&mut self) {
        self.receivers.add_one();
    }

    /// The number of the message that the last step was about, and when it is there.
    pub fn last(&self) -> Option<(usize, When)> {
        self.last
    }

    pub fn enabled(&self, thread: ThreadId, kind: Meet) -> bool {
        let met = || self.met.iter().any(|party| party.thread == thread);
        match kind {
            Meet::Offered => met() || self.receivers.is_gone(),
            Meet::Asked => met() || self.senders.is_gone(),
            Meet::Give | Meet::AwaitReceiver => !self.asks.is_empty() || self.receivers.is_gone(),
            Meet::Take | Meet::AwaitSender => !self.offers.is_empty() || self.senders.is_gone(),
            Meet::Fetch(number) => self.filled.iter().any(|(filled, _)| *filled == number),
            _ => true,
        }
    }

    pub fn apply(&mut self, kind: Meet, step: &mut Step<'_>) -> Outcome {
        match kind {
            Meet::Offer(when) => self.give(when, step).unwrap_or_else(|| self.stand(Some(when), step)),
            Meet::Give => self.give(When::Later, step).unwrap_or_else(|| self.receivers.end(step)),
            Meet::TryGive(when) => self.give(when, step).unwrap_or_else(|| self.receivers.end(step)),
            Meet::Ask => self.take(step).unwrap_or_else(|| self.stand(None, step)),
            Meet::Take | Meet::TryTake => self.take(step).unwrap_or_else(|| self.senders.end(step)),
            Meet::Offered | Meet::Asked => self.was_met(kind, step),
            Meet::Fill(number) => {
                self.filled.push((number, known(step)));
                Outcome::Done
            }
            Meet::Fetch(number) => {
                if let Some((_, fill)) = self.filled.iter().find(|(filled, _)| *filled == number) {
                    learn(step, fill);
                }
                Outcome::Done
            }
            Meet::SenderDrop => {
                self.senders.drop_one(step);
                Outcome::Done
            }
            Meet::ReceiverDrop => {
                self.receivers.drop_one(step);
                Outcome::Done
            }
            Meet::AwaitReceiver | Meet::LookReceiver => {
                found(!self.asks.is_empty() || self.receivers.is_gone())
            }
            Meet::AwaitSender | Meet::LookSender => found(!self.offers.is_empty() || self.senders.is_gone()),
        }
    }

    fn message(&mut self, when: When) -> (usize, When) {
        self.messages += 1;
        (self.messages, when)
    }

    /// To the receiver who stands there first.
    fn give(&mut self, when: When, step: &mut Step<'_>) -> Option<Outcome> {
        let party = self.asks.pop_front()?;
        let message = self.message(when);
        Some(self.meet(party.thread, message, &party.step, step))
    }

    /// From the sender who stands there first.
    fn take(&mut self, step: &mut Step<'_>) -> Option<Outcome> {
        let party = self.offers.pop_front()?;
        Some(self.meet(party.thread, party.message, &party.step, step))
    }

    fn meet(
        &mut self,
        thread: ThreadId,
        message: (usize, When),
        stands: &Known,
        step: &mut Step<'_>,
    ) -> Outcome {
        learn(step, stands);
        self.last = Some(message);
        self.met.push(Party { thread, message, step: known(step) });
        Outcome::Together
    }

    /// A sender who has a message, or a receiver.
    fn stand(&mut self, offers: Option<When>, step: &Step<'_>) -> Outcome {
        let message = offers.map(|when| self.message(when));
        self.last = message;
        let message = message.unwrap_or((0, When::Now));
        let side = if offers.is_some() { &mut self.offers } else { &mut self.asks };
        side.push_back(Party { thread: step.thread, message, step: known(step) });
        Outcome::Queued
    }

    fn was_met(&mut self, kind: Meet, step: &mut Step<'_>) -> Outcome {
        if let Some(mine) = self.met.iter().position(|party| party.thread == step.thread) {
            let party = self.met.swap_remove(mine);
            learn(step, &party.step);
            self.last = Some(party.message);
            return Outcome::Together;
        }
        let (stand, others) = match kind {
            Meet::Offered => (&mut self.offers, &self.receivers),
            _ => (&mut self.asks, &self.senders),
        };
        if let Some(mine) = stand.iter().position(|party| party.thread == step.thread) {
            self.last = stand.remove(mine).map(|party| party.message);
        }
        // If there are others, time is up.
        others.end(step)
    }
}

fn found(found: bool) -> Outcome {
    if found { Outcome::Done } else { Outcome::Failed }
}
