//! `tokio::select!`, whose first branch is a choice of the search in a model.

pub use ::tokio::select as tokio_select;
use std::panic::Location;

/// The branch that a poll of `select!` begins with: by tokio's chance in the real world.
#[doc(hidden)]
#[track_caller]
pub fn first_branch(branches: u32) -> u32 {
    if crate::world::is_real() {
        return ::tokio::macros::support::thread_rng_n(branches);
    }
    crate::world::choice::choose(branches, Location::caller())
}

/// As tokio's own `select!`.
///
/// It hands its branches to tokio's, in the form to which that one brings them itself before it puts in
/// where to begin.
#[doc(hidden)]
#[macro_export]
macro_rules! __raceproof_select {
    (biased; $($branches:tt)*) => {
        $crate::tokio::select::tokio_select!(biased; $($branches)*)
    };
    ($pattern:pat = $($branches:tt)*) => {
        $crate::tokio::select::tokio_select!(
            @{ start={ $crate::tokio::select::first_branch(BRANCHES) }; () } $pattern = $($branches)*
        )
    };
    ($($other:tt)*) => {
        $crate::tokio::select::tokio_select!($($other)*)
    };
}
