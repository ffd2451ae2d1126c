//! `tokio::task`: a task of a model is a thread of the search.

use crate::world::{self, spawn::Spawned};
use std::any::Any;
use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

/// As tokio's own [`JoinHandle`](::tokio::task::JoinHandle).
pub struct JoinHandle<T>(Inner<T>);

enum Inner<T> {
    Real(::tokio::task::JoinHandle<T>),
    Modelled { task: Option<Spawned<T>>, turn: world::task::Turn },
}

/// As tokio's own [`JoinError`](::tokio::task::JoinError).
pub struct JoinError(Error);

enum Error {
    Real(::tokio::task::JoinError),
    Panicked(Box<dyn Any + Send + 'static>),
}

/// As tokio's own [`spawn`](::tokio::spawn). In a model it needs no runtime.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    JoinHandle(if world::is_real() {
        Inner::Real(::tokio::spawn(future))
    } else {
        let task = world::spawn::spawn(None, Location::caller(), || world::task::block_on(future));
        Inner::Modelled { task: Some(task), turn: world::task::Turn::default() }
    })
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
            Inner::Modelled { task, turn } => turn.poll(at).map(|()| {
                let task = task.take().expect("a finished JoinHandle is not polled again");
                task.join(at).map_err(|payload| JoinError(Error::Panicked(payload)))
            }),
        }
    }
}

impl<T> Unpin for JoinHandle<T> {}

impl JoinError {
    /// As tokio's `is_panic`.
    pub fn is_panic(&self) -> bool {
        match &self.0 {
            Error::Real(error) => error.is_panic(),
            Error::Panicked(_) => true,
        }
    }

    /// As tokio's `is_cancelled`.
    pub fn is_cancelled(&self) -> bool {
        matches!(&self.0, Error::Real(error) if error.is_cancelled())
    }

    /// As tokio's `into_panic`.
    ///
    /// # Panics
    ///
    /// If the task did not panic.
    pub fn into_panic(self) -> Box<dyn Any + Send + 'static> {
        match self.0 {
            Error::Real(error) => error.into_panic(),
            Error::Panicked(payload) => payload,
        }
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Error::Real(error) => error.fmt(f),
            Error::Panicked(payload) => write!(f, "task panicked: {}", world::panic::message(&**payload)),
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
