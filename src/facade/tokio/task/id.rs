//! What a task is known by.

use crate::world;
use std::fmt;

/// As tokio's own [`Id`](::tokio::task::Id). In a model, the same task has the same in every execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Id(Which);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Which {
    Real(::tokio::task::Id),
    Modelled(u64),
}

impl Id {
    pub(super) fn of_tokio(id: ::tokio::task::Id) -> Self {
        Self(Which::Real(id))
    }

    pub(super) fn of_model(number: u64) -> Self {
        Self(Which::Modelled(number))
    }
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

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Which::Real(id) => id.fmt(f),
            Which::Modelled(number) => number.fmt(f),
        }
    }
}
