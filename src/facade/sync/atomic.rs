//! `std::sync::atomic`.

pub use std::sync::atomic::Ordering;

#[cfg(not(feature = "model"))]
pub use std::sync::atomic::*;

#[cfg(feature = "model")]
pub use modelled::*;

#[cfg(feature = "model")]
mod modelled {
    use super::Ordering;
    use crate::world::operation::{Kind, Value};
    use crate::world::{self, Part, Stepped, execution, object::State};
    use std::fmt;
    use std::panic::Location;

    /// Loom's atomics know no `fetch_min`, `fetch_max` and `fetch_nand`: they are a `fetch_update` there.
    macro_rules! atomic_integer {
        ($($name:ident: $int:ty),* $(,)?) => {$(
            /// As std's.
            pub struct $name {
                part: Part<loom::sync::atomic::$name>,
                data: std::sync::atomic::$name,
            }

            impl $name {
                /// As std's `new`.
                #[inline]
                #[track_caller]
                pub fn new(value: $int) -> Self {
                    let loom = || loom::sync::atomic::$name::new(value);
                    let part = Part::new(Location::caller(), stringify!($name), State::atomic, loom);
                    Self { part, data: std::sync::atomic::$name::new(value) }
                }

                /// As std's `load`.
                #[inline]
                #[track_caller]
                pub fn load(&self, order: Ordering) -> $int {
                    if world::is_real() {
                        return self.data.load(order);
                    }
                    match world::step(&self.part, Kind::Load(order), Location::caller(), |a| a.load(order)) {
                        Stepped::Loom(value) => seen(value),
                        _ => seen(self.data.load(order)),
                    }
                }

                /// As std's `store`.
                #[inline]
                #[track_caller]
                pub fn store(&self, value: $int, order: Ordering) {
                    if world::is_real() {
                        return self.data.store(value, order);
                    }
                    let at = Location::caller();
                    if let Stepped::Loom(()) = world::step(&self.part, Kind::Store(order), at, |a| a.store(value, order)) {
                    } else {
                        self.data.store(value, order);
                    }
                    seen(value);
                }

                /// As std's `compare_exchange`.
                #[inline]
                #[track_caller]
                pub fn compare_exchange(
                    &self,
                    current: $int,
                    new: $int,
                    success: Ordering,
                    failure: Ordering,
                ) -> Result<$int, $int> {
                    if world::is_real() {
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
                    current: $int,
                    new: $int,
                    success: Ordering,
                    failure: Ordering,
                ) -> Result<$int, $int> {
                    if world::is_real() {
                        return self.data.compare_exchange_weak(current, new, success, failure);
                    }
                    self.compare_exchange_in_model(current, new, (success, failure), true, Location::caller())
                }

                #[cold]
                fn compare_exchange_in_model(
                    &self,
                    current: $int,
                    new: $int,
                    (success, failure): (Ordering, Ordering),
                    weak: bool,
                    at: world::operation::At,
                ) -> Result<$int, $int> {
                    let kind = Kind::CompareExchange(success, failure);
                    let fails = weak && world::fails_spuriously(at);
                    let result = match world::step(&self.part, kind, at, |a| {
                        a.compare_exchange(current, new, success, failure)
                    }) {
                        Stepped::Loom(result) => result,
                        _ if fails => Err(self.data.load(Ordering::SeqCst)),
                        _ => self.data.compare_exchange(current, new, success, failure),
                    };
                    let value = match result {
                        Ok(old) => Value::Changed(old as i128, new as i128),
                        Err(old) => Value::One(old as i128),
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
                    mut f: impl FnMut($int) -> Option<$int>,
                ) -> Result<$int, $int> {
                    let mut old = self.load(fetch_order);
                    while let Some(new) = f(old) {
                        match self.compare_exchange(old, new, set_order, fetch_order) {
                            Ok(old) => return Ok(old),
                            Err(now) => old = now,
                        }
                    }
                    Err(old)
                }

                /// As std's `into_inner`.
                pub fn into_inner(mut self) -> $int {
                    *self.get_mut()
                }

                /// As std's `get_mut`.
                pub fn get_mut(&mut self) -> &mut $int {
                    if let Part::Loom(object, _) = &mut self.part {
                        *self.data.get_mut() = object.with_mut(|value| *value);
                    }
                    self.data.get_mut()
                }

                #[inline]
                fn update(
                    &self,
                    order: Ordering,
                    at: world::operation::At,
                    new: impl Fn($int) -> $int,
                    real: impl FnOnce(&std::sync::atomic::$name) -> $int,
                ) -> $int {
                    if world::is_real() {
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
                    world::observed(Value::Changed(old as i128, new(old) as i128));
                    old
                }

                atomic_integer!(@updates $int, $name,
                    swap(|_, value| value), fetch_add(|old: $int, value| old.wrapping_add(value)),
                    fetch_sub(|old: $int, value| old.wrapping_sub(value)), fetch_and(|old, value| old & value),
                    fetch_nand(|old: $int, value| !(old & value)), fetch_or(|old, value| old | value),
                    fetch_xor(|old, value| old ^ value), fetch_max(|old: $int, value| old.max(value)),
                    fetch_min(|old: $int, value| old.min(value)),
                );
            }

            impl Default for $name {
                #[track_caller]
                fn default() -> Self {
                    Self::new(0)
                }
            }

            impl From<$int> for $name {
                #[track_caller]
                fn from(value: $int) -> Self {
                    Self::new(value)
                }
            }

            impl fmt::Debug for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    self.data.fmt(f)
                }
            }
        )*};
        (@updates $int:ty, $name:ident, $($update:ident($new:expr)),* $(,)?) => {$(
            /// As std's.
            #[inline]
            #[track_caller]
            pub fn $update(&self, value: $int, order: Ordering) -> $int {
                let new: fn($int, $int) -> $int = $new;
                self.update(order, Location::caller(), |old| new(old, value), |data| data.$update(value, order))
            }
        )*};
    }

    atomic_integer!(
        AtomicU8: u8, AtomicU16: u16, AtomicU32: u32, AtomicU64: u64, AtomicUsize: usize,
        AtomicI8: i8, AtomicI16: i16, AtomicI32: i32, AtomicI64: i64, AtomicIsize: isize,
    );

    /// The ordering of the load in a read-modify-write of this ordering.
    fn load_part(order: Ordering) -> Ordering {
        match order {
            Ordering::AcqRel | Ordering::Acquire => Ordering::Acquire,
            Ordering::SeqCst => Ordering::SeqCst,
            _ => Ordering::Relaxed,
        }
    }

    /// Tells the trace a value, and hands it on.
    fn seen<T: Copy + TryInto<i128>>(value: T) -> T {
        if let Ok(shown) = value.try_into() {
            world::observed(Value::One(shown));
        }
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
