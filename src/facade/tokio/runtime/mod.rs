//! `tokio::runtime`: in a model a runtime has as many workers as tasks, and ends its tasks when it is dropped.

mod builder;

pub use ::tokio::runtime::*;
pub use builder::Builder;

use super::task::JoinHandle;
use crate::world::execution::Place;
use crate::world::object::State;
use crate::world::operation::At;
use crate::world::spawn::Whom;
use crate::world::{self, Part, World, panic, runtime};
use std::fmt;
use std::io;
use std::marker::PhantomData;
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

/// As tokio's own [`Handle`](::tokio::runtime::Handle).
#[derive(Clone, Debug)]
pub struct Handle(Who);

#[derive(Clone, Debug)]
enum Who {
    Real(::tokio::runtime::Handle),
    /// None where tasks run in a model that has made no runtime.
    Modelled(Option<Place>, Whom),
}

/// As tokio's own [`EnterGuard`](::tokio::runtime::EnterGuard).
#[must_use = "Creating and dropping a guard does nothing"]
pub struct EnterGuard<'a> {
    _real: Option<::tokio::runtime::EnterGuard<'a>>,
    _modelled: Option<Entered>,
}

/// Is in the context of a runtime until it is dropped, on this thread.
struct Entered(Option<Place>, PhantomData<*const ()>);

impl Entered {
    fn new(runtime: Option<Place>) -> Self {
        Self(runtime::enter(runtime), PhantomData)
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        if !world::is_real() {
            runtime::enter(self.0);
        }
    }
}

fn not_modelled(what: &str, at: At) -> ! {
    world::not_modelled(&format!("{what} ({at})"));
    panic::give_up()
}

impl Runtime {
    fn of_tokio(real: ::tokio::runtime::Runtime) -> Self {
        let handle = Handle(Who::Real(real.handle().clone()));
        Self { inner: Inner::Real(real), handle }
    }

    fn modelled(made: At) -> Self {
        let place = match &Part::<()>::new(made, "Runtime", || State::Nothing, || ()) {
            Part::Model(place) | Part::Loom(_, place) => *place,
            Part::Real(_) => unreachable!("it is made in a model"),
        };
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
        Ok(Self::modelled(Location::caller()))
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
    pub fn shutdown_timeout(self, duration: Duration) {
        match self.inner {
            Inner::Real(real) => real.shutdown_timeout(duration),
            Inner::Modelled(mut runtime) => runtime.shut_down(false),
        }
    }

    /// As tokio's `shutdown_background`.
    pub fn shutdown_background(self) {
        match self.inner {
            Inner::Real(real) => real.shutdown_background(),
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

impl Handle {
    /// As tokio's `current`. In a model it needs no runtime.
    ///
    /// # Panics
    ///
    /// In the real world, outside of runtimes.
    #[track_caller]
    pub fn current() -> Self {
        if world::is_real() {
            return Self(Who::Real(::tokio::runtime::Handle::current()));
        }
        Self::modelled(runtime::entered())
    }

    /// As tokio's `try_current`.
    pub fn try_current() -> Result<Self, TryCurrentError> {
        if world::is_real() {
            return ::tokio::runtime::Handle::try_current().map(|handle| Self(Who::Real(handle)));
        }
        Ok(Self::modelled(runtime::entered()))
    }

    /// One that a thread of a model asks for.
    fn modelled(runtime: Option<Place>) -> Self {
        Self(Who::Modelled(runtime, Whom::of(world::current_thread())))
    }

    pub(super) fn real(&self, at: At) -> &::tokio::runtime::Handle {
        match &self.0 {
            Who::Real(handle) if world::is_real() => handle,
            Who::Modelled(_, whom) if whom.is_elsewhere(at) => panic::give_up(),
            _ => world::stranger(at, at),
        }
    }

    /// There, nothing says whether a runtime goes before or behind what is spawned on it.
    fn not_in_loom(&self, at: At) {
        if world::current() == World::Loom && matches!(self.0, Who::Modelled(Some(_), _)) {
            world::not_in_loom("a task that is spawned through a runtime's handle", at);
        }
    }

    /// The runtime of a model, for a task that it is handed.
    pub(super) fn place(&self, at: At) -> Option<Place> {
        self.not_in_loom(at);
        self.mine(at)
    }

    fn mine(&self, at: At) -> Option<Place> {
        let Who::Modelled(place, _) = &self.0 else { world::stranger(at, at) };
        if place.is_some_and(|place| world::execution::with(|e| !e.made(place))) {
            world::stranger(at, at);
        }
        *place
    }

    /// As tokio's `spawn`.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let at = Location::caller();
        self.not_in_loom(at);
        self.spawn_at(future, at)
    }

    fn spawn_at<F>(&self, future: F, at: At) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        if world::is_real() {
            return JoinHandle::of_tokio(self.real(at).spawn(future));
        }
        JoinHandle::modelled(self.mine(at), at, move || world::task::run_spawned(future, at))
    }

    /// As tokio's `spawn_blocking`.
    #[track_caller]
    pub fn spawn_blocking<F, R>(&self, func: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        let at = Location::caller();
        self.not_in_loom(at);
        self.spawn_blocking_at(func, at)
    }

    fn spawn_blocking_at<F, R>(&self, func: F, at: At) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        if world::is_real() {
            return JoinHandle::of_tokio(self.real(at).spawn_blocking(func));
        }
        JoinHandle::modelled(self.mine(at), at, move || world::task::run_blocking(func, at))
    }

    /// As tokio's `block_on`.
    ///
    /// # Panics
    ///
    /// In a task, whose thread it would block.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        if world::is_real() {
            return self.real(Location::caller()).block_on(future);
        }
        let Who::Modelled(place, _) = &self.0 else {
            world::stranger(Location::caller(), Location::caller())
        };
        assert!(!world::task::is_polling(), "a runtime blocks a thread that polls a task");
        let _entered = Entered::new(*place);
        world::task::block_on(future)
    }

    /// As tokio's `enter`.
    #[track_caller]
    pub fn enter(&self) -> EnterGuard<'_> {
        match &self.0 {
            Who::Real(handle) if world::is_real() => {
                EnterGuard { _real: Some(handle.enter()), _modelled: None }
            }
            Who::Real(_) => world::stranger(Location::caller(), Location::caller()),
            Who::Modelled(_, whom) if whom.is_elsewhere(Location::caller()) => panic::give_up(),
            Who::Modelled(place, _) => EnterGuard { _real: None, _modelled: Some(Entered::new(*place)) },
        }
    }

    /// As tokio's `runtime_flavor`. In a model it is of many threads.
    pub fn runtime_flavor(&self) -> RuntimeFlavor {
        match &self.0 {
            Who::Real(handle) => handle.runtime_flavor(),
            Who::Modelled(..) => RuntimeFlavor::MultiThread,
        }
    }

    /// As tokio's `metrics`, in the real world.
    #[track_caller]
    pub fn metrics(&self) -> RuntimeMetrics {
        match &self.0 {
            Who::Real(handle) => handle.metrics(),
            Who::Modelled(..) => not_modelled("a runtime's metrics", Location::caller()),
        }
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime").finish_non_exhaustive()
    }
}

impl fmt::Debug for EnterGuard<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnterGuard").finish_non_exhaustive()
    }
}
