//! Atomics by their orderings as written: who synchronizes with whom (C11 5.1.2.4, C++20 intro.races).
//!
//! Values are sequentially consistent; only happens-before follows the orderings.

use super::{Kind, Knowledge, Outcome, Step};
use crate::world::clock::Clock;
use std::sync::atomic::Ordering;

/// What a reader of the current value learns: the clock of its release sequence.
#[derive(Debug, Default)]
pub struct Atomic {
    clock: Clock,
}

impl Atomic {
    pub fn apply(&mut self, step: &mut Step<'_>) -> Outcome {
        match step.kind {
            Kind::Load(ordering) => self.read(ordering, step.knowledge),
            Kind::Store(ordering) => {
                self.clock.clear();
                self.write(ordering, step.knowledge);
            }
            // A read-modify-write continues the release sequence of what it read.
            Kind::Rmw(ordering) => {
                self.read(ordering, step.knowledge);
                self.write(ordering, step.knowledge);
            }
            // Whether it writes is known when the data was looked at: `compared` follows.
            _ => return Outcome::Pending,
        }
        Outcome::Done
    }

    /// The rest of a compare-exchange that did or did not find its value.
    pub fn compared(
        &mut self,
        (success, failure): (Ordering, Ordering),
        found: bool,
        knowledge: &mut Knowledge,
    ) {
        if found {
            self.read(success, knowledge);
            self.write(success, knowledge);
        } else {
            self.read(failure, knowledge);
        }
    }

    /// Whoever acquires it later knows as much.
    pub fn publish(&mut self, clock: &Clock) {
        self.clock.join(clock);
    }

    fn read(&self, ordering: Ordering, knowledge: &mut Knowledge) {
        if matches!(ordering, Ordering::Acquire | Ordering::AcqRel | Ordering::SeqCst) {
            knowledge.clock.join(&self.clock);
        } else {
            knowledge.seen.join(&self.clock);
        }
    }

    fn write(&mut self, ordering: Ordering, knowledge: &Knowledge) {
        if matches!(ordering, Ordering::Release | Ordering::AcqRel | Ordering::SeqCst) {
            self.clock.join(&knowledge.clock);
        } else {
            self.clock.join(&knowledge.released);
        }
    }
}

/// A fence makes earlier relaxed loads acquire, and later relaxed stores release.
pub fn fence(step: &mut Step<'_>) -> Outcome {
    let knowledge = &mut *step.knowledge;
    let Some(ordering) = step.kind.ordering() else { return Outcome::Done };
    if ordering != Ordering::Release {
        knowledge.clock.join(&knowledge.seen);
    }
    if ordering != Ordering::Acquire {
        knowledge.released.copy_from(&knowledge.clock);
    }
    Outcome::Done
}
