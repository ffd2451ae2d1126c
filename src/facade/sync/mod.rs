//! `std::sync`.

pub mod atomic;
#[cfg(feature = "model")]
mod condvar;
#[cfg(feature = "model")]
mod held;
#[cfg(feature = "model")]
mod mutex;
#[cfg(feature = "model")]
mod rwlock;

#[cfg(feature = "model")]
pub use condvar::{Condvar, WaitTimeoutResult};
#[cfg(feature = "model")]
pub use mutex::{Mutex, MutexGuard};
#[cfg(feature = "model")]
pub use rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
#[cfg(feature = "model")]
pub use std::sync::{Arc, LockResult, PoisonError, TryLockError, TryLockResult, Weak};

#[cfg(not(feature = "model"))]
pub use std::sync::*;
