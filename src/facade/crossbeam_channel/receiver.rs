//! `Receiver`.

use super::line::Line;
use super::{Iter, RecvError, RecvTimeoutError, TryIter, TryRecvError};
use crate::facade::until::Until;
use crate::world::operation::At;
use crate::world::{self, time};
use ::crossbeam_channel as real;
use std::fmt;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// As crossbeam's [`Receiver`](::crossbeam_channel::Receiver).
pub struct Receiver<T>(Side<T>);

enum Side<T> {
    Real(real::Receiver<T>, At),
    Model(Arc<Line<T>>),
    /// Of no world: nothing ever comes.
    Never(real::Receiver<T>),
}

/// Where a call of a receiver goes.
pub enum Way<'a, T> {
    Real(&'a real::Receiver<T>),
    Model(&'a Arc<Line<T>>),
    Never,
}

impl<T> Receiver<T> {
    pub(super) fn of_real_world(receiver: real::Receiver<T>, made: At) -> Self {
        Self(Side::Real(receiver, made))
    }

    pub(super) fn of_model(line: Arc<Line<T>>) -> Self {
        Self(Side::Model(line))
    }

    pub(super) const fn never(never: real::Receiver<T>) -> Self {
        Self(Side::Never(never))
    }

    #[inline]
    pub(super) fn way(&self, at: At) -> Way<'_, T> {
        match &self.0 {
            Side::Real(receiver, _) | Side::Never(receiver) if world::is_real() => Way::Real(receiver),
            Side::Real(_, made) => world::stranger(made, at),
            Side::Model(line) => Way::Model(line),
            Side::Never(_) => Way::Never,
        }
    }

    /// As crossbeam's [`try_recv`](::crossbeam_channel::Receiver::try_recv).
    #[inline]
    #[track_caller]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.try_recv_at(Location::caller())
    }

    /// As crossbeam's [`recv`](::crossbeam_channel::Receiver::recv).
    #[inline]
    #[track_caller]
    pub fn recv(&self) -> Result<T, RecvError> {
        self.recv_at(Location::caller())
    }

    /// As crossbeam's [`recv_timeout`](::crossbeam_channel::Receiver::recv_timeout). In a model it times out once a
    /// thread and line, whatever the timeout is, and from then on when nothing else can go on.
    #[track_caller]
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        let at = Location::caller();
        match self.way(at) {
            Way::Real(receiver) => receiver.recv_timeout(timeout),
            Way::Model(line) => recv_until(line, Until::For(timeout), at),
            Way::Never => recv_until(&nothing(at), Until::For(timeout), at),
        }
    }

    /// As crossbeam's [`recv_deadline`](::crossbeam_channel::Receiver::recv_deadline), by std's clock or the facade's.
    #[track_caller]
    pub fn recv_deadline(&self, deadline: impl Into<Instant>) -> Result<T, RecvTimeoutError> {
        let (deadline, at) = (deadline.into(), Location::caller());
        match self.way(at) {
            Way::Real(receiver) => receiver.recv_deadline(deadline),
            Way::Model(line) => recv_until(line, Until::Till(deadline), at),
            Way::Never => recv_until(&nothing(at), Until::Till(deadline), at),
        }
    }

    /// As crossbeam's [`is_empty`](::crossbeam_channel::Receiver::is_empty).
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// As crossbeam's [`is_full`](::crossbeam_channel::Receiver::is_full).
    #[track_caller]
    pub fn is_full(&self) -> bool {
        let at = Location::caller();
        match self.way(at) {
            Way::Real(receiver) => receiver.is_full(),
            Way::Model(line) => line.is_full(at),
            Way::Never => true,
        }
    }

    /// As crossbeam's [`len`](::crossbeam_channel::Receiver::len).
    #[track_caller]
    pub fn len(&self) -> usize {
        let at = Location::caller();
        match self.way(at) {
            Way::Real(receiver) => receiver.len(),
            Way::Model(line) => line.len(at),
            Way::Never => 0,
        }
    }

    /// As crossbeam's [`capacity`](::crossbeam_channel::Receiver::capacity).
    pub fn capacity(&self) -> Option<usize> {
        match &self.0 {
            Side::Real(receiver, _) | Side::Never(receiver) => receiver.capacity(),
            Side::Model(line) => line.capacity(),
        }
    }

    /// As crossbeam's [`iter`](::crossbeam_channel::Receiver::iter).
    #[track_caller]
    pub fn iter(&self) -> Iter<'_, T> {
        Iter(self, Location::caller())
    }

    /// As crossbeam's [`try_iter`](::crossbeam_channel::Receiver::try_iter).
    #[track_caller]
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter(self, Location::caller())
    }

    /// As crossbeam's [`same_channel`](::crossbeam_channel::Receiver::same_channel).
    pub fn same_channel(&self, other: &Receiver<T>) -> bool {
        match (&self.0, &other.0) {
            (Side::Real(one, _) | Side::Never(one), Side::Real(other, _) | Side::Never(other)) => {
                one.same_channel(other)
            }
            (Side::Model(one), Side::Model(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }

    #[inline]
    pub(super) fn try_recv_at(&self, at: At) -> Result<T, TryRecvError> {
        match self.way(at) {
            Way::Real(receiver) => receiver.try_recv(),
            Way::Model(line) => line.try_recv(at),
            Way::Never => Err(TryRecvError::Empty),
        }
    }

    #[inline]
    pub(super) fn recv_at(&self, at: At) -> Result<T, RecvError> {
        match self.way(at) {
            Way::Real(receiver) => receiver.recv(),
            Way::Model(line) => line.recv(None, at).map_err(|_| RecvError),
            Way::Never => nothing(at).recv(None, at).map_err(|_| RecvError),
        }
    }
}

/// A channel into which nobody sends, and which has no end.
pub fn nothing<T>(at: At) -> Arc<Line<T>> {
    Line::new("never", None, None, at)
}

fn recv_until<T>(line: &Arc<Line<T>>, until: Until, at: At) -> Result<T, RecvTimeoutError> {
    let begin = time::begin();
    let received = match Until::patience("recv_timeout", at) {
        // Time is up now, or a message is there.
        None => line.try_recv(at).map_err(|error| match error {
            TryRecvError::Empty => RecvTimeoutError::Timeout,
            TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
        }),
        patience => line.recv(patience, at),
    };
    if let Err(RecvTimeoutError::Timeout) = received {
        until.pass(begin);
    }
    received
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        Self(match &self.0 {
            Side::Real(receiver, made) => Side::Real(receiver.clone(), made),
            Side::Never(never) => Side::Never(never.clone()),
            Side::Model(line) => {
                line.one_more(false);
                Side::Model(Arc::clone(line))
            }
        })
    }
}

impl<T> Drop for Receiver<T> {
    #[inline]
    fn drop(&mut self) {
        if let Side::Model(line) = &self.0 {
            line.one_fewer(false);
        }
    }
}

impl<T> UnwindSafe for Receiver<T> {}
impl<T> RefUnwindSafe for Receiver<T> {}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Receiver { .. }")
    }
}
