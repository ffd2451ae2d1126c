//! Vector clocks: what happens before what.

use super::operation::ThreadId;
use smallvec::SmallVec;

/// Threads whose counters cost no allocation.
const INLINE: usize = 8;

/// One counter a thread; a thread beyond the end stands at zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clock(SmallVec<[u32; INLINE]>);

impl Clock {
    /// How far `thread` is known to have come.
    pub fn get(&self, thread: ThreadId) -> u32 {
        self.0.get(thread.index()).copied().unwrap_or(0)
    }

    /// Sets how far `thread` has come.
    pub fn set(&mut self, thread: ThreadId, time: u32) {
        if self.0.len() <= thread.index() {
            self.0.resize(thread.index() + 1, 0);
        }
        self.0[thread.index()] = time;
    }

    /// One more step of `thread`.
    pub fn tick(&mut self, thread: ThreadId) {
        self.set(thread, self.get(thread) + 1);
    }

    /// Knows from now on all that `other` knows.
    pub fn join(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine = (*mine).max(*theirs);
        }
    }

    /// Forgets everything, and keeps its memory.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Becomes a copy of `other`, in its own memory.
    pub fn copy_from(&mut self, other: &Self) {
        self.0.clear();
        self.0.extend_from_slice(&other.0);
    }
}
