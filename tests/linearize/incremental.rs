//! Asked after every event, the incremental check says what the whole one says.

use crate::random::{self, Random};
use raceproof::linearize::{CallId, History, Incremental, Limits, Outcome, SoFar, check};
use raceproof::spec::Spec;
use raceproof::spec::counter::Counter;
use raceproof::spec::keyed::{Keyed, On};
use raceproof::spec::queue::Queue;
use raceproof::spec::stack;

fn compare<S: Spec>(
    seed: u64,
    initial: &S,
    op: impl Fn(&mut Random) -> S::Op,
    scramble: impl Fn(&mut Random) -> S,
) {
    let mut random = Random::new(seed);
    let history = random::history(&mut random, initial, 14, op, scramble);
    let mut events: Vec<(u64, bool, usize)> = Vec::new();
    for (index, call) in history.calls().iter().enumerate() {
        events.push((call.invoked, false, index));
        events.extend(call.returned.filter(|_| call.ret.is_some()).map(|at| (at, true, index)));
    }
    events.sort_unstable();
    let mut check_so_far = Incremental::new(initial.clone(), Limits::default());
    let mut ids: Vec<Option<CallId>> = vec![None; history.calls().len()];
    let mut prefix = History::new();
    for (_, is_return, index) in events {
        let call = &history.calls()[index];
        if is_return {
            let id = ids[index].expect("it was invoked");
            let ret = call.ret.clone().expect("only answers are fed");
            check_so_far.ret(id, ret.clone());
            prefix.ret(id, ret);
        } else {
            let id = check_so_far.invoke(call.client, call.op.clone());
            assert_eq!(prefix.invoke(call.client, call.op.clone()), id);
            ids[index] = Some(id);
            if call.ret.is_none() && random.one_in(2) {
                check_so_far.lost(id);
            }
        }
        // Not after every event, so that more than one is new at times.
        if random.one_in(2) {
            match (check_so_far.ask(), check(initial, &prefix, Limits::default())) {
                (SoFar::Explained, Outcome::Linearizable(_)) => {}
                (SoFar::Violation(one), Outcome::Violation(two)) => {
                    assert_eq!(one.call, two.call, "seed {seed}");
                }
                (so_far, whole) => panic!("seed {seed}: {so_far:?}, and the whole {whole:?} of {prefix:#?}"),
            }
        }
    }
}

#[test]
fn says_at_any_time_what_the_whole_check_says() {
    for seed in 0..3_000 {
        compare(
            seed,
            &Keyed::new(Counter(0)),
            |r| On(r.below(2), crate::counter_op(r)),
            |r| Keyed::new(Counter(r.int(3))),
        );
        compare(seed, &Queue::default(), crate::queue_op, |r| Queue((0..r.below(3)).collect()));
    }
}

#[test]
fn what_was_undecided_is_judged_again_when_it_is_asked_again() {
    let limits = Limits::default().steps_max(20_000);
    let mut check_so_far = Incremental::new(Keyed::new(stack::Stack::default()), limits);
    let other = check_so_far.invoke(99, On(1, stack::Op::Pop));
    check_so_far.ret(other, stack::Ret::Popped(None));
    let pushes: Vec<CallId> =
        (0..12).map(|value| check_so_far.invoke(value, On(0, stack::Op::Push(value)))).collect();
    for push in pushes {
        check_so_far.ret(push, stack::Ret::Done);
    }
    assert_eq!(check_so_far.ask(), SoFar::Explained);
    let pop = check_so_far.invoke(0, On(0, stack::Op::Pop));
    check_so_far.ret(pop, stack::Ret::Popped(Some(99)));
    // 12! orders, and nobody pushed 99: not decided, and so it stays.
    for _ in 0..3 {
        assert!(matches!(check_so_far.ask(), SoFar::Undecided(_)));
    }
}
