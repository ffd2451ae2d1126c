//! A channel without room: a message goes from hand to hand, and a send returns when it was taken.
//!
//! A sender offers its message in one step, and waits in another until it was taken. A receiver takes the
//! offer that was made first, or joins those who wait, which a `try_send` must be able to tell.

use super::{Outcome, Step, ThreadId};
use crate::world::clock::Clock;
use crate::world::operation::{Patience, Relation};
use std::collections::VecDeque;

/// What is done to a channel of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Hand {
    /// Hands a message to a receiver that waits (`Together`), or offers it.
    Offer,
    /// Waits until its offer is taken, or nobody will take it.
    Taken,
    /// Hands a message to a receiver that waits (`Together`), if there is one.
    TryOffer,
    /// Takes what is offered (`Together`), or joins those who wait.
    Arrive,
    /// Having joined, waits for a message or the end.
    Take(Patience),
    /// Takes what is offered, if anything is.
    TryTake,
    /// One sender fewer.
    SenderDrop,
    /// Nothing is taken any more.
    Close,
}

impl Hand {
    /// The word for it in a table of steps.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Offer => "offer",
            Self::Taken => "hand over",
            Self::TryOffer => "try_send",
            Self::Arrive => "wait at",
            Self::Take(_) => "recv",
            Self::TryTake => "try_recv",
            Self::SenderDrop => "drop sender",
            Self::Close => "close",
        }
    }
}

/// How two steps on one channel relate, the first of them made first.
///
/// - Waiting to be taken, and waiting for a message, name the step that ended the wait (`Event::after`); but a
///   receiver whose time was up could have been handed what is offered later.
/// - That a sender goes is seen by whoever finds no message: by attempts, and by a wait, which names it.
/// - Whatever else meets could have come the other way round.
#[expect(clippy::match_same_arms, reason = "one rule a line")]
pub fn relation((a, a_out): (Hand, Outcome), (b, b_out): (Hand, Outcome)) -> Relation {
    use Hand::{Arrive, Close, Offer, SenderDrop, Take, Taken, TryOffer};
    use Relation::{Independent, Racing};
    let racing_if = |yes: bool| if yes { Racing } else { Independent };
    match (a, b) {
        (Taken, _) | (_, Taken) => Independent,
        (Take(_), Offer | TryOffer | SenderDrop) => racing_if(a_out == Outcome::Failed),
        (Offer | TryOffer, Take(_)) => racing_if(b_out == Outcome::Failed),
        (SenderDrop, Take(_) | Arrive | Offer | TryOffer | SenderDrop | Close)
        | (Arrive | Offer | TryOffer | Close, SenderDrop) => Independent,
        (TryOffer, TryOffer) => racing_if((a_out, b_out) != (Outcome::Failed, Outcome::Failed)),
        _ => Racing,
    }
}

/// A step that ended a wait, and what was known then.
type Ended = (usize, Clock);

/// Where a channel of this kind stands.
#[derive(Debug, Default)]
pub struct Rendezvous {
    offers: VecDeque<(ThreadId, Ended)>,
    /// Senders whose offer was taken, and by which step.
    taken: Vec<(ThreadId, Ended)>,
    /// Whether a receiver has joined those who wait, and what it knew.
    waiting: Option<Ended>,
    /// What was handed to the receiver that waits.
    handed: Option<Ended>,
    senders_gone: usize,
    senders: usize,
    drops: Vec<usize>,
    dropped: Clock,
    closed: Option<Ended>,
}

impl Rendezvous {
    /// A channel with one sender.
    pub fn new() -> Self {
        Self { senders: 1, ..Self::default() }
    }

    /// One sender more.
    pub fn sender_clone(&mut self) {
        self.senders += 1;
    }

    pub fn enabled(&self, thread: ThreadId, kind: Hand) -> bool {
        match kind {
            Hand::Taken => self.closed.is_some() || self.taken.iter().any(|(sender, _)| *sender == thread),
            Hand::Take(_) => self.handed.is_some() || self.senders == self.senders_gone,
            _ => true,
        }
    }

    pub fn apply(&mut self, kind: Hand, step: &mut Step<'_>) -> Outcome {
        match kind {
            Hand::Offer => {
                let outcome = self.hand(step);
                if outcome != Outcome::Failed {
                    return outcome;
                }
                self.offers.push_back((step.thread, (step.event, step.knowledge.clock.clone())));
                Outcome::Done
            }
            Hand::TryOffer => self.hand(step),
            Hand::Taken => self.was_taken(step),
            Hand::Arrive => {
                if self.take(step) == Outcome::Together {
                    return Outcome::Together;
                }
                self.waiting = Some((step.event, step.knowledge.clock.clone()));
                Outcome::Done
            }
            Hand::Take(_) => self.was_handed(step),
            Hand::TryTake => match self.take(step) {
                Outcome::Failed => self.end(step),
                outcome => outcome,
            },
            Hand::SenderDrop => {
                self.senders_gone += 1;
                self.drops.push(step.event);
                self.dropped.join(&step.knowledge.clock);
                Outcome::Done
            }
            Hand::Close => {
                self.closed.get_or_insert((step.event, step.knowledge.clock.clone()));
                Outcome::Done
            }
        }
    }

    /// To a receiver that waits: `Failed` if there is none, `Ended` if there will be none.
    fn hand(&mut self, step: &mut Step<'_>) -> Outcome {
        if let Some(closed) = &self.closed {
            learn(step, closed);
            return Outcome::Ended;
        }
        let Some(waiting) = self.waiting.take() else { return Outcome::Failed };
        learn(step, &waiting);
        self.handed = Some((step.event, step.knowledge.clock.clone()));
        Outcome::Together
    }

    fn was_taken(&mut self, step: &mut Step<'_>) -> Outcome {
        if let Some(mine) = self.taken.iter().position(|(sender, _)| *sender == step.thread) {
            learn(step, &self.taken.remove(mine).1);
            return Outcome::Done;
        }
        self.offers.retain(|(sender, _)| *sender != step.thread);
        if let Some(closed) = &self.closed {
            learn(step, closed);
        }
        Outcome::Ended
    }

    /// What was offered first.
    fn take(&mut self, step: &mut Step<'_>) -> Outcome {
        let Some((sender, offer)) = self.offers.pop_front() else { return Outcome::Failed };
        learn(step, &offer);
        self.taken.push((sender, (step.event, step.knowledge.clock.clone())));
        Outcome::Together
    }

    fn was_handed(&mut self, step: &mut Step<'_>) -> Outcome {
        self.waiting = None;
        match self.handed.take() {
            Some(handed) => {
                learn(step, &handed);
                Outcome::Done
            }
            // Without one, all senders are gone or time is up.
            None => self.end(step),
        }
    }

    fn end(&self, step: &mut Step<'_>) -> Outcome {
        if self.senders != self.senders_gone {
            return Outcome::Failed;
        }
        step.after.extend_from_slice(&self.drops);
        step.knowledge.clock.join(&self.dropped);
        Outcome::Ended
    }
}

fn learn(step: &mut Step<'_>, (event, clock): &Ended) {
    step.after.push(*event);
    step.knowledge.clock.join(clock);
}
