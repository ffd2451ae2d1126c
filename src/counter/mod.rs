//! The first subject: a map of named counters, as four stores behind one trait, and its HTTP server.

pub mod channel;
pub mod counters;
pub mod kind;
pub mod lost_update;
pub mod mutex;
pub mod server;
pub mod spec;
pub mod unsynchronized;

use counters::Counters;
use std::fmt;

/// A map of named counters that many clients share.
///
/// Every call is one atomic step, or should be: that is what the engines decide.
pub trait CounterStore: Sized + Send + Sync + 'static {
    /// The value of the counter `name`.
    fn get(&self, name: &str) -> impl Future<Output = Result<i64, StoreError>> + Send;
    /// Gives the counter `name` the value `value`, and creates it where there is none.
    fn set(&self, name: &str, value: i64) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// Adds one to the counter `name`; creates nothing.
    fn inc(&self, name: &str) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// A store that counters are all it takes to make. Who only calls a store asks for no more than
/// [`CounterStore`], so that a double need not say how it is made.
pub trait FromCounters: CounterStore {
    /// A store that holds `counters`. One that is a task runs on the current runtime.
    fn new(counters: Counters) -> Self;
}

/// Why a store refused a call. A refused call changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StoreError {
    /// There is no counter of that name.
    NotFound,
    /// The counter is at `i64::MAX`.
    Overflow,
    /// A new name would be one too many.
    Full,
    /// The store has ended; nobody will answer.
    Gone,
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "not found",
            Self::Overflow => "the counter is at its maximum",
            Self::Full => "there are too many counters",
            Self::Gone => "the store has ended",
        })
    }
}

impl std::error::Error for StoreError {}
