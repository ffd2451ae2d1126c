//! Promises weaker than linearizability, each by its own name.
//!
//! A design that is not linearizable by choice can be shown to hold what it does promise.
//! None of these is ever reported as linearizability.

mod monotone;
mod quiescent;
mod sequential;

pub use monotone::{Backwards, Reading, monotone};
pub use quiescent::quiescent;
pub use sequential::{Sequential, sequential};
