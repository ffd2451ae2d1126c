//! `tokio`: all of it, with what a model must see in place of tokio's own.

pub use ::tokio::*;

#[cfg(feature = "model")]
mod id;
#[cfg(feature = "model")]
pub mod runtime;
#[cfg(feature = "model")]
#[doc(hidden)]
pub mod select;
#[cfg(feature = "model")]
pub mod sync;
#[cfg(feature = "model")]
pub mod task;
#[cfg(feature = "model")]
pub mod time;
#[cfg(feature = "model")]
pub use crate::__raceproof_select as select;
#[cfg(feature = "model")]
pub use crate::__raceproof_task_local as task_local;
#[cfg(feature = "model")]
pub use task::spawn;
