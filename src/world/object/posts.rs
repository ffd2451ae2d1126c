//! Something that is posted again and again to all who look: tokio's `watch`, the generations of its barrier, and,
//! once, the value of its `SetOnce`. What was posted is in tokio's own object; here is how often, and who may still
//! post or look.

use super::{Outcome, Step};
use crate::world::clock::Clock;
use crate::world::operation::Relation;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Post {
    /// Posts, if there is anybody to look (`Failed` if not), and waits for those who hold what was posted last.
    Send,
    /// As that, whether or not there is anybody.
    Put,
    /// Posts if nothing was posted yet (`Failed` if something was).
    Set,
    /// Begins to change what was posted last: nobody holds it, and nobody can.
    Take,
    /// Has changed it, and posts it.
    Give,
    /// Has not changed it.
    Leave,
    /// One of so many arrives, and the last one (`Together`) posts.
    Arrive(usize),
    /// Waits until not just so many were posted, or nobody can post (`Ended`).
    Await(usize),
    /// Asks whether that is so.
    Look(usize),
    /// Holds what was posted last, so that nobody posts.
    Borrow,
    /// Holds it no more.
    Return,
    /// Waits until nobody is left to look.
    AwaitClosed,
    /// Asks whether anybody is left to look.
    LookClosed,
    /// One more can post.
    SenderNew,
    /// One fewer can post.
    SenderDrop,
    /// One more looks.
    ReceiverNew,
    /// One fewer looks.
    ReceiverDrop,
    /// Asks how many there are.
    Query,
}

impl Post {
    /// The word for it in a table of steps.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Send | Self::Put => "send",
            Self::Set => "set",
            Self::Take => "begin to modify",
            Self::Give => "modify",
            Self::Leave => "leave as it was",
            Self::Arrive(_) => "arrive at",
            Self::Await(_) => "wait for",
            Self::Look(_) | Self::LookClosed | Self::Query => "look at",
            Self::Borrow => "borrow",
            Self::Return => "give back",
            Self::AwaitClosed => "wait for the end of",
            Self::SenderNew => "clone sender",
            Self::SenderDrop => "drop sender",
            Self::ReceiverNew => "subscribe to",
            Self::ReceiverDrop => "drop receiver",
        }
    }

    /// Whether there are states in which it waits.
    pub fn may_wait(self) -> bool {
        matches!(
            self,
            Self::Send | Self::Put | Self::Take | Self::Await(_) | Self::AwaitClosed | Self::Borrow
        )
    }

    /// Whether it may wait until a panic has unwound.
    pub fn may_be_late(self) -> bool {
        matches!(self, Self::Leave | Self::Return | Self::SenderDrop | Self::ReceiverDrop)
    }

    /// Whether it may let a future go on that waits.
    pub fn lets_go_on(self) -> bool {
        matches!(
            self,
            Self::Send
                | Self::Put
                | Self::Set
                | Self::Give
                | Self::Arrive(_)
                | Self::SenderDrop
                | Self::ReceiverDrop
        )
    }

    /// Whether it only looks.
    pub fn looks(self) -> bool {
        matches!(self, Self::Await(_) | Self::Look(_) | Self::AwaitClosed | Self::LookClosed | Self::Query)
    }

    fn posts(self) -> bool {
        matches!(self, Self::Send | Self::Put | Self::Take)
    }
}

/// How two steps on one of these relate, the first of them made first.
///
/// - Those who look commute, and so do those who hold what was posted.
/// - Whoever posts waits for all who hold it: it is their borrowing that meets the posting.
/// - To give back is seen by nobody else.
/// - All else meets: it is seen by those who look, or decides what they see.
pub fn relation(a: Post, b: Post) -> Relation {
    use Post::{Borrow, Give, Leave, Return};
    use Relation::{Independent, Ordered, Racing};
    let quiet = |kind: Post| kind.looks() || matches!(kind, Borrow | Return);
    match (a, b) {
        (a, b) if quiet(a) && quiet(b) => Independent,
        (Return, b) if b.posts() => Ordered,
        (a, Return) if a.posts() => Ordered,
        (Return, _) | (_, Return) => Independent,
        (Give | Leave, Borrow) => Ordered,
        (Borrow, other) | (other, Borrow) if !other.posts() && other != Give => Independent,
        _ => Racing,
    }
}

/// How much was posted, and who can post and look.
#[derive(Debug)]
pub struct Posts {
    count: usize,
    senders: usize,
    receivers: usize,
    borrows: usize,
    /// Whether what was posted last is being changed.
    taken: bool,
    arrived: usize,
    /// What they knew who posted, or left.
    clock: Clock,
}

impl Posts {
    pub fn new(receivers: usize) -> Self {
        let (count, senders, borrows, taken, arrived) = (0, 1, 0, false, 0);
        Self { count, senders, receivers, borrows, taken, arrived, clock: Clock::default() }
    }

    /// How often something was posted.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Whether nobody can post any more.
    pub fn is_ended(&self) -> bool {
        self.senders == 0
    }

    pub fn enabled(&self, kind: Post) -> bool {
        match kind {
            Post::Send | Post::Put | Post::Take => self.borrows == 0 && !self.taken,
            Post::Borrow => !self.taken,
            Post::Await(seen) => self.count != seen || self.senders == 0,
            Post::AwaitClosed => self.receivers == 0,
            _ => true,
        }
    }

    /// What they knew who let a waiting step go on.
    pub fn news(&self) -> &Clock {
        &self.clock
    }

    pub fn apply(&mut self, kind: Post, step: &mut Step<'_>) -> Outcome {
        match kind {
            Post::Send if self.receivers == 0 => return Outcome::Failed,
            Post::Set if self.count > 0 => {
                step.knowledge.clock.join(&self.clock);
                return Outcome::Failed;
            }
            Post::Set => self.post(step),
            Post::Send | Post::Put | Post::Give => {
                self.taken = false;
                self.post(step);
            }
            Post::Take => {
                step.knowledge.clock.join(&self.clock);
                self.taken = true;
            }
            Post::Leave => self.taken = false,
            Post::Arrive(size) => return self.arrive(size, step),
            Post::Await(seen) | Post::Look(seen) => return self.look(seen, step),
            Post::Borrow => {
                step.knowledge.clock.join(&self.clock);
                self.borrows += 1;
            }
            Post::Return => {
                self.borrows -= 1;
                self.clock.join(&step.knowledge.clock);
            }
            Post::AwaitClosed | Post::LookClosed if self.receivers > 0 => return Outcome::Failed,
            Post::AwaitClosed | Post::LookClosed | Post::Query => step.knowledge.clock.join(&self.clock),
            Post::SenderNew => self.senders += 1,
            Post::ReceiverNew => self.receivers += 1,
            Post::SenderDrop => {
                self.senders -= 1;
                self.clock.join(&step.knowledge.clock);
            }
            Post::ReceiverDrop => {
                self.receivers -= 1;
                self.clock.join(&step.knowledge.clock);
            }
        }
        Outcome::Done
    }

    fn post(&mut self, step: &mut Step<'_>) {
        self.count += 1;
        step.knowledge.clock.join(&self.clock);
        self.clock.join(&step.knowledge.clock);
    }

    fn arrive(&mut self, size: usize, step: &mut Step<'_>) -> Outcome {
        self.clock.join(&step.knowledge.clock);
        self.arrived += 1;
        if self.arrived < size {
            return Outcome::Done;
        }
        self.arrived = 0;
        self.post(step);
        Outcome::Together
    }

    fn look(&mut self, seen: usize, step: &mut Step<'_>) -> Outcome {
        if self.count == seen && self.senders > 0 {
            return Outcome::Failed;
        }
        step.knowledge.clock.join(&self.clock);
        if self.count == seen { Outcome::Ended } else { Outcome::Done }
    }
}
