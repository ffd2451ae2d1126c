//! `tokio::task::JoinSet`: tasks that are joined in the order in which they end.

mod modelled;

pub(super) use modelled::Teller;

use super::local::{LocalSet, spawn_told};
use super::{AbortHandle, Id, JoinError};
use crate::facade::tokio::runtime::Handle;
use crate::world::operation::At;
use crate::world::task::Turn;
use crate::world::{self, runtime};
use modelled::Modelled;
use std::fmt;
use std::future::poll_fn;
use std::panic::{Location, resume_unwind};
use std::task::{Context, Poll};

/// As tokio's own [`JoinSet`](::tokio::task::JoinSet).
pub struct JoinSet<T>(Inner<T>, At);

enum Inner<T> {
    Real(::tokio::task::JoinSet<T>),
    Modelled(Modelled<T>),
}

impl<T> JoinSet<T> {
    /// As tokio's `new`.
    #[track_caller]
    pub fn new() -> Self {
        let made = Location::caller();
        if world::is_real() {
            return Self(Inner::Real(::tokio::task::JoinSet::new()), made);
        }
        Self(Inner::Modelled(Modelled::new(made)), made)
    }

    /// As tokio's `len`.
    pub fn len(&self) -> usize {
        match &self.0 {
            Inner::Real(set) => set.len(),
            Inner::Modelled(set) => set.len(),
        }
    }

    /// As tokio's `is_empty`.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T: 'static> JoinSet<T> {
    /// As tokio's `spawn`.
    #[track_caller]
    pub fn spawn<F>(&mut self, task: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        self.spawn_at(task, Location::caller())
    }

    fn spawn_at<F>(&mut self, task: F, at: At) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        match self.here(at) {
            Inner::Real(set) => AbortHandle::of_tokio(set.spawn(task)),
            Inner::Modelled(set) => {
                set.run(runtime::entered(), at, move || world::task::run_spawned(task, at))
            }
        }
    }

    /// As tokio's `spawn_on`.
    #[track_caller]
    pub fn spawn_on<F>(&mut self, task: F, handle: &Handle) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        let at = Location::caller();
        match self.here(at) {
            Inner::Real(set) => AbortHandle::of_tokio(set.spawn_on(task, handle.real(at))),
            Inner::Modelled(set) => set.run(handle.place(at), at, move || world::task::run_spawned(task, at)),
        }
    }

    /// As tokio's `spawn_local`.
    ///
    /// # Panics
    ///
    /// Outside of a `LocalSet`.
    #[track_caller]
    pub fn spawn_local<F>(&mut self, task: F) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        let at = Location::caller();
        match self.here(at) {
            Inner::Real(set) => AbortHandle::of_tokio(set.spawn_local(task)),
            Inner::Modelled(set) => set.add(at, |told| spawn_told(None, task, Some(told), at)),
        }
    }

    /// As tokio's `spawn_local_on`.
    #[track_caller]
    pub fn spawn_local_on<F>(&mut self, task: F, local_set: &LocalSet) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        let at = Location::caller();
        match self.here(at) {
            Inner::Real(set) => AbortHandle::of_tokio(set.spawn_local_on(task, local_set.real(at))),
            Inner::Modelled(set) => set.add(at, |told| spawn_told(Some(local_set), task, Some(told), at)),
        }
    }

    /// As tokio's `spawn_blocking`.
    #[track_caller]
    pub fn spawn_blocking<F>(&mut self, f: F) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        let at = Location::caller();
        match self.here(at) {
            Inner::Real(set) => AbortHandle::of_tokio(set.spawn_blocking(f)),
            Inner::Modelled(set) => set.run(runtime::entered(), at, move || world::task::run_blocking(f, at)),
        }
    }

    /// As tokio's `spawn_blocking_on`.
    #[track_caller]
    pub fn spawn_blocking_on<F>(&mut self, f: F, handle: &Handle) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        let at = Location::caller();
        match self.here(at) {
            Inner::Real(set) => AbortHandle::of_tokio(set.spawn_blocking_on(f, handle.real(at))),
            Inner::Modelled(set) => set.run(handle.place(at), at, move || world::task::run_blocking(f, at)),
        }
    }

    /// As tokio's `join_next`.
    #[track_caller]
    pub fn join_next(&mut self) -> impl Future<Output = Option<Result<T, JoinError>>> {
        let next = self.next(Location::caller());
        async move { next.await.map(|(_, ended)| ended) }
    }

    /// As tokio's `join_next_with_id`.
    #[track_caller]
    pub fn join_next_with_id(&mut self) -> impl Future<Output = Option<Result<(Id, T), JoinError>>> {
        let next = self.next(Location::caller());
        async move { next.await.map(with_id) }
    }

    /// As tokio's `try_join_next`.
    #[track_caller]
    pub fn try_join_next(&mut self) -> Option<Result<T, JoinError>> {
        self.try_next(Location::caller()).map(|(_, ended)| ended)
    }

    /// As tokio's `try_join_next_with_id`.
    #[track_caller]
    pub fn try_join_next_with_id(&mut self) -> Option<Result<(Id, T), JoinError>> {
        self.try_next(Location::caller()).map(with_id)
    }

    /// As tokio's `poll_join_next`.
    #[track_caller]
    pub fn poll_join_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<T, JoinError>>> {
        self.poll_next(context, Location::caller()).map(|ended| ended.map(|(_, ended)| ended))
    }

    /// As tokio's `poll_join_next_with_id`.
    #[track_caller]
    pub fn poll_join_next_with_id(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<(Id, T), JoinError>>> {
        self.poll_next(context, Location::caller()).map(|ended| ended.map(with_id))
    }

    /// As tokio's `shutdown`.
    #[track_caller]
    pub fn shutdown(&mut self) -> impl Future<Output = ()> {
        let at = Location::caller();
        async move {
            self.abort_at(at);
            while self.next(at).await.is_some() {}
        }
    }

    /// As tokio's `join_all`.
    ///
    /// # Panics
    ///
    /// As tokio's, if a task has panicked, with its panic, or was aborted.
    #[track_caller]
    pub fn join_all(mut self) -> impl Future<Output = Vec<T>> {
        let at = Location::caller();
        async move {
            let mut outputs = Vec::with_capacity(self.len());
            while let Some((_, ended)) = self.next(at).await {
                match ended {
                    Ok(output) => outputs.push(output),
                    Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
                    Err(error) => panic!("{error}"),
                }
            }
            outputs
        }
    }

    /// As tokio's `abort_all`.
    #[track_caller]
    pub fn abort_all(&mut self) {
        self.abort_at(Location::caller());
    }

    fn abort_at(&mut self, at: At) {
        match self.here(at) {
            Inner::Real(set) => set.abort_all(),
            Inner::Modelled(set) => set.abort(at),
        }
    }

    /// As tokio's `detach_all`.
    #[track_caller]
    pub fn detach_all(&mut self) {
        match self.here(Location::caller()) {
            Inner::Real(set) => set.detach_all(),
            Inner::Modelled(set) => set.detach(),
        }
    }

    /// It, in the world that made it.
    fn here(&mut self, at: At) -> &mut Inner<T> {
        if matches!(self.0, Inner::Real(_)) && !world::is_real() {
            world::stranger(self.1, at);
        }
        &mut self.0
    }

    async fn next(&mut self, at: At) -> Option<Ended<T>> {
        match self.here(at) {
            Inner::Real(set) => of_tokio(set.join_next_with_id().await),
            Inner::Modelled(set) => {
                let mut turn = Turn::default();
                poll_fn(|context| set.poll(&mut turn, context, at)).await
            }
        }
    }

    fn try_next(&mut self, at: At) -> Option<Ended<T>> {
        match self.here(at) {
            Inner::Real(set) => of_tokio(set.try_join_next_with_id()),
            Inner::Modelled(set) => set.try_next(at),
        }
    }

    fn poll_next(&mut self, context: &mut Context<'_>, at: At) -> Poll<Option<Ended<T>>> {
        match self.here(at) {
            Inner::Real(set) => set.poll_join_next_with_id(context).map(of_tokio),
            Inner::Modelled(set) => set.poll_again(context, at),
        }
    }
}

type Ended<T> = (Option<Id>, Result<T, JoinError>);

fn of_tokio<T>(ended: Option<Result<(::tokio::task::Id, T), ::tokio::task::JoinError>>) -> Option<Ended<T>> {
    ended.map(|ended| match ended {
        Ok((id, output)) => (Some(Id::of_tokio(id)), Ok(output)),
        Err(error) => (None, Err(error.into())),
    })
}

fn with_id<T>((id, ended): Ended<T>) -> Result<(Id, T), JoinError> {
    ended.map(|output| (id.expect("whoever has an output has an id"), output))
}

impl<T> Default for JoinSet<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<T, F> FromIterator<F> for JoinSet<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    #[track_caller]
    fn from_iter<I: IntoIterator<Item = F>>(iter: I) -> Self {
        let mut set = Self::new();
        let at = Location::caller();
        for task in iter {
            set.spawn_at(task, at);
        }
        set
    }
}

impl<T, F> Extend<F> for JoinSet<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    #[track_caller]
    fn extend<I: IntoIterator<Item = F>>(&mut self, iter: I) {
        let at = Location::caller();
        for task in iter {
            self.spawn_at(task, at);
        }
    }
}

impl<T> fmt::Debug for JoinSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinSet").field("len", &self.len()).finish()
    }
}
