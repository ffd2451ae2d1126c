//! `parking_lot`: its own locks, beside their part in the world that made them.
//!
//! A guard is `lock_api`'s, over a raw lock of ours; so what guards can do (`map`, `unlocked`, `bump`, `leak`) is
//! what they can do there. In a model any thread that waits may be next, also behind a fair unlock: what fairness
//! promises is left out, and nothing that can happen is.

#[cfg(not(feature = "model"))]
pub use ::parking_lot::*;

#[cfg(feature = "model")]
mod condvar;
#[cfg(feature = "model")]
mod loom_rwlock;
#[cfg(feature = "model")]
mod mutex;
#[cfg(feature = "model")]
mod once;
#[cfg(feature = "model")]
mod raw;
#[cfg(feature = "model")]
mod raw_rwlock;
#[cfg(feature = "model")]
mod reentrant;
#[cfg(feature = "model")]
mod rwlock;

#[cfg(feature = "model")]
pub use ::parking_lot::{OnceState, lock_api};
#[cfg(feature = "model")]
pub use condvar::{Condvar, WaitTimeoutResult};
#[cfg(feature = "model")]
pub use mutex::{
    FairMutex, FairMutexGuard, MappedFairMutexGuard, MappedMutexGuard, Mutex, MutexGuard, const_fair_mutex,
    const_mutex,
};
#[cfg(feature = "model")]
pub use once::Once;
#[cfg(feature = "model")]
pub use raw::{RawFairMutex, RawMutex};
#[cfg(feature = "model")]
pub use raw_rwlock::RawRwLock;
#[cfg(feature = "model")]
pub use reentrant::{
    MappedReentrantMutexGuard, RawThreadId, ReentrantMutex, ReentrantMutexGuard, const_reentrant_mutex,
};
#[cfg(feature = "model")]
pub use rwlock::{
    MappedRwLockReadGuard, MappedRwLockWriteGuard, RwLock, RwLockReadGuard, RwLockUpgradableReadGuard,
    RwLockWriteGuard, const_rwlock,
};
