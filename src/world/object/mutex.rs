//! A lock that one thread holds; any waiting thread may be next.

use super::{At, Kind, Outcome, Step, ThreadId};
use crate::world::clock::Clock;

/// Free, or held since a line.
#[derive(Debug, Default)]
pub struct Mutex {
    holder: Option<(ThreadId, At)>,
    /// What its last holder knew.
    clock: Clock,
}

impl Mutex {
    pub fn holder(&self) -> Option<(ThreadId, At)> {
        self.holder
    }

    pub fn enabled(&self, kind: Kind) -> bool {
        kind != Kind::Lock || self.holder.is_none()
    }

    pub fn apply(&mut self, step: &mut Step<'_>) -> Outcome {
        match step.kind {
            Kind::Unlock => {
                self.holder = None;
                self.clock.copy_from(&step.knowledge.clock);
                Outcome::Done
            }
            _ if self.holder.is_some() => Outcome::Failed,
            _ => {
                self.holder = Some((step.thread, step.at));
                step.knowledge.clock.join(&self.clock);
                Outcome::Done
            }
        }
    }
}
