//! `LazyLock`: std's in the real world, and one value for each execution in a model.

use super::Once;
use crate::world::object::State;
use crate::world::operation::At;
use crate::world::{self, Part, World, statics};
use std::any::TypeId;
use std::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;
use std::mem::transmute;
use std::ops::{Deref, DerefMut};
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::rc::Rc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// As [`std::sync::LazyLock`]; `new` is `const` in every world. Loom's world has none.
///
/// In a model a static is fresh in each execution: its value is made at its first use there, and dropped when
/// the execution is over, so a reference to it must not be kept in anything that outlives the execution. Two
/// of them that were made by one line, and are used in one execution, cannot be told apart: undecided.
///
/// ```
/// use raceproof::sync::{LazyLock, Mutex};
///
/// static NAMES: LazyLock<Mutex<Vec<&str>>> = LazyLock::new(|| Mutex::new(Vec::new()));
///
/// NAMES.lock().unwrap().push("i");
/// assert_eq!(*NAMES.lock().unwrap(), ["i"]);
/// ```
pub struct LazyLock<T: 'static, F = fn() -> T> {
    made: At,
    /// What it is called, where one line makes several.
    name: &'static str,
    /// Which one of the process it is: 0 until a model uses it.
    instance: AtomicU64,
    /// What makes the value. A `fn` stays here, for every execution to call.
    init: UnsafeCell<Option<F>>,
    /// Whether it was taken; of a `fn`, whether the real world has called it.
    taken: AtomicBool,
    real: OnceLock<T>,
}

// SAFETY: as std's. `init` is read where it is a `fn`, and taken by the one who finds `taken` unset else.
unsafe impl<T: Send + Sync, F: Send> Sync for LazyLock<T, F> {}
impl<T: RefUnwindSafe + UnwindSafe, F: UnwindSafe> RefUnwindSafe for LazyLock<T, F> {}
impl<T: UnwindSafe, F: UnwindSafe> UnwindSafe for LazyLock<T, F> {}

/// What one is in one execution.
struct Fresh<T> {
    once: Once,
    value: OnceLock<T>,
}

impl<T> Fresh<T> {
    /// The value, if it was made. That is a step even if it was not: another thread may have come first.
    #[track_caller]
    fn seen(&self) -> Option<&T> {
        if self.once.is_completed() { self.value.get() } else { None }
    }
}

const POISONED: &str = "LazyLock instance has previously been poisoned";

impl<T, F: FnOnce() -> T> LazyLock<T, F> {
    /// As [`std::sync::LazyLock::new`].
    #[inline]
    #[track_caller]
    pub const fn new(f: F) -> Self {
        Self::__named(f, "")
    }

    /// For `statics!`, whose statics all have its line.
    #[doc(hidden)]
    #[track_caller]
    pub const fn __named(f: F, name: &'static str) -> Self {
        Self {
            made: Location::caller(),
            name,
            instance: AtomicU64::new(0),
            init: UnsafeCell::new(Some(f)),
            taken: AtomicBool::new(false),
            real: OnceLock::new(),
        }
    }

    /// As [`std::sync::LazyLock::force`].
    ///
    /// # Panics
    ///
    /// As std's, if making the value has panicked before.
    #[inline]
    #[track_caller]
    pub fn force(this: &Self) -> &T {
        if world::is_real() { this.real.get_or_init(|| this.make_real()) } else { this.force_in_model() }
    }

    /// As std's `force_mut`.
    ///
    /// # Panics
    ///
    /// As [`force`](Self::force).
    #[track_caller]
    pub fn force_mut(this: &mut Self) -> &mut T {
        Self::force(this);
        if world::is_real() {
            return this.real.get_mut().expect("it was forced");
        }
        this.alone(Location::caller()).expect("it was forced")
    }

    #[cold]
    fn make_real(&self) -> T {
        // Relaxed: whoever comes here does so alone, ordered by the `OnceLock`.
        assert!(!self.taken.swap(true, Ordering::Relaxed), "{POISONED}");
        // SAFETY: a `fn` is copied; else it is taken by the first who finds it not taken.
        let init = unsafe { if is_fn::<T, F>() { self.copy() } else { (*self.init.get()).take() } };
        init.expect("taken once")()
    }

    /// # Safety
    ///
    /// It must be a `fn`.
    unsafe fn copy(&self) -> Option<F> {
        // SAFETY: a `fn` is `Copy`, and never taken.
        unsafe { std::ptr::read(self.init.get()) }
    }

    fn make(&self, at: At) -> T {
        if is_fn::<T, F>() {
            // SAFETY: it is a `fn`.
            let init = unsafe { self.copy() };
            return init.expect("a fn is never taken")();
        }
        // Acquire and release: whoever took it has been in here before.
        if self.taken.swap(true, Ordering::AcqRel) {
            world::stranger(self.made, at);
        }
        // SAFETY: taken by the first who finds it not taken.
        match unsafe { (*self.init.get()).take() } {
            Some(init) => init(),
            None => world::panic::give_up(),
        }
    }

    #[cold]
    #[track_caller]
    fn force_in_model(&self) -> &T {
        let at = Location::caller();
        let fresh = self.fresh(at);
        fresh.once.call_lazily(POISONED, at, || {
            let _ = fresh.value.set(self.make(at));
        });
        // While its execution is given up, nothing is a step, and nobody else runs.
        let value = fresh.value.get_or_init(|| self.make(at));
        // SAFETY: the execution's table keeps it until this object is dropped or the execution is over. Every
        // thread of the execution has ended by then, and what outlives it must not keep the reference.
        unsafe { &*std::ptr::from_ref(value) }
    }
}

impl<T, F> LazyLock<T, F> {
    /// As std's `get`, which is there since Rust 1.94.
    #[inline]
    #[track_caller]
    pub fn get(this: &Self) -> Option<&T> {
        if world::is_real() { this.real.get() } else { this.get_in_model() }
    }

    /// As std's `get_mut`, which is there since Rust 1.94.
    #[track_caller]
    pub fn get_mut(this: &mut Self) -> Option<&mut T> {
        if world::is_real() {
            return this.real.get_mut();
        }
        this.get_in_model()?;
        this.alone(Location::caller())
    }

    #[cold]
    #[track_caller]
    fn get_in_model(&self) -> Option<&T> {
        let fresh = self.fresh(Location::caller());
        let value = fresh.seen()?;
        // SAFETY: as in `force_in_model`.
        Some(unsafe { &*std::ptr::from_ref(value) })
    }

    /// The value of this execution, of whoever has the object alone.
    fn alone(&mut self, at: At) -> Option<&mut T> {
        let held = Rc::into_raw(self.fresh(at)).cast_mut();
        // SAFETY: `self` is borrowed alone, and the execution's table, whose reference is counted, is touched by
        // nobody but through it: so nobody else looks at the value.
        let value = unsafe { (*held).value.get_mut().map(std::ptr::from_mut) };
        // SAFETY: taken from `into_raw` above; the table keeps the value.
        drop(unsafe { Rc::from_raw(held) });
        // SAFETY: as above.
        value.map(|value| unsafe { &mut *value })
    }

    fn fresh(&self, at: At) -> Rc<Fresh<T>> {
        if world::current() == World::Loom {
            world::not_in_loom("LazyLock", at);
        }
        let make = |place| Fresh { once: Once::of(Part::of(place)), value: OnceLock::new() };
        statics::lazy(self.instance(), (self.made, self.name), State::once, make).unwrap_or_else(|_| {
            world::not_modelled(&format!(
                "two LazyLocks that {} has made are used in one execution, the second at {at}; use OnceLock",
                self.made
            ));
            world::panic::give_up()
        })
    }

    /// A number that no other object of the process has.
    fn instance(&self) -> u64 {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        // Relaxed: a number is all that is told.
        let known = self.instance.load(Ordering::Relaxed);
        if known != 0 {
            return known;
        }
        let mine = NEXT.fetch_add(1, Ordering::Relaxed);
        let others = self.instance.compare_exchange(0, mine, Ordering::Relaxed, Ordering::Relaxed);
        others.map_or_else(|theirs| theirs, |_| mine)
    }
}

/// Whether an `F` is a `fn() -> T`, whatever the lifetimes: those are no part of a type's identity.
fn is_fn<T: 'static, F>() -> bool {
    trait Identity {
        fn id(&self) -> TypeId
        where
            Self: 'static;
    }
    impl<F: ?Sized> Identity for PhantomData<F> {
        fn id(&self) -> TypeId
        where
            Self: 'static,
        {
            TypeId::of::<F>()
        }
    }
    let of: &dyn Identity = &PhantomData::<F>;
    // SAFETY: only the lifetime of a type that has no value is changed, and only its identity is asked for.
    let of = unsafe { transmute::<&dyn Identity, &(dyn Identity + 'static)>(of) };
    of.id() == TypeId::of::<fn() -> T>()
}

impl<T, F> Drop for LazyLock<T, F> {
    fn drop(&mut self) {
        let instance = *self.instance.get_mut();
        if instance != 0 {
            statics::drop_lazy(instance);
        }
    }
}

impl<T, F: FnOnce() -> T> Deref for LazyLock<T, F> {
    type Target = T;

    #[inline]
    #[track_caller]
    fn deref(&self) -> &T {
        Self::force(self)
    }
}

impl<T, F: FnOnce() -> T> DerefMut for LazyLock<T, F> {
    #[track_caller]
    fn deref_mut(&mut self) -> &mut T {
        Self::force_mut(self)
    }
}

impl<T: Default> Default for LazyLock<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default)
    }
}

impl<T: fmt::Debug, F> fmt::Debug for LazyLock<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tuple = f.debug_tuple("LazyLock");
        let fresh = (!world::is_real()).then(|| self.fresh(Location::caller()));
        let value = match &fresh {
            None => self.real.get(),
            Some(fresh) => fresh.seen(),
        };
        match value {
            Some(value) => tuple.field(value),
            None => tuple.field(&format_args!("<uninit>")),
        };
        tuple.finish()
    }
}
