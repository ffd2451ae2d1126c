//! Is there an order of the calls, respecting real time, that the spec explains?
//!
//! [`check`] answers with a value of three kinds: an order that was verified against the
//! spec, a violation with the calls that show it, or that its limits were reached. It
//! needs no model and no engine: a history may come from anywhere, a file among others
//! ([`mod@format`]). [`relaxed`] judges by weaker promises.
//!
//! Nothing here knows what runs calls, and only [`explain`] and [`timeline`] know words
//! for people.

mod allowed;
mod automaton;
mod check;
mod core;
mod cursor;
mod descent;
pub mod every_order;
pub mod explain;
pub mod format;
mod frontier;
mod hash;
mod history;
mod incremental;
mod met;
mod moments;
mod outcome;
mod part;
mod prefix;
pub mod relaxed;
mod search;
mod slots;
mod step;
pub mod timeline;
mod trial;
mod witness;

pub use check::check;
pub use history::{Call, CallId, History};
pub use incremental::{Incremental, SoFar};
pub use outcome::{Allowed, CoreCall, Limits, Method, Outcome, Reached, Violation};
#[cfg(feature = "model")]
pub(crate) use witness::after;
