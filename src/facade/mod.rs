//! What programs under test are written with: std's and tokio's own names.

pub mod cell;
pub mod sync;
pub mod thread;
#[cfg(feature = "tokio")]
pub mod tokio;
