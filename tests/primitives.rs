//! What the exhaustive engine says of programs that meet in std's primitives.

use raceproof::explore::{Engine, Explorer};
use raceproof::sync::{Arc, Mutex, RwLock};
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
