//! What the exhaustive engine says of programs that meet in std's primitives.

use raceproof::explore::{Engine, Explorer};
use raceproof::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};
use raceproof::sync::{Arc, Condvar, Mutex, RwLock};
use raceproof::thread;
use raceproof::verdict::{Finding, Verdict};

fn explore(program: impl Fn() + Send + Sync + 'static) -> Verdict {
    Explorer::new(Engine::Exhaustive).explore(program)
}

#[track_caller]
fn executions(verdict: &Verdict, expected: u64) {
    verdict.assert_proved();
    assert_eq!((verdict.coverage().executions, verdict.coverage().redundant), (expected, 0));
}

/// `threads` threads, each running `body` on what `new` makes.
fn threads<T: Send + Sync + 'static>(threads: usize, new: impl Fn() -> T, body: fn(usize, &T)) {
    let shared = Arc::new(new());
    let spawned = (0..threads).map(|i| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || body(i, &shared))
    });
    spawned.collect::<Vec<_>>().into_iter().for_each(|handle| handle.join().unwrap());
}

#[test]
fn readers_commute_and_writers_do_not() {
    let lock = || RwLock::new(0);
    let read = |_, lock: &RwLock<i32>| drop(lock.read().unwrap());
    let write = |_, lock: &RwLock<i32>| *lock.write().unwrap() += 1;
    executions(&explore(move || threads(4, lock, read)), 1);
    executions(&explore(move || threads(3, lock, write)), 6);
    let one_writes =
        |i, lock: &RwLock<i32>| if i == 0 { *lock.write().unwrap() += 1 } else { drop(lock.read().unwrap()) };
    executions(&explore(move || threads(3, lock, one_writes)), 4);
}

#[test]
fn refutes_a_second_read_behind_a_waiting_writer() {
    let verdict = explore(|| {
        let lock = || RwLock::new(0);
        threads(2, lock, |i, lock| {
            if i == 0 {
                let _first = lock.read().unwrap();
                let _second = lock.read().unwrap();
            } else {
                *lock.write().unwrap() += 1;
            }
        });
    });
    assert_eq!(verdict.assert_refuted().finding, Finding::Deadlock);
}

#[test]
fn a_lock_that_is_poisoned_in_a_model_is_an_error_to_the_next() {
    let verdict = explore(|| {
        let shared = Arc::new((Mutex::new(0), RwLock::new(0)));
        let other = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let _guard = shared.0.lock().unwrap();
                let _write = shared.1.write().unwrap();
                panic!("on purpose");
            })
        };
        let before = shared.0.lock().is_ok();
        assert!(other.join().is_err());
        assert!(shared.0.lock().is_err() && shared.1.read().is_err() && shared.1.is_poisoned());
        shared.0.clear_poison();
        assert!(shared.0.lock().is_ok());
        let _ = before;
    });
    executions(&verdict, 2);
}

/// A flag behind a mutex, and who waits for it.
type Flag = (Mutex<bool>, Condvar);

fn raise(flag: &Flag) {
    *flag.0.lock().unwrap() = true;
    flag.1.notify_one();
}

/// One thread waits for a flag that another raises.
fn wait_by(wait: fn(&Flag)) -> Verdict {
    explore(move || {
        let flag: Arc<Flag> = Arc::new((Mutex::new(false), Condvar::new()));
        let other = Arc::clone(&flag);
        let raiser = thread::spawn(move || raise(&other));
        wait(&flag);
        raiser.join().unwrap();
    })
}

#[test]
fn refutes_a_wait_behind_if_by_a_wakeup_without_a_reason_and_proves_it_behind_while() {
    let by_if = wait_by(|flag| {
        let mut raised = flag.0.lock().unwrap();
        if !*raised {
            raised = flag.1.wait(raised).unwrap();
        }
        assert!(*raised);
    });
    assert_eq!(by_if.assert_refuted().finding, Finding::Panic);
    let by_while = wait_by(|flag| {
        let mut raised = flag.0.lock().unwrap();
        while !*raised {
            raised = flag.1.wait(raised).unwrap();
        }
    });
    by_while.assert_proved();
    assert_eq!(by_while.coverage().limits.len(), 1, "{by_while}");
    wait_by(|flag| drop(flag.1.wait_while(flag.0.lock().unwrap(), |raised| !*raised))).assert_proved();
}

#[test]
fn a_wakeup_that_comes_before_the_wait_is_a_deadlock() {
    let verdict = wait_by(|flag| drop(flag.1.wait(flag.0.lock().unwrap())));
    assert_eq!(verdict.assert_refuted().finding, Finding::Deadlock);
    let unlocked = explore(|| {
        let flag: Arc<(AtomicBool, Flag)> = Arc::default();
        let other = Arc::clone(&flag);
        let raiser = thread::spawn(move || {
            other.0.store(true, Ordering::SeqCst);
            other.1.1.notify_all();
        });
        let mut guard = flag.1.0.lock().unwrap();
        while !flag.0.load(Ordering::SeqCst) {
            guard = flag.1.1.wait(guard).unwrap();
        }
        drop(guard);
        raiser.join().unwrap();
    });
    assert_eq!(unlocked.assert_refuted().finding, Finding::Deadlock);
}

#[test]
fn notify_one_may_wake_any_of_those_who_wait() {
    let verdict = explore(|| {
        let shared: Arc<(Flag, AtomicUsize)> = Arc::default();
        let waiters = [1, 2].map(|me| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let mut raised = shared.0.0.lock().unwrap();
                while !*raised {
                    raised = shared.0.1.wait(raised).unwrap();
                }
                let _ = shared.1.compare_exchange(0, me, Ordering::SeqCst, Ordering::SeqCst);
                drop(raised);
                shared.0.1.notify_one();
            })
        });
        raise(&shared.0);
        for waiter in waiters {
            waiter.join().unwrap();
        }
        assert_ne!(shared.1.load(Ordering::SeqCst), 2, "the second may be first");
    });
    assert_eq!(verdict.assert_refuted().finding, Finding::Panic);
}

#[test]
fn a_wait_with_a_timeout_may_time_out_and_may_not() {
    use std::time::Duration;
    let outcome = |timed_out: bool| {
        explore(move || {
            let flag: Arc<Flag> = Arc::default();
            let other = Arc::clone(&flag);
            let raiser = thread::spawn(move || raise(&other));
            let raised = flag.0.lock().unwrap();
            let waited =
                flag.1.wait_timeout_while(raised, Duration::from_secs(3600), |raised| !*raised).unwrap();
            assert_ne!(waited.1.timed_out(), timed_out);
            drop(waited);
            raiser.join().unwrap();
        })
    };
    assert_eq!(outcome(true).assert_refuted().finding, Finding::Panic);
    assert_eq!(outcome(false).assert_refuted().finding, Finding::Panic);
    let nobody = explore(|| {
        let flag: Arc<Flag> = Arc::default();
        let other = Arc::clone(&flag);
        let toucher = thread::spawn(move || drop(other.0.lock()));
        for _ in 0..3 {
            let waited = flag.1.wait_timeout(flag.0.lock().unwrap(), Duration::from_secs(3600));
            drop(waited);
        }
        toucher.join().unwrap();
    });
    nobody.assert_proved();
    assert!(nobody.to_string().contains("timeout"), "{nobody}");
}

#[test]
fn refutes_a_weak_compare_exchange_that_is_taken_for_a_strong_one() {
    let once = |weak: bool| {
        explore(move || {
            let taken: Arc<AtomicBool> = Arc::default();
            let take = move |taken: &AtomicBool| {
                let seq = Ordering::SeqCst;
                let swapped = if weak {
                    taken.compare_exchange_weak(false, true, seq, seq)
                } else {
                    taken.compare_exchange(false, true, seq, seq)
                };
                swapped.is_ok()
            };
            let other = Arc::clone(&taken);
            let first = thread::spawn(move || take(&other));
            let second = take(&taken);
            assert!(first.join().unwrap() != second, "one of two takes it");
        })
    };
    assert_eq!(once(true).assert_refuted().finding, Finding::Panic);
    once(false).assert_proved();
}

#[test]
fn a_loop_of_try_lock_that_nobody_ends_is_a_livelock() {
    let verdict = explore(|| {
        let locks: Arc<[Mutex<()>; 2]> = Arc::default();
        let spin = |first: &Mutex<()>, second: &Mutex<()>| {
            let _held = first.lock().unwrap();
            while second.try_lock().is_err() {
                thread::yield_now();
            }
        };
        let other = Arc::clone(&locks);
        let thread = thread::spawn(move || spin(&other[0], &other[1]));
        spin(&locks[1], &locks[0]);
        thread.join().unwrap();
    });
    assert_eq!(verdict.assert_refuted().finding, Finding::Livelock);
}

#[test]
fn a_pointer_that_is_published_by_release_is_read_by_acquire() {
    let verdict = explore(|| {
        let shared: Arc<AtomicPtr<u32>> = Arc::default();
        let other = Arc::clone(&shared);
        let writer = thread::spawn(move || other.store(Box::into_raw(Box::new(7)), Ordering::Release));
        let seen = shared.swap(std::ptr::null_mut(), Ordering::AcqRel);
        writer.join().unwrap();
        let left = shared.load(Ordering::Acquire);
        for pointer in [seen, left].into_iter().filter(|pointer| !pointer.is_null()) {
            // SAFETY: it came out of a box, and whoever swapped it out has it alone.
            assert_eq!(*unsafe { Box::from_raw(pointer) }, 7);
        }
    });
    verdict.assert_proved();
}

#[test]
fn a_proof_lists_the_readers_that_overtake_only_behind_a_try_read() {
    let by = |attempt: bool| {
        explore(move || {
            let lock: Arc<RwLock<u32>> = Arc::default();
            let other = Arc::clone(&lock);
            let writer = thread::spawn(move || *other.write().unwrap() += 1);
            drop(if attempt { lock.try_read().ok() } else { lock.read().ok() });
            writer.join().unwrap();
        })
    };
    assert_eq!((by(true).coverage().limits.len(), by(false).coverage().limits.len()), (1, 0));
}
