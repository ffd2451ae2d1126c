//! `std::sync`.

pub mod atomic;
#[cfg(feature = "model")]
mod mutex;

#[cfg(feature = "model")]
pub use mutex::{Mutex, MutexGuard};
#[cfg(feature = "model")]
pub use std::sync::{Arc, LockResult, PoisonError, TryLockError, TryLockResult, Weak};

#[cfg(not(feature = "model"))]
pub use std::sync::*;
