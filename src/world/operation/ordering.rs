//! The orderings of atomics by their names, where a search is written down.

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::Serializer;
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};

const ALL: [Ordering; 5] = [Relaxed, Release, Acquire, AcqRel, SeqCst];

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
pub fn serialize<S: Serializer>(ordering: &Ordering, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format_args!("{ordering:?}"))
}

pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Ordering, D::Error> {
    let name = String::deserialize(from)?;
    let known = ALL.into_iter().find(|ordering| format!("{ordering:?}") == name);
    known.ok_or_else(|| D::Error::custom(format!("{name:?} is no ordering")))
}
