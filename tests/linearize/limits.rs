//! Past its limits the checker says so, and never guesses.

use crate::random::Random;
use raceproof::linearize::{Call, History, Limits, Outcome, check};
use raceproof::spec::stack::{Op, Ret, Stack};

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
}

#[test]
fn past_its_memory_it_is_undecided() {
    let limits = Limits::default().kept_max(20_000);
    let Outcome::Undecided(reached) = check(&Stack::default(), &entangled(12), limits) else {
        panic!("12! orders in 20,000 configurations")
    };
    assert!((20_000..200_000).contains(&reached.kept), "{reached:?}");
}

#[test]
fn the_answer_is_the_same_every_time() {
    let history = entangled(1 + Random::new(1).below(4));
    let first = check(&Stack::default(), &history, Limits::default());
    for _ in 0..3 {
        assert_eq!(check(&Stack::default(), &history, Limits::default()), first);
    }
}
