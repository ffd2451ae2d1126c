//! Wakers: those that combinators put around a task's, and those that a program calls by hand.

use super::{check, explorer, sent};
use futures_util::future::{join_all, select_all};
use futures_util::stream::{self, FuturesUnordered, StreamExt};
use futures_util::task::AtomicWaker;
use raceproof::Foreign;
use raceproof::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use raceproof::sync::{Arc, Mutex};
use raceproof::tokio;
use raceproof::tokio::sync::{mpsc, oneshot};
use raceproof::verdict::{Finding, Verdict};
use std::task::{Poll, Waker};

#[test]
fn futures_unordered_yields_in_the_order_in_which_its_futures_are_woken() {
    check(&["[0, 1]", "[1, 0]"], async || {
        let mut all: FuturesUnordered<_> = (0..2)
            .map(|n| {
                let (sender, receiver) = oneshot::channel();
                tokio::spawn(async move { sender.send(()) });
                async move {
                    receiver.await.unwrap();
                    n
                }
            })
            .collect();
        let mut order = Vec::new();
        while let Some(n) = all.next().await {
            order.push(n);
        }
        order
    });
}

type Flag = (AtomicUsize, Mutex<Option<Waker>>);

/// Waits for a flag, with a waker that is left before or behind the last look at it.
async fn flagged(flag: Arc<Flag>, looks_again: bool) {
    std::future::poll_fn(|context| {
        if flag.0.load(SeqCst) == 1 {
            return Poll::Ready(());
        }
        *flag.1.lock().unwrap() = Some(context.waker().clone());
        if looks_again && flag.0.load(SeqCst) == 1 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

fn raise(looks_again: bool) -> Verdict {
    explorer().explore_async(async move || {
        let flag = Arc::new((AtomicUsize::new(0), Mutex::new(None::<Waker>)));
        let raised = Arc::clone(&flag);
        tokio::spawn(async move { call(&raised) });
        flagged(flag, looks_again).await;
    })
}

#[test]
fn a_hand_written_waker_wakes_its_task() {
    raise(true).assert_proved();
}

#[test]
fn a_waker_that_is_left_too_late_is_a_lost_wakeup() {
    let verdict = raise(false);
    assert_eq!(verdict.assert_refuted().finding, Finding::Deadlock, "{verdict}");
    assert!(verdict.to_string().contains("wakers.rs:"), "{verdict}");
}

#[test]
fn a_future_that_never_wakes_its_task_is_a_lost_wakeup() {
    let verdict = explorer().explore_async(async || {
        let shared = Arc::new(AtomicUsize::new(0));
        let other = Arc::clone(&shared);
        tokio::spawn(async move { other.fetch_add(1, SeqCst) });
        shared.fetch_add(1, SeqCst);
        std::future::pending::<()>().await;
    });
    assert_eq!(verdict.assert_refuted().finding, Finding::Deadlock, "{verdict}");
    assert!(verdict.to_string().contains("nobody wakes"), "{verdict}");
}

#[test]
fn a_thread_that_is_no_task_calls_the_wakers_that_its_step_set_off_before_its_next() {
    explorer()
        .explore_async(async || {
            let (a, mut from_a) = mpsc::unbounded_channel();
            let (ack, mut acked) = mpsc::channel(1);
            let sender = raceproof::thread::spawn(move || {
                a.send(1).unwrap();
                acked.blocking_recv()
            });
            let mut futures = FuturesUnordered::new();
            futures.push(from_a.recv());
            assert_eq!(futures.next().await, Some(Some(1)));
            ack.send(()).await.unwrap();
            assert!(sender.join().unwrap().is_some());
        })
        .assert_proved();
}

#[test]
fn combinators_that_are_built_on_wakers_alone_see_every_order() {
    check(&["[0, 1]", "[1, 0]"], async || {
        let waits = [sent(), sent()].into_iter().enumerate();
        let waits = waits.map(|(n, message)| async move { message.await.map(|()| n).unwrap() });
        stream::iter(waits).buffer_unordered(2).collect::<Vec<_>>().await
    });
    check(&["0", "1"], async || select_all([sent(), sent()]).await.1);
    check(&["[Ok(()), Ok(())]"], async || join_all([sent(), sent()]).await);
}

/// Raises a flag, and calls whatever waker was left there.
fn call(flag: &Flag) {
    flag.0.store(1, SeqCst);
    let waker = flag.1.lock().unwrap().take();
    waker.inspect(Waker::wake_by_ref);
}

/// The set keeps the waker of whoever polls it in memory of its own, and another thread finds that there.
#[test]
fn a_set_that_another_task_goes_on_with_is_undecided() {
    let verdict = explorer().explore_async(async || {
        let flag = Arc::new((AtomicUsize::new(0), Mutex::new(None)));
        let mut all = FuturesUnordered::from_iter([flagged(Arc::clone(&flag), true)]);
        std::future::poll_fn(|context| {
            assert!(all.poll_next_unpin(context).is_pending());
            Poll::Ready(())
        })
        .await;
        let raised = Arc::clone(&flag);
        raceproof::thread::spawn(move || call(&raised));
        let steps = AtomicUsize::new(0);
        let other = tokio::spawn(async move {
            steps.load(SeqCst);
            all.next().await;
        });
        other.await.unwrap();
    });
    assert_eq!(verdict.word(), "undecided", "{verdict}");
}

/// Waits for a flag, with a waker that a type of another crate keeps: through `keep`, and called through `wake`.
fn raise_by<W: Send + Sync + 'static>(new: fn() -> W, keep: fn(&W, &Waker), wake: fn(&W)) -> Verdict {
    explorer().explore_async(async move || {
        let shared = Arc::new((AtomicUsize::new(0), new()));
        let raised = Arc::clone(&shared);
        tokio::spawn(async move {
            raised.0.store(1, SeqCst);
            wake(&raised.1);
        });
        std::future::poll_fn(|context| {
            keep(&shared.1, context.waker());
            if shared.0.load(SeqCst) == 1 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    })
}

#[test]
fn a_waker_that_is_kept_where_nobody_sees_it_leaves_its_program_undecided() {
    let verdict = raise_by(AtomicWaker::new, AtomicWaker::register, AtomicWaker::wake);
    assert_eq!(verdict.word(), "undecided", "{verdict}");
    let text = verdict.to_string();
    assert!(text.contains("main's waker is called behind") && text.contains("wakers.rs:"), "{text}");
}

#[test]
fn a_waker_that_is_given_to_a_thread_which_the_poll_spawns_is_seen() {
    check(&["()"], async || {
        let raised = Arc::new(AtomicUsize::new(0));
        let mut spawned = false;
        std::future::poll_fn(move |context| {
            if !std::mem::replace(&mut spawned, true) {
                let (raises, waker) = (Arc::clone(&raised), context.waker().clone());
                raceproof::thread::spawn(move || {
                    raises.store(1, SeqCst);
                    waker.wake();
                });
            }
            if raised.load(SeqCst) == 1 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    });
}

#[test]
fn a_waker_that_a_foreign_type_keeps_is_seen() {
    let new = || Foreign::new(AtomicWaker::new());
    let keep = |kept: &Foreign<AtomicWaker>, waker: &Waker| kept.with(|kept| kept.register(waker));
    raise_by(new, keep, |kept| kept.with(AtomicWaker::wake)).assert_proved();
}
