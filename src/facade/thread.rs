//! `std::thread` (skeleton).
pub use std::thread::*;
