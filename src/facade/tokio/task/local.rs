//! `tokio::task::LocalSet`: tasks that share a thread, and so run one at a time between their awaits.
//!
//! In a model they are polled by whoever polls the set, each with a waker of its own: what they do are steps of
//! that one thread.

use super::join_set::Teller;
use super::{Id, JoinError, JoinHandle};
use crate::facade::tokio::runtime::Runtime;
use crate::facade::tokio::sync::oneshot;
use crate::world::object::State;
use crate::world::operation::{At, Kind};
use crate::world::{self, Part, Stepped, execution, panic};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

crate::thread_local! {
    /// The set of a model whose context a thread is in.
    static ENTERED: RefCell<Option<Rc<Tasks>>> = RefCell::new(None);
}

/// As tokio's own [`LocalSet`](::tokio::task::LocalSet).
pub struct LocalSet {
    inner: Inner,
    made: At,
}

enum Inner {
    Real(::tokio::task::LocalSet),
    Modelled(Rc<Tasks>),
}

/// The tasks of a set.
struct Tasks {
    /// Those that are not being polled.
    waiting: RefCell<BTreeMap<u32, Task>>,
    numbers: Cell<u32>,
    shared: Arc<Shared>,
}

struct Task {
    future: Pin<Box<dyn Future<Output = ()>>>,
    number: u64,
}

/// What other threads know of a set.
#[derive(Debug)]
struct Shared {
    part: Part<()>,
    /// The tasks that are to be polled, the first woken first.
    ready: Mutex<VecDeque<u32>>,
    aborted: Mutex<Vec<u32>>,
    /// Of whoever polls the set.
    waker: Mutex<Option<Waker>>,
}

/// One task, as other threads know it.
#[derive(Clone, Debug)]
pub(super) struct LocalTask {
    shared: Arc<Shared>,
    index: u32,
    number: u64,
    finished: Arc<AtomicBool>,
}

/// What is kept of a task of a set.
pub(super) struct Local<T> {
    output: oneshot::Receiver<Result<T, Box<dyn Any + Send>>>,
    task: LocalTask,
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn step(&self, kind: Kind, at: At) {
        let _: Stepped<()> = world::step(&self.part, kind, at, |()| world::not_in_loom("LocalSet", at));
    }

    /// Wakes whoever polls the set, by a step if that is another thread. What follows is done with that step.
    fn wake(&self) {
        let waker = locked(&self.waker).clone();
        waker.inspect(Waker::wake_by_ref);
    }

    fn push(&self, index: u32) {
        let mut ready = locked(&self.ready);
        if !ready.contains(&index) {
            ready.push_back(index);
        }
    }
}

impl Wake for LocalTask {
    fn wake(self: Arc<Self>) {
        if !world::is_real() {
            self.shared.wake();
            self.shared.push(self.index);
        }
    }
}

impl LocalTask {
    /// The set ends the task when it is polled next.
    pub(super) fn abort(&self, at: At) {
        self.shared.step(Kind::Rmw(SEQ_CST), at);
        locked(&self.shared.aborted).push(self.index);
        self.shared.wake();
    }

    pub(super) fn is_finished(&self, at: At) -> bool {
        self.shared.step(Kind::Load(SEQ_CST), at);
        self.finished.load(Ordering::Relaxed)
    }

    pub(super) fn id(&self) -> Id {
        Id::of_model(self.number)
    }

    fn finish(&self, at: At) {
        self.shared.step(Kind::Rmw(SEQ_CST), at);
        self.finished.store(true, Ordering::Relaxed);
    }
}

const SEQ_CST: Ordering = Ordering::SeqCst;

impl<T> Local<T> {
    pub(super) fn task(&self) -> &LocalTask {
        &self.task
    }

    #[track_caller]
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<T, JoinError>> {
        let id = self.task.id();
        Pin::new(&mut self.output).poll(context).map(|ended| of_output(id, ended.ok()))
    }

    /// How it ended, which it has.
    #[track_caller]
    pub(super) fn ended(&mut self) -> Result<T, JoinError> {
        of_output(self.task.id(), self.output.try_recv().ok())
    }
}

/// A task that was dropped before its end has no output, not even a panic.
fn of_output<T>(id: Id, output: Option<Result<T, Box<dyn Any + Send>>>) -> Result<T, JoinError> {
    let ended = output.ok_or_else(|| JoinError::cancelled(id))?;
    ended.map_err(|payload| JoinError::panicked(id, payload))
}

/// As tokio's own [`spawn_local`](::tokio::task::spawn_local).
///
/// # Panics
///
/// Outside of a `LocalSet`.
#[track_caller]
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    if world::is_real() {
        return JoinHandle::of_tokio(::tokio::task::spawn_local(future));
    }
    spawn_told(None, future, None, Location::caller())
}

/// Spawns a task on a set, or else on the one whose context this is, and lets it tell of its end.
#[track_caller]
pub(super) fn spawn_told<F>(
    set: Option<&LocalSet>,
    future: F,
    told: Option<Teller>,
    at: At,
) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    let entered =
        || ENTERED.with_borrow(Clone::clone).expect("`spawn_local` is called outside of a `LocalSet`");
    set.map_or_else(entered, |set| set.modelled(at)).spawn(future, told, at)
}

impl Tasks {
    #[track_caller]
    fn spawn<F>(self: Rc<Self>, future: F, told: Option<Teller>, at: At) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let (sender, output) = oneshot::channel();
        self.numbers.set(self.numbers.get() + 1);
        let (index, name) = (self.numbers.get(), execution::with(execution::Execution::name));
        let number = (u64::from(name.creator.0) + 1) << 32 | u64::from(name.nth);
        let task = LocalTask { shared: Arc::clone(&self.shared), index, number, finished: Arc::default() };
        let end = End { task: task.clone(), sender: Some(sender), told, at };
        let future = Box::pin(run(future, end));
        self.waiting.borrow_mut().insert(index, Task { future, number });
        self.shared.push(index);
        // Whoever polls the set looks for tasks before it goes.
        let is_polled =
            ENTERED.with_borrow(|entered| entered.as_ref().is_some_and(|set| Rc::ptr_eq(set, &self)));
        if !is_polled {
            self.shared.wake();
        }
        JoinHandle::of_local(Local { output, task })
    }

    fn enter(self: &Rc<Self>) -> Entered {
        Entered(ENTERED.replace(Some(Rc::clone(self))), PhantomData)
    }

    /// Polls each task that is ready, once. Returns whether some are again.
    fn poll(self: &Rc<Self>, context: &Context<'_>, at: At) -> bool {
        let before = locked(&self.shared.waker).replace(context.waker().clone());
        drop(before);
        self.shared.step(Kind::Load(SEQ_CST), at);
        let aborted = std::mem::take(&mut *locked(&self.shared.aborted));
        for index in aborted {
            let task = self.waiting.borrow_mut().remove(&index);
            drop(task);
        }
        let mut polled = Vec::new();
        while let Some(index) = self.next(&polled) {
            polled.push(index);
            self.poll_task(index);
        }
        !locked(&self.shared.ready).is_empty()
    }

    fn next(&self, polled: &[u32]) -> Option<u32> {
        let mut ready = locked(&self.shared.ready);
        let next = ready.iter().position(|index| !polled.contains(index))?;
        ready.remove(next)
    }

    fn poll_task(&self, index: u32) {
        let task = self.waiting.borrow_mut().remove(&index);
        let Some(mut task) = task else { return };
        let (shared, finished) = (Arc::clone(&self.shared), Arc::default());
        let waker = LocalTask { shared, index, number: task.number, finished };
        let outer = world::task::set_id(Some(task.number));
        let polled = task.future.as_mut().poll(&mut Context::from_waker(&Waker::from(Arc::new(waker))));
        world::task::set_id(outer);
        if polled.is_pending() {
            self.waiting.borrow_mut().insert(index, task);
        }
    }
}

/// What is done when a task ends, and also when it is dropped before.
struct End<T> {
    task: LocalTask,
    sender: Option<oneshot::Sender<Result<T, Box<dyn Any + Send>>>>,
    told: Option<Teller>,
    at: At,
}

impl<T> End<T> {
    fn end(&mut self, output: Option<Result<T, Box<dyn Any + Send>>>) {
        let Some(sender) = self.sender.take() else { return };
        self.task.finish(self.at);
        if let Some(output) = output {
            drop(sender.send(output));
        } else {
            drop(sender);
        }
        if let Some(told) = self.told.take() {
            told.tell();
        }
    }
}

impl<T> Drop for End<T> {
    fn drop(&mut self) {
        if !world::is_real() {
            self.end(None);
        }
    }
}

/// A future, whose panic is its task's alone.
async fn run<F: Future>(future: F, mut end: End<F::Output>) {
    let output = {
        let mut future = pin!(future);
        std::future::poll_fn(|context| {
            match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
                Ok(polled) => polled.map(Ok),
                Err(payload) => Poll::Ready(Err(caught(payload))),
            }
        })
        .await
    };
    end.end(Some(output));
}

fn caught(payload: Box<dyn Any + Send>) -> Box<dyn Any + Send> {
    let thread = world::current_thread();
    let Some(panic) = panic::caught(thread, &*payload) else { resume_unwind(payload) };
    if world::task::truth(thread, Some(panic)).is_none() {
        panic::give_up();
    }
    payload
}

/// Is in the context of a set until it is dropped.
struct Entered(Option<Rc<Tasks>>, PhantomData<*const ()>);

impl Drop for Entered {
    fn drop(&mut self) {
        if !world::is_real() {
            ENTERED.replace(self.0.take());
        }
    }
}

/// As tokio's own [`LocalEnterGuard`](::tokio::task::LocalEnterGuard).
pub struct LocalEnterGuard {
    _real: Option<::tokio::task::LocalEnterGuard>,
    _modelled: Option<Entered>,
}

impl fmt::Debug for LocalEnterGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalEnterGuard").finish_non_exhaustive()
    }
}

impl LocalSet {
    /// As tokio's `new`.
    #[track_caller]
    pub fn new() -> Self {
        let made = Location::caller();
        if world::is_real() {
            return Self { inner: Inner::Real(::tokio::task::LocalSet::new()), made };
        }
        let part = Part::new(made, "LocalSet", State::atomic, || ());
        let (ready, aborted, waker) = (Mutex::default(), Mutex::default(), Mutex::default());
        let shared = Arc::new(Shared { part, ready, aborted, waker });
        let (waiting, numbers) = (RefCell::default(), Cell::new(0));
        Self { inner: Inner::Modelled(Rc::new(Tasks { waiting, numbers, shared })), made }
    }

    pub(super) fn real(&self, at: At) -> &::tokio::task::LocalSet {
        match &self.inner {
            Inner::Real(set) if world::is_real() => set,
            _ => world::stranger(self.made, at),
        }
    }

    fn modelled(&self, at: At) -> Rc<Tasks> {
        match &self.inner {
            Inner::Modelled(tasks) => Rc::clone(tasks),
            Inner::Real(_) => world::stranger(self.made, at),
        }
    }

    /// As tokio's `enter`.
    #[track_caller]
    pub fn enter(&self) -> LocalEnterGuard {
        let at = Location::caller();
        if world::is_real() {
            return LocalEnterGuard { _real: Some(self.real(at).enter()), _modelled: None };
        }
        LocalEnterGuard { _real: None, _modelled: Some(self.modelled(at).enter()) }
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
        self.modelled(at).spawn(future, None, at)
    }

    /// As tokio's `block_on`.
    #[track_caller]
    pub fn block_on<F: Future>(&self, rt: &Runtime, future: F) -> F::Output {
        let at = Location::caller();
        if world::is_real() {
            return self.real(at).block_on(rt.real(at), future);
        }
        rt.block_on(self.run_until_at(future, at))
    }

    /// As tokio's `run_until`.
    #[track_caller]
    pub fn run_until<F: Future>(&self, future: F) -> impl Future<Output = F::Output> {
        self.run_until_at(future, Location::caller())
    }

    async fn run_until_at<F: Future>(&self, future: F, at: At) -> F::Output {
        if world::is_real() {
            return self.real(at).run_until(future).await;
        }
        let tasks = self.modelled(at);
        let mut future = pin!(future);
        std::future::poll_fn(|context| {
            let _entered = tasks.enter();
            let polled = future.as_mut().poll(context);
            if polled.is_pending() && tasks.poll(context, at) {
                context.waker().wake_by_ref();
            }
            polled
        })
        .await
    }
}

impl Future for LocalSet {
    type Output = ();

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let (at, made) = (Location::caller(), self.made);
        let tasks = match &mut self.inner {
            Inner::Real(set) if world::is_real() => return Pin::new(set).poll(context),
            Inner::Real(_) => world::stranger(made, at),
            Inner::Modelled(tasks) => Rc::clone(tasks),
        };
        let _entered = tasks.enter();
        let again = tasks.poll(context, at);
        if tasks.waiting.borrow().is_empty() {
            return Poll::Ready(());
        }
        if again {
            context.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

impl Drop for LocalSet {
    fn drop(&mut self) {
        let Inner::Modelled(tasks) = &self.inner else { return };
        if world::is_real() {
            return;
        }
        let _entered = tasks.enter();
        while let Some((_, task)) = { tasks.waiting.borrow_mut().pop_first() } {
            drop(task);
        }
    }
}

impl Default for LocalSet {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for LocalSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalSet").finish_non_exhaustive()
    }
}
