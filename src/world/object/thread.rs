//! What others know of a thread: whether it has exited; and of a task: whether it is woken, or aborted.

use super::{Kind, Outcome, Step};
use crate::world::clock::Clock;

/// A thread as its object.
#[derive(Debug, Default)]
pub struct Thread {
    exit: Option<(usize, Clock)>,
    /// The calls of its waker since it was last polled.
    wakes: Vec<usize>,
    aborts: Vec<usize>,
    /// What those knew who woke or aborted it.
    wakers: Clock,
}

impl Thread {
    pub fn enabled(&self, kind: Kind) -> bool {
        match kind {
            Kind::Join => self.exit.is_some(),
            Kind::Repoll => !self.wakes.is_empty() || !self.aborts.is_empty(),
            _ => true,
        }
    }

    /// What it knew when it exited.
    pub fn news(&self) -> Option<&Clock> {
        self.exit.as_ref().map(|(_, clock)| clock)
    }

    /// Its waker is called, as a step says, by one who knows as much.
    pub fn wake(&mut self, event: usize, clock: &Clock) {
        self.wakes.push(event);
        self.wakers.join(clock);
    }

    /// The steps that let `kind` go on: one set of them is enough.
    pub fn enablers(&self, kind: Kind, sets: &mut Vec<Vec<usize>>) {
        match kind {
            Kind::Join => sets.extend(self.exit.iter().map(|(event, _)| vec![*event])),
            _ => sets.extend(self.wakes.iter().chain(&self.aborts).map(|event| vec![*event])),
        }
    }

    pub fn apply(&mut self, step: &mut Step<'_>) -> Outcome {
        match step.kind {
            Kind::Exit => self.exit = Some((step.event, step.knowledge.clock.clone())),
            Kind::Wake(_) => self.wake(step.event, &step.knowledge.clock),
            Kind::CallWaker(_) | Kind::Yield => {}
            Kind::Abort => {
                self.aborts.push(step.event);
                self.wakers.join(&step.knowledge.clock);
            }
            Kind::Repoll => {
                self.wakes.clear();
                step.knowledge.clock.join(&self.wakers);
                return if self.aborts.is_empty() { Outcome::Done } else { Outcome::Ended };
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
