//! Executions and time to a verdict: `exhaustive`, loom, and shuttle's own depth-first search, in one run.
//!
//! `cargo bench --bench explorer`. Our two engines run the stores of this crate and judge every execution.
//! Shuttle's search runs what a user of shuttle would write, over its own primitives: a mutex, and an
//! owner that answers over channels; it asks of an execution only that the final count is right.
//! What is not done within the bounds is shown with a `>`: no verdict is behind it. Loom runs at most 5
//! threads, of which the main one and the owner are two.

use raceproof::counter::spec::{Op, START, Stored};
use raceproof::counter::{FromCounters, channel::ChannelStore, mutex::MutexStore};
use raceproof::explore::{Engine, Explorer};
use raceproof::spec::Scenario;
use raceproof::verdict::Verdict;
use shuttle::scheduler::DfsScheduler;
use shuttle::sync::{Mutex, mpsc};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What bounds one search.
#[derive(Clone, Copy)]
struct Bounds {
    elapsed: Duration,
    /// Searches of which the median is shown; one where a search is long.
    times: usize,
}

/// A search, as far as it came.
#[derive(Clone, Copy)]
struct Reached {
    executions: u64,
    elapsed: Duration,
    end: End,
}

/// How a search ended.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Whole,
    Cut,
    /// Too many threads for the engine.
    Undecided,
}

type Size = (usize, usize);

fn main() {
    let tests = std::env::args().any(|arg| arg == "--test");
    let bounds = if tests {
        Bounds { elapsed: Duration::from_millis(200), times: 1 }
    } else {
        Bounds { elapsed: Duration::from_secs(20), times: 5 }
    };
    println!(
        "executions and time to a verdict; each search has {:.1} s, and > is what it reached in them\n",
        bounds.elapsed.as_secs_f64()
    );
    println!("{:12}{:>22}{:>11}{:>22}{:>22}{:>10}", "clients", "", "us an", "", "", "loom /");
    println!(
        "{:12}{:>22}{:>11}{:>22}{:>22}{:>10}",
        "x incs", "exhaustive", "execution", "loom", "shuttle's own dfs", "exh."
    );
    for size in [(3, 1), (3, 2), (3, 3), (4, 1)] {
        row::<MutexStore>("mutex", size, bounds, through_a_mutex);
    }
    for size in [(3, 1), (3, 2), (4, 1)] {
        row::<ChannelStore>("channel", size, bounds, through_a_channel);
    }
}

fn row<S: FromCounters>(store: &str, size: Size, bounds: Bounds, of_shuttle: fn(Size)) {
    let exhaustive = median(bounds, || ours::<S>(Engine::Exhaustive, size, bounds));
    let loom = median(bounds, || ours::<S>(Engine::Loom, size, bounds));
    let dfs = median(bounds, || shuttles(of_shuttle, size, bounds));
    let ratio = loom.elapsed.as_secs_f64() / exhaustive.elapsed.as_secs_f64();
    let ratio = match (loom.end, exhaustive.end) {
        (End::Whole, End::Whole) => format!("{ratio:.0}"),
        (End::Cut, End::Whole) => format!("> {ratio:.0}"),
        _ => "-".to_owned(),
    };
    let title = format!("{store} {}x{}", size.0, size.1);
    let each = exhaustive.elapsed.as_secs_f64() * 1e6 / exhaustive.executions as f64;
    println!("{title:<12}{}{each:>11.1}{}{}{ratio:>10}", cell(exhaustive), cell(loom), cell(dfs));
}

fn cell(reached: Reached) -> String {
    let more = match reached.end {
        End::Whole => "",
        End::Cut => "> ",
        End::Undecided => return format!("{:>22}", "too many threads"),
    };
    let executions = format!("{more}{}", reached.executions);
    format!("{executions:>11}{:>11}", time(reached.elapsed))
}

fn time(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64();
    if seconds < 1.0 { format!("{:.2} ms", seconds * 1e3) } else { format!("{seconds:.1} s") }
}

/// The search of median length, where they are short enough to be repeated.
fn median(bounds: Bounds, search: impl Fn() -> Reached) -> Reached {
    let first = search();
    if first.elapsed * 10 > bounds.elapsed {
        return first;
    }
    let mut all: Vec<Reached> = std::iter::once(first).chain((1..bounds.times).map(|_| search())).collect();
    all.sort_by_key(|reached| reached.elapsed);
    all[all.len() / 2]
}

fn ours<S: FromCounters>(engine: Engine, (clients, calls): Size, bounds: Bounds) -> Reached {
    let threads = vec![vec![Op::Inc("i".to_owned()); calls]; clients];
    let explorer = Explorer::new(engine).elapsed_ms_max(bounds.elapsed.as_millis() as u64);
    let begun = Instant::now();
    let initial = START.into_iter().collect();
    let verdict = explorer.explore_scenarios::<Stored<S>>(&initial, &[Scenario { threads }]);
    let end = match verdict {
        Verdict::Proved(_) => End::Whole,
        Verdict::Passed(..) => End::Cut,
        Verdict::Undecided(..) => End::Undecided,
        Verdict::Refuted(_) => panic!("{verdict}"),
    };
    Reached { executions: verdict.coverage().executions, elapsed: begun.elapsed(), end }
}

fn shuttles(program: fn(Size), size: Size, bounds: Bounds) -> Reached {
    let mut config = shuttle::Config::new();
    config.max_time = Some(bounds.elapsed);
    let executions = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&executions);
    let begun = Instant::now();
    shuttle::Runner::new(DfsScheduler::new(None, false), config).run(move || {
        program(size);
        counted.fetch_add(1, Ordering::Relaxed);
    });
    let elapsed = begun.elapsed();
    let end = if elapsed < bounds.elapsed { End::Whole } else { End::Cut };
    Reached { executions: executions.load(Ordering::Relaxed), elapsed, end }
}

/// Clients that inc a number behind shuttle's mutex.
fn through_a_mutex((clients, calls): Size) {
    let count = Arc::new(Mutex::new(0));
    let client = |_| {
        let count = Arc::clone(&count);
        shuttle::thread::spawn(move || {
            for _ in 0..calls {
                *count.lock().expect("nobody panics") += 1;
            }
        })
    };
    let clients: Vec<_> = (0..clients).map(client).collect();
    let all = clients.len() * calls;
    for client in clients {
        client.join().expect("it does not panic");
    }
    assert_eq!(*count.lock().expect("nobody panics"), all);
}

/// Clients that send an owner their incs over shuttle's channel, each with a channel for the answer.
fn through_a_channel((clients, calls): Size) {
    let (owner, commands) = mpsc::channel::<mpsc::Sender<()>>();
    let owning = shuttle::thread::spawn(move || {
        let mut count = 0;
        while let Ok(answer) = commands.recv() {
            count += 1;
            answer.send(()).expect("the client waits");
        }
        count
    });
    let client = |_| {
        let owner = owner.clone();
        shuttle::thread::spawn(move || {
            for _ in 0..calls {
                let (answer, answered) = mpsc::channel();
                owner.send(answer).expect("the owner is there");
                answered.recv().expect("the owner answers");
            }
        })
    };
    let clients: Vec<_> = (0..clients).map(client).collect();
    drop(owner);
    let all = clients.len() * calls;
    for client in clients {
        client.join().expect("it does not panic");
    }
    assert_eq!(owning.join().expect("it does not panic"), all);
}
