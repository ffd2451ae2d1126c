//! What programs under test are written with: std's and tokio's own names.
//!
//! Without the feature `model` these are re-exports. With it, each is a struct of std's own object,
//! where the data stays, beside its part in the world that made it.

pub mod cell;
#[cfg(feature = "crossbeam-channel")]
pub mod crossbeam_channel;
mod foreign;
#[cfg(feature = "model")]
mod from_value;
pub mod hint;
#[cfg(feature = "parking_lot")]
pub mod parking_lot;
pub mod print;
#[cfg(feature = "model")]
mod receiver_iter;
mod statics;
#[cfg(feature = "model")]
#[doc(hidden)]
pub use statics::made;
pub mod sync;
pub mod thread;
pub mod time;
#[cfg(feature = "tokio")]
pub mod tokio;
#[cfg(all(feature = "model", any(feature = "crossbeam-channel", feature = "parking_lot")))]
mod until;

pub use foreign::Foreign;
