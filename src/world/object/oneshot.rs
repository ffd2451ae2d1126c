//! tokio's oneshot: at most one message, of one sender, to one receiver.
//!
//! What the receiver will get is decided when it closes: it is told by that step, and asks no more. So a close wakes
//! nobody who waits for the message, as tokio's does not.
//!
//! Tokio's close releases nothing: whoever only sees it knows nothing of what came before. To be woken by it is another
//! matter.

use super::{Outcome, Step};
use crate::world::clock::Clock;
use crate::world::operation::Relation;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Shot {
    /// Sends, or finds it closed (`Ended`).
    Send,
    /// Goes without having sent.
    SenderDrop,
    /// Waits for the message, or for the end of its sender (`Ended`).
    Recv,
    /// Receives the message if it is there (`Failed` if it may still come).
    TryRecv,
    /// Takes no message any more but the one that is there; `Ended` if there is none.
    Close,
    /// As that, and nobody receives it.
    ReceiverDrop,
    /// Waits until it is closed.
    AwaitClosed,
    /// Asks whether it is closed (`Failed` if not), to wait for it.
    LookClosed,
    /// Asks whether it is closed.
    IsClosed,
    /// Asks whether there is no message.
    IsEmpty,
}

impl Shot {
    /// The word for it in a table of steps.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::SenderDrop => "drop sender",
            Self::Recv => "recv",
            Self::TryRecv => "try_recv",
            Self::Close | Self::ReceiverDrop => "close",
            Self::AwaitClosed => "wait for the end of",
            Self::LookClosed | Self::IsClosed | Self::IsEmpty => "look at",
        }
    }

    /// Whether there are states in which it waits.
    pub fn may_wait(self) -> bool {
        matches!(self, Self::Recv | Self::AwaitClosed)
    }

    /// Whether it may wait until a panic has unwound.
    pub fn may_be_late(self) -> bool {
        matches!(self, Self::SenderDrop | Self::ReceiverDrop)
    }

    /// Whether it only looks.
    pub fn looks(self) -> bool {
        matches!(self, Self::AwaitClosed | Self::LookClosed | Self::IsClosed | Self::IsEmpty)
    }

    /// Whether it may let a future go on that waits to do `waiting`.
    pub fn affects(self, waiting: Self) -> bool {
        match waiting {
            Self::Recv => matches!(self, Self::Send | Self::SenderDrop),
            _ => matches!(self, Self::Close | Self::ReceiverDrop),
        }
    }

    fn is_of_sender(self) -> bool {
        let asks = matches!(self, Self::AwaitClosed | Self::LookClosed | Self::IsClosed);
        asks || matches!(self, Self::Send | Self::SenderDrop)
    }
}

/// How two steps on one of these relate, whichever is made first.
///
/// - A receive names the step that it waited for, and so does the wait for the close.
/// - A sender that goes is seen by a `try_recv`, and by a close: its receiver was woken, or not. A receiver that goes
///   cannot tell.
/// - One end is one thread's at a time: what is done to it comes in one order, unless it only looks.
pub fn relation(a: Shot, b: Shot) -> Relation {
    if meets(a, b) || meets(b, a) { Relation::Racing } else { Relation::Independent }
}

fn meets(a: Shot, b: Shot) -> bool {
    match (a, b) {
        (Shot::Send, Shot::TryRecv | Shot::Close | Shot::ReceiverDrop | Shot::IsEmpty)
        | (Shot::SenderDrop, Shot::TryRecv | Shot::Close)
        | (Shot::Close | Shot::ReceiverDrop, Shot::LookClosed | Shot::IsClosed) => true,
        (a, b) => a.is_of_sender() == b.is_of_sender() && !(a.looks() && b.looks()),
    }
}

/// How far it is.
#[derive(Debug, Default)]
pub struct Oneshot {
    /// The step by which its sender has sent or gone, and what that knew.
    completed: Option<(usize, Clock)>,
    /// Whether the message is there.
    message: bool,
    closed: Option<(usize, Clock)>,
}

impl Oneshot {
    /// Whether there is no message.
    pub fn is_empty(&self) -> bool {
        !self.message
    }

    /// Whether no message is taken in.
    pub fn is_closed(&self) -> bool {
        self.closed.is_some()
    }

    pub fn enabled(&self, kind: Shot) -> bool {
        match kind {
            Shot::Recv => self.completed.is_some(),
            Shot::AwaitClosed => self.is_closed(),
            _ => true,
        }
    }

    /// What they knew who let a waiting step go on.
    pub fn news(&self, kind: Shot) -> Option<&Clock> {
        let news = if kind == Shot::Recv { &self.completed } else { &self.closed };
        news.as_ref().map(|(_, clock)| clock)
    }

    pub fn apply(&mut self, kind: Shot, step: &mut Step<'_>) -> Outcome {
        match kind {
            Shot::Send if self.is_closed() => return Outcome::Ended,
            Shot::Send => {
                self.message = true;
                self.complete(step);
            }
            Shot::SenderDrop if !self.is_closed() => self.complete(step),
            Shot::Recv | Shot::TryRecv => return self.receive(kind, step),
            Shot::Close => return self.close(step),
            Shot::ReceiverDrop => {
                // That a sender has gone without a message is not learnt.
                if self.message {
                    self.close(step);
                }
                self.message = false;
                self.closed.get_or_insert((step.event, step.knowledge.clock.clone()));
            }
            Shot::AwaitClosed => step.after.extend(self.closed.as_ref().map(|(close, _)| *close)),
            Shot::LookClosed if !self.is_closed() => return Outcome::Failed,
            Shot::IsEmpty if self.message => self.learn(step),
            Shot::SenderDrop | Shot::LookClosed | Shot::IsClosed | Shot::IsEmpty => {}
        }
        Outcome::Done
    }

    fn complete(&mut self, step: &Step<'_>) {
        self.completed = Some((step.event, step.knowledge.clock.clone()));
    }

    fn learn(&self, step: &mut Step<'_>) {
        if let Some((_, clock)) = &self.completed {
            step.knowledge.clock.join(clock);
        }
    }

    fn receive(&mut self, kind: Shot, step: &mut Step<'_>) -> Outcome {
        let Some((completed, _)) = self.completed else { return Outcome::Failed };
        self.learn(step);
        // An attempt could have been made before: that is a race.
        if kind == Shot::Recv {
            step.after.push(completed);
        }
        if std::mem::take(&mut self.message) { Outcome::Done } else { Outcome::Ended }
    }

    fn close(&mut self, step: &mut Step<'_>) -> Outcome {
        self.learn(step);
        self.closed.get_or_insert((step.event, step.knowledge.clock.clone()));
        if self.message { Outcome::Done } else { Outcome::Ended }
    }
}
