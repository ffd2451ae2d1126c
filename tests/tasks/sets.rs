//! Tasks that belong together: sets, tasks of one thread, a runtime's.

use super::{check, explorer, sent};
use raceproof::sync::Arc;
use raceproof::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use raceproof::tokio;
use raceproof::tokio::runtime::Runtime;
use raceproof::tokio::sync::{mpsc, oneshot};
use raceproof::tokio::task::{JoinSet, LocalSet};
use raceproof::verdict::Finding;
use std::collections::BTreeSet;

#[test]
fn a_join_set_gives_its_tasks_in_each_order_in_which_they_may_end() {
    let orders = ["[0, 1, 2]", "[0, 2, 1]", "[1, 0, 2]", "[1, 2, 0]", "[2, 0, 1]", "[2, 1, 0]"];
    let verdict = check(&orders, async || {
        let mut set: JoinSet<i32> = (0..3).map(|n| async move { n }).collect();
        let mut order = Vec::new();
        while let Some(n) = set.join_next().await {
            order.push(n.unwrap());
        }
        order
    });
    assert_eq!((verdict.coverage().executions, verdict.coverage().redundant), (6, 0), "{verdict}");
}

#[test]
fn a_task_of_a_join_set_has_ended_or_is_cancelled_by_the_set() {
    check(&["None", "Some(1)"], async || {
        let mut set = JoinSet::new();
        let wait = sent();
        set.spawn(async {
            wait.await.unwrap();
            1
        });
        set.abort_all();
        set.join_next().await.unwrap().ok()
    });
    // One that was looked at in vain is still there.
    check(&["(None, 1)", "(Some(1), 1)"], async || {
        let mut set = JoinSet::new();
        set.spawn(async { 1 });
        let tried = set.try_join_next().map(Result::unwrap);
        let joined = set.join_next().await.map_or(1, Result::unwrap);
        (tried, joined)
    });
}

#[test]
fn a_set_that_is_waited_for_beside_a_message_loses_no_task() {
    check(&["(false, 1)", "(true, 1)"], async || {
        let mut set = JoinSet::new();
        set.spawn(async { 1 });
        let message = sent();
        let first = tokio::select! {
            joined = set.join_next() => Some(joined.unwrap().unwrap()),
            _ = message => None,
        };
        (first.is_some(), if let Some(n) = first { n } else { set.join_next().await.unwrap().unwrap() })
    });
}

#[test]
fn tasks_of_a_local_set_go_on_in_each_order_in_which_they_are_woken() {
    check(&["[0, 1]", "[1, 0]"], async || {
        let set = LocalSet::new();
        let order = std::rc::Rc::default();
        for (n, message) in [sent(), sent()].into_iter().enumerate() {
            let order: std::rc::Rc<std::cell::RefCell<Vec<usize>>> = std::rc::Rc::clone(&order);
            set.spawn_local(async move {
                message.await.unwrap();
                order.borrow_mut().push(n);
            });
        }
        set.await;
        order.take()
    });
}

#[test]
fn a_runtime_that_is_dropped_ends_its_tasks_at_any_of_their_awaits() {
    let steps = Arc::new(std::sync::Mutex::new(BTreeSet::new()));
    let noted = Arc::clone(&steps);
    let verdict = explorer().explore(move || {
        let count = Arc::new(AtomicUsize::new(0));
        let runtime = Runtime::new().unwrap();
        let (counted, (go, gone)) = (Arc::clone(&count), oneshot::channel());
        runtime.spawn(async move {
            counted.fetch_add(1, SeqCst);
            gone.await.unwrap();
            counted.fetch_add(1, SeqCst);
        });
        go.send(()).unwrap();
        drop(runtime);
        noted.lock().unwrap().insert(count.load(SeqCst));
    });
    verdict.assert_proved();
    // It may have looked for the message before that was there, and was not polled again.
    assert_eq!(*steps.lock().unwrap(), BTreeSet::from([0, 1, 2]), "{verdict}");
}

#[test]
fn a_task_that_outlives_its_runtime_is_no_deadlock_and_one_of_prove_async_is() {
    let program = async || {
        let (sender, mut receiver) = mpsc::unbounded_channel::<()>();
        let keeps = sender.clone();
        tokio::spawn(async move {
            while receiver.recv().await.is_some() {}
            drop(keeps);
        });
        sender.send(()).unwrap();
    };
    explorer().explore(move || Runtime::new().unwrap().block_on(program())).assert_proved();
    let verdict = explorer().explore_async(program);
    assert_eq!(verdict.assert_refuted().finding, Finding::Deadlock, "{verdict}");
}
