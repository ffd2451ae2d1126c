//! `std::thread`.

#[cfg(feature = "model")]
mod modelled;
#[cfg(feature = "model")]
mod scope;

#[cfg(feature = "model")]
pub use modelled::{
    Builder, JoinHandle, Thread, ThreadId, available_parallelism, current, park, park_timeout, sleep, spawn,
    yield_now,
};
#[cfg(feature = "model")]
pub use scope::{Scope, ScopedJoinHandle, scope};
#[cfg(not(feature = "model"))]
pub use std::thread::*;
#[cfg(feature = "model")]
pub use std::thread::{Result, panicking};
