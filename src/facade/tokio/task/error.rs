//! How a task ended that has no output.

use super::Id;
use crate::world;
use std::any::Any;
use std::fmt;
use std::io;

/// As tokio's own [`JoinError`](::tokio::task::JoinError).
pub struct JoinError(Error);

enum Error {
    Real(::tokio::task::JoinError),
    Panicked(Id, Box<dyn Any + Send + 'static>),
    Cancelled(Id),
}

impl From<::tokio::task::JoinError> for JoinError {
    fn from(error: ::tokio::task::JoinError) -> Self {
        Self(Error::Real(error))
    }
}

impl JoinError {
    pub(super) fn panicked(id: Id, payload: Box<dyn Any + Send + 'static>) -> Self {
        Self(Error::Panicked(id, payload))
    }

    pub(super) fn cancelled(id: Id) -> Self {
        Self(Error::Cancelled(id))
    }

    /// As tokio's `is_panic`.
    pub fn is_panic(&self) -> bool {
        match &self.0 {
            Error::Real(error) => error.is_panic(),
            Error::Panicked(..) => true,
            Error::Cancelled(_) => false,
        }
    }

    /// As tokio's `is_cancelled`.
    pub fn is_cancelled(&self) -> bool {
        match &self.0 {
            Error::Real(error) => error.is_cancelled(),
            Error::Panicked(..) => false,
            Error::Cancelled(_) => true,
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
            Error::Real(error) => error.try_into_panic().map_err(Self::from),
            Error::Panicked(_, payload) => Ok(payload),
            Error::Cancelled(_) => Err(self),
        }
    }

    /// As tokio's `id`.
    pub fn id(&self) -> Id {
        match &self.0 {
            Error::Real(error) => Id::of_tokio(error.id()),
            Error::Panicked(id, _) | Error::Cancelled(id) => *id,
        }
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Error::Real(error) => error.fmt(f),
            Error::Panicked(id, payload) => {
                write!(f, "task {id} panicked with message {:?}", world::panic::message(&**payload))
            }
            Error::Cancelled(id) => write!(f, "task {id} was cancelled"),
        }
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Error::Real(error) => error.fmt(f),
            _ => write!(f, "JoinError({self})"),
        }
    }
}

impl std::error::Error for JoinError {}

impl From<JoinError> for io::Error {
    fn from(error: JoinError) -> Self {
        match error.0 {
            Error::Real(error) => error.into(),
            Error::Panicked(..) => Self::other("task panicked"),
            Error::Cancelled(_) => Self::other("task was cancelled"),
        }
    }
}
