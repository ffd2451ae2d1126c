//! `tokio::sync`, as far as it is modelled: what is not is not here, so that no model meets it unseen.

mod barrier;
pub mod broadcast;
mod hold;
mod loom_permits;
mod loom_queue;
pub mod mpsc;
mod mutex;
mod notify;
mod once_cell;
mod once_value;
pub mod oneshot;
mod permits;
mod posts;
mod rwlock;
mod semaphore;
mod set_once;
pub mod watch;

pub use ::tokio::sync::{AcquireError, TryAcquireError, TryLockError};
pub use barrier::{Barrier, BarrierWaitResult};
pub(super) use loom_queue::LoomQueue;
pub use mutex::{MappedMutexGuard, Mutex, MutexGuard, OwnedMappedMutexGuard, OwnedMutexGuard};
pub use notify::Notify;
pub use once_cell::{OnceCell, SetError};
pub use rwlock::{
    OwnedRwLockMappedWriteGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock, RwLockMappedWriteGuard,
    RwLockReadGuard, RwLockWriteGuard,
};
pub use semaphore::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
pub use set_once::{SetOnce, SetOnceError};

/// As tokio's own `futures`: what has a name among the futures of this module.
pub mod futures {
    pub use super::notify::{Notified, OwnedNotified};
}
