//! The checker against naive search, on random small histories of many specs.
//!
//! 20,000 histories; a million by
//! `RACEPROOF_HISTORIES=1000000 cargo test --release --test linearize -- --nocapture naive`.

mod bag;
mod compare;
mod incremental;
mod large;
mod limits;
mod naive;
mod parts;
mod random;
mod relaxed;
mod words;

use compare::{Tally, compare};
use raceproof::spec::{
    Spec,
    cas_register::{self, CasRegister},
    counter::{self, Counter},
    keyed::{Keyed, On},
    kv::{self, Kv},
    limiter::{self, Limiter},
    lock::{self, Lock},
    queue::{self, Queue},
    register::{self, Register},
    semaphore::{self, Semaphore},
    set::{self, Set},
    stack::{self, Stack},
};
use random::Random;

const KINDS: u64 = 12;

/// One history of the kind that `seed` names; what comes after the spec are a random
/// operation, and a random state to take a wrong answer from.
fn one(seed: u64, tally: &mut Tally) {
    let seeded = (seed, tally);
    match seed % KINDS {
        0 => compare(seeded, &Register(0), register_op, |r| Register(r.below(3))),
        1 => compare(seeded, &CasRegister(0), cas_op, |r| CasRegister(r.below(3))),
        2 => compare(seeded, &Counter(0), counter_op, |r| Counter(r.int(4))),
        3 => compare(
            seeded,
            &first_at_one(),
            |r| On(r.below(2), counter_op(r)),
            |r| Keyed::new(Counter(r.int(3))),
        ),
        4 => compare(seeded, &[("a", "x")].into_iter().collect::<Kv>(), kv_op, |r| {
            [("a", "x".repeat(r.below(2) as usize)), ("b", "y".repeat(r.below(2) as usize))]
                .into_iter()
                .collect()
        }),
        5 => compare(seeded, &Set::default(), set_op, |r| Set((0..r.below(3)).collect())),
        6 => compare(seeded, &Queue::default(), queue_op, |r| Queue((0..r.below(3)).collect())),
        7 => compare(seeded, &Stack::default(), stack_op, |r| Stack((0..r.below(3)).collect())),
        8 => compare(seeded, &Lock::default(), lock_op, |r| {
            Lock([None, Some(0), Some(1)][r.below(3) as usize])
        }),
        9 => compare(seeded, &Semaphore::new(2), semaphore_op, |r| Semaphore::new(r.below(3) as u32)),
        10 => compare(seeded, &Limiter::new(2), limiter_op, |r| Limiter::new(r.below(3) as u32)),
        _ => compare(seeded, &bag::Bag::default(), bag::op, bag::any),
    }
}

/// Counters of which one does not begin like the others.
fn first_at_one() -> Keyed<u64, Counter> {
    let mut counters = Keyed::new(Counter(0));
    counters.apply(&On(0, counter::Op::Add(1)));
    counters
}

fn register_op(r: &mut Random) -> register::Op<u64> {
    if r.one_in(2) { register::Op::Read } else { register::Op::Write(r.below(3)) }
}

fn cas_op(r: &mut Random) -> cas_register::Op<u64> {
    match r.below(3) {
        0 => cas_register::Op::Read,
        1 => cas_register::Op::Write(r.below(3)),
        _ => cas_register::Op::Cas(r.below(3), r.below(3)),
    }
}

fn counter_op(r: &mut Random) -> counter::Op {
    match r.below(6) {
        0 | 1 => counter::Op::Get,
        2 => counter::Op::Set(r.int(2)),
        3 | 4 => counter::Op::Add(1),
        _ => counter::Op::FetchAdd(1),
    }
}

fn kv_op(r: &mut Random) -> kv::Op {
    let key = ["a", "b"][r.below(2) as usize].to_owned();
    match r.below(4) {
        0 | 1 => kv::Op::Get(key),
        2 => kv::Op::Put(key, "x".repeat(r.below(3) as usize)),
        _ => kv::Op::Append(key, ["x", "y"][r.below(2) as usize].to_owned()),
    }
}

fn set_op(r: &mut Random) -> set::Op<u64> {
    match r.below(4) {
        0 => set::Op::Add(r.below(2)),
        1 => set::Op::Remove(r.below(2)),
        2 => set::Op::Contains(r.below(2)),
        _ => set::Op::Read,
    }
}

fn queue_op(r: &mut Random) -> queue::Op<u64> {
    if r.one_in(2) { queue::Op::Pop } else { queue::Op::Push(r.below(3)) }
}

fn stack_op(r: &mut Random) -> stack::Op<u64> {
    if r.one_in(2) { stack::Op::Pop } else { stack::Op::Push(r.below(3)) }
}

fn lock_op(r: &mut Random) -> lock::Op<u64> {
    match r.below(8) {
        0..3 => lock::Op::Acquire(r.below(2)),
        3..6 => lock::Op::Release(r.below(2)),
        6 => lock::Op::Expire,
        _ => lock::Op::Holder,
    }
}

fn semaphore_op(r: &mut Random) -> semaphore::Op {
    match r.below(5) {
        0 | 1 => semaphore::Op::Acquire(1 + r.below(2) as u32),
        2 | 3 => semaphore::Op::Release(1 + r.below(2) as u32),
        _ => semaphore::Op::Free,
    }
}

fn limiter_op(r: &mut Random) -> limiter::Op {
    match r.below(6) {
        0..4 => limiter::Op::Admit,
        4 => limiter::Op::Tick,
        _ => limiter::Op::Left,
    }
}

#[test]
fn agrees_with_naive_search() {
    let histories: u64 =
        std::env::var("RACEPROOF_HISTORIES").map_or(20_000, |n| n.parse().expect("a number"));
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u64;
    let mut total = Tally::default();
    std::thread::scope(|scope| {
        let work = |first: u64| {
            let mut tally = Tally::default();
            (first..histories).step_by(threads as usize).for_each(|seed| one(seed, &mut tally));
            tally
        };
        let workers: Vec<_> = (0..threads).map(|first| scope.spawn(move || work(first))).collect();
        for worker in workers {
            total += worker.join().expect("the message is printed above");
        }
    });
    println!("{total}");
    assert_eq!(total.histories, histories);
}
