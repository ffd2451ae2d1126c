//! Threads in every world.

use super::scope::{Scope, ScopedJoinHandle};
use crate::world::spawn::{Spawned, Whom};
use crate::world::{self, World, object::State, operation::Kind};
use std::fmt;
use std::io;
use std::num::NonZero;
use std::panic::Location;
use std::thread::Result;
use std::time::Duration;

/// As [`std::thread::JoinHandle`].
pub struct JoinHandle<T> {
    inner: Inner<T>,
    thread: Thread,
}

enum Inner<T> {
    Real(std::thread::JoinHandle<T>),
    Modelled(Spawned<T>),
}

/// As [`std::thread::Thread`].
#[derive(Clone)]
pub struct Thread(Who);

#[derive(Clone)]
enum Who {
    Real(std::thread::Thread),
    Modelled(Whom, Option<String>),
}

/// As [`std::thread::ThreadId`]. In a model, the same thread has the same in every execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ThreadId(Id);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Id {
    Real(std::thread::ThreadId),
    Modelled(u16),
}

/// As [`std::thread::Builder`].
#[derive(Debug, Default)]
#[must_use = "must eventually spawn the thread"]
pub struct Builder {
    name: Option<String>,
    stack_size: Option<usize>,
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
    if world::is_real() {
        return JoinHandle::of_std(std::thread::spawn(f));
    }
    JoinHandle::of_model(world::spawn::spawn(None, Location::caller(), f), None)
}

impl Builder {
    /// As [`std::thread::Builder::new`].
    pub fn new() -> Self {
        Self::default()
    }

    /// As [`std::thread::Builder::name`].
    pub fn name(mut self, name: String) -> Self {
        self.name = Some(name);
        self
    }

    /// As [`std::thread::Builder::stack_size`]. A model gives all threads the same.
    pub fn stack_size(mut self, size: usize) -> Self {
        self.stack_size = Some(size);
        self
    }

    /// As [`std::thread::Builder::spawn`].
    ///
    /// # Panics
    ///
    /// As std's, if the name has a zero byte.
    #[track_caller]
    pub fn spawn<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        if world::is_real() {
            return self.of_std().spawn(f).map(JoinHandle::of_std);
        }
        let name = self.checked_name();
        Ok(JoinHandle::of_model(world::spawn::spawn(name.clone(), Location::caller(), f), name))
    }

    /// As [`std::thread::Builder::spawn_unchecked`].
    ///
    /// # Safety
    ///
    /// As std's: the thread must have ended before what it borrows goes.
    ///
    /// # Panics
    ///
    /// As std's, if the name has a zero byte.
    #[track_caller]
    pub unsafe fn spawn_unchecked<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send,
        T: Send,
    {
        if world::is_real() {
            // SAFETY: the caller promises what std asks for.
            return unsafe { self.of_std().spawn_unchecked(f) }.map(JoinHandle::of_std);
        }
        let name = self.checked_name();
        // SAFETY: the caller promises it.
        let spawned = unsafe { world::spawn::spawn_unchecked(name.clone(), Location::caller(), f) };
        Ok(JoinHandle::of_model(spawned, name))
    }

    /// As [`std::thread::Builder::spawn_scoped`].
    ///
    /// # Panics
    ///
    /// As std's, if the name has a zero byte.
    #[track_caller]
    pub fn spawn_scoped<'scope, F, T>(
        self,
        scope: &'scope Scope<'scope, '_>,
        f: F,
    ) -> io::Result<ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        scope.spawn_by(self, f, Location::caller())
    }

    pub(super) fn of_std(self) -> std::thread::Builder {
        let mut builder = std::thread::Builder::new();
        if let Some(name) = self.name {
            builder = builder.name(name);
        }
        if let Some(size) = self.stack_size {
            builder = builder.stack_size(size);
        }
        builder
    }

    pub(super) fn checked_name(self) -> Option<String> {
        let has_zero = self.name.as_ref().is_some_and(|name| name.contains('\0'));
        assert!(!has_zero, "thread name may not contain interior null bytes");
        self.name
    }
}

impl<T> JoinHandle<T> {
    fn of_std(handle: std::thread::JoinHandle<T>) -> Self {
        let thread = Thread(Who::Real(handle.thread().clone()));
        Self { inner: Inner::Real(handle), thread }
    }

    fn of_model(spawned: Spawned<T>, name: Option<String>) -> Self {
        let thread = Thread(Who::Modelled(spawned.whom.clone(), name));
        Self { inner: Inner::Modelled(spawned), thread }
    }

    /// As [`std::thread::JoinHandle::join`].
    #[track_caller]
    pub fn join(self) -> Result<T> {
        match self.inner {
            Inner::Real(handle) => {
                world::used_without_its_line(Location::caller());
                handle.join()
            }
            Inner::Modelled(spawned) => spawned.join(Location::caller()),
        }
    }

    /// As [`std::thread::JoinHandle::is_finished`].
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        match &self.inner {
            Inner::Real(handle) => {
                world::used_without_its_line(Location::caller());
                handle.is_finished()
            }
            Inner::Modelled(spawned) => spawned.is_finished(Location::caller()),
        }
    }

    /// As [`std::thread::JoinHandle::thread`].
    pub fn thread(&self) -> &Thread {
        &self.thread
    }
}

impl Thread {
    pub(super) fn of_std(thread: std::thread::Thread) -> Self {
        Self(Who::Real(thread))
    }

    pub(super) fn of_model(whom: Whom, name: Option<String>) -> Self {
        Self(Who::Modelled(whom, name))
    }

    /// As [`std::thread::Thread::unpark`].
    #[track_caller]
    pub fn unpark(&self) {
        let at = Location::caller();
        match (&self.0, world::current()) {
            (Who::Real(thread), World::Real) => thread.unpark(),
            (Who::Modelled(whom, _), World::Model) => world::unpark(whom.thread, at),
            (Who::Modelled(whom, _), World::Real) => drop(whom.is_elsewhere(at)),
            (_, World::Loom) => world::not_in_loom("unpark", at),
            _ => world::not_modelled(&format!("a thread of another world is unparked at {at}")),
        }
    }

    /// As [`std::thread::Thread::id`].
    pub fn id(&self) -> ThreadId {
        ThreadId(match &self.0 {
            Who::Real(thread) => Id::Real(thread.id()),
            Who::Modelled(whom, _) => Id::Modelled(whom.thread.0),
        })
    }

    /// As [`std::thread::Thread::name`].
    pub fn name(&self) -> Option<&str> {
        match &self.0 {
            Who::Real(thread) => thread.name(),
            Who::Modelled(_, name) => name.as_deref(),
        }
    }
}

/// As [`std::thread::current`].
pub fn current() -> Thread {
    if world::is_real() {
        return Thread(Who::Real(std::thread::current()));
    }
    let id = world::itself();
    let main = (id == world::operation::ThreadId::MAIN).then(|| "main".to_owned());
    let name = world::execution::with(|e| e.threads[id.index()].name.clone());
    Thread(Who::Modelled(Whom::of(id), name.or(main)))
}

/// As [`std::thread::park`]. In a model it returns without a reason once a thread and line.
#[track_caller]
pub fn park() {
    match world::current() {
        World::Real => std::thread::park(),
        World::Loom => world::not_in_loom("park", Location::caller()),
        World::Model => world::park(None, Location::caller()),
    }
}

/// As [`std::thread::park_timeout`]. In a model it times out once a thread and line, whatever the timeout
/// is, and from then on when nothing else can go on.
#[track_caller]
pub fn park_timeout(dur: Duration) {
    match world::current() {
        World::Real => std::thread::park_timeout(dur),
        World::Loom => world::not_in_loom("park_timeout", Location::caller()),
        World::Model => world::park(Some(dur), Location::caller()),
    }
}

/// As [`std::thread::sleep`]. In a model it takes no time and orders nothing: others may go first, as at
/// [`yield_now`]. Only the thread's [clock](crate::time::Instant) goes on.
#[track_caller]
pub fn sleep(dur: Duration) {
    if world::is_real() {
        return std::thread::sleep(dur);
    }
    yield_now();
    if world::current() == World::Model {
        world::time::pass(world::time::begin(), dur);
    }
}

/// As std's `sleep_ms`.
#[deprecated(note = "replaced by `sleep`, as std's")]
#[track_caller]
pub fn sleep_ms(ms: u32) {
    sleep(Duration::from_millis(ms.into()));
}

/// As std's `park_timeout_ms`.
#[deprecated(note = "replaced by `park_timeout`, as std's")]
#[track_caller]
pub fn park_timeout_ms(ms: u32) {
    park_timeout(Duration::from_millis(ms.into()));
}

/// As [`std::thread::available_parallelism`]. In a model it is 2, on every machine.
pub fn available_parallelism() -> io::Result<NonZero<usize>> {
    if world::is_real() {
        return std::thread::available_parallelism();
    }
    Ok(NonZero::<usize>::MIN.saturating_add(1))
}

/// As [`std::thread::yield_now`]. In a model, the other threads go first: a loop that yields comes
/// round again when one of them has made a step.
#[track_caller]
pub fn yield_now() {
    match world::current() {
        World::Real => std::thread::yield_now(),
        World::Loom => loom::thread::yield_now(),
        World::Model => {
            let part = world::Part::new(Location::caller(), "yield", || State::Nothing, || ());
            world::step(&part, Kind::Yield, Location::caller(), |()| ());
        }
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").finish_non_exhaustive()
    }
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread").field("id", &self.id()).field("name", &self.name()).finish_non_exhaustive()
    }
}
