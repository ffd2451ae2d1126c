//! `tokio::sync::Notify`: tokio's own, beside its part in the world that made it.

use crate::facade::statics::made::ConstNew;
use crate::world::object::{State, notify::Bell};
use crate::world::operation::{At, Kind, ObjectId, Outcome};
use crate::world::task::{Turn, Waits};
use crate::world::{self, Part, Stepped, execution};
use ::tokio::sync as real;
use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// As tokio's own [`Notify`](::tokio::sync::Notify): one notification is kept, and those who wait are notified
/// in the order of their first polls.
pub struct Notify {
    real: real::Notify,
    part: Part<()>,
}

/// As tokio's own [`Notified`](::tokio::sync::futures::Notified).
pub struct Notified<'a>(Inner<'a>);

enum Inner<'a> {
    /// Tokio's own, and the line that made it.
    Real(real::futures::Notified<'a>, At),
    Modelled(Waiter<'a>),
}

/// As tokio's own [`OwnedNotified`](::tokio::sync::futures::OwnedNotified).
pub struct OwnedNotified {
    /// Of the one behind the `Arc`; dropped before that goes, since it stands before it.
    notified: Notified<'static>,
    _notify: Arc<Notify>,
}

struct Waiter<'a> {
    part: &'a Part<()>,
    name: ObjectId,
    at: At,
    turn: Turn,
    stands: Stands,
}

/// How far a future has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stands {
    Made,
    Waiting,
    Done,
}

impl Notify {
    /// As tokio's `new`.
    #[track_caller]
    pub fn new() -> Self {
        let part = Part::new(Location::caller(), "Notify", State::notify, || ());
        Self { real: real::Notify::const_new(), part }
    }

    /// As tokio's `const_new`: of the real world, but in [`statics!`](crate::statics).
    #[track_caller]
    pub const fn const_new() -> Self {
        Self { real: real::Notify::const_new(), part: Part::Real(Location::caller()) }
    }

    /// As tokio's `notified`.
    #[inline]
    #[track_caller]
    pub fn notified(&self) -> Notified<'_> {
        if self.part.is_real() {
            return Notified(Inner::Real(self.real.notified(), Location::caller()));
        }
        self.notified_in_model(Location::caller())
    }

    #[cold]
    fn notified_in_model(&self, at: At) -> Notified<'_> {
        let name = execution::with(execution::Execution::name);
        self.step(Bell::Make(name), at);
        let (turn, stands) = (Turn::default(), Stands::Made);
        Notified(Inner::Modelled(Waiter { part: &self.part, name, at, turn, stands }))
    }

    /// As tokio's `notified_owned`.
    #[track_caller]
    pub fn notified_owned(self: Arc<Self>) -> OwnedNotified {
        // SAFETY: only its lifetime is changed. It is dropped before the `Arc`, which does not move what is in it.
        let notified = unsafe { std::mem::transmute::<Notified<'_>, Notified<'static>>(self.notified()) };
        OwnedNotified { notified, _notify: self }
    }

    /// As tokio's `notify_one`.
    #[inline]
    #[track_caller]
    pub fn notify_one(&self) {
        if self.part.is_real() {
            return self.real.notify_one();
        }
        self.step(Bell::One, Location::caller());
    }

    /// As tokio's `notify_last`.
    #[inline]
    #[track_caller]
    pub fn notify_last(&self) {
        if self.part.is_real() {
            return self.real.notify_last();
        }
        self.step(Bell::Last, Location::caller());
    }

    /// As tokio's `notify_waiters`.
    #[inline]
    #[track_caller]
    pub fn notify_waiters(&self) {
        if self.part.is_real() {
            return self.real.notify_waiters();
        }
        self.step(Bell::All, Location::caller());
    }

    #[cold]
    fn step(&self, kind: Bell, at: At) {
        step(&self.part, kind, at);
    }
}

fn step(part: &Part<()>, kind: Bell, at: At) -> Stepped<()> {
    world::step(part, Kind::Bell(kind), at, |()| world::not_in_loom("Notify", at))
}

impl ConstNew for Notify {
    fn made(&self) -> Option<At> {
        self.part.made()
    }

    fn renew(&mut self, made: At) {
        self.part = Part::new(made, "Notify", State::notify, || ());
    }
}

impl Default for Notify {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.real.fmt(f)
    }
}

impl Waiter<'_> {
    /// Its first poll: it takes what is kept, or joins those who wait.
    fn first(&mut self, stepped: &Stepped<()>) -> bool {
        let waits = matches!(stepped, Stepped::Model(Outcome::Queued));
        self.stands = if waits { Stands::Waiting } else { Stands::Done };
        !waits
    }

    fn enable(&mut self) -> bool {
        let stepped = match self.stands {
            Stands::Made => {
                let stepped = step(self.part, Bell::Wait(self.name), self.at);
                return self.first(&stepped);
            }
            Stands::Waiting => step(self.part, Bell::Look(self.name), self.at),
            Stands::Done => return true,
        };
        if !matches!(stepped, Stepped::Model(Outcome::Failed)) {
            self.stands = Stands::Done;
        }
        self.stands == Stands::Done
    }

    #[cold]
    fn poll(&mut self, context: &Context<'_>) -> Poll<()> {
        let Self { part, name, at, .. } = *self;
        let [wait, wake, look] = [Bell::Wait(name), Bell::Wake(name), Bell::Look(name)].map(Kind::Bell);
        if self.stands == Stands::Made {
            let waits = Waits { kind: wait, attempt: wait, at };
            let stepped = ready!(self.turn.step(context, part, waits, |()| ()));
            if !self.first(&stepped) {
                self.turn.queued(context, part, wake, at);
                return Poll::Pending;
            }
        }
        if self.stands == Stands::Waiting {
            let waits = Waits { kind: wake, attempt: look, at };
            let _: Stepped<()> = ready!(self.turn.step(context, part, waits, |()| ()));
            self.stands = Stands::Done;
        }
        Poll::Ready(())
    }
}

impl Drop for Waiter<'_> {
    #[cold]
    fn drop(&mut self) {
        // Nobody can tell whether one that was never polled is gone.
        if self.stands == Stands::Waiting && !self.part.is_real_at(self.at) {
            step(self.part, Bell::Leave(self.name), self.at);
        }
    }
}

impl<'a> Notified<'a> {
    /// As tokio's `enable`.
    #[track_caller]
    pub fn enable(self: Pin<&mut Self>) -> bool {
        match self.inner() {
            Ok(real) => real.enable(),
            Err(waiter) => waiter.enable(),
        }
    }

    #[inline]
    #[track_caller]
    fn inner(self: Pin<&mut Self>) -> Result<Pin<&mut real::futures::Notified<'a>>, &mut Waiter<'a>> {
        // SAFETY: tokio's future is not moved out of here, and stays pinned; ours does not mind.
        match unsafe { &mut self.get_unchecked_mut().0 } {
            Inner::Real(real, made) => {
                world::used_in_real_world(made, Location::caller());
                Ok(unsafe { Pin::new_unchecked(real) })
            }
            Inner::Modelled(waiter) => Err(waiter),
        }
    }
}

impl Future for Notified<'_> {
    type Output = ();

    #[inline]
    #[track_caller]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match self.inner() {
            Ok(real) => real.poll(context),
            Err(waiter) => waiter.poll(context),
        }
    }
}

impl OwnedNotified {
    /// As tokio's `enable`.
    #[track_caller]
    pub fn enable(self: Pin<&mut Self>) -> bool {
        self.inner().enable()
    }

    fn inner(self: Pin<&mut Self>) -> Pin<&mut Notified<'static>> {
        // SAFETY: it is not moved out of here, and stays pinned.
        unsafe { self.map_unchecked_mut(|this| &mut this.notified) }
    }
}

impl Future for OwnedNotified {
    type Output = ();

    #[track_caller]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.inner().poll(context)
    }
}

impl fmt::Debug for Notified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notified").finish_non_exhaustive()
    }
}

impl fmt::Debug for OwnedNotified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedNotified").finish_non_exhaustive()
    }
}
