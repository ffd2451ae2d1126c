//! A proof names what the model narrows in what the program used, and nothing else: for each limit a program
//! whose proof carries it, and a neighbour whose proof does not.

use raceproof::explore::{Engine, Explorer};
use raceproof::sync::atomic::{AtomicUsize, Ordering};
use raceproof::sync::{Arc, Condvar, Mutex, RwLock};
use raceproof::thread;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

/// Two threads run `body`, with what `new` makes between them, and are joined.
fn two<T: Send + Sync + 'static>(new: impl Fn() -> T, body: impl Fn(usize, &T) + Clone + Send + 'static) {
    let shared = Arc::new(new());
    let spawn = |i| {
        let (shared, body) = (Arc::clone(&shared), body.clone());
        thread::spawn(move || body(i, &shared))
    };
    for thread in [spawn(0), spawn(1)] {
        thread.join().unwrap();
    }
}

/// What the proof of a program leaves out, each with the number of its lines.
#[track_caller]
fn limits(engine: Engine, program: impl Fn() + Send + Sync + 'static) -> Vec<(String, usize)> {
    let verdict = Explorer::new(engine).explore(program);
    verdict.assert_proved();
    verdict.coverage().limits.iter().map(|limit| (limit.what.clone(), limit.lines.len())).collect()
}

/// The proof of `with` carries one limit, which begins so, for so many lines; that of `without` carries none.
#[track_caller]
fn check(
    what: &str,
    lines: usize,
    with: impl Fn() + Send + Sync + 'static,
    without: impl Fn() + Send + Sync + 'static,
) {
    check_by(Engine::Exhaustive, what, lines, with, without);
}

#[track_caller]
fn check_by(
    engine: Engine,
    what: &str,
    lines: usize,
    with: impl Fn() + Send + Sync + 'static,
    without: impl Fn() + Send + Sync + 'static,
) {
    let carried = limits(engine, with);
    assert!(matches!(&carried[..], [(text, of)] if text.starts_with(what) && *of == lines), "{carried:?}");
    assert_eq!(limits(engine, without), []);
}

#[test]
fn an_ordering_that_is_weaker_than_seq_cst() {
    let add = |ordering| {
        move || {
            two(AtomicUsize::default, move |_, count| {
                count.fetch_add(1, ordering);
            });
        }
    };
    check("values that orderings weaker than SeqCst", 1, add(Ordering::AcqRel), add(Ordering::SeqCst));
    check("values that orderings weaker than SeqCst", 1, add(Ordering::Relaxed), add(Ordering::SeqCst));
}

#[test]
fn the_weaker_of_two_orderings_of_an_exchange() {
    let exchange = |failure| {
        move || {
            two(AtomicUsize::default, move |i, count| {
                let _ = count.compare_exchange(0, i, Ordering::SeqCst, failure);
            });
        }
    };
    check("values that orderings weaker", 1, exchange(Ordering::Relaxed), exchange(Ordering::SeqCst));
}

#[test]
fn an_exchange_that_may_fail_without_a_reason() {
    let strong = || {
        two(AtomicUsize::default, |i, count| {
            let _ = count.compare_exchange(0, i, Ordering::SeqCst, Ordering::SeqCst);
        });
    };
    let weak = || {
        two(AtomicUsize::default, |i, count| {
            let _ = count.compare_exchange_weak(0, i, Ordering::SeqCst, Ordering::SeqCst);
        });
    };
    check("failures without a reason", 1, weak, strong);
}

/// One thread says that it is done; the other one waits by `wait`.
fn told(wait: impl Fn(&Mutex<bool>, &Condvar) + Clone + Send + 'static) {
    two(<(Mutex<bool>, Condvar)>::default, move |i, (done, changed)| {
        if i == 0 {
            *done.lock().unwrap() = true;
            changed.notify_one();
        } else {
            wait(done, changed);
        }
    });
}

#[test]
fn a_wait_that_may_wake_without_a_reason() {
    let waits = |done: &Mutex<bool>, changed: &Condvar| {
        drop(changed.wait_while(done.lock().unwrap(), |done| !*done).unwrap());
    };
    let looks = |done: &Mutex<bool>, _: &Condvar| drop(done.lock().unwrap());
    check("wakeups without a reason", 1, move || told(waits), move || told(looks));
}

#[test]
fn a_park_that_may_end_without_a_reason() {
    let unparks = |parks: bool| {
        move || {
            let parked = thread::spawn(move || {
                if parks {
                    thread::park();
                }
            });
            parked.thread().unpark();
            parked.join().unwrap();
        }
    };
    let carried = limits(Engine::Exhaustive, unparks(true));
    assert!(
        matches!(&carried[..], [(text, 1)] if text.starts_with("wakeups without a reason")),
        "{carried:?}"
    );
    // Nothing is shared then.
    assert!(Explorer::new(Engine::Exhaustive).explore(unparks(false)).coverage().limits.is_empty());
}

#[test]
fn a_timeout() {
    let waits = |done: &Mutex<bool>, changed: &Condvar| {
        drop(changed.wait_timeout_while(done.lock().unwrap(), HOUR, |done| !*done).unwrap());
    };
    let looks = |done: &Mutex<bool>, _: &Condvar| drop(done.lock().unwrap());
    check("how long a timeout is", 1, move || told(waits), move || told(looks));
}

#[test]
fn a_try_read_that_fails_behind_a_waiting_writer() {
    let reads = |tries: bool| {
        move || {
            two(RwLock::<i32>::default, move |i, lock| {
                if i == 0 {
                    *lock.write().unwrap() += 1;
                } else if tries {
                    drop(lock.try_read());
                } else {
                    drop(lock.read());
                }
            });
        }
    };
    check("readers that overtake a waiting writer", 1, reads(true), reads(false));
}

#[test]
fn what_loom_leaves_out() {
    let waits = |done: &Mutex<bool>, changed: &Condvar| {
        drop(changed.wait_while(done.lock().unwrap(), |done| !*done).unwrap());
    };
    let looks = |done: &Mutex<bool>, _: &Condvar| drop(done.lock().unwrap());
    check_by(Engine::Loom, "wakeups without a reason", 1, move || told(waits), move || told(looks));
    let reads = || two(RwLock::<i32>::default, |_, lock| drop(lock.read()));
    let writes = || two(RwLock::<i32>::default, |_, lock| drop(lock.write()));
    check_by(Engine::Loom, "readers that wait behind", 1, reads, writes);
}

#[test]
fn a_task_that_has_ended_and_that_its_set_does_not_know_of() {
    use raceproof::tokio::{runtime::Handle, task::JoinSet};
    let joined = |tries: bool| {
        let program = move || {
            Handle::current().block_on(async {
                let mut set = JoinSet::new();
                set.spawn(async {});
                if tries {
                    drop(set.try_join_next());
                }
                drop(set.join_next().await);
            });
        };
        let all = limits(Engine::Exhaustive, program);
        all.iter().filter(|(what, _)| what.starts_with("a task that is_finished")).count()
    };
    assert_eq!((joined(true), joined(false)), (1, 0));
}
