//! The tasks of a set in a model: each tells the set that it has ended by its last step but one.

use super::super::{AbortHandle, JoinHandle};
use super::Ended;
use crate::facade::tokio::sync::LoomQueue;
use crate::world::execution::Place;
use crate::world::object::State;
use crate::world::operation::{At, Kind, Outcome};
use crate::world::task::{Turn, Waits};
use crate::world::{self, Part, Stepped};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

/// The tasks of a set.
pub struct Modelled<T> {
    queue: Arc<Queue>,
    tasks: Vec<(u32, JoinHandle<T>)>,
    numbers: u32,
    /// Of `poll_join_next`.
    turn: Turn,
    made: At,
}

#[derive(Debug)]
struct Queue {
    part: Part<LoomQueue>,
    ended: Mutex<VecDeque<u32>>,
}

/// Tells a set that one of its tasks has ended.
#[derive(Debug)]
pub struct Teller {
    queue: Arc<Queue>,
    number: u32,
    at: At,
}

impl Queue {
    fn new(at: At) -> Arc<Self> {
        let part = Part::new(at, "JoinSet", || State::channel(None), || LoomQueue::new(None));
        Arc::new(Self { part, ended: Mutex::default() })
    }

    fn ended(&self) -> std::sync::MutexGuard<'_, VecDeque<u32>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Teller {
    /// As the task's last step but one.
    pub fn tell(self) {
        let _: Stepped<()> = world::step(&self.queue.part, Kind::Send, self.at, |queue| queue.send(self.at));
        self.queue.ended().push_back(self.number);
    }

    /// Runs a task to its end, and tells of it however that is.
    fn after<R>(self, run: impl FnOnce() -> R) -> R {
        let ended = catch_unwind(AssertUnwindSafe(run));
        self.tell();
        ended.unwrap_or_else(|payload| resume_unwind(payload))
    }
}

impl<T> Modelled<T> {
    /// Of a set that `made` has made.
    pub fn new(made: At) -> Self {
        Self { queue: Queue::new(made), tasks: Vec::new(), numbers: 0, turn: Turn::default(), made }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }
}

impl<T: 'static> Modelled<T> {
    /// Spawns a task that is a thread of the search.
    pub fn run(
        &mut self,
        runtime: Option<Place>,
        at: At,
        run: impl FnOnce() -> Option<T> + 'static,
    ) -> AbortHandle {
        self.add(at, |told| JoinHandle::modelled(runtime, at, move || told.after(run)))
    }

    /// Spawns a task that tells of its end.
    pub fn add(&mut self, at: At, spawn: impl FnOnce(Teller) -> JoinHandle<T>) -> AbortHandle {
        self.numbers += 1;
        let number = self.numbers;
        let teller = || Teller { queue: Arc::clone(&self.queue), number, at };
        let task = spawn(teller());
        if task.is_refused() {
            teller().tell();
        }
        let handle = task.abort_handle();
        self.tasks.push((number, task));
        handle
    }

    /// The next task that has ended.
    pub fn poll(&mut self, turn: &mut Turn, context: &mut Context<'_>, at: At) -> Poll<Option<Ended<T>>> {
        if self.tasks.is_empty() {
            return Poll::Ready(None);
        }
        let waits = Waits { kind: Kind::Recv, attempt: Kind::TryRecv, at };
        let _: Stepped<()> = ready!(turn.step(context, &self.queue.part, waits, LoomQueue::recv));
        Poll::Ready(Some(self.take(at)))
    }

    /// As [`poll`](Self::poll), with a turn that outlives the call.
    pub fn poll_again(&mut self, context: &mut Context<'_>, at: At) -> Poll<Option<Ended<T>>> {
        let mut turn = std::mem::take(&mut self.turn);
        let polled = self.poll(&mut turn, context, at);
        self.turn = turn;
        polled
    }

    /// A task that has ended, if one has.
    pub fn try_next(&mut self, at: At) -> Option<Ended<T>> {
        if self.tasks.is_empty() {
            return None;
        }
        let try_in_loom = |_: &LoomQueue| world::not_in_loom("try_join_next", at);
        let stepped = world::step(&self.queue.part, Kind::TryRecv, at, try_in_loom);
        matches!(stepped, Stepped::Model(Outcome::Done)).then(|| self.take(at))
    }

    /// Aborts them all.
    pub fn abort(&self, at: At) {
        self.tasks.iter().for_each(|(_, task)| task.abort_at(at));
    }

    /// Lets them go: they tell nobody any more.
    pub fn detach(&mut self) {
        self.tasks.clear();
        self.queue = Queue::new(self.made);
    }

    /// The task that the last step has heard of.
    fn take(&mut self, at: At) -> Ended<T> {
        let number = self.queue.ended().pop_front();
        let ended = self.tasks.iter().position(|(task, _)| Some(*task) == number);
        // It is not there if the execution was given up.
        let Some(ended) = ended else { world::panic::give_up() };
        let (_, task) = self.tasks.remove(ended);
        (Some(task.id()), task.ended(at))
    }
}

impl<T> Drop for Modelled<T> {
    fn drop(&mut self) {
        if world::is_real() {
            return;
        }
        self.tasks.iter().for_each(|(_, task)| task.abort_at(self.made));
    }
}
