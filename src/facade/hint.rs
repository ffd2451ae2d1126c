//! `std::hint`, with a `spin_loop` that lets the other threads of a model go first.

pub use std::hint::*;

/// As [`std::hint::spin_loop`].
#[cfg(feature = "model")]
#[inline]
#[track_caller]
pub fn spin_loop() {
    if crate::world::is_real() {
        std::hint::spin_loop();
    } else {
        crate::thread::yield_now();
    }
}
