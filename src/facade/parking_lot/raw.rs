//! The raw lock of the mutexes: `parking_lot`'s own, beside its part in the world that made it.
//!
//! In a model its step says when it is taken, and `parking_lot`'s own lock is taken behind it: so what it guards is
//! safe whatever the model does.

use super::lock_api;
pub use crate::facade::until::Until;
use crate::world::operation::{At, Kind, Outcome, ThreadId};
use crate::world::{self, Part, Stepped, World, object::State};
use ::parking_lot as real;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::mem::ManuallyDrop;
use std::panic::Location;
use std::time::{Duration, Instant};

/// Loom's lock with the guard of whoever holds it.
pub struct LoomMutex {
    lock: loom::sync::Mutex<()>,
    held: RefCell<Option<ManuallyDrop<loom::sync::MutexGuard<'static, ()>>>>,
}

// SAFETY: every coroutine of a loom exploration runs on the one thread that explores, and loom's objects panic
// when they are used outside of it.
unsafe impl Send for LoomMutex {}
// SAFETY: as above.
unsafe impl Sync for LoomMutex {}

type Held = loom::sync::MutexGuard<'static, ()>;

impl LoomMutex {
    // A box, so that it stays where the guards find it.
    #[expect(clippy::unnecessary_box_returns, reason = "guards point into it")]
    fn new() -> Box<Self> {
        Box::new(Self { lock: loom::sync::Mutex::new(()), held: RefCell::default() })
    }

    fn keep(&self, guard: Option<loom::sync::MutexGuard<'_, ()>>) -> bool {
        let got = guard.is_some();
        // SAFETY: only the lifetime is changed. The lock lies in a box, and a guard that is still there when that
        // goes is not dropped.
        let guard =
            unsafe { std::mem::transmute::<Option<loom::sync::MutexGuard<'_, ()>>, Option<Held>>(guard) };
        if let Some(guard) = guard {
            *self.held.borrow_mut() = Some(ManuallyDrop::new(guard));
        }
        got
    }

    fn release(&self) -> Option<loom::sync::MutexGuard<'static, ()>> {
        self.held.borrow_mut().take().map(ManuallyDrop::into_inner)
    }

    /// Waits on a condition variable of loom's.
    pub fn wait(&self, condvar: &loom::sync::Condvar) {
        if let Some(guard) = self.release() {
            self.keep(condvar.wait(guard).ok());
        }
    }
}

thread_local! {
    /// The line that asks, where lock_api does not hand it on.
    static ASKED: Cell<Option<At>> = const { Cell::new(None) };
    /// Locks that unwinding threads have lost, which their guards do not know.
    static LOST: RefCell<Vec<(usize, ThreadId)>> = const { RefCell::new(Vec::new()) };
}

/// Calls `f`, whose locks are asked for by the line `at`.
pub fn asked_at<R>(at: At, f: impl FnOnce() -> R) -> R {
    struct Back(Option<At>);
    impl Drop for Back {
        fn drop(&mut self) {
            ASKED.set(self.0);
        }
    }
    let _back = Back(ASKED.replace(Some(line(at))));
    f()
}

/// The line that asks for a lock.
pub fn line(at: At) -> At {
    ASKED.get().unwrap_or(at)
}

/// An execution is given up while another thread holds what this one had given back for a time: nobody else runs,
/// so the guard goes without it.
pub fn lose(lock: *const (), at: At) {
    if !at.file().contains("lock_api") {
        eprintln!("raceproof: a destructor locks what another thread holds while an execution is given up");
        std::process::abort()
    }
    lost(lock);
}

fn lost(lock: *const ()) {
    LOST.with_borrow_mut(|lost| lost.push((lock as usize, world::current_thread())));
}

/// Calls `f`, which gives back for a time what its caller's guard stands for: where it unwinds, the guard has lost
/// its lock.
pub fn without(lock: *const (), f: impl FnOnce()) {
    struct Away(*const ());
    impl Drop for Away {
        fn drop(&mut self) {
            lost(self.0);
        }
    }
    let away = Away(lock);
    f();
    std::mem::forget(away);
}

/// Whether the guard that goes has lost its lock.
pub fn is_lost(lock: *const ()) -> bool {
    if !std::thread::panicking() {
        return false;
    }
    let who = (lock as usize, world::current_thread());
    LOST.with_borrow_mut(|lost| {
        let mine = lost.iter().position(|one| *one == who);
        mine.map(|mine| lost.swap_remove(mine)).is_some()
    })
}

/// Does something when it is dropped.
struct Finally<F: FnMut()>(F);

impl<F: FnMut()> Drop for Finally<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Gives a lock back: `release` `parking_lot`'s own, also where the step ends the execution.
pub fn give_back<L>(part: &Part<L>, kind: Kind, loom: impl FnOnce(&L), release: impl FnMut()) {
    let release = Finally(release);
    match (part, world::current()) {
        (Part::Real(_), _) => {}
        (Part::Loom(..), World::Loom) => {
            // Loom's release lets no other thread run before it returns.
            drop(release);
            if !std::thread::panicking() {
                world::step(part, kind, world::taken_at(part), loom);
            }
        }
        _ => {
            // The step first: whoever may lock next finds it free.
            world::step(part, kind, world::taken_at(part), |_| ());
        }
    }
}

macro_rules! raw_mutex {
    ($raw:ident, $mutex:ident) => {
        #[doc = concat!("As `parking_lot`'s own [`", stringify!($raw), "`](::parking_lot::", stringify!($raw), ").")]
        pub struct $raw {
            part: Part<Box<LoomMutex>>,
            real: real::$mutex<()>,
        }

        impl $raw {
            /// One of the current world.
            #[inline]
            #[track_caller]
            pub(super) fn new() -> Self {
                let part = Part::new(Location::caller(), "Mutex", State::mutex, LoomMutex::new);
                Self { part, real: real::$mutex::new(()) }
            }

            /// One of the real world, whatever the current one.
            pub(super) const fn of_real_world(at: At) -> Self {
                Self { part: Part::Real(at), real: real::$mutex::new(()) }
            }

            /// The real crate's mutex, for those that wait with it, or look who holds it.
            pub(super) fn own(&self) -> &real::$mutex<()> {
                &self.real
            }

            /// What `Debug` does before it looks.
            pub(super) fn printed(&self) {
                world::printed(&self.part, Location::caller());
            }

            #[inline]
            fn raw(&self) -> &real::$raw {
                // SAFETY: it is given back by those that have taken it alone.
                unsafe { self.real.raw() }
            }

            /// What its guards know it by.
            pub(super) fn address(&self) -> *const () {
                std::ptr::from_ref(self).cast()
            }

            /// Takes it as a model does. False if time was up.
            #[cold]
            pub(super) fn lock_in_model(&self, at: At) -> bool {
                let at = line(at);
                let stepped = world::step(&self.part, Kind::Lock, at, |loom| loom.keep(loom.lock.lock().ok()));
                if matches!(stepped, Stepped::Model(Outcome::Failed)) {
                    return false;
                }
                if !lock_api::RawMutex::try_lock(self.raw()) {
                    lose(self.address(), at);
                }
                true
            }

            #[cold]
            fn try_lock_in_model(&self, at: At) -> bool {
                let try_in_loom = |loom: &Box<LoomMutex>| loom.keep(loom.lock.try_lock().ok());
                match world::step(&self.part, Kind::TryLock, line(at), try_in_loom) {
                    Stepped::Loom(false) | Stepped::Model(Outcome::Failed) => false,
                    _ => lock_api::RawMutex::try_lock(self.raw()),
                }
            }

            /// Waits on a condition variable of loom's, without the lock meanwhile.
            #[allow(dead_code, reason = "nobody waits with a fair one")]
            pub(super) fn wait_in_loom(&self, wait: impl FnOnce(&LoomMutex)) {
                // SAFETY: its guard is the caller's, who waits.
                unsafe { lock_api::RawMutex::unlock(self.raw()) };
                if let Part::Loom(loom, _) = &self.part {
                    wait(loom);
                }
                lock_api::RawMutex::lock(self.raw());
            }

            #[cold]
            fn lock_until(&self, until: Until, at: At) -> bool {
                let wait = |patience| world::with_patience(patience, || self.lock_in_model(at));
                until.wait(line(at), || self.try_lock_in_model(at), wait)
            }

            /// Gives it back as a model does.
            #[cold]
            pub(super) fn unlock_in_model(&self) {
                if is_lost(self.address()) {
                    return;
                }
                // SAFETY: whoever gives it back has taken it, and parking_lot's own with it.
                let release = || unsafe { lock_api::RawMutex::unlock(self.raw()) };
                give_back(&self.part, Kind::Unlock, |loom| drop(loom.release()), release);
            }
        }

        // SAFETY: in every world parking_lot's own lock is held by whoever holds it, and is exclusive.
        unsafe impl lock_api::RawMutex for $raw {
            #[allow(clippy::declare_interior_mutable_const)]
            const INIT: Self = Self::of_real_world(Location::caller());

            type GuardMarker = <real::$raw as lock_api::RawMutex>::GuardMarker;

            #[inline]
            #[track_caller]
            fn lock(&self) {
                if self.part.is_real() {
                    return lock_api::RawMutex::lock(self.raw());
                }
                self.lock_in_model(Location::caller());
            }

            #[inline]
            #[track_caller]
            fn try_lock(&self) -> bool {
                if self.part.is_real() {
                    return lock_api::RawMutex::try_lock(self.raw());
                }
                self.try_lock_in_model(Location::caller())
            }

            #[inline]
            unsafe fn unlock(&self) {
                if self.part.is_real() {
                    // SAFETY: the caller's promise.
                    return unsafe { lock_api::RawMutex::unlock(self.raw()) };
                }
                self.unlock_in_model();
            }

            #[inline]
            #[track_caller]
            fn is_locked(&self) -> bool {
                if !self.part.is_real() {
                    let at = line(Location::caller());
                    world::step(&self.part, Kind::Query, at, |_| world::not_in_loom("is_locked", at));
                }
                lock_api::RawMutex::is_locked(self.raw())
            }
        }

        // SAFETY: as above.
        unsafe impl lock_api::RawMutexFair for $raw {
            #[inline]
            unsafe fn unlock_fair(&self) {
                if self.part.is_real() {
                    // SAFETY: the caller's promise.
                    return unsafe { lock_api::RawMutexFair::unlock_fair(self.raw()) };
                }
                self.unlock_in_model();
            }

            #[inline]
            #[track_caller]
            unsafe fn bump(&self) {
                if self.part.is_real() {
                    // SAFETY: the caller's promise.
                    return unsafe { lock_api::RawMutexFair::bump(self.raw()) };
                }
                let at = Location::caller();
                without(self.address(), || {
                    self.unlock_in_model();
                    self.lock_in_model(at);
                });
            }
        }

        // SAFETY: as above.
        unsafe impl lock_api::RawMutexTimed for $raw {
            type Duration = Duration;
            type Instant = Instant;

            #[inline]
            #[track_caller]
            fn try_lock_for(&self, timeout: Duration) -> bool {
                if self.part.is_real() {
                    return lock_api::RawMutexTimed::try_lock_for(self.raw(), timeout);
                }
                self.lock_until(Until::For(timeout), Location::caller())
            }

            #[inline]
            #[track_caller]
            fn try_lock_until(&self, timeout: Instant) -> bool {
                if self.part.is_real() {
                    return lock_api::RawMutexTimed::try_lock_until(self.raw(), timeout);
                }
                self.lock_until(Until::Till(timeout), Location::caller())
            }
        }

        impl fmt::Debug for $raw {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($raw)).finish_non_exhaustive()
            }
        }
    };
}

raw_mutex!(RawMutex, Mutex);
raw_mutex!(RawFairMutex, FairMutex);
