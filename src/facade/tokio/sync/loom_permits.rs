//! Permits in loom's world, of a mutex and a condition variable of loom's. Loom lets any waiter go first.

use super::permits::Tried;
use loom::sync::{Condvar, Mutex};

/// The loom part of a semaphore.
#[derive(Debug)]
pub struct LoomPermits {
    state: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Clone, Copy, Debug)]
struct Inner {
    free: usize,
    closed: bool,
}

impl LoomPermits {
    pub fn new(free: usize) -> Self {
        Self { state: Mutex::new(Inner { free, closed: false }), changed: Condvar::new() }
    }

    fn with<R>(&self, f: impl FnOnce(&mut Inner) -> R) -> R {
        f(&mut self.state.lock().expect("nobody panics behind it"))
    }

    /// Waits for so many; false if it is closed.
    pub fn acquire(&self, many: usize) -> bool {
        let mut state = self.state.lock().expect("nobody panics behind it");
        while !state.closed && state.free < many {
            state = self.changed.wait(state).expect("nobody panics behind it");
        }
        if !state.closed {
            state.free -= many;
        }
        !state.closed
    }

    pub fn try_acquire(&self, many: usize) -> Tried {
        self.with(|state| match state {
            Inner { closed: true, .. } => Tried::Closed,
            Inner { free, .. } if *free < many => Tried::TooFew,
            Inner { free, .. } => {
                *free -= many;
                Tried::Got
            }
        })
    }

    pub fn release(&self, many: usize) {
        self.with(|state| {
            state.free += many;
            self.changed.notify_all();
        });
    }

    pub fn forget(&self, many: usize) -> usize {
        self.with(|state| {
            let forgotten = many.min(state.free);
            state.free -= forgotten;
            forgotten
        })
    }

    pub fn close(&self) {
        self.with(|state| {
            state.closed = true;
            self.changed.notify_all();
        });
    }

    pub fn free(&self) -> usize {
        self.with(|state| state.free)
    }

    pub fn is_closed(&self) -> bool {
        self.with(|state| state.closed)
    }
}
