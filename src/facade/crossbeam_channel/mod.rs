//! `crossbeam-channel`: its own channels, or in a model state machines with their messages.
//!
//! A channel is the crate's own or a model's, by the world that made it. In a model messages come in the order of the
//! sends; a `select!` is one step on one of its channels, of which the search tries each, and what `select!` leaves to
//! chance is a choice of the search. Loom's world has none of these: undecided, with its line.

#[cfg(not(feature = "model"))]
pub use ::crossbeam_channel::*;

#[cfg(feature = "model")]
mod clock;
#[cfg(feature = "model")]
mod iter;
#[cfg(feature = "model")]
mod line;
#[cfg(feature = "model")]
mod macros;
#[cfg(feature = "model")]
mod receiver;
#[cfg(feature = "model")]
mod select;
#[cfg(feature = "model")]
mod selection;
#[cfg(feature = "model")]
mod sender;

#[cfg(feature = "model")]
pub use crate::{
    __raceproof_crossbeam_select as select, __raceproof_crossbeam_select_biased as select_biased,
};
#[cfg(feature = "model")]
pub use ::crossbeam_channel::{
    ReadyTimeoutError, RecvError, RecvTimeoutError, SelectTimeoutError, SendError, SendTimeoutError,
    TryReadyError, TryRecvError, TrySelectError, TrySendError,
};
#[cfg(feature = "model")]
pub use clock::{after, at, never, tick};
#[cfg(feature = "model")]
pub use iter::{IntoIter, Iter, TryIter};
#[cfg(feature = "model")]
pub use receiver::Receiver;
#[cfg(feature = "model")]
pub use select::{Select, SelectedOperation};
#[cfg(feature = "model")]
pub use sender::{Sender, bounded, unbounded};
