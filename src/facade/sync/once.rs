//! `Once`: std's, beside its part in the world that made it.

use crate::world::object::{State, once::Do};
use crate::world::operation::{At, Kind, Outcome};
use crate::world::{self, Part, Stepped};
use std::fmt;
use std::panic::{AssertUnwindSafe, Location, RefUnwindSafe, UnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

/// As [`std::sync::Once`]. Loom's world has none.
pub struct Once {
    part: Part<()>,
    real: std::sync::Once,
    /// Whether it panicked in a model. Read and written by whoever is at it alone.
    poisoned: AtomicBool,
}

const POISONED: &str = "Once instance has previously been poisoned";

/// As [`std::sync::OnceState`].
#[derive(Debug)]
pub struct OnceState(bool);

impl OnceState {
    /// As [`std::sync::OnceState::is_poisoned`].
    pub fn is_poisoned(&self) -> bool {
        self.0
    }
}

impl Once {
    /// As [`std::sync::Once::new`].
    #[must_use]
    #[expect(clippy::new_without_default, reason = "std's has none")]
    #[track_caller]
    pub fn new() -> Self {
        let part = Part::new(Location::caller(), "Once", State::once, || ());
        Self { part, real: std::sync::Once::new(), poisoned: AtomicBool::new(false) }
    }

    fn step(&self, what: Do, at: At) -> Stepped<()> {
        world::step(&self.part, Kind::Once(what), at, |()| world::not_in_loom("Once", at))
    }

    /// As [`std::sync::Once::call_once`].
    ///
    /// # Panics
    ///
    /// As std's, if it has panicked before.
    #[inline]
    #[track_caller]
    pub fn call_once<F: FnOnce()>(&self, f: F) {
        if self.part.is_real() {
            return self.real.call_once(f);
        }
        self.call_in_model(Some(POISONED), |_| f(), Location::caller());
    }

    /// As [`std::sync::Once::call_once_force`].
    #[inline]
    #[track_caller]
    pub fn call_once_force<F: FnOnce(&OnceState)>(&self, f: F) {
        if self.part.is_real() {
            return self.real.call_once_force(|state| f(&OnceState(state.is_poisoned())));
        }
        self.call_in_model(None, f, Location::caller());
    }

    /// As [`std::sync::Once::is_completed`].
    #[inline]
    #[track_caller]
    pub fn is_completed(&self) -> bool {
        if self.part.is_real() {
            return self.real.is_completed();
        }
        matches!(self.step(Do::Look, Location::caller()), Stepped::Model(Outcome::Done))
    }

    /// As [`std::sync::Once::wait`].
    #[track_caller]
    pub fn wait(&self) {
        if self.part.is_real() {
            return self.real.wait();
        }
        self.step(Do::Wait, Location::caller());
    }

    /// The one of a `LazyLock` in an execution.
    pub(super) fn of(part: Part<()>) -> Self {
        Self { part, real: std::sync::Once::new(), poisoned: AtomicBool::new(false) }
    }

    /// Done once in a model, for a `LazyLock`, which has words of its own where it is poisoned.
    pub(super) fn call_lazily(&self, poisoned: &'static str, at: At, f: impl FnOnce()) {
        self.call_in_model(Some(poisoned), |_| f(), at);
    }

    /// Whether `parking_lot`'s is used in the real world.
    #[cfg(feature = "parking_lot")]
    #[track_caller]
    pub(in crate::facade) fn is_real(&self) -> bool {
        self.part.is_real()
    }

    /// What `parking_lot`'s asks, in a model.
    #[cfg(feature = "parking_lot")]
    pub(in crate::facade) fn state_at(&self, at: At) -> parking_lot::OnceState {
        use parking_lot::OnceState::{Done, InProgress, New, Poisoned};
        match self.step(Do::State, at) {
            Stepped::Model(Outcome::Done) => Done,
            Stepped::Model(Outcome::Queued) => InProgress,
            _ if self.poisoned.load(Ordering::Relaxed) => Poisoned,
            _ => New,
        }
    }

    /// As std's `wait_force`.
    #[track_caller]
    pub fn wait_force(&self) {
        if self.part.is_real() {
            return self.real.wait_force();
        }
        self.step(Do::Wait, Location::caller());
    }

    /// `refused` are the words with which it is not done if it was poisoned.
    fn call_in_model(&self, refused: Option<&'static str>, f: impl FnOnce(&OnceState), at: At) {
        if !matches!(self.step(Do::Begin, at), Stepped::Model(Outcome::Done)) {
            return;
        }
        // Relaxed: the step orders it behind whoever was at it before.
        let poisoned = self.poisoned.load(Ordering::Relaxed);
        let result = match refused.filter(|_| poisoned) {
            Some(words) => Err(Box::new(words) as Box<_>),
            None => catch_unwind(AssertUnwindSafe(|| f(&OnceState(poisoned)))),
        };
        self.poisoned.store(result.is_err(), Ordering::Relaxed);
        self.step(if result.is_ok() { Do::Finish } else { Do::GiveUp }, at);
        if let Err(payload) = result {
            resume_unwind(payload);
        }
    }
}

impl RefUnwindSafe for Once {}
impl UnwindSafe for Once {}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}
