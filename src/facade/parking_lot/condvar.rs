//! `Condvar`: `parking_lot`'s own, beside its part in the world that made it.

use super::mutex::MutexGuard;
use super::raw::{RawMutex, Until, without};
use crate::world::object::{State, condvar::Cv};
use crate::world::operation::{At, Kind, Outcome, Patience};
use crate::world::{self, Part, Stepped, World, choice};
use ::parking_lot as real;
use std::fmt;
use std::mem::ManuallyDrop;
use std::panic::Location;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// As `parking_lot`'s own [`Condvar`](::parking_lot::Condvar): no wait wakes without a reason.
///
/// In a model `notify_one` may wake any of those who wait. A wait with a timeout times out once a thread and line,
/// whatever the timeout is, and from then on when nothing else can go on.
///
/// ```
/// use raceproof::parking_lot::{Condvar, Mutex};
///
/// let (ready, changed) = (Mutex::new(false), Condvar::new());
/// std::thread::scope(|scope| {
///     scope.spawn(|| {
///         *ready.lock() = true;
///         changed.notify_one();
///     });
///     changed.wait_while(&mut ready.lock(), |ready| !*ready);
/// });
/// ```
pub struct Condvar {
    part: Part<LoomCondvar>,
    real: real::Condvar,
    /// The mutex of those who wait, in a model: it is read and written behind the step of one who joins them.
    mutex: AtomicUsize,
}

/// Loom's, and how many wait.
struct LoomCondvar {
    condvar: loom::sync::Condvar,
    waiting: AtomicUsize,
}

impl LoomCondvar {
    fn new() -> Self {
        Self { condvar: loom::sync::Condvar::new(), waiting: AtomicUsize::new(0) }
    }

    fn notify(&self, most: usize) -> usize {
        // Relaxed: loom's threads are coroutines of one thread.
        let waiting = self.waiting.load(Relaxed);
        let woken = waiting.min(most);
        self.waiting.store(waiting - woken, Relaxed);
        if most == 1 {
            self.condvar.notify_one();
        } else {
            self.condvar.notify_all();
        }
        woken
    }
}

/// As `parking_lot`'s own [`WaitTimeoutResult`](::parking_lot::WaitTimeoutResult).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// As `parking_lot`'s `timed_out`.
    #[must_use]
    pub fn timed_out(self) -> bool {
        self.0
    }
}

impl Condvar {
    /// As `parking_lot`'s `new`, and no `const fn`.
    #[inline]
    #[track_caller]
    pub fn new() -> Self {
        let part = Part::new(Location::caller(), "Condvar", State::condvar, LoomCondvar::new);
        Self { part, real: real::Condvar::new(), mutex: AtomicUsize::new(0) }
    }

    /// As `parking_lot`'s `notify_one`: whether a thread was woken.
    #[inline]
    #[track_caller]
    pub fn notify_one(&self) -> bool {
        if self.part.is_real() {
            return self.real.notify_one();
        }
        self.notify(Cv::NotifyOne, 1, Location::caller()) > 0
    }

    /// As `parking_lot`'s `notify_all`: how many threads were woken.
    #[inline]
    #[track_caller]
    pub fn notify_all(&self) -> usize {
        if self.part.is_real() {
            return self.real.notify_all();
        }
        self.notify(Cv::NotifyAll, usize::MAX, Location::caller())
    }

    #[cold]
    fn notify(&self, kind: Cv, most: usize, at: At) -> usize {
        match world::step(&self.part, Kind::Cv(kind), at, |loom| loom.notify(most)) {
            Stepped::Loom(woken) => woken,
            Stepped::Model(_) => {
                let woken = |state: &State| match state {
                    State::Condvar(condvar) => Some(condvar.woken()),
                    _ => None,
                };
                world::look(&self.part, woken).unwrap_or(0)
            }
            Stepped::Real | Stepped::Unwinding => 0,
        }
    }

    /// As `parking_lot`'s `wait`.
    ///
    /// # Panics
    ///
    /// As `parking_lot`'s, if another thread waits with another mutex.
    #[inline]
    #[track_caller]
    pub fn wait<T: ?Sized>(&self, mutex_guard: &mut MutexGuard<'_, T>) {
        self.wait_at(raw(mutex_guard), None, Location::caller());
    }

    /// As `parking_lot`'s `wait_until`, by std's clock or the facade's.
    ///
    /// # Panics
    ///
    /// As [`wait`](Self::wait).
    #[track_caller]
    pub fn wait_until<T: ?Sized>(
        &self,
        mutex_guard: &mut MutexGuard<'_, T>,
        timeout: impl Into<Instant>,
    ) -> WaitTimeoutResult {
        self.wait_at(raw(mutex_guard), Some(Until::Till(timeout.into())), Location::caller())
    }

    /// As `parking_lot`'s `wait_for`.
    ///
    /// # Panics
    ///
    /// As [`wait`](Self::wait).
    #[track_caller]
    pub fn wait_for<T: ?Sized>(
        &self,
        mutex_guard: &mut MutexGuard<'_, T>,
        timeout: Duration,
    ) -> WaitTimeoutResult {
        self.wait_at(raw(mutex_guard), Some(Until::For(timeout)), Location::caller())
    }

    /// As `parking_lot`'s `wait_while`.
    ///
    /// # Panics
    ///
    /// As [`wait`](Self::wait).
    #[track_caller]
    pub fn wait_while<T, F>(&self, mutex_guard: &mut MutexGuard<'_, T>, condition: F)
    where
        T: ?Sized,
        F: FnMut(&mut T) -> bool,
    {
        self.wait_while_at(mutex_guard, condition, None, Location::caller());
    }

    /// As `parking_lot`'s `wait_while_until`, by std's clock or the facade's.
    ///
    /// # Panics
    ///
    /// As [`wait`](Self::wait).
    #[track_caller]
    pub fn wait_while_until<T, F>(
        &self,
        mutex_guard: &mut MutexGuard<'_, T>,
        condition: F,
        timeout: impl Into<Instant>,
    ) -> WaitTimeoutResult
    where
        T: ?Sized,
        F: FnMut(&mut T) -> bool,
    {
        let until = Until::Till(timeout.into());
        self.wait_while_at(mutex_guard, condition, Some(until), Location::caller())
    }

    /// As `parking_lot`'s `wait_while_for`.
    ///
    /// # Panics
    ///
    /// As [`wait`](Self::wait).
    #[track_caller]
    pub fn wait_while_for<T, F>(
        &self,
        mutex_guard: &mut MutexGuard<'_, T>,
        condition: F,
        timeout: Duration,
    ) -> WaitTimeoutResult
    where
        T: ?Sized,
        F: FnMut(&mut T) -> bool,
    {
        // The time is for all its waits, of which a model has few.
        let until = if self.part.is_real() {
            Instant::now().checked_add(timeout).map(Until::Till)
        } else {
            Some(Until::For(timeout))
        };
        self.wait_while_at(mutex_guard, condition, until, Location::caller())
    }

    fn wait_while_at<T, F>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        mut condition: F,
        until: Option<Until>,
        at: At,
    ) -> WaitTimeoutResult
    where
        T: ?Sized,
        F: FnMut(&mut T) -> bool,
    {
        let mut result = WaitTimeoutResult(false);
        while !result.timed_out() && condition(&mut *guard) {
            result = self.wait_at(raw(guard), until, at);
        }
        result
    }

    #[inline]
    fn wait_at(&self, lock: &RawMutex, until: Option<Until>, at: At) -> WaitTimeoutResult {
        if self.part.is_real() {
            return self.wait_in_real(lock, until);
        }
        let timed_out = match (world::current(), until) {
            (World::Loom, None) => {
                self.wait_in_loom(lock, at);
                false
            }
            (World::Loom, Some(_)) => {
                world::not_in_loom("a wait with a timeout", at);
                false
            }
            (_, None) => self.wait_in_model(lock, Some(Patience::Endless), at),
            (_, Some(until)) => self.wait_until_in_model(lock, until, at),
        };
        WaitTimeoutResult(timed_out)
    }

    fn wait_in_real(&self, lock: &RawMutex, until: Option<Until>) -> WaitTimeoutResult {
        // SAFETY: the caller has a guard of it. This one is not dropped, whatever happens.
        let mut own = ManuallyDrop::new(unsafe { lock.own().make_guard_unchecked() });
        let timed_out = match until {
            None => {
                self.real.wait(&mut own);
                false
            }
            Some(Until::For(timeout)) => self.real.wait_for(&mut own, timeout).timed_out(),
            Some(Until::Till(timeout)) => self.real.wait_until(&mut own, timeout).timed_out(),
        };
        WaitTimeoutResult(timed_out)
    }

    #[cold]
    fn wait_until_in_model(&self, lock: &RawMutex, until: Until, at: At) -> bool {
        let begin = world::time::begin();
        let patience = match choice::once(2, at, choice::TIMEOUT) {
            None => Some(Patience::Bounded),
            Some(0) => Some(Patience::Covered),
            Some(_) => None,
        };
        let timed_out = self.wait_in_model(lock, patience, at);
        if timed_out {
            until.pass(begin);
        }
        timed_out
    }

    /// Returns whether time was up: without patience it is, and nobody can tell that it had joined those who wait.
    #[cold]
    fn wait_in_model(&self, lock: &RawMutex, patience: Option<Patience>, at: At) -> bool {
        let mut timed_out = patience.is_none();
        if patience.is_some() {
            world::step(&self.part, Kind::Cv(Cv::Wait), at, |_| ());
            self.waits_with(lock);
        }
        without(lock.address(), || {
            lock.unlock_in_model();
            if let Some(patience) = patience {
                let woken = world::step(&self.part, Kind::Cv(Cv::Wake(patience)), at, |_| ());
                timed_out = matches!(woken, Stepped::Model(Outcome::Failed));
            }
            lock.lock_in_model(at);
        });
        timed_out
    }

    fn waits_with(&self, lock: &RawMutex) {
        let others = |state: &State| match state {
            State::Condvar(condvar) => Some(condvar.waiting() > 1),
            _ => None,
        };
        let lock = lock.address() as usize;
        let before = self.mutex.swap(lock, Relaxed);
        let others = world::look(&self.part, others).unwrap_or(false);
        assert!(!others || before == lock, "attempted to use a condition variable with more than one mutex");
    }

    #[cold]
    fn wait_in_loom(&self, lock: &RawMutex, at: At) {
        without(lock.address(), || {
            lock.wait_in_loom(|lock| {
                world::step(&self.part, Kind::Cv(Cv::Wait), at, |loom| {
                    loom.waiting.fetch_add(1, Relaxed);
                    lock.wait(&loom.condvar);
                });
            });
        });
    }
}

fn raw<'a, T: ?Sized>(guard: &MutexGuard<'a, T>) -> &'a RawMutex {
    // SAFETY: what is given back of it is taken again before the guard is used.
    unsafe { MutexGuard::mutex(guard).raw() }
}

impl Default for Condvar {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condvar").finish_non_exhaustive()
    }
}
