//! The timers of one task: how far its time has come.
//!
//! Each timer has a thread of its own that makes one step, by which time comes up to its deadline. So the search
//! tries that step before and after whatever looks at the timer.

use super::{Outcome, Step};
use crate::world::operation::{Patience, Relation};

/// What is done to the timers of a task. Deadlines are in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Tick {
    /// Time comes up to a deadline: at any time, or only when nothing else can go on.
    Fire(u64, Patience),
    /// Asks whether time has come up to a deadline.
    Look(u64),
    /// Waits until it has.
    Wait(u64),
}

impl Tick {
    /// The word for it in a table of steps.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Fire(..) => "time is up for",
            Self::Look(_) => "look at",
            Self::Wait(_) => "wait for",
        }
    }
}

/// How two steps on the timers of one task relate: the deadlines that have been reached are a maximum, so the
/// order in which they were is seen by looking alone.
///
/// A wait races with every fire too: which of several let it go on is not settled by the one that did.
pub fn relation((a, a_out): (Tick, Outcome), b: Tick) -> Relation {
    use Relation::{Independent, Racing};
    match (a, b) {
        (Tick::Fire(..), Tick::Fire(..)) => Independent,
        // It is up already.
        (Tick::Look(_) | Tick::Wait(_), Tick::Fire(..)) if a_out == Outcome::Done => Independent,
        (Tick::Fire(..), _) | (_, Tick::Fire(..)) => Racing,
        _ => Independent,
    }
}

/// How far time has come.
#[derive(Debug, Default)]
pub struct Timers {
    reached: u64,
}

impl Timers {
    pub fn enabled(&self, kind: Tick) -> bool {
        match kind {
            Tick::Fire(_, patience) => patience == Patience::Endless,
            Tick::Look(_) => true,
            Tick::Wait(deadline) => self.reached >= deadline,
        }
    }

    pub fn apply(&mut self, kind: Tick, _: &Step<'_>) -> Outcome {
        match kind {
            Tick::Fire(deadline, _) => {
                self.reached = self.reached.max(deadline);
                Outcome::Done
            }
            Tick::Look(deadline) | Tick::Wait(deadline) if self.reached >= deadline => Outcome::Done,
            _ => Outcome::Failed,
        }
    }
}
