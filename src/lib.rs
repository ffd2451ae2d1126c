//! Proves concurrent Rust free of races within named bounds, or shows the smallest
//! program that breaks it.

/// The README's Rust, compiled and run.
#[cfg(all(doctest, feature = "cli"))]
#[doc = include_str!("../README.md")]
struct Readme;

/// The guides' Rust, too.
#[cfg(all(doctest, feature = "cli"))]
#[doc = include_str!("../docs/moving-in.md")]
struct MovingIn;

pub mod facade;
#[cfg(feature = "crossbeam-channel")]
pub use facade::crossbeam_channel;
#[cfg(feature = "model")]
#[doc(hidden)]
pub use facade::made as __statics;
#[cfg(feature = "parking_lot")]
pub use facade::parking_lot;
pub use facade::print::{eprintln, println};
#[cfg(feature = "tokio")]
pub use facade::tokio;
pub use facade::{Foreign, cell, hint, sync, thread, time};
#[cfg(not(feature = "model"))]
pub use std::thread_local;

#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
pub mod counter;
#[cfg(feature = "model")]
pub mod explore;
#[cfg(feature = "model")]
pub use explore::{prove, prove_async};
pub mod linearize;
#[cfg(feature = "model")]
mod report;
pub mod spec;
#[cfg(feature = "model")]
pub mod verdict;
#[cfg(feature = "model")]
// It has what every facade needs, whichever of them are there.
#[cfg_attr(
    not(all(feature = "tokio", feature = "parking_lot", feature = "crossbeam-channel")),
    allow(dead_code, unused_imports)
)]
mod world;
