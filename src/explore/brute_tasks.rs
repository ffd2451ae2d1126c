//! Tasks in the exhaustive search against brute force: random small asynchronous programs, by every
//! interleaving of all attempts that their futures make.

use super::brute::combine::{Borrowed, Said, either, join, once};
use super::brute::polls::{Compared, Known, Outcomes, compare_many, compare_programs};
use super::brute::program::Chance;
use super::driver::Program;
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{Arc, Mutex};
use crate::tokio::sync::mpsc;
use crate::tokio::time;
use crate::world::{spawn, task};
use std::collections::VecDeque;
use std::panic::Location;
use std::task::{Context, Poll, Wake, Waker};

/// What a task awaits. Several at once have channels of their own.
#[derive(Clone, Debug)]
enum Await {
    Recv(usize),
    Send(usize, usize),
    TrySend(usize, usize),
    /// Both, one behind the other.
    Then(Box<Self>, Box<Self>),
    Join(Box<Self>, Box<Self>),
    /// The first of two that is ready, beginning with the first.
    Either(Box<Self>, Box<Self>),
    /// Polled once.
    Now(Box<Self>),
    /// A future of the program's own, that leaves its waker behind a lock.
    Wait(usize),
    /// Two with wakers of their own, in the order in which they are woken.
    Unordered(Box<Self>, Box<Self>),
    Yield,
    Sleep,
    /// Until a time is up.
    Timed(Box<Self>),
    Load(usize),
    Add(usize),
    /// Sets what `Wait` waits for, and wakes it.
    Set(usize),
    Abort(usize),
    Ended(usize),
    /// The handle of a task that it spawns.
    Spawned(Work),
}

/// What a spawned task does.
#[derive(Clone, Copy, Debug)]
enum Work {
    Add(usize),
    Wait(usize),
    Recv(usize),
}

struct Shared {
    atomics: [AtomicUsize; 2],
    flags: [AtomicUsize; 2],
    wakers: [Mutex<Option<Waker>>; 2],
    senders: Vec<mpsc::Sender<usize>>,
    tasks: std::sync::Mutex<Vec<crate::world::operation::ThreadId>>,
}

type Receivers = std::sync::Arc<Vec<std::sync::Mutex<Option<mpsc::Receiver<usize>>>>>;

async fn recv(receivers: Receivers, x: usize) -> String {
    let mut borrowed = Borrowed::of(&receivers[x]);
    let received = borrowed.1.as_mut().expect("a task has channels of its own").recv().await;
    received.map_or("end".to_owned(), |value| value.to_string())
}

async fn wait(shared: Arc<Shared>, x: usize) -> String {
    std::future::poll_fn(|context| {
        if shared.flags[x].load(Ordering::SeqCst) == 1 {
            return Poll::Ready("set".to_owned());
        }
        *shared.wakers[x].lock().unwrap() = Some(context.waker().clone());
        if shared.flags[x].load(Ordering::SeqCst) == 1 {
            Poll::Ready("late".to_owned())
        } else {
            Poll::Pending
        }
    })
    .await
}

struct Child {
    index: usize,
    woken: std::sync::Arc<std::sync::Mutex<VecDeque<usize>>>,
    parent: Waker,
}

impl Wake for Child {
    fn wake(self: std::sync::Arc<Self>) {
        self.woken.lock().unwrap().push_back(self.index);
        self.parent.wake_by_ref();
    }
}

/// As `FuturesUnordered`: a child is polled when its own waker was called, in that order.
async fn unordered(children: [Said<'_>; 2]) -> String {
    let woken = std::sync::Arc::new(std::sync::Mutex::new(VecDeque::from([0, 1])));
    let mut children = children.map(Some);
    let mut said = Vec::new();
    std::future::poll_fn(|context| {
        loop {
            let next = woken.lock().unwrap().pop_front();
            let Some(index) = next else { break };
            let Some(child) = &mut children[index] else { continue };
            let waker = Child { index, woken: woken.clone(), parent: context.waker().clone() };
            let waker = Waker::from(std::sync::Arc::new(waker));
            if let Poll::Ready(text) = child.as_mut().poll(&mut Context::from_waker(&waker)) {
                children[index] = None;
                said.push(format!("{index}:{text}"));
            }
        }
        if said.len() == 2 { Poll::Ready(said.join("&")) } else { Poll::Pending }
    })
    .await
}

fn run(what: Await, shared: Arc<Shared>, receivers: Receivers) -> Said<'static> {
    let seq = Ordering::SeqCst;
    let next = |what: Box<Await>| run(*what, shared.clone(), receivers.clone());
    match what {
        Await::Recv(x) => Box::pin(recv(receivers, x)),
        Await::Wait(x) => Box::pin(wait(shared, x)),
        Await::Then(a, b) => {
            let (a, b) = (next(a), next(b));
            Box::pin(async move { format!("{},{}", a.await, b.await) })
        }
        Await::Join(a, b) => join(next(a), next(b)),
        Await::Either(a, b) => either(next(a), next(b)),
        Await::Now(a) => once(next(a)),
        Await::Unordered(a, b) => Box::pin(unordered([next(a), next(b)])),
        Await::Yield => Box::pin(async {
            crate::tokio::task::yield_now().await;
            String::new()
        }),
        Await::Sleep => Box::pin(async {
            time::sleep(time::Duration::from_millis(1)).await;
            "slept".to_owned()
        }),
        Await::Spawned(what) => Box::pin(async move {
            let ended = crate::tokio::spawn(work(what, shared, receivers)).await;
            ended.unwrap_or_else(|_| "cancelled".to_owned())
        }),
        Await::Timed(a) => {
            let a = next(a);
            Box::pin(async move {
                let timed = time::timeout(time::Duration::from_millis(1), a).await;
                timed.unwrap_or_else(|_| "late".to_owned())
            })
        }
        _ => Box::pin(async move {
            match what {
                Await::Send(x, value) => {
                    let _ = shared.senders[x].send(value).await;
                    String::new()
                }
                Await::TrySend(x, value) => shared.senders[x].try_send(value).is_ok().to_string(),
                Await::Load(x) => shared.atomics[x].load(seq).to_string(),
                Await::Add(x) => shared.atomics[x].fetch_add(1, seq).to_string(),
                Await::Set(x) => {
                    shared.flags[x].store(1, seq);
                    let waker = shared.wakers[x].lock().unwrap().take();
                    waker.inspect(Waker::wake_by_ref).is_some().to_string()
                }
                Await::Abort(task) => {
                    let task = shared.tasks.lock().unwrap()[task];
                    task::abort(task, Location::caller());
                    String::new()
                }
                Await::Ended(task) => {
                    let task = shared.tasks.lock().unwrap()[task];
                    spawn::is_finished(task, Location::caller()).to_string()
                }
                _ => unreachable!("the others wait"),
            }
        }),
    }
}

async fn work(what: Work, shared: Arc<Shared>, receivers: Receivers) -> String {
    match what {
        Work::Add(x) => shared.atomics[x].fetch_add(1, Ordering::SeqCst).to_string(),
        Work::Wait(x) => wait(shared, x).await,
        Work::Recv(x) => recv(receivers, x).await,
    }
}

/// The last task receives from both channels; the others send.
fn runnable(tasks: &[Await], room: usize) -> (Program, Outcomes) {
    let outcomes = Outcomes::default();
    let noted = outcomes.clone();
    let tasks = tasks.to_vec();
    let program = move || {
        let (senders, receivers): (Vec<_>, Vec<_>) = (0..2).map(|_| mpsc::channel(room)).unzip();
        let shared = Arc::new(Shared {
            atomics: [AtomicUsize::new(0), AtomicUsize::new(0)],
            flags: [AtomicUsize::new(0), AtomicUsize::new(0)],
            wakers: [Mutex::new(None), Mutex::new(None)],
            senders,
            tasks: std::sync::Mutex::default(),
        });
        let receivers = receivers.into_iter().map(|r| std::sync::Mutex::new(Some(r))).collect();
        let receivers = Receivers::new(receivers);
        let at = Location::caller();
        let spawned = tasks.iter().map(|what| {
            let future = run(what.clone(), shared.clone(), receivers.clone());
            let spawned = spawn::spawn(None, at, move || task::run_spawned(future, at));
            shared.tasks.lock().unwrap().push(spawned.whom.thread);
            spawned
        });
        let spawned: Vec<_> = spawned.collect();
        let mut said = Vec::new();
        for (i, task) in spawned.into_iter().enumerate() {
            if i + 1 == tasks.len() {
                // So that fewer programs wait for ever.
                for sender in &shared.senders {
                    let _ = sender.try_send(9);
                }
            }
            said.push(task.join(at).unwrap().unwrap_or_else(|| "aborted".to_owned()));
        }
        said.extend(shared.atomics.iter().map(|atomic| atomic.load(Ordering::SeqCst).to_string()));
        noted.lock().unwrap().insert(said.join(" | "));
    };
    (std::sync::Arc::new(program), outcomes)
}

fn compare(tasks: &[Await], room: usize, interleavings_max: usize) -> Compared {
    let asks = tasks.iter().any(|what| format!("{what:?}").contains("Ended"));
    // What an attempt to send turns out to be is known only when it is made.
    let what = format!("{tasks:?}, room {room}");
    let guesses = what.contains("Send");
    let aborts_a_wait = what.contains("Abort") && what.contains("Spawned");
    let known = Known { asks, guesses, aborts_a_wait };
    compare_programs(|| runnable(tasks, room), known, &what, interleavings_max)
}

impl Chance {
    /// Something that a receiving task awaits, with these channels and wakers for itself.
    fn awaits(&mut self, own: &[usize], depth: usize) -> Await {
        let x = own[self.below(own.len())];
        let next = |chance: &mut Self, own: &[usize]| Box::new(chance.awaits(own, depth - 1));
        match self.below(if depth == 0 { 5 } else { 13 }) {
            0 | 1 => Await::Recv(x),
            2 => {
                if self.below(4) == 0 {
                    Await::Send(x, 5)
                } else {
                    Await::Recv(x)
                }
            }
            3 => {
                if self.below(3) == 0 {
                    Await::Wait(x)
                } else {
                    Await::Recv(x)
                }
            }
            4 => {
                if self.below(2) == 0 {
                    Await::Add(x)
                } else {
                    Await::Load(x)
                }
            }
            5 | 6 => Await::Then(next(self, own), next(self, own)),
            7 => Await::Now(next(self, own)),
            n if own.len() == 2 => {
                let (a, b) = (next(self, &own[..1]), next(self, &own[1..]));
                match n {
                    8 | 9 => Await::Either(a, b),
                    10 | 11 => Await::Join(a, b),
                    _ => Await::Unordered(a, b),
                }
            }
            8 => Await::Yield,
            _ => Await::Then(next(self, own), next(self, own)),
        }
    }

    /// A step that another task makes, which the receiving one may wait for.
    fn act(&mut self, receiver: usize) -> Await {
        let x = self.below(2);
        match self.below(10) {
            0..=3 => Await::Send(x, self.below(3)),
            4 => Await::TrySend(x, self.below(3)),
            5 => Await::Set(x),
            6 => Await::Add(x),
            7 => Await::Load(x),
            8 => Await::Abort(receiver),
            _ => Await::Ended(receiver),
        }
    }

    /// Something with a timer that a receiving task awaits; one of a kind, since a second is bounded.
    fn awaits_in_time(&mut self) -> Await {
        let mut next = |own: &[usize], depth| Box::new(self.awaits(own, depth));
        let (a, b) = (next(&[0, 1], 1), next(&[0], 1));
        match self.below(6) {
            0 | 1 => Await::Timed(a),
            2 => Await::Either(Box::new(Await::Sleep), b),
            3 => Await::Either(b, Box::new(Await::Sleep)),
            4 => Await::Join(Box::new(Await::Sleep), b),
            _ => Await::Then(Box::new(Await::Timed(b)), Box::new(Await::Recv(0))),
        }
    }

    /// The handle of a task that is spawned, beside something else.
    fn awaits_a_handle(&mut self) -> Await {
        let spawned = Await::Spawned(match self.below(3) {
            0 => Work::Add(0),
            1 => Work::Wait(0),
            _ => Work::Recv(0),
        });
        let beside = if self.below(3) == 0 { Await::Spawned(Work::Recv(1)) } else { self.awaits(&[1], 0) };
        let (a, b) = (Box::new(spawned), Box::new(beside));
        match self.below(6) {
            0..=2 => Await::Unordered(a, b),
            3 => Await::Join(a, b),
            4 => Await::Either(b, a),
            _ => Await::Then(b, a),
        }
    }

    fn tasks(&mut self) -> Vec<Await> {
        let others = 1 + self.below(2);
        let mut tasks: Vec<Await> = (0..others)
            .map(|_| {
                let acts = if others == 1 { 3 } else { 2 };
                let first = self.act(others);
                (0..self.below(acts))
                    .fold(first, |before, _| Await::Then(Box::new(before), Box::new(self.act(others))))
            })
            .collect();
        tasks.push(self.awaits(&[0, 1], 2));
        tasks
    }
}

/// Whoever wakes the second of the two puts it into their queue, and then calls the task's waker.
#[test]
fn what_a_waker_does_before_it_calls_its_tasks_is_done_behind_the_step_before() {
    let then = |a, b| Await::Then(Box::new(a), Box::new(b));
    let sender = then(then(Await::Set(0), Await::TrySend(0, 2)), Await::Send(0, 1));
    let both = Await::Unordered(Box::new(then(Await::Add(0), Await::Wait(0))), Box::new(Await::Add(1)));
    let compared = compare(&[sender, both], 1, 10_000);
    assert!(compared.deadlocks > 0, "{compared:?}");
}

/// Programs whose last task awaits what is drawn so.
fn compare_awaits(name: &str, plain: u64, seed: u64, awaits: fn(&mut Chance) -> Await) {
    let mut chance = Chance(seed);
    compare_many(name, plain, || {
        let mut tasks = chance.tasks();
        *tasks.last_mut().expect("one receives") = awaits(&mut chance);
        compare(&tasks, 1 + chance.below(2), 1_500)
    });
}

#[test]
fn timers_are_up_whenever_every_interleaving_has_them_up() {
    compare_awaits("timers", 25, 0x9E37_79B9_7F4A_7C15, Chance::awaits_in_time);
}

#[test]
fn handles_are_told_of_an_end_in_every_interleaving_that_has_it() {
    compare_awaits("handles", 40, 0xD1B5_4A32_D192_ED03, Chance::awaits_a_handle);
}

#[test]
fn tasks_have_the_outcomes_that_every_interleaving_of_their_polls_has() {
    let mut chance = Chance(0x2545_F491_4F6C_DD1D);
    compare_many("tasks", 100, || {
        let tasks = chance.tasks();
        compare(&tasks, 1 + chance.below(2), 1_500)
    });
}
