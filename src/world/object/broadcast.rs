//! Messages that each receiver sees, as long as they are kept: tokio's `broadcast`.
//!
//! A message and its receives are matched by position. As long as no more is sent than is kept, nobody can lag, and
//! sends and receives commute; from then on (`exact`) they meet.

use super::{Outcome, Step};
use crate::world::clock::Clock;
use crate::world::operation::Relation;

/// What is done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Cast {
    /// Sends, if anybody receives. `Queued` if it would be in the way of another and was not taken to be.
    Send {
        /// Whether somebody may lag.
        exact: bool,
    },
    /// Receives the message at this position or the first behind it that is kept (`Together`), and waits for it or the end.
    Recv {
        /// Which.
        next: usize,
        /// Whether somebody may lag.
        exact: bool,
    },
    /// As that, if it need not wait.
    TryRecv {
        /// Which.
        next: usize,
        /// Whether somebody may lag.
        exact: bool,
    },
    /// One more receives.
    Subscribe,
    /// One fewer receives.
    ReceiverDrop {
        /// Whether it matters who is the last to drop a message.
        exact: bool,
    },
    /// One more sends; a step only where senders are counted.
    SenderNew,
    /// One more sends, if anybody still does.
    Upgrade,
    /// One fewer sends.
    SenderDrop,
    /// One more may send later; a step only where senders are counted.
    WeakNew,
    /// One fewer may.
    WeakDrop,
    /// Waits until nobody receives.
    AwaitClosed,
    /// Asks whether nobody receives.
    LookClosed,
    /// Asks how many messages or receivers there are, or whether anybody sends.
    Query,
    /// Asks how many send.
    Count,
}

impl Cast {
    /// The word for it in a table of steps.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Send { .. } => "send",
            Self::Recv { .. } => "recv",
            Self::TryRecv { .. } => "try_recv",
            Self::Subscribe => "subscribe to",
            Self::ReceiverDrop { .. } => "drop receiver",
            Self::SenderNew => "clone sender",
            Self::Upgrade => "upgrade",
            Self::SenderDrop => "drop sender",
            Self::WeakNew => "downgrade",
            Self::WeakDrop => "drop weak sender",
            Self::AwaitClosed => "wait for the end of",
            Self::LookClosed | Self::Query | Self::Count => "look at",
        }
    }

    /// Whether there are states in which it waits.
    pub fn may_wait(self) -> bool {
        matches!(self, Self::Recv { .. } | Self::AwaitClosed)
    }

    /// Whether it asks for what the step that it names has brought, and could have asked before that was there.
    pub fn asks(self) -> bool {
        matches!(self, Self::TryRecv { .. })
    }

    /// Whether it may wait until a panic has unwound.
    pub fn may_be_late(self) -> bool {
        matches!(self, Self::ReceiverDrop { .. } | Self::SenderDrop | Self::WeakDrop)
    }

    /// Whether it only looks.
    pub fn looks(self) -> bool {
        matches!(self, Self::AwaitClosed | Self::LookClosed | Self::Query | Self::Count)
    }

    /// Whether it may let a future go on that waits to do `waiting`, or hold it back again.
    pub fn affects(self, waiting: Self) -> bool {
        match waiting {
            Self::AwaitClosed => matches!(self, Self::Subscribe | Self::ReceiverDrop { .. }),
            _ => matches!(self, Self::Send { .. } | Self::SenderDrop | Self::Upgrade),
        }
    }

    fn is_exact(self) -> bool {
        match self {
            Self::Send { exact }
            | Self::Recv { exact, .. }
            | Self::TryRecv { exact, .. }
            | Self::ReceiverDrop { exact } => exact,
            _ => false,
        }
    }

    fn receives(self) -> bool {
        matches!(self, Self::Recv { .. } | Self::TryRecv { .. })
    }

    fn counts(self) -> bool {
        use Cast::{SenderDrop, SenderNew, Upgrade, WeakDrop, WeakNew};
        matches!(self, SenderNew | Upgrade | SenderDrop | WeakNew | WeakDrop)
    }
}

/// How two steps on one of these relate, the first of them made first.
pub fn relation(first: (Cast, Outcome), second: (Cast, Outcome)) -> Relation {
    if meets(first, second) || meets(second, first) { Relation::Racing } else { Relation::Independent }
}

/// Whether the two meet, in the one way or the other.
///
/// - Messages come one behind the other, and a send tells how many receive.
/// - A receive names its send; with that it commutes with all sends, unless it found nothing or may lag.
/// - Where the last who receives a message drops it for all to see, all who do so meet, and who leaves.
fn meets((a, a_out): (Cast, Outcome), (b, _): (Cast, Outcome)) -> bool {
    use Cast::{
        AwaitClosed, Count, LookClosed, Query, ReceiverDrop, Send, SenderDrop, Subscribe, TryRecv, Upgrade,
    };
    let exact = a.is_exact() || b.is_exact();
    match (a, b) {
        (TryRecv { .. }, Send { .. }) => exact || a_out != Outcome::Done,
        (a, Send { .. }) if a.receives() => exact,
        (a, b) if a.receives() && (b.receives() || matches!(b, ReceiverDrop { .. })) => exact,
        (ReceiverDrop { .. }, ReceiverDrop { .. }) => exact,
        (TryRecv { .. }, SenderDrop) => !matches!(a_out, Outcome::Done | Outcome::Together),
        (Send { .. }, Send { .. } | Subscribe | ReceiverDrop { .. })
        | (AwaitClosed | LookClosed | Subscribe, ReceiverDrop { .. })
        | (AwaitClosed | LookClosed, Subscribe)
        | (Upgrade, SenderDrop) => true,
        (Count, b) => b.counts(),
        (Query, Query | AwaitClosed | LookClosed | Count) => false,
        (Query, b) => !matches!(b, Cast::SenderNew | Cast::WeakNew | Cast::WeakDrop),
        _ => false,
    }
}

/// What was sent, and who sends and receives.
#[derive(Debug)]
pub struct Broadcast {
    /// How many messages are kept.
    capacity: usize,
    /// The sends, and what their senders knew.
    sends: Vec<(usize, Clock)>,
    senders: usize,
    weak: usize,
    receivers: usize,
    /// The drops of senders, and what they knew.
    drops: Vec<usize>,
    dropped: Clock,
    /// What they knew who receive no more.
    left: Clock,
}

impl Broadcast {
    pub fn new(capacity: usize, receivers: usize) -> Self {
        Self {
            capacity,
            sends: Vec::new(),
            senders: 1,
            weak: 0,
            receivers,
            drops: Vec::new(),
            dropped: Clock::default(),
            left: Clock::default(),
        }
    }

    /// How many messages were sent.
    pub fn sent(&self) -> usize {
        self.sends.len()
    }

    /// How many send.
    pub fn senders(&self) -> usize {
        self.senders
    }

    /// How many could come to.
    pub fn weak(&self) -> usize {
        self.weak
    }

    /// How many receive.
    pub fn receivers(&self) -> usize {
        self.receivers
    }

    /// One sender more: no step where nobody counts them, since whoever clones a sender holds one.
    pub fn sender_new(&mut self) {
        self.senders += 1;
    }

    /// One more weak sender, or one fewer; as above.
    pub fn weak_change(&mut self, more: bool) {
        self.weak = if more { self.weak + 1 } else { self.weak.saturating_sub(1) };
    }

    pub fn enabled(&self, kind: Cast) -> bool {
        match kind {
            Cast::Recv { next, .. } => next < self.sends.len() || self.senders == 0,
            Cast::AwaitClosed => self.receivers == 0,
            _ => true,
        }
    }

    /// What they knew who let a waiting step go on.
    pub fn news(&self, kind: Cast) -> &Clock {
        match kind {
            Cast::Recv { next, .. } => {
                self.sends.get(self.first_kept(next)).map_or(&self.dropped, |(_, clock)| clock)
            }
            _ => &self.left,
        }
    }

    fn first_kept(&self, next: usize) -> usize {
        next.max(self.sends.len().saturating_sub(self.capacity))
    }

    pub fn apply(&mut self, kind: Cast, step: &mut Step<'_>) -> Outcome {
        match kind {
            Cast::Send { .. } if self.receivers == 0 => return Outcome::Failed,
            Cast::Send { exact: false } if self.sends.len() >= self.capacity => return Outcome::Queued,
            Cast::Send { .. } => self.sends.push((step.event, step.knowledge.clock.clone())),
            Cast::Recv { next, .. } | Cast::TryRecv { next, .. } => return self.receive(next, step),
            Cast::Upgrade if self.senders == 0 => return Outcome::Failed,
            Cast::SenderNew | Cast::Upgrade => self.sender_new(),
            Cast::SenderDrop => {
                self.senders -= 1;
                self.drops.push(step.event);
                self.dropped.join(&step.knowledge.clock);
            }
            Cast::WeakNew | Cast::WeakDrop => self.weak_change(kind == Cast::WeakNew),
            Cast::Subscribe => self.receivers += 1,
            Cast::ReceiverDrop { .. } => {
                self.receivers -= 1;
                self.left.join(&step.knowledge.clock);
            }
            Cast::AwaitClosed | Cast::LookClosed if self.receivers > 0 => return Outcome::Failed,
            Cast::AwaitClosed | Cast::LookClosed => step.knowledge.clock.join(&self.left),
            Cast::Query | Cast::Count => {
                if self.senders == 0 {
                    step.knowledge.clock.join(&self.dropped);
                }
            }
        }
        Outcome::Done
    }

    fn receive(&mut self, next: usize, step: &mut Step<'_>) -> Outcome {
        let kept = self.first_kept(next);
        if let Some((send, clock)) = self.sends.get(kept) {
            step.after.push(*send);
            step.knowledge.clock.join(clock);
            return if kept == next { Outcome::Done } else { Outcome::Together };
        }
        if self.senders > 0 {
            return Outcome::Failed;
        }
        step.after.extend_from_slice(&self.drops);
        step.knowledge.clock.join(&self.dropped);
        Outcome::Ended
    }
}
