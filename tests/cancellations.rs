//! Calls that are dropped at an await, in every interleaving with the others.

use raceproof::counter::channel::ChannelStore;
use raceproof::counter::counters::Counters;
use raceproof::counter::mutex::MutexStore;
use raceproof::counter::spec::{Op, Ret, START, Stored};
use raceproof::explore::{Engine, Explorer};
use raceproof::spec::{Bounds, Subject};
use raceproof::sync::Mutex;
use raceproof::tokio::sync::mpsc;
use raceproof::verdict::{Finding, Verdict};

fn bounds(ops: impl IntoIterator<Item = Op>) -> Bounds<Counters> {
    Bounds::new(START.into_iter().collect(), ops).cancellations(1)
}

fn i() -> String {
    "i".to_owned()
}

fn explore<S: Subject<Spec = Counters>>() -> Verdict {
    Explorer::new(Engine::Exhaustive).explore_subject::<S>(&bounds([Op::Inc(i()), Op::Get(i())]))
}

#[test]
fn proves_the_sound_stores_with_a_call_that_is_dropped() {
    explore::<Stored<MutexStore>>().assert_proved();
    let channel = explore::<Stored<ChannelStore>>();
    channel.assert_proved();
    let whole = Explorer::new(Engine::Exhaustive)
        .explore_subject::<Stored<ChannelStore>>(&bounds([Op::Inc(i()), Op::Get(i())]).cancellations(0));
    let (dropped, whole) = (channel.coverage().executions, whole.coverage().executions);
    assert!(dropped > 2 * whole, "{dropped} executions, {whole} without drops");
}

/// What a call does with the value while it has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// It takes it out, tells the audit, and puts it back.
    TakesItOut,
    /// It tells the audit first.
    TellsFirst,
}

/// One counter, and an audit that hears of each call.
#[derive(Debug)]
struct Audited<const TAKES_IT_OUT: bool> {
    value: Mutex<Option<i64>>,
    audit: mpsc::Sender<()>,
    /// Kept, so that the audit has somewhere to go.
    _heard: Mutex<mpsc::Receiver<()>>,
}

impl<const TAKES_IT_OUT: bool> Subject for Audited<TAKES_IT_OUT> {
    type Spec = Counters;

    async fn new() -> Self {
        let (audit, heard) = mpsc::channel(8);
        Self { value: Mutex::new(Some(0)), audit, _heard: Mutex::new(heard) }
    }

    async fn call(&self, op: &Op) -> Ret {
        let how = if TAKES_IT_OUT { How::TakesItOut } else { How::TellsFirst };
        if how == How::TellsFirst {
            self.audit.send(()).await.expect("it is kept");
        }
        // A model's tasks stay where they are, so the lock may be held across the await.
        let mut value = self.value.lock().unwrap();
        let had = value.take().expect("whoever takes it puts it back");
        if how == How::TakesItOut {
            self.audit.send(()).await.expect("it is kept");
        }
        match op {
            Op::Get(_) => {
                *value = Some(had);
                Ret::Value(had)
            }
            _ => {
                *value = Some(had + 1);
                Ret::Ok
            }
        }
    }

    async fn state(&self) -> Option<Counters> {
        let value = self.value.lock().unwrap().expect("whoever takes it puts it back");
        Some([("i", value), ("j", 0)].into_iter().collect())
    }
}

#[test]
fn refutes_a_store_that_takes_the_value_out_and_awaits() {
    explore::<Audited<false>>().assert_proved();
    let verdict = explore::<Audited<true>>();
    let shown = verdict.assert_refuted();
    assert_eq!(shown.finding, Finding::Panic, "{verdict}");
    let line = shown.rows.iter().find(|row| row.text == "dropped at this await").expect("the await");
    assert!(line.at.as_deref().is_some_and(|at| at.starts_with("cancellations.rs:")), "{verdict}");
    // Without drops it is right.
    let whole = bounds([Op::Inc(i()), Op::Get(i())]).cancellations(0);
    Explorer::new(Engine::Exhaustive).explore_subject::<Audited<true>>(&whole).assert_proved();
}

/// Adds the half of it on either side of an await.
#[derive(Debug)]
struct Halves {
    value: Mutex<i64>,
    audit: mpsc::Sender<()>,
    _heard: Mutex<mpsc::Receiver<()>>,
}

impl Subject for Halves {
    type Spec = Counters;

    async fn new() -> Self {
        let (audit, heard) = mpsc::channel(8);
        Self { value: Mutex::new(0), audit, _heard: Mutex::new(heard) }
    }

    async fn call(&self, op: &Op) -> Ret {
        let mut value = self.value.lock().unwrap();
        if let Op::Get(_) = op {
            return Ret::Value(*value / 2);
        }
        *value += 1;
        self.audit.send(()).await.expect("it is kept");
        *value += 1;
        Ret::Ok
    }

    async fn state(&self) -> Option<Counters> {
        let value = *self.value.lock().unwrap();
        Some([("i", value), ("j", i64::from(value % 2 == 1))].into_iter().collect())
    }
}

#[test]
fn a_dropped_call_happens_whole_or_not_at_all_and_the_verdict_names_the_await() {
    let verdict = explore::<Halves>();
    let shown = verdict.assert_refuted();
    assert_eq!(shown.finding, Finding::NotLinearizable, "{verdict}");
    assert!(
        shown.why.iter().any(|line| line.starts_with("inc(i) was dropped at cancellations.rs:")),
        "{verdict}"
    );
}

#[test]
fn engines_without_schedules_are_undecided() {
    for engine in [Engine::Loom, Engine::Stress] {
        let verdict = Explorer::new(engine).explore_subject::<Stored<MutexStore>>(&bounds([Op::Inc(i())]));
        assert_eq!(verdict.word(), "undecided", "{verdict}");
    }
}
