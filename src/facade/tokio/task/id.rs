//! What a task is known by.

use super::super::id::id;
use crate::world;

id! {
    /// As tokio's own [`Id`](::tokio::task::Id). In a model, the same task has the same in every execution.
    ::tokio::task::Id
}

/// As tokio's own [`id`](::tokio::task::id).
///
/// # Panics
///
/// Outside of tasks; a `block_on` is none.
#[track_caller]
pub fn id() -> Id {
    try_id().expect("the id of a task is asked for outside of tasks")
}

/// As tokio's own [`try_id`](::tokio::task::try_id).
pub fn try_id() -> Option<Id> {
    if world::is_real() {
        return ::tokio::task::try_id().map(Id::of_tokio);
    }
    world::task::id().map(Id::of_model)
}
