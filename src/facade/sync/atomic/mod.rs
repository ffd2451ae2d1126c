//! `std::sync::atomic`.

pub use std::sync::atomic::Ordering;

#[cfg(not(feature = "model"))]
pub use std::sync::atomic::*;

#[cfg(feature = "model")]
pub use modelled::*;
/// Std's own: it orders nothing between threads.
#[cfg(feature = "model")]
pub use std::sync::atomic::compiler_fence;

#[cfg(feature = "model")]
mod modelled {
    use super::Ordering;
    use crate::world::operation::{Kind, Value};
    use crate::world::{self, Part, Stepped, execution, object::State};
    use std::fmt;
    use std::panic::{Location, RefUnwindSafe, UnwindSafe};

    /// What every atomic has; `$shown` is its value for people, `$of_loom` the value that loom has.
    macro_rules! atomic {
        ($name:ident $(<$t:ident>)?, $value:ty, $shown:expr, $of_loom:expr) => {
            /// As std's.
            pub struct $name $(<$t>)? {
                part: Part<loom::sync::atomic::$name $(<$t>)?>,
                data: std::sync::atomic::$name $(<$t>)?,
            }

            impl $(<$t>)? $name $(<$t>)? {
                /// As std's `new`.
                #[inline]
                #[track_caller]
                pub fn new(value: $value) -> Self {
                    let loom = || loom::sync::atomic::$name::new(value);
                    let part = Part::new(Location::caller(), stringify!($name), State::atomic, loom);
                    Self { part, data: std::sync::atomic::$name::new(value) }
                }

                /// As std's `load`.
                #[inline]
                #[track_caller]
                pub fn load(&self, order: Ordering) -> $value {
                    if self.part.is_real() {
                        return self.data.load(order);
                    }
                    match world::step(&self.part, Kind::Load(order), Location::caller(), |a| a.load(order)) {
                        Stepped::Loom(value) => seen(value, $shown),
                        _ => seen(self.data.load(order), $shown),
                    }
                }

                /// As std's `store`.
                #[inline]
                #[track_caller]
                pub fn store(&self, value: $value, order: Ordering) {
                    if self.part.is_real() {
                        return self.data.store(value, order);
                    }
                    let at = Location::caller();
                    if let Stepped::Loom(()) = world::step(&self.part, Kind::Store(order), at, |a| a.store(value, order)) {
                    } else {
                        self.data.store(value, order);
                    }
                    seen(value, $shown);
                }

                /// As std's `compare_exchange`.
                #[inline]
                #[track_caller]
                pub fn compare_exchange(
                    &self,
                    current: $value,
                    new: $value,
                    success: Ordering,
                    failure: Ordering,
                ) -> Result<$value, $value> {
                    if self.part.is_real() {
                        return self.data.compare_exchange(current, new, success, failure);
                    }
                    self.compare_exchange_in_model(current, new, (success, failure), false, Location::caller())
                }

                /// As std's `compare_exchange_weak`. In a model it may fail without a reason, and each
                /// such failure is a way of its own, once for each line and thread of an execution.
                #[inline]
                #[track_caller]
                pub fn compare_exchange_weak(
                    &self,
                    current: $value,
                    new: $value,
                    success: Ordering,
                    failure: Ordering,
                ) -> Result<$value, $value> {
                    if self.part.is_real() {
                        return self.data.compare_exchange_weak(current, new, success, failure);
                    }
                    self.compare_exchange_in_model(current, new, (success, failure), true, Location::caller())
                }

                #[cold]
                fn compare_exchange_in_model(
                    &self,
                    current: $value,
                    new: $value,
                    (success, failure): (Ordering, Ordering),
                    weak: bool,
                    at: world::operation::At,
                ) -> Result<$value, $value> {
                    let kind = Kind::CompareExchange(success, failure);
                    let fails = weak && world::choice::fails_spuriously(at);
                    let result = match world::step(&self.part, kind, at, |a| {
                        a.compare_exchange(current, new, success, failure)
                    }) {
                        Stepped::Loom(result) => result,
                        _ if fails => Err(self.data.load(Ordering::SeqCst)),
                        _ => self.data.compare_exchange(current, new, success, failure),
                    };
                    let shown: fn($value) -> Option<i128> = $shown;
                    let value = match result {
                        Ok(old) => changed(shown(old), shown(new)),
                        Err(old) => shown(old).map_or(Value::None, Value::One),
                    };
                    execution::with(|e| e.compared(result.is_ok(), value));
                    result
                }

                /// As std's `fetch_update`.
                #[inline]
                #[track_caller]
                pub fn fetch_update(
                    &self,
                    set_order: Ordering,
                    fetch_order: Ordering,
                    mut f: impl FnMut($value) -> Option<$value>,
                ) -> Result<$value, $value> {
                    let mut old = self.load(fetch_order);
                    while let Some(new) = f(old) {
                        match self.compare_exchange(old, new, set_order, fetch_order) {
                            Ok(old) => return Ok(old),
                            Err(now) => old = now,
                        }
                    }
                    Err(old)
                }

                /// As std's `try_update`.
                #[inline]
                #[track_caller]
                pub fn try_update(
                    &self,
                    set_order: Ordering,
                    fetch_order: Ordering,
                    f: impl FnMut($value) -> Option<$value>,
                ) -> Result<$value, $value> {
                    self.fetch_update(set_order, fetch_order, f)
                }

                /// As std's `update`.
                #[inline]
                #[track_caller]
                pub fn update(
                    &self,
                    set_order: Ordering,
                    fetch_order: Ordering,
                    mut f: impl FnMut($value) -> $value,
                ) -> $value {
                    match self.fetch_update(set_order, fetch_order, |old| Some(f(old))) {
                        Ok(old) | Err(old) => old,
                    }
                }

                /// As std's `compare_and_swap`.
                #[inline]
                #[track_caller]
                #[deprecated(note = "as std's: use `compare_exchange` or `compare_exchange_weak`")]
                pub fn compare_and_swap(&self, current: $value, new: $value, order: Ordering) -> $value {
                    match self.compare_exchange(current, new, order, load_part(order)) {
                        Ok(old) | Err(old) => old,
                    }
                }

                /// As std's `swap`.
                #[inline]
                #[track_caller]
                pub fn swap(&self, value: $value, order: Ordering) -> $value {
                    self.rmw(order, Location::caller(), |_| value, |data| data.swap(value, order))
                }

                /// As std's `into_inner`.
                pub fn into_inner(mut self) -> $value {
                    match &mut self.part {
                        Part::Loom(object, _) => {
 let of_loom: fn(&mut loom::sync::atomic::$name $(<$t>)?) -> $value = $of_loom;
 of_loom(object)
},
                        _ => *self.data.get_mut(),
                    }
                }

                /// As std's `as_ptr`. A model has none, since it would not see what is done with it.
                #[track_caller]
                pub fn as_ptr(&self) -> *mut $value {
                    if !self.part.is_real() {
                        let at = Location::caller();
                        world::not_modelled(&format!("not modelled: as_ptr of an atomic ({at})"));
                    }
                    self.data.as_ptr()
                }

                /// As std's `get_mut`. Loom's world has none, since loom would not see what is written.
                #[track_caller]
                pub fn get_mut(&mut self) -> &mut $value {
                    if let Part::Loom(..) = &self.part {
                        world::not_in_loom("get_mut of an atomic", Location::caller());
                    }
                    self.data.get_mut()
                }

                #[inline]
                fn rmw(
                    &self,
                    order: Ordering,
                    at: world::operation::At,
                    new: impl Fn($value) -> $value,
                    real: impl FnOnce(&std::sync::atomic::$name $(<$t>)?) -> $value,
                ) -> $value {
                    if self.part.is_real_at(at) {
                        return real(&self.data);
                    }
                    let stepped = world::step(&self.part, Kind::Rmw(order), at, |a| {
                        let rmw = a.fetch_update(order, load_part(order), |old| Some(new(old)));
                        rmw.unwrap_or_else(|old| old)
                    });
                    let old = match stepped {
                        Stepped::Loom(old) => old,
                        _ => real(&self.data),
                    };
                    let shown: fn($value) -> Option<i128> = $shown;
                    world::observed(changed(shown(old), shown(new(old))));
                    old
                }
            }

            impl $(<$t>)? RefUnwindSafe for $name $(<$t>)? {}
            impl $(<$t>)? UnwindSafe for $name $(<$t>)? {}

            impl $(<$t>)? From<$value> for $name $(<$t>)? {
                #[track_caller]
                fn from(value: $value) -> Self {
                    Self::new(value)
                }
            }

            impl $(<$t>)? fmt::Debug for $name $(<$t>)? {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    self.load(Ordering::Relaxed).fmt(f)
                }
            }
        };
    }

    /// Loom's atomics know no `fetch_min`, `fetch_max` and `fetch_nand`: they are a `fetch_update` there.
    macro_rules! atomic_integer {
        ($($name:ident: $int:ty),* $(,)?) => {$(
            atomic!($name, $int, |value| Some(value as i128), |a| a.with_mut(|value| *value));

            updates!($name, $int, $int,
                fetch_add(|old: $int, value| old.wrapping_add(value)),
                fetch_sub(|old: $int, value| old.wrapping_sub(value)), fetch_and(|old, value| old & value),
                fetch_nand(|old: $int, value| !(old & value)), fetch_or(|old, value| old | value),
                fetch_xor(|old, value| old ^ value), fetch_max(|old: $int, value| old.max(value)),
                fetch_min(|old: $int, value| old.min(value)),
            );

            impl Default for $name {
                #[track_caller]
                fn default() -> Self {
                    Self::new(0)
                }
            }
        )*};
    }

    macro_rules! updates {
        ($name:ident $(<$t:ident>)?, $value:ty, $by:ty, $($update:ident($new:expr)),* $(,)?) => {
            impl $(<$t>)? $name $(<$t>)? {$(
                /// As std's.
                #[inline]
                #[track_caller]
                pub fn $update(&self, value: $by, order: Ordering) -> $value {
                    let new: fn($value, $by) -> $value = $new;
                    self.rmw(order, Location::caller(), |old| new(old, value), |data| data.$update(value, order))
                }
            )*}
        };
    }

    atomic_integer!(
        AtomicU8: u8, AtomicU16: u16, AtomicU32: u32, AtomicU64: u64, AtomicUsize: usize,
        AtomicI8: i8, AtomicI16: i16, AtomicI32: i32, AtomicI64: i64, AtomicIsize: isize,
    );

    // Whoever has it alone reads what was written last, whatever the ordering.
    atomic!(AtomicBool, bool, |value| Some(i128::from(value)), |a| a.load(Ordering::Relaxed));

    updates!(
        AtomicBool,
        bool,
        bool,
        fetch_and(|old, value| old & value),
        fetch_nand(|old, value| !(old & value)),
        fetch_or(|old, value| old | value),
        fetch_xor(|old, value| old ^ value),
    );

    impl AtomicBool {
        /// As std's.
        #[inline]
        #[track_caller]
        pub fn fetch_not(&self, order: Ordering) -> bool {
            self.fetch_xor(true, order)
        }
    }

    impl Default for AtomicBool {
        #[track_caller]
        fn default() -> Self {
            Self::new(false)
        }
    }

    // An address is not the same in every execution, so it is not shown.
    atomic!(AtomicPtr<T>, *mut T, |_| None, |a| a.with_mut(|value| *value));

    // SAFETY: as std's: it hands out a pointer, and it is for its user to say what may be done with it. The
    // coroutines of a loom exploration run on one thread.
    unsafe impl<T> Send for AtomicPtr<T> {}
    // SAFETY: as above.
    unsafe impl<T> Sync for AtomicPtr<T> {}

    updates!(
        AtomicPtr<T>,
        *mut T,
        usize,
        fetch_ptr_add(<*mut T>::wrapping_add),
        fetch_ptr_sub(<*mut T>::wrapping_sub),
        fetch_byte_add(<*mut T>::wrapping_byte_add),
        fetch_byte_sub(<*mut T>::wrapping_byte_sub),
        fetch_and(|old, bits| old.map_addr(|address| address & bits)),
        fetch_or(|old, bits| old.map_addr(|address| address | bits)),
        fetch_xor(|old, bits| old.map_addr(|address| address ^ bits)),
    );

    impl<T> fmt::Pointer for AtomicPtr<T> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            fmt::Pointer::fmt(&self.load(Ordering::Relaxed), f)
        }
    }

    impl<T> Default for AtomicPtr<T> {
        #[track_caller]
        fn default() -> Self {
            Self::new(std::ptr::null_mut())
        }
    }

    fn changed(old: Option<i128>, new: Option<i128>) -> Value {
        old.zip(new).map_or(Value::None, |(old, new)| Value::Changed(old, new))
    }

    /// The ordering of the load in a read-modify-write of this ordering.
    fn load_part(order: Ordering) -> Ordering {
        match order {
            Ordering::AcqRel | Ordering::Acquire => Ordering::Acquire,
            Ordering::SeqCst => Ordering::SeqCst,
            _ => Ordering::Relaxed,
        }
    }

    /// Tells the trace a value, and hands it on.
    fn seen<T: Copy>(value: T, shown: fn(T) -> Option<i128>) -> T {
        world::observed(shown(value).map_or(Value::None, Value::One));
        value
    }

    /// As [`std::sync::atomic::fence`].
    #[inline]
    #[track_caller]
    pub fn fence(order: Ordering) {
        match world::current() {
            world::World::Real => std::sync::atomic::fence(order),
            world::World::Loom => loom::sync::atomic::fence(order),
            world::World::Model => {
                let part = Part::new(Location::caller(), "fence", || State::Fence, || ());
                world::step(&part, Kind::Fence(order), Location::caller(), |()| ());
            }
        }
    }
}
