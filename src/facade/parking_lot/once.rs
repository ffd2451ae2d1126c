//! `Once`: `parking_lot`'s own, beside std's in a model.

use crate::sync;
use ::parking_lot as real;
use ::parking_lot::OnceState;
use std::fmt;
use std::panic::Location;

/// As `parking_lot`'s own [`Once`](::parking_lot::Once). Loom's world has none.
///
/// ```
/// use raceproof::parking_lot::{Once, OnceState};
///
/// let once = Once::new();
/// once.call_once(|| ());
/// assert_eq!(once.state(), OnceState::Done);
/// ```
pub struct Once {
    modelled: sync::Once,
    real: real::Once,
}

impl Once {
    /// As `parking_lot`'s `new`, and no `const fn`.
    #[must_use]
    #[track_caller]
    pub fn new() -> Self {
        Self { modelled: sync::Once::new(), real: real::Once::new() }
    }

    /// As `parking_lot`'s `state`.
    #[track_caller]
    pub fn state(&self) -> OnceState {
        if self.modelled.is_real() {
            return self.real.state();
        }
        self.modelled.state_at(Location::caller())
    }

    /// As `parking_lot`'s `call_once`.
    ///
    /// # Panics
    ///
    /// As `parking_lot`'s, if it has panicked before.
    #[track_caller]
    pub fn call_once<F: FnOnce()>(&self, f: F) {
        if self.modelled.is_real() {
            return self.real.call_once(f);
        }
        self.modelled.call_once(f);
    }

    /// As `parking_lot`'s `call_once_force`.
    #[track_caller]
    pub fn call_once_force<F: FnOnce(OnceState)>(&self, f: F) {
        if self.modelled.is_real() {
            return self.real.call_once_force(f);
        }
        self.modelled.call_once_force(|state| {
            f(if state.is_poisoned() { OnceState::Poisoned } else { OnceState::New });
        });
    }
}

impl Default for Once {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}
