//! A rate limiter, as governor has it at its core (GCRA): one number says when the next cell is due, and one
//! compare-exchange moves it on.
//!
//! `cargo run --release --example limiter`; `examples/README.md` says more.

use raceproof::explore::{Engine, Explorer};
use raceproof::spec::{Bounds, Spec, Subject};
use raceproof::sync::atomic::{AtomicU64, Ordering::SeqCst};

/// A cell each so many milliseconds.
const INTERVAL: u64 = 10;

/// So far a cell may be ahead of its time: two at once.
const AHEAD: u64 = 10;

/// A call that comes at this time, in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Call(u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    Allowed,
    /// Not before then.
    NotUntil(u64),
}

/// What the limiter promises: the time when the next cell is due, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Plain(u64);

/// The decision, and when the next cell is due if the call is allowed.
fn decide(due: u64, now: u64) -> (Decision, u64) {
    let earliest = due.saturating_sub(AHEAD);
    if now < earliest {
        (Decision::NotUntil(earliest), due)
    } else {
        (Decision::Allowed, due.max(now) + INTERVAL)
    }
}

impl Spec for Plain {
    type Op = Call;
    type Ret = Decision;

    fn apply(&mut self, call: &Call) -> Decision {
        let (decision, due) = decide(self.0, call.0);
        self.0 = due;
        decision
    }
}

// The limiter itself.

/// One number. With `Relaxed`, loom shows a refusal that is of an older one: who limits may not mind.
struct Limiter(AtomicU64);

impl Subject for Limiter {
    type Spec = Plain;

    async fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    async fn call(&self, call: &Call) -> Decision {
        let mut due = self.0.load(SeqCst);
        loop {
            let (decision, next) = decide(due, call.0);
            if decision != Decision::Allowed {
                return decision;
            }
            match self.0.compare_exchange_weak(due, next, SeqCst, SeqCst) {
                Ok(_) => return decision,
                // Somebody was faster: what is due now is another cell.
                Err(now) => due = now,
            }
        }
    }

    async fn state(&self) -> Option<Plain> {
        Some(Plain(self.0.load(SeqCst)))
    }
}

/// The mistake: between the load and the store somebody else may be allowed the same cell.
struct Generous(AtomicU64);

impl Subject for Generous {
    type Spec = Plain;

    async fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    async fn call(&self, call: &Call) -> Decision {
        let (decision, next) = decide(self.0.load(SeqCst), call.0);
        if decision == Decision::Allowed {
            self.0.store(next, SeqCst);
        }
        decision
    }
}

/// Two clients with up to two calls each, at three times.
fn bounds() -> Bounds<Plain> {
    Bounds::new(Plain(0), [Call(0), Call(5), Call(20)]).threads(2).calls_per_thread(2)
}

#[test]
fn the_limiter_allows_what_one_clock_would() {
    Explorer::new(Engine::Exhaustive).explore_subject::<Limiter>(&bounds()).assert_proved();
}

#[test]
fn a_cell_that_two_calls_are_allowed_is_found() {
    let verdict = Explorer::new(Engine::Exhaustive).explore_subject::<Generous>(&bounds());
    let shown = verdict.assert_refuted();
    assert!(shown.why.iter().any(|line| line.contains("and answered Allowed")), "{verdict}");
}

fn main() {
    let explorer = Explorer::new(Engine::Exhaustive);
    println!("Limiter: {}", explorer.explore_subject::<Limiter>(&bounds()));
    println!("Generous: {}", explorer.explore_subject::<Generous>(&bounds()));
}
