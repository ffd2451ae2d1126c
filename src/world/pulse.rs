//! Whether an exploration still makes steps, as others can see it.

use super::operation::{At, ThreadId};
use std::panic::Location;
use std::ptr;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU16, AtomicU64, Ordering};

/// What the threads of one exploration tell of themselves. All of it is for people, or asks again: nothing is read
/// through it, so that the weakest ordering does.
#[derive(Debug, Default)]
pub struct Pulse {
    beats: AtomicU64,
    thread: AtomicU16,
    at: AtomicPtr<Location<'static>>,
    given_up: AtomicBool,
    /// The operating system's threads that make the steps, where it says how they do.
    workers: Mutex<Vec<String>>,
}

impl Pulse {
    /// A thread of the model runs, behind this line if it has come to any.
    pub fn runs(&self, thread: ThreadId, at: Option<At>) {
        self.thread.store(thread.0, Ordering::Relaxed);
        self.at.store(at.map_or(ptr::null_mut(), |at| ptr::from_ref(at).cast_mut()), Ordering::Relaxed);
        self.beat();
    }

    /// Something goes on.
    pub fn beat(&self) {
        self.beats.fetch_add(1, Ordering::Relaxed);
    }

    /// How often something went on.
    pub fn beats(&self) -> u64 {
        self.beats.load(Ordering::Relaxed)
    }

    /// Who runs, and the line that it was seen at last.
    pub fn last(&self) -> (ThreadId, Option<At>) {
        let at = self.at.load(Ordering::Relaxed);
        // SAFETY: it was made from a reference that lives for ever, or is null.
        let at = unsafe { at.cast_const().as_ref() };
        (ThreadId(self.thread.load(Ordering::Relaxed)), at)
    }

    /// Nobody waits for it any more.
    pub fn give_up(&self) {
        self.given_up.store(true, Ordering::Relaxed);
    }

    /// Whether nobody waits for it.
    pub fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Relaxed)
    }

    /// The current thread makes steps from now on.
    pub fn works(&self) {
        let Some(worker) = this_worker() else { return };
        self.workers.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
    }

    /// The current thread makes no steps any more.
    pub fn rests(&self) {
        let Some(worker) = this_worker() else { return };
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        workers.retain(|other| *other != worker);
    }

    /// Whether all that make steps wait for something outside of them; none where the system does not say.
    pub fn all_wait(&self) -> Option<bool> {
        let workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        if workers.is_empty() {
            return None;
        }
        let waits = |worker: &String| {
            let stat = std::fs::read_to_string(format!("/proc/{worker}/stat")).ok()?;
            // The state is behind the name, which is in brackets.
            let state = stat.rsplit_once(") ")?.1.chars().next()?;
            Some(matches!(state, 'S' | 'D'))
        };
        workers.iter().map(waits).try_fold(true, |all, waits| Some(all && waits?))
    }
}

/// The current thread of the operating system, as it is called below `/proc`.
fn this_worker() -> Option<String> {
    std::fs::read_link("/proc/thread-self").ok()?.to_str().map(str::to_owned)
}
