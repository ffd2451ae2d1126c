//! `tokio::task`: a task of a model is a thread of the search.

use crate::world::operation::{At, ThreadId};
use crate::world::{self, World, spawn::Spawned, task::Turn};
use std::any::Any;
use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

/// As tokio's own [`JoinHandle`](::tokio::task::JoinHandle).
pub struct JoinHandle<T>(Inner<T>);

enum Inner<T> {
    Real(::tokio::task::JoinHandle<T>),
    /// None once it was joined; and none as the output of a task that was aborted.
    Modelled {
        task: Option<Spawned<Option<T>>>,
        thread: ThreadId,
        turn: Turn,
    },
}

/// As tokio's own [`AbortHandle`](::tokio::task::AbortHandle).
#[derive(Clone, Debug)]
pub struct AbortHandle(Abort);

#[derive(Clone, Debug)]
enum Abort {
    Real(::tokio::task::AbortHandle),
    Modelled(ThreadId),
}

/// As tokio's own [`JoinError`](::tokio::task::JoinError).
pub struct JoinError(Error);

enum Error {
    Real(::tokio::task::JoinError),
    Panicked(Box<dyn Any + Send + 'static>),
    Cancelled,
}

/// As tokio's own [`spawn`](::tokio::spawn). In a model it needs no runtime.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    if world::is_real() {
        return JoinHandle(Inner::Real(::tokio::spawn(future)));
    }
    let at = Location::caller();
    JoinHandle::modelled(at, move || world::task::run_spawned(future, at))
}

/// As tokio's own [`spawn_blocking`](::tokio::task::spawn_blocking).
#[track_caller]
pub fn spawn_blocking<F, R>(f: F) -> JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    if world::is_real() {
        return JoinHandle(Inner::Real(::tokio::task::spawn_blocking(f)));
    }
    let at = Location::caller();
    // Once it runs it cannot be aborted.
    JoinHandle::modelled(at, move || world::task::run_spawned(async { Some(f()) }, at).flatten())
}

/// As tokio's own [`yield_now`](::tokio::task::yield_now). In a model, the other threads go first: a loop that
/// yields comes round again when one of them has made a step.
pub async fn yield_now() {
    match world::current() {
        World::Real => ::tokio::task::yield_now().await,
        World::Loom => loom::thread::yield_now(),
        World::Model => {
            let mut yielded = false;
            std::future::poll_fn(|context: &mut Context<'_>| {
                if std::mem::replace(&mut yielded, true) {
                    return Poll::Ready(());
                }
                context.waker().wake_by_ref();
                Poll::Pending
            })
            .await;
        }
    }
}

impl<T: 'static> JoinHandle<T> {
    fn modelled(at: At, body: impl FnOnce() -> Option<T> + 'static) -> Self {
        let task = world::spawn::spawn(None, at, body);
        let thread = task.thread;
        Self(Inner::Modelled { task: Some(task), thread, turn: Turn::default() })
    }
}

impl<T> JoinHandle<T> {
    /// As tokio's `is_finished`.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        match &self.0 {
            Inner::Real(handle) => handle.is_finished(),
            Inner::Modelled { task, .. } => {
                task.as_ref().is_none_or(|task| task.is_finished(Location::caller()))
            }
        }
    }

    /// As tokio's `abort`: the task ends at its next poll, if it has one.
    #[track_caller]
    pub fn abort(&self) {
        match &self.0 {
            Inner::Real(handle) => handle.abort(),
            Inner::Modelled { thread, .. } => world::task::abort(*thread, Location::caller()),
        }
    }

    /// As tokio's `abort_handle`.
    pub fn abort_handle(&self) -> AbortHandle {
        AbortHandle(match &self.0 {
            Inner::Real(handle) => Abort::Real(handle.abort_handle()),
            Inner::Modelled { thread, .. } => Abort::Modelled(*thread),
        })
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let at = Location::caller();
        match &mut self.0 {
            Inner::Real(handle) => {
                Pin::new(handle).poll(context).map_err(|error| JoinError(Error::Real(error)))
            }
            Inner::Modelled { task, turn, .. } => {
                let joined = task.as_mut().expect("a finished JoinHandle is not polled again");
                let ended = joined.poll_join(context, turn, at);
                if ended.is_ready() {
                    *task = None;
                }
                ended.map(|ended| match ended {
                    Ok(Some(output)) => Ok(output),
                    Ok(None) => Err(JoinError(Error::Cancelled)),
                    Err(payload) => Err(JoinError(Error::Panicked(payload))),
                })
            }
        }
    }
}

impl<T> Unpin for JoinHandle<T> {}

impl AbortHandle {
    /// As tokio's `abort`.
    #[track_caller]
    pub fn abort(&self) {
        match &self.0 {
            Abort::Real(handle) => handle.abort(),
            Abort::Modelled(thread) => world::task::abort(*thread, Location::caller()),
        }
    }

    /// As tokio's `is_finished`.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        match &self.0 {
            Abort::Real(handle) => handle.is_finished(),
            Abort::Modelled(thread) => world::spawn::is_finished(*thread, Location::caller()),
        }
    }
}

impl JoinError {
    /// As tokio's `is_panic`.
    pub fn is_panic(&self) -> bool {
        match &self.0 {
            Error::Real(error) => error.is_panic(),
            Error::Panicked(_) => true,
            Error::Cancelled => false,
        }
    }

    /// As tokio's `is_cancelled`.
    pub fn is_cancelled(&self) -> bool {
        match &self.0 {
            Error::Real(error) => error.is_cancelled(),
            Error::Panicked(_) => false,
            Error::Cancelled => true,
        }
    }

    /// As tokio's `into_panic`.
    ///
    /// # Panics
    ///
    /// If the task did not panic.
    #[track_caller]
    pub fn into_panic(self) -> Box<dyn Any + Send + 'static> {
        self.try_into_panic().expect("`JoinError` reason is not a panic.")
    }

    /// As tokio's `try_into_panic`.
    pub fn try_into_panic(self) -> Result<Box<dyn Any + Send + 'static>, Self> {
        match self.0 {
            Error::Real(error) => error.try_into_panic().map_err(|error| Self(Error::Real(error))),
            Error::Panicked(payload) => Ok(payload),
            Error::Cancelled => Err(self),
        }
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Error::Real(error) => error.fmt(f),
            Error::Panicked(payload) => write!(f, "task panicked: {}", world::panic::message(&**payload)),
            Error::Cancelled => f.write_str("task was cancelled"),
        }
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinError({self})")
    }
}

impl std::error::Error for JoinError {}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").finish_non_exhaustive()
    }
}
