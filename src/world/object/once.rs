//! Something that is done once: `Once`, `OnceLock`, `LazyLock`.

use super::{At, Outcome, Step, ThreadId};
use crate::world::clock::Clock;
use crate::world::operation::Relation;

/// What is done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Do {
    /// Begins it, waiting for whoever is at it; or finds it done (`Failed`).
    Begin,
    /// Has done it.
    Finish,
    /// Has panicked at it: it may be begun again.
    GiveUp,
    /// Asks whether it is done (`Done`) or not (`Failed`).
    Look,
    /// Waits until it is done.
    Wait,
    /// Asks whether it is done (`Done`), begun (`Queued`) or neither (`Failed`).
    State,
}

impl Do {
    /// The word for it in a table of steps.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::Finish => "finish",
            Self::GiveUp => "give up",
            Self::Look | Self::State => "look at",
            Self::Wait => "wait for",
        }
    }
}

/// How two steps on one of these relate, the first of them made first.
///
/// - Who begins meets all others who would; those that find it done commute.
/// - The end lets those go on who wait, so it comes before them and could not come after.
/// - A look meets the end, and nothing else; one that can tell whether it is begun meets the beginning, too.
pub fn relation((a, a_out): (Do, Outcome), (b, b_out): (Do, Outcome)) -> Relation {
    use Do::{Begin, Finish, GiveUp, Look, State, Wait};
    use Relation::{Independent, Ordered, Racing};
    match (a, b) {
        (Begin, Begin) if (a_out, b_out) == (Outcome::Failed, Outcome::Failed) => Independent,
        (Finish | GiveUp, Begin | Wait) => Ordered,
        (Begin, Begin)
        | (Finish | GiveUp, Look)
        | (Look, Finish | GiveUp)
        | (State, Begin | Finish | GiveUp)
        | (Begin | Finish | GiveUp, State) => Racing,
        _ => Independent,
    }
}

/// Where it stands.
#[derive(Debug, Default)]
pub struct Once {
    runner: Option<(ThreadId, At)>,
    done: bool,
    /// What was known when it was done, or given up.
    clock: Clock,
}

impl Once {
    /// The thread that is at it.
    pub fn holder(&self) -> Option<(ThreadId, At)> {
        self.runner
    }

    /// It is not done any more: its owner has taken what was in it, and nobody else can reach it.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    pub fn enabled(&self, kind: Do) -> bool {
        match kind {
            Do::Begin => self.runner.is_none(),
            Do::Wait => self.done,
            _ => true,
        }
    }

    pub fn apply(&mut self, kind: Do, step: &mut Step<'_>) -> Outcome {
        match kind {
            Do::Finish | Do::GiveUp => {
                self.runner = None;
                self.done = kind == Do::Finish;
                self.clock.copy_from(&step.knowledge.clock);
                return Outcome::Done;
            }
            Do::Begin if !self.done => {
                self.runner = Some((step.thread, step.at));
                step.knowledge.clock.join(&self.clock);
                return Outcome::Done;
            }
            Do::State if self.runner.is_some() => return Outcome::Queued,
            Do::Look | Do::State if !self.done => return Outcome::Failed,
            Do::Begin | Do::Look | Do::State | Do::Wait => step.knowledge.clock.join(&self.clock),
        }
        if kind == Do::Begin { Outcome::Failed } else { Outcome::Done }
    }
}
