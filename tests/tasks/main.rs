//! Tasks in the exhaustive engine: whatever a task can tell by polling is seen, and nothing else.

mod runtimes;
mod sets;
mod wakers;

use futures_util::future::FutureExt;
use raceproof::explore::{Engine, Explorer};
use raceproof::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use raceproof::sync::{Arc, Mutex};
use raceproof::thread;
use raceproof::tokio;
use raceproof::tokio::sync::{mpsc, oneshot};
use raceproof::tokio::task::{self, JoinSet};
use raceproof::verdict::{Finding, Verdict};
use std::collections::BTreeSet;
use std::fmt::Debug;

fn explorer() -> Explorer {
    Explorer::new(Engine::Exhaustive)
}

/// What a program answers over all its executions.
fn answers<T: Debug + 'static>(
    program: impl AsyncFn() -> T + Send + Sync + 'static,
) -> (Verdict, BTreeSet<String>) {
    let answers = Arc::new(std::sync::Mutex::new(BTreeSet::new()));
    let noted = Arc::clone(&answers);
    let verdict = explorer().explore_async(async move || {
        let answer = format!("{:?}", program().await);
        noted.lock().unwrap().insert(answer);
    });
    let answers = answers.lock().unwrap().clone();
    (verdict, answers)
}

/// A proof, whose executions answer all of these and nothing else.
#[track_caller]
fn check<T: Debug + 'static>(
    expected: &[&str],
    program: impl AsyncFn() -> T + Send + Sync + 'static,
) -> Verdict {
    let (verdict, answers) = answers(program);
    verdict.assert_proved();
    assert_eq!(answers, expected.iter().map(ToString::to_string).collect(), "{verdict}");
    verdict
}

/// What a task waits for, and that is sent by another one.
fn sent() -> oneshot::Receiver<()> {
    let (sender, receiver) = oneshot::channel();
    tokio::spawn(async move { sender.send(()) });
    receiver
}

#[test]
fn now_or_never_behind_a_step_of_its_own_finds_the_message_or_not() {
    check(&["None", "Some(Some(1))"], async || {
        let ((c, mut from_c), (s, _from_s)) = (mpsc::unbounded_channel(), mpsc::unbounded_channel());
        tokio::spawn(async move { c.send(1) });
        s.send(0).unwrap();
        from_c.recv().now_or_never()
    });
}

#[test]
fn now_or_never_before_an_await_of_a_later_message_finds_the_first_or_not() {
    check(&["None", "Some(Some(1))"], async || {
        let ((a, mut from_a), (b, mut from_b)) = (mpsc::unbounded_channel(), mpsc::unbounded_channel());
        tokio::spawn(async move {
            a.send(1).unwrap();
            b.send(2).unwrap();
        });
        let first = from_a.recv().now_or_never();
        from_b.recv().await;
        first
    });
}

#[test]
fn join_receives_in_each_of_the_six_orders() {
    let orders = ["[0, 1, 2]", "[0, 2, 1]", "[1, 0, 2]", "[1, 2, 0]", "[2, 0, 1]", "[2, 1, 0]"];
    check(&orders, async || {
        let order = Arc::new(Mutex::new(Vec::new()));
        let received = |n: i32| {
            let (sender, mut receiver) = mpsc::unbounded_channel();
            tokio::spawn(async move { sender.send(()) });
            let order = Arc::clone(&order);
            async move {
                receiver.recv().await;
                order.lock().unwrap().push(n);
            }
        };
        tokio::join!(received(0), received(1), received(2));
        Arc::into_inner(order).expect("the futures are done").into_inner().unwrap()
    });
}

#[test]
fn select_takes_whichever_is_ready_and_either_if_both_are() {
    let race = async |biased: bool, both_first: bool| {
        let ((a, mut from_a), (b, mut from_b)) = (mpsc::unbounded_channel(), mpsc::unbounded_channel());
        let sent = tokio::spawn(async move {
            a.send(()).unwrap();
            b.send(()).unwrap();
            (a, b)
        });
        if both_first {
            let _open = sent.await.unwrap();
            return select(biased, &mut from_a, &mut from_b).await;
        }
        let first = select(biased, &mut from_a, &mut from_b).await;
        let _open = sent.await.unwrap();
        first
    };
    check(&["'a'", "'b'"], async move || race(false, true).await);
    check(&["'a'"], async move || race(true, true).await);
    check(&["'a'", "'b'"], async move || race(false, false).await);
    // The first may be sent behind its poll and before the second's.
    check(&["'a'", "'b'"], async move || race(true, false).await);
}

type Receiver = mpsc::UnboundedReceiver<()>;

async fn select(biased: bool, a: &mut Receiver, b: &mut Receiver) -> char {
    if biased {
        tokio::select! { biased; _ = a.recv() => 'a', _ = b.recv() => 'b' }
    } else {
        tokio::select! { _ = a.recv() => 'a', _ = b.recv() => 'b' }
    }
}

#[test]
fn a_receive_that_is_cancelled_loses_nothing() {
    check(&["[1, 2]"], async || {
        let ((a, mut from_a), (stop, mut stopped)) = (mpsc::channel(2), mpsc::channel(1));
        tokio::spawn(async move {
            a.send(1).await.unwrap();
            a.send(2).await.unwrap();
        });
        tokio::spawn(async move { stop.send(()).await });
        let mut received = Vec::new();
        tokio::select! {
            message = from_a.recv() => received.extend(message),
            _ = stopped.recv() => (),
        }
        while let Some(message) = from_a.recv().await {
            received.push(message);
        }
        received
    });
}

#[test]
fn a_send_that_is_cancelled_sends_nothing() {
    check(&["(false, [0])", "(true, [0, 1])"], async || {
        let ((a, mut from_a), (stop, mut stopped)) = (mpsc::channel(1), mpsc::channel(1));
        a.send(0).await.unwrap();
        tokio::spawn(async move { stop.send(()).await });
        let receiver = tokio::spawn(async move {
            let mut received = Vec::new();
            while let Some(message) = from_a.recv().await {
                received.push(message);
            }
            received
        });
        let sent = tokio::select! {
            sent = a.send(1) => sent.is_ok(),
            _ = stopped.recv() => false,
        };
        drop(a);
        (sent, receiver.await.unwrap())
    });
}

#[test]
fn a_oneshot_that_is_polled_and_dropped_leaves_its_sender_an_error() {
    check(&["(None, Err(1))", "(None, Ok(()))", "(Some(Ok(1)), Ok(()))"], async || {
        let (sender, receiver) = oneshot::channel();
        let sent = tokio::spawn(async move { sender.send(1) });
        let received = receiver.now_or_never();
        (received, sent.await.unwrap())
    });
}

#[test]
fn an_aborted_task_ends_at_a_poll_or_was_done_before() {
    check(&["(\"cancelled\", 0)", "(\"cancelled\", 1)", "(\"done\", 2)"], async || {
        let steps = Arc::new(AtomicUsize::new(0));
        let (go, gone) = oneshot::channel();
        let counted = Arc::clone(&steps);
        let handle = tokio::spawn(async move {
            counted.fetch_add(1, SeqCst);
            gone.await.unwrap();
            counted.fetch_add(1, SeqCst);
        });
        tokio::spawn(async move { go.send(()) });
        handle.abort();
        let ended = match handle.await {
            Ok(()) => "done",
            Err(error) if error.is_cancelled() => "cancelled",
            Err(_) => "panicked",
        };
        (ended, steps.load(SeqCst))
    });
}

/// It has ended by itself in whatever order the search runs first, since nothing else meets its steps.
#[test]
fn a_task_that_could_have_ended_before_is_aborted_before_that() {
    check(&["0", "1"], async || {
        let steps = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&steps);
        let task = tokio::spawn(async move { counted.fetch_add(1, SeqCst) });
        sent().await.unwrap();
        task.abort();
        let _ = task.await;
        steps.load(SeqCst)
    });
}

#[test]
fn a_task_that_is_aborted_within_a_poll_goes_on_to_the_end_of_it() {
    // The receive is ready, so that the poll in which the flag is set does not end at it.
    check(&["(0, 0)", "(1, 1)"], async || {
        let flags = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let (sender, mut receiver) = mpsc::unbounded_channel();
        sender.send(()).unwrap();
        let set = Arc::clone(&flags);
        let handle = tokio::spawn(async move {
            set.0.store(1, SeqCst);
            receiver.recv().await;
            set.1.store(1, SeqCst);
            std::future::pending::<()>().await;
        });
        // The abort is seen at the start, or after the one poll that the task has.
        handle.abort();
        let _ = handle.await;
        (flags.0.load(SeqCst), flags.1.load(SeqCst))
    });
}

#[test]
fn a_task_that_yields_lets_others_go_first() {
    let verdict = explorer().explore_async(async || {
        let done = Arc::new(AtomicUsize::new(0));
        let other = Arc::clone(&done);
        tokio::spawn(async move { other.store(1, SeqCst) });
        while done.load(SeqCst) == 0 {
            task::yield_now().await;
        }
    });
    verdict.assert_proved();
}

#[test]
fn a_plain_await_costs_what_a_blocking_call_does() {
    let verdict = explorer().explore_async(async || {
        let (sender, mut receiver) = mpsc::channel(3);
        for n in 0..3 {
            let sender = sender.clone();
            tokio::spawn(async move { sender.send(n).await });
        }
        drop(sender);
        while receiver.recv().await.is_some() {}
    });
    verdict.assert_proved();
    assert_eq!((verdict.coverage().executions, verdict.coverage().redundant), (6, 0), "{verdict}");
}

#[test]
fn a_failure_of_tasks_is_replayed_to_the_same_bytes() {
    let program = async || {
        let ((a, mut from_a), (b, mut from_b)) = (mpsc::unbounded_channel(), mpsc::unbounded_channel());
        tokio::spawn(async move { a.send(()) });
        tokio::spawn(async move { b.send(()) });
        let first = tokio::select! { _ = from_a.recv() => 'a', _ = from_b.recv() => 'b' };
        assert_eq!(first, 'a');
    };
    let verdict = explorer().explore_async(program);
    let shown = verdict.assert_refuted();
    assert_eq!(shown.finding, Finding::Panic, "{verdict}");
    let schedule = shown.schedule.clone().expect("the search has a schedule").parse().expect("it is one");
    let again = explorer().replay(schedule).explore_async(program);
    assert_eq!(again.assert_refuted().rows, shown.rows, "{again}");
}

async fn one(receiver: &mut Receiver) {
    receiver.recv().await;
}

#[test]
fn a_future_that_lies_beside_one_that_has_tried_is_not_all_that_its_task_waits_for() {
    explorer()
        .explore_async(async || {
            let ((a, mut from_a), (b, mut from_b)) = (mpsc::unbounded_channel(), mpsc::unbounded_channel());
            let (ack, mut acked) = mpsc::unbounded_channel();
            a.send(()).unwrap();
            b.send(()).unwrap();
            // From here on a future of that line makes its step at once, and one of another does not.
            tokio::join!(one(&mut from_a), one(&mut from_b));
            tokio::spawn(async move {
                a.send(()).unwrap();
                acked.recv().await;
                b.send(()).unwrap();
            });
            let first = async {
                one(&mut from_a).await;
                ack.send(()).unwrap();
            };
            tokio::join!(first, async { from_b.recv().await.unwrap() });
        })
        .assert_proved();
}

/// What a program's `main` is, with tokio's own attribute.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn doubled(n: u32) -> u32 {
    let (sender, receiver) = oneshot::channel();
    tokio::spawn(async move { sender.send(n) });
    receiver.await.unwrap() * 2
}

#[test]
fn tokio_main_is_as_ever_and_runs_in_a_model() {
    assert_eq!(doubled(1), 2);
    raceproof::prove(|| assert_eq!(doubled(2), 4));
}

#[tokio::test]
async fn tokio_test_is_as_ever() {
    let mut set = JoinSet::new();
    set.spawn(async { task::id() });
    assert!(set.join_next_with_id().await.is_some_and(|ended| ended.is_ok_and(|(id, inside)| id == inside)));
}

#[test]
fn a_sender_that_has_sent_makes_no_step_as_it_goes() {
    let verdict = explorer().explore(|| {
        let (sender, mut receiver) = oneshot::channel();
        let sends = thread::spawn(move || sender.send(1).is_ok());
        receiver.close();
        sends.join().unwrap();
    });
    verdict.assert_proved();
    // The close comes before the send, or behind it.
    assert_eq!(verdict.coverage().executions, 2);
}

#[test]
fn a_receiver_that_was_told_waits_for_nobody() {
    let verdict = explorer().explore(|| {
        let (sender, mut receiver) = oneshot::channel::<()>();
        let looks = thread::spawn(move || (sender.is_closed(), sender));
        receiver.close();
        // Its sender is there still, and sends nothing.
        assert!(receiver.blocking_recv().is_err());
        drop(looks.join().unwrap());
    });
    verdict.assert_proved();
}
