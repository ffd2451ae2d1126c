//! `RwLock`: std's, beside its part in the world that made it.

use super::held::{self, Held};
use crate::facade::from_value::from_value;
use crate::world::object::{State, rwlock::Rw};
use crate::world::operation::{At, Kind, Outcome, ThreadId};
use crate::world::{self, Part, Stepped, World};
use std::cell::RefCell;
use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::sync::{LockResult, TryLockError, TryLockResult};

/// Loom's lock, and who reads it: loom takes two reads of one thread for one, and would let a writer in
/// when the first of them ends. It is touched by coroutines of one operating system thread.
#[derive(Debug)]
pub struct LoomLock {
    lock: loom::sync::RwLock<()>,
    readers: RefCell<Vec<ThreadId>>,
}

// SAFETY: every coroutine of a loom exploration runs on the one thread that explores, and loom's objects panic
// when they are used outside of it.
unsafe impl Send for LoomLock {}
// SAFETY: as above.
unsafe impl Sync for LoomLock {}

impl LoomLock {
    fn new() -> Self {
        Self { lock: loom::sync::RwLock::new(()), readers: RefCell::default() }
    }
}

type Reading<'a, T> = Option<Box<Held<'a, RwLock<T>, loom::sync::RwLockReadGuard<'a, ()>>>>;
type Writing<'a, T> = Option<Box<Held<'a, RwLock<T>, loom::sync::RwLockWriteGuard<'a, ()>>>>;

/// As [`std::sync::RwLock`]. In a model, a reader that meets a waiting writer waits behind it in some
/// executions and goes before it in others, since std promises neither.
///
/// ```
/// use raceproof::sync::RwLock;
///
/// let names = RwLock::new(vec!["i"]);
/// names.write().unwrap().push("j");
/// assert_eq!(names.read().unwrap().len(), 2);
/// ```
pub struct RwLock<T: ?Sized> {
    part: Part<LoomLock>,
    data: std::sync::RwLock<T>,
}

impl<T> RwLock<T> {
    /// As [`std::sync::RwLock::new`].
    #[inline]
    #[track_caller]
    pub fn new(value: T) -> Self {
        let part = Part::new(Location::caller(), "RwLock", State::rwlock, LoomLock::new);
        Self { part, data: std::sync::RwLock::new(value) }
    }

    /// As [`std::sync::RwLock::into_inner`].
    pub fn into_inner(self) -> LockResult<T> {
        self.data.into_inner()
    }
}

impl<T: ?Sized> RwLock<T> {
    /// As [`std::sync::RwLock::read`].
    #[inline]
    #[track_caller]
    pub fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        let held = if self.part.is_real() { None } else { self.read_in_model(Location::caller()) };
        held::around(self.data.read(), |data| RwLockReadGuard::new(data, held))
    }

    /// As [`std::sync::RwLock::try_read`].
    #[inline]
    #[track_caller]
    pub fn try_read(&self) -> TryLockResult<RwLockReadGuard<'_, T>> {
        let held = if self.part.is_real() { None } else { self.try_read_in_model(Location::caller())? };
        held::around_tried(self.data.try_read(), |data| RwLockReadGuard::new(data, held))
    }

    /// As [`std::sync::RwLock::write`].
    #[inline]
    #[track_caller]
    pub fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        let held = if self.part.is_real() { None } else { self.write_in_model(Location::caller()) };
        held::around(self.data.write(), |data| RwLockWriteGuard::new(data, held))
    }

    /// As [`std::sync::RwLock::try_write`].
    #[inline]
    #[track_caller]
    pub fn try_write(&self) -> TryLockResult<RwLockWriteGuard<'_, T>> {
        let held = if self.part.is_real() { None } else { self.try_write_in_model(Location::caller())? };
        held::around_tried(self.data.try_write(), |data| RwLockWriteGuard::new(data, held))
    }

    /// As [`std::sync::RwLock::get_mut`].
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        self.data.get_mut()
    }

    /// As [`std::sync::RwLock::is_poisoned`].
    #[inline]
    #[track_caller]
    pub fn is_poisoned(&self) -> bool {
        world::is_poisoned(&self.part, Location::caller(), || self.data.is_poisoned())
    }

    /// As [`std::sync::RwLock::clear_poison`].
    #[inline]
    #[track_caller]
    pub fn clear_poison(&self) {
        world::step(&self.part, Kind::ClearPoison, Location::caller(), |_| ());
        self.data.clear_poison();
    }

    #[cold]
    fn read_in_model(&self, at: At) -> Reading<'_, T> {
        self.reads_once_in_loom(at);
        match world::step(&self.part, Kind::Rw(Rw::Read), at, |loom| loom.lock.read().ok()) {
            Stepped::Loom(Some(guard)) => {
                self.begins_to_read_in_loom();
                Held::new(self, at, Some(guard))
            }
            Stepped::Model(_) => Held::new(self, at, None),
            Stepped::Loom(None) | Stepped::Real | Stepped::Unwinding => {
                held::is_free_while_unwinding(&self.data.try_read());
                None
            }
        }
    }

    #[cold]
    fn try_read_in_model<E>(&self, at: At) -> Result<Reading<'_, T>, TryLockError<E>> {
        self.reads_once_in_loom(at);
        match world::step(&self.part, Kind::Rw(Rw::TryRead), at, |loom| loom.lock.try_read().ok()) {
            Stepped::Loom(Some(guard)) => {
                self.begins_to_read_in_loom();
                Ok(Held::new(self, at, Some(guard)))
            }
            Stepped::Model(Outcome::Done) => Ok(Held::new(self, at, None)),
            Stepped::Real | Stepped::Unwinding => Ok(None),
            Stepped::Loom(None) | Stepped::Model(_) => Err(TryLockError::WouldBlock),
        }
    }

    fn reads_once_in_loom(&self, at: At) {
        if let (World::Loom, Part::Loom(loom, _)) = (world::current(), &self.part)
            && loom.readers.borrow().contains(&world::current_thread())
        {
            world::not_in_loom("a thread that reads what it reads already", at);
        }
    }

    fn begins_to_read_in_loom(&self) {
        if let Part::Loom(loom, _) = &self.part {
            loom.readers.borrow_mut().push(world::current_thread());
        }
    }

    /// The guard of a reader goes; a writer is not among them.
    fn ends_in_loom(&self) {
        if let (World::Loom, Part::Loom(loom, _)) = (world::current(), &self.part)
            && !std::thread::panicking()
        {
            let me = world::current_thread();
            loom.readers.borrow_mut().retain(|reader| *reader != me);
        }
    }

    #[cold]
    fn write_in_model(&self, at: At) -> Writing<'_, T> {
        if world::current() == World::Model {
            world::step(&self.part, Kind::Rw(Rw::Queue), at, |_| ());
        }
        match world::step(&self.part, Kind::Rw(Rw::Write), at, |loom| loom.lock.write().ok()) {
            Stepped::Loom(Some(guard)) => Held::new(self, at, Some(guard)),
            Stepped::Model(_) => Held::new(self, at, None),
            Stepped::Loom(None) | Stepped::Real | Stepped::Unwinding => {
                held::is_free_while_unwinding(&self.data.try_write());
                None
            }
        }
    }

    #[cold]
    fn try_write_in_model<E>(&self, at: At) -> Result<Writing<'_, T>, TryLockError<E>> {
        match world::step(&self.part, Kind::Rw(Rw::TryWrite), at, |loom| loom.lock.try_write().ok()) {
            Stepped::Loom(Some(guard)) => Ok(Held::new(self, at, Some(guard))),
            Stepped::Model(Outcome::Done) => Ok(Held::new(self, at, None)),
            Stepped::Real | Stepped::Unwinding => Ok(None),
            Stepped::Loom(None) | Stepped::Model(_) => Err(TryLockError::WouldBlock),
        }
    }
}

macro_rules! guard {
    ($guard:ident, $held:ident, $unlock:ident, $must_use:literal) => {
        /// As std's.
        #[must_use = $must_use]
        pub struct $guard<'a, T: ?Sized> {
            /// Taken out once, in `drop`.
            data: ManuallyDrop<std::sync::$guard<'a, T>>,
            /// As `data`: what has no destructor leaves the guard's own so short that it is inlined.
            held: ManuallyDrop<$held<'a, T>>,
        }

        impl<'a, T: ?Sized> $guard<'a, T> {
            #[inline]
            fn new(data: std::sync::$guard<'a, T>, held: $held<'a, T>) -> Self {
                Self { data: ManuallyDrop::new(data), held: ManuallyDrop::new(held) }
            }
        }

        impl<T: ?Sized> Drop for $guard<'_, T> {
            #[inline]
            fn drop(&mut self) {
                if self.held.is_some() {
                    return self.give_back();
                }
                // SAFETY: dropped once, here, and not used again.
                unsafe { ManuallyDrop::drop(&mut self.data) }
            }
        }

        impl<T: ?Sized> $guard<'_, T> {
            /// The destructor of a guard of a model.
            #[cold]
            fn give_back(&mut self) {
                // SAFETY: each is taken once, here, and not used again.
                let (data, held) =
                    unsafe { (ManuallyDrop::take(&mut self.data), ManuallyDrop::take(&mut self.held)) };
                if let Some(held) = held {
                    held.lock.ends_in_loom();
                    let part = &held.lock.part;
                    held.give_back(part, Kind::Rw(Rw::$unlock), data);
                }
            }
        }

        impl<T: ?Sized> Deref for $guard<'_, T> {
            type Target = T;

            #[inline]
            fn deref(&self) -> &T {
                &self.data
            }
        }

        impl<T: ?Sized + fmt::Debug> fmt::Debug for $guard<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<T: ?Sized + fmt::Display> fmt::Display for $guard<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }
    };
}

guard!(RwLockReadGuard, Reading, ReadUnlock, "if unused the RwLock will immediately unlock");
guard!(RwLockWriteGuard, Writing, WriteUnlock, "if unused the RwLock will immediately unlock");

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    /// As std's `downgrade`. Loom has none.
    #[inline]
    #[track_caller]
    pub fn downgrade(s: Self) -> RwLockReadGuard<'a, T> {
        let mut this = ManuallyDrop::new(s);
        // SAFETY: each is taken once, here, and the guard is not dropped.
        let (data, held) =
            unsafe { (ManuallyDrop::take(&mut this.data), ManuallyDrop::take(&mut this.held)) };
        let held = held.and_then(|held| downgrade_in_model(held.lock, Location::caller()));
        RwLockReadGuard::new(std::sync::RwLockWriteGuard::downgrade(data), held)
    }
}

#[cold]
fn downgrade_in_model<T: ?Sized>(lock: &RwLock<T>, at: At) -> Reading<'_, T> {
    world::step(&lock.part, Kind::Rw(Rw::Downgrade), at, |_| world::not_in_loom("downgrade", at));
    Held::new(lock, at, None)
}

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.data
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.part.is_real() {
            return self.data.fmt(f);
        }
        held::shown(f.debug_struct("RwLock"), self.try_read(), &format_args!("<locked>"), || {
            self.is_poisoned()
        })
    }
}

impl<T: ?Sized> RefUnwindSafe for RwLock<T> {}
impl<T: ?Sized> UnwindSafe for RwLock<T> {}

from_value!(RwLock);
