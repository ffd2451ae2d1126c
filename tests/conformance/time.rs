//! Time: std's clocks and waits, and tokio's timers.

use crate::{Loom, beside, check, page};
use raceproof::explore::{Engine, Explorer};
use raceproof::sync::{Arc, Condvar, Mutex, mpsc};
use raceproof::thread;
use raceproof::time::{Instant, SystemTime};
use raceproof::tokio::sync::mpsc as tokio_mpsc;
use raceproof::tokio::time::{self, MissedTickBehavior};
use raceproof::tokio::{select, spawn};
use std::collections::BTreeSet;
use std::future::pending;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);
const LONG: Duration = Duration::from_hours(1);

/// As `check`, for a body that awaits. Loom's world has no timers.
#[track_caller]
fn check_async(body: impl AsyncFn() + Send + Sync + Copy + 'static) {
    let runtime = ::tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(body());
    let exhaustive = Explorer::new(Engine::Exhaustive).explore_async(body);
    exhaustive.assert_proved();
    let loom = Explorer::new(Engine::Loom).explore_async(body);
    assert_eq!(loom.word(), "undecided");
    page::keep(&exhaustive, &loom);
}

/// What an asynchronous program of a model can come to.
#[track_caller]
fn outcomes<T: Ord + Clone + Send + 'static>(
    body: impl AsyncFn() -> T + Send + Sync + 'static,
) -> BTreeSet<T> {
    let seen = Arc::new(std::sync::Mutex::new(BTreeSet::new()));
    let noted = Arc::clone(&seen);
    let verdict = Explorer::new(Engine::Exhaustive).explore_async(async move || {
        let outcome = body().await;
        noted.lock().unwrap().insert(outcome);
    });
    verdict.assert_proved();
    seen.lock().unwrap().clone()
}

#[test]
fn instant_is_never_behind_one_that_was_taken_before_it() {
    check(Loom::Lacks, || {
        let latest = Arc::new(Mutex::new(Instant::now()));
        let other = Arc::clone(&latest);
        let look = |latest: &Mutex<Instant>| {
            let mut latest = latest.lock().unwrap();
            let now = Instant::now();
            assert!(now >= *latest && now.checked_duration_since(*latest).is_some());
            *latest = now;
        };
        let looks = beside(move || {
            look(&other);
            thread::sleep(MS);
            look(&other);
        });
        look(&latest);
        thread::sleep(2 * MS);
        look(&latest);
        looks.join().unwrap();
        assert!(latest.lock().unwrap().elapsed() < LONG);
        assert!(SystemTime::now() > SystemTime::UNIX_EPOCH + LONG);
    });
}

#[test]
fn sleep_puts_the_current_thread_to_sleep_for_at_least_the_duration() {
    check(Loom::Lacks, || {
        let (began, met) = (Instant::now(), Arc::new(Mutex::new(())));
        let other = Arc::clone(&met);
        let sleeps = beside(move || {
            thread::sleep(3 * MS);
            drop(other.lock());
            Instant::now()
        });
        drop(met.lock());
        assert!(sleeps.join().unwrap() - began >= 3 * MS);
        assert!(began.elapsed() >= 3 * MS, "whoever joins a thread is no earlier than its end");
    });
}

#[test]
fn what_is_received_from_a_sleeper_is_received_no_earlier_than_it_was_sent() {
    check(Loom::Lacks, || {
        let (sender, receiver) = mpsc::channel();
        let began = Instant::now();
        let sends = beside(move || {
            thread::sleep(2 * MS);
            sender.send(()).unwrap();
        });
        receiver.recv().unwrap();
        assert!(began.elapsed() >= 2 * MS);
        sends.join().unwrap();
    });
}

#[test]
fn waits_that_time_out_have_taken_their_time() {
    check(Loom::Lacks, || {
        let shared = Arc::new((Mutex::new(0), Condvar::new()));
        let other = Arc::clone(&shared);
        let touches = beside(move || *other.0.lock().unwrap() += 1);
        let began = Instant::now();
        let (guard, result) = shared.1.wait_timeout(shared.0.lock().unwrap(), 2 * MS).unwrap();
        drop(guard);
        assert!(!result.timed_out() || began.elapsed() >= 2 * MS);
        let (_sender, receiver) = mpsc::channel::<()>();
        let began = Instant::now();
        assert!(receiver.recv_timeout(2 * MS).is_err());
        assert!(began.elapsed() >= 2 * MS);
        touches.join().unwrap();
    });
}

#[test]
fn a_loop_until_a_deadline_ends_in_a_model_without_waiting() {
    Explorer::new(Engine::Exhaustive)
        .explore(|| {
            let met = Arc::new(Mutex::new(0));
            let other = Arc::clone(&met);
            let adds = beside(move || *other.lock().unwrap() += 1);
            let deadline = Instant::now() + LONG;
            let mut rounds = 0;
            while Instant::now() < deadline {
                thread::sleep(LONG / 50);
                rounds += 1;
            }
            assert_eq!(rounds, 50);
            adds.join().unwrap();
            assert_eq!(*met.lock().unwrap(), 1);
        })
        .assert_proved();
}

#[test]
fn tokio_sleep_completes_when_the_duration_has_elapsed() {
    check_async(async || {
        let (sender, mut receiver) = tokio_mpsc::channel(1);
        let began = time::Instant::now();
        let sleeps = spawn(async move {
            time::sleep(2 * MS).await;
            sender.send(time::Instant::now()).await.unwrap();
        });
        let sent = receiver.recv().await.unwrap();
        assert!(sent - began >= 2 * MS && began.elapsed() >= 2 * MS);
        sleeps.await.unwrap();
        time::sleep_until(began).await;
    });
}

#[test]
fn timeout_returns_the_value_of_a_future_that_completes_and_elapsed_of_one_that_does_not() {
    check_async(async || {
        let (sender, mut receiver) = tokio_mpsc::channel(1);
        spawn(async move { sender.send(1).await }).await.unwrap().unwrap();
        assert_eq!(time::timeout(LONG, async { 1 }).await, Ok(1));
        assert_eq!(receiver.recv().await, Some(1));
        let elapsed = time::timeout(MS, pending::<()>()).await.unwrap_err();
        assert_eq!(elapsed.to_string(), "deadline has elapsed");
        let io: std::io::Error = elapsed.into();
        assert_eq!(io.kind(), std::io::ErrorKind::TimedOut);
        assert!(time::timeout_at(time::Instant::now() + MS, pending::<()>()).await.is_err());
    });
}

#[test]
fn a_timer_that_is_due_earlier_in_a_task_is_seen_earlier() {
    check_async(async || {
        let (sender, mut receiver) = tokio_mpsc::channel(1);
        let sends = spawn(async move { sender.send(()).await.unwrap() });
        assert!(time::timeout(MS, time::sleep(LONG)).await.is_err());
        assert!(time::timeout(LONG, time::sleep(MS)).await.is_ok());
        receiver.recv().await.unwrap();
        sends.await.unwrap();
    });
}

#[test]
fn a_timeout_may_be_up_before_or_after_a_message_comes_and_loses_none() {
    let seen = outcomes(async || {
        let (sender, mut receiver) = tokio_mpsc::channel(1);
        let sends = spawn(async move { sender.send(7).await.unwrap() });
        let first = time::timeout(LONG, receiver.recv()).await;
        if first.is_err() {
            assert_eq!(receiver.recv().await, Some(7), "a recv that was dropped loses nothing");
        }
        sends.await.unwrap();
        first.is_ok()
    });
    assert_eq!(seen, BTreeSet::from([false, true]));
}

#[test]
fn a_select_of_a_sleep_and_a_message_takes_either() {
    let seen = outcomes(async || {
        let (sender, mut receiver) = tokio_mpsc::channel(1);
        let sends = spawn(async move { sender.send(7).await.is_ok() });
        let branch = select! {
            received = receiver.recv() => received,
            () = time::sleep(MS) => None,
        };
        sends.await.unwrap();
        branch
    });
    assert_eq!(seen, BTreeSet::from([None, Some(7)]));
}

#[test]
fn a_sleep_orders_nothing_between_tasks() {
    let seen = outcomes(async || {
        let order = Arc::new(Mutex::new(Vec::new()));
        let task = |name: u32, sleeps: Duration| {
            let order = Arc::clone(&order);
            spawn(async move {
                time::sleep(sleeps).await;
                order.lock().unwrap().push(name);
            })
        };
        let tasks = [task(1, MS), task(2, LONG)];
        for task in tasks {
            task.await.unwrap();
        }
        order.lock().unwrap().clone()
    });
    assert_eq!(seen, BTreeSet::from([vec![1, 2], vec![2, 1]]));
}

#[test]
fn interval_ticks_immediately_and_then_once_a_period() {
    check_async(async || {
        let (sender, mut receiver) = tokio_mpsc::channel(4);
        let ticks = spawn(async move {
            let mut interval = time::interval(2 * MS);
            for _ in 0..3 {
                sender.send(interval.tick().await).await.unwrap();
            }
        });
        let mut due = Vec::new();
        while let Some(tick) = receiver.recv().await {
            due.push(tick);
        }
        ticks.await.unwrap();
        assert_eq!((due[1] - due[0], due[2] - due[1]), (2 * MS, 2 * MS));
        assert!(due[2].elapsed() < LONG);
    });
}

#[test]
fn interval_behaves_as_it_was_told_when_ticks_were_missed() {
    // By a model's clock: on a real machine a tick may be missed at any time.
    let next = |missed: MissedTickBehavior| {
        let seen = outcomes(async move || {
            let began = time::Instant::now();
            let mut interval = time::interval(10 * MS);
            interval.set_missed_tick_behavior(missed);
            let met = Arc::new(Mutex::new(()));
            let other = Arc::clone(&met);
            let touches = spawn(async move { drop(other.lock()) });
            drop(met.lock());
            interval.tick().await;
            time::advance(35 * MS).await;
            let late = interval.tick().await;
            let then = interval.tick().await;
            touches.await.unwrap();
            ((late - began).as_millis(), (then - began).as_millis())
        });
        seen.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(next(MissedTickBehavior::Burst), [(10, 20)]);
    assert_eq!(next(MissedTickBehavior::Delay), [(10, 45)]);
    assert_eq!(next(MissedTickBehavior::Skip), [(10, 40)]);
}

#[test]
fn a_ticker_stops_when_it_is_told_to() {
    Explorer::new(Engine::Exhaustive)
        .explore_async(async || {
            let (stop, mut stopped) = tokio_mpsc::channel::<()>(1);
            let ticks = spawn(async move {
                let mut interval = time::interval(MS);
                let mut ticks = 0;
                loop {
                    select! {
                        biased;
                        _ = stopped.recv() => return ticks,
                        _ = interval.tick() => ticks += 1,
                    }
                }
            });
            stop.send(()).await.unwrap();
            assert!(ticks.await.unwrap() < 4);
        })
        .assert_proved();
}

#[test]
fn no_real_clock_is_read_in_a_model_and_a_proof_names_what_it_leaves_out() {
    let program = || {
        let met = Arc::new(Mutex::new(Instant::now()));
        let other = Arc::clone(&met);
        let sleeps = beside(move || {
            thread::sleep(LONG);
            *other.lock().unwrap() += MS;
        });
        let began = *met.lock().unwrap();
        sleeps.join().unwrap();
        let after = [Instant::now(), *met.lock().unwrap()];
        assert!(after[0] - LONG == began || after[0] - LONG == began - MS);
    };
    let (began, verdict) = (std::time::Instant::now(), Explorer::new(Engine::Exhaustive).explore(program));
    verdict.assert_proved();
    assert!(began.elapsed() < LONG);
    assert!(verdict.to_string().contains("time that passes while threads work"), "{verdict}");
    let without = Explorer::new(Engine::Exhaustive).explore(|| {
        let met = Arc::new(Mutex::new(0));
        let other = Arc::clone(&met);
        let sleeps = beside(move || {
            thread::sleep(LONG);
            *other.lock().unwrap() += 1;
        });
        *met.lock().unwrap() += 1;
        sleeps.join().unwrap();
    });
    assert!(!without.to_string().contains("time"), "{without}");
}

#[test]
fn a_sleep_alone_is_nothing_that_two_threads_share() {
    let verdict = Explorer::new(Engine::Exhaustive).explore_async(async || time::sleep(MS).await);
    assert_eq!(verdict.word(), "undecided");
}
