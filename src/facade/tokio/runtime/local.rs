//! A runtime of one thread, on which tasks may be spawned that are not `Send`.
//!
//! In a model it is a runtime with a `LocalSet`, which whoever blocks on it polls.

use super::super::task::{JoinHandle, LocalSet};
use super::handle::Handle;
use super::{Builder, EnterGuard, Runtime, RuntimeMetrics};
use crate::world::{self, operation::At, runtime::Build};
use std::fmt;
use std::io;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::time::Duration;

/// As tokio's own [`LocalRuntime`](::tokio::runtime::LocalRuntime).
pub struct LocalRuntime {
    inner: Inner,
    handle: Handle,
    made: At,
}

enum Inner {
    Real(::tokio::runtime::LocalRuntime),
    Modelled(Modelled),
}

/// One of a model. Its set is dropped first, and its tasks with that.
struct Modelled {
    set: LocalSet,
    runtime: Runtime,
}

impl LocalRuntime {
    #[track_caller]
    pub(super) fn of_tokio(real: ::tokio::runtime::LocalRuntime) -> Self {
        let handle = Handle::of_tokio(real.handle().clone());
        Self { inner: Inner::Real(real), handle, made: Location::caller() }
    }

    #[track_caller]
    pub(super) fn modelled(build: Build, made: At) -> Self {
        let (runtime, set) = (Runtime::modelled(build, made), LocalSet::new());
        let handle = runtime.handle().clone();
        Self { inner: Inner::Modelled(Modelled { set, runtime }), handle, made }
    }

    fn real(&self, at: At) -> &::tokio::runtime::LocalRuntime {
        match &self.inner {
            Inner::Real(real) => real,
            Inner::Modelled(_) => world::stranger(self.made, at),
        }
    }

    fn of_model(&self, at: At) -> &Modelled {
        match &self.inner {
            Inner::Modelled(modelled) => modelled,
            Inner::Real(_) => world::stranger(self.made, at),
        }
    }

    /// As tokio's `new`.
    #[track_caller]
    pub fn new() -> io::Result<Self> {
        Builder::new_current_thread().enable_all().build_local(super::LocalOptions::default())
    }

    /// As tokio's `handle`.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// As tokio's `spawn_local`.
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let at = Location::caller();
        if world::is_real() {
            return JoinHandle::of_tokio(self.real(at).spawn_local(future));
        }
        self.of_model(at).set.spawn_local(future)
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
        let at = Location::caller();
        if world::is_real() {
            return self.real(at).block_on(future);
        }
        let Modelled { set, runtime } = self.of_model(at);
        set.block_on(runtime, future)
    }

    /// As tokio's `enter`.
    #[track_caller]
    pub fn enter(&self) -> EnterGuard<'_> {
        let at = Location::caller();
        if world::is_real() {
            return EnterGuard::of_tokio(self.real(at).enter());
        }
        let Modelled { set, runtime } = self.of_model(at);
        runtime.enter().with(set.enter())
    }

    /// As tokio's `shutdown_timeout`. In a model it does not wait.
    #[track_caller]
    pub fn shutdown_timeout(self, duration: Duration) {
        match self.inner {
            Inner::Real(real) => real.shutdown_timeout(duration),
            Inner::Modelled(Modelled { set, runtime }) => {
                drop(set);
                runtime.shutdown_timeout(duration);
            }
        }
    }

    /// As tokio's `shutdown_background`.
    #[track_caller]
    pub fn shutdown_background(self) {
        self.shutdown_timeout(Duration::ZERO);
    }

    /// As tokio's `metrics`, in the real world.
    #[track_caller]
    pub fn metrics(&self) -> RuntimeMetrics {
        self.handle.metrics()
    }
}

impl UnwindSafe for LocalRuntime {}
impl RefUnwindSafe for LocalRuntime {}

impl fmt::Debug for LocalRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalRuntime").finish_non_exhaustive()
    }
}
