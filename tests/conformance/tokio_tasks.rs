//! What tokio's documentation promises of `tokio::task` and `tokio::runtime`, a body each: on a runtime, in the
//! model, and under loom where it can.

use crate::{Loom, tokio_sync};
use futures_util::FutureExt;
use raceproof::sync::Arc;
use raceproof::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use raceproof::tokio::runtime::{Builder, Handle, Runtime};
use raceproof::tokio::sync::{mpsc, oneshot};
use raceproof::tokio::task::{self, JoinSet, LocalSet, spawn_local};
use raceproof::{thread, tokio};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A proof is of threads that meet, and not every body has such: so each begins with a meeting.
#[track_caller]
fn check(loom: Loom, body: impl AsyncFn() + Clone + Send + Sync + 'static) {
    tokio_sync::check(loom, async move || {
        let (sender, receiver) = oneshot::channel();
        tokio::spawn(async { sender.send(()) }).await.unwrap().unwrap();
        receiver.await.unwrap();
        body().await;
    });
}

/// As `check`, for what is no task.
#[track_caller]
fn check_threads(loom: Loom, body: fn()) {
    crate::check(loom, body);
}

/// Waits for ever, and says so when it is dropped.
async fn for_ever(dropped: Arc<AtomicUsize>) {
    struct Says(Arc<AtomicUsize>);
    impl Drop for Says {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    let _says = Says(dropped);
    std::future::pending::<()>().await;
}

#[test]
fn join_set_gives_the_outputs_in_the_order_in_which_the_tasks_end() {
    check(Loom::Too, async || {
        let mut set = JoinSet::new();
        let (first, ended) = oneshot::channel();
        set.spawn(async move {
            ended.await.unwrap();
            2
        });
        set.spawn(async { 1 });
        assert_eq!(set.len(), 2);
        assert_eq!(set.join_next().await.unwrap().unwrap(), 1);
        first.send(()).unwrap();
        assert_eq!(set.join_next().await.unwrap().unwrap(), 2);
        assert!(set.is_empty());
    });
}

#[test]
fn join_set_join_next_of_an_empty_set_is_none() {
    check(Loom::Too, async || {
        let mut set = JoinSet::<u32>::new();
        assert!(set.join_next().await.is_none());
        assert!(set.try_join_next().is_none());
        set.spawn(async { 1 });
        assert_eq!(set.join_next().await.unwrap().unwrap(), 1);
        assert!(set.join_next().await.is_none());
    });
}

#[test]
fn join_set_join_next_with_id_gives_the_id_that_the_abort_handle_has() {
    check(Loom::Too, async || {
        let mut set = JoinSet::new();
        let handles = [set.spawn(async { task::id() }), set.spawn_blocking(task::id)];
        assert_ne!(handles[0].id(), handles[1].id());
        for _ in 0..2 {
            let (id, inside) = set.join_next_with_id().await.unwrap().unwrap();
            assert_eq!(id, inside);
            assert!(handles.iter().any(|handle| handle.id() == id));
        }
    });
}

#[test]
fn join_set_join_next_that_is_cancelled_removes_no_task() {
    check(Loom::Lacks, async || {
        let mut set = JoinSet::new();
        let (go, gone) = oneshot::channel();
        set.spawn(async { gone.await.unwrap() });
        assert!(set.join_next().now_or_never().is_none());
        assert_eq!(set.len(), 1);
        go.send(7).unwrap();
        assert_eq!(set.join_next().await.unwrap().unwrap(), 7);
    });
}

#[test]
fn join_set_that_is_dropped_aborts_its_tasks() {
    check(Loom::Lacks, async || {
        let dropped = Arc::new(AtomicUsize::new(0));
        let mut set = JoinSet::new();
        let handle = set.spawn(for_ever(Arc::clone(&dropped)));
        drop(set);
        while !handle.is_finished() {
            task::yield_now().await;
        }
        // It may not have been polled at all: then it is dropped all the same.
        assert_eq!(Arc::strong_count(&dropped), 1);
    });
}

#[test]
fn join_set_abort_all_removes_no_task_and_join_next_says_that_it_was_cancelled() {
    check(Loom::Lacks, async || {
        let mut set = JoinSet::new();
        set.spawn(std::future::pending::<()>());
        set.abort_all();
        assert_eq!(set.len(), 1);
        assert!(set.join_next().await.unwrap().unwrap_err().is_cancelled());
    });
}

#[test]
fn join_set_detach_all_lets_the_tasks_go_on() {
    check(Loom::Too, async || {
        let mut set = JoinSet::new();
        let (sender, receiver) = oneshot::channel();
        set.spawn(async { sender.send(5).unwrap() });
        set.detach_all();
        assert!(set.is_empty());
        drop(set);
        assert_eq!(receiver.await, Ok(5));
    });
}

#[test]
fn join_set_shutdown_aborts_all_tasks_and_waits_for_them() {
    check(Loom::Lacks, async || {
        let dropped = Arc::new(AtomicUsize::new(0));
        let mut set = JoinSet::new();
        set.spawn(for_ever(Arc::clone(&dropped)));
        set.spawn(async {});
        set.shutdown().await;
        assert!(set.is_empty());
        assert_eq!(Arc::strong_count(&dropped), 1);
    });
}

#[test]
fn join_set_join_all_gives_all_outputs() {
    check(Loom::Too, async || {
        let set: JoinSet<u32> = (1..=2).map(|n| async move { n }).collect();
        let mut outputs = set.join_all().await;
        outputs.sort_unstable();
        assert_eq!(outputs, [1, 2]);
    });
}

#[test]
fn join_set_try_join_next_is_none_while_no_task_has_ended() {
    check(Loom::Lacks, async || {
        let mut set = JoinSet::new();
        let (go, gone) = oneshot::channel::<()>();
        set.spawn(async { gone.await.unwrap() });
        assert!(set.try_join_next().is_none());
        go.send(()).unwrap();
        while set.try_join_next().is_none() {
            task::yield_now().await;
        }
        assert!(set.is_empty());
    });
}

#[test]
fn join_set_of_a_task_that_panics_gives_its_panic() {
    check(Loom::Lacks, async || {
        let mut set = JoinSet::new();
        let id = set.spawn(async { std::panic::resume_unwind(Box::new("on purpose")) }).id();
        let error = set.join_next().await.unwrap().map(|()| 0).unwrap_err();
        assert!(error.is_panic() && !error.is_cancelled() && error.id() == id);
        assert_eq!(error.into_panic().downcast_ref(), Some(&"on purpose"));
    });
}

#[test]
fn join_handle_that_is_dropped_detaches_its_task() {
    check(Loom::Too, async || {
        let (sender, receiver) = oneshot::channel();
        drop(tokio::spawn(async { sender.send(1) }));
        assert_eq!(receiver.await, Ok(1));
    });
}

#[test]
fn join_handle_abort_of_a_task_that_has_ended_changes_nothing() {
    check(Loom::Lacks, async || {
        let handle = tokio::spawn(async { 3 });
        let abort = handle.abort_handle();
        while !handle.is_finished() {
            task::yield_now().await;
        }
        abort.abort();
        assert!(abort.is_finished() && abort.id() == handle.id());
        assert_eq!(handle.await.unwrap(), 3);
    });
}

#[test]
fn abort_handle_that_is_dropped_does_not_abort() {
    check(Loom::Too, async || {
        let handle = tokio::spawn(async { 3 });
        drop(handle.abort_handle());
        assert_eq!(handle.await.unwrap(), 3);
    });
}

#[test]
fn join_error_says_which_task_was_cancelled_and_converts_into_an_io_error() {
    check(Loom::Lacks, async || {
        let handle = tokio::spawn(std::future::pending::<()>());
        let id = handle.id();
        handle.abort();
        let error = handle.await.unwrap_err();
        assert_eq!((error.id(), error.to_string()), (id, format!("task {id} was cancelled")));
        assert_eq!(std::io::Error::from(error).to_string(), "task was cancelled");
    });
}

#[test]
fn spawn_blocking_may_block_its_thread() {
    check(Loom::Lacks, async || {
        let (sender, mut receiver) = mpsc::channel(1);
        let blocks = task::spawn_blocking(move || receiver.blocking_recv());
        sender.send(4).await.unwrap();
        assert_eq!(blocks.await.unwrap(), Some(4));
    });
}

#[test]
fn spawn_blocking_once_it_runs_is_not_aborted() {
    check(Loom::Lacks, async || {
        let ((begins, begun), (go, gone)) = (oneshot::channel(), oneshot::channel());
        let blocks = task::spawn_blocking(move || {
            begins.send(()).unwrap();
            gone.blocking_recv().unwrap()
        });
        begun.await.unwrap();
        blocks.abort();
        go.send(6).unwrap();
        assert_eq!(blocks.await.unwrap(), 6);
    });
}

#[test]
fn block_in_place_may_block_and_enter_an_async_context_again() {
    check(Loom::Too, async || {
        let (sender, receiver) = oneshot::channel();
        let blocks = tokio::spawn(async {
            task::block_in_place(|| Handle::current().block_on(async { receiver.await.unwrap() }))
        });
        sender.send(8).unwrap();
        assert_eq!(blocks.await.unwrap(), 8);
    });
}

#[test]
fn task_id_is_that_of_the_join_handle_and_block_on_has_none() {
    check(Loom::Too, async || {
        assert!(task::try_id().is_none());
        let handle = tokio::spawn(async { task::id() });
        let id = handle.id();
        assert_eq!(handle.await.unwrap(), id);
    });
}

#[test]
fn local_set_run_until_runs_tasks_that_are_not_send() {
    check(Loom::Lacks, async || {
        let (sender, receiver) = oneshot::channel();
        let sends = tokio::spawn(async { sender.send(2).unwrap() });
        let set = LocalSet::new();
        let total = Rc::new(Cell::new(1));
        let adds = Rc::clone(&total);
        let sum = set.run_until(async move {
            let local = spawn_local(async move {
                adds.set(adds.get() + receiver.await.unwrap());
                adds.get()
            });
            local.await.unwrap()
        });
        assert_eq!((sum.await, total.get()), (3, 3));
        sends.await.unwrap();
    });
}

#[test]
fn local_set_runs_its_tasks_one_at_a_time_between_their_awaits() {
    check(Loom::Lacks, async || {
        let steps = Arc::new(AtomicUsize::new(0));
        let other = Arc::clone(&steps);
        let beside = tokio::spawn(async move { other.fetch_add(1, SeqCst) });
        let set = LocalSet::new();
        let held = Rc::new(RefCell::new(0));
        for _ in 0..2 {
            let (held, steps) = (Rc::clone(&held), Arc::clone(&steps));
            set.spawn_local(async move {
                // Borrowed across a step, and not across an await.
                let mut held = held.borrow_mut();
                steps.fetch_add(1, SeqCst);
                *held += 1;
            });
        }
        set.await;
        beside.await.unwrap();
        assert_eq!((*held.borrow(), steps.load(SeqCst)), (2, 3));
    });
}

#[test]
fn local_set_is_a_future_that_is_ready_when_all_its_tasks_have_ended() {
    check(Loom::Lacks, async || {
        let (sender, receiver) = oneshot::channel();
        let set = LocalSet::new();
        let inner = set.spawn_local(async {
            // From within it spawns on the same set.
            spawn_local(async { receiver.await.unwrap() }).await.unwrap()
        });
        let sends = tokio::spawn(async { sender.send(9) });
        set.await;
        assert!(inner.is_finished());
        assert_eq!((inner.await.unwrap(), sends.await.unwrap()), (9, Ok(())));
    });
}

#[test]
fn local_set_that_is_dropped_cancels_its_tasks() {
    check(Loom::Lacks, async || {
        let dropped = Arc::new(AtomicUsize::new(0));
        let set = LocalSet::new();
        let handle = set.spawn_local(for_ever(Arc::clone(&dropped)));
        drop(set);
        assert!(handle.await.unwrap_err().is_cancelled());
        assert_eq!(Arc::strong_count(&dropped), 1);
    });
}

#[test]
fn local_set_task_that_is_aborted_by_another_thread_is_cancelled() {
    check(Loom::Lacks, async || {
        let set = LocalSet::new();
        let handle = set.spawn_local(std::future::pending::<()>());
        let abort = handle.abort_handle();
        let aborts = tokio::spawn(async move { abort.abort() });
        set.await;
        assert!(handle.await.unwrap_err().is_cancelled());
        aborts.await.unwrap();
    });
}

#[test]
fn local_set_task_that_panics_gives_its_panic_to_its_handle() {
    check(Loom::Lacks, async || {
        let set = LocalSet::new();
        let handle = set.run_until(async {
            spawn_local(async { std::panic::resume_unwind(Box::new(1)) }).await.map(|()| 0)
        });
        assert_eq!(handle.await.unwrap_err().into_panic().downcast_ref(), Some(&1));
    });
}

tokio::task_local! {
    static NUMBER: Cell<u32>;
}

#[test]
fn task_local_is_seen_by_its_future_alone() {
    check(Loom::Too, async || {
        let (sender, receiver) = oneshot::channel();
        let other = tokio::spawn(NUMBER.scope(Cell::new(1), async {
            NUMBER.with(|number| number.set(2));
            // Others run between two of its polls, and between two of its steps.
            sender.send(()).unwrap();
            NUMBER.with(Cell::get)
        }));
        assert!(NUMBER.try_with(Cell::get).is_err());
        let mine = NUMBER.scope(Cell::new(3), async {
            receiver.await.unwrap();
            NUMBER.with(Cell::get)
        });
        assert_eq!((mine.await, other.await.unwrap()), (3, 2));
        assert_eq!(NUMBER.sync_scope(Cell::new(4), || NUMBER.with(Cell::get)), 4);
    });
}

#[test]
fn try_join_returns_the_first_error_and_drops_the_others() {
    check(Loom::Too, async || {
        let (sender, receiver) = oneshot::channel::<u32>();
        let fails = tokio::spawn(async { drop(sender) });
        let dropped = Arc::new(AtomicUsize::new(0));
        let others = for_ever(Arc::clone(&dropped)).map(Ok);
        assert!(tokio::try_join!(receiver, others).is_err());
        assert_eq!(Arc::strong_count(&dropped), 1);
        assert_eq!(tokio::try_join!(async { Ok::<_, ()>(1) }, async { Ok(2) }), Ok((1, 2)));
        fails.await.unwrap();
    });
}

#[test]
fn join_and_pin_wait_for_all_branches() {
    check(Loom::Lacks, async || {
        let ((a, from_a), (b, from_b)) = (oneshot::channel(), oneshot::channel());
        let sends = tokio::spawn(async {
            b.send(2).unwrap();
            a.send(1).unwrap();
        });
        let both = async { tokio::join!(from_a, from_b) };
        tokio::pin!(both);
        assert_eq!(both.as_mut().await, (Ok(1), Ok(2)));
        sends.await.unwrap();
    });
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

#[test]
fn runtime_block_on_runs_a_future_and_its_tasks() {
    check_threads(Loom::Too, || {
        let runtime = runtime();
        let sum = runtime.block_on(async {
            let (sender, receiver) = oneshot::channel();
            let task = tokio::spawn(async { sender.send(2).unwrap() });
            let sum = 1 + receiver.await.unwrap();
            task.await.unwrap();
            sum
        });
        assert_eq!(sum, 3);
    });
}

#[test]
fn runtime_that_is_dropped_drops_the_tasks_that_wait() {
    check_threads(Loom::Lacks, || {
        let dropped = Arc::new(AtomicUsize::new(0));
        let runtime = runtime();
        let task = runtime.spawn(for_ever(Arc::clone(&dropped)));
        runtime.block_on(async {
            let (sender, receiver) = oneshot::channel();
            tokio::spawn(async { sender.send(()) });
            receiver.await.unwrap();
        });
        drop(runtime);
        assert!(task.is_finished());
        assert_eq!(Arc::strong_count(&dropped), 1);
        assert!(task.now_or_never().unwrap().unwrap_err().is_cancelled());
    });
}

#[test]
fn runtime_that_is_dropped_waits_for_blocking_calls_that_have_begun() {
    check_threads(Loom::Lacks, || {
        let runtime = runtime();
        let (begins, begun) = oneshot::channel();
        let ended = Arc::new(AtomicUsize::new(0));
        let other = Arc::clone(&ended);
        runtime.spawn_blocking(move || {
            begins.send(()).unwrap();
            other.fetch_add(1, SeqCst);
        });
        begun.blocking_recv().unwrap();
        drop(runtime);
        assert_eq!(ended.load(SeqCst), 1);
    });
}

#[test]
fn runtime_shutdown_background_does_not_wait() {
    check_threads(Loom::Lacks, || {
        let runtime = runtime();
        let (sender, receiver) = oneshot::channel();
        let ((begins, begun), (go, gone)) = (oneshot::channel(), oneshot::channel::<()>());
        runtime.spawn_blocking(|| {
            begins.send(()).unwrap();
            let _ = gone.blocking_recv();
            sender.send(1)
        });
        begun.blocking_recv().unwrap();
        runtime.shutdown_background();
        go.send(()).unwrap();
        assert_eq!(receiver.blocking_recv(), Ok(1));
    });
}

#[test]
fn runtime_that_is_gone_cancels_what_is_spawned_on_its_handle() {
    check_threads(Loom::Lacks, || {
        let runtime = runtime();
        let handle = runtime.handle().clone();
        let other = thread::spawn(move || handle.spawn(async { 1 }));
        runtime.shutdown_background();
        let task = other.join().unwrap();
        let ended = self::runtime().block_on(task);
        assert!(ended.map_or_else(|error| error.is_cancelled(), |output| output == 1));
    });
}

#[test]
fn runtime_enter_lets_spawn_find_the_runtime() {
    check_threads(Loom::Lacks, || {
        let runtime = runtime();
        let task = {
            let _entered = runtime.enter();
            assert!(Handle::try_current().is_ok());
            tokio::spawn(async { Handle::current().spawn(async { 1 }).await.unwrap() })
        };
        assert_eq!(runtime.block_on(task).unwrap(), 1);
    });
}

#[test]
fn runtime_block_on_panics_within_a_task() {
    check_threads(Loom::Lacks, || {
        let (outer, inner) = (runtime(), runtime());
        let (sender, receiver) = oneshot::channel();
        let task = outer.spawn(async move {
            let blocks = std::panic::AssertUnwindSafe(|| inner.block_on(async {}));
            let panics = std::panic::catch_unwind(blocks).is_err();
            inner.shutdown_background();
            sender.send(panics).unwrap();
        });
        assert!(outer.block_on(receiver).unwrap());
        outer.block_on(task).unwrap();
    });
}

#[test]
fn local_set_block_on_drives_its_tasks() {
    check_threads(Loom::Lacks, || {
        let (runtime, set) = (runtime(), LocalSet::new());
        let (sender, receiver) = oneshot::channel();
        runtime.spawn(async { sender.send(1) });
        let local = Rc::new(2);
        let sum = set
            .block_on(&runtime, async { spawn_local(async move { *local + receiver.await.unwrap() }).await });
        assert_eq!(sum.unwrap(), 3);
    });
}
