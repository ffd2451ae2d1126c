//! The tasks of a set in a model, and what other threads know of them.

use super::super::join_set::Teller;
use super::super::{Id, JoinError, JoinHandle};
use crate::facade::tokio::runtime;
use crate::facade::tokio::sync::oneshot;
use crate::world::object::State;
use crate::world::operation::{At, Kind, ObjectId};
use crate::world::{self, Part, Stepped, execution, panic};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

crate::thread_local! {
    /// The set of a model whose context a thread is in.
    static ENTERED: RefCell<Option<Rc<Tasks>>> = RefCell::new(None);
}

/// The tasks of a set.
pub struct Tasks {
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
pub struct LocalTask {
    shared: Arc<Shared>,
    index: u32,
    number: u64,
    finished: Arc<AtomicBool>,
}

/// What is kept of a task of a set.
pub struct Local<T> {
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
        world::task::trusted(|| drop(waker.inspect(Waker::wake_by_ref)));
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
    pub fn abort(&self, at: At) {
        self.shared.step(Kind::Rmw(SEQ_CST), at);
        locked(&self.shared.aborted).push(self.index);
        self.shared.wake();
    }

    pub fn is_finished(&self, at: At) -> bool {
        self.shared.step(Kind::Load(SEQ_CST), at);
        self.finished.load(Ordering::Relaxed)
    }

    pub fn id(&self) -> Id {
        Id::of_model(self.number)
    }

    fn finish(&self, at: At) {
        self.shared.step(Kind::Rmw(SEQ_CST), at);
        self.finished.store(true, Ordering::Relaxed);
    }
}

const SEQ_CST: Ordering = Ordering::SeqCst;

impl<T> Local<T> {
    pub fn task(&self) -> &LocalTask {
        &self.task
    }

    #[track_caller]
    pub fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<T, JoinError>> {
        let id = self.task.id();
        Pin::new(&mut self.output).poll(context).map(|ended| of_output(id, ended.ok()))
    }

    /// How it ended, which it has.
    #[track_caller]
    pub fn ended(&mut self) -> Result<T, JoinError> {
        of_output(self.task.id(), self.output.try_recv().ok())
    }
}

/// A task that was dropped before its end has no output, not even a panic.
fn of_output<T>(id: Id, output: Option<Result<T, Box<dyn Any + Send>>>) -> Result<T, JoinError> {
    let ended = output.ok_or_else(|| JoinError::cancelled(id))?;
    ended.map_err(|payload| JoinError::panicked(id, payload))
}

impl Tasks {
    /// Of a set that `made` has made.
    pub fn new(made: At) -> Self {
        let part = Part::new(made, "LocalSet", State::atomic, || ());
        let (ready, aborted, waker) = (Mutex::default(), Mutex::default(), Mutex::default());
        let shared = Arc::new(Shared { part, ready, aborted, waker });
        Self { waiting: RefCell::default(), numbers: Cell::new(0), shared }
    }

    /// Those of the set whose context this thread is in.
    pub fn entered() -> Option<Rc<Self>> {
        ENTERED.with_borrow(Clone::clone)
    }

    /// What the set is known by.
    pub fn id(&self) -> runtime::Id {
        runtime::Id::of_model(self.shared.part.id().map_or(0, ObjectId::number))
    }

    /// Whether all have ended.
    pub fn is_empty(&self) -> bool {
        self.waiting.borrow().is_empty()
    }

    /// Drops those that have not ended.
    pub fn clear(&self) {
        while let Some((_, task)) = { self.waiting.borrow_mut().pop_first() } {
            drop(task);
        }
    }

    /// Spawns a task of the set, and lets it tell of its end.
    #[track_caller]
    pub fn spawn<F>(self: Rc<Self>, future: F, told: Option<Teller>, at: At) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let (sender, output) = oneshot::channel();
        self.numbers.set(self.numbers.get() + 1);
        let (index, name) = (self.numbers.get(), execution::with(execution::Execution::name));
        let number = name.number();
        let task = LocalTask { shared: Arc::clone(&self.shared), index, number, finished: Arc::default() };
        let end = End { task: task.clone(), sender: Some(sender), told, at };
        let future = Box::pin(run(future, end));
        self.waiting.borrow_mut().insert(index, Task { future, number });
        self.shared.push(index);
        // Whoever polls the set looks for tasks before it goes.
        if !Self::entered().is_some_and(|set| Rc::ptr_eq(&set, &self)) {
            self.shared.wake();
        }
        JoinHandle::of_local(Local { output, task })
    }

    /// Its context, on this thread.
    pub fn enter(self: &Rc<Self>) -> Entered {
        Entered(ENTERED.replace(Some(Rc::clone(self))), PhantomData)
    }

    /// Polls each task that is ready, once. Returns whether some are again.
    pub fn poll(self: &Rc<Self>, context: &Context<'_>, at: At) -> bool {
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
pub struct Entered(Option<Rc<Tasks>>, PhantomData<*const ()>);

impl Drop for Entered {
    fn drop(&mut self) {
        if !world::is_real() {
            ENTERED.replace(self.0.take());
        }
    }
}
