//! `tokio::task`: a task of a model is a thread of the search; those of a `LocalSet` share one.

mod error;
mod id;
mod join;
pub mod join_set;
mod local;
mod local_key;

pub use ::tokio::task::{Unconstrained, consume_budget, coop, unconstrained};
pub use error::JoinError;
pub use id::{Id, id, try_id};
pub use join::{AbortHandle, JoinHandle};
pub use join_set::JoinSet;
pub use local::{LocalEnterGuard, LocalSet, spawn_local};
pub use local_key::{AccessError, LocalKey};

use crate::world::{self, World, runtime};
use std::panic::Location;
use std::task::{Context, Poll};

/// As tokio's own `futures`: what has a name among the futures of this module.
pub mod futures {
    pub use super::local_key::TaskLocalFuture;
}

/// As tokio's own [`spawn`](::tokio::spawn). In a model it needs no runtime.
#[inline]
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    if world::is_real() {
        return JoinHandle::of_tokio(::tokio::spawn(future));
    }
    let at = Location::caller();
    JoinHandle::modelled(runtime::entered(), at, move || world::task::run_spawned(future, at))
}

/// As tokio's own [`spawn_blocking`](::tokio::task::spawn_blocking).
#[track_caller]
pub fn spawn_blocking<F, R>(f: F) -> JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    if world::is_real() {
        return JoinHandle::of_tokio(::tokio::task::spawn_blocking(f));
    }
    let at = Location::caller();
    JoinHandle::modelled(runtime::entered(), at, move || world::task::run_blocking(f, at))
}

/// As tokio's own [`block_in_place`](::tokio::task::block_in_place).
///
/// # Panics
///
/// As tokio's, where the runtime has one thread.
#[track_caller]
pub fn block_in_place<F, R>(f: F) -> R
where
    F: FnOnce() -> R,
{
    if world::is_real() {
        return ::tokio::task::block_in_place(f);
    }
    let has_one_thread = |place| runtime::build(place).has_one_thread;
    let alone = runtime::entered().is_some_and(has_one_thread) || local::is_entered();
    let message = "can call blocking only when running on the multi-threaded runtime";
    assert!(!(alone && world::task::is_polling()), "{message}");
    world::task::blocking(f)
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
