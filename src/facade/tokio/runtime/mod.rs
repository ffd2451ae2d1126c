//! `tokio::runtime`: in a model a runtime has as many workers as tasks, and ends its tasks when it is dropped.

mod builder;
mod handle;
mod id;
mod local;

pub use ::tokio::runtime::*;
pub use builder::Builder;
pub use handle::{EnterGuard, Handle};
pub use id::Id;
pub use local::LocalRuntime;

use super::task::JoinHandle;
use crate::world::execution::Place;
use crate::world::object::State;
use crate::world::operation::At;
use crate::world::runtime::{self, Build};
use crate::world::{self, Part, panic};
use std::fmt;
use std::io;
use std::panic::Location;
use std::time::Duration;

/// As tokio's own [`Runtime`](::tokio::runtime::Runtime).
pub struct Runtime {
    inner: Inner,
    handle: Handle,
}

enum Inner {
    Real(::tokio::runtime::Runtime),
    Modelled(Modelled),
}

/// A runtime of a model.
#[derive(Debug)]
struct Modelled {
    place: Place,
    made: At,
    /// It is shut down, or being so.
    shut: bool,
}

fn not_modelled(what: &str, at: At) -> ! {
    world::not_modelled(&format!("{what} ({at})"));
    panic::give_up()
}

impl Runtime {
    fn of_tokio(real: ::tokio::runtime::Runtime) -> Self {
        let handle = Handle::of_tokio(real.handle().clone());
        Self { inner: Inner::Real(real), handle }
    }

    fn modelled(build: Build, made: At) -> Self {
        let place = match &Part::<()>::new(made, "Runtime", || State::Nothing, || ()) {
            Part::Model(place) | Part::Loom(_, place) => *place,
            Part::Real(_) => unreachable!("it is made in a model"),
        };
        runtime::made(place, build);
        let handle = Handle::modelled(Some(place));
        Self { inner: Inner::Modelled(Modelled { place, made, shut: false }), handle }
    }

    pub(super) fn real(&self, at: At) -> &::tokio::runtime::Runtime {
        match &self.inner {
            Inner::Real(real) => real,
            Inner::Modelled(runtime) => world::stranger(runtime.made, at),
        }
    }

    /// As tokio's `new`.
    #[track_caller]
    pub fn new() -> io::Result<Self> {
        if world::is_real() {
            return ::tokio::runtime::Runtime::new().map(Self::of_tokio);
        }
        Ok(Self::modelled(Build::default(), Location::caller()))
    }

    /// As tokio's `handle`.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// As tokio's `spawn`.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.handle.spawn_at(future, Location::caller())
    }

    /// As tokio's `spawn_blocking`.
    #[track_caller]
    pub fn spawn_blocking<F, R>(&self, func: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.handle.spawn_blocking_at(func, Location::caller())
    }

    /// As tokio's `block_on`.
    ///
    /// # Panics
    ///
    /// In a task, whose thread it would block.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        match &self.inner {
            Inner::Real(real) if world::is_real() => real.block_on(future),
            _ => self.handle.block_on(future),
        }
    }

    /// As tokio's `enter`.
    #[track_caller]
    pub fn enter(&self) -> EnterGuard<'_> {
        self.handle.enter()
    }

    /// As tokio's `shutdown_timeout`. In a model it does not wait: what goes on meanwhile goes on behind it.
    #[track_caller]
    pub fn shutdown_timeout(self, duration: Duration) {
        match self.inner {
            Inner::Real(real) => {
                world::used_without_its_line(Location::caller());
                real.shutdown_timeout(duration);
            }
            Inner::Modelled(mut runtime) => runtime.shut_down(false),
        }
    }

    /// As tokio's `shutdown_background`.
    #[track_caller]
    pub fn shutdown_background(self) {
        match self.inner {
            Inner::Real(real) => {
                world::used_without_its_line(Location::caller());
                real.shutdown_background();
            }
            Inner::Modelled(mut runtime) => runtime.shut_down(false),
        }
    }

    /// As tokio's `metrics`, in the real world.
    #[track_caller]
    pub fn metrics(&self) -> RuntimeMetrics {
        self.handle.metrics()
    }
}

impl Modelled {
    fn shut_down(&mut self, waits: bool) {
        let of_now = world::execution::with(|e| e.made(self.place));
        if !std::mem::replace(&mut self.shut, true) && !world::is_real() && of_now {
            runtime::shut_down(self.place, waits, self.made);
        }
    }
}

impl Drop for Modelled {
    fn drop(&mut self) {
        if self.shut || world::is_real() {
            return;
        }
        let unwinds = std::thread::panicking();
        if !unwinds && world::task::is_polling() {
            self.shut = true;
            panic!("a runtime is dropped in a task, whose thread it would block");
        }
        // A thread that unwinds waits for nobody.
        self.shut_down(!unwinds);
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime").finish_non_exhaustive()
    }
}
