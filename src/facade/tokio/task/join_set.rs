//! `tokio::task::JoinSet`: tasks that are joined in the order in which they end.

use super::local::{LocalSet, spawn_told};
use super::{AbortHandle, Id, JoinError, JoinHandle};
use crate::facade::tokio::runtime::Handle;
use crate::facade::tokio::sync::LoomQueue;
use crate::world::execution::Place;
use crate::world::object::State;
use crate::world::operation::{At, Kind, Outcome};
use crate::world::task::{Turn, Waits};
use crate::world::{self, Part, Stepped, runtime};
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

/// As tokio's own [`JoinSet`](::tokio::task::JoinSet).
pub struct JoinSet<T>(Inner<T>, At);

enum Inner<T> {
    Real(::tokio::task::JoinSet<T>),
    Modelled(Modelled<T>),
}

/// The tasks of a set of a model. A task tells the set that it has ended by its last step but one.
struct Modelled<T> {
    queue: Arc<Queue>,
    tasks: Vec<(u32, JoinHandle<T>)>,
    numbers: u32,
    /// Of `poll_join_next`.
    turn: Turn,
    made: At,
}

#[derive(Debug)]
struct Queue {
    part: Part<LoomQueue>,
    ended: Mutex<VecDeque<u32>>,
}

/// Tells a set that one of its tasks has ended.
#[derive(Debug)]
pub(super) struct Teller {
    queue: Arc<Queue>,
    number: u32,
    at: At,
}

impl Queue {
    fn new(at: At) -> Arc<Self> {
        let part = Part::new(at, "JoinSet", || State::channel(None), || LoomQueue::new(None));
        Arc::new(Self { part, ended: Mutex::default() })
    }

    fn ended(&self) -> std::sync::MutexGuard<'_, VecDeque<u32>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Teller {
    pub(super) fn tell(self) {
        let _: Stepped<()> = world::step(&self.queue.part, Kind::Send, self.at, |queue| queue.send(self.at));
        self.queue.ended().push_back(self.number);
    }

    /// Runs a task to its end, and tells of it however that is.
    fn after<R>(self, run: impl FnOnce() -> R) -> R {
        let ended = catch_unwind(AssertUnwindSafe(run));
        self.tell();
        ended.unwrap_or_else(|payload| resume_unwind(payload))
    }
}

impl<T> JoinSet<T> {
    /// As tokio's `new`.
    #[track_caller]
    pub fn new() -> Self {
        let made = Location::caller();
        if world::is_real() {
            return Self(Inner::Real(::tokio::task::JoinSet::new()), made);
        }
        let (tasks, turn) = (Vec::new(), Turn::default());
        Self(Inner::Modelled(Modelled { queue: Queue::new(made), tasks, numbers: 0, turn, made }), made)
    }

    /// As tokio's `len`.
    pub fn len(&self) -> usize {
        match &self.0 {
            Inner::Real(set) => set.len(),
            Inner::Modelled(set) => set.tasks.len(),
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
            Inner::Modelled(set) => set.tasks.iter().for_each(|(_, task)| task.abort_at(at)),
        }
    }

    /// As tokio's `detach_all`.
    #[track_caller]
    pub fn detach_all(&mut self) {
        match self.here(Location::caller()) {
            Inner::Real(set) => set.detach_all(),
            Inner::Modelled(set) => {
                set.tasks.clear();
                // Those that are let go tell nobody.
                set.queue = Queue::new(set.made);
            }
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
            Inner::Modelled(set) => {
                if set.tasks.is_empty() {
                    return None;
                }
                let try_in_loom = |_: &LoomQueue| world::not_in_loom("try_join_next", at);
                let stepped = world::step(&set.queue.part, Kind::TryRecv, at, try_in_loom);
                matches!(stepped, Stepped::Model(Outcome::Done)).then(|| set.take(at))
            }
        }
    }

    fn poll_next(&mut self, context: &mut Context<'_>, at: At) -> Poll<Option<Ended<T>>> {
        match self.here(at) {
            Inner::Real(set) => set.poll_join_next_with_id(context).map(of_tokio),
            Inner::Modelled(set) => {
                let mut turn = std::mem::take(&mut set.turn);
                let polled = set.poll(&mut turn, context, at);
                set.turn = turn;
                polled
            }
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

impl<T: 'static> Modelled<T> {
    fn run(
        &mut self,
        runtime: Option<Place>,
        at: At,
        run: impl FnOnce() -> Option<T> + 'static,
    ) -> AbortHandle {
        self.add(at, |told| JoinHandle::modelled(runtime, at, move || told.after(run)))
    }

    fn add(&mut self, at: At, spawn: impl FnOnce(Teller) -> JoinHandle<T>) -> AbortHandle {
        self.numbers += 1;
        let number = self.numbers;
        let teller = || Teller { queue: Arc::clone(&self.queue), number, at };
        let task = spawn(teller());
        if task.is_refused() {
            teller().tell();
        }
        let handle = task.abort_handle();
        self.tasks.push((number, task));
        handle
    }

    fn poll(&mut self, turn: &mut Turn, context: &mut Context<'_>, at: At) -> Poll<Option<Ended<T>>> {
        if self.tasks.is_empty() {
            return Poll::Ready(None);
        }
        let waits = Waits { kind: Kind::Recv, attempt: Kind::TryRecv, at };
        let _: Stepped<()> = ready!(turn.step(context, &self.queue.part, waits, LoomQueue::recv));
        Poll::Ready(Some(self.take(at)))
    }

    /// The task that the last step has heard of.
    fn take(&mut self, at: At) -> Ended<T> {
        let number = self.queue.ended().pop_front();
        let ended = self.tasks.iter().position(|(task, _)| Some(*task) == number);
        // It is not there if the execution was given up.
        let Some(ended) = ended else { world::panic::give_up() };
        let (_, task) = self.tasks.remove(ended);
        (Some(task.id()), task.ended(at))
    }
}

impl<T> Drop for Modelled<T> {
    fn drop(&mut self) {
        if world::is_real() {
            return;
        }
        for (_, task) in &self.tasks {
            task.abort_at(self.made);
        }
    }
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
