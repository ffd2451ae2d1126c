//! Weaker promises against naive search, and against what tells them apart.

use crate::naive;
use crate::random::{self, Random};
use raceproof::linearize::relaxed::{Backwards, Reading, Sequential, monotone, quiescent, sequential};
use raceproof::linearize::{Call, History, Limits, Outcome, check};
use raceproof::spec::Spec;
use raceproof::spec::counter::{self, Counter};
use raceproof::spec::queue::Queue;
use raceproof::spec::register::{Op, Register, Ret};

/// Calls of one client do not overlap here, so its order is that of real time.
fn without_time_between_clients<S: Spec>(history: &History<S>, state: &S, left: &mut Vec<usize>) -> bool {
    let calls = history.calls();
    if left.iter().all(|index| calls[*index].returned.is_none()) {
        return true;
    }
    for place in 0..left.len() {
        let index = left[place];
        let call = &calls[index];
        let waits = |other: &usize| {
            calls[*other].client == call.client && calls[*other].returned.is_some() && *other < index
        };
        if left.iter().any(waits) {
            continue;
        }
        left.remove(place);
        let next = state.next(&call.op, call.ret.as_ref());
        let explained = next.iter().any(|next| without_time_between_clients(history, next, left));
        left.insert(place, index);
        if explained {
            return true;
        }
    }
    false
}

/// Every call lasts as long as the busy period that it falls into.
fn stretched<S: Spec>(history: &History<S>) -> History<S> {
    let quiet = |at: u64, after: bool| {
        history.calls().iter().all(|call| {
            let begins = if after { call.invoked > at } else { call.invoked >= at };
            begins || call.returned.is_some_and(|end| if after { end <= at } else { end < at })
        })
    };
    let mut out = History::new();
    for call in history.calls() {
        let invoked = (0..=call.invoked).rev().find(|at| quiet(*at, false)).unwrap_or(0);
        let returned = call.returned.map(|end| (end..10_000).find(|at| quiet(*at, true)).unwrap_or(10_000));
        out.push(Call { invoked, returned, ..call.clone() });
    }
    out
}

/// How many of so many histories are linearizable, sequentially consistent, and quiescently consistent, after
/// naive search has said the same.
fn agree<S: Spec>(
    histories: u64,
    initial: &S,
    op: impl Fn(&mut Random) -> S::Op,
    scramble: impl Fn(&mut Random) -> S,
) -> [u32; 3] {
    let mut counts = [0; 3];
    for seed in 0..histories {
        let history = random::history(&mut Random::new(seed), initial, 6, &op, &scramble);
        let linearizable = naive::explains(initial, &history);
        let mut all = (0..history.calls().len()).collect();
        let expected = without_time_between_clients(&history, initial, &mut all);
        let found = sequential(initial, &history, Limits::default());
        assert_eq!(matches!(found, Sequential::Holds(_)), expected, "seed {seed}: {found:?} of {history:#?}");
        let quiet = naive::explains(initial, &stretched(&history));
        let found = quiescent(initial, &history, Limits::default());
        assert_eq!(
            matches!(found, Outcome::Linearizable(_)),
            quiet,
            "seed {seed}: {found:?} of {history:#?}"
        );
        assert!(!linearizable || (expected && quiet), "seed {seed}: linearizability implies both");
        let found = [linearizable, expected, quiet];
        counts.iter_mut().zip(found).for_each(|(count, found)| *count += u32::from(found));
    }
    println!("{histories} histories: {counts:?} linearizable, sequentially, quiescently consistent");
    counts
}

#[test]
fn agree_with_naive_search() {
    let registers = agree(10_000, &Register(0), crate::register_op, |r| Register(r.below(3)));
    // The order of the pushes is in the state, and shows late.
    let queues = agree(10_000, &Queue::default(), crate::queue_op, |r| Queue((0..r.below(3)).collect()));
    for [linear, in_order, in_periods] in [registers, queues] {
        assert!(linear < in_order && linear < in_periods);
    }
}

#[test]
fn a_stale_read_is_sequentially_consistent_and_not_linearizable() {
    let mut history = History::new();
    let write = history.invoke(1, Op::Write(1));
    history.ret(write, Ret::Done);
    let read = history.invoke(2, Op::Read);
    history.ret(read, Ret::Value(0));
    assert!(matches!(check(&Register(0), &history, Limits::default()), Outcome::Violation(_)));
    assert_eq!(sequential(&Register(0), &history, Limits::default()), Sequential::Holds(vec![read, write]));
    assert!(matches!(quiescent(&Register(0), &history, Limits::default()), Outcome::Violation(_)));
}

#[test]
fn each_clients_order_is_that_of_its_invocations() {
    let mut history = History::new();
    let call =
        |op, ret, invoked| Call { client: 1, op, ret: Some(ret), invoked, returned: Some(invoked + 1) };
    let read = history.push(call(Op::Read, Ret::Value(1), 2));
    let write = history.push(call(Op::Write(1), Ret::Done, 0));
    assert_eq!(sequential(&Register(0), &history, Limits::default()), Sequential::Holds(vec![write, read]));
}

fn reading(op: &counter::Op, ret: Option<&counter::Ret>) -> Reading {
    match (op, ret) {
        (counter::Op::Get, Some(counter::Ret::Value(value))) => Reading::Read(0, *value),
        (counter::Op::Add(more), _) => Reading::Add(0, *more),
        _ => Reading::Foreign,
    }
}

/// Each number is a read by that client of that value, after `incs` incs that returned.
fn reads(incs: i64, reads: &[(u64, i64)]) -> History<Counter> {
    let mut history = History::new();
    for _ in 0..incs {
        let inc = history.invoke(9, counter::Op::Add(1));
        history.ret(inc, counter::Ret::Done);
    }
    for (client, value) in reads {
        let read = history.invoke(*client, counter::Op::Get);
        history.ret(read, counter::Ret::Value(*value));
    }
    history
}

#[test]
fn monotone_reads_are_each_clients_own() {
    let judge = |history: &History<Counter>| monotone(history, |_| 0, reading);
    assert_eq!(judge(&reads(2, &[(1, 1), (2, 0), (1, 1), (2, 2)])), Ok(()));
    assert!(matches!(judge(&reads(2, &[(1, 2), (1, 1)])), Err(Backwards::Less { .. })));
    assert!(matches!(judge(&reads(2, &[(1, 3)])), Err(Backwards::TooMuch { most: 2, .. })));
    assert!(matches!(judge(&reads(2, &[(1, -1)])), Err(Backwards::BelowInitial(_))));
    let mut most = reads(0, &[]);
    for _ in 0..2 {
        most.invoke(1, counter::Op::Add(i64::MAX));
    }
    let read = most.invoke(2, counter::Op::Get);
    most.ret(read, counter::Ret::Value(i64::MAX));
    assert_eq!(judge(&most), Ok(()));
    let mut set = reads(0, &[]);
    set.invoke(1, counter::Op::Set(0));
    assert!(matches!(judge(&set), Err(Backwards::Meaningless(_))));
}

/// The promise, read by read: no less than any earlier read of the client, nor than at first, and no more
/// than all that was begun by the time it returned.
fn every_read_is_monotone(history: &History<Counter>) -> bool {
    let read = |call: &Call<Counter>| match (call.op, call.ret) {
        (counter::Op::Get, Some(counter::Ret::Value(value))) => call.returned.map(|at| (value, at)),
        _ => None,
    };
    history.calls().iter().all(|call| {
        let Some((value, at)) = read(call) else { return true };
        let added = history.calls().iter().filter(|other| other.invoked <= at);
        let most: i64 = added.map(|other| if let counter::Op::Add(more) = other.op { more } else { 0 }).sum();
        let earlier = history.calls().iter().filter(|other| other.client == call.client);
        let least = earlier.filter_map(read).filter(|(_, before)| *before < at).map(|(value, _)| value).max();
        value <= most && value >= least.unwrap_or(0).max(0)
    })
}

#[test]
fn monotone_reads_agree_with_their_definition() {
    let (mut monotone_ones, mut linear) = (0, 0);
    for seed in 0..10_000 {
        let mut random = Random::new(seed);
        let op = |r: &mut Random| if r.one_in(2) { counter::Op::Get } else { counter::Op::Add(1) };
        let history = random::history(&mut random, &Counter(0), 7, op, |r| Counter(r.int(4)));
        let expected = every_read_is_monotone(&history);
        let found = monotone(&history, |_| 0, reading_or_nothing);
        assert_eq!(found.is_ok(), expected, "seed {seed}: {found:?} of {history:#?}");
        let linearizable = naive::explains(&Counter(0), &history);
        // An inc cannot answer a number: no read shows that.
        let lies = history.calls().iter().any(|call| {
            call.ret.is_some_and(|ret| (call.op == counter::Op::Get) == (ret == counter::Ret::Done))
        });
        assert!(!linearizable || lies || expected, "seed {seed}: linearizability implies it");
        monotone_ones += u32::from(expected);
        linear += u32::from(linearizable);
    }
    assert!(linear < monotone_ones && monotone_ones < 10_000, "{linear} of {monotone_ones}");
}

/// A read of which nobody knows what it answered says nothing.
fn reading_or_nothing(op: &counter::Op, ret: Option<&counter::Ret>) -> Reading {
    match (op, ret) {
        (counter::Op::Get, None) => Reading::Add(0, 0),
        _ => reading(op, ret),
    }
}
