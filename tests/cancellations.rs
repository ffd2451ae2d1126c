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

/// One number that one call at a time has to itself, and an audit that hears of each call.
#[derive(Debug)]
struct Audited {
    value: Mutex<Option<i64>>,
    /// Room for one: whoever has sent is in.
    gate: mpsc::Sender<()>,
    entered: Mutex<mpsc::Receiver<()>>,
    audit: mpsc::Sender<()>,
    /// Kept, so that the audit has somewhere to go.
    _heard: Mutex<mpsc::Receiver<()>>,
}

/// Is in, until it is dropped.
struct Pass<'a>(&'a Audited);

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let _ = self.0.entered.lock().unwrap().try_recv();
    }
}

impl Audited {
    fn new() -> Self {
        let ((gate, entered), (audit, heard)) = (mpsc::channel(1), mpsc::channel(8));
        let (entered, heard) = (Mutex::new(entered), Mutex::new(heard));
        Self { value: Mutex::new(Some(0)), gate, entered, audit, _heard: heard }
    }

    async fn enter(&self) -> Pass<'_> {
        self.gate.send(()).await.expect("it is kept");
        Pass(self)
    }

    async fn tell(&self) {
        self.audit.send(()).await.expect("it is kept");
    }

    fn take(&self) -> i64 {
        self.value.lock().unwrap().take().expect("whoever takes it puts it back")
    }

    fn put(&self, value: i64) {
        *self.value.lock().unwrap() = Some(value);
    }
}

/// Takes the value out, tells the audit, and puts it back; or tells it before.
#[derive(Debug)]
struct TakesItOut<const AND_AWAITS: bool>(Audited);

impl<const AND_AWAITS: bool> Subject for TakesItOut<AND_AWAITS> {
    type Spec = Counters;

    async fn new() -> Self {
        Self(Audited::new())
    }

    async fn call(&self, op: &Op) -> Ret {
        let _pass = self.0.enter().await;
        if !AND_AWAITS {
            self.0.tell().await;
        }
        let had = self.0.take();
        if AND_AWAITS {
            self.0.tell().await;
        }
        let is_get = matches!(op, Op::Get(_));
        self.0.put(if is_get { had } else { had + 1 });
        if is_get { Ret::Value(had) } else { Ret::Ok }
    }

    async fn state(&self) -> Option<Counters> {
        Some([("i", self.0.take()), ("j", 0)].into_iter().collect())
    }
}

#[test]
fn refutes_a_store_that_takes_the_value_out_and_awaits() {
    explore::<TakesItOut<false>>().assert_proved();
    let verdict = explore::<TakesItOut<true>>();
    let shown = verdict.assert_refuted();
    assert_eq!(shown.finding, Finding::Panic, "{verdict}");
    let line = shown.rows.iter().find(|row| row.text == "dropped at this await").expect("the await");
    assert!(line.at.as_deref().is_some_and(|at| at.starts_with("cancellations.rs:")), "{verdict}");
    // Without drops it is right.
    let whole = bounds([Op::Inc(i()), Op::Get(i())]).cancellations(0);
    Explorer::new(Engine::Exhaustive).explore_subject::<TakesItOut<true>>(&whole).assert_proved();
}

/// Adds a half on either side of an await.
#[derive(Debug)]
struct Halves(Audited);

impl Subject for Halves {
    type Spec = Counters;

    async fn new() -> Self {
        Self(Audited::new())
    }

    async fn call(&self, op: &Op) -> Ret {
        let _pass = self.0.enter().await;
        let had = self.0.take();
        if let Op::Get(_) = op {
            self.0.put(had);
            return Ret::Value(had / 2);
        }
        self.0.put(had + 1);
        self.0.tell().await;
        self.0.put(had + 2);
        Ret::Ok
    }

    async fn state(&self) -> Option<Counters> {
        let value = self.0.take();
        Some([("i", value / 2), ("j", value % 2)].into_iter().collect())
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
