//! `bounded`, `unbounded` and `Sender`.

use super::line::Line;
use super::receiver::Receiver;
use super::{SendError, SendTimeoutError, TrySendError};
use crate::facade::until::Until;
use crate::world::operation::At;
use crate::world::{self, time};
use ::crossbeam_channel as real;
use std::fmt;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// As crossbeam's [`unbounded`](::crossbeam_channel::unbounded).
#[track_caller]
pub fn unbounded<T>() -> (Sender<T>, Receiver<T>) {
    let made = Location::caller();
    if world::is_real() {
        let (sender, receiver) = real::unbounded();
        return (Sender(Side::Real(sender, made)), Receiver::of_real_world(receiver, made));
    }
    of_model(None, made)
}

/// As crossbeam's [`bounded`](::crossbeam_channel::bounded), also without room.
///
/// ```
/// use raceproof::crossbeam_channel::{bounded, select};
///
/// let ((s, r), (stop, stops)) = (bounded(1), bounded::<()>(0));
/// let other = raceproof::thread::spawn(move || {
///     s.send(1).unwrap();
///     drop(stop);
/// });
/// let received = select! {
///     recv(r) -> message => message.ok(),
///     recv(stops) -> _ => None,
/// };
/// assert!(received.is_none_or(|message| message == 1));
/// other.join().unwrap();
/// ```
#[track_caller]
pub fn bounded<T>(cap: usize) -> (Sender<T>, Receiver<T>) {
    let made = Location::caller();
    if world::is_real() {
        let (sender, receiver) = real::bounded(cap);
        return (Sender(Side::Real(sender, made)), Receiver::of_real_world(receiver, made));
    }
    of_model(Some(cap), made)
}

fn of_model<T>(capacity: Option<usize>, made: At) -> (Sender<T>, Receiver<T>) {
    let line = Line::new("channel", capacity, None, made);
    (Sender(Side::Model(Arc::clone(&line))), Receiver::of_model(line))
}

/// As crossbeam's [`Sender`](::crossbeam_channel::Sender).
pub struct Sender<T>(Side<T>);

enum Side<T> {
    Real(real::Sender<T>, At),
    Model(Arc<Line<T>>),
}

/// Where a call of a sender goes.
pub enum Way<'a, T> {
    Real(&'a real::Sender<T>),
    Model(&'a Arc<Line<T>>),
}

impl<T> Sender<T> {
    #[inline]
    pub(super) fn way(&self, at: At) -> Way<'_, T> {
        match &self.0 {
            Side::Real(sender, _) if world::is_real() => Way::Real(sender),
            Side::Real(_, made) => world::stranger(made, at),
            Side::Model(line) => Way::Model(line),
        }
    }

    /// As crossbeam's [`try_send`](::crossbeam_channel::Sender::try_send).
    #[inline]
    #[track_caller]
    pub fn try_send(&self, msg: T) -> Result<(), TrySendError<T>> {
        let at = Location::caller();
        match self.way(at) {
            Way::Real(sender) => sender.try_send(msg),
            Way::Model(line) => line.try_send(msg, at),
        }
    }

    /// As crossbeam's [`send`](::crossbeam_channel::Sender::send).
    #[inline]
    #[track_caller]
    pub fn send(&self, msg: T) -> Result<(), SendError<T>> {
        let at = Location::caller();
        match self.way(at) {
            Way::Real(sender) => sender.send(msg),
            Way::Model(line) => line.send(msg, None, at).map_err(|error| SendError(error.into_inner())),
        }
    }

    /// As crossbeam's [`send_timeout`](::crossbeam_channel::Sender::send_timeout). In a model it times out once a thread
    /// and line, whatever the timeout is, and from then on when nothing else can go on.
    #[track_caller]
    pub fn send_timeout(&self, msg: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        let at = Location::caller();
        match self.way(at) {
            Way::Real(sender) => sender.send_timeout(msg, timeout),
            Way::Model(line) => send_until(line, msg, Until::For(timeout), at),
        }
    }

    /// As crossbeam's [`send_deadline`](::crossbeam_channel::Sender::send_deadline), by std's clock or the facade's.
    #[track_caller]
    pub fn send_deadline(&self, msg: T, deadline: impl Into<Instant>) -> Result<(), SendTimeoutError<T>> {
        let (deadline, at) = (deadline.into(), Location::caller());
        match self.way(at) {
            Way::Real(sender) => sender.send_deadline(msg, deadline),
            Way::Model(line) => send_until(line, msg, Until::Till(deadline), at),
        }
    }

    /// As crossbeam's [`is_empty`](::crossbeam_channel::Sender::is_empty).
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        let at = Location::caller();
        match self.way(at) {
            Way::Real(sender) => sender.is_empty(),
            Way::Model(line) => line.len(at) == 0,
        }
    }

    /// As crossbeam's [`is_full`](::crossbeam_channel::Sender::is_full).
    #[track_caller]
    pub fn is_full(&self) -> bool {
        let at = Location::caller();
        match self.way(at) {
            Way::Real(sender) => sender.is_full(),
            Way::Model(line) => line.is_full(at),
        }
    }

    /// As crossbeam's [`len`](::crossbeam_channel::Sender::len).
    #[track_caller]
    pub fn len(&self) -> usize {
        let at = Location::caller();
        match self.way(at) {
            Way::Real(sender) => sender.len(),
            Way::Model(line) => line.len(at),
        }
    }

    /// As crossbeam's [`capacity`](::crossbeam_channel::Sender::capacity).
    pub fn capacity(&self) -> Option<usize> {
        match &self.0 {
            Side::Real(sender, _) => sender.capacity(),
            Side::Model(line) => line.capacity(),
        }
    }

    /// As crossbeam's [`same_channel`](::crossbeam_channel::Sender::same_channel).
    pub fn same_channel(&self, other: &Sender<T>) -> bool {
        match (&self.0, &other.0) {
            (Side::Real(one, _), Side::Real(other, _)) => one.same_channel(other),
            (Side::Model(one), Side::Model(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

fn send_until<T>(line: &Arc<Line<T>>, msg: T, until: Until, at: At) -> Result<(), SendTimeoutError<T>> {
    let begin = time::begin();
    let sent = match Until::patience("send_timeout", at) {
        // Time is up now, or there is room.
        None => line.try_send(msg, at).map_err(|error| match error {
            TrySendError::Full(msg) => SendTimeoutError::Timeout(msg),
            TrySendError::Disconnected(msg) => SendTimeoutError::Disconnected(msg),
        }),
        patience => line.send(msg, patience, at),
    };
    if let Err(SendTimeoutError::Timeout(_)) = sent {
        until.pass(begin);
    }
    sent
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self(match &self.0 {
            Side::Real(sender, made) => Side::Real(sender.clone(), made),
            Side::Model(line) => {
                line.one_more(true);
                Side::Model(Arc::clone(line))
            }
        })
    }
}

impl<T> Drop for Sender<T> {
    #[inline]
    fn drop(&mut self) {
        if let Side::Model(line) = &self.0 {
            line.one_fewer(true);
        }
    }
}

impl<T> UnwindSafe for Sender<T> {}
impl<T> RefUnwindSafe for Sender<T> {}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Sender { .. }")
    }
}
