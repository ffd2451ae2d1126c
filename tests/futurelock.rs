//! A future that queues for a lock, is handed it, and is never polled again because its task waits elsewhere.

use raceproof::explore::{Engine, Explorer};
use raceproof::sync::Arc;
use raceproof::tokio;
use raceproof::tokio::sync::{Mutex, oneshot};
use raceproof::verdict::{Finding, Verdict};
use std::pin::pin;

/// A task holds the lock for a while. Another one queues for it, hears a message first, and takes the lock there:
/// with the first future still in the queue, or not.
fn explore(drops_the_first: bool) -> Verdict {
    Explorer::new(Engine::Exhaustive).explore_async(async move || {
        let lock = Arc::new(Mutex::new(0));
        let (tell, mut told) = oneshot::channel();
        let holder = {
            let lock = Arc::clone(&lock);
            tokio::spawn(async move {
                let mut count = lock.lock().await;
                let _ = tell.send(());
                *count += 1;
            })
        };
        {
            let mut first = Box::pin(lock.lock());
            let hears = tokio::select! {
                biased;
                count = &mut first => { drop(count); false }
                _ = &mut told => true,
            };
            if hears {
                let first = (!drops_the_first).then_some(first);
                *lock.lock().await += 1;
                drop(first);
            }
        }
        holder.await.unwrap();
    })
}

/// The line of this file that holds such a text first.
fn line_of(what: &str) -> String {
    let at = include_str!("futurelock.rs").lines().position(|line| line.contains(what)).expect(what);
    format!("futurelock.rs:{}", at + 1)
}

#[test]
fn a_future_that_was_handed_the_lock_and_is_not_polled_is_a_deadlock() {
    let verdict = explore(false);
    let shown = verdict.assert_refuted();
    assert_eq!(shown.finding, Finding::Deadlock);
    let why = shown.why.join("\n");
    let (queued, waits) = (line_of("Box::pin(lock.lock())"), line_of("*lock.lock().await += 1"));
    let handed = format!(
        "lock was handed to a future of main ({queued}), which does not poll it: it waits at {waits}"
    );
    assert!(why.contains(&handed), "{verdict}");
}

#[test]
fn a_future_that_is_dropped_hands_the_lock_on() {
    explore(true).assert_proved();
}

#[test]
fn a_guard_that_a_future_holds_while_its_task_waits_is_a_deadlock() {
    let verdict = Explorer::new(Engine::Exhaustive).explore_async(async || {
        let lock = Arc::new(Mutex::new(0));
        let (tell, told) = oneshot::channel::<()>();
        let mut holds = {
            let lock = Arc::clone(&lock);
            pin!(async move {
                let _count = lock.lock().await;
                told.await.unwrap();
            })
        };
        tokio::select! {
            biased;
            () = &mut holds => {}
            () = std::future::ready(()) => drop(lock.lock().await),
        }
        drop(tell);
    });
    let shown = verdict.assert_refuted();
    assert_eq!(shown.finding, Finding::Deadlock);
    let (took, waits) = (line_of("let _count ="), line_of("=> drop(lock.lock().await)"));
    let why = format!("waits for lock ({waits}), which main took ({took}) and has not given back");
    assert!(shown.why.join("\n").contains(&why), "{verdict}");
}
