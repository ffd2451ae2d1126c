//! Threads that borrow: `scope`.

use super::modelled::{Builder, Thread};
use crate::world::operation::{At, ThreadId};
use crate::world::{self, World, spawn::Spawned};
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::thread::Result;

thread_local! {
    /// The threads of the scopes of a model that are not left yet, by the address of the scope.
    static SCOPES: RefCell<HashMap<usize, Vec<ThreadId>>> = RefCell::new(HashMap::new());
}

/// As [`std::thread::Scope`].
// Std's own in every world, so that its lifetimes are; in a model it has no threads of std's.
#[repr(transparent)]
#[derive(Debug)]
pub struct Scope<'scope, 'env: 'scope>(std::thread::Scope<'scope, 'env>);

/// As [`std::thread::ScopedJoinHandle`].
pub struct ScopedJoinHandle<'scope, T> {
    inner: Inner<'scope, T>,
    thread: Thread,
}

enum Inner<'scope, T> {
    Real(std::thread::ScopedJoinHandle<'scope, T>),
    Modelled(Spawned<T>, PhantomData<&'scope ()>),
}

/// As [`std::thread::scope`]. Loom's world has none.
///
/// ```
/// let mut numbers = vec![1, 2];
/// raceproof::thread::scope(|scope| {
///     for number in &mut numbers {
///         scope.spawn(move || *number += 1);
///     }
/// });
/// assert_eq!(numbers, [2, 3]);
/// ```
///
/// # Panics
///
/// As std's, if one of its threads did and nobody joined it.
#[track_caller]
pub fn scope<'env, F, T>(f: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    let at = Location::caller();
    std::thread::scope(|scope| {
        let address = std::ptr::from_ref(scope);
        // SAFETY: `Scope` is std's, transparently.
        let scope = unsafe { &*address.cast::<Scope<'_, 'env>>() };
        match world::current() {
            World::Real => f(scope),
            World::Loom => {
                world::not_in_loom("scope", at);
                f(scope)
            }
            World::Model => in_model(address.addr(), scope, f, at),
        }
    })
}

fn in_model<S, T>(address: usize, scope: S, f: impl FnOnce(S) -> T, at: At) -> T {
    if std::thread::panicking() {
        eprintln!("raceproof: a destructor opens a scope of threads at {at} while a panic unwinds");
        std::process::abort();
    }
    SCOPES.with_borrow_mut(|scopes| scopes.insert(address, Vec::new()));
    let result = catch_unwind(AssertUnwindSafe(|| f(scope)));
    // A thread may start another one of the same scope until all have ended.
    let next = || SCOPES.with_borrow_mut(|scopes| scopes.get_mut(&address).and_then(Vec::pop));
    let panicked = world::spawn::join_scoped(next, at);
    SCOPES.with_borrow_mut(|scopes| scopes.remove(&address));
    if world::execution::with(|e| e.is_over()) {
        world::panic::give_up();
    }
    match result {
        Err(payload) => resume_unwind(payload),
        Ok(_) if panicked => panic!("a scoped thread panicked"),
        Ok(result) => result,
    }
}

impl<'scope> Scope<'scope, '_> {
    /// As [`std::thread::Scope::spawn`].
    ///
    /// # Panics
    ///
    /// As std's, if the operating system refuses a thread.
    #[track_caller]
    pub fn spawn<F, T>(&'scope self, f: F) -> ScopedJoinHandle<'scope, T>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        self.spawn_by(Builder::new(), f, Location::caller()).expect("failed to spawn thread")
    }

    pub(super) fn spawn_by<F, T>(
        &'scope self,
        builder: Builder,
        f: F,
        at: At,
    ) -> io::Result<ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        if world::current() != World::Model {
            return builder.of_std().spawn_scoped(&self.0, f).map(|handle| {
                let thread = Thread::of_std(handle.thread().clone());
                ScopedJoinHandle { inner: Inner::Real(handle), thread }
            });
        }
        let name = builder.checked_name();
        // SAFETY: `in_model` does not leave the scope before the thread has ended.
        let spawned = unsafe { world::spawn::spawn_unchecked(name.clone(), at, f) };
        let (id, address) = (spawned.whom.thread, std::ptr::from_ref(&self.0).addr());
        SCOPES.with_borrow_mut(|scopes| scopes.entry(address).or_default().push(id));
        let thread = Thread::of_model(spawned.whom.clone(), name);
        Ok(ScopedJoinHandle { inner: Inner::Modelled(spawned, PhantomData), thread })
    }
}

impl<T> ScopedJoinHandle<'_, T> {
    /// As [`std::thread::ScopedJoinHandle::join`].
    #[track_caller]
    pub fn join(self) -> Result<T> {
        match self.inner {
            Inner::Real(handle) => handle.join(),
            Inner::Modelled(spawned, _) => spawned.join(Location::caller()),
        }
    }

    /// As [`std::thread::ScopedJoinHandle::is_finished`].
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        match &self.inner {
            Inner::Real(handle) => handle.is_finished(),
            Inner::Modelled(spawned, _) => spawned.is_finished(Location::caller()),
        }
    }

    /// As [`std::thread::ScopedJoinHandle::thread`].
    pub fn thread(&self) -> &Thread {
        &self.thread
    }
}

impl<T> fmt::Debug for ScopedJoinHandle<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedJoinHandle").finish_non_exhaustive()
    }
}
