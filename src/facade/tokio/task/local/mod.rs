//! `tokio::task::LocalSet`: tasks that share a thread, and so run one at a time between their awaits.
//!
//! In a model they are polled by whoever polls the set, each with a waker of its own: what they do are steps of
//! that one thread.

mod tasks;

pub(super) use tasks::{Local, LocalTask};

use super::JoinHandle;
use super::join_set::Teller;
use crate::facade::tokio::runtime::{self, Runtime};
use crate::world;
use crate::world::operation::At;
use std::fmt;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use tasks::{Entered, Tasks};

/// As tokio's own [`LocalSet`](::tokio::task::LocalSet).
pub struct LocalSet {
    inner: Inner,
    made: At,
}

enum Inner {
    Real(::tokio::task::LocalSet),
    Modelled(Rc<Tasks>),
}

/// As tokio's own [`spawn_local`](::tokio::task::spawn_local).
///
/// # Panics
///
/// Outside of a `LocalSet`.
#[track_caller]
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    if world::is_real() {
        return JoinHandle::of_tokio(::tokio::task::spawn_local(future));
    }
    spawn_told(None, future, None, Location::caller())
}

/// Whether this thread is in the context of a set.
pub(super) fn is_entered() -> bool {
    Tasks::entered().is_some()
}

/// Spawns a task on a set, or else on the one whose context this is, and lets it tell of its end.
#[track_caller]
pub(super) fn spawn_told<F>(
    set: Option<&LocalSet>,
    future: F,
    told: Option<Teller>,
    at: At,
) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    let entered = || Tasks::entered().expect("`spawn_local` is called outside of a `LocalSet`");
    set.map_or_else(entered, |set| set.modelled(at)).spawn(future, told, at)
}

/// As tokio's own [`LocalEnterGuard`](::tokio::task::LocalEnterGuard).
pub struct LocalEnterGuard {
    _real: Option<::tokio::task::LocalEnterGuard>,
    _modelled: Option<Entered>,
}

impl fmt::Debug for LocalEnterGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalEnterGuard").finish_non_exhaustive()
    }
}

impl LocalSet {
    /// As tokio's `new`.
    #[track_caller]
    pub fn new() -> Self {
        let made = Location::caller();
        if world::is_real() {
            return Self { inner: Inner::Real(::tokio::task::LocalSet::new()), made };
        }
        Self { inner: Inner::Modelled(Rc::new(Tasks::new(made))), made }
    }

    pub(super) fn real(&self, at: At) -> &::tokio::task::LocalSet {
        match &self.inner {
            Inner::Real(set) if world::is_real() => set,
            _ => world::stranger(self.made, at),
        }
    }

    fn modelled(&self, at: At) -> Rc<Tasks> {
        match &self.inner {
            Inner::Modelled(tasks) => Rc::clone(tasks),
            Inner::Real(_) => world::stranger(self.made, at),
        }
    }

    /// As tokio's `id`.
    pub fn id(&self) -> runtime::Id {
        match &self.inner {
            Inner::Real(set) => runtime::Id::of_tokio(set.id()),
            Inner::Modelled(tasks) => tasks.id(),
        }
    }

    /// As tokio's `enter`.
    #[track_caller]
    pub fn enter(&self) -> LocalEnterGuard {
        let at = Location::caller();
        if world::is_real() {
            return LocalEnterGuard { _real: Some(self.real(at).enter()), _modelled: None };
        }
        LocalEnterGuard { _real: None, _modelled: Some(self.modelled(at).enter()) }
    }

    /// As tokio's `spawn_local`.
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let at = Location::caller();
        if world::is_real() {
            return JoinHandle::of_tokio(self.real(at).spawn_local(future));
        }
        self.modelled(at).spawn(future, None, at)
    }

    /// As tokio's `block_on`.
    #[track_caller]
    pub fn block_on<F: Future>(&self, rt: &Runtime, future: F) -> F::Output {
        let at = Location::caller();
        if world::is_real() {
            return self.real(at).block_on(rt.real(at), future);
        }
        rt.block_on(self.run_until_at(future, at))
    }

    /// As tokio's `run_until`.
    #[track_caller]
    pub fn run_until<F: Future>(&self, future: F) -> impl Future<Output = F::Output> {
        self.run_until_at(future, Location::caller())
    }

    async fn run_until_at<F: Future>(&self, future: F, at: At) -> F::Output {
        if world::is_real() {
            return self.real(at).run_until(future).await;
        }
        let tasks = self.modelled(at);
        let mut future = pin!(future);
        std::future::poll_fn(|context| {
            let _entered = tasks.enter();
            let polled = future.as_mut().poll(context);
            if polled.is_pending() && tasks.poll(context, at) {
                context.waker().wake_by_ref();
            }
            polled
        })
        .await
    }
}

impl Future for LocalSet {
    type Output = ();

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let (at, made) = (Location::caller(), self.made);
        let tasks = match &mut self.inner {
            Inner::Real(set) if world::is_real() => return Pin::new(set).poll(context),
            Inner::Real(_) => world::stranger(made, at),
            Inner::Modelled(tasks) => Rc::clone(tasks),
        };
        let _entered = tasks.enter();
        let again = tasks.poll(context, at);
        if tasks.is_empty() {
            return Poll::Ready(());
        }
        if again {
            context.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

impl Drop for LocalSet {
    fn drop(&mut self) {
        let Inner::Modelled(tasks) = &self.inner else { return };
        if world::is_real() {
            return;
        }
        let _entered = tasks.enter();
        tasks.clear();
    }
}

impl Default for LocalSet {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for LocalSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalSet").finish_non_exhaustive()
    }
}
