//! Proves concurrent Rust free of races within named bounds, or shows the smallest
//! program that breaks it.

pub mod facade;
#[cfg(feature = "tokio")]
pub use facade::tokio;
pub use facade::{cell, sync, thread};

#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
pub mod counter;
pub mod linearize;
pub mod spec;
