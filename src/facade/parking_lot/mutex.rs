//! `Mutex`, `FairMutex`: `lock_api`'s, over a raw lock of ours.

use super::lock_api;
use super::raw::{RawFairMutex, RawMutex};
use crate::facade::from_value::from_value;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::time::{Duration, Instant};

macro_rules! mutex {
    ($mutex:ident, $raw:ident, $guard:ident, $mapped:ident, $const:ident, $doc:literal) => {
        #[doc = $doc]
        pub struct $mutex<T: ?Sized>(lock_api::Mutex<$raw, T>);

        #[doc = concat!("As `parking_lot`'s own [`", stringify!($guard), "`](::parking_lot::", stringify!($guard), ").")]
        pub type $guard<'a, T> = lock_api::MutexGuard<'a, $raw, T>;

        #[doc = concat!("As `parking_lot`'s own [`", stringify!($mapped), "`](::parking_lot::", stringify!($mapped), ").")]
        pub type $mapped<'a, T> = lock_api::MappedMutexGuard<'a, $raw, T>;

        #[doc = concat!("As `parking_lot`'s own `", stringify!($const), "`: always one of the real world.")]
        #[track_caller]
        pub const fn $const<T>(val: T) -> $mutex<T> {
            $mutex(lock_api::Mutex::from_raw($raw::of_real_world(Location::caller()), val))
        }

        impl<T> $mutex<T> {
            /// As `parking_lot`'s `new`, and no `const fn`.
            #[inline]
            #[track_caller]
            pub fn new(val: T) -> Self {
                Self(lock_api::Mutex::from_raw($raw::new(), val))
            }

            /// As `parking_lot`'s `into_inner`.
            pub fn into_inner(self) -> T {
                self.0.into_inner()
            }
        }

        impl<T: ?Sized> $mutex<T> {
            /// As `parking_lot`'s `lock`.
            #[inline]
            #[track_caller]
            pub fn lock(&self) -> $guard<'_, T> {
                self.0.lock()
            }

            /// As `parking_lot`'s `try_lock`.
            #[inline]
            #[track_caller]
            pub fn try_lock(&self) -> Option<$guard<'_, T>> {
                self.0.try_lock()
            }

            /// As `parking_lot`'s `try_lock_for`. In a model time is up once a thread and line, whatever the time
            /// is, and from then on when nothing else can go on.
            #[inline]
            #[track_caller]
            pub fn try_lock_for(&self, timeout: Duration) -> Option<$guard<'_, T>> {
                self.0.try_lock_for(timeout)
            }

            /// As `parking_lot`'s `try_lock_until`, by std's clock or the facade's.
            #[inline]
            #[track_caller]
            pub fn try_lock_until(&self, timeout: impl Into<Instant>) -> Option<$guard<'_, T>> {
                self.0.try_lock_until(timeout.into())
            }

            /// As `parking_lot`'s `get_mut`.
            pub fn get_mut(&mut self) -> &mut T {
                self.0.get_mut()
            }

            /// As `parking_lot`'s `is_locked`.
            #[inline]
            #[track_caller]
            pub fn is_locked(&self) -> bool {
                self.0.is_locked()
            }
        }

        /// What is there beside: `lock_api`'s own mutex.
        impl<T: ?Sized> Deref for $mutex<T> {
            type Target = lock_api::Mutex<$raw, T>;

            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }

        impl<T: ?Sized> DerefMut for $mutex<T> {
            fn deref_mut(&mut self) -> &mut Self::Target {
                &mut self.0
            }
        }

        impl<T: ?Sized + fmt::Debug> fmt::Debug for $mutex<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // SAFETY: nothing is given back through it but by a guard.
                let raw = unsafe { self.0.raw() };
                raw.printed();
                let own = raw.own().try_lock();
                let mut f = f.debug_struct("Mutex");
                match own {
                    // SAFETY: parking_lot's own lock is held as long as the data is looked at.
                    Some(_held) => f.field("data", &unsafe { &*self.0.data_ptr() }).finish(),
                    None => f.field("data", &format_args!("<locked>")).finish(),
                }
            }
        }

        from_value!($mutex);
    };
}

mutex!(
    Mutex,
    RawMutex,
    MutexGuard,
    MappedMutexGuard,
    const_mutex,
    "As `parking_lot`'s own [`Mutex`](::parking_lot::Mutex): nothing poisons it.

```
use raceproof::parking_lot::{Mutex, MutexGuard};

let pair = Mutex::new((0, 1));
*MutexGuard::map(pair.lock(), |pair| &mut pair.1) += 1;
assert_eq!(pair.into_inner(), (0, 2));
```"
);
mutex!(
    FairMutex,
    RawFairMutex,
    FairMutexGuard,
    MappedFairMutexGuard,
    const_fair_mutex,
    "As `parking_lot`'s own [`FairMutex`](::parking_lot::FairMutex). In a model any thread that waits may be next."
);
