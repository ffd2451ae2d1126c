//! Places in a channel that were taken before their messages are there.

use super::bounded::Sender;
use super::ends::SenderEnd;
use super::pipe::Pipe;
use crate::world::object::mailbox::Mail;
use crate::world::operation::At;
use ::tokio::sync::mpsc as real;
use std::fmt;
use std::panic::Location;

/// As tokio's.
pub struct Permit<'a, T> {
    places: Places<'a>,
    real: real::Permit<'a, T>,
}

/// As tokio's.
pub struct PermitIterator<'a, T> {
    places: Places<'a>,
    real: real::PermitIterator<'a, T>,
}

/// As tokio's.
pub struct OwnedPermit<T> {
    /// None once it is used.
    held: Option<(SenderEnd, real::OwnedPermit<T>)>,
}

/// So many places, which are given back if they are not used: before tokio's own are.
#[derive(Debug)]
pub(super) struct Places<'a> {
    pipe: &'a Pipe,
    many: usize,
    at: At,
}

impl<'a> Places<'a> {
    pub(super) fn new(pipe: &'a Pipe, many: usize, at: At) -> Self {
        Self { pipe, many, at }
    }

    /// One of them is used.
    fn fill(mut self, at: At) {
        self.many = 0;
        fill(self.pipe, at);
    }

    /// One of them is another's now.
    fn take_one(&mut self) -> Self {
        self.many -= 1;
        Self { many: 1, ..*self }
    }
}

impl Drop for Places<'_> {
    fn drop(&mut self) {
        if self.many > 0 && self.pipe.is_modelled() {
            self.pipe.step(Mail::GiveBack(self.many), self.at);
        }
    }
}

fn fill(pipe: &Pipe, at: At) {
    if !pipe.part.is_real_at(at) {
        pipe.step(Mail::Fill, at);
    }
}

impl<'a, T> Permit<'a, T> {
    pub(super) fn new(places: Places<'a>, real: real::Permit<'a, T>) -> Self {
        Self { places, real }
    }

    /// As tokio's `send`.
    #[track_caller]
    pub fn send(self, value: T) {
        let Self { places, real } = self;
        places.fill(Location::caller());
        real.send(value);
    }
}

impl<'a, T> PermitIterator<'a, T> {
    pub(super) fn new(places: Places<'a>, real: real::PermitIterator<'a, T>) -> Self {
        Self { places, real }
    }
}

impl<'a, T> Iterator for PermitIterator<'a, T> {
    type Item = Permit<'a, T>;

    fn next(&mut self) -> Option<Self::Item> {
        let real = self.real.next()?;
        Some(Permit { places: self.places.take_one(), real })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.real.size_hint()
    }
}

impl<T> ExactSizeIterator for PermitIterator<'_, T> {}
impl<T> std::iter::FusedIterator for PermitIterator<'_, T> {}

impl<T> OwnedPermit<T> {
    pub(super) fn new(end: SenderEnd, real: real::OwnedPermit<T>) -> Self {
        Self { held: Some((end, real)) }
    }

    /// As tokio's `send`.
    ///
    /// # Panics
    ///
    /// Never: it is used once, since this takes it.
    #[track_caller]
    pub fn send(mut self, value: T) -> Sender<T> {
        let (end, real) = self.held.take().expect("it is used once");
        fill(&end.0, Location::caller());
        Sender { end, real: real.send(value) }
    }

    /// As tokio's `release`.
    ///
    /// # Panics
    ///
    /// Never: it is used once, since this takes it.
    #[track_caller]
    pub fn release(mut self) -> Sender<T> {
        self.give_back(Location::caller()).expect("it is used once")
    }

    fn give_back(&mut self, at: At) -> Option<Sender<T>> {
        let (end, real) = self.held.take()?;
        drop(Places::new(&end.0, 1, at));
        Some(Sender { end, real: real.release() })
    }

    fn real(&self) -> Option<&real::OwnedPermit<T>> {
        self.held.as_ref().map(|(_, real)| real)
    }

    /// As tokio's `same_channel`.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.real().zip(other.real()).is_some_and(|(mine, theirs)| mine.same_channel(theirs))
    }

    /// As tokio's `same_channel_as_sender`.
    pub fn same_channel_as_sender(&self, sender: &Sender<T>) -> bool {
        self.real().is_some_and(|mine| mine.same_channel_as_sender(&sender.real))
    }
}

impl<T> Drop for OwnedPermit<T> {
    fn drop(&mut self) {
        let at = self.held.as_ref().map(|(end, _)| end.0.made());
        drop(at.and_then(|at| self.give_back(at)));
    }
}

impl<T> fmt::Debug for Permit<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.real.fmt(f)
    }
}

impl<T> fmt::Debug for PermitIterator<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.real.fmt(f)
    }
}

impl<T> fmt::Debug for OwnedPermit<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedPermit").field("chan", &self.real()).finish()
    }
}
