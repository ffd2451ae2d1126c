//! What others know of a thread: whether it has exited; and of a task: whether it is woken, or aborted.

use super::{Kind, Outcome, Step};
use crate::world::clock::Clock;

/// A thread as its object.
#[derive(Debug, Default)]
pub struct Thread {
    exit: Option<(usize, Clock)>,
    /// Its waker was called since it was last polled.
    woken: bool,
    aborted: bool,
    /// What those knew who woke or aborted it.
    wakers: Clock,
}

impl Thread {
    pub fn enabled(&self, kind: Kind) -> bool {
        match kind {
            Kind::Join => self.exit.is_some(),
            Kind::Repoll => self.woken || self.aborted,
            _ => true,
        }
    }

    /// What it knew when it exited.
    pub fn news(&self) -> Option<&Clock> {
        self.exit.as_ref().map(|(_, clock)| clock)
    }

    /// Its waker is called by one who knows as much.
    pub fn wake(&mut self, clock: &Clock) {
        self.woken = true;
        self.wakers.join(clock);
    }

    pub fn apply(&mut self, step: &mut Step<'_>) -> Outcome {
        match step.kind {
            Kind::Exit => self.exit = Some((step.event, step.knowledge.clock.clone())),
            Kind::Wake(_) => self.wake(&step.knowledge.clock),
            Kind::CallWaker(_) | Kind::Yield => {}
            Kind::Abort => {
                self.aborted = true;
                self.wakers.join(&step.knowledge.clock);
            }
            Kind::Repoll => {
                self.woken = false;
                step.knowledge.clock.join(&self.wakers);
                return if self.aborted { Outcome::Ended } else { Outcome::Done };
            }
            _ => return self.look(step),
        }
        Outcome::Done
    }

    /// A join, or the question whether one would wait.
    fn look(&self, step: &mut Step<'_>) -> Outcome {
        let Some((event, clock)) = &self.exit else { return Outcome::Failed };
        step.after.push(*event);
        step.knowledge.clock.join(clock);
        Outcome::Done
    }
}
