//! Calls on different keys are judged apart, and the answers are put together.

use crate::compare::{Tally, compare};
use crate::random::Random;
use raceproof::linearize::{Call, CallId, History, Limits, Method, Outcome, check};
use raceproof::spec::Spec;
use raceproof::spec::counter::{Counter, Op, Ret};
use raceproof::spec::keyed::{Keyed, On};
use raceproof::spec::stack::{self, Stack};

/// Two counters, and an operation on both.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Pair([Counter; 2]);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Of {
    One(usize, Op),
    Sum,
}

impl Spec for Pair {
    type Op = Of;
    type Ret = Ret;
    fn apply(&mut self, op: &Of) -> Ret {
        match op {
            Of::One(which, op) => self.0[*which].apply(op),
            Of::Sum => Ret::Value(self.0[0].0 + self.0[1].0),
        }
    }
    fn key(op: &Of) -> Option<u64> {
        if let Of::One(which, _) = op { Some(*which as u64) } else { None }
    }
}

fn of(random: &mut Random) -> Of {
    match random.below(4) {
        0 => Of::Sum,
        which => Of::One(usize::from(which == 1), crate::counter_op(random)),
    }
}

#[test]
fn a_call_without_a_key_meets_all_others() {
    let mut tally = Tally::default();
    for seed in 0..1_000 {
        let any = |random: &mut Random| Pair([Counter(random.int(3)), Counter(random.int(3))]);
        compare((seed, &mut tally), &Pair([Counter(0), Counter(0)]), of, any);
    }
    assert_eq!(tally.histories, 1_000);
}

#[test]
fn one_part_that_is_undecided_leaves_the_whole_undecided() {
    let mut history = History::<Keyed<u64, Stack<u64>>>::new();
    // Too many orders for the memory.
    let pushes: Vec<CallId> =
        (0..12).map(|value| history.invoke(value, On(0, stack::Op::Push(value)))).collect();
    for push in pushes {
        history.ret(push, stack::Ret::Done);
    }
    let pop = history.invoke(0, On(0, stack::Op::Pop));
    history.ret(pop, stack::Ret::Popped(Some(99)));
    // Too many calls for the steps that each part is given at first, and no more.
    for _ in 0..35_000 {
        let push = history.invoke(1, On(1, stack::Op::Push(0)));
        history.ret(push, stack::Ret::Done);
        let pop = history.invoke(1, On(1, stack::Op::Pop));
        history.ret(pop, stack::Ret::Popped(Some(0)));
    }
    let limits = Limits::default().method(Method::Frontier).kept_max(120_000);
    let outcome = check(&Keyed::new(Stack::default()), &history, limits);
    assert!(matches!(outcome, Outcome::Undecided(_)), "{outcome:?}");
}

/// Marks, of which each may answer anything, under two keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Marks(u64);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Mark {
    Make(u64),
    Count(u64),
}

impl Spec for Marks {
    type Op = Mark;
    type Ret = u64;
    fn apply(&mut self, op: &Mark) -> u64 {
        self.0 += u64::from(matches!(op, Mark::Make(_)));
        self.0
    }
    fn next(&self, op: &Mark, ret: Option<&u64>) -> Vec<Self> {
        match op {
            Mark::Make(_) => vec![Self(self.0 + 1)],
            Mark::Count(_) => Vec::from_iter(ret.is_none_or(|ret| *ret == self.0).then(|| self.clone())),
        }
    }
    fn key(op: &Mark) -> Option<u64> {
        let (Mark::Make(key) | Mark::Count(key)) = op;
        Some(*key)
    }
    fn reads(op: &Mark, _: Option<&u64>) -> bool {
        matches!(op, Mark::Count(_))
    }
}

#[test]
fn the_first_violation_may_be_in_the_part_that_is_hard() {
    let mut history = History::<Marks>::new();
    let answered = |op, ret, invoked, returned| {
        let returned = Some(returned);
        Call { client: 0, op, ret: Some(ret), invoked, returned }
    };
    // By their answers these are all different, and so are their orders; before they returned they were not.
    for answer in 0..14 {
        history.push(answered(Mark::Make(0), answer, 0, 100));
    }
    let first = history.push(answered(Mark::Count(0), 99, 10, 20));
    history.push(answered(Mark::Count(1), 7, 30, 40));
    let Outcome::Violation(violation) = check(&Marks(0), &history, Limits::default()) else {
        panic!("nobody made 99 marks")
    };
    assert_eq!(violation.call, first);
}

#[test]
fn what_returns_after_the_violation_has_not_answered_yet() {
    let mut history = History::new();
    let wrong = history.invoke(0, On(1, Op::Get));
    let add = history.invoke(1, On(0, Op::FetchAdd(1)));
    let get = history.invoke(2, On(0, Op::Get));
    history.ret(get, Ret::Value(1));
    history.ret(wrong, Ret::Value(7));
    // No better, but later.
    history.ret(add, Ret::Value(5));
    let Outcome::Violation(violation) = check(&Keyed::new(Counter(0)), &history, Limits::default()) else {
        panic!("nobody added 7")
    };
    assert_eq!(violation.call, wrong);
}
