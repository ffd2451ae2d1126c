//! `std::thread`.

#[cfg(feature = "model")]
mod local;
#[cfg(feature = "model")]
mod modelled;
#[cfg(feature = "model")]
mod scope;

#[cfg(feature = "model")]
pub use local::{AccessError, LocalKey};
#[cfg(feature = "model")]
pub use modelled::{
    Builder, JoinHandle, Thread, ThreadId, available_parallelism, current, park, park_timeout, sleep, spawn,
    yield_now,
};
#[cfg(feature = "model")]
#[allow(deprecated, reason = "std's own are, too")]
pub use modelled::{park_timeout_ms, sleep_ms};
#[cfg(feature = "model")]
pub use scope::{Scope, ScopedJoinHandle, scope};
#[cfg(not(feature = "model"))]
pub use std::thread::*;
#[cfg(feature = "model")]
pub use std::thread::{Result, panicking};
