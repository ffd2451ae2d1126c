//! `std::sync` (skeleton).
pub use std::sync::*;
