//! A violation in words.

use raceproof::linearize::{CallId, History, Limits, Outcome, check, explain};
use raceproof::spec::Spec;
use raceproof::spec::counter::{Counter, Op, Ret};
use raceproof::spec::keyed::{Keyed, On};

type Counters = Keyed<&'static str, Counter>;

const SET: Op = Op::Set(0);
const INC: Op = Op::Add(1);
const GET: Op = Op::Get;

/// Calls of one client, one after another.
fn in_turn(history: &mut History<Counters>, calls: &[(Op, Ret)]) {
    for (op, ret) in calls {
        let call = history.invoke(1, On("x", *op));
        history.ret(call, *ret);
    }
}

#[track_caller]
fn violation(history: &History<Counters>) -> explain::Why {
    let Outcome::Violation(violation) = check(&Keyed::new(Counter(0)), history, Limits::default()) else {
        panic!("it is not linearizable: {history:#?}")
    };
    let label = |On(key, op): &On<&str, Op>| match op {
        Op::Set(value) => format!("set({key}, {value})"),
        op => format!("{}({key})", Counter::op_text(op)),
    };
    explain::why(history, &violation, label)
}

#[track_caller]
fn assert_why(history: &History<Counters>, expected: &str) {
    assert_eq!(violation(history).to_string(), expected);
}

#[test]
fn says_what_the_calls_before_it_allow() {
    let mut history = History::new();
    in_turn(&mut history, &[(Op::Add(5), Ret::Done), (SET, Ret::Done), (INC, Ret::Done), (INC, Ret::Done)]);
    in_turn(&mut history, &[(GET, Ret::Value(1))]);
    assert_why(
        &history,
        "after set(x, 0) and two inc(x) returned, whether and whenever add(5)(x) took effect, \
         get(x) may answer 2 or 7, and answered 1",
    );
}

#[test]
fn says_what_other_calls_answered_where_that_matters() {
    let mut history = History::new();
    in_turn(&mut history, &[(Op::FetchAdd(1), Ret::Value(0)), (INC, Ret::Done), (GET, Ret::Value(1))]);
    assert_why(
        &history,
        "after inc(x) returned and fetch_add(1)(x) answered 0, get(x) may answer 2, and answered 1",
    );
}

#[test]
fn says_what_ran_beside_it() {
    let mut history = History::new();
    let add = history.invoke(1, On("x", Op::FetchAdd(1)));
    let get = history.invoke(2, On("x", GET));
    history.ret(add, Ret::Value(0));
    history.ret(get, Ret::Value(7));
    assert_why(
        &history,
        "whether and whenever fetch_add(1)(x) took effect, get(x) may answer 0 or 1, and answered 7",
    );
    let mut history = History::new();
    let get = history.invoke(2, On("x", Op::FetchAdd(1)));
    let add = history.invoke(1, On("x", Op::FetchAdd(1)));
    history.ret(add, Ret::Value(1));
    history.ret(get, Ret::Value(1));
    assert_why(&history, "while fetch_add(1)(x) answered 1, fetch_add(1)(x) may answer 0, and answered 1");
}

#[test]
fn counts_what_is_too_much_to_list() {
    let mut history = History::new();
    in_turn(&mut history, &[(INC, Ret::Done); 20]);
    in_turn(&mut history, &[(GET, Ret::Value(19))]);
    assert_why(&history, "after 20 inc(x) returned, get(x) may answer 20, and answered 19");
    let mut history = History::new();
    for value in 0..6 {
        history.invoke(1, On("x", Op::Set(value)));
    }
    in_turn(&mut history, &[(GET, Ret::Value(9))]);
    assert_why(
        &history,
        "whether and whenever 6 others took effect, get(x) may answer 0, 1, 2, 3 or one of 2 others, \
         and answered 9",
    );
}

#[test]
fn says_when_nothing_is_right() {
    let mut history = History::new();
    in_turn(&mut history, &[(INC, Ret::Value(3))]);
    assert_why(&history, "inc(x) may answer ok, and answered 3");
}

#[test]
fn a_look_at_the_state_is_no_call() {
    let mut history = History::new();
    in_turn(&mut history, &[(INC, Ret::Done), (INC, Ret::Done), (GET, Ret::Value(1))]);
    let why = violation(&history).of_state();
    assert_eq!(why, "after two inc(x) returned, get(x) may be 2, and is 1");
    assert_eq!(history.calls().len(), CallId(3).0);
}

/// A set that answers any of its elements, which does not show in what it leaves behind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Urn(Vec<u32>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Any;

impl Spec for Urn {
    type Op = Any;
    type Ret = u32;
    fn apply(&mut self, _: &Any) -> u32 {
        self.0[0]
    }
    fn next(&self, _: &Any, ret: Option<&u32>) -> Vec<Self> {
        if ret.is_none_or(|ret| self.0.contains(ret)) { vec![self.clone()] } else { Vec::new() }
    }
}

#[test]
fn a_choice_that_shows_in_the_answer_alone_is_not_said_to_be_none() {
    let mut history = History::<Urn>::new();
    for ret in [2, 9] {
        let any = history.invoke(1, Any);
        history.ret(any, ret);
    }
    let Outcome::Violation(violation) = check(&Urn(vec![1, 2, 3]), &history, Limits::default()) else {
        panic!("9 is not in it")
    };
    assert!(!violation.allowed.all);
    let why = explain::why(&history, &violation, Urn::op_text).to_string();
    assert_eq!(why, "Any may answer 1, 2 or something else, and answered 9");
}
