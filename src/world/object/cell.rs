//! Plain memory: two accesses, one of them a write, must be ordered by happens-before.
//!
//! The last write and each thread's last read are kept with their clocks' own entries, as in
//! `FastTrack` (Flanagan and Freund, PLDI 2009, section 3), without its compression of reads.

use super::{At, Kind, Knowledge, Outcome, Step, ThreadId};

/// Who touched it since the last ordered write.
#[derive(Debug)]
pub struct Cell {
    write: Access,
    reads: Vec<Access>,
}

/// One access to plain memory.
#[derive(Clone, Copy, Debug)]
pub struct Access {
    /// Whose.
    pub thread: ThreadId,
    /// Where.
    pub at: At,
    /// Whether it writes.
    pub writes: bool,
    /// How far its thread had come.
    pub time: u32,
}

/// Two accesses that nothing orders.
#[derive(Clone, Copy, Debug)]
pub struct DataRace {
    /// The one that was executed first.
    pub first: Access,
    /// The one that found it.
    pub second: Access,
}

impl Cell {
    pub fn new(thread: ThreadId, at: At, knowledge: &Knowledge) -> Self {
        let time = knowledge.clock.get(thread);
        Self { write: Access { thread, at, writes: true, time }, reads: Vec::new() }
    }

    pub fn apply(&mut self, step: &mut Step<'_>) -> Result<Outcome, Box<DataRace>> {
        let (thread, clock) = (step.thread, &step.knowledge.clock);
        let second =
            Access { thread, at: step.at, writes: step.kind == Kind::CellWrite, time: clock.get(thread) };
        let unordered = |first: &Access| first.thread != thread && first.time > clock.get(first.thread);
        let race = |first: &Access| Err(Box::new(DataRace { first: *first, second }));
        if unordered(&self.write) {
            return race(&self.write);
        }
        if second.writes {
            if let Some(first) = self.reads.iter().find(|first| unordered(first)) {
                return race(first);
            }
            self.reads.clear();
            self.write = second;
        } else {
            self.reads.retain(|read| read.thread != thread);
            self.reads.push(second);
        }
        Ok(Outcome::Done)
    }
}
