//! loom proves the sound stores and refutes the racy ones.

use raceproof::counter::spec::{Op, START, Stored};
use raceproof::counter::{
    FromCounters, channel::ChannelStore, lost_update::LostUpdateStore, mutex::MutexStore,
    unsynchronized::UnsynchronizedStore,
};
use raceproof::explore::{Engine, Explorer};
use raceproof::spec::Scenario;
use raceproof::verdict::{Finding, Verdict};

fn explore<S: FromCounters>(explorer: &Explorer, threads: &[&[Op]]) -> Verdict {
    let threads = threads.iter().map(|ops| ops.to_vec()).collect();
    explorer.explore_scenarios::<Stored<S>>(&START.into_iter().collect(), &[Scenario { threads }])
}

fn inc() -> Op {
    Op::Inc("i".to_owned())
}

fn prove<S: FromCounters>() {
    let get = Op::Get("i".to_owned());
    let set = Op::Set("i".to_owned(), 7);
    check::<S>(&[&[inc(), inc()], &[inc(), inc()]], 6);
    check::<S>(&[&[inc(), inc()], &[get.clone(), get]], 6);
    check::<S>(&[&[set.clone(), set], &[inc(), inc()]], 6);
    check::<S>(&[&[inc()], &[inc()], &[inc()]], 6);
}

/// A proof, of as many executions as the calls have orders or more: fewer cannot be all.
#[track_caller]
fn check<S: FromCounters>(threads: &[&[Op]], orders: u64) {
    let verdict = explore::<S>(&Explorer::new(Engine::Loom), threads);
    verdict.assert_proved();
    assert!(verdict.coverage().executions >= orders, "{verdict}");
}

#[test]
fn proves_the_mutex_store() {
    prove::<MutexStore>();
}

#[test]
fn proves_the_channel_store() {
    prove::<ChannelStore>();
}

#[test]
fn refutes_the_lost_update() {
    let verdict = explore::<LostUpdateStore>(&Explorer::new(Engine::Loom), &[&[inc()], &[inc()]]);
    assert_eq!(verdict.assert_refuted().finding, Finding::NotLinearizable);
}

#[test]
fn refutes_the_unsynchronized_store_with_both_lines() {
    let verdict = explore::<UnsynchronizedStore>(&Explorer::new(Engine::Loom), &[&[inc()], &[inc()]]);
    let shown = verdict.assert_refuted();
    assert_eq!(shown.finding, Finding::DataRace);
    assert!(shown.why.iter().filter(|line| line.contains("unsynchronized.rs:")).count() >= 2);
}

#[test]
fn more_threads_than_loom_runs_are_undecided() {
    let inc = [inc()];
    let four: [&[Op]; 4] = [&inc; 4];
    explore::<MutexStore>(&Explorer::new(Engine::Loom), &four).assert_proved();
    // The owner is the sixth, with the main one.
    let verdict = explore::<ChannelStore>(&Explorer::new(Engine::Loom), &four);
    assert_eq!(verdict.word(), "undecided", "{verdict}");
    assert!(verdict.to_string().contains("at most 5 threads"), "{verdict}");
}

#[test]
fn a_search_that_is_cut_short_is_no_proof() {
    let cut = Explorer::new(Engine::Loom).executions_max(5);
    let verdict = explore::<MutexStore>(&cut, &[&[inc(), inc()], &[inc(), inc()], &[inc()]]);
    assert_eq!(verdict.word(), "passed");
    assert_eq!(verdict.coverage().executions, 5);
}

/// Programs in the style of loom's users: the imports and the entry point are ours, and the rest is as it was.
mod moved_in {
    use raceproof::cell::UnsafeCell;
    use raceproof::explore::{Engine, Explorer};
    use raceproof::hint;
    use raceproof::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
    use raceproof::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, fence};
    use raceproof::sync::{Arc, Condvar, Mutex};
    use raceproof::thread;
    use raceproof::tokio::runtime::Handle;
    use raceproof::verdict::Finding;
    use std::ptr;
    use std::task::{Poll, Waker};

    /// Was `loom::model`: by loom, weak memory included, and by the search of ours.
    fn model(f: impl Fn() + Clone + Send + Sync + 'static) {
        Explorer::new(Engine::Loom).explore(f.clone()).assert_proved();
        Explorer::new(Engine::Exhaustive).explore(f).assert_proved();
    }

    /// A spin lock around plain memory.
    struct Spin {
        held: AtomicBool,
        value: UnsafeCell<usize>,
    }

    // SAFETY: whoever has set `held` has the value alone.
    unsafe impl Sync for Spin {}

    impl Spin {
        fn add(&self, order: std::sync::atomic::Ordering) {
            while self.held.compare_exchange(false, true, Acquire, Relaxed).is_err() {
                hint::spin_loop();
                thread::yield_now();
            }
            // SAFETY: as above.
            self.value.with_mut(|value| unsafe { *value += 1 });
            self.held.store(false, order);
        }
    }

    fn spins(order: std::sync::atomic::Ordering) -> impl Fn() + Clone + Send + Sync + 'static {
        move || {
            let lock = Arc::new(Spin { held: AtomicBool::new(false), value: UnsafeCell::new(0) });
            let other = Arc::clone(&lock);
            let adds = thread::spawn(move || other.add(order));
            lock.add(order);
            adds.join().unwrap();
            // SAFETY: the other thread has ended.
            assert_eq!(lock.value.with(|value| unsafe { *value }), 2);
        }
    }

    #[test]
    fn a_spin_lock_that_releases_and_one_that_does_not() {
        model(spins(Release));
        for engine in [Engine::Loom, Engine::Exhaustive] {
            let verdict = Explorer::new(engine).explore(spins(Relaxed));
            assert_eq!(verdict.assert_refuted().finding, Finding::DataRace, "{verdict}");
        }
    }

    struct Node {
        value: usize,
        next: *mut Node,
    }

    #[test]
    fn a_stack_of_nodes_is_taken_whole() {
        model(|| {
            let head = Arc::new(AtomicPtr::new(ptr::null_mut::<Node>()));
            let push = |head: &AtomicPtr<Node>, value| {
                let node = Box::into_raw(Box::new(Node { value, next: ptr::null_mut() }));
                let mut top = head.load(Acquire);
                loop {
                    // SAFETY: it is not published yet.
                    unsafe { (*node).next = top };
                    match head.compare_exchange(top, node, AcqRel, Acquire) {
                        Ok(_) => break,
                        Err(now) => top = now,
                    }
                }
            };
            let other = Arc::clone(&head);
            let pushes = thread::spawn(move || push(&other, 1));
            push(&head, 2);
            pushes.join().unwrap();
            let (mut top, mut sum) = (head.swap(ptr::null_mut(), AcqRel), 0);
            while !top.is_null() {
                // SAFETY: it was published, and is taken by nobody else.
                let node = unsafe { Box::from_raw(top) };
                (top, sum) = (node.next, sum + node.value);
            }
            assert_eq!(sum, 3);
        });
    }

    #[test]
    fn fences_publish_and_a_weaker_one_is_seen_by_loom_alone() {
        let program = |publish: fn(), observe: fn()| {
            move || {
                let shared = Arc::new((AtomicUsize::new(0), AtomicBool::new(false)));
                let other = Arc::clone(&shared);
                let publishes = thread::spawn(move || {
                    other.0.store(1, Relaxed);
                    publish();
                    other.1.store(true, Relaxed);
                });
                if shared.1.load(Relaxed) {
                    observe();
                    assert_eq!(shared.0.load(Relaxed), 1);
                }
                publishes.join().unwrap();
            }
        };
        model(program(|| fence(Release), || fence(Acquire)));
        let verdict = Explorer::new(Engine::Loom).explore(program(|| (), || ()));
        assert_eq!(verdict.assert_refuted().finding, Finding::Panic, "{verdict}");
    }

    /// Was `loom::sync::Notify`, which blocks a thread until it is told.
    #[derive(Default)]
    struct Told(Mutex<bool>, Condvar);

    impl Told {
        fn notify(&self) {
            *self.0.lock().unwrap() = true;
            self.1.notify_one();
        }

        fn wait(&self) {
            let mut told = self.0.lock().unwrap();
            while !*told {
                told = self.1.wait(told).unwrap();
            }
        }
    }

    #[test]
    fn a_thread_is_told() {
        model(|| {
            let told = Arc::new(Told::default());
            let other = Arc::clone(&told);
            let tells = thread::spawn(move || other.notify());
            told.wait();
            tells.join().unwrap();
        });
    }

    /// Was `loom::future::AtomicWaker`, of which a lock and an option are what there is to see.
    #[derive(Default)]
    struct Wakes(Mutex<Option<Waker>>, AtomicBool);

    #[test]
    fn a_waker_is_left_and_called() {
        // Loom's world has no wakers: it was `loom::future::block_on` there.
        raceproof::prove(|| {
            let wakes = Arc::new(Wakes::default());
            let other = Arc::clone(&wakes);
            let waker = thread::spawn(move || {
                other.1.store(true, Release);
                let waker = other.0.lock().unwrap().take();
                waker.inspect(Waker::wake_by_ref);
            });
            Handle::current().block_on(std::future::poll_fn(|context| {
                *wakes.0.lock().unwrap() = Some(context.waker().clone());
                if wakes.1.load(Acquire) { Poll::Ready(()) } else { Poll::Pending }
            }));
            waker.join().unwrap();
        });
    }

    #[test]
    fn a_builder_bounds_preemptions() {
        // Was `loom::model::Builder { preemption_bound: Some(1), .. }.check(f)`.
        let verdict = Explorer::new(Engine::Exhaustive).preemptions_max(1).explore(spins(Release));
        assert!(["proved", "passed"].contains(&verdict.word()), "{verdict}");
        Explorer::new(Engine::Loom).preemptions_max(2).explore(spins(Release)).assert_passed();
    }
}
