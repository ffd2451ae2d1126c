//! Futures that wait in a queue, in the exhaustive search against brute force: random small programs of tokio's
//! semaphore, mutex, lock for readers and writers, and notifications, also dropped while they wait.

use super::brute::combine::{Said, either, join, once};
use super::brute::polls::{Compared, Known, Outcomes, compare_many, compare_programs};
use super::brute::program::Chance;
use super::driver::Program;
use crate::sync::Arc;
use crate::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use crate::tokio::sync::{Barrier, Mutex, Notify, OnceCell, RwLock, Semaphore, watch};
use crate::world::{current_thread, spawn, task};
use std::panic::Location;
use std::pin::pin;

/// What a task does.
#[derive(Clone, Debug)]
enum Act {
    /// Takes permits, and gives them back.
    Hold(u32),
    /// Takes permits for good.
    Keep(u32),
    TryHold(u32),
    Add(usize),
    Forget(usize),
    Free,
    Close,
    Lock,
    TryLock,
    /// Locks while it holds a permit.
    HoldThenLock,
    Read,
    Write,
    TryRead,
    TryWrite,
    /// Writes, and then reads without letting anybody in.
    Downgrade,
    Notified,
    One,
    Last,
    All,
    /// Asks whether a future that it has made is notified already, and waits for it.
    EnableThenWait,
    /// Polled once, and dropped.
    Once(Box<Self>),
    /// The first of two that is ready, beginning with the first.
    Either(Box<Self>, Box<Self>),
    Join(Box<Self>, Box<Self>),
    Count,
    Send(usize),
    /// Adds to what was sent last.
    Modify,
    Changed,
    /// Waits for a value that is at least so much.
    WaitFor(usize),
    /// Looks at what was sent last, and takes a lock meanwhile.
    BorrowThenLock,
    Subscribe,
    /// No more is sent, as far as this one knows.
    DropSender,
    Meet,
    Init(usize),
    Set(usize),
}

struct Shared {
    semaphore: Semaphore,
    lock: Mutex<usize>,
    rwlock: RwLock<usize>,
    notify: Notify,
    count: AtomicUsize,
    /// One of each task, by its thread: what a task has left is no secret between two of them.
    senders: Vec<std::sync::Mutex<Option<watch::Sender<usize>>>>,
    receiver: watch::Receiver<usize>,
    barrier: Barrier,
    cell: OnceCell<usize>,
}

impl Shared {
    fn sender(&self) -> Option<watch::Sender<usize>> {
        self.senders[current_thread().index()].lock().unwrap().take()
    }

    fn back(&self, sender: watch::Sender<usize>) {
        *self.senders[current_thread().index()].lock().unwrap() = Some(sender);
    }
}

fn run(act: Act, shared: Arc<Shared>) -> Said<'static> {
    let next = |act: Box<Act>| run(*act, shared.clone());
    match act {
        Act::Once(a) => once(next(a)),
        Act::Either(a, b) => either(next(a), next(b)),
        Act::Join(a, b) => join(next(a), next(b)),
        _ => Box::pin(async move { perform(act, &shared).await }),
    }
}

async fn perform(act: Act, shared: &Shared) -> String {
    let Shared { semaphore, lock, rwlock, notify, count, .. } = shared;
    let counted = || count.fetch_add(1, SeqCst).to_string();
    match act {
        Act::Hold(many) => match semaphore.acquire_many(many).await {
            Ok(_permit) => counted(),
            Err(_) => "closed".to_owned(),
        },
        Act::Keep(many) => semaphore
            .acquire_many(many)
            .await
            .map_or("closed", |permit| {
                permit.forget();
                "kept"
            })
            .to_owned(),
        Act::TryHold(many) => match semaphore.try_acquire_many(many) {
            Ok(_permit) => counted(),
            Err(error) => format!("{error:?}"),
        },
        Act::Add(many) => {
            semaphore.add_permits(many);
            String::new()
        }
        Act::Forget(many) => semaphore.forget_permits(many).to_string(),
        Act::Free => semaphore.available_permits().to_string(),
        Act::Close => {
            semaphore.close();
            String::new()
        }
        Act::Lock => added(lock.lock().await, 1),
        Act::TryLock => lock.try_lock().map_or_else(|_| "held".to_owned(), |value| added(value, 10)),
        Act::HoldThenLock => {
            let permit = semaphore.acquire().await;
            let said = added(lock.lock().await, 1);
            format!("{} {said}", permit.is_ok())
        }
        Act::Read => rwlock.read().await.to_string(),
        Act::Write => added(rwlock.write().await, 1),
        Act::TryRead => rwlock.try_read().map_or_else(|_| "held".to_owned(), |value| value.to_string()),
        Act::TryWrite => rwlock.try_write().map_or_else(|_| "held".to_owned(), |value| added(value, 10)),
        Act::Downgrade => {
            let mut value = rwlock.write().await;
            *value += 1;
            let value = value.downgrade();
            format!("{value} {}", counted())
        }
        Act::Notified => {
            notify.notified().await;
            counted()
        }
        Act::EnableThenWait => {
            let mut notified = pin!(notify.notified());
            let enabled = notified.as_mut().enable();
            let before = counted();
            notified.await;
            format!("{enabled} {before} {}", counted())
        }
        Act::One => {
            notify.notify_one();
            String::new()
        }
        Act::Last => {
            notify.notify_last();
            String::new()
        }
        Act::All => {
            notify.notify_waiters();
            String::new()
        }
        Act::Count => counted(),
        _ => post(act, shared).await,
    }
}

async fn post(act: Act, shared: &Shared) -> String {
    let Some(sender) = shared.sender() else { return "no sender".to_owned() };
    // A receiver that has seen nothing yet.
    let mut receiver = shared.receiver.clone();
    let said = match act {
        Act::Send(value) => format!("{:?}", sender.send(value)),
        Act::Modify => {
            sender.send_modify(|value| *value += 1 + shared.count.load(SeqCst));
            String::new()
        }
        Act::Subscribe => format!("{:?}", sender.subscribe().has_changed()),
        Act::BorrowThenLock => {
            let value = receiver.borrow();
            format!("{} {} {}", *value, value.has_changed(), shared.count.fetch_add(1, SeqCst))
        }
        Act::DropSender => {
            drop(sender);
            return String::new();
        }
        _ => {
            shared.back(sender);
            return wait_for_post(act, shared, &mut receiver).await;
        }
    };
    shared.back(sender);
    said
}

async fn wait_for_post(act: Act, shared: &Shared, receiver: &mut watch::Receiver<usize>) -> String {
    match act {
        Act::Changed => {
            let changed = receiver.changed().await.is_ok();
            format!("{changed} {}", *receiver.borrow())
        }
        Act::WaitFor(least) => {
            receiver.wait_for(|value| *value >= least).await.map_or(99, |value| *value).to_string()
        }
        Act::Meet => shared.barrier.wait().await.is_leader().to_string(),
        Act::Init(value) => {
            let init = async || shared.semaphore.acquire().await.map_or(Err("closed"), |_| Ok(value));
            format!("{:?}", shared.cell.get_or_try_init(init).await)
        }
        Act::Set(value) => format!("{:?} {:?}", shared.cell.set(value), shared.cell.get()),
        _ => unreachable!("these are made of others"),
    }
}

fn added(mut value: impl std::ops::DerefMut<Target = usize>, more: usize) -> String {
    *value += more;
    value.to_string()
}

fn runnable(tasks: &[Vec<Act>], permits: usize) -> (Program, Outcomes) {
    let outcomes = Outcomes::default();
    let noted = outcomes.clone();
    let tasks = tasks.to_vec();
    let program = move || {
        let (sender, receiver) = watch::channel(0);
        // None for the main thread.
        let mut senders = vec![std::sync::Mutex::new(None)];
        senders.extend(tasks.iter().map(|_| std::sync::Mutex::new(Some(sender.clone()))));
        drop(sender);
        let shared = Arc::new(Shared {
            semaphore: Semaphore::new(permits),
            lock: Mutex::new(0),
            rwlock: RwLock::with_max_readers(0, 2),
            notify: Notify::new(),
            count: AtomicUsize::new(0),
            senders,
            receiver,
            barrier: Barrier::new(2),
            cell: OnceCell::new(),
        });
        let at = Location::caller();
        let spawned = tasks.iter().map(|acts| {
            let (acts, shared) = (acts.clone(), shared.clone());
            let all = async move {
                let mut said = Vec::new();
                for act in acts {
                    said.push(run(act, shared.clone()).await);
                }
                said.join(",")
            };
            spawn::spawn(None, at, move || task::run_spawned(all, at))
        });
        let spawned: Vec<_> = spawned.collect();
        let said = spawned.into_iter().map(|task| task.join(at).unwrap().unwrap_or_default());
        let mut said: Vec<String> = said.collect();
        said.push(shared.count.load(SeqCst).to_string());
        noted.lock().unwrap().insert(said.join(" | "));
    };
    (std::sync::Arc::new(program), outcomes)
}

/// Draws something to do.
type Draw = fn(&mut Chance) -> Act;

/// Kinds of programs: what they are about.
const FAMILIES: [(&str, Draw); 4] = [
    ("semaphores", Chance::of_semaphore),
    ("tokio's locks", Chance::of_locks),
    ("notifications", Chance::of_notify),
    ("watch, barriers and cells", Chance::of_posts),
];

impl Chance {
    fn of_semaphore(&mut self) -> Act {
        let many = self.below(3);
        match self.below(12) {
            0..4 => Act::Hold(many as u32),
            4 => Act::Keep(many as u32),
            5 => Act::TryHold(many as u32),
            6 | 7 => Act::Add(many),
            8 => Act::Forget(many),
            9 => Act::Free,
            10 => Act::Close,
            _ => Act::Count,
        }
    }

    fn of_locks(&mut self) -> Act {
        match self.below(12) {
            0 | 1 => Act::Lock,
            2 => Act::TryLock,
            3 => Act::HoldThenLock,
            4..6 => Act::Read,
            6..8 => Act::Write,
            8 => Act::TryRead,
            9 => Act::TryWrite,
            10 => Act::Downgrade,
            _ => Act::Count,
        }
    }

    fn of_notify(&mut self) -> Act {
        match self.below(12) {
            0..4 => Act::Notified,
            4..7 => Act::One,
            7 => Act::Last,
            8 => Act::All,
            9 => Act::EnableThenWait,
            10 => Act::Lock,
            _ => Act::Count,
        }
    }

    fn of_posts(&mut self) -> Act {
        let value = 1 + self.below(3);
        match self.below(14) {
            0..3 => Act::Send(value),
            3 => Act::Modify,
            4 | 5 => Act::Changed,
            6 => Act::WaitFor(value),
            7 => Act::BorrowThenLock,
            8 => [Act::Subscribe, Act::DropSender][value % 2].clone(),
            9 | 10 => Act::Meet,
            11 => Act::Init(value),
            12 => [Act::Set(value), Act::Close][value % 2].clone(),
            _ => Act::Count,
        }
    }

    fn waits_in_a_queue(&mut self, draw: Draw) -> Act {
        let one = |chance: &mut Self| Box::new(draw(chance));
        match self.below(10) {
            0 => Act::Once(one(self)),
            1 => Act::Either(one(self), one(self)),
            2 => Act::Join(one(self), one(self)),
            _ => draw(self),
        }
    }
}

fn compare(tasks: &[Vec<Act>], permits: usize, interleavings_max: usize) -> Compared {
    // What it is to take permits is known only when it is done: whether they are there, or it waits for them.
    let what = format!("{tasks:?}, {permits} permits");
    compare_programs(|| runnable(tasks, permits), Known::GUESSES, &what, interleavings_max)
}

fn compare_family(family: usize, plain: u64) {
    let mut chance = Chance::new(family);
    let (name, draw) = FAMILIES[family];
    compare_many(name, plain, || {
        let count = 2 + chance.below(2);
        let acts = if count == 2 { 3 } else { 2 };
        let tasks: Vec<Vec<Act>> = (0..count)
            .map(|_| (0..=chance.below(acts)).map(|_| chance.waits_in_a_queue(draw)).collect())
            .collect();
        compare(&tasks, chance.below(3), 1_500)
    });
}

#[test]
fn semaphores_have_the_outcomes_that_every_interleaving_has() {
    compare_family(0, 100);
}

#[test]
fn tokio_locks_have_the_outcomes_that_every_interleaving_has() {
    compare_family(1, 100);
}

#[test]
fn notifications_have_the_outcomes_that_every_interleaving_has() {
    compare_family(2, 100);
}

#[test]
fn watch_barriers_and_cells_have_the_outcomes_that_every_interleaving_has() {
    compare_family(3, 40);
}
