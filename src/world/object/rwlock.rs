//! A lock for one writer or for many readers; a writer that waits holds new readers back.
//!
//! Std promises no policy, and a reader that meets a waiting writer may wait behind it or go before it.
//! Both are here without a choice: a writer joins the queue in a step of its own, and a writer that has
//! not joined yet is one that readers overtake.

use super::{At, Outcome, Step, ThreadId};
use crate::world::clock::Clock;
use crate::world::operation::Relation;

/// What is done to a lock of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Rw {
    /// Joins the queue of writers: from now on readers wait.
    Queue,
    /// Takes it for writing, after having queued.
    Write,
    /// Takes it for writing if nobody holds it.
    TryWrite,
    /// Gives it back from writing.
    WriteUnlock,
    /// Takes it for reading, waiting for the writer and for those that queue.
    Read,
    /// Takes it for reading if that needs no waiting.
    TryRead,
    /// Gives it back from reading.
    ReadUnlock,
}

impl Rw {
    /// The word for it in a table of steps.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Queue => "queue to write",
            Self::Write => "write-lock",
            Self::TryWrite => "try_write",
            Self::WriteUnlock => "write-unlock",
            Self::Read => "read-lock",
            Self::TryRead => "try_read",
            Self::ReadUnlock => "read-unlock",
        }
    }
}

/// How two steps on one lock relate, the first of them made first.
///
/// - Readers commute, and so do the arrivals of writers: only a reader can tell that a writer waits.
/// - Whether a reader is before a writer is settled when that writer queues, so it is the queueing that
///   races with the reader. The writer's turn behind it only waits: it could not have come earlier.
/// - A `try_read` fails behind a writer, and behind one that waits for readers. So it meets the queueing, and
///   the unlock of those readers; not a reader's lock, since both come in or neither.
/// - A `try_write` meets everybody but the queue, which it passes by.
/// - Two attempts that failed commute. Two that read do not: where a writer waits at a free lock, each would
///   have gone first, and the other would have failed behind it.
#[expect(clippy::match_same_arms, reason = "one rule a line")]
pub fn relation((a, a_out): (Rw, Outcome), (b, b_out): (Rw, Outcome)) -> Relation {
    use Relation::{Independent, Ordered, Racing};
    use Rw::{Queue, Read, ReadUnlock, TryRead, TryWrite, Write, WriteUnlock};
    let racing_if = |yes: bool| if yes { Racing } else { Independent };
    match (a, b) {
        (Queue, Read) | (Read, Queue) | (Write, Write) => Racing,
        (WriteUnlock, Read | Write) | (Write, Read) | (Read | ReadUnlock, Write) => Ordered,
        (Queue, TryWrite) | (TryWrite, Queue) | (Read, TryRead) | (TryRead, Read) => Independent,
        (TryRead | TryWrite, TryRead | TryWrite) => {
            racing_if((a_out, b_out) != (Outcome::Failed, Outcome::Failed))
        }
        (TryRead | TryWrite, _) | (_, TryRead | TryWrite) => Racing,
        _ => Independent,
    }
}

/// Who holds it, and how many wait to write.
#[derive(Debug, Default)]
pub struct RwLock {
    writer: Option<(ThreadId, At)>,
    readers: Vec<(ThreadId, At)>,
    queued: u32,
    /// What its last writer knew.
    written: Clock,
    /// What its readers knew.
    read: Clock,
}

impl RwLock {
    /// The thread that holds it: the writer, or the reader that has held it longest.
    pub fn holder(&self) -> Option<(ThreadId, At)> {
        self.writer.or_else(|| self.readers.first().copied())
    }

    fn is_free(&self) -> bool {
        self.writer.is_none() && self.readers.is_empty()
    }

    pub fn enabled(&self, kind: Rw) -> bool {
        match kind {
            Rw::Read => self.writer.is_none() && self.queued == 0,
            Rw::Write => self.is_free(),
            _ => true,
        }
    }

    pub fn apply(&mut self, kind: Rw, step: &mut Step<'_>) -> Outcome {
        match kind {
            Rw::Queue => self.queued += 1,
            Rw::Write => {
                self.queued -= 1;
                self.write(step);
            }
            Rw::TryWrite if self.is_free() => self.write(step),
            // A writer that has queued at a free lock is one that has not asked for it yet.
            Rw::TryRead if self.writer.is_none() && (self.queued == 0 || self.readers.is_empty()) => {
                self.read(step);
            }
            Rw::TryWrite | Rw::TryRead => return Outcome::Failed,
            Rw::Read => self.read(step),
            Rw::WriteUnlock => {
                self.writer = None;
                self.written.copy_from(&step.knowledge.clock);
                self.read.clear();
            }
            Rw::ReadUnlock => {
                let mine = self.readers.iter().position(|(reader, _)| *reader == step.thread);
                self.readers.remove(mine.unwrap_or(0));
                self.read.join(&step.knowledge.clock);
            }
        }
        Outcome::Done
    }

    fn write(&mut self, step: &mut Step<'_>) {
        self.writer = Some((step.thread, step.at));
        step.knowledge.clock.join(&self.written);
        step.knowledge.clock.join(&self.read);
    }

    fn read(&mut self, step: &mut Step<'_>) {
        self.readers.push((step.thread, step.at));
        step.knowledge.clock.join(&self.written);
    }
}
