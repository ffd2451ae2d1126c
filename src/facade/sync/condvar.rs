//! `Condvar`: std's, beside its part in the world that made it.

use super::mutex::{MutexGuard, guard_of_std};
use crate::world::object::{State, condvar::Cv};
use crate::world::operation::{At, Kind, Outcome, Patience};
use crate::world::{self, Part, Stepped, World, choice};
use std::fmt;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::sync::{LockResult, PoisonError};
use std::time::Duration;

/// As [`std::sync::Condvar`].
///
/// In a model, a wait wakes without a reason once a thread and line, and `notify_one` may wake any of
/// those who wait. A wait with a timeout times out once a thread and line, whatever the timeout is, and
/// from then on when nothing else can go on.
///
/// ```
/// use raceproof::sync::{Arc, Condvar, Mutex};
///
/// let shared = Arc::new((Mutex::new(false), Condvar::new()));
/// let other = shared.clone();
/// let setter = raceproof::thread::spawn(move || {
///     *other.0.lock().unwrap() = true;
///     other.1.notify_one();
/// });
/// let ready = shared.1.wait_while(shared.0.lock().unwrap(), |ready| !*ready).unwrap();
/// assert!(*ready);
/// drop(ready);
/// setter.join().unwrap();
/// ```
pub struct Condvar {
    part: Part<loom::sync::Condvar>,
    real: std::sync::Condvar,
}

/// As [`std::sync::WaitTimeoutResult`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// As [`std::sync::WaitTimeoutResult::timed_out`].
    pub fn timed_out(&self) -> bool {
        self.0
    }
}

type TimedResult<'a, T> = LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)>;

/// How a wait ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Notified(Patience),
    TimedOut,
    WithoutReason,
}

impl Condvar {
    /// As [`std::sync::Condvar::new`].
    #[inline]
    #[track_caller]
    pub fn new() -> Self {
        let part = Part::new(Location::caller(), "Condvar", State::condvar, loom::sync::Condvar::new);
        Self { part, real: std::sync::Condvar::new() }
    }

    /// As [`std::sync::Condvar::wait`].
    #[inline]
    #[track_caller]
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        self.wait_at(guard, Location::caller())
    }

    /// As [`std::sync::Condvar::wait_while`].
    #[track_caller]
    pub fn wait_while<'a, T, F>(
        &self,
        mut guard: MutexGuard<'a, T>,
        mut condition: F,
    ) -> LockResult<MutexGuard<'a, T>>
    where
        F: FnMut(&mut T) -> bool,
    {
        let at = Location::caller();
        while condition(&mut *guard) {
            guard = self.wait_at(guard, at)?;
        }
        Ok(guard)
    }

    /// As [`std::sync::Condvar::wait_timeout`].
    #[inline]
    #[track_caller]
    pub fn wait_timeout<'a, T>(&self, guard: MutexGuard<'a, T>, dur: Duration) -> TimedResult<'a, T> {
        self.wait_timeout_at(guard, dur, Location::caller())
    }

    /// As std's `wait_timeout_ms`.
    #[deprecated(note = "replaced by `wait_timeout`, as std's")]
    #[track_caller]
    pub fn wait_timeout_ms<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        ms: u32,
    ) -> LockResult<(MutexGuard<'a, T>, bool)> {
        let held = |(guard, result): (MutexGuard<'a, T>, WaitTimeoutResult)| (guard, !result.timed_out());
        match self.wait_timeout(guard, Duration::from_millis(ms.into())) {
            Ok(waited) => Ok(held(waited)),
            Err(poisoned) => Err(PoisonError::new(held(poisoned.into_inner()))),
        }
    }

    /// As [`std::sync::Condvar::wait_timeout_while`].
    #[track_caller]
    pub fn wait_timeout_while<'a, T, F>(
        &self,
        mut guard: MutexGuard<'a, T>,
        dur: Duration,
        mut condition: F,
    ) -> TimedResult<'a, T>
    where
        F: FnMut(&mut T) -> bool,
    {
        let at = Location::caller();
        if self.part.is_real() {
            return timed(self.real.wait_timeout_while(guard.into_std(), dur, condition));
        }
        let mut result = WaitTimeoutResult(false);
        loop {
            if !condition(&mut *guard) {
                return Ok((guard, WaitTimeoutResult(false)));
            }
            if result.timed_out() {
                return Ok((guard, result));
            }
            (guard, result) = self.wait_timeout_at(guard, dur, at)?;
        }
    }

    /// As [`std::sync::Condvar::notify_one`].
    #[inline]
    #[track_caller]
    pub fn notify_one(&self) {
        if self.part.is_real() {
            return self.real.notify_one();
        }
        world::step(&self.part, Kind::Cv(Cv::NotifyOne), Location::caller(), loom::sync::Condvar::notify_one);
    }

    /// As [`std::sync::Condvar::notify_all`].
    #[inline]
    #[track_caller]
    pub fn notify_all(&self) {
        if self.part.is_real() {
            return self.real.notify_all();
        }
        world::step(&self.part, Kind::Cv(Cv::NotifyAll), Location::caller(), loom::sync::Condvar::notify_all);
    }

    #[inline]
    fn wait_at<'a, T>(&self, guard: MutexGuard<'a, T>, at: At) -> LockResult<MutexGuard<'a, T>> {
        match world::current() {
            World::Real => guard_of_std(self.real.wait(guard.into_std())),
            World::Loom => self.wait_in_loom(guard, at),
            World::Model => {
                let early = choice::once(2, at, choice::SPURIOUS_WAKEUP) == Some(1);
                let end = if early { End::WithoutReason } else { End::Notified(Patience::Endless) };
                self.wait_in_model(guard, end, at).0
            }
        }
    }

    fn wait_timeout_at<'a, T>(&self, guard: MutexGuard<'a, T>, dur: Duration, at: At) -> TimedResult<'a, T> {
        if self.part.is_real() {
            return timed(self.real.wait_timeout(guard.into_std(), dur));
        }
        let begin = world::time::begin();
        let end = match world::current() {
            World::Loom => {
                world::not_in_loom("wait_timeout", at);
                End::TimedOut
            }
            _ => match choice::once(3, at, choice::TIMEOUT) {
                None => End::Notified(Patience::Bounded),
                Some(0) => End::Notified(Patience::Covered),
                Some(1) => End::TimedOut,
                Some(_) => End::WithoutReason,
            },
        };
        let (guard, timed_out) = self.wait_in_model(guard, end, at);
        if timed_out {
            world::time::pass(begin, dur);
        }
        match guard {
            Ok(guard) => Ok((guard, WaitTimeoutResult(timed_out))),
            Err(poisoned) => Err(PoisonError::new((poisoned.into_inner(), WaitTimeoutResult(timed_out)))),
        }
    }

    /// A wait that ends without a notification never joins those who wait: nobody can tell.
    fn wait_in_model<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        end: End,
        at: At,
    ) -> (LockResult<MutexGuard<'a, T>>, bool) {
        // Without one, the execution is over.
        let Some(lock) = guard.lock() else { return (Ok(guard), false) };
        if matches!(end, End::Notified(_)) {
            world::step(&self.part, Kind::Cv(Cv::Wait), at, |_| ());
        }
        drop(guard);
        let mut timed_out = end == End::TimedOut;
        if let End::Notified(patience) = end {
            let stepped = world::step(&self.part, Kind::Cv(Cv::Wake(patience)), at, |_| ());
            timed_out = matches!(stepped, Stepped::Model(Outcome::Failed));
        }
        (lock.lock_again(at), timed_out)
    }

    fn wait_in_loom<'a, T>(&self, guard: MutexGuard<'a, T>, at: At) -> LockResult<MutexGuard<'a, T>> {
        // Without one, the execution is over.
        let Some(lock) = guard.lock() else { return Ok(guard) };
        let Some(held) = guard.into_loom() else { return lock.lock_again(at) };
        let stepped = world::step(&self.part, Kind::Cv(Cv::Wait), at, |condvar| condvar.wait(held).ok());
        match stepped {
            Stepped::Loom(Some(held)) => lock.guard_of_loom(held, at),
            _ => lock.lock_again(at),
        }
    }
}

fn timed<T>(
    result: LockResult<(std::sync::MutexGuard<'_, T>, std::sync::WaitTimeoutResult)>,
) -> TimedResult<'_, T> {
    let (poisoned, (guard, timed)) = match result {
        Ok(result) => (false, result),
        Err(error) => (true, error.into_inner()),
    };
    let guard = if poisoned { Err(PoisonError::new(guard)) } else { Ok(guard) };
    let result = WaitTimeoutResult(timed.timed_out());
    match guard_of_std(guard) {
        Ok(guard) => Ok((guard, result)),
        Err(error) => Err(PoisonError::new((error.into_inner(), result))),
    }
}

impl RefUnwindSafe for Condvar {}
impl UnwindSafe for Condvar {}

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
