//! Histories with more states, operations and answers than the checker's tables have room for.

use crate::compare::{Tally, compare};
use crate::random::Random;
use raceproof::linearize::{CallId, History, Limits, Method, Outcome, Violation, check};
use raceproof::spec::Spec;
use raceproof::spec::counter::{Counter, Op, Ret};
use std::hash::{Hash, Hasher};

/// A call that returns before anything else happens.
fn call(history: &mut History<Counter>, op: Op, ret: Ret) -> CallId {
    let id = history.invoke(0, op);
    history.ret(id, ret);
    id
}

/// What all methods say of a violation, but for the core.
#[track_caller]
fn violation(history: &History<Counter>) -> Violation<Counter> {
    let said = [Method::Both, Method::Frontier, Method::Descent].map(|method| {
        match check(&Counter(0), history, Limits::default().method(method)) {
            Outcome::Violation(violation) => violation,
            other => panic!("{method:?}: {other:?}"),
        }
    });
    assert!(said.iter().all(|violation| violation.call == said[0].call), "{said:?}");
    said[0].clone()
}

/// The calls of the core that cannot have happened at any time.
fn firm(violation: &Violation<Counter>) -> Vec<CallId> {
    violation.core.iter().filter(|core| !core.any_time).map(|core| core.call).collect()
}

#[test]
fn a_core_among_more_answers_than_are_compared() {
    let mut history = History::new();
    let mut reads = Vec::new();
    for value in 1..=100 {
        call(&mut history, Op::Add(1), Ret::Done);
        reads.push(call(&mut history, Op::Get, Ret::Value(value)));
    }
    let stale = call(&mut history, Op::Get, Ret::Value(40));
    let found = violation(&history);
    // Whatever was added when: a read of more came before.
    assert_eq!(found.call, stale);
    assert_eq!(firm(&found).len(), 2, "{found:?}");
    assert!(reads[40..].contains(&firm(&found)[0]), "{found:?}");
    assert_eq!(found.core.len(), 102, "the additions may have happened at any time: {found:?}");
}

#[test]
fn answers_that_are_compared_no_more_are_told_apart() {
    let mut history = History::new();
    for value in 0..100 {
        call(&mut history, Op::FetchAdd(1), Ret::Value(value));
    }
    assert!(matches!(check(&Counter(0), &history, Limits::default()), Outcome::Linearizable(_)));
    // What the first one answered, which nobody remembers.
    let again = call(&mut history, Op::FetchAdd(1), Ret::Value(0));
    let found = violation(&history);
    assert_eq!(found.call, again);
    assert!(!found.allowed.answers.contains(&Ret::Value(0)), "{found:?}");
}

#[test]
fn states_that_the_table_has_no_room_for_are_told_apart() {
    let mut history = History::new();
    for value in 1..=700 {
        call(&mut history, Op::Add(1), Ret::Done);
        if value == 300 {
            call(&mut history, Op::Get, Ret::Value(300));
        }
        if value == 556 {
            // One read more, of what was there 256 states ago.
            let mut wrong = history.clone();
            let stale = call(&mut wrong, Op::Get, Ret::Value(300));
            assert_eq!(violation(&wrong).call, stale);
            call(&mut history, Op::Get, Ret::Value(556));
        }
    }
    assert!(matches!(check(&Counter(0), &history, Limits::default()), Outcome::Linearizable(_)));
}

#[test]
fn answers_that_the_table_has_no_room_for_are_told_apart() {
    let mut history = History::new();
    call(&mut history, Op::Add(1), Ret::Done);
    for value in 1..=255 {
        call(&mut history, Op::FetchAdd(1), Ret::Value(value));
    }
    let both = |answer| {
        let mut history = history.clone();
        // Numbers 0 and 256 of the kinds of calls, in a state beyond the table.
        let add = history.invoke(1, Op::Add(1));
        let fetch_add = history.invoke(2, Op::FetchAdd(1));
        history.ret(add, Ret::Done);
        history.ret(fetch_add, Ret::Value(answer));
        check(&Counter(0), &history, Limits::default())
    };
    assert!(matches!(both(256), Outcome::Linearizable(_)));
    assert!(matches!(both(257), Outcome::Linearizable(_)));
    assert!(matches!(both(258), Outcome::Violation(_)));
    assert!(matches!(both(1_000), Outcome::Violation(_)));
}

/// Counters that all have the same hash.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Colliding(Counter);

impl Hash for Colliding {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl Spec for Colliding {
    type Op = Op;
    type Ret = Ret;
    fn apply(&mut self, op: &Op) -> Ret {
        self.0.apply(op)
    }
    fn reads(op: &Op, ret: Option<&Ret>) -> bool {
        Counter::reads(op, ret)
    }
}

#[test]
fn states_with_the_same_hash_are_told_apart() {
    let mut tally = Tally::default();
    for seed in 0..500 {
        let any = |random: &mut Random| Colliding(Counter(random.int(4)));
        compare((seed, &mut tally), &Colliding(Counter(0)), crate::counter_op, any);
    }
    assert_eq!(tally.histories, 500);
}

/// It says that nothing changes it, and that is not so.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Lies(u32);

impl Spec for Lies {
    type Op = ();
    type Ret = u32;
    fn apply(&mut self, (): &()) -> u32 {
        self.0 += 1;
        self.0
    }
    fn reads((): &(), _: Option<&u32>) -> bool {
        true
    }
}

#[test]
#[should_panic(expected = "the spec says that () with Some(1) changes nothing, and it changed Lies(0)")]
fn a_spec_that_contradicts_itself_is_told_so() {
    let mut history = History::new();
    let call = history.invoke(0, ());
    history.ret(call, 1);
    let _ = check(&Lies(0), &history, Limits::default());
}
