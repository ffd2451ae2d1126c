//! The senders of a channel with so many places.

use super::ends::{SenderEnd, WeakEnd, sender};
use super::enter::{Enter, For};
use super::permit::{OwnedPermit, Permit, PermitIterator, Places};
use super::pipe::{Closed, Pipe};
use super::receiver::{End, Receiver};
use crate::facade::tokio::time::{Duration, Timeout};
use crate::world::object::mailbox::{Mail, Mailbox};
use crate::world::operation::{At, Outcome};
use ::tokio::sync::mpsc as real;
use real::error::{SendError, SendTimeoutError, TrySendError};
use std::fmt;
use std::panic::Location;

/// As tokio's own [`channel`](::tokio::sync::mpsc::channel).
///
/// # Panics
///
/// As tokio's, if `buffer` is 0 or too large.
#[track_caller]
pub fn channel<T>(buffer: usize) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = real::channel(buffer);
    let pipe = Pipe::new(Some(buffer));
    (Sender { end: SenderEnd(pipe.clone()), real: sender }, Receiver(End::new(pipe, receiver)))
}

/// As tokio's: whoever waits for a place is served in the order of the first polls.
pub struct Sender<T> {
    pub(super) end: SenderEnd,
    pub(super) real: real::Sender<T>,
}

/// As tokio's.
pub struct WeakSender<T> {
    end: WeakEnd,
    real: real::WeakSender<T>,
}

impl<T> Sender<T> {
    fn pipe(&self) -> &Pipe {
        &self.end.0
    }

    /// As tokio's `send`. In a model it is one step, and one more if it has to wait for a place.
    #[track_caller]
    pub fn send(&self, value: T) -> impl Future<Output = Result<(), SendError<T>>> {
        let at = Location::caller();
        async move {
            if self.pipe().part.is_real_at(at) {
                return self.real.send(value).await;
            }
            let sent = self.enter(For::Message, at).await;
            self.put(sent, value).map_err(SendError)
        }
    }

    fn enter(&self, what: For, at: At) -> Enter<'_> {
        Enter::new(self.pipe(), what, at)
    }

    /// Puts the message in, for which a step has taken the place, or gives it back.
    fn put(&self, sent: Result<(), Closed>, value: T) -> Result<(), T> {
        if sent == Err(Closed) {
            return Err(value);
        }
        // Tokio's own may be closed already, while a panic unwinds: nobody receives it then.
        let _ = self.real.try_send(value);
        Ok(())
    }

    /// As tokio's `try_send`.
    #[track_caller]
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        if self.pipe().part.is_real() {
            return self.real.try_send(value);
        }
        match self.pipe().step(Mail::TrySend, Location::caller()) {
            Outcome::Failed => Err(TrySendError::Full(value)),
            Outcome::Ended => Err(TrySendError::Closed(value)),
            _ => self.put(Ok(()), value).map_err(TrySendError::Closed),
        }
    }

    /// As tokio's `send_timeout`.
    #[track_caller]
    pub fn send_timeout(
        &self,
        value: T,
        timeout: Duration,
    ) -> impl Future<Output = Result<(), SendTimeoutError<T>>> {
        let at = Location::caller();
        async move {
            if self.pipe().part.is_real_at(at) {
                return self.real.send_timeout(value, timeout).await;
            }
            match Timeout::in_model(timeout, self.enter(For::Message, at), at).await {
                Err(_) => Err(SendTimeoutError::Timeout(value)),
                Ok(sent) => self.put(sent, value).map_err(SendTimeoutError::Closed),
            }
        }
    }

    /// As tokio's `blocking_send`.
    #[track_caller]
    pub fn blocking_send(&self, value: T) -> Result<(), SendError<T>> {
        if self.pipe().part.is_real() {
            return self.real.blocking_send(value);
        }
        let sent = self.enter(For::Message, Location::caller()).block();
        self.put(sent, value).map_err(SendError)
    }

    /// As tokio's `reserve`.
    #[track_caller]
    pub fn reserve(&self) -> impl Future<Output = Result<Permit<'_, T>, SendError<()>>> {
        let at = Location::caller();
        async move {
            if self.pipe().part.is_real_at(at) {
                let real = self.real.reserve().await?;
                return Ok(Permit::new(Places::new(self.pipe(), 1, at), real));
            }
            self.enter(For::Later(1), at).await.map_err(closed)?;
            self.permit(at).map_err(|_| SendError(()))
        }
    }

    /// As tokio's `reserve_many`.
    #[track_caller]
    pub fn reserve_many(
        &self,
        n: usize,
    ) -> impl Future<Output = Result<PermitIterator<'_, T>, SendError<()>>> {
        let at = Location::caller();
        async move {
            if self.pipe().part.is_real_at(at) {
                let real = self.real.reserve_many(n).await?;
                return Ok(PermitIterator::new(Places::new(self.pipe(), n, at), real));
            }
            if n > self.max_capacity() {
                return Err(SendError(()));
            }
            self.enter(For::Later(n), at).await.map_err(closed)?;
            self.permits(n, at).map_err(|_| SendError(()))
        }
    }

    /// As tokio's `reserve_owned`.
    #[track_caller]
    pub fn reserve_owned(self) -> impl Future<Output = Result<OwnedPermit<T>, SendError<()>>> {
        let at = Location::caller();
        async move {
            if self.pipe().part.is_real_at(at) {
                let Self { end, real } = self;
                return Ok(OwnedPermit::new(end, real.reserve_owned().await?));
            }
            self.enter(For::Later(1), at).await.map_err(closed)?;
            self.owned_permit(at).map_err(|_| SendError(()))
        }
    }

    /// As tokio's `try_reserve`.
    #[track_caller]
    pub fn try_reserve(&self) -> Result<Permit<'_, T>, TrySendError<()>> {
        let at = Location::caller();
        self.try_take(1, at)?;
        self.permit(at)
    }

    /// As tokio's `try_reserve_many`.
    #[track_caller]
    pub fn try_reserve_many(&self, n: usize) -> Result<PermitIterator<'_, T>, TrySendError<()>> {
        if n > self.max_capacity() {
            return Err(TrySendError::Full(()));
        }
        let at = Location::caller();
        self.try_take(n, at)?;
        self.permits(n, at)
    }

    /// As tokio's `try_reserve_owned`.
    #[track_caller]
    pub fn try_reserve_owned(self) -> Result<OwnedPermit<T>, TrySendError<Self>> {
        let at = Location::caller();
        match self.try_take(1, at) {
            Ok(()) => self.owned_permit(at),
            Err(TrySendError::Full(())) => Err(TrySendError::Full(self)),
            Err(TrySendError::Closed(())) => Err(TrySendError::Closed(self)),
        }
    }

    /// Takes so many places in a model, if they are there.
    fn try_take(&self, many: usize, at: At) -> Result<(), TrySendError<()>> {
        if self.pipe().part.is_real_at(at) {
            return Ok(());
        }
        match self.pipe().step(Mail::TryReserve(many), at) {
            Outcome::Failed => Err(TrySendError::Full(())),
            Outcome::Ended => Err(TrySendError::Closed(())),
            _ => Ok(()),
        }
    }

    /// Takes tokio's own place, behind the step that has taken the model's.
    fn permit(&self, at: At) -> Result<Permit<'_, T>, TrySendError<()>> {
        let places = Places::new(self.pipe(), 1, at);
        Ok(Permit::new(places, self.real.try_reserve()?))
    }

    fn permits(&self, many: usize, at: At) -> Result<PermitIterator<'_, T>, TrySendError<()>> {
        let places = Places::new(self.pipe(), many, at);
        Ok(PermitIterator::new(places, self.real.try_reserve_many(many)?))
    }

    fn owned_permit(self, at: At) -> Result<OwnedPermit<T>, TrySendError<Self>> {
        let Self { end, real } = self;
        match real.try_reserve_owned() {
            Ok(real) => Ok(OwnedPermit::new(end, real)),
            Err(error) => {
                if end.0.is_modelled() {
                    end.0.step(Mail::GiveBack(1), at);
                }
                Err(match error {
                    TrySendError::Full(real) => TrySendError::Full(Self { end, real }),
                    TrySendError::Closed(real) => TrySendError::Closed(Self { end, real }),
                })
            }
        }
    }

    /// As tokio's `capacity`.
    #[track_caller]
    pub fn capacity(&self) -> usize {
        if self.pipe().part.is_real() {
            return self.real.capacity();
        }
        self.pipe().look(Mail::Query, Location::caller(), Mailbox::capacity)
    }

    /// As tokio's `max_capacity`.
    pub fn max_capacity(&self) -> usize {
        self.real.max_capacity()
    }
}

fn closed(_: Closed) -> SendError<()> {
    SendError(())
}

sender!(Sender, WeakSender);
