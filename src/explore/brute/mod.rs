//! The exhaustive search against brute force: random small programs, by every interleaving of their steps.

pub(super) mod combine;
mod naive;
pub(super) mod polls;
pub(super) mod program;

use super::budget::Budget;
use super::driver::{Restart, Strategy, drive};
use super::estimate::interleavings;
use super::exhaustive::Exhaustive;
use super::order::Order;
use super::schedule::{Pick, Schedule};
use crate::world::execution::{Execution, Known};
use crate::world::failure::Failure;
use crate::world::operation::ThreadId;
use crate::world::task::Eager;
use naive::{Grain, enumerate, weigh};
use program::{Chance, Op, runnable};
use shuttle::scheduler::Task;
use std::collections::BTreeSet;

/// The distinct orders that a search has seen: of executions that ran to their end, and of those that ended
/// in a deadlock, with what each thread waits for.
#[derive(Default)]
pub(super) struct Seen {
    order: Order,
    pub orders: BTreeSet<String>,
    pub deadlocks: BTreeSet<String>,
    /// Executions that showed an order once more.
    pub again: usize,
    /// Each execution as one over the number of interleavings of its order, if that is asked for.
    pub weighed: Option<f64>,
}

impl Seen {
    /// Takes note of an execution that has just ended, and forgets that it was a deadlock.
    fn note(&mut self, execution: &mut Execution) {
        // Another branch shows what follows.
        if matches!(execution.failure, Some(Failure::Cut)) {
            return;
        }
        self.order.work_out(execution);
        if let Some(weighed) = &mut self.weighed {
            *weighed += interleavings(&self.order).expect("a small order").recip();
        }
        let order = self.order.canonical();
        let new = match execution.failure.take() {
            None => self.orders.insert(order),
            Some(Failure::Deadlock { waits }) => {
                let waits: Vec<_> = waits.iter().map(|wait| (wait.thread, wait.operation.kind)).collect();
                self.deadlocks.insert(format!("{order}\n{waits:?}"))
            }
            Some(failure) => panic!("a program without faults: {failure:?}"),
        };
        self.again += usize::from(!new);
    }
}

/// The exhaustive search, made to go on behind a deadlock.
pub(super) struct Unstopped {
    pub search: Exhaustive,
    pub seen: Seen,
    /// Whether every future makes its step in every poll.
    pub eager: bool,
}

impl Unstopped {
    pub fn new() -> Self {
        let search = Exhaustive::new(Budget::new(u64::MAX, None), None);
        Self { search, seen: Seen::default(), eager: false }
    }
}

impl Strategy for Unstopped {
    fn known(&self) -> Known {
        Known { eager: Eager::everywhere(self.eager), ..Known::default() }
    }

    fn reduces(&self) -> bool {
        true
    }

    fn restart(&mut self) -> Restart {
        self.seen = Seen::default();
        self.search.restart()
    }

    fn begin(&mut self) -> bool {
        self.search.begin()
    }

    fn pick(&mut self, execution: &Execution, enabled: &[ThreadId], tasks: &[&Task]) -> Option<Pick> {
        self.search.pick(execution, enabled, tasks)
    }

    /// Every deadlock is compared, and so is what the other threads do behind it.
    fn ends_at_a_cycle(&self) -> bool {
        false
    }

    fn end(&mut self, execution: &mut Execution, picks: &Schedule) -> bool {
        self.seen.note(execution);
        self.search.end(execution, picks)
    }
}

/// What the comparison of one program came to.
enum Compared {
    Same { executions: u64, redundant: u64, deadlocks: usize },
    TooLarge,
}

/// What a blocking call of tokio's awaits is polled in steps, so that both searches are of one program.
const EAGER: Grain = Grain { eager: true, ends_are_seen: false };

fn compare_within(threads: &[Vec<Op>], places: usize, interleavings_max: usize) -> Compared {
    let (program, possible) = runnable(threads, places);
    let Some(naive) = enumerate(&program, EAGER, interleavings_max) else {
        return Compared::TooLarge;
    };
    let (program, found) = runnable(threads, places);
    let (searched, counts) = drive(&program, Unstopped { eager: true, ..Unstopped::new() }, 1_000);
    assert!(searched.search.finding.is_none(), "{threads:?}: {:?}", searched.search.finding);
    assert_eq!(*found.lock().unwrap(), *possible.lock().unwrap(), "{threads:?}: other outcomes");
    let searched = searched.seen;
    assert_same(&searched.deadlocks, &naive.deadlocks, &format!("{threads:?}: deadlocks"));
    assert_same(&searched.orders, &naive.orders, &format!("{threads:?}: orders"));
    assert_eq!(searched.again, 0, "{threads:?}: an order was run twice");
    if !threads.iter().flatten().any(Op::guesses) {
        assert_eq!(counts.redundant, 0, "{threads:?}");
    }
    let deadlocks = searched.deadlocks.len();
    Compared::Same { executions: counts.executions, redundant: counts.redundant, deadlocks }
}

/// Panics with one order that only one of the two searches has seen.
pub(super) fn assert_same(searched: &BTreeSet<String>, naive: &BTreeSet<String>, what: &str) {
    let (missed, extra) = (naive.difference(searched).next(), searched.difference(naive).next());
    let show = |order: Option<&String>| order.cloned().unwrap_or_else(|| "none".to_owned());
    assert!(
        missed.is_none() && extra.is_none(),
        "{what}: {} searched, {} by brute force\nmissed: {}\nextra: {}",
        searched.len(),
        naive.len(),
        show(missed),
        show(extra)
    );
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
        assert!(matches!(compare_within(&threads, 0, 100_000), Compared::Same { .. }), "{threads:?}");
    }
}

/// What random descents draw from: so their mean tends to the number of orders.
#[test]
fn each_execution_as_one_over_the_interleavings_of_its_order_counts_the_orders() {
    let mut compared = 0;
    for family in 0..2 {
        let mut chance = Chance::new(family);
        for _ in 0..30 {
            let threads = chance.program(family);
            let grain = Grain { ends_are_seen: true, ..EAGER };
            let Some(seen) = weigh(&runnable(&threads, 0).0, grain, 2_000, Some(0.0)) else {
                continue;
            };
            let orders = seen.orders.len() + seen.deadlocks.len();
            let weighed = seen.weighed.expect("asked for");
            assert!((weighed - orders as f64).abs() < 1e-6, "{threads:?}: {orders} as {weighed}");
            compared += 1;
        }
    }
    assert!(compared > 5, "{compared} programs are small enough");
}

/// How many programs are compared: `RACEPROOF_PROGRAMS=20000` for more of them than a plain run does.
pub(super) fn wanted(plain: u64) -> u64 {
    std::env::var("RACEPROOF_PROGRAMS").ok().and_then(|n| n.parse().ok()).unwrap_or(plain)
}

fn compare_many(family: usize, plain: u64) {
    let wanted = wanted(plain);
    let (mut chance, about) = (Chance::new(family), &program::FAMILIES[family]);
    let (mut programs, mut executions, mut in_vain, mut deadlocks, mut too_large) = (0_u64, 0, 0, 0, 0);
    while programs < wanted {
        match compare_within(&chance.program(family), about.places, 1_500) {
            Compared::Same { executions: n, redundant, deadlocks: locked } => {
                executions += n;
                in_vain += redundant;
                deadlocks += locked;
            }
            Compared::TooLarge => {
                too_large += 1;
                continue;
            }
        }
        programs += 1;
    }
    println!(
        "{}: {programs} programs, {executions} executions, one for each distinct order, and {in_vain} begun in \
         vain; {deadlocks} of them deadlocks; {too_large} more programs too large for brute force",
        about.about
    );
}

macro_rules! families {
    ($($name:ident: $family:literal),* $(,)?) => {$(
        #[test]
        fn $name() {
            compare_many($family, 180);
        }
    )*};
}

families! {
    atomics_and_mutexes: 0,
    channels: 1,
    rwlocks: 2,
    condvars: 3,
    parking: 4,
    once_and_barriers: 5,
    rendezvous: 6,
    channels_with_one_place: 7,
    channels_with_two_places: 8,
}
