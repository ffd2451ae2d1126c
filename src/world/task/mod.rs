//! Futures in a model: a task is a thread, and an await is one step.
//!
//! A future of the facade that is polled for the first time takes no step. It answers `Pending`, which
//! may be a lie, and is noted. When the whole task answers `Pending`, the one noted future is polled
//! again with the grant to make its step, and waits for its turn inside that poll. So a plain await
//! costs what a blocking call costs.
//!
//! Whatever could tell a lie from the truth before the task has answered `Pending` exposes it: another
//! future that is polled, a step, a drop, the task's end. Then the execution is given up, and the search
//! begins anew with that line among the eager ones (`Eager, Sites`). A future of an eager line makes its
//! step in every poll: it tries its operation, and answers `Pending` if it would have to wait. A task that
//! answers `Pending` then is polled again, which is a step (`Kind::Repoll`), when one of those operations can
//! go on or when somebody has called its waker.
//!
//! | | lying | eager |
//! |---|---|---|
//! | first poll | no step, `Pending` | a step that succeeds or fails |
//! | the task waits | for the operation | to be polled again |
//! | then | the operation is done | the poll is a step, and the future's next attempt another |

mod leaf;
mod standing;
mod waker;

pub use leaf::{Turn, Waits, no_lie_stands};
pub use standing::{Announced, Callers, Eager, Sites, Standing};
pub use waker::{call_due, trusted};

use super::failure::Panic;
use super::operation::{At, Kind, Outcome, ThreadId};
use super::{Stepped, World, execution, panic};
use leaf::give_up;
pub use standing::Leaf;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use waker::TaskWaker;

/// Runs a future to its end as the current thread of a model.
#[track_caller]
pub fn block_on<F: Future>(future: F) -> F::Output {
    let at = Location::caller();
    match run(pin!(future), at, false) {
        Some(output) => output,
        None => unreachable!("a future that no task was spawned for cannot be aborted"),
    }
}

/// Runs the future of a task that `at` has spawned. None if it was aborted; it is dropped then.
pub fn run_spawned<F: Future>(future: F, at: At) -> Option<F::Output> {
    // A task that may be aborted looks whether it was before each of its polls.
    let abortable = is_abortable(at);
    begin_numbered();
    run(pin!(future), at, abortable)
}

/// Runs what may block, for a task that `at` has spawned. None if that was aborted before it began.
pub fn run_blocking<R>(f: impl FnOnce() -> R, at: At) -> Option<R> {
    begin_numbered();
    if is_abortable(at) {
        // Once it runs it cannot be aborted.
        let task = Task::begin(at, true);
        if !task.wait() {
            return None;
        }
    }
    Some(f())
}

fn is_abortable(at: At) -> bool {
    super::current() == World::Model && execution::with(|e| e.sites.is_abortable(at))
}

/// The current thread is a task that was spawned.
fn begin_numbered() {
    let thread = super::current_thread();
    execution::with(|e| e.threads[thread.index()].task_id = Some(u64::from(thread.0)));
}

/// The number of the task that the current thread runs.
pub fn id() -> Option<u64> {
    let thread = super::current_thread();
    execution::with(|e| e.threads[thread.index()].task_id)
}

/// The current thread runs another task, within its own; returns the number of that.
pub fn set_id(id: Option<u64>) -> Option<u64> {
    let thread = super::current_thread();
    execution::with(|e| std::mem::replace(&mut e.threads[thread.index()].task_id, id))
}

/// Drops what the tasks of an execution have left, which is over: as in the real world.
pub fn let_go(left: Vec<Standing>) {
    if !left.is_empty() {
        let _real = super::enter(World::Real);
        let _ = catch_unwind(AssertUnwindSafe(|| drop(left)));
    }
}

/// Whether the current thread polls a task, so that nothing may block it.
pub fn is_polling() -> bool {
    let thread = super::current_thread();
    super::current() == World::Model && execution::with(|e| e.threads[thread.index()].task.waker.is_some())
}

/// Calls `f`, which may block: as if the current thread polled nothing.
pub fn blocking<R>(f: impl FnOnce() -> R) -> R {
    let thread = super::current_thread();
    let waker = execution::with(|e| e.threads[thread.index()].task.waker.take());
    let result = f();
    execution::with(|e| e.threads[thread.index()].task.waker = waker);
    result
}

/// Asks a task to end at its next poll.
pub fn abort(task: ThreadId, at: At) {
    if super::current() == World::Loom {
        // A task that was joined has ended in whatever order.
        if !execution::with(|e| e.is_over() || e.threads[task.index()].joined) {
            super::not_in_loom("a task that is aborted", at);
        }
        return;
    }
    let spawned = execution::with(|e| e.threads[task.index()].spawned_at);
    let Some(spawned) = spawned else { return };
    if !execution::with(|e| e.sites.is_abortable(spawned)) {
        // It was polled as if nobody could. If it has ended, nobody has; this is a step that may come before its end.
        if !super::spawn::is_finished(task, at) {
            execution::with(|e| e.expose(spawned));
        }
        return;
    }
    let place = execution::with(|e| e.thread_place(task));
    let _: Stepped<()> = super::step_in_model(place, Kind::Abort, at);
}

/// Of no type of the program's but its output: what is below is compiled once for each.
fn run<T>(mut future: Pin<&mut dyn Future<Output = T>>, at: At, abortable: bool) -> Option<T> {
    if super::current() == World::Loom {
        return Some(run_in_loom(future));
    }
    let task = Task::begin(at, abortable);
    if abortable && !task.wait() {
        return None;
    }
    loop {
        if let Poll::Ready(output) = task.poll(future.as_mut()) {
            return Some(output);
        }
        if task.leaf() == Leaf::None && !task.wait() {
            return None;
        }
    }
}

/// A task of the current thread, until it is dropped.
struct Task {
    thread: ThreadId,
    at: At,
    waker: Waker,
    /// The task that runs this one within its poll.
    outer: Standing,
}

impl Task {
    fn begin(at: At, abortable: bool) -> Self {
        if execution::with(|e| e.is_over()) {
            panic::give_up();
        }
        no_lie_stands(at);
        let thread = super::current_thread();
        let waker = Arc::new(TaskWaker::new(thread, at));
        execution::with(|e| {
            let task = &mut e.threads[thread.index()].task;
            let inner = Standing {
                begins: abortable,
                eager: abortable,
                handed_out: task.handed_out,
                waker: Some(Arc::clone(&waker)),
                due: std::mem::take(&mut task.due),
                ..Standing::default()
            };
            let outer = std::mem::replace(task, inner);
            Self { thread, at, waker: Waker::from(waker), outer }
        })
    }

    fn leaf(&self) -> Leaf {
        execution::with(|e| e.threads[self.thread.index()].task.leaf)
    }

    /// One poll of the whole task. If it is `Pending` with a grant, it is to be polled again at once.
    fn poll<T>(&self, future: Pin<&mut dyn Future<Output = T>>) -> Poll<T> {
        let polled = future.poll(&mut Context::from_waker(&self.waker));
        call_due();
        if execution::with(|e| e.is_over()) {
            panic::give_up();
        }
        match self.leaf() {
            Leaf::None => {}
            Leaf::Lied(me, at) if polled.is_pending() && self.may_grant() => {
                execution::with(|e| e.threads[self.thread.index()].task.leaf = Leaf::Granted(me, at));
            }
            Leaf::Lied(_, at) | Leaf::Granted(_, at) => {
                execution::with(|e| e.expose(at));
                panic::give_up();
            }
        }
        polled
    }

    fn may_grant(&self) -> bool {
        execution::with(|e| {
            let now = e.now();
            e.threads[self.thread.index()].task.waits_for_its_leaf_alone(now)
        })
    }

    /// Waits until the task is to be polled again. False if it was aborted.
    fn wait(&self) -> bool {
        let (place, at, yields) = execution::with(|e| {
            let thread = &e.threads[self.thread.index()];
            let at = thread.last.map_or(self.at, |last| e.trace[last].operation.at);
            (e.thread_place(self.thread), at, thread.task.yields_alone())
        });
        let kind = if yields { Kind::Yield } else { Kind::Repoll };
        let stepped: Stepped<()> = super::step_in_model(place, kind, at);
        if yields {
            execution::with(|e| e.threads[self.thread.index()].task.yielded = false);
        }
        !matches!(stepped, Stepped::Model(Outcome::Ended))
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        // What a panic leaves behind is looked at when it is caught.
        if std::thread::panicking() {
            return;
        }
        let outer = std::mem::take(&mut self.outer);
        let inner = execution::with(|e| {
            let task = &mut e.threads[self.thread.index()].task;
            let mut inner = std::mem::replace(task, outer);
            task.due = std::mem::take(&mut inner.due);
            task.handed_out = task.handed_out.or(inner.handed_out);
            inner
        });
        drop(inner);
    }
}

/// The panic of a thread is the program's, unless a future of it had answered without a step: then it might
/// come from that.
pub fn truth(thread: ThreadId, panic: Option<Panic>) -> Option<Panic> {
    let panic = panic?;
    let lie = execution::with(|e| e.threads[thread.index()].task.leaf.lie());
    let Some(lie) = lie.filter(|_| super::current() == World::Model) else { return Some(panic) };
    execution::with(|e| e.expose(lie));
    None
}

struct NoWaker;

impl Wake for NoWaker {
    fn wake(self: Arc<Self>) {}
}

/// In loom's world every future lies, and what could tell is not modelled.
fn run_in_loom<T>(mut future: Pin<&mut dyn Future<Output = T>>) -> T {
    let waker = Waker::from(Arc::new(NoWaker));
    let mut context = Context::from_waker(&waker);
    loop {
        let polled = future.as_mut().poll(&mut context);
        let thread = super::current_thread();
        let (over, leaf) = execution::with(|e| (e.is_over(), e.threads[thread.index()].task.leaf));
        if over {
            panic::give_up();
        }
        match (polled, leaf) {
            (Poll::Ready(output), Leaf::None) => return output,
            (Poll::Pending, Leaf::Lied(me, at)) => {
                execution::with(|e| e.threads[thread.index()].task.leaf = Leaf::Granted(me, at));
            }
            (_, Leaf::Lied(_, at) | Leaf::Granted(_, at)) => give_up(&format!(
                "loom's world has no task that does not wait for {at}, which it polled; the exhaustive engine does"
            )),
            (Poll::Pending, Leaf::None) => give_up(
                "loom's world has no futures of other crates, and no wakers; the exhaustive engine does",
            ),
        }
    }
}
