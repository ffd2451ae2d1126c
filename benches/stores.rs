//! What a call of a store costs on real threads, and what the facade costs over std.
//!
//! `cargo bench --bench stores`. The time of a call is that of all threads together: a measurement begins when
//! every thread is let go and ends when the last one is done. The threads are spawned once, each with a
//! stream of names of its own, and no store is ever reset. Compare within one run, as ratios.

use criterion::{BenchmarkGroup, Criterion, Throughput, measurement::WallTime};
use raceproof::counter::{
    CounterStore, FromCounters, StoreError, channel::ChannelStore, counters::Counters,
    lost_update::LostUpdateStore, mutex::MutexStore, unsynchronized::UnsynchronizedStore,
};
use std::collections::HashMap;
use std::hint::black_box;
use std::ops::DerefMut;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier, LockResult, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Handle};

/// The counters that the threads share.
const NAMES: usize = 64;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    let runtime = Builder::new_multi_thread().worker_threads(2).build().expect("a runtime");
    let _inside = runtime.enter();
    for threads in [1, 2, 4] {
        let mut group = criterion.benchmark_group(format!("inc, threads: {threads}"));
        group.throughput(Throughput::Elements(1));
        measure(&mut group, "bare std, hash map", threads, HashStore::default());
        measure(&mut group, "bare std", threads, BareStore(Mutex::new(zero())));
        measure(&mut group, "mutex", threads, MutexStore::new(zero()));
        measure(&mut group, "lost_update", threads, LostUpdateStore::new(zero()));
        measure(&mut group, "channel", threads, ChannelStore::new(zero()));
        if threads == 1 {
            // With a second thread it ends the process.
            measure(&mut group, "unsynchronized", threads, UnsynchronizedStore::new(zero()));
        }
        group.finish();
    }
    criterion.final_summary();
    price_of_the_facade();
}

fn name(i: usize) -> String {
    format!("counter {i}")
}

fn zero() -> Counters {
    (0..NAMES).map(|i| (name(i), 0)).collect()
}

fn measure(group: &mut BenchmarkGroup<'_, WallTime>, title: &str, threads: u64, store: impl CounterStore) {
    let crew = Crew::new(threads, &Arc::new(store));
    group.bench_function(title, |bencher| bencher.iter_custom(|calls| crew.call(calls)));
}

/// Threads that wait for work.
struct Crew {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    begin: Barrier,
    end: Barrier,
    /// Calls that each thread is to make; none ends it.
    calls: AtomicU64,
}

impl Crew {
    fn new<S: CounterStore>(threads: u64, store: &Arc<S>) -> Self {
        let all = threads as usize + 1;
        let shared =
            Arc::new(Shared { begin: Barrier::new(all), end: Barrier::new(all), calls: AtomicU64::new(0) });
        let runtime = Handle::current();
        let thread = |seed| {
            let (shared, store, runtime) = (Arc::clone(&shared), Arc::clone(store), runtime.clone());
            std::thread::spawn(move || work(seed, &shared, &*store, &runtime))
        };
        let threads = (1..=threads).map(thread).collect();
        Self { shared, threads }
    }

    /// How long that many calls take, or as many more as give each thread the same number.
    fn call(&self, calls: u64) -> Duration {
        let each = calls.div_ceil(self.threads.len() as u64);
        // Relaxed: the barrier orders it.
        self.shared.calls.store(each, Ordering::Relaxed);
        self.shared.begin.wait();
        let begun = Instant::now();
        self.shared.end.wait();
        begun.elapsed().mul_f64(calls as f64 / (each * self.threads.len() as u64) as f64)
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.shared.calls.store(0, Ordering::Relaxed);
        self.shared.begin.wait();
        for thread in self.threads.drain(..) {
            thread.join().expect("a store does not panic");
        }
    }
}

fn work(seed: u64, shared: &Shared, store: &impl CounterStore, runtime: &Handle) {
    let names: Vec<String> = (0..NAMES).map(name).collect();
    let mut random = seed;
    loop {
        shared.begin.wait();
        let calls = shared.calls.load(Ordering::Relaxed);
        if calls == 0 {
            return;
        }
        runtime.block_on(async {
            for _ in 0..calls {
                random =
                    random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let name = &names[(random >> 33) as usize % NAMES];
                store.inc(name).await.expect("it exists");
            }
        });
        shared.end.wait();
    }
}

/// The mutex store without the facade, and otherwise the same.
struct BareStore(Mutex<Counters>);

impl CounterStore for BareStore {
    async fn get(&self, name: &str) -> Result<i64, StoreError> {
        self.0.lock().expect("nobody panics").get(name)
    }

    async fn set(&self, name: &str, value: i64) -> Result<(), StoreError> {
        self.0.lock().expect("nobody panics").set(name, value)
    }

    async fn inc(&self, name: &str) -> Result<(), StoreError> {
        self.0.lock().expect("nobody panics").inc(name)
    }
}

/// What one would write without a thought of floods or models.
struct HashStore(Mutex<HashMap<String, i64>>);

impl Default for HashStore {
    fn default() -> Self {
        Self(Mutex::new((0..NAMES).map(|i| (name(i), 0)).collect()))
    }
}

impl CounterStore for HashStore {
    async fn get(&self, name: &str) -> Result<i64, StoreError> {
        self.0.lock().expect("nobody panics").get(name).copied().ok_or(StoreError::NotFound)
    }

    async fn set(&self, name: &str, value: i64) -> Result<(), StoreError> {
        self.0.lock().expect("nobody panics").insert(name.to_owned(), value);
        Ok(())
    }

    async fn inc(&self, name: &str) -> Result<(), StoreError> {
        let mut counters = self.0.lock().expect("nobody panics");
        let counter = counters.get_mut(name).ok_or(StoreError::NotFound)?;
        *counter = counter.checked_add(1).ok_or(StoreError::Overflow)?;
        Ok(())
    }
}

/// The facade's mutex with `model` compiled in and no model running, against std's: nobody else wants
/// the lock. Both are measured in turn, so that whatever else the machine does meets both alike.
fn price_of_the_facade() {
    let tests = std::env::args().any(|arg| arg == "--test");
    let (rounds, locks) = if tests { (1, 1_000) } else { (301, 100_000) };
    let (std, facade) = (Mutex::new(0_u64), raceproof::sync::Mutex::new(0_u64));
    let (mut of_std, mut of_facade) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let mut std = || of_std.push(lock_and_add(locks, || black_box(&std).lock()));
        let mut facade = || of_facade.push(lock_and_add(locks, || black_box(&facade).lock()));
        if round % 2 == 0 {
            std();
            facade();
        } else {
            facade();
            std();
        }
    }
    let (std, facade) = (median(of_std), median(of_facade));
    println!("\nlock, add and unlock, uncontended, ns: medians of {rounds} rounds of {locks} in turn");
    println!("          std's  facade's  ratio");
    println!("Mutex    {std:>6.2}  {facade:>8.2}  {:>5.3}", facade / std);
}

/// Nanoseconds a round.
fn lock_and_add<G: DerefMut<Target = u64>>(locks: u32, lock: impl Fn() -> LockResult<G>) -> f64 {
    let begun = Instant::now();
    for _ in 0..locks {
        *lock().expect("nobody panics") += 1;
    }
    begun.elapsed().as_nanos() as f64 / f64::from(locks)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
