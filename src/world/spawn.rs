//! Threads of a model: coroutines of shuttle or of loom, each with an identity of ours.

use super::execution::{self, Phase};
use super::failure::{Failure, Panic};
use super::operation::{At, Kind, Operation, ThreadId};
use super::{Part, World, current, panic, statics, task};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

/// How a thread ended: what it returned, or what it panicked with.
pub type Ended<T> = Arc<Mutex<Option<std::thread::Result<T>>>>;

/// A thread of a model, as its handles have it.
#[derive(Clone, Debug)]
pub struct Whom {
    /// Who it is.
    pub thread: ThreadId,
    part: Arc<Part<()>>,
}

impl Whom {
    /// A thread of this execution.
    pub fn of(thread: ThreadId) -> Self {
        Self { thread, part: Arc::new(Part::of(execution::with(|e| e.thread_place(thread)))) }
    }

    /// Whether its handle is used where no model runs. The real world has no such thread.
    pub fn is_elsewhere(&self, at: At) -> bool {
        self.part.is_real_at(at)
    }
}

/// Whom to join, and where its result will be.
#[derive(Debug)]
pub struct Spawned<T> {
    /// Who it is.
    pub whom: Whom,
    ended: Ended<T>,
    loom: Option<LoomEnd>,
}

/// Tells loom that a thread has ended. Loom's own join races with the end, as a receive does not with its
/// send: 3 threads that lock a mutex twice each are 7,847 executions by that, and 539 by this.
#[derive(Debug)]
struct LoomEnd {
    ended: loom::sync::mpsc::Receiver<()>,
    /// Set when nobody will join: loom wants no message to be left.
    dropped: Arc<AtomicBool>,
}

// SAFETY: the receiver is touched by whoever joins, who has the handle alone, and by nobody through a shared one.
unsafe impl Sync for LoomEnd {}

impl Drop for LoomEnd {
    fn drop(&mut self) {
        self.dropped.store(true, Ordering::Relaxed);
    }
}

/// Starts a thread of the model that runs on this operating system thread.
///
/// A spawn is no step: nothing of it can be seen before the new thread's first step.
pub fn spawn<T: 'static>(name: Option<String>, at: At, body: impl FnOnce() -> T + 'static) -> Spawned<T> {
    // SAFETY: it borrows nothing.
    unsafe { spawn_unchecked(name, at, body) }
}

/// As `spawn`, for a body and a result that borrow.
///
/// # Safety
///
/// The thread must have ended before what they borrow goes.
pub unsafe fn spawn_unchecked<'a, T: 'a>(
    name: Option<String>,
    at: At,
    body: impl FnOnce() -> T + 'a,
) -> Spawned<T> {
    super::current_thread();
    let thread = execution::with(|e| e.spawn(name, at));
    let ended: Ended<T> = Arc::default();
    let result = Arc::clone(&ended);
    let run: Box<dyn FnOnce() + 'a> = Box::new(move || run(thread, body, &result));
    // SAFETY: only its lifetime is changed, and the caller promises that it is over by then.
    let run = unsafe { std::mem::transmute::<Box<dyn FnOnce() + 'a>, Box<dyn FnOnce()>>(run) };
    Spawned { whom: Whom::of(thread), ended, loom: start(thread, run) }
}

/// Has the runtime start it. Of no type of the program's: what is below is compiled once.
fn start(thread: ThreadId, run: Box<dyn FnOnce()>) -> Option<LoomEnd> {
    let run = SendAnyway(run);
    if current() == World::Loom {
        return Some(spawn_in_loom(thread, move || run.call()));
    }
    // Shuttle's handle is let go: for shuttle an execution lasts until all its threads have ended, joined or not.
    drop(shuttle::thread::spawn(move || run.call()));
    None
}

fn spawn_in_loom(thread: ThreadId, run: impl FnOnce() + 'static) -> LoomEnd {
    let (end, ended) = loom::sync::mpsc::channel();
    let dropped = Arc::new(AtomicBool::new(false));
    let unjoined = Arc::clone(&dropped);
    let body = SendAnyway(move || {
        run();
        if !unjoined.load(Ordering::Relaxed) {
            let _ = end.send(());
        }
    });
    let builder = loom::thread::Builder::new().name(thread.0.to_string());
    builder.spawn(move || body.call()).expect("loom refuses a thread by a panic");
    LoomEnd { ended, dropped }
}

/// A closure that stays on this operating system thread, whatever the runtimes ask of its type.
struct SendAnyway<F>(F);

// SAFETY: both runtimes run every thread of a model as a coroutine of the thread that explores it.
unsafe impl<F> Send for SendAnyway<F> {}

impl<F: FnOnce()> SendAnyway<F> {
    fn call(self) {
        (self.0)();
    }
}

fn run<T>(thread: ThreadId, body: impl FnOnce() -> T, ended: &Ended<T>) {
    // The body is dropped inside as well: what it holds may make steps when it goes.
    let outcome = catch_unwind(AssertUnwindSafe(move || {
        if execution::with(|e| e.is_over()) {
            panic::give_up();
        }
        let output = body();
        task::call_due();
        output
    }));
    let panic = outcome.as_ref().err().and_then(|payload| panic::caught(thread, &**payload));
    let panic = task::truth(thread, panic);
    if Arc::strong_count(ended) > 1 {
        *ended.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        return finish(thread, panic);
    }
    // Nobody can join it any more, so what it returned goes before its last step, as std has it.
    let dropped = catch_unwind(AssertUnwindSafe(move || drop(outcome)));
    let late = dropped.err().and_then(|payload| panic::caught(thread, &*payload));
    finish(thread, panic.or(late));
}

/// The last step of a thread, behind the destructors of its locals.
fn finish(thread: ThreadId, panic: Option<Panic>) {
    let panic = panic.or_else(|| drop_locals(thread));
    let mut late = None;
    if current() == World::Loom {
        set_loom_thread();
        if let Some(panic) = panic.clone() {
            execution::with(|e| e.fail(Failure::Panic(panic)));
        }
    } else {
        let due = call_due(thread);
        exit_step(thread);
        // Who waits for the thread by a waker of others, as a task of a `LocalSet` does, is told behind its end.
        late = due.or_else(|| call_due(thread));
    }
    execution::with(|e| {
        e.current = thread;
        e.finish(panic.or(late));
    });
}

/// The panic of a destructor, if one panicked.
fn drop_locals(thread: ThreadId) -> Option<Panic> {
    caught(thread, || statics::drop_locals(thread))
}

/// The panic of a waker that the last step has set off, if one panicked.
fn call_due(thread: ThreadId) -> Option<Panic> {
    caught(thread, task::call_due)
}

/// The program's panic in `f`: behind its end nobody else catches what a thread panics with.
fn caught(thread: ThreadId, f: impl FnOnce()) -> Option<Panic> {
    let done = catch_unwind(AssertUnwindSafe(f));
    done.err().and_then(|payload| panic::caught(thread, &*payload))
}

fn exit_step(thread: ThreadId) {
    super::settle();
    let Some(at) = execution::with(|e| e.threads[thread.index()].spawned_at) else { return };
    let place = execution::with(|e| e.thread_place(thread));
    let operation = Operation { object: place.id, kind: Kind::Exit, at };
    if execution::with(|e| {
        !e.is_over() && {
            e.announce(operation, place.slot);
            true
        }
    }) {
        shuttle_engine::runtime::thread::switch();
        execution::with(|e| {
            if !e.is_over() {
                e.make_step();
            }
        });
    }
}

/// Runs the main thread of an execution, and notes how it ended.
pub fn run_main(body: impl FnOnce()) {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        body();
        task::call_due();
    }));
    let panic = outcome.err().and_then(|payload| panic::caught(ThreadId::MAIN, &*payload));
    let panic = task::truth(ThreadId::MAIN, panic).or_else(|| drop_locals(ThreadId::MAIN));
    execution::with(|e| {
        e.current = ThreadId::MAIN;
        if let Some(panic) = panic {
            e.fail(Failure::Panic(panic));
        }
        e.finish(None);
    });
}

impl<T> Spawned<T> {
    /// Waits for the thread's end, and takes note of its panic if it panicked.
    pub fn join(mut self, at: At) -> std::thread::Result<T> {
        self.is_joined_in_its_world(at);
        if let Some(loom) = self.loom.take() {
            return self.join_in_loom(&loom, at);
        }
        let place = execution::with(|e| e.thread_place(self.whom.thread));
        super::step_in_model::<()>(place, Kind::Join, at);
        self.joined()
    }

    /// As `join`, by a task, which waits without holding its thread.
    pub fn poll_join(
        &mut self,
        context: &Context<'_>,
        turn: &mut task::Turn,
        at: At,
    ) -> Poll<std::thread::Result<T>> {
        self.is_joined_in_its_world(at);
        if self.loom.is_some() {
            let poll = turn.in_loom(at);
            return poll.map(|()| match self.loom.take() {
                Some(loom) => self.join_in_loom(&loom, at),
                None => panic::give_up(),
            });
        }
        let waits = task::Waits { kind: Kind::Join, attempt: Kind::IsFinished, at };
        turn.step(context, &self.whom.part, waits, |()| ()).map(|_| self.joined())
    }

    fn join_in_loom(&self, loom: &LoomEnd, at: At) -> std::thread::Result<T> {
        if loom.ended.recv().is_err() || execution::with(|e| e.is_over()) {
            panic::give_up();
        }
        set_loom_thread();
        let place = execution::with(|e| e.thread_place(self.whom.thread));
        let operation = Operation { object: place.id, kind: Kind::Join, at };
        execution::with(|e| e.record(operation, place.slot, super::Outcome::Done));
        self.joined()
    }

    fn is_joined_in_its_world(&self, at: At) {
        if self.whom.is_elsewhere(at) {
            panic::give_up();
        }
    }

    /// The thread has exited, and somebody knows how.
    fn joined(&self) -> std::thread::Result<T> {
        execution::with(|e| {
            e.joined_panic = e.threads[self.whom.thread.index()].panic.take();
            e.threads[self.whom.thread.index()].joined = true;
        });
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner).take();
        ended.unwrap_or_else(|| panic::give_up())
    }

    /// Whether the thread has made its last step.
    pub fn is_finished(&self, at: At) -> bool {
        self.is_joined_in_its_world(at);
        is_finished(self.whom.thread, at)
    }
}

/// Waits for the end of the threads that `next` names, of a scope that is being left. Returns whether
/// one of them panicked and nobody took note.
///
/// Where the execution is given up, they unwind before their scope is left: they borrow from it.
pub fn join_scoped(mut next: impl FnMut() -> Option<ThreadId>, at: At) -> bool {
    let mut panicked = false;
    while let Some(thread) = next() {
        let place = execution::with(|e| e.thread_place(thread));
        let operation = Operation { object: place.id, kind: Kind::Join, at };
        if super::turn(operation, place.slot).is_none() {
            let me = execution::with(|e| e.current);
            while execution::with(|e| e.threads[thread.index()].phase != Phase::Finished) {
                // Not running, so that the others are let unwind before: those that started later go first.
                execution::with(|e| e.threads[me.index()].phase = Phase::AtStep);
                shuttle_engine::runtime::thread::switch();
            }
            execution::with(|e| e.threads[me.index()].phase = Phase::Running);
        }
        panicked |= execution::with(|e| e.threads[thread.index()].panic.take()).is_some();
    }
    panicked
}

/// Waits for a thread's end, of which somebody else may take note.
pub fn wait_for_end(thread: ThreadId, at: At) {
    // In loom's world nobody is waited for whom nobody has joined (`task::abort`).
    if current() == World::Model {
        let place = execution::with(|e| e.thread_place(thread));
        super::step_in_model::<()>(place, Kind::Join, at);
    }
}

/// Whether a thread has made its last step.
pub fn is_finished(thread: ThreadId, at: At) -> bool {
    if current() == World::Loom {
        return execution::with(|e| e.threads[thread.index()].phase == Phase::Finished);
    }
    let place = execution::with(|e| e.thread_place(thread));
    let stepped = super::step_in_model::<()>(place, Kind::IsFinished, at);
    matches!(stepped, super::Stepped::Model(super::Outcome::Done))
}

/// Loom tells nobody when it switches: asks it who runs.
pub fn set_loom_thread() {
    // Where loom has found a deadlock nobody runs, and a destructor that asks who does would end the process.
    let unwinding = std::thread::panicking();
    let thread =
        if unwinding { catch_unwind(loom::thread::current).ok() } else { Some(loom::thread::current()) };
    let Some(thread) = thread else { return };
    let id = thread.name().and_then(|name| name.parse().ok()).map_or(ThreadId::MAIN, ThreadId);
    execution::with(|e| e.current = id);
}
