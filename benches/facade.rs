//! What the facade costs on real threads: each primitive against std's or tokio's own, with `model` compiled in and
//! no model running.
//!
//! The two are measured in turn, in many short rounds, and the median of the rounds' ratios is printed: what else the
//! machine does meets both alike.

use std::hint::black_box;
use std::sync::Barrier;
use std::time::{Duration, Instant};

/// One primitive: what is done to std's, or tokio's, and to the facade's.
struct Row {
    name: &'static str,
    theirs: Box<dyn Fn(u32) + Sync>,
    ours: Box<dyn Fn(u32) + Sync>,
    /// Whether two threads may do it at a time.
    shared: bool,
}

/// How long and how often is measured.
#[derive(Clone, Copy)]
struct Rounds {
    rounds: usize,
    ops: u32,
}

/// `op` on what is made, as often as it is asked for.
fn repeated<T, R>(made: T, op: impl Fn(&T) -> R + Sync + 'static) -> Box<dyn Fn(u32) + Sync>
where
    T: Sync + 'static,
{
    Box::new(move |ops| {
        let made = black_box(&made);
        (0..ops).for_each(|_| {
            black_box(op(made));
        });
    })
}

/// The same text by std's names and by the facade's.
macro_rules! row {
    ($rows:ident, $name:literal, $shared:literal, |$sync:ident, $atomic:ident| $made:expr, |$x:ident| $op:expr) => {
        $rows.push(Row {
            name: $name,
            shared: $shared,
            theirs: {
                #[allow(unused_imports)]
                use std::sync::{self as $sync, atomic as $atomic};
                repeated($made, |$x| $op)
            },
            ours: {
                #[allow(unused_imports)]
                use raceproof::sync::{self as $sync, atomic as $atomic};
                repeated($made, |$x| $op)
            },
        });
    };
}

/// As `row`, for what is awaited, by tokio's names.
macro_rules! row_of_tokio {
    ($rows:ident, $name:literal, |$tokio:ident, $ops:ident| $body:block) => {
        $rows.push(Row {
            name: $name,
            shared: false,
            theirs: {
                use ::tokio as $tokio;
                Box::new(|$ops| block_on(async $body))
            },
            ours: {
                use raceproof::tokio as $tokio;
                Box::new(|$ops| block_on(async $body))
            },
        });
    };
}

fn block_on(future: impl Future<Output = ()>) {
    let runtime = ::tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime needs no more than this thread").block_on(future);
}

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    row!(rows, "Mutex lock", true, |sync, _a| sync::Mutex::new(0_u64), |x| *x.lock().unwrap() += 1);
    row!(rows, "Mutex try_lock", true, |sync, _a| sync::Mutex::new(0_u64), |x| {
        x.try_lock().map(|mut value| *value += 1).is_ok()
    });
    row!(rows, "RwLock read", true, |sync, _a| sync::RwLock::new(0_u64), |x| *x.read().unwrap());
    row!(rows, "RwLock write", true, |sync, _a| sync::RwLock::new(0_u64), |x| *x.write().unwrap() += 1);
    row!(rows, "Condvar notify_one", true, |sync, _a| sync::Condvar::new(), |x| x.notify_one());
    row!(rows, "OnceLock get_or_init", true, |sync, _a| sync::OnceLock::new(), |x| *x.get_or_init(|| 1_u64));
    row!(rows, "LazyLock", true, |sync, _a| sync::LazyLock::<u64>::new(|| 1_u64), |x| **x);
    row!(rows, "AtomicUsize load", true, |_s, atomic| atomic::AtomicUsize::new(0), |x| {
        x.load(std::sync::atomic::Ordering::Acquire)
    });
    row!(rows, "AtomicUsize fetch_add", true, |_s, atomic| atomic::AtomicUsize::new(0), |x| {
        x.fetch_add(1, std::sync::atomic::Ordering::AcqRel)
    });
    row!(
        rows,
        "mpsc send, recv",
        false,
        |sync, _a| std::sync::Mutex::new(sync::mpsc::channel::<u64>()),
        |x| {
            let ends = x.lock().unwrap();
            ends.0.send(1).unwrap();
            ends.1.recv().unwrap()
        }
    );
    row_of_tokio!(rows, "tokio mpsc send, recv", |tokio, ops| {
        let (sender, mut receiver) = tokio::sync::mpsc::channel(8);
        for _ in 0..ops {
            sender.send(1_u64).await.unwrap();
            black_box(receiver.recv().await);
        }
    });
    row_of_tokio!(rows, "tokio oneshot", |tokio, ops| {
        for _ in 0..ops {
            let (sender, receiver) = tokio::sync::oneshot::channel();
            sender.send(1_u64).unwrap();
            black_box(receiver.await.unwrap());
        }
    });
    row_of_tokio!(rows, "tokio spawn, join", |tokio, ops| {
        for _ in 0..ops {
            black_box(tokio::spawn(async { 1_u64 }).await.unwrap());
        }
    });
    row_of_tokio!(rows, "tokio timeout", |tokio, ops| {
        for _ in 0..ops {
            black_box(tokio::time::timeout(Duration::from_secs(60), async { 1_u64 }).await.is_ok());
        }
    });
    rows
}

fn main() {
    let tests = std::env::args().any(|arg| arg == "--test");
    let rounds = if tests { Rounds { rounds: 3, ops: 200 } } else { Rounds { rounds: 401, ops: 4_000 } };
    println!(
        "ns an operation, and the facade's as a part of it: medians of {} rounds in turn",
        rounds.rounds
    );
    println!("{:<24} {:>10} {:>8} {:>12} {:>8}", "", "1 thread", "ratio", "2 threads", "ratio");
    for row in rows() {
        let (alone, ratio) = measured(&row, rounds, alone);
        let text = format!("{:<24} {alone:>10.2} {ratio:>8.3}", row.name);
        if row.shared {
            let (both, ratio) = measured(&row, rounds, on_two_threads);
            println!("{text} {both:>12.2} {ratio:>8.3}");
        } else {
            println!("{text} {:>12} {:>8}", "-", "-");
        }
    }
}

type Measure = fn(&(dyn Fn(u32) + Sync), u32) -> f64;

/// Theirs, and the median of the ratios of neighbouring rounds.
fn measured(row: &Row, Rounds { rounds, ops }: Rounds, measure: Measure) -> (f64, f64) {
    let (mut theirs, mut ratios) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let (of_theirs, of_ours) = if round % 2 == 0 {
            let of_theirs = measure(&*row.theirs, ops);
            (of_theirs, measure(&*row.ours, ops))
        } else {
            let of_ours = measure(&*row.ours, ops);
            (measure(&*row.theirs, ops), of_ours)
        };
        theirs.push(of_theirs);
        ratios.push(of_ours / of_theirs);
    }
    (median(theirs), median(ratios))
}

/// Nanoseconds an operation.
fn alone(op: &(dyn Fn(u32) + Sync), ops: u32) -> f64 {
    let begun = Instant::now();
    op(ops);
    begun.elapsed().as_nanos() as f64 / f64::from(ops)
}

/// As `alone`, while another thread does the same.
fn on_two_threads(op: &(dyn Fn(u32) + Sync), ops: u32) -> f64 {
    let begin = Barrier::new(2);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            begin.wait();
            op(ops);
        });
        begin.wait();
        let begun = Instant::now();
        op(ops);
        other.join().expect("nothing panics");
        begun.elapsed().as_nanos() as f64 / f64::from(ops)
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
