//! What tokio's documentation promises of the smaller methods of its types: what whoever has one alone does with it, what
//! guards and permits tell of themselves, counts, settings and clocks.

use crate::Loom;
use crate::tokio_sync::check;
use raceproof::sync::Arc;
use raceproof::thread;
use raceproof::tokio;
use raceproof::tokio::runtime::{Builder, Handle, Runtime, RuntimeFlavor};
use raceproof::tokio::sync::{
    Mutex, MutexGuard, OnceCell, OwnedMutexGuard, OwnedSemaphorePermit, RwLock, Semaphore, SemaphorePermit,
    broadcast, mpsc, watch,
};
use raceproof::tokio::task::{JoinSet, LocalSet};
use raceproof::tokio::time::{self, Duration, Instant, MissedTickBehavior};
use std::pin::pin;

/// Has two tasks take a lock, without which a program shares nothing and proves nothing.
async fn meet() {
    let lock = Arc::new(Mutex::new(0));
    let other = Arc::clone(&lock);
    let adds = tokio::spawn(async move { *other.lock().await += 1 });
    *lock.lock().await += 1;
    adds.await.unwrap();
}

#[test]
fn mutex_is_changed_by_whoever_has_it_alone_and_its_guards_know_it() {
    check(Loom::Too, async || {
        meet().await;
        let mut lock = Mutex::new(1);
        *lock.get_mut() += 1;
        let lock = Arc::new(lock);
        let guard = lock.lock().await;
        assert!(std::ptr::eq(MutexGuard::mutex(&guard), &raw const *lock));
        drop(guard);
        let guard = Arc::clone(&lock).lock_owned().await;
        assert!(Arc::ptr_eq(OwnedMutexGuard::mutex(&guard), &lock));
        assert_eq!(*guard, 2);
    });
}

#[test]
fn blocking_locks_are_for_threads() {
    check(Loom::Too, async || {
        let (lock, rwlock) = (Arc::new(Mutex::new(0)), Arc::new(RwLock::new(0)));
        let (other, others) = (Arc::clone(&lock), Arc::clone(&rwlock));
        let adds = thread::spawn(move || {
            *other.blocking_lock_owned() += 1;
            *others.blocking_write() += 1;
            assert_eq!(*others.blocking_read(), 1);
        });
        *lock.lock().await += 1;
        adds.join().unwrap();
        assert_eq!((*lock.lock().await, *rwlock.read().await), (2, 1));
    });
}

#[test]
fn semaphore_blocking_acquire_is_for_threads_and_ends_where_it_is_closed() {
    check(Loom::Too, async || {
        let shared = Arc::new((Semaphore::new(2), Mutex::new(0)));
        let other = Arc::clone(&shared);
        let adds = thread::spawn(move || {
            let (semaphore, lock) = &*other;
            let one = semaphore.blocking_acquire().unwrap();
            drop(one);
            let _all = semaphore.blocking_acquire_many(2).unwrap();
            *lock.try_lock().unwrap() += 1;
        });
        let all = shared.0.acquire_many(2).await.unwrap();
        *shared.1.try_lock().unwrap() += 1;
        drop(all);
        adds.join().unwrap();
        assert_eq!(*shared.1.lock().await, 2);
        let semaphore = Arc::new(Semaphore::new(2));
        let other = Arc::clone(&semaphore);
        let waits = thread::spawn(move || {
            drop(Arc::clone(&other).blocking_acquire_owned());
            other.blocking_acquire_many_owned(3).is_err()
        });
        semaphore.close();
        assert!(waits.join().unwrap());
    });
}

#[test]
fn rwlock_has_as_many_readers_as_it_was_made_for_and_gives_its_value_to_its_only_owner() {
    check(Loom::Too, async || {
        let lock = Arc::new(RwLock::with_max_readers(1, 1));
        let other = Arc::clone(&lock);
        let held = lock.clone().try_read_owned().unwrap();
        let tries = tokio::spawn(async move { other.try_read().is_err() });
        assert!(tries.await.unwrap());
        drop(held);
        *lock.clone().try_write_owned().unwrap() += 1;
        let mut lock = Arc::into_inner(lock).unwrap();
        *lock.get_mut() += 1;
        assert_eq!(lock.into_inner(), 3);
    });
}

#[test]
fn once_cell_is_changed_and_taken_by_whoever_has_it_alone() {
    check(Loom::Too, async || {
        meet().await;
        let mut cell = OnceCell::new_with(Some(1));
        *cell.get_mut().unwrap() += 1;
        assert_eq!((cell.take(), cell.get()), (Some(2), None));
        cell.set(3).unwrap();
        assert_eq!(cell.into_inner(), Some(3));
    });
}

#[test]
fn permits_are_merged_and_split_and_know_their_semaphore() {
    check(Loom::Too, async || {
        meet().await;
        let semaphore = Arc::new(Semaphore::new(3));
        let mut permit = semaphore.try_acquire_many(2).unwrap();
        let one: SemaphorePermit<'_> = permit.split(1).unwrap();
        permit.merge(one);
        assert!(std::ptr::eq(permit.semaphore(), &raw const *semaphore));
        assert_eq!(permit.num_permits(), 2);
        let owned: OwnedSemaphorePermit = semaphore.clone().try_acquire_owned().unwrap();
        assert!(Arc::ptr_eq(owned.semaphore(), &semaphore));
        owned.forget();
        drop(permit);
        assert_eq!(semaphore.available_permits(), 2);
    });
}

#[test]
fn broadcast_channels_know_their_ends() {
    check(Loom::Lacks, async || {
        let sender = broadcast::Sender::new(2);
        let (mut receiver, weak) = (sender.subscribe(), sender.downgrade());
        let again = sender.subscribe();
        assert!(sender.same_channel(&sender.clone()) && receiver.same_channel(&again));
        assert_eq!((sender.strong_count(), sender.weak_count()), (1, 1));
        assert_eq!((receiver.sender_strong_count(), receiver.sender_weak_count()), (1, 1));
        drop((again, weak));
        let receives = thread::spawn(move || {
            let received = receiver.blocking_recv();
            (received, receiver.is_empty())
        });
        assert_eq!(sender.send(1).unwrap(), 1);
        assert_eq!(receives.join().unwrap(), (Ok(1), true));
    });
}

#[test]
fn mpsc_reserve_takes_a_place_and_the_ends_know_what_is_left() {
    check(Loom::Lacks, async || {
        let (sender, mut receiver) = mpsc::channel(2);
        sender.reserve().await.unwrap().send(1);
        let (one, two) = (sender.clone().reserve_owned().await.unwrap(), sender.downgrade());
        let (other, another) = mpsc::channel::<i32>(1);
        assert!(!one.same_channel(&other.reserve_owned().await.unwrap()));
        drop(another);
        assert_eq!((sender.strong_count(), sender.weak_count(), two.weak_count()), (2, 1, 1));
        assert_eq!((receiver.max_capacity(), receiver.is_empty()), (2, false));
        let receives = thread::spawn(move || {
            let mut received = Vec::new();
            while receiver.blocking_recv_many(&mut received, 2) > 0 {}
            received
        });
        drop(one.send(2));
        drop(sender);
        assert_eq!(receives.join().unwrap(), [1, 2]);
    });
}

#[test]
fn unbounded_receivers_poll_and_block_and_know_their_senders() {
    check(Loom::Lacks, async || {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        assert!(receiver.is_empty() && sender.same_channel(&sender.clone()));
        let sends = tokio::spawn(async move {
            for message in 0..4 {
                sender.send(message).unwrap();
            }
        });
        let first = std::future::poll_fn(|context| receiver.poll_recv(context)).await;
        let mut rest = Vec::new();
        let many = std::future::poll_fn(|context| receiver.poll_recv_many(context, &mut rest, 1)).await;
        let received = thread::spawn(move || {
            let mut left = Vec::new();
            (receiver.blocking_recv(), receiver.blocking_recv_many(&mut left, 1), left)
        });
        assert_eq!((first, many, rest), (Some(0), 1, vec![1]));
        assert_eq!(received.join().unwrap(), (Some(2), 1, vec![3]));
        sends.await.unwrap();
    });
}

#[test]
fn poll_recv_many_takes_what_is_there_and_no_more_than_was_asked_for() {
    check(Loom::Lacks, async || {
        let (sender, mut receiver) = mpsc::channel(2);
        let sends = tokio::spawn(async move { sender.send(1).await.unwrap() });
        let mut received = Vec::new();
        let many = std::future::poll_fn(|context| receiver.poll_recv_many(context, &mut received, 2)).await;
        assert_eq!((many, received), (1, vec![1]));
        sends.await.unwrap();
    });
}

#[test]
fn watch_ends_know_their_channel_and_mark_what_they_have_seen() {
    check(Loom::Lacks, async || {
        let sender = watch::Sender::new(0);
        let (mut one, mut two) = (sender.subscribe(), sender.subscribe());
        assert!(one.same_channel(&two) && sender.same_channel(&sender.clone()));
        assert_eq!((sender.sender_count(), sender.receiver_count()), (1, 2));
        assert!(!one.is_closed());
        let sends = tokio::spawn(async move { sender.send(1).unwrap() });
        one.changed().await.unwrap();
        sends.await.unwrap();
        assert!(one.is_closed());
        two.mark_unchanged();
        assert!(two.has_changed().is_err() && *two.borrow() == 1);
    });
}

#[test]
fn a_sleep_is_reset_to_another_deadline() {
    check(Loom::Lacks, async || {
        meet().await;
        let (start, short) = (Instant::now(), Duration::from_millis(1));
        let mut sleep = pin!(time::sleep(Duration::from_mins(1)));
        assert!(!sleep.is_elapsed());
        sleep.as_mut().reset(start + short);
        assert_eq!(sleep.deadline(), start + short);
        sleep.as_mut().await;
        assert!(sleep.is_elapsed() && start.elapsed() >= short);
    });
}

#[test]
fn an_interval_is_reset_in_each_of_its_ways() {
    check(Loom::Lacks, async || {
        meet().await;
        let short = Duration::from_millis(1);
        let mut interval = time::interval_at(Instant::now() + Duration::from_mins(1), short);
        assert_eq!((interval.period(), interval.missed_tick_behavior()), (short, MissedTickBehavior::Burst));
        interval.reset_immediately();
        std::future::poll_fn(|context| interval.poll_tick(context)).await;
        interval.reset_after(short);
        interval.tick().await;
        interval.reset();
        let deadline = Instant::now() + short;
        interval.reset_at(deadline);
        assert!(interval.tick().await >= deadline);
    });
}

#[test]
fn instants_are_added_to_and_compared() {
    check(Loom::Lacks, async || {
        meet().await;
        let (now, second) = (Instant::now(), Duration::from_secs(1));
        let later = now.checked_add(second).unwrap();
        assert_eq!((later.duration_since(now), later.checked_duration_since(now)), (second, Some(second)));
        assert_eq!(
            (now.saturating_duration_since(later), later.checked_sub(second)),
            (Duration::ZERO, Some(now))
        );
        assert_eq!(Instant::from_std(now.into_std()), now);
    });
}

#[test]
fn a_timeout_gives_its_future_back() {
    check(Loom::Lacks, async || {
        meet().await;
        let mut timeout = time::timeout(Duration::from_mins(1), std::future::ready(1));
        assert_eq!(timeout.get_ref().clone().into_inner(), 1);
        *timeout.get_mut() = std::future::ready(2);
        assert_eq!(timeout.into_inner().into_inner(), 2);
    });
}

#[test]
fn join_set_spawns_on_a_runtime_and_is_polled() {
    check(Loom::Too, async || {
        let mut set = JoinSet::new();
        let handle = Handle::current();
        set.spawn_on(async { 1 }, &handle);
        set.spawn_blocking_on(|| 2, &handle);
        let one = std::future::poll_fn(|context| set.poll_join_next(context)).await.unwrap().unwrap();
        let with_id = std::future::poll_fn(|context| set.poll_join_next_with_id(context)).await;
        assert_eq!(one + with_id.unwrap().unwrap().1, 3);
        assert!(set.try_join_next_with_id().is_none());
    });
}

#[test]
fn join_set_spawns_on_a_local_set() {
    check(Loom::Lacks, async || {
        meet().await;
        let local = LocalSet::new();
        let mut set = JoinSet::new();
        set.spawn_local_on(async { 1 }, &local);
        let inside = local.run_until(async {
            set.spawn_local(async { 2 });
            let mut sum = 0;
            while let Some(ended) = set.join_next().await {
                sum += ended.unwrap();
            }
            sum
        });
        assert_eq!(inside.await, 3);
    });
}

#[test]
fn join_error_gives_its_panic_only_if_it_is_one() {
    check(Loom::Lacks, async || {
        meet().await;
        let panics = tokio::spawn(async { std::panic::resume_unwind(Box::new(7)) });
        let error = panics.await.map(|()| 0).unwrap_err();
        assert_eq!(error.try_into_panic().unwrap().downcast_ref(), Some(&7));
        let waits = tokio::spawn(std::future::pending::<()>());
        waits.abort();
        assert!(waits.await.unwrap_err().try_into_panic().is_err());
    });
}

tokio::task_local! {
    static NUMBER: u32;
}

#[test]
fn task_local_is_copied_out_and_an_error_outside() {
    check(Loom::Too, async || {
        meet().await;
        assert!(NUMBER.try_get().is_err());
        assert_eq!(NUMBER.scope(1, async { NUMBER.get() }).await, 1);
    });
}

#[test]
fn runtimes_are_built_and_entered_and_shut_down_in_time() {
    fn in_a_runtime(runtime: Runtime) {
        let handle = runtime.handle().clone();
        let entered = handle.enter();
        let lock = Arc::new(Mutex::new(0));
        let (one, two) = (Arc::clone(&lock), Arc::clone(&lock));
        let spawned = tokio::spawn(async move { *one.lock().await += 1 });
        drop(entered);
        let blocks = handle.spawn_blocking(move || *two.blocking_lock() += 1);
        let sum = runtime.block_on(async {
            spawned.await.unwrap();
            blocks.await.unwrap();
            *lock.lock().await
        });
        assert_eq!(sum, 2);
        runtime.shutdown_timeout(Duration::from_mins(1));
    }
    crate::check(Loom::Lacks, || {
        let mut builder = Builder::new_current_thread();
        builder.enable_time().thread_name("worker").max_blocking_threads(2).event_interval(31);
        builder
            .global_queue_interval(31)
            .thread_stack_size(1 << 20)
            .thread_keep_alive(Duration::from_secs(1));
        let runtime = builder.build().unwrap();
        assert_eq!(runtime.handle().runtime_flavor(), RuntimeFlavor::CurrentThread);
        in_a_runtime(runtime);
        let runtime = Runtime::new().unwrap();
        assert_eq!(runtime.handle().runtime_flavor(), RuntimeFlavor::MultiThread);
        in_a_runtime(runtime);
    });
}

#[test]
fn mpsc_receivers_count_the_senders_of_each_kind() {
    check(Loom::Lacks, async || {
        meet().await;
        let (sender, receiver) = mpsc::channel::<u8>(1);
        let weak = sender.downgrade();
        assert_eq!((receiver.sender_strong_count(), receiver.sender_weak_count()), (1, 1));
        drop(weak);
        let (sender, receiver) = mpsc::unbounded_channel::<u8>();
        let weak = sender.downgrade();
        assert_eq!((receiver.sender_strong_count(), receiver.sender_weak_count()), (1, 1));
        assert_eq!((weak.strong_count(), weak.weak_count()), (1, 1));
    });
}

#[test]
fn what_is_spawned_within_local_set_enter_runs_on_the_set() {
    check(Loom::Lacks, async || {
        meet().await;
        let set = LocalSet::new();
        let entered = set.enter();
        let task = tokio::task::spawn_local(async { 1 });
        drop(entered);
        assert_eq!(set.run_until(task).await.unwrap(), 1);
    });
}

tokio::task_local! {
    static NAME: u8;
}

#[test]
fn take_value_of_a_task_local_future_takes_what_it_was_given() {
    check(Loom::Too, async || {
        meet().await;
        let mut scoped = Box::pin(NAME.scope(7, async { NAME.get() }));
        assert_eq!(scoped.as_mut().await, 7);
        assert_eq!((scoped.as_mut().take_value(), scoped.as_mut().take_value()), (Some(7), None));
    });
}

#[test]
fn a_builder_takes_what_names_its_threads() {
    check(Loom::Too, async || {
        let blocks = thread::spawn(|| {
            let built = Builder::new_multi_thread()
                .worker_threads(1)
                .enable_io()
                .thread_name_fn(|| "worker".to_owned())
                .build();
            let runtime = built.unwrap();
            runtime.block_on(runtime.spawn(meet())).unwrap();
        });
        blocks.join().unwrap();
    });
}
