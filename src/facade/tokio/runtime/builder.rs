//! How a runtime is made.

use super::{LocalOptions, LocalRuntime, Runtime, not_modelled};
use crate::world::{self, runtime::Build};
use std::fmt;
use std::io;
use std::panic::Location;
use std::time::Duration;

/// As tokio's own [`Builder`](::tokio::runtime::Builder). A model knows no difference between what it can build.
pub struct Builder {
    real: ::tokio::runtime::Builder,
    build: Build,
}

macro_rules! settings {
    ($($name:ident($($value:ident: $type:ty),*))*) => {$(
        #[doc = concat!("As tokio's `", stringify!($name), "`.")]
        pub fn $name(&mut self, $($value: $type),*) -> &mut Self {
            self.real.$name($($value),*);
            self
        }
    )*};
}

/// What is called on a runtime's threads, of which a model has none.
macro_rules! callbacks {
    ($($name:ident)*) => {$(
        #[doc = concat!("As tokio's `", stringify!($name), "`, in the real world.")]
        #[track_caller]
        pub fn $name(&mut self, f: impl Fn() + Send + Sync + 'static) -> &mut Self {
            if !world::is_real() {
                not_modelled(concat!("Builder::", stringify!($name)), Location::caller());
            }
            self.real.$name(f);
            self
        }
    )*};
}

impl Builder {
    callbacks! { on_thread_start on_thread_stop on_thread_park on_thread_unpark }

    /// As tokio's `new_current_thread`. In a model its tasks run side by side all the same.
    pub fn new_current_thread() -> Self {
        let build = Build { name: None, has_one_thread: true };
        Self { real: ::tokio::runtime::Builder::new_current_thread(), build }
    }

    /// As tokio's `new_multi_thread`.
    pub fn new_multi_thread() -> Self {
        Self { real: ::tokio::runtime::Builder::new_multi_thread(), build: Build::default() }
    }

    settings! {
        enable_all()
        enable_time()
        worker_threads(threads: usize)
        max_blocking_threads(threads: usize)
        thread_name(name: impl Into<String>)
        thread_name_fn(name: impl Fn() -> String + Send + Sync + 'static)
        thread_stack_size(bytes: usize)
        thread_keep_alive(duration: Duration)
        global_queue_interval(interval: u32)
        event_interval(interval: u32)
    }

    /// As tokio's `name`.
    ///
    /// # Panics
    ///
    /// If the name is empty.
    #[track_caller]
    pub fn name(&mut self, val: impl Into<String>) -> &mut Self {
        let name = val.into();
        self.real.name(name.as_str());
        self.build.name = Some(name.into());
        self
    }

    /// As tokio's `enable_io`, and `enable_time` with it.
    pub fn enable_io(&mut self) -> &mut Self {
        self.enable_all()
    }

    /// As tokio's `start_paused`.
    #[cfg(feature = "tokio-test-util")]
    pub fn start_paused(&mut self, paused: bool) -> &mut Self {
        self.real.start_paused(paused);
        self
    }

    /// As tokio's `build`.
    #[track_caller]
    pub fn build(&mut self) -> io::Result<Runtime> {
        if world::is_real() {
            return self.real.build().map(Runtime::of_tokio);
        }
        Ok(Runtime::modelled(self.build.clone(), Location::caller()))
    }

    /// As tokio's `build_local`.
    ///
    /// # Panics
    ///
    /// As tokio's in the real world, if it was made by `new_multi_thread`.
    #[track_caller]
    pub fn build_local(&mut self, options: LocalOptions) -> io::Result<LocalRuntime> {
        if world::is_real() {
            return self.real.build_local(options).map(LocalRuntime::of_tokio);
        }
        Ok(LocalRuntime::modelled(self.build.clone(), Location::caller()))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.real.fmt(f)
    }
}
