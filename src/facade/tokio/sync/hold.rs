//! What is in every guard of tokio's locks: tokio's own guard of nothing, and in a model what it has taken there.

use super::permits::Permits;
use crate::world::operation::At;
use std::mem::ManuallyDrop;

/// Holds a lock until it is dropped.
pub struct Hold<'a, G> {
    /// Tokio's. Taken out once, where it is given back.
    guard: ManuallyDrop<G>,
    /// None in the real world.
    taken: Option<Taken<'a>>,
}

/// So many permits of a model, and the line that took them.
#[derive(Clone, Copy)]
struct Taken<'a> {
    permits: &'a Permits,
    many: u32,
    at: At,
}

// SAFETY: permits are asked by the threads that share their lock, and may be.
unsafe impl<G: Send> Send for Hold<'_, G> {}
// SAFETY: as above.
unsafe impl<G: Sync> Sync for Hold<'_, G> {}

impl<'a, G> Hold<'a, G> {
    /// One of the real world.
    #[inline]
    pub fn real(guard: G) -> Self {
        Self { guard: ManuallyDrop::new(guard), taken: None }
    }

    /// One of a model, in which `at` has taken so many permits.
    pub fn modelled(guard: G, permits: &'a Permits, many: u32, at: At) -> Self {
        Self { guard: ManuallyDrop::new(guard), taken: Some(Taken { permits, many, at }) }
    }

    /// Makes another one of it, which keeps so many of its permits.
    pub fn exchange<H>(self, keep: u32, exchange: impl FnOnce(G) -> H) -> Hold<'a, H> {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: taken once, here, since this is never dropped.
        let guard = unsafe { ManuallyDrop::take(&mut this.guard) };
        match this.taken {
            None => Hold::real(exchange(guard)),
            Some(taken) => {
                let guard = taken.give_back(taken.many - keep, || exchange(guard));
                Hold::modelled(guard, taken.permits, keep, taken.at)
            }
        }
    }
}

impl Taken<'_> {
    #[cold]
    fn give_back<R>(&self, many: u32, give: impl FnOnce() -> R) -> R {
        self.permits.release_and(many as usize, self.at, give)
    }
}

impl<G> Drop for Hold<'_, G> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: taken once, here, and not used again.
        let guard = unsafe { ManuallyDrop::take(&mut self.guard) };
        match self.taken {
            None => drop(guard),
            Some(taken) => taken.give_back(taken.many, || drop(guard)),
        }
    }
}

/// What a guard is to its user, who reads what it guards, and with `mut` writes it.
macro_rules! guards {
    (mut [$($generics:tt)*] $guard:ty => $target:ident, |$this:ident| $data:expr) => {
        guards!([$($generics)*] $guard => $target, |$this| $data);

        impl<$($generics)*> std::ops::DerefMut for $guard {
            #[inline]
            fn deref_mut(&mut self) -> &mut $target {
                let $this = self;
                // SAFETY: the guard holds tokio's lock, and is borrowed as the result is.
                unsafe { &mut *$data }
            }
        }
    };
    ([$($generics:tt)*] $guard:ty => $target:ident, |$this:ident| $data:expr) => {
        impl<$($generics)*> std::ops::Deref for $guard {
            type Target = $target;

            #[inline]
            fn deref(&self) -> &$target {
                let $this = self;
                // SAFETY: the guard holds tokio's lock.
                unsafe { &*$data.cast_const() }
            }
        }

        impl<$($generics)*> std::fmt::Debug for $guard
        where
            $target: std::fmt::Debug,
        {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<$($generics)*> std::fmt::Display for $guard
        where
            $target: std::fmt::Display,
        {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                (**self).fmt(f)
            }
        }
    };
}

/// How a guard becomes one of a part of what it guards; `mut` where its user may write that.
macro_rules! maps {
    (
        [$($generics:tt)*] $guard:ty, ($($mut:tt)?) $from:ident, <$($order:ident $(: ?$sized:ident)?),*>
            => $mapped:ty, |$this:ident, $data:ident| $made:expr
    ) => {
        impl<$($generics)*> $guard {
            /// As tokio's `map`.
            pub fn map<$($order $(: ?$sized)?),*>($($mut)? this: Self, f: F) -> $mapped
            where
                F: FnOnce(&$($mut)? $from) -> &$($mut)? U,
            {
                let $data = std::ptr::NonNull::from(f(&$($mut)? this));
                let $this = this;
                $made
            }

            /// As tokio's `try_map`.
            pub fn try_map<$($order $(: ?$sized)?),*>($($mut)? this: Self, f: F) -> Result<$mapped, Self>
            where
                F: FnOnce(&$($mut)? $from) -> Option<&$($mut)? U>,
            {
                let Some($data) = f(&$($mut)? this).map(std::ptr::NonNull::from) else { return Err(this) };
                let $this = this;
                Ok($made)
            }
        }
    };
}

pub(super) use {guards, maps};
