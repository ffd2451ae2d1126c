//! `tokio::sync`, as far as it is modelled: what is not is not here, so that no model meets it unseen.

mod loom_queue;
pub mod mpsc;
pub mod oneshot;
