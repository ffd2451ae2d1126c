//! `OnceLock`: std's, beside its part in the world that made it.

use crate::world::object::{State, once::Do};
use crate::world::operation::{At, Kind, Outcome};
use crate::world::{self, Part, Stepped, execution};
use std::fmt;
use std::panic::{AssertUnwindSafe, Location, RefUnwindSafe, UnwindSafe, catch_unwind, resume_unwind};

/// As [`std::sync::OnceLock`]. Loom's world has none.
///
/// ```
/// let once = raceproof::sync::OnceLock::new();
/// assert_eq!(once.get_or_init(|| 1), &1);
/// assert_eq!(once.set(2), Err(2));
/// ```
pub struct OnceLock<T> {
    part: Part<()>,
    data: std::sync::OnceLock<T>,
}

impl<T> OnceLock<T> {
    /// As [`std::sync::OnceLock::new`].
    #[must_use]
    #[inline]
    #[track_caller]
    pub fn new() -> Self {
        let part = Part::new(Location::caller(), "OnceLock", State::once, || ());
        Self { part, data: std::sync::OnceLock::new() }
    }

    fn step(&self, what: Do, at: At) -> Stepped<()> {
        world::step(&self.part, Kind::Once(what), at, |()| world::not_in_loom("OnceLock", at))
    }

    /// As [`std::sync::OnceLock::get`].
    #[inline]
    #[track_caller]
    pub fn get(&self) -> Option<&T> {
        if !self.part.is_real() {
            self.step(Do::Look, Location::caller());
        }
        self.data.get()
    }

    /// As [`std::sync::OnceLock::get_mut`].
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.data.get_mut()
    }

    /// As [`std::sync::OnceLock::set`].
    ///
    /// # Panics
    ///
    /// Never: it makes its value once.
    #[inline]
    #[track_caller]
    pub fn set(&self, value: T) -> Result<(), T> {
        if self.part.is_real() {
            return self.data.set(value);
        }
        let mut value = Some(value);
        self.init_in_model(|| value.take().expect("it is called once"), Location::caller());
        value.map_or(Ok(()), Err)
    }

    /// As [`std::sync::OnceLock::get_or_init`].
    #[inline]
    #[track_caller]
    pub fn get_or_init<F>(&self, f: F) -> &T
    where
        F: FnOnce() -> T,
    {
        if self.part.is_real() {
            return self.data.get_or_init(f);
        }
        self.init_in_model(f, Location::caller());
        self.data.get().unwrap_or_else(|| world::panic::give_up())
    }

    /// As std's `wait`.
    #[track_caller]
    pub fn wait(&self) -> &T {
        if self.part.is_real() {
            return self.data.wait();
        }
        self.step(Do::Wait, Location::caller());
        self.data.get().unwrap_or_else(|| world::panic::give_up())
    }

    /// As [`std::sync::OnceLock::into_inner`].
    pub fn into_inner(self) -> Option<T> {
        self.data.into_inner()
    }

    /// As [`std::sync::OnceLock::take`].
    pub fn take(&mut self) -> Option<T> {
        if let Part::Model(place) = &self.part {
            execution::with(|e| {
                if e.made(*place)
                    && let State::Once(once) = &mut e.objects[place.slot as usize].state
                {
                    once.reset();
                }
            });
        }
        self.data.take()
    }

    /// A value that panics leaves it as it was, for the next to begin.
    #[cold]
    fn init_in_model(&self, value: impl FnOnce() -> T, at: At) {
        match self.step(Do::Begin, at) {
            Stepped::Model(Outcome::Done) => {}
            Stepped::Unwinding => {
                let _ = self.data.set(value());
                return;
            }
            _ => return,
        }
        match catch_unwind(AssertUnwindSafe(value)) {
            Ok(value) => {
                self.step(Do::Finish, at);
                let _ = self.data.set(value);
            }
            Err(payload) => {
                self.step(Do::GiveUp, at);
                resume_unwind(payload)
            }
        }
    }
}

impl<T: RefUnwindSafe + UnwindSafe> RefUnwindSafe for OnceLock<T> {}
impl<T: UnwindSafe> UnwindSafe for OnceLock<T> {}

impl<T> Default for OnceLock<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<T> From<T> for OnceLock<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        let once = Self::new();
        let _ = once.set(value);
        once
    }
}

impl<T: Clone> Clone for OnceLock<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        self.get().cloned().map_or_else(Self::new, Self::from)
    }
}

impl<T: PartialEq> PartialEq for OnceLock<T> {
    #[track_caller]
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq> Eq for OnceLock<T> {}

impl<T: fmt::Debug> fmt::Debug for OnceLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tuple = f.debug_tuple("OnceLock");
        match self.get() {
            Some(value) => tuple.field(value),
            None => tuple.field(&format_args!("<uninit>")),
        };
        tuple.finish()
    }
}
