//! Whether an exploration still makes steps, as others can see it.

use super::operation::{At, ThreadId};
use std::panic::Location;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The operating system's threads that make the steps of one exploration.
#[derive(Debug, Default)]
pub struct Pulse {
    workers: Mutex<Vec<Arc<Worker>>>,
    /// The beats of those that work no more.
    rested: AtomicU64,
    given_up: AtomicBool,
}

/// One of them. What it tells of itself is for people, or is asked for again: nothing is read through it, so that
/// the weakest ordering does. Nobody else writes here, so that a beat is no locked instruction, and no line of a
/// cache that two of them want.
#[derive(Debug)]
#[repr(align(128))]
pub struct Worker {
    pulse: Arc<Pulse>,
    /// How it is called below `/proc`, where there is one.
    name: Option<String>,
    beats: AtomicU64,
    thread: AtomicU16,
    at: AtomicPtr<Location<'static>>,
}

impl Pulse {
    /// The current thread makes steps from now on.
    pub fn works(self: &Arc<Self>) -> Arc<Worker> {
        let worker = Arc::new(Worker {
            pulse: Arc::clone(self),
            name: std::fs::read_link("/proc/thread-self")
                .ok()
                .and_then(|name| Some(name.to_str()?.to_owned())),
            beats: AtomicU64::new(0),
            thread: AtomicU16::new(0),
            at: AtomicPtr::new(ptr::null_mut()),
        });
        self.workers().push(Arc::clone(&worker));
        worker
    }

    /// How often something went on.
    pub fn beats(&self) -> u64 {
        let workers = self.workers();
        let beats = workers.iter().map(|worker| worker.beats.load(Ordering::Relaxed));
        beats.fold(self.rested.load(Ordering::Relaxed), u64::wrapping_add)
    }

    /// Who runs, and the line that it was seen at last: of the worker that has come farthest.
    pub fn last(&self) -> (ThreadId, Option<At>) {
        let workers = self.workers();
        let last = workers.iter().max_by_key(|worker| worker.beats.load(Ordering::Relaxed));
        last.map_or((ThreadId::MAIN, None), |worker| worker.last())
    }

    /// Nobody waits for it any more.
    pub fn give_up(&self) {
        self.given_up.store(true, Ordering::Relaxed);
    }

    /// Whether all that make steps wait for something outside of them; none where the system does not say.
    pub fn all_wait(&self) -> Option<bool> {
        self.workers().iter().map(|worker| worker.waits()).try_fold(true, |all, waits| Some(all && waits?))
    }

    fn workers(&self) -> MutexGuard<'_, Vec<Arc<Worker>>> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Worker {
    /// The exploration that it works for.
    pub fn pulse(&self) -> &Arc<Pulse> {
        &self.pulse
    }

    /// A thread of the model runs, behind this line if it has come to any.
    pub fn runs(&self, thread: ThreadId, at: Option<At>) {
        self.thread.store(thread.0, Ordering::Relaxed);
        self.at.store(at.map_or(ptr::null_mut(), |at| ptr::from_ref(at).cast_mut()), Ordering::Relaxed);
        self.beat();
    }

    /// Something goes on; said by the worker itself.
    pub fn beat(&self) {
        self.beats.store(self.beats.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// It makes no steps any more.
    pub fn rests(&self) {
        let mut workers = self.pulse.workers();
        workers.retain(|other| !ptr::eq(&raw const **other, self));
        self.pulse.rested.fetch_add(self.beats.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// Whether nobody waits for what it finds.
    pub fn is_given_up(&self) -> bool {
        self.pulse.given_up.load(Ordering::Relaxed)
    }

    fn last(&self) -> (ThreadId, Option<At>) {
        let at = self.at.load(Ordering::Relaxed);
        // SAFETY: it was made from a reference that lives for ever, or is null.
        let at = unsafe { at.cast_const().as_ref() };
        (ThreadId(self.thread.load(Ordering::Relaxed)), at)
    }

    fn waits(&self) -> Option<bool> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.name.as_ref()?)).ok()?;
        // The state is behind the name, which is in brackets.
        let state = stat.rsplit_once(") ")?.1.chars().next()?;
        Some(matches!(state, 'S' | 'D'))
    }
}
