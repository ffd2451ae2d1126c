//! Runtimes that a program makes, and which tasks are theirs.

use super::explorer;
use futures_util::stream::{FuturesUnordered, StreamExt};
use raceproof::sync::{Arc, Mutex, mpsc};
use raceproof::thread;
use raceproof::tokio;
use raceproof::tokio::runtime::{Handle, Runtime};
use raceproof::tokio::sync::Notify;
use raceproof::tokio::task::{LocalSet, spawn_blocking, spawn_local};
use raceproof::verdict::Verdict;

/// The verdict on `program`, beside two threads that meet in a lock.
fn explored(program: impl Fn() + Send + Sync + 'static) -> Verdict {
    explorer().explore(move || {
        let met = Arc::new(Mutex::new(0));
        let other = Arc::clone(&met);
        let adds = thread::spawn(move || *other.lock().unwrap() += 1);
        *met.lock().unwrap() += 1;
        adds.join().unwrap();
        program();
    })
}

#[test]
fn a_thread_that_is_spawned_behind_a_task_is_none_of_its_runtime() {
    let verdict = explored(|| {
        let runtime = Runtime::new().unwrap();
        drop(runtime.spawn(async {}));
        let (sender, receiver) = mpsc::channel();
        let waits = thread::spawn(move || receiver.recv());
        // It waits for its tasks, and would for ever.
        drop(runtime);
        sender.send(1).unwrap();
        assert_eq!(waits.join().unwrap(), Ok(1));
    });
    verdict.assert_proved();
}

#[test]
fn a_runtime_ends_no_task_of_another_one() {
    let verdict = explored(|| {
        let (one, two) = (Runtime::new().unwrap(), Runtime::new().unwrap());
        let notify = Arc::new(Notify::new());
        let notified = Arc::clone(&notify).notified_owned();
        let waits = two.spawn(notified);
        drop(one);
        notify.notify_waiters();
        two.block_on(waits).unwrap();
    });
    verdict.assert_proved();
}

#[test]
fn a_runtime_that_is_gone_takes_no_task() {
    let verdict = explored(|| {
        let runtime = Runtime::new().unwrap();
        let handle = runtime.handle().clone();
        drop(runtime);
        let refused = handle.spawn(async { unreachable!("its runtime is gone") });
        let refused: Result<(), _> = Handle::current().block_on(refused);
        assert!(refused.unwrap_err().is_cancelled());
    });
    verdict.assert_proved();
}

#[test]
fn a_runtime_that_is_dropped_in_a_task_panics() {
    let verdict = explored(|| {
        let runtime = Runtime::new().unwrap();
        Handle::current().block_on(async move { drop(runtime) });
    });
    verdict.assert_refuted();
    assert!(verdict.to_string().contains("a runtime is dropped in a task"), "{verdict}");
}

#[test]
fn a_task_of_a_set_is_told_of_the_end_of_a_thread_that_it_waits_for() {
    let verdict = explorer().explore(|| {
        let runtime = Runtime::new().unwrap();
        let lock = Arc::new(tokio::sync::Mutex::new(0));
        let (one, two) = (Arc::clone(&lock), Arc::clone(&lock));
        LocalSet::new().block_on(&runtime, async move {
            let blocks = spawn_blocking(move || *one.blocking_lock() += 1);
            let local = spawn_local(async move {
                blocks.await.unwrap();
                *two.lock().await += 1;
            });
            local.await.unwrap();
        });
        assert_eq!(*lock.blocking_lock(), 2);
    });
    verdict.assert_proved();
}

#[test]
fn a_queue_of_handles_is_told_of_the_end_of_each() {
    let verdict = explorer().explore_async(async || {
        let lock = Arc::new(tokio::sync::Mutex::new(0));
        let adds = (0..2).map(|_| {
            let lock = Arc::clone(&lock);
            tokio::spawn(async move { *lock.lock().await += 1 })
        });
        let ended = adds.collect::<FuturesUnordered<_>>();
        assert_eq!(ended.count().await, 2);
        assert_eq!(*lock.lock().await, 2);
    });
    verdict.assert_proved();
}
