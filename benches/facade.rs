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

/// The same text by std's names, or another crate's, and by the facade's. What it does is done by two threads at a
/// time, too, where it is `shared`.
macro_rules! row {
    ($rows:ident, $name:literal, $kind:tt, |$std:ident| $made:expr, |$x:ident| $op:expr) => {
        row!($rows, $name, $kind, (::std, raceproof), |$std| $made, |$x| $op)
    };
    (
        $rows:ident, $name:literal, $kind:tt, ($theirs:path, $ours:path),
        |$lib:ident| $made:expr, |$x:ident| $op:expr
    ) => {
        $rows.push(Row {
            name: $name,
            shared: row!($kind),
            theirs: {
                #[allow(unused_imports)]
                use $theirs as $lib;
                repeated($made, |$x| $op)
            },
            ours: {
                #[allow(unused_imports)]
                use $ours as $lib;
                repeated($made, |$x| $op)
            },
        })
    };
    (shared) => {
        true
    };
    (alone) => {
        false
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
        })
    };
}

fn block_on(future: impl Future<Output = ()>) {
    let runtime = ::tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime needs no more than this thread").block_on(future);
}

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    of_std(&mut rows);
    channels(&mut rows);
    of_tokio_sync(&mut rows);
    of_tokio(&mut rows);
    of_others(&mut rows);
    rows
}

fn of_std(rows: &mut Vec<Row>) {
    row!(rows, "Mutex lock", shared, |std| std::sync::Mutex::new(0_u64), |x| *x.lock().unwrap() += 1);
    row!(rows, "Mutex try_lock", shared, |std| std::sync::Mutex::new(0_u64), |x| {
        x.try_lock().map(|mut value| *value += 1).is_ok()
    });
    row!(rows, "RwLock read", shared, |std| std::sync::RwLock::new(0_u64), |x| *x.read().unwrap());
    row!(rows, "RwLock write", shared, |std| std::sync::RwLock::new(0_u64), |x| *x.write().unwrap() += 1);
    row!(rows, "Condvar notify_one", shared, |std| std::sync::Condvar::new(), |x| x.notify_one());
    row!(rows, "Once call_once", shared, |std| std::sync::Once::new(), |x| x.call_once(|| ()));
    row!(rows, "OnceLock get_or_init", shared, |std| std::sync::OnceLock::new(), |x| *x
        .get_or_init(|| 1_u64));
    row!(rows, "LazyLock", shared, |std| std::sync::LazyLock::<u64>::new(|| 1_u64), |x| **x);
    row!(rows, "Barrier wait", alone, |std| std::sync::Barrier::new(1), |x| x.wait().is_leader());
    row!(rows, "AtomicUsize load", shared, |std| std::sync::atomic::AtomicUsize::new(0), |x| {
        x.load(std::sync::atomic::Ordering::Acquire)
    });
    row!(rows, "AtomicUsize store", shared, |std| std::sync::atomic::AtomicUsize::new(0), |x| {
        x.store(1, std::sync::atomic::Ordering::Release);
    });
    row!(rows, "AtomicUsize fetch_add", shared, |std| std::sync::atomic::AtomicUsize::new(0), |x| {
        x.fetch_add(1, std::sync::atomic::Ordering::AcqRel)
    });
    row!(rows, "thread park", alone, |std| std::thread::current(), |x| {
        x.unpark();
        std::thread::park();
    });
    row!(rows, "Instant now", alone, |std| (), |_x| std::time::Instant::now());
}

fn channels(rows: &mut Vec<Row>) {
    row!(rows, "mpsc send, recv", alone, |std| ::std::sync::Mutex::new(std::sync::mpsc::channel()), |x| {
        let ends = x.lock().unwrap();
        ends.0.send(1_u64).unwrap();
        ends.1.recv().unwrap()
    });
    row!(
        rows,
        "mpsc sync send, recv",
        alone,
        |std| ::std::sync::Mutex::new(std::sync::mpsc::sync_channel(8)),
        |x| {
            let ends = x.lock().unwrap();
            ends.0.send(1_u64).unwrap();
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
    row_of_tokio!(rows, "tokio mpsc unbounded", |tokio, ops| {
        let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        for _ in 0..ops {
            sender.send(1_u64).unwrap();
            black_box(receiver.recv().await);
        }
    });
    row_of_tokio!(rows, "tokio mpsc channel, clone", |tokio, ops| {
        for _ in 0..ops {
            let (sender, _receiver) = black_box(tokio::sync::mpsc::channel::<u64>(8));
            black_box(sender.clone());
        }
    });
    row_of_tokio!(rows, "tokio oneshot", |tokio, ops| {
        for _ in 0..ops {
            let (sender, receiver) = tokio::sync::oneshot::channel();
            sender.send(1_u64).unwrap();
            black_box(receiver.await.unwrap());
        }
    });
    row_of_tokio!(rows, "tokio broadcast", |tokio, ops| {
        let (sender, mut receiver) = tokio::sync::broadcast::channel(8);
        for _ in 0..ops {
            sender.send(1_u64).unwrap();
            black_box(receiver.recv().await.unwrap());
        }
    });
    row_of_tokio!(rows, "tokio watch", |tokio, ops| {
        let (sender, mut receiver) = tokio::sync::watch::channel(0_u64);
        for _ in 0..ops {
            sender.send(1).unwrap();
            receiver.changed().await.unwrap();
            black_box(*receiver.borrow());
        }
    });
}

fn of_tokio_sync(rows: &mut Vec<Row>) {
    row_of_tokio!(rows, "tokio Mutex lock", |tokio, ops| {
        let lock = tokio::sync::Mutex::new(0_u64);
        for _ in 0..ops {
            *lock.lock().await += 1;
        }
    });
    row_of_tokio!(rows, "tokio RwLock read", |tokio, ops| {
        let lock = tokio::sync::RwLock::new(0_u64);
        for _ in 0..ops {
            black_box(*lock.read().await);
        }
    });
    row_of_tokio!(rows, "tokio RwLock write", |tokio, ops| {
        let lock = tokio::sync::RwLock::new(0_u64);
        for _ in 0..ops {
            *lock.write().await += 1;
        }
    });
    row_of_tokio!(rows, "tokio Semaphore acquire", |tokio, ops| {
        let semaphore = tokio::sync::Semaphore::new(1);
        for _ in 0..ops {
            drop(black_box(semaphore.acquire().await.unwrap()));
        }
    });
    row_of_tokio!(rows, "tokio Notify", |tokio, ops| {
        let notify = tokio::sync::Notify::new();
        for _ in 0..ops {
            notify.notify_one();
            notify.notified().await;
        }
    });
    row_of_tokio!(rows, "tokio OnceCell", |tokio, ops| {
        let cell = tokio::sync::OnceCell::new();
        for _ in 0..ops {
            black_box(cell.get_or_init(|| async { 1_u64 }).await);
        }
    });
}

fn of_tokio(rows: &mut Vec<Row>) {
    row_of_tokio!(rows, "tokio spawn, join", |tokio, ops| {
        for _ in 0..ops {
            black_box(tokio::spawn(async { 1_u64 }).await.unwrap());
        }
    });
    row_of_tokio!(rows, "tokio JoinSet", |tokio, ops| {
        let mut set = tokio::task::JoinSet::new();
        for _ in 0..ops {
            set.spawn(async { 1_u64 });
            black_box(set.join_next().await);
        }
    });
    row_of_tokio!(rows, "tokio yield_now", |tokio, ops| {
        for _ in 0..ops {
            tokio::task::yield_now().await;
        }
    });
    row_of_tokio!(rows, "tokio timeout", |tokio, ops| {
        for _ in 0..ops {
            black_box(tokio::time::timeout(Duration::from_mins(1), async { 1_u64 }).await.is_ok());
        }
    });
}

fn of_others(rows: &mut Vec<Row>) {
    row!(
        rows,
        "parking_lot Mutex",
        shared,
        (::parking_lot, raceproof::parking_lot),
        |lib| lib::Mutex::new(0_u64),
        |x| *x.lock() += 1
    );
    row!(
        rows,
        "parking_lot RwLock read",
        shared,
        (::parking_lot, raceproof::parking_lot),
        |lib| lib::RwLock::new(0_u64),
        |x| *x.read()
    );
    row!(
        rows,
        "crossbeam send, recv",
        shared,
        (::crossbeam_channel, raceproof::crossbeam_channel),
        |lib| lib::bounded(8),
        |x| {
            x.0.send(1_u64).unwrap();
            x.1.recv().unwrap()
        }
    );
}

fn main() {
    let tests = std::env::args().any(|arg| arg == "--test");
    let rounds = if tests { Rounds { rounds: 3, ops: 200 } } else { Rounds { rounds: 401, ops: 4_000 } };
    println!(
        "ns an operation, and the facade's as a part of it: medians of {} rounds in turn",
        rounds.rounds
    );
    println!("{:<26} {:>10} {:>8} {:>12} {:>8}", "", "1 thread", "ratio", "2 threads", "ratio");
    let wanted = std::env::args().skip(1).find(|arg| !arg.starts_with("--")).unwrap_or_default();
    for row in rows().into_iter().filter(|row| row.name.contains(&wanted)) {
        let (alone, ratio) = measured(&row, rounds, alone);
        let text = format!("{:<26} {alone:>10.2} {ratio:>8.3}", row.name);
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
