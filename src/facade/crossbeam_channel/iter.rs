//! The iterators of a receiver.

use super::Receiver;
use crate::world::operation::At;
use std::fmt;
use std::iter::FusedIterator;

/// As crossbeam's [`Iter`](::crossbeam_channel::Iter).
pub struct Iter<'a, T>(pub(super) &'a Receiver<T>, pub(super) At);

/// As crossbeam's [`TryIter`](::crossbeam_channel::TryIter).
pub struct TryIter<'a, T>(pub(super) &'a Receiver<T>, pub(super) At);

/// As crossbeam's [`IntoIter`](::crossbeam_channel::IntoIter).
pub struct IntoIter<T>(pub(super) Receiver<T>, pub(super) At);

impl<T> FusedIterator for Iter<'_, T> {}
impl<T> FusedIterator for IntoIter<T> {}

crate::facade::receiver_iter::iterates!(Receiver);

impl<T> fmt::Debug for Iter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Iter { .. }")
    }
}

impl<T> fmt::Debug for TryIter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("TryIter { .. }")
    }
}

impl<T> fmt::Debug for IntoIter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("IntoIter { .. }")
    }
}
