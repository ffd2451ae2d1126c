//! A runtime, as those know it who spawn on it.

use super::super::task::{JoinHandle, LocalEnterGuard};
use super::{Id, RuntimeFlavor, RuntimeMetrics, TryCurrentError, not_modelled};
use crate::world::execution::Place;
use crate::world::operation::At;
use crate::world::runtime::{self, Build};
use crate::world::spawn::Whom;
use crate::world::{self, World, panic};
use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;

/// As tokio's own [`Handle`](::tokio::runtime::Handle).
#[derive(Clone, Debug)]
pub struct Handle(Who);

#[derive(Clone, Debug)]
enum Who {
    Real(::tokio::runtime::Handle),
    Modelled(Modelled),
}

/// One that a thread of a model has asked for.
#[derive(Clone, Debug)]
struct Modelled {
    /// None where tasks run in a model that has made no runtime.
    place: Option<Place>,
    whom: Whom,
    build: Build,
}

/// As tokio's own [`EnterGuard`](::tokio::runtime::EnterGuard).
#[must_use = "Creating and dropping a guard does nothing"]
pub struct EnterGuard<'a> {
    _real: Option<::tokio::runtime::EnterGuard<'a>>,
    _modelled: Option<Entered>,
    /// Of a `LocalRuntime` of a model.
    _set: Option<LocalEnterGuard>,
}

impl<'a> EnterGuard<'a> {
    pub(super) fn of_tokio(real: ::tokio::runtime::EnterGuard<'a>) -> Self {
        Self { _real: Some(real), _modelled: None, _set: None }
    }

    fn modelled(runtime: Option<Place>) -> Self {
        Self { _real: None, _modelled: Some(Entered::new(runtime)), _set: None }
    }

    /// And of that set.
    pub(super) fn with(self, set: LocalEnterGuard) -> Self {
        Self { _set: Some(set), ..self }
    }
}

/// Is in the context of a runtime until it is dropped, on this thread.
struct Entered {
    runtime: Option<Place>,
    before: Option<Place>,
    _not_send: PhantomData<*const ()>,
}

impl Entered {
    fn new(runtime: Option<Place>) -> Self {
        Self { runtime, before: runtime::enter(runtime), _not_send: PhantomData }
    }
}

impl Drop for Entered {
    /// As tokio's, it panics behind one that was entered later and is not left yet.
    fn drop(&mut self) {
        if world::is_real() {
            return;
        }
        let is_last = runtime::entered().map(|place| place.id) == self.runtime.map(|place| place.id);
        assert!(is_last || std::thread::panicking(), "`EnterGuard` values dropped out of order");
        runtime::enter(self.before);
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

    pub(super) fn of_tokio(handle: ::tokio::runtime::Handle) -> Self {
        Self(Who::Real(handle))
    }

    /// One that a thread of a model asks for.
    pub(super) fn modelled(place: Option<Place>) -> Self {
        let (whom, build) = (Whom::of(world::current_thread()), place.map(runtime::build));
        Self(Who::Modelled(Modelled { place, whom, build: build.unwrap_or_default() }))
    }

    pub(in super::super) fn real(&self, at: At) -> &::tokio::runtime::Handle {
        match &self.0 {
            Who::Real(handle) if world::is_real() => handle,
            Who::Modelled(Modelled { whom, .. }) if whom.is_elsewhere(at) => panic::give_up(),
            _ => world::stranger(at, at),
        }
    }

    /// There, nothing says whether a runtime goes before or behind what is spawned on it.
    fn not_in_loom(&self, at: At) {
        if world::current() == World::Loom && matches!(self.0, Who::Modelled(Modelled { place: Some(_), .. }))
        {
            world::not_in_loom("a task that is spawned through a runtime's handle", at);
        }
    }

    /// The runtime of a model, for a task that it is handed.
    pub(in super::super) fn place(&self, at: At) -> Option<Place> {
        self.not_in_loom(at);
        self.mine(at)
    }

    fn mine(&self, at: At) -> Option<Place> {
        let Who::Modelled(Modelled { place, .. }) = &self.0 else { world::stranger(at, at) };
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

    pub(super) fn spawn_at<F>(&self, future: F, at: At) -> JoinHandle<F::Output>
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

    pub(super) fn spawn_blocking_at<F, R>(&self, func: F, at: At) -> JoinHandle<R>
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
        let Who::Modelled(Modelled { place, .. }) = &self.0 else {
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
            Who::Real(handle) if world::is_real() => EnterGuard::of_tokio(handle.enter()),
            Who::Real(_) => world::stranger(Location::caller(), Location::caller()),
            Who::Modelled(Modelled { whom, .. }) if whom.is_elsewhere(Location::caller()) => panic::give_up(),
            Who::Modelled(Modelled { place, .. }) => EnterGuard::modelled(*place),
        }
    }

    /// As tokio's `runtime_flavor`. Tasks of a model that has made no runtime are as on many threads.
    pub fn runtime_flavor(&self) -> RuntimeFlavor {
        match &self.0 {
            Who::Real(handle) => handle.runtime_flavor(),
            Who::Modelled(Modelled { build, .. }) if build.has_one_thread => RuntimeFlavor::CurrentThread,
            Who::Modelled(_) => RuntimeFlavor::MultiThread,
        }
    }

    /// As tokio's `id`.
    pub fn id(&self) -> Id {
        match &self.0 {
            Who::Real(handle) => Id::of_tokio(handle.id()),
            Who::Modelled(Modelled { place, .. }) => Id::of_model(place.map_or(0, |place| place.id.number())),
        }
    }

    /// As tokio's `name`.
    pub fn name(&self) -> Option<&str> {
        match &self.0 {
            Who::Real(handle) => handle.name(),
            Who::Modelled(Modelled { build, .. }) => build.name.as_deref(),
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

impl fmt::Debug for EnterGuard<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnterGuard").finish_non_exhaustive()
    }
}
