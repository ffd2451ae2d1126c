//! The checker against naive search, on random small histories.
//!
//! `RACEPROOF_HISTORIES=1000000 cargo test --release --test linearize -- --nocapture` tries
//! a million; 20,000 otherwise.

mod naive;
mod random;

use raceproof::linearize::{Limits, Outcome, check};
use raceproof::spec::Spec;
use raceproof::spec::register::{self, Register};
use random::Random;

fn histories() -> u64 {
    std::env::var("RACEPROOF_HISTORIES").map_or(20_000, |n| n.parse().expect("a number"))
}

fn compare<S: Spec>(
    seed: u64,
    initial: &S,
    op: impl Fn(&mut Random) -> S::Op,
    scramble: impl Fn(&mut Random) -> S,
) -> bool {
    let history = random::history(&mut Random::new(seed), initial, 7, op, scramble);
    let expected = naive::explains(initial, &history);
    let outcome = check(initial, &history, Limits::default());
    match (&outcome, expected) {
        (Outcome::Linearizable(_), true) | (Outcome::Violation(_), false) => expected,
        _ => panic!("seed {seed}: naive search says {expected}, the checker {outcome:?} of {history:#?}"),
    }
}

#[test]
fn agrees_with_naive_search() {
    let mut linearizable = 0;
    for seed in 0..histories() {
        linearizable += u64::from(compare(
            seed,
            &Register(0),
            |random| if random.one_in(2) { register::Op::Read } else { register::Op::Write(random.below(3)) },
            |random| Register(random.below(3)),
        ));
    }
    println!("{} histories, {linearizable} linearizable, 0 mismatches", histories());
}
