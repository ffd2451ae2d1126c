//! What std's documentation promises, a body each: on real threads, in the model, and under loom where it can.
//!
//! A body asserts what must hold whatever the schedule, so that it is also right to run it once.

mod page;
#[macro_use]
mod tokio_beside;
mod channels_beside;
mod crossbeam_channel;
mod parking_lot;
mod real_world;
mod std_statics;
mod std_sync;
mod std_values;
mod time;
mod tokio_channels;
mod tokio_guards;
mod tokio_oneshot;
mod tokio_real_world;
mod tokio_runtimes;
mod tokio_statics;
mod tokio_sync;
mod tokio_tasks;
mod tokio_values;

use raceproof::explore::{Engine, Explorer};
use raceproof::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use raceproof::sync::{Arc, Barrier, Condvar, Mutex, Once, OnceLock, RwLock, TryLockError, mpsc};
use raceproof::thread;
use std::time::Duration;

/// Where a promise is tested beside the real world and the model.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Loom {
    /// Under loom, too.
    Too,
    /// Not under loom, which has no such thing.
    Lacks,
}

#[track_caller]
fn check(loom: Loom, body: fn()) {
    body();
    let exhaustive = Explorer::new(Engine::Exhaustive).explore(body);
    exhaustive.assert_proved();
    let under_loom = Explorer::new(Engine::Loom).explore(body);
    match loom {
        Loom::Too => under_loom.assert_proved(),
        Loom::Lacks => assert_ne!(under_loom.word(), "proved", "loom can, and the list says that it cannot"),
    }
    page::keep(&exhaustive, &under_loom);
}

/// Runs `f` in a thread of its own, beside what the test does.
fn beside<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> thread::JoinHandle<T> {
    thread::spawn(f)
}

#[test]
fn mutex_protects_shared_data() {
    check(Loom::Too, || {
        let total = Arc::new(Mutex::new(0));
        let other = Arc::clone(&total);
        let adds = beside(move || *other.lock().unwrap() += 1);
        *total.lock().unwrap() += 1;
        adds.join().unwrap();
        assert_eq!(*total.lock().unwrap(), 2);
    });
}

#[test]
fn mutex_try_lock_of_a_held_mutex_would_block() {
    check(Loom::Too, || {
        let lock = Arc::new(Mutex::new(0));
        let held = lock.lock().unwrap();
        let other = Arc::clone(&lock);
        let tries = beside(move || matches!(other.try_lock(), Err(TryLockError::WouldBlock)));
        assert!(tries.join().unwrap());
        drop(held);
        assert!(lock.try_lock().is_ok());
    });
}

#[test]
fn mutex_is_poisoned_when_a_thread_panics_while_holding_it_until_it_is_cleared() {
    // Loom ends at the first panic.
    check(Loom::Lacks, || {
        let lock = Arc::new(Mutex::new(1));
        let other = Arc::clone(&lock);
        let panics = beside(move || {
            let _guard = other.lock().unwrap();
            std::panic::resume_unwind(Box::new("on purpose"));
        });
        assert!(panics.join().is_err());
        assert!(lock.is_poisoned());
        assert_eq!(*lock.lock().unwrap_err().into_inner(), 1);
        assert!(matches!(lock.try_lock(), Err(TryLockError::Poisoned(_))));
        lock.clear_poison();
        assert!(lock.lock().is_ok());
    });
}

#[test]
fn rwlock_allows_a_number_of_readers_or_at_most_one_writer() {
    check(Loom::Too, || {
        let lock = Arc::new(RwLock::new(5));
        let mine = lock.read().unwrap();
        let other = Arc::clone(&lock);
        let tries = beside(move || other.try_write().is_err() && *other.try_read().unwrap() == 5);
        assert!(tries.join().unwrap());
        drop(mine);
        *lock.write().unwrap() += 1;
        assert_eq!(*lock.read().unwrap(), 6);
    });
}

#[test]
fn rwlock_is_read_by_one_thread_twice_where_nobody_waits_to_write() {
    // Loom takes the two for one.
    check(Loom::Lacks, || {
        let lock = Arc::new(RwLock::new(5));
        let (first, second) = (lock.read().unwrap(), lock.try_read().unwrap());
        let other = Arc::clone(&lock);
        let tries = beside(move || other.try_write().is_err());
        assert!(tries.join().unwrap());
        assert_eq!(*first + *second, 10);
    });
}

#[test]
fn rwlock_is_poisoned_by_a_panic_of_a_writer_and_not_of_a_reader() {
    check(Loom::Lacks, || {
        let panics = |writes: bool, lock: &Arc<RwLock<()>>| {
            let lock = Arc::clone(lock);
            let thread = beside(move || {
                let _guards = if writes { (lock.write().ok(), None) } else { (None, lock.read().ok()) };
                std::panic::resume_unwind(Box::new("on purpose"));
            });
            assert!(thread.join().is_err());
        };
        let lock = Arc::default();
        panics(false, &lock);
        assert!(!lock.is_poisoned());
        panics(true, &lock);
        assert!(lock.is_poisoned() && lock.read().is_err() && lock.write().is_err());
    });
}

#[test]
fn condvar_wait_unlocks_the_mutex_and_holds_it_again_when_it_returns() {
    check(Loom::Too, || {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let other = Arc::clone(&shared);
        let raises = beside(move || {
            *other.0.lock().unwrap() = true;
            other.1.notify_one();
        });
        let mut raised = shared.0.lock().unwrap();
        while !*raised {
            raised = shared.1.wait(raised).unwrap();
        }
        assert!(shared.0.try_lock().is_err());
        drop(raised);
        raises.join().unwrap();
    });
}

#[test]
fn condvar_wait_timeout_says_whether_time_was_up() {
    check(Loom::Lacks, || {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let other = Arc::clone(&shared);
        let touches = beside(move || drop(other.0.lock()));
        let guard = shared.0.lock().unwrap();
        let (guard, result) =
            shared.1.wait_timeout_while(guard, Duration::from_millis(1), |raised| !*raised).unwrap();
        assert!(result.timed_out());
        drop(guard);
        touches.join().unwrap();
    });
}

#[test]
fn atomic_updates_are_one_step() {
    check(Loom::Too, || {
        let shared = Arc::new((AtomicUsize::new(1), AtomicBool::new(false)));
        let other = Arc::clone(&shared);
        let update = |shared: &(AtomicUsize, AtomicBool)| {
            shared.0.fetch_update(SeqCst, SeqCst, |x| Some(x * 2)).unwrap();
            shared.1.fetch_not(SeqCst)
        };
        let updates = beside(move || update(&other));
        assert_ne!(update(&shared), updates.join().unwrap());
        assert_eq!((shared.0.load(SeqCst), shared.1.load(SeqCst)), (4, false));
    });
}

#[test]
fn once_lock_is_initialized_by_one_and_set_fails_afterwards() {
    check(Loom::Lacks, || {
        let once = Arc::new(OnceLock::new());
        let other = Arc::clone(&once);
        let inits = beside(move || *other.get_or_init(|| 1));
        let mine = *once.get_or_init(|| 2);
        assert_eq!((inits.join().unwrap(), once.get(), once.set(3)), (mine, Some(&mine), Err(3)));
    });
}

#[test]
fn once_runs_one_of_the_closures_and_the_others_wait_for_it() {
    check(Loom::Lacks, || {
        let shared = Arc::new((Once::new(), AtomicUsize::new(0)));
        let other = Arc::clone(&shared);
        let call = |shared: &(Once, AtomicUsize)| {
            shared.0.call_once(|| {
                shared.1.fetch_add(1, SeqCst);
            });
            assert_eq!(shared.1.load(SeqCst), 1);
        };
        let calls = beside(move || call(&other));
        call(&shared);
        calls.join().unwrap();
        assert!(shared.0.is_completed());
    });
}

#[test]
fn barrier_has_a_single_leader() {
    check(Loom::Lacks, || {
        let barrier = Arc::new(Barrier::new(2));
        let other = Arc::clone(&barrier);
        let waits = beside(move || other.wait().is_leader());
        assert_ne!(barrier.wait().is_leader(), waits.join().unwrap());
    });
}

#[test]
fn mpsc_messages_arrive_in_the_order_of_their_sender_and_end_with_the_last_sender() {
    check(Loom::Lacks, || {
        let (sender, receiver) = mpsc::channel();
        let sends = beside(move || (1..=2).for_each(|message| sender.send(message).unwrap()));
        assert_eq!(receiver.iter().collect::<Vec<_>>(), [1, 2]);
        sends.join().unwrap();
        assert_eq!(receiver.try_recv(), Err(mpsc::TryRecvError::Disconnected));
    });
}

#[test]
fn mpsc_send_to_a_receiver_that_is_gone_gives_the_message_back() {
    check(Loom::Lacks, || {
        let (sender, receiver) = mpsc::sync_channel(1);
        assert_eq!(sender.try_send(1), Ok(()));
        assert_eq!(sender.try_send(2), Err(mpsc::TrySendError::Full(2)));
        beside(move || drop(receiver)).join().unwrap();
        assert_eq!(sender.send(3), Err(mpsc::SendError(3)));
    });
}

#[test]
fn park_returns_at_once_when_the_token_is_there() {
    check(Loom::Lacks, || {
        let (me, lock) = (thread::current(), Arc::new(Mutex::new(())));
        let other = Arc::clone(&lock);
        let unparks = beside(move || {
            drop(other.lock());
            me.unpark();
        });
        drop(lock.lock());
        unparks.join().unwrap();
        thread::park();
    });
}

#[test]
fn join_gives_what_the_thread_returned_or_panicked_with() {
    check(Loom::Lacks, || {
        let lock = Arc::new(Mutex::new(()));
        let other = Arc::clone(&lock);
        let returns = beside(move || drop(other.lock()));
        drop(lock.lock());
        assert!(returns.join().is_ok());
        let panics = beside(|| std::panic::resume_unwind(Box::new(7)));
        assert_eq!(panics.join().map(|()| 0).unwrap_err().downcast_ref(), Some(&7));
    });
}

#[test]
fn scope_joins_its_threads_before_it_returns() {
    check(Loom::Lacks, || {
        let count = AtomicUsize::new(0);
        let returned = thread::scope(|scope| {
            scope.spawn(|| count.fetch_add(1, SeqCst));
            scope.spawn(|| count.fetch_add(1, SeqCst));
            3
        });
        assert_eq!((returned, count.into_inner()), (3, 2));
    });
}
