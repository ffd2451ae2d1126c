//! What tokio has and a model has not: what a `const fn` makes, for statics, and a runtime's own threads.

use crate::real_world::check;
use raceproof::tokio::runtime::{Builder, LocalRuntime};
use raceproof::tokio::sync::{Mutex, Notify, OnceCell, RwLock, Semaphore, SetOnce};
use std::sync::atomic::{AtomicI32, Ordering::SeqCst};

#[test]
fn tokios_const_new_makes_locks_for_statics() {
    static MUTEX: Mutex<u32> = Mutex::const_new(0);
    static RWLOCK: RwLock<u32> = RwLock::const_new(0);
    static READ_ONCE: RwLock<u32> = RwLock::const_with_max_readers(0, 1);
    static SEMAPHORE: Semaphore = Semaphore::const_new(1);
    check(|| {
        *MUTEX.try_lock().unwrap() += 1;
        *RWLOCK.try_write().unwrap() += 1;
        assert_eq!((*MUTEX.try_lock().unwrap(), *RWLOCK.try_read().unwrap()), (1, 1));
        let reads = READ_ONCE.try_read().unwrap();
        assert!(READ_ONCE.try_read().is_err());
        drop(reads);
        let permit = SEMAPHORE.try_acquire().unwrap();
        assert!(SEMAPHORE.try_acquire().is_err());
        drop(permit);
        assert_eq!(SEMAPHORE.available_permits(), 1);
    });
}

#[test]
fn tokios_const_new_makes_cells_and_notifications_for_statics() {
    static NOTIFY: Notify = Notify::const_new();
    static CELL: OnceCell<u32> = OnceCell::const_new();
    static MADE: OnceCell<u32> = OnceCell::const_new_with(4);
    static EMPTY: SetOnce<u32> = SetOnce::const_new();
    static FULL: SetOnce<u32> = SetOnce::const_new_with(2);
    check(|| {
        NOTIFY.notify_one();
        assert!(CELL.get().is_none());
        CELL.set(1).unwrap();
        EMPTY.set(3).unwrap();
        assert_eq!((CELL.get(), MADE.get()), (Some(&1), Some(&4)));
        assert_eq!((EMPTY.get(), FULL.get()), (Some(&3), Some(&2)));
    });
}

#[test]
fn metrics_of_a_runtime_count_its_workers() {
    check(|| {
        let runtime = Builder::new_multi_thread().worker_threads(2).build().unwrap();
        assert_eq!(runtime.metrics().num_workers(), 2);
        assert_eq!(runtime.handle().metrics().num_workers(), 2);
        assert_eq!(LocalRuntime::new().unwrap().metrics().num_workers(), 1);
    });
}

#[test]
fn a_builder_calls_what_it_is_given_as_its_threads_start_and_stop() {
    static RUNNING: AtomicI32 = AtomicI32::new(0);
    static STARTED: AtomicI32 = AtomicI32::new(0);
    check(|| {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(1).on_thread_stop(|| _ = RUNNING.fetch_sub(1, SeqCst));
        let started = || _ = (RUNNING.fetch_add(1, SeqCst), STARTED.fetch_add(1, SeqCst));
        let runtime = builder.on_thread_start(started).build().unwrap();
        runtime.block_on(runtime.spawn(async {})).unwrap();
        drop(runtime);
        assert_eq!((RUNNING.load(SeqCst), STARTED.load(SeqCst)), (0, 1));
    });
}

#[test]
fn a_builder_calls_what_it_is_given_as_its_threads_park_and_unpark() {
    static PARKED: AtomicI32 = AtomicI32::new(0);
    check(|| {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(1).on_thread_unpark(|| _ = PARKED.fetch_sub(1, SeqCst));
        let runtime = builder.on_thread_park(|| _ = PARKED.fetch_add(1, SeqCst)).build().unwrap();
        runtime.block_on(runtime.spawn(async {})).unwrap();
        drop(runtime);
        assert_eq!(PARKED.load(SeqCst), 0);
    });
}
