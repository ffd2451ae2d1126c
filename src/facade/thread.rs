//! `std::thread`.

#[cfg(feature = "model")]
pub use modelled::{JoinHandle, spawn, yield_now};
#[cfg(not(feature = "model"))]
pub use std::thread::{JoinHandle, spawn, yield_now};
pub use std::thread::{Result, panicking};

#[cfg(feature = "model")]
mod modelled {
    use crate::world::{self, object::State, operation::Kind, spawn::Spawned};
    use std::fmt;
    use std::panic::Location;
    use std::thread::Result;

    /// As [`std::thread::JoinHandle`].
    pub struct JoinHandle<T>(Inner<T>);

    enum Inner<T> {
        Real(std::thread::JoinHandle<T>),
        Modelled(Spawned<T>),
    }

    /// As [`std::thread::spawn`].
    ///
    /// ```
    /// let answer = raceproof::thread::spawn(|| 42);
    /// assert_eq!(answer.join().unwrap(), 42);
    /// ```
    #[track_caller]
    pub fn spawn<F, T>(f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        JoinHandle(if world::is_real() {
            Inner::Real(std::thread::spawn(f))
        } else {
            Inner::Modelled(world::spawn::spawn(None, Location::caller(), f))
        })
    }

    impl<T> JoinHandle<T> {
        /// As [`std::thread::JoinHandle::join`].
        #[track_caller]
        pub fn join(self) -> Result<T> {
            match self.0 {
                Inner::Real(handle) => handle.join(),
                Inner::Modelled(spawned) => spawned.join(Location::caller()),
            }
        }

        /// As [`std::thread::JoinHandle::is_finished`].
        #[track_caller]
        pub fn is_finished(&self) -> bool {
            match &self.0 {
                Inner::Real(handle) => handle.is_finished(),
                Inner::Modelled(spawned) => spawned.is_finished(Location::caller()),
            }
        }
    }

    impl<T> fmt::Debug for JoinHandle<T> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("JoinHandle").finish_non_exhaustive()
        }
    }

    /// As [`std::thread::yield_now`]. In a model, the other threads go first: a loop that yields comes
    /// round again when one of them has made a step.
    #[track_caller]
    pub fn yield_now() {
        match world::current() {
            world::World::Real => std::thread::yield_now(),
            world::World::Loom => loom::thread::yield_now(),
            world::World::Model => {
                let part = world::Part::new(Location::caller(), "yield", || State::Nothing, || ());
                world::step(&part, Kind::Yield, Location::caller(), |()| ());
            }
        }
    }
}
