//! Which of tokio's runtimes a thread of a model is in, and which tasks a runtime has.
//!
//! A task runs on the runtime that was entered where it was spawned, if one was made in the model; without one, it
//! runs all the same, and lasts as long as the execution.

use super::execution::{self, Execution, Place};
use super::operation::{At, Kind, ThreadId};
use super::{Part, Stepped, World, current, spawn, task};
use std::sync::Arc;

/// Where a thread stands to the runtimes of its execution.
#[derive(Clone, Copy, Debug, Default)]
pub struct Membership {
    /// The one whose context it is in.
    pub entered: Option<Place>,
    /// The one that runs it, if it is a task.
    pub runs_on: Option<Place>,
    /// The one that the next task which it spawns is for.
    pub spawns_on: Option<Place>,
}

impl Membership {
    /// That of a thread which is spawned now, by a thread of this one.
    pub fn of_child(&mut self) -> Self {
        let runtime = self.spawns_on.take();
        Self { entered: runtime, runs_on: runtime, spawns_on: None }
    }
}

fn mine<R>(f: impl FnOnce(&mut Membership) -> R) -> R {
    super::current_thread();
    execution::with(|e| {
        let current = e.current.index();
        f(&mut e.threads[current].runtime)
    })
}

/// The runtime whose context the current thread is in.
pub fn entered() -> Option<Place> {
    mine(|membership| membership.entered)
}

/// Enters another context, and returns the one before.
pub fn enter(runtime: Option<Place>) -> Option<Place> {
    mine(|membership| std::mem::replace(&mut membership.entered, runtime))
}

/// The next thread that the current one spawns is a task of this runtime.
pub fn spawns_on(runtime: Option<Place>) {
    mine(|membership| membership.spawns_on = runtime);
}

fn step(runtime: Place, kind: Kind, at: At) {
    if current() == World::Model {
        let _: Stepped<()> = super::step(&Part::<()>::Model(runtime), kind, at, |()| ());
    }
}

/// How a runtime was built: what it tells of itself.
#[derive(Clone, Debug, Default)]
pub struct Build {
    /// How it is called.
    pub name: Option<Arc<str>>,
    /// Whether it is of one thread in the real world.
    pub has_one_thread: bool,
}

/// A runtime of an execution.
#[derive(Debug)]
pub struct Runtime {
    slot: u32,
    build: Build,
    is_shut_down: bool,
}

/// A runtime was made.
pub fn made(runtime: Place, build: Build) {
    execution::with(|e| e.runtimes.push(Runtime { slot: runtime.slot, build, is_shut_down: false }));
}

/// How it was built.
pub fn build(runtime: Place) -> Build {
    of(runtime, |runtime| runtime.build.clone())
}

fn of<R: Default>(runtime: Place, f: impl FnOnce(&mut Runtime) -> R) -> R {
    let known = |e: &mut Execution| {
        let made = e.made(runtime);
        e.runtimes.iter_mut().find(|known| made && known.slot == runtime.slot).map(f)
    };
    execution::with(known).unwrap_or_default()
}

/// Whether a runtime takes a task. That is a step: it may be shut down before or after.
pub fn admits(runtime: Place, at: At) -> bool {
    step(runtime, Kind::Query, at);
    !of(runtime, |runtime| runtime.is_shut_down)
}

/// Ends the tasks of a runtime at their next polls, if `waits` until they have ended.
pub fn shut_down(runtime: Place, waits: bool, at: At) {
    step(runtime, Kind::ReceiverClose, at);
    of(runtime, |runtime| runtime.is_shut_down = true);
    // Those that are aborted may spawn others before they end.
    let mut aborted = 0;
    while let Some(task) = nth_task(runtime, aborted) {
        aborted += 1;
        task::abort(task, at);
    }
    for nth in 0..if waits { aborted } else { 0 } {
        if let Some(task) = nth_task(runtime, nth) {
            spawn::wait_for_end(task, at);
        }
    }
}

fn nth_task(runtime: Place, nth: usize) -> Option<ThreadId> {
    execution::with(|e| {
        let on =
            |id: &&ThreadId| e.threads[id.index()].runtime.runs_on.is_some_and(|on| on.slot == runtime.slot);
        e.started.iter().filter(on).nth(nth).copied()
    })
}
