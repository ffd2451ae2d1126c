//! Is there an order of the calls, respecting real time, that the spec explains?
//!
//! [`check`] answers with a value of three kinds: an order that was verified against the
//! spec, a violation with the calls that show it, or that its limits were reached. It
//! needs no model and no engine: a history may come from anywhere.

mod allowed;
mod automaton;
mod check;
mod core;
mod cursor;
mod descent;
mod frontier;
mod hash;
mod history;
mod outcome;
mod part;
mod prefix;
mod search;
mod slots;
mod step;
mod trial;
mod witness;

pub use check::check;
pub use history::{Call, CallId, History};
pub use outcome::{Allowed, CoreCall, Limits, Method, Outcome, Reached, Violation};
