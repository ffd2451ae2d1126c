//! Wrong subjects, each refuted by the smallest program that exists, which is found first; and the
//! classes of programs, against every program.

use raceproof::counter::channel::ChannelStore;
use raceproof::counter::counters::Counters;
use raceproof::counter::lost_update::LostUpdateStore;
use raceproof::counter::mutex::MutexStore;
use raceproof::counter::spec::{self as service, START, Stored};
use raceproof::explore::{Engine, Explorer};
use raceproof::spec::counter::{Counter, Op, Ret};
use raceproof::spec::keyed::{Keyed, On};
use raceproof::spec::{Bounds, Spec, Subject};
use raceproof::sync::atomic::{AtomicI64, Ordering};
use raceproof::sync::{Arc, Mutex};
use raceproof::verdict::Verdict;

// What `examples/` shows of other people's designs, with its own tests.
#[path = "../examples/actor.rs"]
#[allow(dead_code, reason = "its main is not run here")]
mod actor;
#[path = "../examples/limiter.rs"]
#[allow(dead_code, reason = "its main is not run here")]
mod limiter;
#[path = "../examples/pool.rs"]
#[allow(dead_code, reason = "its main is not run here")]
mod pool;

fn explorer() -> Explorer {
    Explorer::new(Engine::Exhaustive)
}

const INC: Op = Op::Add(1);

fn bounds(ops: &[Op]) -> Bounds<Counter> {
    Bounds::new(Counter(0), ops.iter().copied()).threads(3).calls_per_thread(2)
}

/// The subject is refuted, by `smallest`, and every scenario that is smaller is proven.
#[track_caller]
fn check<S: Subject<Spec = Counter>>(ops: &[Op], smallest: &[&str]) {
    assert_smallest::<S>(&bounds(ops), smallest);
}

#[track_caller]
fn assert_smallest<S: Subject>(bounds: &Bounds<S::Spec>, smallest: &[&str]) {
    let verdict = explorer().explore_subject::<S>(bounds);
    let shown = verdict.assert_refuted();
    let program: Vec<&str> = shown.program.iter().map(|(_, calls)| calls.as_str()).collect();
    assert_eq!(program, smallest, "{verdict}");
    let scenarios = bounds.scenarios();
    let calls = |threads: &[Vec<_>]| {
        let text = |thread: &Vec<_>| thread.iter().map(|op| format!("{op:?}")).collect::<Vec<_>>().join("; ");
        threads.iter().map(text).collect::<Vec<_>>()
    };
    let at = scenarios.iter().position(|scenario| calls(&scenario.threads) == program);
    let smaller = &scenarios[..at.expect("it is a scenario")];
    if !smaller.is_empty() {
        explorer().explore_scenarios::<S>(&bounds.initial, smaller).assert_proved();
    }
}

#[test]
fn a_lost_update_takes_two_calls() {
    let i = || "i".to_owned();
    let ops = [service::Op::Get(i()), service::Op::Set(i(), 7), service::Op::Inc(i())];
    let initial: Counters = START.into_iter().collect();
    let bounds = Bounds::new(initial, ops).threads(3).calls_per_thread(2);
    assert_smallest::<Stored<LostUpdateStore>>(&bounds, &["set(i, 7)", "inc(i)"]);
}

/// Reads are quick: they answer from a copy, which is made before the count goes up.
struct StaleRead {
    count: Mutex<i64>,
    copy: AtomicI64,
}

impl Subject for StaleRead {
    type Spec = Counter;

    async fn new() -> Self {
        Self { count: Mutex::new(0), copy: AtomicI64::new(0) }
    }

    async fn call(&self, op: &Op) -> Ret {
        if *op == Op::Get {
            return Ret::Value(self.copy.load(Ordering::SeqCst));
        }
        let mut count = self.count.lock().unwrap();
        // The mistake: one line too early.
        self.copy.store(*count, Ordering::SeqCst);
        *count += 1;
        Ret::Done
    }
}

#[test]
fn a_stale_read_takes_two_calls() {
    check::<StaleRead>(&[Op::Get, INC], &["Get", "Add(1)"]);
}

/// Answers at once, and leaves the work to somebody else.
struct RepliesFirst(Arc<Mutex<i64>>);

impl Subject for RepliesFirst {
    type Spec = Counter;

    async fn new() -> Self {
        Self(Arc::new(Mutex::new(0)))
    }

    async fn call(&self, op: &Op) -> Ret {
        if *op == Op::Get {
            return Ret::Value(*self.0.lock().unwrap());
        }
        let count = Arc::clone(&self.0);
        // The mistake: nobody waits for it.
        raceproof::tokio::spawn(async move { *count.lock().unwrap() += 1 });
        Ret::Done
    }
}

#[test]
fn a_reply_before_the_write_takes_two_calls() {
    check::<RepliesFirst>(&[Op::Get, INC], &["Get", "Add(1)"]);
}

/// An inc that cannot see its own work is done again.
struct RetriesWhatWasDone(AtomicI64);

impl Subject for RetriesWhatWasDone {
    type Spec = Counter;

    async fn new() -> Self {
        Self(AtomicI64::new(0))
    }

    async fn call(&self, op: &Op) -> Ret {
        if *op == Op::Get {
            return Ret::Value(self.0.load(Ordering::SeqCst));
        }
        let before = self.0.fetch_add(1, Ordering::SeqCst);
        // The mistake: another inc in between makes it look lost.
        if self.0.load(Ordering::SeqCst) != before + 1 {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
        Ret::Done
    }

    async fn state(&self) -> Option<Counter> {
        Some(Counter(self.0.load(Ordering::SeqCst)))
    }
}

#[test]
fn an_inc_that_is_applied_twice_takes_two_calls() {
    check::<RetriesWhatWasDone>(&[Op::Get, INC], &["Add(1)", "Add(1)"]);
}

/// Two numbers under two names, with the mistakes whose bits are set in `WRONG`.
struct Mutant<const WRONG: u32> {
    numbers: Mutex<[i64; 2]>,
    copies: [AtomicI64; 2],
}

const INC_FORGETS_THE_COPY: u32 = 1;
const INC_IN_TWO: u32 = 2;
const SET_FORGETS_THE_COPY: u32 = 4;
const GETS_THE_COPY: u32 = 8;

impl<const WRONG: u32> Mutant<WRONG> {
    fn copy(&self, key: usize, value: i64, when: bool) {
        if when {
            self.copies[key].store(value, Ordering::SeqCst);
        }
    }
}

impl<const WRONG: u32> Subject for Mutant<WRONG> {
    type Spec = Numbers;

    async fn new() -> Self {
        Self { numbers: Mutex::new([0; 2]), copies: [AtomicI64::new(0), AtomicI64::new(0)] }
    }

    async fn call(&self, Numbered(key, op): &Numbered) -> Ret {
        let wrong = |mistake: u32| WRONG & mistake != 0;
        match op {
            Op::Get if wrong(GETS_THE_COPY) => Ret::Value(self.copies[*key].load(Ordering::SeqCst)),
            Op::Get => Ret::Value(self.numbers.lock().unwrap()[*key]),
            Op::Set(value) => {
                let mut numbers = self.numbers.lock().unwrap();
                numbers[*key] = *value;
                self.copy(*key, *value, !wrong(SET_FORGETS_THE_COPY));
                Ret::Done
            }
            _ => {
                let next = self.numbers.lock().unwrap()[*key] + 1;
                let mut numbers = self.numbers.lock().unwrap();
                let next = if wrong(INC_IN_TWO) { next } else { numbers[*key] + 1 };
                self.copy(*key, next, !wrong(INC_FORGETS_THE_COPY));
                numbers[*key] = next;
                Ret::Done
            }
        }
    }
}

/// Two counters whose names are interchangeable.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Numbers(Keyed<usize, Counter>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Numbered(usize, Op);

impl Spec for Numbers {
    type Op = Numbered;
    type Ret = Ret;
    fn apply(&mut self, Numbered(key, op): &Numbered) -> Ret {
        self.0.apply(&On(*key, *op))
    }
    fn key(Numbered(key, _): &Numbered) -> Option<u64> {
        Some(*key as u64)
    }
    fn on_key(Numbered(_, op): &Numbered, key: u64) -> Option<Numbered> {
        Some(Numbered(usize::try_from(key).ok()?, *op))
    }
}

/// Whether the mutant is refuted, by one program of each class and by every program.
#[track_caller]
fn is_refuted<const WRONG: u32>() -> bool {
    let ops = (0..2).flat_map(|key| [Op::Get, Op::Set(5), INC].map(|op| Numbered(key, op)));
    let bounds = Bounds::new(Numbers(Keyed::new(Counter(0))), ops).calls_per_thread(2);
    let (classes, every) = (bounds.clone(), bounds.symmetry(false));
    assert!(3 * classes.count() < every.count(), "{} of {}", classes.count(), every.count());
    let judge = |bounds: &Bounds<Numbers>| match explorer().explore_subject::<Mutant<WRONG>>(bounds) {
        Verdict::Proved(_) => false,
        Verdict::Refuted(_) => true,
        other => panic!("{other}"),
    };
    let refuted = judge(&classes);
    assert_eq!(refuted, judge(&every), "mutant {WRONG}");
    refuted
}

#[test]
fn one_program_of_each_class_refutes_what_every_program_refutes() {
    let refuted = [
        is_refuted::<0>(),
        is_refuted::<INC_FORGETS_THE_COPY>(),
        is_refuted::<INC_IN_TWO>(),
        is_refuted::<SET_FORGETS_THE_COPY>(),
        is_refuted::<GETS_THE_COPY>(),
        is_refuted::<{ GETS_THE_COPY | INC_FORGETS_THE_COPY }>(),
        is_refuted::<{ GETS_THE_COPY | SET_FORGETS_THE_COPY }>(),
        is_refuted::<{ GETS_THE_COPY | INC_IN_TWO }>(),
    ];
    assert_eq!(refuted, [false, false, true, false, false, true, true, true]);
}

/// Right until it has counted to one.
struct WrongFromOneOn(AtomicI64);

impl Subject for WrongFromOneOn {
    type Spec = Counter;

    async fn new() -> Self {
        Self(AtomicI64::new(0))
    }

    async fn call(&self, op: &Op) -> Ret {
        let value = self.0.load(Ordering::SeqCst);
        if *op == Op::Get {
            return Ret::Value(value);
        }
        if value == 0 {
            self.0.fetch_add(1, Ordering::SeqCst);
        } else {
            self.0.store(value + 1, Ordering::SeqCst);
        }
        Ret::Done
    }
}

#[test]
fn calls_before_the_threads_bring_out_what_takes_more_of_them() {
    let ops = [Op::Get, INC];
    explorer().explore_subject::<WrongFromOneOn>(&Bounds::new(Counter(0), ops)).assert_proved();
    let bounds = Bounds::new(Counter(0), ops).before([INC]).after([Op::Get]);
    let verdict = explorer().explore_subject::<WrongFromOneOn>(&bounds);
    let program = &verdict.assert_refuted().program;
    let row = |who: &str, calls: &str| (who.to_owned(), calls.to_owned());
    let expected =
        [row("before", "Add(1)"), row("client 1", "Add(1)"), row("client 2", "Add(1)"), row("after", "Get")];
    assert_eq!(program[..], expected, "{verdict}");
    let text = verdict.to_string();
    assert!(text.contains("get may answer 3, and answered 2"), "{text}");
    // What the main thread called is shown where it did.
    assert!(text.contains("\n    main      inc\n") && text.contains("\n    main      get\n"), "{text}");
    assert!(!text.contains("join"), "{text}");
}

/// Shares nothing between its calls, so that no step orders them.
struct AnswersNought;

impl Subject for AnswersNought {
    type Spec = Counter;

    async fn new() -> Self {
        Self
    }

    async fn call(&self, op: &Op) -> Ret {
        // Something that two threads touch, which says nothing of the count.
        let own = Mutex::new(0);
        *own.lock().unwrap() += 1;
        if *op == Op::Get { Ret::Value(0) } else { Ret::Done }
    }
}

/// The same without a step.
struct MakesNoStep;

impl Subject for MakesNoStep {
    type Spec = Counter;

    async fn new() -> Self {
        Self
    }

    async fn call(&self, op: &Op) -> Ret {
        if *op == Op::Get { Ret::Value(0) } else { Ret::Done }
    }
}

/// Whether some program with these calls around its threads is refuted, by each engine.
#[track_caller]
fn assert_around<S: Subject<Spec = Counter>>(before: &[Op], op: Op, after: &[Op], is_refuted: bool) {
    let bounds = Bounds::new(Counter(0), [op]).before(before.iter().copied()).after(after.iter().copied());
    for engine in [Engine::Exhaustive, Engine::Loom, Engine::Random { seed: 1 }, Engine::Stress] {
        let verdict = Explorer::new(engine).executions_max(100).explore_subject::<S>(&bounds);
        let found = matches!(verdict, Verdict::Refuted(_));
        assert_eq!(found, is_refuted, "{before:?}, {op:?}, {after:?} by {engine}: {verdict}");
    }
}

#[test]
fn calls_around_the_threads_come_before_and_after_though_no_step_says_so() {
    for (before, op, after, is_refuted) in [
        (&[INC][..], Op::Get, &[][..], true),
        (&[][..], INC, &[Op::Get][..], true),
        (&[Op::Get, INC, Op::Get][..], INC, &[][..], true),
        (&[][..], INC, &[INC, Op::Get][..], true),
        (&[Op::Get, Op::Get][..], Op::Get, &[Op::Get, Op::Get][..], false),
        (&[Op::Get][..], INC, &[INC][..], false),
        (&[Op::Get][..], Op::Get, &[INC][..], false),
    ] {
        assert_around::<AnswersNought>(before, op, after, is_refuted);
        assert_around::<MakesNoStep>(before, op, after, is_refuted);
    }
}

#[test]
fn the_first_calls_of_all_are_in_order() {
    // Right in this order alone: 0, then added to, then set back.
    let before = [Op::Get, INC, Op::Set(0), Op::Get];
    assert_around::<MakesNoStep>(&before, Op::Get, &[Op::Get, INC, Op::Set(0), Op::Get], false);
    assert_around::<MakesNoStep>(&[Op::Set(0), INC, Op::Get], Op::Get, &[], true);
}

#[test]
fn a_right_store_is_proven_with_calls_around_its_threads() {
    let i = || "i".to_owned();
    let ops = [service::Op::Get(i()), service::Op::Set(i(), 7), service::Op::Inc(i())];
    let bounds = Bounds::new(START.into_iter().collect(), ops)
        .calls_per_thread(2)
        .before([service::Op::Inc(i()), service::Op::Set("j".to_owned(), 1)])
        .after([service::Op::Inc("j".to_owned()), service::Op::Get(i())]);
    explorer().explore_subject::<Stored<MutexStore>>(&bounds).assert_proved();
    explorer().explore_subject::<Stored<ChannelStore>>(&bounds).assert_proved();
    explorer().explore_subject::<Stored<LostUpdateStore>>(&bounds).assert_refuted();
}

#[test]
fn a_name_that_is_called_around_the_threads_is_not_like_another() {
    let ops = || (0..2).flat_map(|key| [Op::Get, INC].map(|op| Numbered(key, op)));
    let bounds = || Bounds::new(Numbers(Keyed::new(Counter(0))), ops());
    let every = bounds().symmetry(false);
    assert_eq!((bounds().count(), every.count()), (6, 16));
    // The order of the threads is all that is left.
    assert_eq!(bounds().before([Numbered(0, INC)]).count(), 10);
    assert_eq!(bounds().after([Numbered(1, Op::Get)]).count(), 10);
    // Nor is one that is named nowhere else: as far as the spec tells, it may be like any.
    assert_eq!(bounds().before([Numbered(7, INC)]).count(), 6);
    assert_eq!(bounds().before([Numbered(0, Op::Set(1)), Numbered(1, Op::Set(1))]).count(), 10);
}

/// Panics where two calls overlap.
#[derive(Debug)]
struct Panics(AtomicI64);

impl Subject for Panics {
    type Spec = Counter;

    async fn new() -> Self {
        Self(AtomicI64::new(0))
    }

    async fn call(&self, _: &Op) -> Ret {
        let before = self.0.load(Ordering::SeqCst);
        assert_eq!(self.0.fetch_add(1, Ordering::SeqCst), before, "somebody else was here");
        Ret::Done
    }
}

#[test]
fn a_call_that_panics_is_its_clients() {
    let verdict = explorer().explore_subject::<Panics>(&bounds(&[INC]));
    let shown = verdict.assert_refuted();
    assert!(shown.why[0].starts_with("client "), "{verdict}");
    assert!(shown.why.join(" ").contains("somebody else was here"), "{verdict}");
}
