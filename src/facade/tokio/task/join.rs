//! What is kept of a task that was spawned.

use super::local::{Local, LocalTask};
use super::{Id, JoinError};
use crate::world::execution::Place;
use crate::world::operation::At;
use crate::world::spawn::{Spawned, Whom};
use crate::world::{self, runtime, task::Turn};
use std::fmt;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll};

/// As tokio's own [`JoinHandle`](::tokio::task::JoinHandle).
pub struct JoinHandle<T>(Inner<T>);

/// As small as tokio's own is, but for a word.
enum Inner<T> {
    Real(::tokio::task::JoinHandle<T>),
    Modelled(Box<Modelled<T>>),
    /// Of a `LocalSet`.
    Local(Box<Local<T>>),
    /// Of a runtime that is gone.
    Refused(Id),
}

struct Modelled<T> {
    /// None once it was joined; and none as the output of a task that was aborted.
    task: Option<Spawned<Option<T>>>,
    whom: Whom,
    turn: Turn,
}

/// As tokio's own [`AbortHandle`](::tokio::task::AbortHandle).
#[derive(Clone, Debug)]
pub struct AbortHandle(Abort);

#[derive(Clone, Debug)]
enum Abort {
    Real(::tokio::task::AbortHandle),
    Modelled(Whom),
    Local(LocalTask),
    Refused(Id),
}

impl<T> JoinHandle<T> {
    pub(in crate::facade::tokio) fn of_tokio(handle: ::tokio::task::JoinHandle<T>) -> Self {
        Self(Inner::Real(handle))
    }

    pub(super) fn of_local(local: Local<T>) -> Self {
        Self(Inner::Local(Box::new(local)))
    }

    /// A task of a model, on that runtime if there is one.
    pub(in crate::facade::tokio) fn modelled(
        runtime: Option<Place>,
        at: At,
        body: impl FnOnce() -> Option<T> + 'static,
    ) -> Self
    where
        T: 'static,
    {
        if runtime.is_some_and(|runtime| !runtime::admits(runtime, at)) {
            return Self(Inner::Refused(Id::of_model(0)));
        }
        runtime::spawns_on(runtime);
        let task = world::spawn::spawn(None, at, body);
        let whom = task.whom.clone();
        Self(Inner::Modelled(Box::new(Modelled { task: Some(task), whom, turn: Turn::default() })))
    }

    /// Whether its runtime was gone.
    pub(super) fn is_refused(&self) -> bool {
        matches!(self.0, Inner::Refused(_))
    }

    /// How a task ended that is known to be at its end.
    pub(super) fn ended(mut self, at: At) -> Result<T, JoinError> {
        let id = self.id();
        match &mut self.0 {
            Inner::Real(_) => unreachable!("a set of a model has tasks of a model"),
            Inner::Modelled(modelled) => {
                let task = modelled.task.take().expect("it is taken once, with the handle");
                joined(id, task.join(at))
            }
            Inner::Local(local) => local.ended(),
            Inner::Refused(id) => Err(JoinError::cancelled(*id)),
        }
    }

    /// As tokio's `is_finished`.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        match &self.0 {
            Inner::Real(handle) => {
                world::used_without_its_line(Location::caller());
                handle.is_finished()
            }
            Inner::Modelled(modelled) => {
                modelled.task.as_ref().is_none_or(|task| task.is_finished(Location::caller()))
            }
            Inner::Local(local) => local.task().is_finished(Location::caller()),
            Inner::Refused(_) => true,
        }
    }

    /// As tokio's `abort`: the task ends at its next poll, if it has one.
    #[track_caller]
    pub fn abort(&self) {
        self.abort_at(Location::caller());
    }

    pub(super) fn abort_at(&self, at: At) {
        match &self.0 {
            Inner::Real(handle) => {
                world::used_without_its_line(at);
                handle.abort();
            }
            Inner::Modelled(modelled) => abort(&modelled.whom, at),
            Inner::Local(local) => local.task().abort(at),
            Inner::Refused(_) => {}
        }
    }

    /// As tokio's `abort_handle`.
    pub fn abort_handle(&self) -> AbortHandle {
        AbortHandle(match &self.0 {
            Inner::Real(handle) => Abort::Real(handle.abort_handle()),
            Inner::Modelled(modelled) => Abort::Modelled(modelled.whom.clone()),
            Inner::Local(local) => Abort::Local(local.task().clone()),
            Inner::Refused(id) => Abort::Refused(*id),
        })
    }

    /// As tokio's `id`.
    pub fn id(&self) -> Id {
        match &self.0 {
            Inner::Real(handle) => Id::of_tokio(handle.id()),
            Inner::Modelled(modelled) => id_of(&modelled.whom),
            Inner::Local(local) => local.task().id(),
            Inner::Refused(id) => *id,
        }
    }
}

fn id_of(whom: &Whom) -> Id {
    Id::of_model(u64::from(whom.thread.0))
}

fn abort(whom: &Whom, at: At) {
    if !whom.is_elsewhere(at) {
        world::task::abort(whom.thread, at);
    }
}

fn joined<T>(id: Id, ended: std::thread::Result<Option<T>>) -> Result<T, JoinError> {
    match ended {
        Ok(Some(output)) => Ok(output),
        Ok(None) => Err(JoinError::cancelled(id)),
        Err(payload) => Err(JoinError::panicked(id, payload)),
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Inner::Real(handle) => {
                world::used_without_its_line(Location::caller());
                Pin::new(handle).poll(context).map_err(JoinError::from)
            }
            Inner::Modelled(modelled) => {
                let Modelled { task, turn, whom } = &mut **modelled;
                let (at, id) = (Location::caller(), id_of(whom));
                let waits = task.as_mut().expect("a finished JoinHandle is not polled again");
                let ended = waits.poll_join(context, turn, at);
                if ended.is_ready() {
                    *task = None;
                }
                ended.map(|ended| joined(id, ended))
            }
            Inner::Local(local) => local.poll(context),
            Inner::Refused(id) => Poll::Ready(Err(JoinError::cancelled(*id))),
        }
    }
}

impl<T> Unpin for JoinHandle<T> {}
impl<T> UnwindSafe for JoinHandle<T> {}
impl<T> RefUnwindSafe for JoinHandle<T> {}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").field("id", &self.id()).finish()
    }
}

impl AbortHandle {
    pub(super) fn of_tokio(handle: ::tokio::task::AbortHandle) -> Self {
        Self(Abort::Real(handle))
    }

    /// As tokio's `abort`.
    #[track_caller]
    pub fn abort(&self) {
        match &self.0 {
            Abort::Real(handle) => {
                world::used_without_its_line(Location::caller());
                handle.abort();
            }
            Abort::Modelled(whom) => abort(whom, Location::caller()),
            Abort::Local(task) => task.abort(Location::caller()),
            Abort::Refused(_) => {}
        }
    }

    /// As tokio's `is_finished`.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        match &self.0 {
            Abort::Real(handle) => {
                world::used_without_its_line(Location::caller());
                handle.is_finished()
            }
            Abort::Modelled(whom) => {
                let at = Location::caller();
                whom.is_elsewhere(at) || world::spawn::is_finished(whom.thread, at)
            }
            Abort::Local(task) => task.is_finished(Location::caller()),
            Abort::Refused(_) => true,
        }
    }

    /// As tokio's `id`.
    pub fn id(&self) -> Id {
        match &self.0 {
            Abort::Real(handle) => Id::of_tokio(handle.id()),
            Abort::Modelled(whom) => id_of(whom),
            Abort::Local(task) => task.id(),
            Abort::Refused(id) => *id,
        }
    }
}

impl UnwindSafe for AbortHandle {}
impl RefUnwindSafe for AbortHandle {}
