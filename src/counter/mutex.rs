//! Part 2: one lock around each call.

use super::{CounterStore, FromCounters, StoreError, counters::Counters};
use crate::sync::{Mutex, MutexGuard, PoisonError};

/// Counters behind a mutex.
#[derive(Debug)]
pub struct MutexStore {
    /// A std mutex is right in async code here: no guard lives across an await.
    counters: Mutex<Counters>,
}

impl MutexStore {
    /// A panic cannot leave the map half changed, so a poisoned lock still guards good data.
    #[track_caller]
    fn counters(&self) -> MutexGuard<'_, Counters> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FromCounters for MutexStore {
    fn new(counters: Counters) -> Self {
        Self { counters: Mutex::new(counters) }
    }
}

impl CounterStore for MutexStore {
    async fn get(&self, name: &str) -> Result<i64, StoreError> {
        self.counters().get(name)
    }

    async fn set(&self, name: &str, value: i64) -> Result<(), StoreError> {
        self.counters().set(name, value)
    }

    async fn inc(&self, name: &str) -> Result<(), StoreError> {
        self.counters().inc(name)
    }
}
