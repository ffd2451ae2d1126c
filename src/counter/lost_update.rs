//! The mistake that nobody notices: each access is guarded, and inc is two of them.

use super::{CounterStore, FromCounters, StoreError, counters::Counters};
use crate::sync::{Mutex, MutexGuard, PoisonError};

/// Counters behind a mutex that inc gives up between its read and its write.
#[derive(Debug)]
pub struct LostUpdateStore {
    counters: Mutex<Counters>,
}

impl LostUpdateStore {
    /// A panic cannot leave the map half changed, so a poisoned lock still guards good data.
    #[track_caller]
    fn counters(&self) -> MutexGuard<'_, Counters> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FromCounters for LostUpdateStore {
    fn new(counters: Counters) -> Self {
        Self { counters: Mutex::new(counters) }
    }
}

impl CounterStore for LostUpdateStore {
    async fn get(&self, name: &str) -> Result<i64, StoreError> {
        self.counters().get(name)
    }

    async fn set(&self, name: &str, value: i64) -> Result<(), StoreError> {
        self.counters().set(name, value)
    }

    async fn inc(&self, name: &str) -> Result<(), StoreError> {
        let value = self.counters().get(name)?;
        let next = value.checked_add(1).ok_or(StoreError::Overflow)?;
        // The race: whatever another client writes between these two lines is overwritten.
        self.counters().set(name, next)
    }
}
