//! `tokio::sync::mpsc`: bounded and unbounded, tokio's own beside its part in the world that made it.
//!
//! The messages are in tokio's channel; who waits for a place in it, and how many send, is the model's.

mod bounded;
mod ends;
mod enter;
mod permit;
mod pipe;
mod receiver;
mod unbounded;

pub use ::tokio::sync::mpsc::error;
pub use bounded::{Sender, WeakSender, channel};
pub use permit::{OwnedPermit, Permit, PermitIterator};
pub use receiver::{Receiver, UnboundedReceiver};
pub use unbounded::{UnboundedSender, WeakUnboundedSender, unbounded_channel};
