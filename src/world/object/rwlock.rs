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
    /// Takes it for writing, after having queued; or leaves the queue, if its time is up (`Failed`).
    Write,
    /// Takes it for writing, after having queued, or leaves the queue if it is held (`Failed`).
    WriteOrLeave,
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
    /// Takes it for reading, and overtakes writers that queue.
    ReadRecursive,
    /// As `ReadRecursive`, if that needs no waiting.
    TryReadRecursive,
    /// Takes it for reading as the only one that may go on to write.
    Upgradable,
    /// As `Upgradable`, if that needs no waiting.
    TryUpgradable,
    /// Gives it back from reading as that one.
    UpgradableUnlock,
    /// That one writes, or begins to wait until the other readers are gone (`Queued`): no more come.
    Upgrade,
    /// Writes, once the other readers are gone; or reads on, if its time is up (`Failed`).
    Upgraded,
    /// Writes if the other readers are gone, or reads on (`Failed`).
    UpgradedOrNot,
    /// That one writes if no others read.
    TryUpgrade,
    /// The writer reads.
    Downgrade,
    /// The writer reads as the one that may go on to write.
    DowngradeToUpgradable,
    /// The one that may go on to write is a reader like others.
    DowngradeUpgradable,
}

impl Rw {
    /// The word for it in a table of steps.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Queue => "queue to write",
            Self::Write | Self::WriteOrLeave => "write-lock",
            Self::TryWrite => "try_write",
            Self::WriteUnlock => "write-unlock",
            Self::Read => "read-lock",
            Self::TryRead => "try_read",
            Self::ReadUnlock => "read-unlock",
            Self::ReadRecursive => "read-lock recursively",
            Self::TryReadRecursive => "try_read_recursive",
            Self::Upgradable => "upgradably read-lock",
            Self::TryUpgradable => "try_upgradable_read",
            Self::UpgradableUnlock => "upgradable read-unlock",
            Self::Upgrade => "upgrade",
            Self::Upgraded | Self::UpgradedOrNot => "be upgraded on",
            Self::TryUpgrade => "try_upgrade",
            Self::Downgrade | Self::DowngradeToUpgradable | Self::DowngradeUpgradable => "downgrade",
        }
    }

    /// Whether there are states of its lock in which it waits.
    pub fn may_wait(self) -> bool {
        matches!(self, Self::Write | Self::Read | Self::ReadRecursive | Self::Upgradable | Self::Upgraded)
    }

    /// Whether it gives back what nobody waits for but others.
    pub fn gives_back(self) -> bool {
        matches!(self, Self::WriteUnlock | Self::ReadUnlock | Self::UpgradableUnlock)
    }

    /// Whether it is done by a reader that neither minds writers that wait nor is minded by other readers.
    fn reads_along(self) -> bool {
        matches!(self, Self::ReadRecursive | Self::ReadUnlock)
    }

    /// Whether std's lock has it, too.
    fn is_of_std(self) -> bool {
        use Rw::{Queue, Read, ReadUnlock, TryRead, TryWrite, Write, WriteUnlock};
        matches!(self, Queue | Write | TryWrite | WriteUnlock | Read | TryRead | ReadUnlock)
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
/// - A reader that overtakes writers meets their turn, and not their queueing.
/// - Whatever else there is meets everything: it is rare.
#[expect(clippy::match_same_arms, reason = "one rule a line")]
pub fn relation((a, a_out): (Rw, Outcome), (b, b_out): (Rw, Outcome)) -> Relation {
    use Relation::{Independent, Ordered, Racing};
    use Rw::{Queue, Read, ReadRecursive, ReadUnlock, TryRead, TryWrite, Write, WriteUnlock};
    let racing_if = |yes: bool| if yes { Racing } else { Independent };
    match (a, b) {
        (a, b) if a.reads_along() && b.reads_along() => Independent,
        (ReadRecursive, Read | Queue) | (Read | Queue, ReadRecursive) => Independent,
        (a, b) if !a.is_of_std() || !b.is_of_std() => Racing,
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
    /// The reader that may go on to write; it is not among the others.
    upgradable: Option<(ThreadId, At)>,
    /// The one that waits until the other readers are gone.
    upgrading: Option<(ThreadId, At)>,
    queued: u32,
    /// What its last writer knew.
    written: Clock,
    /// What its readers knew.
    read: Clock,
    /// What the readers knew that might have gone on to write.
    upgraded: Clock,
}

impl RwLock {
    /// The thread that holds it, as far as `kind` has to wait for it: the writer, or a reader.
    pub fn holder(&self, kind: Rw) -> Option<(ThreadId, At)> {
        let first = self.readers.first().copied();
        let reader =
            if kind == Rw::Upgradable { self.upgradable.or(first) } else { first.or(self.upgradable) };
        self.writer.or(reader).or(self.upgrading)
    }

    /// The line by which `thread` holds it.
    pub fn taken(&self, thread: ThreadId) -> Option<At> {
        let alone = [self.writer, self.upgradable, self.upgrading].into_iter().flatten();
        let mut all = alone.chain(self.readers.iter().rev().copied());
        all.find(|(holder, _)| *holder == thread).map(|(_, at)| at)
    }

    /// Whether a writer holds it, or keeps new readers out.
    #[cfg(feature = "parking_lot")]
    pub fn is_held_to_write(&self) -> bool {
        self.writer.is_some() || self.upgrading.is_some() || self.queued > 0 && !self.is_free()
    }

    fn is_free(&self) -> bool {
        self.is_free_to_read() && self.readers.is_empty() && self.upgradable.is_none()
    }

    fn is_free_to_read(&self) -> bool {
        self.writer.is_none() && self.upgrading.is_none()
    }

    pub fn enabled(&self, kind: Rw) -> bool {
        match kind {
            Rw::Read => self.is_free_to_read() && self.queued == 0,
            Rw::ReadRecursive => self.may_be_read_recursively(),
            Rw::Upgradable => self.enabled(Rw::Read) && self.upgradable.is_none(),
            Rw::Write => self.is_free(),
            Rw::Upgraded => self.readers.is_empty(),
            _ => true,
        }
    }

    fn may_be_read_recursively(&self) -> bool {
        self.writer.is_none() && (self.upgrading.is_none() || !self.readers.is_empty())
    }

    /// Whether an attempt to read succeeds. A writer that has queued at a free lock is one that has not asked
    /// for it yet.
    fn may_be_read(&self) -> bool {
        self.is_free_to_read() && (self.queued == 0 || self.is_free())
    }

    pub fn apply(&mut self, kind: Rw, step: &mut Step<'_>) -> Outcome {
        let me = (step.thread, step.at);
        match kind {
            Rw::Queue => self.queued += 1,
            Rw::Write | Rw::WriteOrLeave => {
                self.queued -= 1;
                if !self.is_free() {
                    return Outcome::Failed;
                }
                self.write(step);
            }
            Rw::TryWrite if self.is_free() => self.write(step),
            Rw::TryRead if self.may_be_read() => self.read(step),
            Rw::TryReadRecursive if self.may_be_read_recursively() => self.read(step),
            Rw::TryUpgradable if self.may_be_read() && self.upgradable.is_none() => {
                self.read_upgradably(step);
            }
            Rw::TryUpgrade if self.readers.is_empty() => {
                self.upgradable = None;
                self.write(step);
            }
            Rw::TryWrite | Rw::TryRead | Rw::TryReadRecursive | Rw::TryUpgradable | Rw::TryUpgrade => {
                return Outcome::Failed;
            }
            // Its time is up.
            Rw::Read | Rw::ReadRecursive | Rw::Upgradable if !self.enabled(kind) => return Outcome::Failed,
            Rw::Read | Rw::ReadRecursive => self.read(step),
            Rw::Upgradable => self.read_upgradably(step),
            Rw::Upgrade => return self.upgrade(step),
            Rw::Upgraded | Rw::UpgradedOrNot => {
                self.upgrading = None;
                if !self.readers.is_empty() {
                    self.upgradable = Some(me);
                    return Outcome::Failed;
                }
                self.write(step);
            }
            Rw::WriteUnlock => self.end_writing(step),
            Rw::ReadUnlock => {
                let mine = self.readers.iter().rposition(|(reader, _)| *reader == step.thread);
                self.readers.remove(mine.unwrap_or(0));
                self.read.join(&step.knowledge.clock);
            }
            Rw::UpgradableUnlock => self.end_reading_upgradably(step),
            Rw::Downgrade => {
                self.end_writing(step);
                self.readers.push(me);
            }
            Rw::DowngradeToUpgradable => {
                self.end_writing(step);
                self.upgradable = Some(me);
            }
            Rw::DowngradeUpgradable => {
                self.end_reading_upgradably(step);
                self.readers.push(me);
            }
        }
        Outcome::Done
    }

    fn write(&mut self, step: &mut Step<'_>) {
        self.writer = Some((step.thread, step.at));
        step.knowledge.clock.join(&self.written);
        step.knowledge.clock.join(&self.read);
    }

    fn end_writing(&mut self, step: &mut Step<'_>) {
        self.writer = None;
        self.written.copy_from(&step.knowledge.clock);
        self.read.clear();
    }

    fn read(&mut self, step: &mut Step<'_>) {
        self.readers.push((step.thread, step.at));
        step.knowledge.clock.join(&self.written);
    }

    fn read_upgradably(&mut self, step: &mut Step<'_>) {
        self.upgradable = Some((step.thread, step.at));
        step.knowledge.clock.join(&self.written);
        step.knowledge.clock.join(&self.upgraded);
    }

    fn end_reading_upgradably(&mut self, step: &mut Step<'_>) {
        self.upgradable = None;
        self.read.join(&step.knowledge.clock);
        self.upgraded.copy_from(&step.knowledge.clock);
    }

    fn upgrade(&mut self, step: &mut Step<'_>) -> Outcome {
        self.upgradable = None;
        if self.readers.is_empty() {
            self.write(step);
            return Outcome::Done;
        }
        self.upgrading = Some((step.thread, step.at));
        Outcome::Queued
    }
}
