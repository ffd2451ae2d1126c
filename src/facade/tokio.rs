//! `tokio` (skeleton).
pub use ::tokio::*;
