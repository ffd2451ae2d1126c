//! `tokio::sync::broadcast`: tokio's own, beside its part in the world that made it.
//!
//! The messages are in tokio's channel; how many there are, and who sends and receives, is the model's.

mod tower;

use crate::world::object::broadcast::{Broadcast, Cast};
use crate::world::operation::{At, Outcome};
use crate::world::task::Turn;
use ::tokio::sync::broadcast as real;
pub use ::tokio::sync::broadcast::error;
use error::{RecvError, SendError, TryRecvError};
use std::fmt;
use std::mem::ManuallyDrop;
use std::panic::Location;
use std::task::{Context, Poll, ready};
use tower::Tower;

/// As tokio's own [`channel`](::tokio::sync::broadcast::channel).
///
/// # Panics
///
/// As tokio's, if `capacity` is 0 or too large.
#[track_caller]
pub fn channel<T: Clone>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = real::channel(capacity);
    let tower = Tower::new(capacity, 1, Location::caller());
    (Sender { end: SenderEnd(tower.clone()), real: sender }, Receiver::new(&tower, receiver, 0))
}

/// One sender, which a model sees go before tokio's own is gone.
#[derive(Debug)]
struct SenderEnd(Tower);

/// One weak sender.
#[derive(Debug)]
struct WeakEnd(Tower);

impl Drop for SenderEnd {
    fn drop(&mut self) {
        self.0.drop_step(|| Cast::SenderDrop);
    }
}

impl WeakEnd {
    fn new(tower: &Tower, at: At) -> Self {
        if !tower.part.is_real_at(at) {
            tower.counted(Cast::WeakNew, |broadcast| broadcast.weak_change(true), at);
        }
        Self(tower.clone())
    }
}

impl Drop for WeakEnd {
    fn drop(&mut self) {
        if !self.0.part.is_real_at(self.0.made()) {
            self.0.counted(Cast::WeakDrop, |broadcast| broadcast.weak_change(false), self.0.made());
        }
    }
}

/// As tokio's.
pub struct Sender<T> {
    end: SenderEnd,
    real: real::Sender<T>,
}

/// As tokio's.
pub struct WeakSender<T> {
    end: WeakEnd,
    real: real::WeakSender<T>,
}

/// As tokio's.
pub struct Receiver<T> {
    /// Dropped once, in `drop`.
    real: ManuallyDrop<real::Receiver<T>>,
    tower: Tower,
    /// The position of the message that it receives next; in a model alone.
    next: usize,
}

impl<T> Sender<T> {
    /// As tokio's `new`.
    ///
    /// # Panics
    ///
    /// As [`channel`].
    #[track_caller]
    pub fn new(capacity: usize) -> Self {
        let real = real::Sender::new(capacity);
        Self { end: SenderEnd(Tower::new(capacity, 0, Location::caller())), real }
    }

    /// As tokio's `send`.
    #[track_caller]
    pub fn send(&self, value: T) -> Result<usize, SendError<T>> {
        if self.end.0.part.is_real() {
            return self.real.send(value);
        }
        let tower = &self.end.0;
        match tower.step(Cast::Send { exact: tower.is_exact() }, Location::caller()) {
            Outcome::Failed | Outcome::Ended => return Err(SendError(value)),
            Outcome::Queued => tower.must_be_exact(),
            _ => {}
        }
        let receivers = tower.read(|broadcast| broadcast.receivers());
        // Tokio's own receivers may be gone already, while a panic unwinds.
        let _ = tower.dropping(|| self.real.send(value));
        Ok(receivers)
    }

    /// As tokio's `subscribe`.
    #[track_caller]
    pub fn subscribe(&self) -> Receiver<T> {
        subscribe(&self.end.0, || self.real.subscribe(), Location::caller())
    }

    /// As tokio's `downgrade`.
    #[must_use = "it takes nothing away from the sender that it is made of"]
    #[track_caller]
    pub fn downgrade(&self) -> WeakSender<T> {
        WeakSender { end: WeakEnd::new(&self.end.0, Location::caller()), real: self.real.downgrade() }
    }

    /// As tokio's `len`.
    #[track_caller]
    pub fn len(&self) -> usize {
        self.query(Location::caller()).len()
    }

    /// As tokio's `is_empty`.
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        self.query(Location::caller()).is_empty()
    }

    /// As tokio's `receiver_count`.
    #[track_caller]
    pub fn receiver_count(&self) -> usize {
        self.query(Location::caller()).receiver_count()
    }

    fn query(&self, at: At) -> &real::Sender<T> {
        if !self.end.0.part.is_real_at(at) {
            self.end.0.step(Cast::Query, at);
        }
        &self.real
    }

    /// As tokio's `same_channel`.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.real.same_channel(&other.real)
    }

    /// As tokio's `closed`.
    #[track_caller]
    pub fn closed(&self) -> impl Future<Output = ()> {
        let at = Location::caller();
        async move {
            if self.end.0.part.is_real_at(at) {
                return self.real.closed().await;
            }
            let (mut turn, kinds) = (Turn::default(), [Cast::AwaitClosed, Cast::LookClosed]);
            std::future::poll_fn(|context| self.end.0.poll(&mut turn, context, kinds, at)).await;
        }
    }
}

impl<T> WeakSender<T> {
    /// As tokio's `upgrade`.
    #[must_use]
    #[track_caller]
    pub fn upgrade(&self) -> Option<Sender<T>> {
        if self.end.0.part.is_real() {
            return Some(Sender { real: self.real.upgrade()?, end: SenderEnd(self.end.0.clone()) });
        }
        if self.end.0.step(Cast::Upgrade, Location::caller()) != Outcome::Done {
            return None;
        }
        // Tokio's own may be gone already, while a panic unwinds: then this drop says so.
        let end = SenderEnd(self.end.0.clone());
        Some(Sender { end, real: self.real.upgrade()? })
    }
}

fn subscribe<T>(tower: &Tower, real: impl FnOnce() -> real::Receiver<T>, at: At) -> Receiver<T> {
    if !tower.part.is_real_at(at) {
        tower.step(Cast::Subscribe, at);
    }
    Receiver::new(tower, real(), tower.read(|broadcast| broadcast.sent()))
}

impl<T> Receiver<T> {
    fn new(tower: &Tower, real: real::Receiver<T>, next: usize) -> Self {
        Self { real: ManuallyDrop::new(real), tower: tower.clone(), next }
    }

    /// As tokio's `len`.
    #[track_caller]
    pub fn len(&self) -> usize {
        if self.tower.part.is_real() {
            return self.real.len();
        }
        self.tower.look(Location::caller(), |broadcast| broadcast.sent() - self.next)
    }

    /// As tokio's `is_empty`.
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// As tokio's `is_closed`.
    #[track_caller]
    pub fn is_closed(&self) -> bool {
        if self.tower.part.is_real() {
            return self.real.sender_strong_count() == 0;
        }
        self.tower.look(Location::caller(), |broadcast| broadcast.senders() == 0)
    }

    /// As tokio's `same_channel`.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.real.same_channel(&other.real)
    }

    /// As tokio's `sender_strong_count`.
    #[track_caller]
    pub fn sender_strong_count(&self) -> usize {
        if self.tower.part.is_real() {
            return self.real.sender_strong_count();
        }
        self.tower.count(Location::caller(), Broadcast::senders)
    }

    /// As tokio's `sender_weak_count`.
    #[track_caller]
    pub fn sender_weak_count(&self) -> usize {
        if self.tower.part.is_real() {
            return self.real.sender_weak_count();
        }
        self.tower.count(Location::caller(), Broadcast::weak)
    }
}

impl<T: Clone> Receiver<T> {
    /// As tokio's `resubscribe`.
    #[must_use]
    #[track_caller]
    pub fn resubscribe(&self) -> Self {
        subscribe(&self.tower, || self.real.resubscribe(), Location::caller())
    }

    /// As tokio's `recv`: if it is dropped before it is ready, no message is lost.
    #[track_caller]
    pub fn recv(&mut self) -> impl Future<Output = Result<T, RecvError>> {
        let at = Location::caller();
        async move {
            if self.tower.part.is_real_at(at) {
                return self.real.recv().await;
            }
            let mut turn = Turn::default();
            std::future::poll_fn(|context| self.poll_recv(&mut turn, context, at)).await
        }
    }

    fn kinds(&self) -> [Cast; 2] {
        let (next, exact) = (self.next, self.tower.is_exact());
        [Cast::Recv { next, exact }, Cast::TryRecv { next, exact }]
    }

    fn poll_recv(&mut self, turn: &mut Turn, context: &Context<'_>, at: At) -> Poll<Result<T, RecvError>> {
        let outcome = ready!(self.tower.poll(turn, context, self.kinds(), at));
        Poll::Ready(self.take(outcome))
    }

    /// Takes what a step has received.
    fn take(&mut self, outcome: Outcome) -> Result<T, RecvError> {
        if outcome == Outcome::Ended {
            return Err(RecvError::Closed);
        }
        let Self { real, tower, next } = self;
        let received = tower.dropping(|| real.try_recv());
        *next += match &received {
            Err(TryRecvError::Lagged(missed)) => *missed as usize,
            _ => 1,
        };
        received.map_err(|error| match error {
            TryRecvError::Lagged(missed) => RecvError::Lagged(missed),
            _ => RecvError::Closed,
        })
    }

    /// As tokio's `try_recv`.
    #[track_caller]
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        if self.tower.part.is_real() {
            return self.real.try_recv();
        }
        let [_, attempt] = self.kinds();
        match self.tower.step(attempt, Location::caller()) {
            Outcome::Failed => Err(TryRecvError::Empty),
            outcome => self.take(outcome).map_err(|error| match error {
                RecvError::Closed => TryRecvError::Closed,
                RecvError::Lagged(missed) => TryRecvError::Lagged(missed),
            }),
        }
    }

    /// As tokio's `blocking_recv`.
    #[track_caller]
    pub fn blocking_recv(&mut self) -> Result<T, RecvError> {
        if self.tower.part.is_real() {
            return self.real.blocking_recv();
        }
        let [waits, _] = self.kinds();
        let outcome = self.tower.step(waits, Location::caller());
        self.take(outcome)
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let Self { real, tower, .. } = self;
        tower.drop_step(|| Cast::ReceiverDrop { exact: tower.is_exact() });
        // SAFETY: dropped once, here, and not used again: behind the step, before which nobody knows.
        tower.dropping(|| unsafe { ManuallyDrop::drop(real) });
    }
}

impl<T> Clone for Sender<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        if !self.end.0.part.is_real() {
            self.end.0.counted(Cast::SenderNew, Broadcast::sender_new, Location::caller());
        }
        Self { end: SenderEnd(self.end.0.clone()), real: self.real.clone() }
    }
}

impl<T> Clone for WeakSender<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        Self { end: WeakEnd::new(&self.end.0, Location::caller()), real: self.real.clone() }
    }
}

macro_rules! counts {
    ($end:ident) => {
        impl<T> $end<T> {
            /// As tokio's `strong_count`.
            #[track_caller]
            pub fn strong_count(&self) -> usize {
                if self.end.0.part.is_real() {
                    return self.real.strong_count();
                }
                self.end.0.count(Location::caller(), Broadcast::senders)
            }

            /// As tokio's `weak_count`.
            #[track_caller]
            pub fn weak_count(&self) -> usize {
                if self.end.0.part.is_real() {
                    return self.real.weak_count();
                }
                self.end.0.count(Location::caller(), Broadcast::weak)
            }
        }

        impl<T> fmt::Debug for $end<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.real.fmt(f)
            }
        }
    };
}

counts!(Sender);
counts!(WeakSender);

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broadcast::Receiver")
    }
}
