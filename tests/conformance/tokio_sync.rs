//! What tokio's documentation promises of `tokio::sync`, a body each: on a runtime, in the model, and under loom
//! where it can.

use crate::{Loom, page};
use futures_util::FutureExt;
use raceproof::explore::{Engine, Explorer};
use raceproof::sync::Arc;
use raceproof::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use raceproof::tokio;
use raceproof::tokio::sync::{
    Barrier, Mutex, MutexGuard, Notify, OnceCell, RwLock, Semaphore, TryAcquireError, watch,
};
use std::pin::{Pin, pin};

/// Runs a body in every world: it asserts what must hold whatever the schedule.
#[track_caller]
pub fn check(loom: Loom, body: impl AsyncFn() + Clone + Send + Sync + 'static) {
    let runtime =
        ::tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    runtime.block_on(Box::pin(body()) as Pin<Box<dyn Future<Output = ()> + '_>>);
    let exhaustive = Explorer::new(Engine::Exhaustive).explore_async(body.clone());
    exhaustive.assert_proved();
    let under_loom = Explorer::new(Engine::Loom).explore_async(body);
    match loom {
        Loom::Too => under_loom.assert_proved(),
        Loom::Lacks => assert_ne!(under_loom.word(), "proved", "loom can, and the list says that it cannot"),
    }
    page::keep(&exhaustive, &under_loom);
}

#[test]
fn mutex_lock_waits_until_it_is_available_and_unlocks_when_the_guard_is_dropped() {
    check(Loom::Too, async || {
        let total = Arc::new(Mutex::new(0));
        let other = Arc::clone(&total);
        let adds = tokio::spawn(async move { *other.lock().await += 1 });
        *total.lock().await += 1;
        adds.await.unwrap();
        assert_eq!(*total.lock().await, 2);
    });
}

#[test]
fn mutex_guard_is_held_across_an_await() {
    check(Loom::Too, async || {
        let lock = Arc::new(Mutex::new(0));
        let other = Arc::clone(&lock);
        let task = tokio::spawn(async move {
            let mut value = other.lock().await;
            let before = *value;
            tokio::task::yield_now().await;
            *value = before + 1;
        });
        {
            let mut value = lock.clone().lock_owned().await;
            let before = *value;
            tokio::task::yield_now().await;
            *value = before + 1;
        }
        task.await.unwrap();
        assert_eq!(*lock.try_lock().unwrap(), 2);
    });
}

#[test]
fn mutex_try_lock_is_an_error_if_it_is_held() {
    check(Loom::Too, async || {
        let lock = Arc::new(Mutex::new(1));
        let held = lock.lock().await;
        let other = Arc::clone(&lock);
        let tries = tokio::spawn(async move {
            let error = other.try_lock().map(drop).unwrap_err();
            assert_eq!(error.to_string(), "operation would block");
            other.clone().try_lock_owned().is_err()
        });
        assert!(tries.await.unwrap());
        drop(held);
        assert_eq!(*lock.try_lock_owned().unwrap(), 1);
    });
}

#[test]
fn mutex_operates_on_a_first_in_first_out_basis() {
    // Loom lets any waiter go first.
    check(Loom::Lacks, async || {
        let lock = Arc::new(Mutex::new(Vec::new()));
        let held = lock.lock().await;
        let mut first = pin!(lock.lock());
        assert!(first.as_mut().now_or_never().is_none());
        let other = Arc::clone(&lock);
        let second = tokio::spawn(async move { other.lock().await.push(2) });
        drop(held);
        first.await.push(1);
        second.await.unwrap();
        assert_eq!(*lock.lock().await, [1, 2]);
    });
}

#[test]
fn mutex_cancelling_a_call_to_lock_makes_you_lose_your_place_in_the_queue() {
    check(Loom::Lacks, async || {
        let lock = Arc::new(Mutex::new(()));
        let held = lock.lock().await;
        let mut dropped = Box::pin(lock.lock());
        assert!(dropped.as_mut().now_or_never().is_none());
        let other = Arc::clone(&lock);
        let locks = tokio::spawn(async move { drop(other.lock().await) });
        drop(held);
        // It may be its turn already: then it is the other's now.
        drop(dropped);
        locks.await.unwrap();
        assert!(lock.try_lock().is_ok());
    });
}

#[test]
fn mutex_does_not_poison_when_a_task_panics() {
    check(Loom::Lacks, async || {
        let lock = Arc::new(Mutex::new(1));
        let other = Arc::clone(&lock);
        let panics = tokio::spawn(async move {
            let _value = other.lock().await;
            std::panic::resume_unwind(Box::new("on purpose"));
        });
        assert!(panics.await.unwrap_err().is_panic());
        assert_eq!(*lock.lock().await, 1);
    });
}

#[test]
fn mutex_blocking_lock_blocks_the_current_thread() {
    check(Loom::Too, async || {
        let lock = Arc::new(Mutex::new(0));
        let other = Arc::clone(&lock);
        let adds = tokio::task::spawn_blocking(move || *other.blocking_lock() += 1);
        *lock.lock().await += 1;
        adds.await.unwrap();
        assert_eq!(Arc::try_unwrap(lock).unwrap().into_inner(), 2);
    });
}

#[test]
fn mutex_guard_map_makes_a_guard_for_a_component_of_the_locked_data() {
    check(Loom::Too, async || {
        let lock = Arc::new(Mutex::new((1, 2)));
        let other = Arc::clone(&lock);
        let adds = tokio::spawn(async move {
            let mut second = MutexGuard::map(other.lock().await, |pair| &mut pair.1);
            *second += 1;
        });
        lock.lock().await.0 += 1;
        adds.await.unwrap();
        assert_eq!(*lock.lock().await, (2, 3));
    });
}

#[test]
fn semaphore_acquire_waits_for_a_permit_that_is_given_back_when_it_is_dropped() {
    check(Loom::Too, async || {
        let shared = Arc::new((Semaphore::new(1), AtomicUsize::new(0)));
        let other = Arc::clone(&shared);
        let enter = async |(semaphore, inside): &(Semaphore, AtomicUsize)| {
            let _permit = semaphore.acquire().await.unwrap();
            assert_eq!(inside.fetch_add(1, SeqCst), 0);
            inside.fetch_sub(1, SeqCst);
        };
        let enters = tokio::spawn(async move { enter(&other).await });
        enter(&shared).await;
        enters.await.unwrap();
        assert_eq!(shared.0.available_permits(), 1);
    });
}

#[test]
fn semaphore_acquire_many_waits_until_so_many_are_there() {
    check(Loom::Too, async || {
        let semaphore = Arc::new(Semaphore::new(0));
        let other = Arc::clone(&semaphore);
        let adds = tokio::spawn(async move { (0..2).for_each(|_| other.add_permits(1)) });
        let permits = semaphore.acquire_many(2).await.unwrap();
        assert_eq!((permits.num_permits(), semaphore.available_permits()), (2, 0));
        adds.await.unwrap();
    });
}

#[test]
fn semaphore_is_fair_so_that_a_call_for_many_is_not_starved_by_calls_for_few() {
    check(Loom::Lacks, async || {
        let semaphore = Arc::new(Semaphore::new(1));
        let mut many = pin!(semaphore.acquire_many(2));
        assert!(many.as_mut().now_or_never().is_none());
        // What there was is the first one's already.
        assert_eq!(semaphore.try_acquire().map(drop), Err(TryAcquireError::NoPermits));
        let other = Arc::clone(&semaphore);
        let few = tokio::spawn(async move { other.acquire().await.unwrap().forget() });
        semaphore.add_permits(1);
        drop(many.await.unwrap());
        few.await.unwrap();
        assert_eq!(semaphore.available_permits(), 1);
    });
}

#[test]
fn semaphore_cancelling_a_call_to_acquire_gives_its_permit_back() {
    check(Loom::Lacks, async || {
        let semaphore = Arc::new(Semaphore::new(0));
        let mut cancelled = Box::pin(semaphore.acquire());
        assert!(cancelled.as_mut().now_or_never().is_none());
        let other = Arc::clone(&semaphore);
        let adds = tokio::spawn(async move { other.add_permits(1) });
        drop(cancelled);
        drop(semaphore.acquire().await.unwrap());
        adds.await.unwrap();
        assert_eq!(semaphore.available_permits(), 1);
    });
}

#[test]
fn semaphore_acquire_in_a_select_that_goes_elsewhere_loses_no_permit() {
    check(Loom::Lacks, async || {
        let (semaphore, stop) = (Arc::new(Semaphore::new(0)), Arc::new(Notify::new()));
        let (adds, stops) = (Arc::clone(&semaphore), Arc::clone(&stop));
        let task = tokio::spawn(async move {
            adds.add_permits(1);
            stops.notify_one();
        });
        tokio::select! {
            permit = semaphore.acquire() => drop(permit.unwrap()),
            () = stop.notified() => {}
        }
        task.await.unwrap();
        assert_eq!(semaphore.available_permits(), 1);
    });
}

#[test]
fn semaphore_an_aborted_task_gives_back_what_it_was_handed() {
    check(Loom::Lacks, async || {
        let semaphore = Arc::new(Semaphore::new(0));
        let other = Arc::clone(&semaphore);
        let waits = tokio::spawn(async move { drop(other.acquire().await) });
        semaphore.add_permits(1);
        waits.abort();
        let _ = waits.await;
        assert_eq!(semaphore.available_permits(), 1);
    });
}

#[test]
fn semaphore_close_prevents_it_from_issuing_new_permits_and_notifies_all_pending_waiters() {
    check(Loom::Too, async || {
        let semaphore = Arc::new(Semaphore::new(0));
        let other = Arc::clone(&semaphore);
        let waits = tokio::spawn(async move { other.acquire().await.is_err() });
        semaphore.close();
        assert!(waits.await.unwrap() && semaphore.is_closed());
        semaphore.add_permits(1);
        assert_eq!(semaphore.try_acquire().map(drop), Err(TryAcquireError::Closed));
        assert_eq!(semaphore.acquire().await.unwrap_err().to_string(), "semaphore closed");
    });
}

#[test]
fn semaphore_permits_are_forgotten_merged_and_split() {
    check(Loom::Too, async || {
        let semaphore = Arc::new(Semaphore::new(4));
        let other = Arc::clone(&semaphore);
        let forgets = tokio::spawn(async move { other.acquire().await.unwrap().forget() });
        forgets.await.unwrap();
        let mut one = semaphore.clone().acquire_owned().await.unwrap();
        one.merge(semaphore.clone().try_acquire_many_owned(2).unwrap());
        let two = one.split(2).unwrap();
        assert!(one.split(2).is_none());
        assert_eq!((one.num_permits(), two.num_permits(), semaphore.available_permits()), (1, 2, 0));
        drop(two);
        assert_eq!((semaphore.forget_permits(5), semaphore.available_permits()), (2, 0));
    });
}

#[test]
fn rwlock_allows_a_number_of_readers_or_at_most_one_writer() {
    check(Loom::Too, async || {
        let lock = Arc::new(RwLock::new(5));
        let first = lock.read().await;
        let other = Arc::clone(&lock);
        let reads = tokio::spawn(async move {
            assert!(other.try_write().is_err());
            *other.read().await
        });
        assert_eq!(reads.await.unwrap(), *first);
        drop(first);
        *lock.write().await += 1;
        assert_eq!(*lock.try_read().unwrap(), 6);
    });
}

#[test]
fn rwlock_read_locks_wait_behind_a_write_lock_that_was_asked_for_before() {
    check(Loom::Lacks, async || {
        let lock = Arc::new(RwLock::new(0));
        let reads = lock.read().await;
        let mut write = pin!(lock.write());
        assert!(write.as_mut().now_or_never().is_none());
        assert!(lock.try_read().is_err());
        let other = Arc::clone(&lock);
        let behind = tokio::spawn(async move { *other.read().await });
        assert_eq!(*reads, 0);
        drop(reads);
        *write.await += 1;
        assert_eq!(behind.await.unwrap(), 1);
    });
}

#[test]
fn rwlock_downgrade_lets_no_writer_in_between() {
    check(Loom::Too, async || {
        let lock = Arc::new(RwLock::new(0));
        let mut mine = lock.clone().write_owned().await;
        let other = Arc::clone(&lock);
        let writes = tokio::spawn(async move { *other.write().await = 7 });
        *mine = 1;
        let mine = mine.downgrade();
        assert_eq!(*mine, 1);
        drop(mine);
        writes.await.unwrap();
        assert_eq!(*lock.read_owned().await, 7);
    });
}

#[test]
fn notify_one_before_notified_is_kept_and_one_permit_at_most_is() {
    check(Loom::Lacks, async || {
        let notify = Arc::new(Notify::new());
        let other = Arc::clone(&notify);
        let notifies = tokio::spawn(async move { (0..2).for_each(|_| other.notify_one()) });
        notifies.await.unwrap();
        notify.notified().await;
        assert!(notify.notified().now_or_never().is_none());
    });
}

#[test]
fn notify_one_wakes_a_waiting_task_whichever_comes_first() {
    check(Loom::Lacks, async || {
        let notify = Arc::new(Notify::new());
        let other = Arc::clone(&notify);
        let waits = tokio::spawn(async move { other.notified().await });
        notify.notify_one();
        waits.await.unwrap();
        assert!(notify.notified().now_or_never().is_none());
    });
}

#[test]
fn notify_waiters_are_woken_in_the_order_that_they_were_polled_in() {
    check(Loom::Lacks, async || {
        let notify = Arc::new(Notify::new());
        let (mut first, mut second) = (pin!(notify.notified()), pin!(notify.notified()));
        assert!(second.as_mut().now_or_never().is_none() && first.as_mut().now_or_never().is_none());
        let other = Arc::clone(&notify);
        let notifies = tokio::spawn(async move { other.notify_one() });
        second.await;
        notifies.await.unwrap();
        assert!(first.as_mut().now_or_never().is_none());
        notify.notify_last();
        first.await;
    });
}

#[test]
fn notify_waiters_notifies_all_that_were_made_before_and_keeps_no_permit() {
    check(Loom::Lacks, async || {
        let notify = Arc::new(Notify::new());
        let made = notify.notified();
        let mut polled = pin!(notify.notified());
        assert!(polled.as_mut().now_or_never().is_none());
        let other = Arc::clone(&notify);
        let notifies = tokio::spawn(async move { other.notify_waiters() });
        made.await;
        polled.await;
        notifies.await.unwrap();
        assert!(notify.notified().now_or_never().is_none());
    });
}

#[test]
fn notified_that_is_dropped_hands_its_permit_on() {
    check(Loom::Lacks, async || {
        let notify = Arc::new(Notify::new());
        let mut cancelled = Box::pin(notify.notified());
        assert!(cancelled.as_mut().now_or_never().is_none());
        let other = Arc::clone(&notify);
        let notifies = tokio::spawn(async move { other.notify_one() });
        drop(cancelled);
        notify.notified().await;
        notifies.await.unwrap();
    });
}

#[test]
fn notified_enable_registers_before_the_condition_is_looked_at() {
    check(Loom::Lacks, async || {
        let shared = Arc::new((AtomicBool::new(false), Notify::new()));
        let other = Arc::clone(&shared);
        let sets = tokio::spawn(async move {
            other.0.store(true, SeqCst);
            other.1.notify_waiters();
        });
        let mut notified = pin!(shared.1.notified());
        let _ = notified.as_mut().enable();
        if !shared.0.load(SeqCst) {
            notified.await;
            assert!(shared.0.load(SeqCst));
        }
        sets.await.unwrap();
    });
}

#[test]
fn once_cell_get_or_init_is_initialized_by_one_and_all_see_its_value() {
    check(Loom::Too, async || {
        let cell = Arc::new(OnceCell::new());
        let other = Arc::clone(&cell);
        let inits = tokio::spawn(async move { *other.get_or_init(async || 1).await });
        let mine = *cell.get_or_init(async || 2).await;
        assert_eq!((inits.await.unwrap(), cell.get()), (mine, Some(&mine)));
        assert!(cell.set(3).unwrap_err().is_already_init_err());
    });
}

#[test]
fn once_cell_an_init_that_is_cancelled_lets_another_begin() {
    check(Loom::Lacks, async || {
        let cell = Arc::new(OnceCell::new());
        let mut cancelled = Box::pin(cell.get_or_init(std::future::pending));
        assert!(cancelled.as_mut().now_or_never().is_none());
        assert!(cell.set(1).unwrap_err().is_initializing_err());
        let other = Arc::clone(&cell);
        let inits = tokio::spawn(async move { *other.get_or_init(async || 2).await });
        drop(cancelled);
        assert_eq!((inits.await.unwrap(), cell.initialized()), (2, true));
    });
}

#[test]
fn barrier_wait_lets_all_pass_when_the_last_arrives_and_one_of_them_leads() {
    check(Loom::Lacks, async || {
        let barrier = Arc::new(Barrier::new(2));
        for _ in 0..2 {
            let other = Arc::clone(&barrier);
            let waits = tokio::spawn(async move { other.wait().await.is_leader() });
            assert_ne!(barrier.wait().await.is_leader(), waits.await.unwrap());
        }
    });
}

#[test]
fn watch_changed_sees_the_last_value_and_none_in_between() {
    check(Loom::Lacks, async || {
        let (sender, mut receiver) = watch::channel(0);
        let sends = tokio::spawn(async move { (1..=2).for_each(|value| sender.send(value).unwrap()) });
        let mut last = 0;
        while receiver.changed().await.is_ok() {
            let value = *receiver.borrow_and_update();
            assert!(value >= last, "a value comes back");
            last = value;
        }
        sends.await.unwrap();
        assert_eq!(last, 2);
    });
}

#[test]
fn watch_changed_that_is_cancelled_marks_no_value_as_seen() {
    check(Loom::Lacks, async || {
        let (sender, mut receiver) = watch::channel(0);
        let stop = Arc::new(Notify::new());
        let stops = Arc::clone(&stop);
        let sends = tokio::spawn(async move {
            sender.send(1).unwrap();
            stops.notify_one();
            sender
        });
        let seen = tokio::select! {
            changed = receiver.changed() => changed.is_ok(),
            () = stop.notified() => false,
        };
        let _sender = sends.await.unwrap();
        assert_ne!(receiver.has_changed().unwrap(), seen);
    });
}

#[test]
fn watch_send_fails_if_there_are_no_receivers_and_send_replace_does_not() {
    check(Loom::Lacks, async || {
        let (sender, receiver) = watch::channel(0);
        let drops = tokio::spawn(async move { drop(receiver) });
        sender.closed().await;
        assert!(sender.send(1).is_err() && sender.is_closed());
        assert_eq!((sender.send_replace(2), *sender.borrow()), (0, 2));
        assert!(!sender.subscribe().has_changed().unwrap());
        drops.await.unwrap();
    });
}

#[test]
fn watch_wait_for_returns_when_the_closure_holds_or_the_last_sender_is_dropped() {
    check(Loom::Lacks, async || {
        let (sender, mut receiver) = watch::channel(0);
        let sends = tokio::spawn(async move {
            sender.send_modify(|value| *value += 1);
            sender.send_if_modified(|_| false)
        });
        assert_eq!(*receiver.wait_for(|value| *value == 1).await.unwrap(), 1);
        assert!(receiver.wait_for(|value| *value == 2).await.is_err());
        assert!(!sends.await.unwrap());
    });
}
