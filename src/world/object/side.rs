//! One side of a channel with many handles on each, and what the other side learns from its steps.

use super::{Outcome, Step};
use crate::world::clock::Clock;

/// A step, and what was known then.
pub type Known = (usize, Clock);

/// This step, and what is known now.
pub fn known(step: &Step<'_>) -> Known {
    (step.event, step.knowledge.clock.clone())
}

/// That one made this one possible.
pub fn learn(step: &mut Step<'_>, (event, clock): &Known) {
    step.after.push(*event);
    step.knowledge.clock.join(clock);
}

/// The handles of one side.
#[derive(Debug)]
pub struct Side {
    number: usize,
    /// Those that went, and what was known then.
    drops: Vec<usize>,
    dropped: Clock,
}

/// One handle.
impl Default for Side {
    fn default() -> Self {
        Self { number: 1, drops: Vec::new(), dropped: Clock::default() }
    }
}

impl Side {
    /// One handle more.
    pub fn add_one(&mut self) {
        self.number += 1;
    }

    /// One handle fewer.
    pub fn drop_one(&mut self, step: &Step<'_>) {
        self.number -= 1;
        self.drops.push(step.event);
        self.dropped.join(&step.knowledge.clock);
    }

    /// Whether there are none.
    pub fn is_gone(&self) -> bool {
        self.number == 0
    }

    /// `Ended` if it is gone, which all who went have brought about, and else `Failed`.
    pub fn end(&self, step: &mut Step<'_>) -> Outcome {
        if !self.is_gone() {
            return Outcome::Failed;
        }
        step.after.extend_from_slice(&self.drops);
        step.knowledge.clock.join(&self.dropped);
        Outcome::Ended
    }
}
