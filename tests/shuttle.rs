//! Shuttle's samplers refute the racy stores and find nothing in the sound ones.

use raceproof::counter::spec::{Op, START, Stored};
use raceproof::counter::{
    FromCounters, channel::ChannelStore, lost_update::LostUpdateStore, mutex::MutexStore,
    unsynchronized::UnsynchronizedStore,
};
use raceproof::explore::{Engine, Explorer};
use raceproof::spec::Scenario;
use raceproof::verdict::{Finding, Verdict};

/// Seeds are fixed, so that each run draws the same executions.
const ENGINES: [Engine; 3] =
    [Engine::Random { seed: 1 }, Engine::Pct { seed: 1, depth: 3 }, Engine::Urw { seed: 1 }];

fn incs<S: FromCounters>(engine: Engine, clients: usize, calls: usize) -> Verdict {
    let threads = vec![vec![Op::Inc("i".to_owned()); calls]; clients];
    let explorer = Explorer::new(engine).executions_max(2_000);
    explorer.explore_scenarios::<Stored<S>>(&START.into_iter().collect(), &[Scenario { threads }])
}

#[test]
fn finds_nothing_in_the_sound_stores() {
    for engine in ENGINES {
        for verdict in [incs::<MutexStore>(engine, 3, 2), incs::<ChannelStore>(engine, 3, 2)] {
            assert_eq!(verdict.word(), "passed", "{verdict}");
            assert_eq!(verdict.coverage().executions, 2_000);
        }
    }
}

#[test]
fn refutes_the_lost_update() {
    for engine in ENGINES {
        let verdict = incs::<LostUpdateStore>(engine, 2, 1);
        assert_eq!(verdict.assert_refuted().finding, Finding::NotLinearizable);
    }
}

#[test]
fn refutes_the_unsynchronized_store() {
    for engine in ENGINES {
        let verdict = incs::<UnsynchronizedStore>(engine, 2, 1);
        assert_eq!(verdict.assert_refuted().finding, Finding::DataRace);
    }
}

#[test]
fn the_same_seed_shows_the_same_counterexample() {
    for engine in ENGINES {
        let text = || incs::<LostUpdateStore>(engine, 2, 1).to_string();
        assert_eq!(text(), text());
    }
}

#[test]
fn a_program_without_concurrency_is_run_once() {
    for engine in ENGINES {
        let verdict = Explorer::new(engine).explore(|| drop(raceproof::sync::Mutex::new(0).lock()));
        assert_eq!((verdict.word(), verdict.coverage().executions), ("undecided", 1));
    }
}

/// Programs in the style of shuttle's users: the imports and the entry point are ours, and the rest is as it was.
mod moved_in {
    use raceproof::explore::{Engine, Explorer};
    use raceproof::sync::atomic::{AtomicUsize, Ordering};
    use raceproof::sync::{Arc, Barrier, Condvar, Mutex, RwLock, mpsc};
    use raceproof::tokio::runtime::Handle;
    use raceproof::tokio::spawn;
    use raceproof::verdict::Finding;
    use raceproof::{prove, thread};
    use std::cell::RefCell;
    use std::collections::HashMap;

    /// Was `shuttle::check_random(f, 200)` and its like.
    fn sampled(f: impl Fn() + Clone + Send + Sync + 'static) {
        for engine in super::ENGINES {
            Explorer::new(engine).executions_max(200).explore(f.clone()).assert_passed();
        }
    }

    /// A queue of room for two, with a condition for each end.
    #[derive(Default)]
    struct Queue {
        items: Mutex<Vec<u32>>,
        not_full: Condvar,
        not_empty: Condvar,
    }

    impl Queue {
        fn put(&self, item: u32) {
            let mut items =
                self.not_full.wait_while(self.items.lock().unwrap(), |items| items.len() == 1).unwrap();
            items.push(item);
            self.not_empty.notify_one();
        }

        fn take(&self) -> u32 {
            let mut items =
                self.not_empty.wait_while(self.items.lock().unwrap(), |items| items.is_empty()).unwrap();
            let item = items.remove(0);
            self.not_full.notify_one();
            item
        }
    }

    #[test]
    fn a_bounded_queue_by_check_dfs_and_the_samplers() {
        let program = || {
            let queue = Queue::default();
            let sum = AtomicUsize::new(0);
            thread::scope(|scope| {
                scope.spawn(|| (1..=2).for_each(|item| queue.put(item)));
                scope.spawn(|| {
                    for _ in 0..2 {
                        sum.fetch_add(queue.take() as usize, Ordering::SeqCst);
                    }
                });
            });
            assert_eq!(sum.into_inner(), 3);
        };
        prove(program);
        sampled(program);
    }

    raceproof::statics! {
        // Was `shuttle::lazy_static! { static ref NAMES: RwLock<HashMap<u32, &'static str>> = ..; }`.
        static NAMES: RwLock<Option<HashMap<u32, &'static str>>> = RwLock::new(None);
    }

    raceproof::thread_local! {
        static SEEN: RefCell<Vec<u32>> = RefCell::new(Vec::new());
    }

    #[test]
    fn statics_and_thread_locals_are_fresh_in_each_execution() {
        prove(|| {
            assert!(NAMES.read().unwrap().is_none());
            let writer = thread::spawn(|| {
                NAMES.write().unwrap().get_or_insert_default().insert(1, "one");
                SEEN.with(|seen| seen.borrow_mut().push(1));
                SEEN.with(|seen| seen.borrow().len())
            });
            let seen = NAMES.read().unwrap().as_ref().map(|names| names[&1]);
            assert!(seen.is_none_or(|name| name == "one"));
            assert_eq!(writer.join().unwrap(), 1);
            SEEN.with(|seen| assert!(seen.borrow().is_empty()));
        });
    }

    /// Was `shuttle::future::block_on`: in a thread that is no task.
    fn block_on<F: Future>(future: F) -> F::Output {
        Handle::current().block_on(future)
    }

    #[test]
    fn futures_are_blocked_on_by_threads() {
        prove(|| {
            let (sender, mut receiver) = raceproof::tokio::sync::mpsc::unbounded_channel();
            let thread = thread::spawn(move || {
                block_on(async move {
                    let doubles = spawn(async move { receiver.recv().await.map(|n: u32| n * 2) });
                    doubles.await.unwrap()
                })
            });
            sender.send(21).unwrap();
            assert_eq!(thread.join().unwrap(), Some(42));
        });
    }

    #[test]
    fn a_lost_update_is_replayed_from_its_schedule() {
        let program = || {
            let (count, barrier) = (Arc::new(AtomicUsize::new(0)), Arc::new(Barrier::new(2)));
            let threads = [(); 2].map(|()| {
                let (count, barrier) = (Arc::clone(&count), Arc::clone(&barrier));
                thread::spawn(move || {
                    barrier.wait();
                    let before = count.load(Ordering::SeqCst);
                    count.store(before + 1, Ordering::SeqCst);
                })
            });
            for thread in threads {
                thread.join().unwrap();
            }
            assert_eq!(count.load(Ordering::SeqCst), 2);
        };
        for engine in [Engine::Exhaustive, Engine::Random { seed: 7 }, Engine::Pct { seed: 7, depth: 2 }] {
            let verdict = Explorer::new(engine).executions_max(1_000).explore(program);
            let shown = verdict.assert_refuted();
            assert_eq!(shown.finding, Finding::Panic);
            // Was `shuttle::replay(f, schedule)`.
            let schedule = shown.schedule.as_ref().unwrap().parse().unwrap();
            let again = Explorer::new(engine).replay(schedule).explore(program);
            assert_eq!(again.assert_refuted().rows, shown.rows);
        }
    }

    #[test]
    fn a_dining_table_of_two_is_a_deadlock() {
        let verdict = Explorer::new(Engine::Exhaustive).explore(|| {
            let forks = Arc::new([Mutex::new(()), Mutex::new(())]);
            let (done, all_done) = mpsc::channel();
            for seat in 0..2 {
                let (forks, done) = (Arc::clone(&forks), done.clone());
                thread::Builder::new()
                    .name(format!("philosopher {seat}"))
                    .spawn(move || {
                        let _left = forks[seat].lock().unwrap();
                        let _right = forks[1 - seat].lock().unwrap();
                        done.send(seat).unwrap();
                    })
                    .unwrap();
            }
            drop(done);
            assert_eq!(all_done.iter().count(), 2);
        });
        assert_eq!(verdict.assert_refuted().finding, Finding::Deadlock);
        assert!(verdict.to_string().contains("philosopher 1"), "{verdict}");
    }
}
