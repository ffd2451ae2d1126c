//! `Foreign`: a concurrent type of another crate, each of whose operations is one step.

#[cfg(feature = "model")]
use crate::world::{self, Part, object::State, operation::Kind};
use std::fmt;
#[cfg(feature = "model")]
use std::panic::Location;
#[cfg(feature = "model")]
use std::sync::atomic::Ordering::{AcqRel, Acquire, SeqCst};

/// A concurrent type that raceproof does not know (a map, a queue, an arc-swap), in a program that is explored.
///
/// In a model each operation is one atomic step, which orders memory as a lock does: what the type does inside is
/// trusted, and a proof says so. Outside of models it is the type itself.
///
/// An operation must not block, and nothing that it returns may go on holding the type: the closure cannot give
/// back a reference into it, and must not give back a guard in disguise.
///
/// ```
/// use raceproof::Foreign;
/// use std::sync::Mutex;
///
/// // Somebody else's concurrent map.
/// #[derive(Default)]
/// struct Map(Mutex<Vec<(u32, u32)>>);
/// impl Map {
///     fn insert(&self, key: u32, value: u32) {
///         self.0.lock().unwrap().push((key, value));
///     }
///     fn len(&self) -> usize {
///         self.0.lock().unwrap().len()
///     }
/// }
///
/// let map = Foreign::new(Map::default());
/// map.with(|map| map.insert(1, 2));
/// assert_eq!(map.look(Map::len), 1);
/// ```
pub struct Foreign<T: ?Sized> {
    #[cfg(feature = "model")]
    part: Part<loom::sync::atomic::AtomicUsize>,
    value: T,
}

impl<T> Foreign<T> {
    /// What is used by several threads.
    #[cfg(feature = "model")]
    #[track_caller]
    pub fn new(value: T) -> Self {
        let loom = || loom::sync::atomic::AtomicUsize::new(0);
        Self { part: Part::new(Location::caller(), "Foreign", State::atomic, loom), value }
    }

    /// What is used by several threads.
    #[cfg(not(feature = "model"))]
    pub const fn new(value: T) -> Self {
        Self { value }
    }

    /// The value.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T: ?Sized> Foreign<T> {
    /// An operation that may change it: one step.
    #[inline]
    #[cfg_attr(feature = "model", track_caller)]
    pub fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        #[cfg(feature = "model")]
        if !self.part.is_real() {
            let at = Location::caller();
            world::step(&self.part, Kind::Rmw(SeqCst), at, |loom| loom.fetch_add(1, AcqRel));
        }
        let result = f(&self.value);
        #[cfg(feature = "model")]
        world::publish(&self.part);
        result
    }

    /// An operation that only looks: one step, and two of them have no order, but in loom's world.
    #[inline]
    #[cfg_attr(feature = "model", track_caller)]
    pub fn look<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        #[cfg(feature = "model")]
        if !self.part.is_real() {
            let at = Location::caller();
            // A load of loom's may read what was there before, and be told nothing of an operation that `f` sees.
            world::step(&self.part, Kind::Load(SeqCst), at, |loom| loom.fetch_add(0, Acquire));
        }
        f(&self.value)
    }

    /// The value, which nobody else can reach.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: Default> Default for Foreign<T> {
    #[cfg_attr(feature = "model", track_caller)]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: ?Sized> fmt::Debug for Foreign<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Foreign").finish_non_exhaustive()
    }
}
