//! `tokio::task_local!`: a value that a future sees in each of its polls, and nobody else.
//!
//! It is kept in a thread local of the facade's, so that a task of a model does not see what another has set
//! that is between two steps of a poll.

use crate::thread::LocalKey as ThreadKey;
use std::cell::RefCell;
use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

/// As tokio's own [`LocalKey`](::tokio::task::LocalKey).
pub struct LocalKey<T: 'static> {
    #[doc(hidden)]
    pub inner: ThreadKey<RefCell<Option<T>>>,
}

/// As tokio's own `AccessError`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccessError;

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("task-local value not set")
    }
}

impl Error for AccessError {}

/// As tokio's own [`task_local!`](::tokio::task_local).
#[doc(hidden)]
#[macro_export]
macro_rules! __raceproof_task_local {
    () => {};
    ($(#[$attr:meta])* $vis:vis static $name:ident: $type:ty; $($rest:tt)*) => {
        $crate::__raceproof_task_local!($(#[$attr])* $vis static $name: $type);
        $crate::__raceproof_task_local!($($rest)*);
    };
    ($(#[$attr:meta])* $vis:vis static $name:ident: $type:ty) => {
        $(#[$attr])*
        $vis static $name: $crate::tokio::task::LocalKey<$type> = {
            ::std::thread_local! {
                static REAL: ::std::cell::RefCell<Option<$type>> = const { ::std::cell::RefCell::new(None) };
            }
            $crate::tokio::task::LocalKey {
                inner: $crate::thread::LocalKey::__new(&REAL, || ::std::cell::RefCell::new(None)),
            }
        };
    };
}

impl<T: 'static> LocalKey<T> {
    /// As tokio's `scope`.
    pub fn scope<F>(&'static self, value: T, f: F) -> TaskLocalFuture<T, F>
    where
        F: Future,
    {
        TaskLocalFuture { local: self, slot: Some(value), future: Some(f) }
    }

    /// As tokio's `sync_scope`.
    ///
    /// # Panics
    ///
    /// Within `with` of the same key.
    #[track_caller]
    pub fn sync_scope<F, R>(&'static self, value: T, f: F) -> R
    where
        F: FnOnce() -> R,
    {
        let mut slot = Some(value);
        let _set = self.set(&mut slot).expect("a task-local is not set while it is borrowed");
        f()
    }

    /// As tokio's `with`.
    ///
    /// # Panics
    ///
    /// If it is not set.
    #[track_caller]
    pub fn with<F, R>(&'static self, f: F) -> R
    where
        F: FnOnce(&T) -> R,
    {
        self.try_with(f).expect("cannot access a task-local storage value without setting it first")
    }

    /// As tokio's `try_with`.
    pub fn try_with<F, R>(&'static self, f: F) -> Result<R, AccessError>
    where
        F: FnOnce(&T) -> R,
    {
        let tried = self.inner.try_with(|cell| cell.borrow().as_ref().map(f));
        tried.ok().flatten().ok_or(AccessError)
    }

    /// As tokio's `get`.
    ///
    /// # Panics
    ///
    /// If it is not set.
    #[track_caller]
    pub fn get(&'static self) -> T
    where
        T: Clone,
    {
        self.with(Clone::clone)
    }

    /// As tokio's `try_get`.
    pub fn try_get(&'static self) -> Result<T, AccessError>
    where
        T: Clone,
    {
        self.try_with(Clone::clone)
    }

    /// Sets it to what is in `slot` until what this returns is dropped, and then puts that back there.
    fn set<'a>(&'static self, slot: &'a mut Option<T>) -> Option<Set<'a, T>> {
        self.exchange(slot).then_some(Set { local: self, slot })
    }

    fn exchange(&'static self, slot: &mut Option<T>) -> bool {
        let exchanged = self.inner.try_with(|cell| {
            cell.try_borrow_mut().map(|mut value| std::mem::swap(&mut *value, slot)).is_ok()
        });
        exchanged == Ok(true)
    }
}

struct Set<'a, T: 'static> {
    local: &'static LocalKey<T>,
    slot: &'a mut Option<T>,
}

impl<T: 'static> Drop for Set<'_, T> {
    fn drop(&mut self) {
        self.local.exchange(self.slot);
    }
}

/// As tokio's own [`TaskLocalFuture`](::tokio::task::futures::TaskLocalFuture).
pub struct TaskLocalFuture<T: 'static, F> {
    local: &'static LocalKey<T>,
    slot: Option<T>,
    /// Pinned, and dropped where it is.
    future: Option<F>,
}

// Its value is never pinned.
impl<T, F: Unpin> Unpin for TaskLocalFuture<T, F> {}

impl<T: 'static, F> TaskLocalFuture<T, F> {
    /// As tokio's `take_value`.
    pub fn take_value(self: Pin<&mut Self>) -> Option<T> {
        // SAFETY: the future is not moved.
        unsafe { self.get_unchecked_mut() }.slot.take()
    }
}

impl<T: 'static, F: Future> Future for TaskLocalFuture<T, F> {
    type Output = F::Output;

    #[track_caller]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        // SAFETY: the future is pinned again below, and not moved.
        let Self { local, slot, future } = unsafe { self.get_unchecked_mut() };
        let _set = local.set(slot).expect("a task-local is not set while it is borrowed");
        let running = future.as_mut().expect("a task-local future is not polled after its end");
        // SAFETY: it is dropped in place, and never moved.
        let polled = unsafe { Pin::new_unchecked(running) }.poll(context);
        if polled.is_ready() {
            *future = None;
        }
        polled
    }
}

impl<T: 'static, F> Drop for TaskLocalFuture<T, F> {
    fn drop(&mut self) {
        // While it is set, if it can be.
        if self.future.is_some() {
            let _set = self.local.set(&mut self.slot);
            self.future = None;
        }
    }
}

impl<T: fmt::Debug, F> fmt::Debug for TaskLocalFuture<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskLocalFuture").field("value", &self.slot).finish_non_exhaustive()
    }
}

impl<T: 'static> fmt::Debug for LocalKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("LocalKey { .. }")
    }
}
