//! The exhaustive search against brute force: random small programs, by every interleaving of their steps.

use super::budget::Budget;
use super::driver::{Program, Strategy, drive};
use super::exhaustive::Exhaustive;
use super::order::Order;
use super::schedule::{Pick, Schedule};
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{Arc, Mutex};
use crate::thread;
use crate::tokio::sync::mpsc;
use crate::world::execution::Execution;
use crate::world::failure::Failure;
use crate::world::operation::{Kind, ThreadId};
use shuttle::scheduler::Task;
use std::collections::BTreeSet;

/// Every interleaving, depth first: no step is taken to commute with any other.
pub(super) struct Naive {
    /// Whether all futures make their steps at once: the meaning of a program, without a short cut.
    pub eager: bool,
    /// Whether somebody may ask for the ends of threads but those who join them.
    pub ends_are_seen: bool,
    /// At each point, what can be picked and which of it is.
    points: Vec<(Vec<Pick>, usize)>,
    depth: usize,
    order: Order,
    begun: bool,
    pub left: usize,
    /// The distinct orders that were seen, of executions that ran to their end.
    pub orders: BTreeSet<String>,
    pub deadlocks: usize,
}

impl Naive {
    pub fn new(interleavings_max: usize) -> Self {
        Self {
            eager: false,
            ends_are_seen: false,
            points: Vec::new(),
            depth: 0,
            order: Order::default(),
            begun: false,
            left: interleavings_max,
            orders: BTreeSet::new(),
            deadlocks: 0,
        }
    }
}

impl Strategy for Naive {
    fn all_eager(&self) -> bool {
        self.eager
    }

    fn begin(&mut self) -> bool {
        self.depth = 0;
        let first = !std::mem::replace(&mut self.begun, true);
        first || !self.points.is_empty()
    }

    fn pick(&mut self, execution: &Execution, enabled: &[ThreadId], _: &[&Task]) -> Option<Pick> {
        if self.depth == self.points.len() {
            let next =
                |id: &ThreadId| execution.threads[id.index()].next.map(|(operation, _)| operation.kind);
            // Nobody asks whether a thread has exited: its end and its join meet in nothing.
            let meets_nothing = |id: &&ThreadId| matches!(next(id), Some(Kind::Exit | Kind::Join));
            let only = enabled.iter().find(meets_nothing).filter(|_| !self.ends_are_seen);
            let only = only.map(std::slice::from_ref);
            let picks = only.unwrap_or(enabled).iter().flat_map(|id| {
                let ways = if let Some(Kind::Choose(ways)) = next(id) { ways } else { 1 };
                (0..ways).map(|choice| Pick { thread: *id, choice })
            });
            self.points.push((picks.collect(), 0));
        }
        let (picks, at) = &self.points[self.depth];
        self.depth += 1;
        Some(picks[*at])
    }

    fn end(&mut self, execution: &mut Execution, _: &Schedule) -> bool {
        match &execution.failure {
            None => {
                self.order.work_out(execution);
                self.orders.insert(self.order.canonical());
            }
            Some(Failure::Deadlock { .. }) => self.deadlocks += 1,
            Some(failure) => panic!("a program without faults: {failure:?}"),
        }
        while let Some((picks, at)) = self.points.last_mut() {
            *at += 1;
            if *at < picks.len() {
                break;
            }
            self.points.pop();
        }
        self.left -= 1;
        self.left > 0
    }
}

/// One operation of a random program.
#[derive(Clone, Copy, Debug)]
enum Op {
    Load(usize),
    Store(usize, usize),
    Add(usize),
    Swap(usize, usize, usize),
    WeakSwap(usize, usize, usize),
    /// Adds to a plain number behind a lock.
    Locked(usize),
    /// Takes a second lock while it holds a first.
    Nested(usize, usize),
    TryLock(usize),
    Send(usize),
    Receive,
    TryReceive,
    IsEmpty,
}

/// A generator with a printed seed (xorshift; Marsaglia, J. Stat. Softw. 8(14), 2003).
pub(super) struct Chance(pub u64);

impl Chance {
    pub fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }

    fn op(&mut self, receives: bool) -> Op {
        let (x, value) = (self.below(2), self.below(3));
        match self.below(if receives { 13 } else { 9 }) {
            0 => Op::Load(x),
            1 => Op::Store(x, value),
            2 => Op::Add(x),
            3 => Op::Swap(x, 0, value),
            4 => Op::WeakSwap(x, 0, value),
            5 => Op::Locked(x),
            6 => Op::Nested(x, 1 - x),
            7 => Op::TryLock(x),
            8 => Op::Send(value),
            9 | 10 => Op::TryReceive,
            11 => Op::IsEmpty,
            _ => Op::Receive,
        }
    }

    /// Two or three threads, of which one may receive.
    fn program(&mut self) -> Vec<Vec<Op>> {
        let threads = 2 + self.below(2);
        let ops = if threads == 2 { 3 } else { 2 };
        let receives = self.below(threads);
        (0..threads).map(|i| (0..=self.below(ops)).map(|_| self.op(i == receives)).collect()).collect()
    }
}

/// What the threads of a program share.
struct Shared {
    atomics: [AtomicUsize; 2],
    locks: [Mutex<usize>; 2],
}

/// Does one operation, and says what was seen.
fn perform(
    op: Op,
    shared: &Shared,
    sender: Option<&mpsc::Sender<usize>>,
    receiver: Option<&mut mpsc::Receiver<usize>>,
) -> String {
    let seq = Ordering::SeqCst;
    match op {
        Op::Load(x) => format!("{}", shared.atomics[x].load(seq)),
        Op::Store(x, value) => {
            shared.atomics[x].store(value, seq);
            String::new()
        }
        Op::Add(x) => format!("{}", shared.atomics[x].fetch_add(1, seq)),
        Op::Swap(x, old, new) => format!("{:?}", shared.atomics[x].compare_exchange(old, new, seq, seq)),
        Op::WeakSwap(x, old, new) => {
            format!("{:?}", shared.atomics[x].compare_exchange_weak(old, new, seq, seq))
        }
        Op::Locked(x) => {
            let mut value = shared.locks[x].lock().unwrap();
            *value += 1;
            format!("{value}")
        }
        Op::Nested(x, y) => {
            let first = shared.locks[x].lock().unwrap();
            let second = shared.locks[y].lock().unwrap();
            format!("{first} {second}")
        }
        Op::TryLock(x) => match shared.locks[x].try_lock() {
            Ok(mut value) => {
                *value += 10;
                format!("{value}")
            }
            Err(_) => "held".to_owned(),
        },
        Op::Send(value) => {
            format!("{:?}", sender.expect("a program that sends has a channel").blocking_send(value))
        }
        Op::Receive => format!("{:?}", receiver.expect("one thread receives").blocking_recv()),
        Op::TryReceive => format!("{:?}", receiver.expect("one thread receives").try_recv()),
        Op::IsEmpty => format!("{}", receiver.expect("one thread receives").is_empty()),
    }
}

type Outcomes = std::sync::Arc<std::sync::Mutex<BTreeSet<String>>>;

/// A program that notes what its threads saw, and the outcomes that were noted.
fn runnable(threads: &[Vec<Op>]) -> (Program, Outcomes) {
    let outcomes = Outcomes::default();
    let outcomes_noted = outcomes.clone();
    let threads = threads.to_vec();
    let receives = |op: &Op| matches!(op, Op::Receive | Op::TryReceive | Op::IsEmpty);
    let has_channel = threads.iter().flatten().any(|op| receives(op) || matches!(op, Op::Send(_)));
    let program = move || {
        let shared = Arc::new(Shared {
            atomics: [AtomicUsize::new(0), AtomicUsize::new(0)],
            locks: [Mutex::new(0), Mutex::new(0)],
        });
        let (sender, mut receiver) = has_channel.then(|| mpsc::channel(2)).unzip();
        let handles = threads.iter().map(|ops| {
            let (ops, shared, sender) = (ops.clone(), shared.clone(), sender.clone());
            let mut receiver = if ops.iter().any(receives) { receiver.take() } else { None };
            thread::spawn(move || {
                let seen = |op: &Op| perform(*op, &shared, sender.as_ref(), receiver.as_mut());
                ops.iter().map(seen).collect::<Vec<_>>().join(",")
            })
        });
        let handles: Vec<_> = handles.collect();
        drop(sender);
        let seen: Vec<String> = handles.into_iter().map(|handle| handle.join().unwrap()).collect();
        let ends = shared.atomics.iter().map(|atomic| atomic.load(Ordering::SeqCst).to_string());
        outcomes_noted.lock().unwrap().insert(seen.into_iter().chain(ends).collect::<Vec<_>>().join(" | "));
    };
    (std::sync::Arc::new(program), outcomes)
}

/// What the comparison of one program came to.
enum Compared {
    Same { executions: u64, redundant: u64 },
    Deadlock,
    TooLarge,
}

fn compare_within(threads: &[Vec<Op>], interleavings_max: usize) -> Compared {
    let (program, possible) = runnable(threads);
    let (naive, _) = drive(&program, Naive::new(interleavings_max), 1_000);
    if naive.left == 0 {
        return Compared::TooLarge;
    }
    let (program, found) = runnable(threads);
    let (search, counts) = drive(&program, Exhaustive::new(Budget::new(u64::MAX, None)), 1_000);
    if naive.deadlocks > 0 {
        assert!(search.finding.is_some(), "{threads:?}: {} deadlocks were missed", naive.deadlocks);
        return Compared::Deadlock;
    }
    assert!(search.finding.is_none(), "{threads:?}: a false alarm: {:?}", search.finding);
    assert_eq!(*found.lock().unwrap(), *possible.lock().unwrap(), "{threads:?}: other outcomes");
    assert_eq!(counts.executions, naive.orders.len() as u64, "{threads:?}: executions and distinct orders");
    // What a reversed step turns out to be is known only when it is made.
    let guesses = |op: &Op| {
        matches!(op, Op::Swap(..) | Op::WeakSwap(..) | Op::TryLock(_) | Op::TryReceive | Op::IsEmpty)
    };
    if !threads.iter().flatten().any(guesses) {
        assert_eq!(counts.redundant, 0, "{threads:?}");
    }
    Compared::Same { executions: counts.executions, redundant: counts.redundant }
}

/// Programs in which the reversal of a race turns out otherwise than the step that was reversed.
#[test]
fn an_outcome_that_depends_on_the_order_is_not_taken_for_known() {
    let store = |value| Op::Store(0, value);
    for threads in [
        vec![vec![Op::TryReceive, store(2)], vec![Op::Send(0)], vec![store(1)]],
        vec![vec![Op::Send(0)], vec![Op::TryReceive, store(2)], vec![store(1)]],
        vec![vec![Op::Send(0)], vec![Op::TryReceive]],
        vec![vec![Op::Locked(0)], vec![Op::TryLock(0), store(2)], vec![store(1)]],
        vec![vec![Op::Swap(0, 1, 2), Op::Load(1)], vec![store(1)], vec![Op::Store(1, 1)]],
    ] {
        assert!(matches!(compare_within(&threads, 100_000), Compared::Same { .. }), "{threads:?}");
    }
}

/// `RACEPROOF_PROGRAMS=20000` for more of them than a plain run compares.
#[test]
fn runs_every_distinct_order_once_and_misses_no_outcome() {
    let wanted = std::env::var("RACEPROOF_PROGRAMS").ok().and_then(|n| n.parse().ok()).unwrap_or(500);
    let mut chance = Chance(0x9E37_79B9_7F4A_7C15);
    let (mut programs, mut executions, mut in_vain, mut deadlocks, mut too_large) = (0_u64, 0, 0, 0, 0);
    while programs < wanted {
        match compare_within(&chance.program(), 1_500) {
            Compared::Same { executions: n, redundant } => {
                executions += n;
                in_vain += redundant;
            }
            Compared::Deadlock => deadlocks += 1,
            Compared::TooLarge => {
                too_large += 1;
                continue;
            }
        }
        programs += 1;
    }
    println!(
        "{programs} programs, {executions} executions, one for each distinct order, and {in_vain} begun in vain; \
         {deadlocks} programs with a deadlock, each found; {too_large} more too large for brute force"
    );
}
