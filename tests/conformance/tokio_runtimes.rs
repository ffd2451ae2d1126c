//! What tokio's documentation promises of runtimes of one thread, and of what runtimes are known by.

use crate::{Loom, check};
use raceproof::sync::Arc;
use raceproof::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use raceproof::thread;
use raceproof::tokio::runtime::{Builder, Handle, LocalOptions, LocalRuntime, Runtime};
use raceproof::tokio::sync::Mutex;
use raceproof::tokio::task::{LocalSet, block_in_place, spawn_local, yield_now};
use raceproof::tokio::time::{self, Instant, sleep};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

/// Has two threads take a lock, without which a program shares nothing and proves nothing.
fn meet() {
    let lock = Arc::new(Mutex::new(0));
    let other = Arc::clone(&lock);
    let adds = thread::spawn(move || *other.blocking_lock() += 1);
    *lock.blocking_lock() += 1;
    adds.join().unwrap();
}

/// Tells when it is dropped.
struct Told(Arc<AtomicUsize>);

impl Drop for Told {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[test]
fn local_runtime_runs_tasks_that_need_not_be_send_one_at_a_time_between_their_awaits() {
    check(Loom::Lacks, || {
        meet();
        let runtime = Builder::new_current_thread().build_local(LocalOptions::default()).unwrap();
        let count = Rc::new(Cell::new(0));
        let add = |count: Rc<Cell<u32>>| async move {
            let before = count.get();
            count.set(before + 1);
            yield_now().await;
            before
        };
        let one = runtime.spawn_local(add(Rc::clone(&count)));
        let sum = runtime.block_on(async {
            let two = spawn_local(add(Rc::clone(&count)));
            one.await.unwrap() + two.await.unwrap()
        });
        assert_eq!((sum, count.get()), (1, 2));
    });
}

#[test]
fn local_runtime_spawns_what_blocks_and_what_is_send_beside_its_own() {
    check(Loom::Lacks, || {
        meet();
        let runtime = LocalRuntime::new().unwrap();
        let lock = Arc::new(Mutex::new(0));
        let (one, two) = (Arc::clone(&lock), Arc::clone(&lock));
        let blocks = runtime.spawn_blocking(move || *one.blocking_lock() += 1);
        let spawned = runtime.handle().spawn(async move { *two.lock().await += 1 });
        let sum = runtime.block_on(async {
            blocks.await.unwrap();
            spawned.await.unwrap();
            *lock.lock().await
        });
        assert_eq!(sum, 2);
    });
}

#[test]
fn local_runtime_is_entered_to_spawn_what_its_next_block_on_runs() {
    check(Loom::Lacks, || {
        meet();
        let runtime = LocalRuntime::new().unwrap();
        let one = Rc::new(1);
        let entered = runtime.enter();
        let spawned = spawn_local(async move { *one });
        assert_eq!(Handle::current().id(), runtime.handle().id());
        drop(entered);
        assert_eq!(runtime.block_on(spawned).unwrap(), 1);
    });
}

#[test]
fn local_runtime_drops_its_tasks_as_it_ends() {
    fn ended(end: fn(LocalRuntime)) {
        let runtime = LocalRuntime::new().unwrap();
        let dropped = Arc::new(AtomicUsize::new(0));
        let told = Told(Arc::clone(&dropped));
        let waits = runtime.spawn_local(async move {
            let _told = told;
            std::future::pending::<()>().await;
        });
        runtime.block_on(yield_now());
        assert!(!waits.is_finished());
        end(runtime);
        assert_eq!(dropped.load(SeqCst), 1);
    }
    check(Loom::Lacks, || {
        meet();
        ended(drop);
        ended(LocalRuntime::shutdown_background);
        ended(|runtime| runtime.shutdown_timeout(Duration::from_secs(1)));
    });
}

#[test]
fn runtimes_have_ids_of_their_own_and_the_names_that_they_were_given() {
    check(Loom::Too, || {
        meet();
        let named = Builder::new_current_thread().name("one").build().unwrap();
        let other = Runtime::new().unwrap();
        let handle = named.handle().clone();
        assert_ne!(handle.id(), other.handle().id());
        assert_eq!((handle.name(), other.handle().name()), (Some("one"), None));
        let id = named.spawn(async { Handle::current().id() });
        let inside = named.block_on(async {
            let current = Handle::current();
            (current.id(), current.name().map(str::to_owned), id.await.unwrap())
        });
        assert_eq!(inside, (handle.id(), Some("one".to_owned()), handle.id()));
    });
}

#[test]
fn local_sets_have_ids_of_their_own() {
    check(Loom::Too, || {
        meet();
        let runtime = Runtime::new().unwrap();
        let (one, two) = (LocalSet::new(), LocalSet::new());
        assert_ne!(one.id(), two.id());
        assert_ne!(one.id(), runtime.handle().id());
        let id = one.id();
        assert_eq!(one.block_on(&runtime, async { one.id() }), id);
    });
}

#[test]
fn a_runtime_that_starts_paused_sleeps_without_waiting() {
    check(Loom::Lacks, || {
        meet();
        let mut builder = Builder::new_current_thread();
        let runtime = builder.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let begun = Instant::now();
            sleep(HOUR).await;
            assert!(begun.elapsed() >= HOUR);
        });
    });
}

#[test]
fn time_that_is_paused_is_advanced_by_hand_and_goes_on_when_it_is_resumed() {
    check(Loom::Lacks, || {
        meet();
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            time::pause();
            let begun = Instant::now();
            time::advance(HOUR).await;
            assert!(begun.elapsed() >= HOUR);
            time::resume();
            sleep(Duration::from_millis(1)).await;
            assert!(begun.elapsed() >= HOUR + Duration::from_millis(1));
        });
    });
}

#[test]
fn block_in_place_panics_on_a_runtime_of_one_thread_and_in_a_local_set() {
    check(Loom::Lacks, || {
        meet();
        let blocks = || async { catch_unwind(|| block_in_place(|| 1)).is_err() };
        let alone = Builder::new_current_thread().build().unwrap();
        assert!(alone.block_on(blocks()));
        let several = Builder::new_multi_thread().worker_threads(1).build().unwrap();
        assert!(LocalSet::new().block_on(&several, blocks()));
        let spawned = several.spawn(blocks());
        assert!(!several.block_on(spawned).unwrap() && !several.block_on(blocks()));
        let _entered = alone.enter();
        assert_eq!(block_in_place(|| 1), 1);
    });
}

#[test]
fn enter_guards_are_dropped_in_the_reverse_order_or_panic() {
    check(Loom::Too, || {
        meet();
        let build = || Builder::new_current_thread().build().unwrap();
        let (one, two) = (build(), build());
        let (first, second) = (one.enter(), two.enter());
        assert!(catch_unwind(AssertUnwindSafe(|| drop(first))).is_err());
        drop(second);
    });
}
