//! Bounds with many programs, which sequences of calls decide: what a user sees of it.

use raceproof::explore::{Engine, Explorer};
use raceproof::spec::counter::{Counter, Op, Ret};
use raceproof::spec::{Bounds, Subject};
use raceproof::sync::Mutex;
use raceproof::verdict::Verdict;

fn explorer() -> Explorer {
    Explorer::new(Engine::Exhaustive)
}

/// More programs than are explored one by one, and few sequences.
fn bounds() -> Bounds<Counter> {
    Bounds::new(Counter(0), [Op::Get, Op::Add(1)]).threads(2).calls_per_thread(7)
}

/// Sequences of up to 14 calls of two operations.
const SEQUENCES: u64 = (1 << 15) - 2;

/// A counter that goes no further than `MOST`.
struct Counts<const MOST: i64>(Mutex<i64>);

impl<const MOST: i64> Subject for Counts<MOST> {
    type Spec = Counter;

    async fn new() -> Self {
        Self(Mutex::new(0))
    }

    async fn call(&self, op: &Op) -> Ret {
        let mut count = self.0.lock().unwrap();
        if *op == Op::Get {
            return Ret::Value(*count);
        }
        *count = (*count + 1).min(MOST);
        Ret::Done
    }
}

/// As good as right.
type Right = Counts<{ i64::MAX }>;

/// Right for the first four incs.
type Saturates = Counts<4>;

#[track_caller]
fn assert_proved_by_sequences(verdict: &Verdict) {
    verdict.assert_proved();
    let coverage = verdict.coverage();
    assert_eq!((coverage.by_sequences_of, coverage.executions), (Some(bounds().count()), SEQUENCES));
}

#[test]
fn many_programs_of_calls_that_are_as_one_step_are_proved() {
    let verdict = explorer().explore_subject::<Right>(&bounds());
    assert_proved_by_sequences(&verdict);
    let text = "proved: 32,385 programs by 32,766 sequences of calls that are as one step, by exhaustive";
    assert_eq!(verdict.to_string(), text);
}

#[test]
fn a_search_by_sequences_goes_on_where_it_was_put_down() {
    let mut explorer = explorer().elapsed_ms_max(50);
    let verdict = loop {
        let verdict = explorer.explore_subject::<Right>(&bounds());
        let Some(checkpoint) = verdict.coverage().checkpoint.clone() else { break verdict };
        assert!(!verdict.is_proved());
        explorer = explorer.resume(*checkpoint);
    };
    assert_proved_by_sequences(&verdict);
}

/// No program of fewer calls is wrong, and there are hundreds of them.
#[test]
fn what_is_wrong_one_call_after_another_is_shown_as_a_program() {
    let verdict = explorer().explore_subject::<Saturates>(&bounds());
    let shown = verdict.assert_refuted();
    let calls: Vec<&str> = shown.program.iter().flat_map(|(_, calls)| calls.split("; ")).collect();
    assert_eq!(calls.len(), 6, "{verdict}");
    assert_eq!(calls.iter().filter(|call| **call == "Add(1)").count(), 5, "{verdict}");
    let schedule = shown.schedule.clone().expect("it has one").parse().expect("a schedule");
    let again = explorer().replay(schedule).explore_subject::<Saturates>(&bounds());
    assert_eq!(again.to_string(), verdict.to_string());
}

struct InTwo(Mutex<i64>);

impl Subject for InTwo {
    type Spec = Counter;

    async fn new() -> Self {
        Self(Mutex::new(0))
    }

    async fn call(&self, op: &Op) -> Ret {
        let now = *self.0.lock().unwrap();
        if *op == Op::Get {
            return Ret::Value(now);
        }
        *self.0.lock().unwrap() = now + 1;
        Ret::Done
    }
}

/// It is right one call after another, and its calls are not as one step: the smallest program shows it.
#[test]
fn calls_of_several_steps_are_explored_program_by_program() {
    let verdict = explorer().explore_subject::<InTwo>(&bounds());
    let shown = verdict.assert_refuted();
    let program: Vec<&str> = shown.program.iter().map(|(_, calls)| calls.as_str()).collect();
    assert_eq!(program, ["Add(1); Get", "Add(1)"], "{verdict}");
    assert_eq!(verdict.coverage().by_sequences_of, None);
}
