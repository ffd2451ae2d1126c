//! Whether an exploration still makes steps, as others can see it.

use super::execution;
use super::operation::{At, ThreadId};
use std::panic::Location;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicPtr, AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

/// The operating system's threads that make the steps of one exploration.
#[derive(Debug, Default)]
pub struct Pulse {
    workers: Mutex<Vec<Arc<Worker>>>,
    given_up: AtomicBool,
    /// What a thread outside of the model has used of it, and where.
    used_outside: OnceLock<(&'static str, At)>,
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
    /// Its number.
    explorer: u32,
    beats: AtomicU64,
    thread: AtomicU16,
    at: AtomicPtr<Location<'static>>,
    /// How many objects of its executions there are behind its end.
    objects: AtomicI64,
    /// Whether it makes no steps any more.
    rests: (Mutex<bool>, Condvar),
}

impl Pulse {
    /// The current thread makes steps from now on.
    pub fn works(self: &Arc<Self>) -> Arc<Worker> {
        let worker = Arc::new(Worker {
            pulse: Arc::clone(self),
            name: std::fs::read_link("/proc/thread-self")
                .ok()
                .and_then(|name| Some(name.to_str()?.to_owned())),
            explorer: execution::explorer(),
            beats: AtomicU64::new(0),
            thread: AtomicU16::new(0),
            at: AtomicPtr::new(ptr::null_mut()),
            objects: AtomicI64::new(0),
            rests: <(Mutex<bool>, Condvar)>::default(),
        });
        self.workers().push(Arc::clone(&worker));
        worker
    }

    /// How often something went on.
    pub fn beats(&self) -> u64 {
        let workers = self.workers();
        workers.iter().map(|worker| worker.beats.load(Ordering::Relaxed)).sum()
    }

    /// Who runs, and the line that it was seen at last: of the worker that has come farthest.
    pub fn last(&self) -> (ThreadId, Option<At>) {
        let workers = self.workers();
        let last = workers
            .iter()
            .filter(|worker| !worker.has_ended())
            .max_by_key(|worker| worker.beats.load(Ordering::Relaxed));
        last.map_or((ThreadId::MAIN, None), |worker| worker.last())
    }

    /// Nobody waits for it any more.
    pub fn give_up(&self) {
        self.given_up.store(true, Ordering::Relaxed);
    }

    /// Whether all that make steps wait for something outside of them; none where the system does not say.
    pub fn all_wait(&self) -> Option<bool> {
        let workers = self.workers();
        let working = workers.iter().filter(|worker| !worker.has_ended());
        working.map(|worker| worker.waits()).try_fold(true, |all, waits| Some(all && waits?))
    }

    /// The worker of this number.
    pub fn worker(&self, explorer: u32) -> Option<Arc<Worker>> {
        self.workers().iter().find(|worker| worker.explorer == explorer).cloned()
    }

    /// A thread outside of the model has used what is of it.
    pub fn note_use_outside(&self, what: &'static str, at: At) {
        // The first is told.
        let _ = self.used_outside.set((what, at));
    }

    /// What a thread outside of the model has used of it, and where, if one has.
    pub fn used_outside(&self) -> Option<(&'static str, At)> {
        self.used_outside.get().copied()
    }

    /// Whether somebody still has objects of its executions.
    pub fn objects_are_left(&self) -> bool {
        self.workers().iter().any(|worker| worker.objects.load(Ordering::Relaxed) > 0)
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

    /// There are so many more objects of its executions.
    pub fn count_objects(&self, more: i64) {
        self.objects.fetch_add(more, Ordering::Relaxed);
    }

    /// It makes no steps any more. So many objects of its executions are kept here.
    pub fn rests(&self, objects: i64) {
        self.count_objects(objects);
        *self.rests.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.rests.1.notify_all();
    }

    /// Waits until it makes no steps any more.
    pub fn wait_for_end(&self) {
        let rests = self.rests.0.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.rests.1.wait_while(rests, |rests| !*rests));
    }

    fn has_ended(&self) -> bool {
        *self.rests.0.lock().unwrap_or_else(PoisonError::into_inner)
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
