//! Threads of the operating system on which no model runs, and that use an object of a model all the same.
//!
//! A modelled program may start one: by `std::thread`, or through a pool of another crate. What such a thread does is
//! no step, so that nothing which a search says of the program holds then. Each object asks its part whether it is
//! used in the real world. One of a model tells its exploration here, and the thread waits until that has ended: by
//! then nobody else touches the object, which is what it would be in the real world. If the exploration waits for the
//! thread, both are left behind, as a program is that blocks (`explore/watch.rs`).

use super::execution::{self, Place};
use super::operation::At;
use super::pulse::{Pulse, Worker};
use super::{Part, World, current};
use std::panic::Location;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many models run in this process, in memory that nobody else writes to.
static MODELS: Models = Models(AtomicUsize::new(0));

#[repr(align(128))]
struct Models(AtomicUsize);

/// The explorations, and those that were left behind.
static PULSES: Mutex<Vec<Arc<Pulse>>> = Mutex::new(Vec::new());

/// A model runs in this process until this is dropped.
#[derive(Debug)]
pub struct Running(());

impl Running {
    /// One more.
    pub fn new() -> Self {
        // Relaxed: whoever has an object of a model was told of it by somebody who knows of this.
        MODELS.0.fetch_add(1, Ordering::Relaxed);
        Self(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        MODELS.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Is told of uses from outside until it is dropped.
#[derive(Debug)]
pub struct Told(Arc<Pulse>, Running);

impl Told {
    /// The exploration of `pulse` is.
    pub fn of(pulse: &Arc<Pulse>) -> Self {
        let running = Running::new();
        pulses().push(Arc::clone(pulse));
        Self(Arc::clone(pulse), running)
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        pulses().retain(|pulse| !Arc::ptr_eq(pulse, &self.0));
    }
}

/// Whether none runs in this process.
#[inline]
pub fn no_model_runs() -> bool {
    // Relaxed: whoever has an object of a model was told of it by somebody who knows of that model.
    MODELS.0.load(Ordering::Relaxed) == 0
}

fn pulses() -> MutexGuard<'static, Vec<Arc<Pulse>>> {
    PULSES.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<L> Part<L> {
    /// Whether its object is used in the real world: the one test on the way of every real operation.
    #[inline]
    #[track_caller]
    pub fn is_real(&self) -> bool {
        self.is_real_at(Location::caller())
    }

    /// As `is_real`, for the line `at`.
    #[inline]
    pub fn is_real_at(&self, at: At) -> bool {
        no_model_runs() || self.is_real_beside_models(at)
    }

    #[cold]
    fn is_real_beside_models(&self, at: At) -> bool {
        if current() != World::Real {
            return false;
        }
        self.use_outside(at);
        true
    }

    /// It is used where no model runs.
    pub(super) fn use_outside(&self, at: At) {
        self.tell("an object of the model is used", at);
    }

    /// As `use_outside`, of the waker of a task whose part this is, which the line `at` has made.
    pub(super) fn wake_outside(&self, at: At) {
        self.tell("a waker is called of the task", at);
    }

    fn tell(&self, what: &'static str, at: At) {
        if let Some(worker) = self.place().and_then(other_worker) {
            worker.pulse().note_use_outside(what, at);
            worker.wait_for_end();
        }
    }

    /// It is dropped.
    pub(super) fn is_gone(&self) {
        let Some(place) = self.place() else { return };
        match other_worker(place) {
            Some(worker) => worker.count_objects(-1),
            None => execution::keep(-1),
        }
    }

    pub(super) fn place(&self) -> Option<Place> {
        match self {
            Self::Real(_) => None,
            Self::Loom(_, place) | Self::Model(place) => Some(*place),
        }
    }
}

/// Who explores the execution that made this, if it is another thread.
fn other_worker(place: Place) -> Option<Arc<Worker>> {
    if execution::is_own(place) {
        return None;
    }
    pulses().iter().find_map(|pulse| pulse.worker(place.explorer))
}
