//! A barrier: so many threads wait for each other.
//!
//! The last to arrive lets the others pass and is the leader, as std has it. So arrivals do not commute:
//! their order says who leads, and, where more threads come than it is for, who passes with whom.

use super::{Outcome, Step, ThreadId};
use crate::world::clock::Clock;
use crate::world::operation::Relation;

/// What is done to a barrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Gate {
    /// Arrives; the last one leads (`Together`), and passes.
    Arrive,
    /// Waits for the last one.
    Pass,
}

impl Gate {
    /// The word for it in a table of steps.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Arrive => "arrive at",
            Self::Pass => "pass",
        }
    }
}

/// How two steps on one barrier relate. A pass names the arrival that let it through.
pub fn relation(a: Gate, b: Gate) -> Relation {
    if (a, b) == (Gate::Arrive, Gate::Arrive) { Relation::Racing } else { Relation::Independent }
}

/// Who has arrived, and who may pass.
#[derive(Debug)]
pub struct Barrier {
    size: usize,
    arrived: Vec<ThreadId>,
    clock: Clock,
    /// Who may pass, by which arrival, and with what knowledge.
    passing: Vec<(ThreadId, usize, Clock)>,
}

impl Barrier {
    /// A barrier for so many threads; none and one never wait.
    pub fn new(size: usize) -> Self {
        Self { size, arrived: Vec::new(), clock: Clock::default(), passing: Vec::new() }
    }

    pub fn enabled(&self, thread: ThreadId, kind: Gate) -> bool {
        kind == Gate::Arrive || self.passing.iter().any(|(passes, ..)| *passes == thread)
    }

    pub fn apply(&mut self, kind: Gate, step: &mut Step<'_>) -> Outcome {
        if kind == Gate::Pass {
            let mine = self.passing.iter().position(|(passes, ..)| *passes == step.thread);
            let Some(mine) = mine else { return Outcome::Failed };
            let (_, event, clock) = self.passing.remove(mine);
            step.after.push(event);
            step.knowledge.clock.join(&clock);
            return Outcome::Done;
        }
        self.clock.join(&step.knowledge.clock);
        if self.arrived.len() + 1 < self.size {
            self.arrived.push(step.thread);
            return Outcome::Done;
        }
        step.knowledge.clock.join(&self.clock);
        let clock = std::mem::take(&mut self.clock);
        let passing = self.arrived.drain(..).map(|thread| (thread, step.event, clock.clone()));
        self.passing.extend(passing);
        Outcome::Together
    }
}
