//! Past its limits the checker says so, and never guesses.

use crate::random::Random;
use raceproof::linearize::{Call, History, Limits, Method, Outcome, check};
use raceproof::spec::Spec;
use raceproof::spec::counter::{self, Counter};
use raceproof::spec::keyed::{Keyed, On};
use raceproof::spec::stack::{Op, Ret, Stack};
use std::sync::atomic::{AtomicU64, Ordering};

/// Pushes of different values, all at once, and then one pop of what nobody pushed.
fn entangled(pushes: u64) -> History<Stack<u64>> {
    let mut history = History::new();
    for value in 0..pushes {
        history.push(Call {
            client: value,
            op: Op::Push(value),
            ret: Some(Ret::Done),
            invoked: 0,
            returned: Some(10 + value),
        });
    }
    let pop = history.invoke(0, Op::Pop);
    history.ret(pop, Ret::Popped(Some(pushes)));
    history
}

#[test]
fn past_its_steps_it_is_undecided() {
    let history = entangled(12);
    let limits = Limits::default().steps_max(100_000);
    let Outcome::Undecided(reached) = check(&Stack::default(), &history, limits) else {
        panic!("12! orders in 100,000 steps")
    };
    assert!((100_000..200_000).contains(&reached.steps), "{reached:?}");
    let Outcome::Undecided(reached) = check(&Stack::default(), &history, limits.steps_max(1_000)) else {
        panic!("12! orders in 1,000 steps")
    };
    assert!((1_000..20_000).contains(&reached.steps), "{reached:?}");
}

#[test]
fn past_its_memory_it_is_undecided() {
    for method in [Method::Both, Method::Frontier, Method::Descent] {
        let limits = Limits::default().kept_max(20_000).method(method);
        let Outcome::Undecided(reached) = check(&Stack::default(), &entangled(12), limits) else {
            panic!("12! orders in 20,000 configurations")
        };
        assert!((20_000..200_000).contains(&reached.kept), "{method:?}: {reached:?}");
    }
}

#[test]
fn the_answer_is_the_same_every_time() {
    let history = entangled(1 + Random::new(1).below(4));
    let first = check(&Stack::default(), &history, Limits::default());
    for _ in 0..3 {
        assert_eq!(check(&Stack::default(), &history, Limits::default()), first);
    }
}

/// What is asked of it, it counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Asked(Keyed<u64, Stack<u64>>);

static QUESTIONS: AtomicU64 = AtomicU64::new(0);

impl Spec for Asked {
    type Op = On<u64, Op<u64>>;
    type Ret = Ret<u64>;
    fn apply(&mut self, op: &Self::Op) -> Self::Ret {
        self.0.apply(op)
    }
    fn next(&self, op: &Self::Op, ret: Option<&Self::Ret>) -> Vec<Self> {
        QUESTIONS.fetch_add(1, Ordering::Relaxed);
        self.0.next(op, ret).into_iter().map(Self).collect()
    }
    fn key(op: &Self::Op) -> Option<u64> {
        <Keyed<u64, Stack<u64>>>::key(op)
    }
}

#[test]
fn a_part_that_is_refuted_soon_is_not_kept_waiting_by_one_that_is_hard() {
    let mut history = History::new();
    for call in entangled(12).calls() {
        history.push(Call {
            client: call.client,
            op: On(0, call.op.clone()),
            ret: call.ret.clone(),
            invoked: call.invoked,
            returned: call.returned,
        });
    }
    let wrong = history.invoke(99, On(1, Op::Pop));
    history.ret(wrong, Ret::Popped(Some(7)));
    let initial = Asked(Keyed::new(Stack::default()));
    let Outcome::Violation(violation) = check(&initial, &history, Limits::default()) else {
        panic!("nobody pushed 7")
    };
    assert_eq!(violation.call, wrong);
    let questions = QUESTIONS.load(Ordering::Relaxed);
    assert!(questions < 1_000_000, "{questions} questions, and 12! orders");
}

#[test]
fn calls_that_say_the_same_are_tried_once() {
    let mut history = History::new();
    let adds: Vec<_> = (0..40).map(|client| history.invoke(client, counter::Op::Add(1))).collect();
    for add in adds {
        history.ret(add, counter::Ret::Done);
    }
    let get = history.invoke(0, counter::Op::Get);
    history.ret(get, counter::Ret::Value(39));
    for method in [Method::Frontier, Method::Descent] {
        let limits = Limits::default().steps_max(20_000).method(method);
        let Outcome::Violation(violation) = check(&Counter(0), &history, limits) else {
            panic!("{method:?}: one add is lost, and there are no 2^40 ways to lose it")
        };
        assert_eq!(violation.call, get);
    }
}

#[test]
fn what_is_too_hard_to_judge_is_neither_left_out_of_a_core_nor_named_as_allowed() {
    let mut history = History::new();
    for power in 0..18 {
        let add = history.invoke(0, counter::Op::Add(1 << power));
        history.ret(add, counter::Ret::Done);
    }
    // Had the adds not returned, it would be the sum of some of them, but which?
    let get = history.invoke(0, counter::Op::Get);
    history.ret(get, counter::Ret::Value(0b01_0110_1001_0110_1010));
    let Outcome::Violation(violation) = check(&Counter(0), &history, Limits::default()) else {
        panic!("they all returned")
    };
    let core = |instead: Option<counter::Ret>| {
        let mut core = History::new();
        for part in &violation.core {
            let mut call = history.call(part.call).clone();
            if part.any_time {
                (call.ret, call.returned) = (None, None);
            } else if part.call == violation.call {
                call.ret = instead.or(call.ret);
            }
            core.push(call);
        }
        check(&Counter(0), &core, Limits::default().core(false))
    };
    assert!(matches!(core(None), Outcome::Violation(_)), "{violation:?}");
    for answer in &violation.allowed.answers {
        assert!(matches!(core(Some(*answer)), Outcome::Linearizable(_)), "{answer:?} of {violation:?}");
    }
}
