//! `thread_local!`: std's own in the real world, and one value for each thread and execution in a model.

use crate::world::{self, statics};
use std::cell::{Cell, RefCell};
use std::error::Error;
use std::fmt;
use std::rc::Rc;

/// As [`std::thread::LocalKey`]. In a model, a task has locals of its own, as a thread has.
pub struct LocalKey<T: 'static> {
    real: &'static std::thread::LocalKey<T>,
    init: fn() -> T,
}

/// As [`std::thread::AccessError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccessError;

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("already destroyed")
    }
}

impl Error for AccessError {}

const DESTROYED: &str = "cannot access a Thread Local Storage value during or after destruction: AccessError";

/// As [`std::thread_local!`].
///
/// ```
/// use std::cell::Cell;
///
/// raceproof::thread_local! {
///     static CALLS: Cell<u32> = const { Cell::new(0) };
/// }
///
/// CALLS.set(CALLS.get() + 1);
/// assert_eq!(CALLS.get(), 1);
/// ```
#[macro_export]
macro_rules! thread_local {
    () => {};
    ($(#[$attr:meta])* $vis:vis static $name:ident: $type:ty = const $init:block; $($rest:tt)*) => {
        $crate::thread_local!($(#[$attr])* $vis static $name: $type = const $init);
        $crate::thread_local!($($rest)*);
    };
    ($(#[$attr:meta])* $vis:vis static $name:ident: $type:ty = const $init:block) => {
        $crate::thread_local!(@ $(#[$attr])* $vis $name, $type, const $init, $init);
    };
    ($(#[$attr:meta])* $vis:vis static $name:ident: $type:ty = $init:expr; $($rest:tt)*) => {
        $crate::thread_local!($(#[$attr])* $vis static $name: $type = $init);
        $crate::thread_local!($($rest)*);
    };
    ($(#[$attr:meta])* $vis:vis static $name:ident: $type:ty = $init:expr) => {
        $crate::thread_local!(@ $(#[$attr])* $vis $name, $type, {$init}, $init);
    };
    (@ $(#[$attr:meta])* $vis:vis $name:ident, $type:ty, const $real:block, $init:expr) => {
        $(#[$attr])*
        $vis static $name: $crate::thread::LocalKey<$type> = {
            ::std::thread_local!(static REAL: $type = const $real);
            $crate::thread::LocalKey::__new(&REAL, || $init)
        };
    };
    (@ $(#[$attr:meta])* $vis:vis $name:ident, $type:ty, $real:block, $init:expr) => {
        $(#[$attr])*
        $vis static $name: $crate::thread::LocalKey<$type> = {
            ::std::thread_local!(static REAL: $type = $real);
            $crate::thread::LocalKey::__new(&REAL, || $init)
        };
    };
}

impl<T: 'static> LocalKey<T> {
    /// For `thread_local!`.
    #[doc(hidden)]
    pub const fn __new(real: &'static std::thread::LocalKey<T>, init: fn() -> T) -> Self {
        Self { real, init }
    }

    /// As [`std::thread::LocalKey::with`].
    ///
    /// # Panics
    ///
    /// As std's, if it was destroyed.
    #[inline]
    pub fn with<F, R>(&'static self, f: F) -> R
    where
        F: FnOnce(&T) -> R,
    {
        if world::is_real() {
            return self.real.with(f);
        }
        f(&self.here(self.init).expect(DESTROYED))
    }

    /// As [`std::thread::LocalKey::try_with`].
    #[inline]
    pub fn try_with<F, R>(&'static self, f: F) -> Result<R, AccessError>
    where
        F: FnOnce(&T) -> R,
    {
        if world::is_real() {
            return self.real.try_with(f).map_err(|_| AccessError);
        }
        self.here(self.init).map(|value| f(&value))
    }

    /// No step: no other thread can reach it.
    #[cold]
    fn here(&'static self, make: impl FnOnce() -> T) -> Result<Rc<T>, AccessError> {
        statics::local(std::ptr::from_ref(self).addr(), make).map_err(|_| AccessError)
    }

    /// As std's: a value that is set first is not made.
    fn set_here(&'static self, value: T, set: impl FnOnce(&T, T)) {
        let mut value = Some(value);
        let here = self.here(|| value.take().expect("made once")).expect(DESTROYED);
        if let Some(value) = value {
            set(&here, value);
        }
    }
}

impl<T: 'static> LocalKey<Cell<T>> {
    /// As std's `set`.
    pub fn set(&'static self, value: T) {
        if world::is_real() {
            return self.real.set(value);
        }
        self.set_here(Cell::new(value), |cell, value| cell.set(value.into_inner()));
    }

    /// As std's `get`.
    pub fn get(&'static self) -> T
    where
        T: Copy,
    {
        self.with(Cell::get)
    }

    /// As std's `take`.
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(Cell::take)
    }

    /// As std's `replace`.
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}

impl<T: 'static> LocalKey<RefCell<T>> {
    /// As std's `with_borrow`.
    pub fn with_borrow<F, R>(&'static self, f: F) -> R
    where
        F: FnOnce(&T) -> R,
    {
        self.with(|cell| f(&cell.borrow()))
    }

    /// As std's `with_borrow_mut`.
    pub fn with_borrow_mut<F, R>(&'static self, f: F) -> R
    where
        F: FnOnce(&mut T) -> R,
    {
        self.with(|cell| f(&mut cell.borrow_mut()))
    }

    /// As std's `set`.
    pub fn set(&'static self, value: T) {
        if world::is_real() {
            return self.real.set(value);
        }
        self.set_here(RefCell::new(value), |cell, value| *cell.borrow_mut() = value.into_inner());
    }

    /// As std's `take`.
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(RefCell::take)
    }

    /// As std's `replace`.
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}

impl<T: 'static> fmt::Debug for LocalKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalKey").finish_non_exhaustive()
    }
}
