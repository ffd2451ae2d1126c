//! Plain memory that a model checks for data races: `UnsafeCell`, with loom's `with` and `with_mut`.

#[cfg(feature = "model")]
use crate::world::{self, Part, Stepped, operation::Kind};
#[cfg(feature = "model")]
use std::panic::Location;

/// As [`std::cell::UnsafeCell`], reached through closures, so that a model knows when an access is made.
///
/// In a model, two accesses that nothing orders, one of them through [`with_mut`](Self::with_mut), are
/// a data race and refute the program.
///
/// ```
/// use raceproof::cell::UnsafeCell;
///
/// let cell = UnsafeCell::new(1);
/// // SAFETY: nobody else has a pointer to it.
/// cell.with_mut(|value| unsafe { *value += 1 });
/// assert_eq!(cell.into_inner(), 2);
/// ```
#[derive(Debug)]
pub struct UnsafeCell<T: ?Sized> {
    #[cfg(feature = "model")]
    part: Part<loom::cell::UnsafeCell<()>>,
    data: std::cell::UnsafeCell<T>,
}

impl<T> UnsafeCell<T> {
    /// A cell that holds `value`.
    #[cfg(feature = "model")]
    #[track_caller]
    pub fn new(value: T) -> Self {
        let at = Location::caller();
        // A cell's state needs its creator's clock, so it is made in the execution.
        let part = match world::current() {
            world::World::Model => Part::of(world::execution::with(|e| e.create_cell(at))),
            _ => Part::new(at, "cell", || world::object::State::Nothing, || loom::cell::UnsafeCell::new(())),
        };
        Self { part, data: std::cell::UnsafeCell::new(value) }
    }

    /// A cell that holds `value`.
    #[cfg(not(feature = "model"))]
    pub const fn new(value: T) -> Self {
        Self { data: std::cell::UnsafeCell::new(value) }
    }

    /// The value.
    pub fn into_inner(self) -> T {
        self.data.into_inner()
    }
}

impl<T: ?Sized> UnsafeCell<T> {
    /// Calls `f` with a pointer to the value, to read it.
    #[inline]
    #[cfg_attr(feature = "model", track_caller)]
    pub fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        #[cfg(feature = "model")]
        if !self.part.is_real() {
            return self.with_in_model(f, Location::caller());
        }
        f(self.data.get())
    }

    /// Calls `f` with a pointer to the value, to read and write it.
    #[inline]
    #[cfg_attr(feature = "model", track_caller)]
    pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        #[cfg(feature = "model")]
        if !self.part.is_real() {
            return self.with_mut_in_model(f, Location::caller());
        }
        f(self.data.get())
    }

    /// The value, which nobody else can reach.
    pub fn get_mut(&mut self) -> &mut T {
        self.data.get_mut()
    }

    #[cfg(feature = "model")]
    #[cold]
    fn with_in_model<R>(&self, f: impl FnOnce(*const T) -> R, at: world::operation::At) -> R {
        let mut f = Some(f);
        let stepped = world::step(&self.part, Kind::CellRead, at, |cell| {
            cell.with(|_| f.take().map(|f| f(self.data.get())))
        });
        match stepped {
            Stepped::Loom(Some(result)) => result,
            _ => (f.take().expect("only loom's step calls it"))(self.data.get()),
        }
    }

    #[cfg(feature = "model")]
    #[cold]
    fn with_mut_in_model<R>(&self, f: impl FnOnce(*mut T) -> R, at: world::operation::At) -> R {
        let mut f = Some(f);
        let stepped = world::step(&self.part, Kind::CellWrite, at, |cell| {
            cell.with_mut(|_| f.take().map(|f| f(self.data.get())))
        });
        match stepped {
            Stepped::Loom(Some(result)) => result,
            _ => (f.take().expect("only loom's step calls it"))(self.data.get()),
        }
    }
}

impl<T: Default> Default for UnsafeCell<T> {
    #[cfg_attr(feature = "model", track_caller)]
    fn default() -> Self {
        Self::new(T::default())
    }
}
