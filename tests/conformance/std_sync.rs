//! What std's documentation promises of `sync`, `sync::mpsc`, `sync::atomic` and `thread`, beyond `main.rs`.

use crate::{Loom, beside, check};
use raceproof::explore::{Engine, Explorer};
use raceproof::sync::atomic::{self, AtomicBool, AtomicPtr, AtomicUsize, Ordering::SeqCst};
use raceproof::sync::{
    Arc, Barrier, Condvar, LazyLock, Mutex, MutexGuard, Once, OnceLock, RwLock, RwLockReadGuard,
    RwLockWriteGuard, mpsc,
};
use raceproof::thread;
use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

const MS: Duration = Duration::from_millis(1);

#[test]
fn what_may_cross_threads_and_panics_may_do_so_as_stds() {
    fn unwinds<T: UnwindSafe + RefUnwindSafe>() {}
    fn shared<T: Sync>() {}
    fn sent<T: Send + Sync>() {}
    unwinds::<(Mutex<*mut u8>, RwLock<*mut u8>, Condvar, Once, OnceLock<u8>, LazyLock<u8>, Barrier)>();
    unwinds::<(AtomicUsize, AtomicBool, AtomicPtr<u8>)>();
    shared::<(MutexGuard<'static, u8>, RwLockReadGuard<'static, u8>, RwLockWriteGuard<'static, u8>)>();
    sent::<(Mutex<u8>, RwLock<u8>, Condvar, Once, OnceLock<u8>, LazyLock<u8>, Barrier)>();
    sent::<(mpsc::Sender<u8>, mpsc::SyncSender<u8>, thread::JoinHandle<u8>, thread::Thread)>();
}

#[test]
fn mutex_into_inner_and_get_mut_return_an_error_if_another_user_panicked() {
    check(Loom::Lacks, || {
        let lock = Arc::new(Mutex::new(1));
        let other = Arc::clone(&lock);
        let panics = beside(move || {
            let _guard = other.lock();
            std::panic::resume_unwind(Box::new("on purpose"));
        });
        assert!(panics.join().is_err());
        assert!(lock.is_poisoned());
        let mut lock = Arc::into_inner(lock).unwrap();
        assert_eq!(**lock.get_mut().unwrap_err().get_ref(), 1);
        assert_eq!(lock.into_inner().unwrap_err().into_inner(), 1);
    });
}

#[test]
fn mutex_and_rwlock_say_what_they_hold_in_debug_as_stds() {
    check(Loom::Too, || {
        let (lock, rwlock) = (Arc::new(Mutex::from(1)), RwLock::<u8>::default());
        let (std_lock, std_rwlock) = (std::sync::Mutex::new(1), std::sync::RwLock::new(0_u8));
        assert_eq!(format!("{lock:?} {rwlock:?}"), format!("{std_lock:?} {std_rwlock:?}"));
        let _theirs = (std_lock.lock(), std_rwlock.write());
        let other = Arc::clone(&lock);
        let _mine = (lock.lock().unwrap(), rwlock.write().unwrap());
        assert_eq!(format!("{lock:?} {rwlock:?}"), format!("{std_lock:?} {std_rwlock:?}"));
        assert!(beside(move || other.try_lock().is_err()).join().unwrap());
    });
}

#[test]
fn rwlock_is_unsized_and_gives_its_value_to_its_only_owner() {
    check(Loom::Too, || {
        let lock: Arc<RwLock<[u8]>> = Arc::new(RwLock::new([1, 2]));
        let other = Arc::clone(&lock);
        beside(move || other.write().unwrap()[0] = 3).join().unwrap();
        assert_eq!(*lock.read().unwrap(), [3, 2]);
        let mut owned = RwLock::new(1);
        *owned.get_mut().unwrap() += 1;
        assert_eq!(owned.into_inner().unwrap(), 2);
    });
}

#[test]
fn once_is_poisoned_by_a_panic_which_call_once_force_sees_and_mends() {
    check(Loom::Lacks, || {
        let once = Arc::new(Once::new());
        let other = Arc::clone(&once);
        let panics = || std::panic::resume_unwind(Box::new("on purpose"));
        assert!(beside(move || other.call_once(panics)).join().is_err());
        assert!(catch_unwind(AssertUnwindSafe(|| once.call_once(|| ()))).is_err());
        assert!(!once.is_completed());
        let mut seen = false;
        once.call_once_force(|state| seen = state.is_poisoned());
        assert!(seen && once.is_completed());
        once.wait();
    });
}

#[test]
fn once_lock_wait_blocks_until_it_is_initialized() {
    check(Loom::Lacks, || {
        let once = Arc::new(OnceLock::new());
        let other = Arc::clone(&once);
        let sets = beside(move || other.set(1));
        assert_eq!(once.wait(), &1);
        assert_eq!(sets.join().unwrap(), Ok(()));
        let mut owned = Arc::into_inner(once).unwrap();
        *owned.get_mut().unwrap() += 1;
        assert_eq!((owned.clone(), owned.take(), owned.get()), (OnceLock::from(2), Some(2), None));
    });
}

#[test]
fn a_bound_of_zero_makes_each_send_an_atomic_hand_off() {
    check(Loom::Lacks, || {
        let begun = Arc::new(AtomicBool::new(false));
        let (sender, receiver) = mpsc::sync_channel(0);
        let theirs = Arc::clone(&begun);
        let receives = beside(move || {
            theirs.store(true, SeqCst);
            receiver.recv()
        });
        sender.send(7).unwrap();
        assert!(begun.load(SeqCst), "nobody receives before it has begun to");
        assert_eq!(receives.join().unwrap(), Ok(7));
    });
}

#[test]
fn with_a_bound_of_zero_try_send_succeeds_only_if_a_receiver_waits() {
    let both = Arc::new(std::sync::Mutex::new([0, 0]));
    let seen = Arc::clone(&both);
    let program = move || {
        let (sender, receiver) = mpsc::sync_channel(0);
        assert_eq!(sender.try_send(1), Err(mpsc::TrySendError::Full(1)), "nobody waits");
        let receives = beside(move || receiver.recv());
        let handed = sender.try_send(2);
        seen.lock().unwrap()[usize::from(handed.is_ok())] += 1;
        match handed {
            Ok(()) => assert_eq!(receives.join().unwrap(), Ok(2)),
            Err(full) => {
                assert_eq!(full, mpsc::TrySendError::Full(2));
                drop(sender);
                assert_eq!(receives.join().unwrap(), Err(mpsc::RecvError));
            }
        }
    };
    program();
    *both.lock().unwrap() = [0, 0];
    Explorer::new(Engine::Exhaustive).explore(program).assert_proved();
    let [full, handed] = *both.lock().unwrap();
    assert!(full > 0 && handed > 0, "{full} {handed}");
}

#[test]
fn with_a_bound_of_zero_a_sender_that_waits_gets_its_message_back_when_the_receiver_goes() {
    check(Loom::Lacks, || {
        let (sender, receiver) = mpsc::sync_channel(0);
        let other = sender.clone();
        let sends = beside(move || other.send(1));
        drop(receiver);
        assert_eq!(sends.join().unwrap(), Err(mpsc::SendError(1)));
        assert_eq!(sender.try_send(2), Err(mpsc::TrySendError::Disconnected(2)));
    });
}

#[test]
fn with_a_bound_of_zero_messages_come_in_the_order_of_their_sender_and_then_the_end() {
    check(Loom::Lacks, || {
        let (sender, receiver) = mpsc::sync_channel(0);
        let sends = beside(move || (1..=2).try_for_each(|message| sender.send(message)));
        assert_eq!(receiver.recv_timeout(Duration::from_mins(1)).unwrap_or(1), 1);
        // Whether time was up before the first came or not.
        assert_eq!(receiver.iter().last(), Some(2));
        assert_eq!(receiver.try_recv(), Err(mpsc::TryRecvError::Disconnected));
        sends.join().unwrap().unwrap();
    });
}

#[test]
fn recv_timeout_returns_an_error_when_nothing_came_in_time_or_nobody_sends_any_more() {
    check(Loom::Lacks, || {
        let (sender, receiver) = mpsc::channel();
        assert_eq!(receiver.recv_timeout(MS), Err(mpsc::RecvTimeoutError::Timeout));
        let sends = beside(move || sender.send(1));
        sends.join().unwrap().unwrap();
        assert_eq!(receiver.recv_timeout(MS), Ok(1));
        assert_eq!(receiver.recv_timeout(MS), Err(mpsc::RecvTimeoutError::Disconnected));
    });
}

#[test]
fn try_iter_returns_none_when_nothing_is_pending_and_into_iter_when_it_has_hung_up() {
    check(Loom::Lacks, || {
        let (sender, receiver) = mpsc::sync_channel(3);
        let other = sender.clone();
        beside(move || (0..2).for_each(|message| other.send(message).unwrap())).join().unwrap();
        assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [0, 1]);
        sender.send(2).unwrap();
        drop(sender);
        assert_eq!(receiver.into_iter().collect::<Vec<_>>(), [2]);
    });
}

macro_rules! widths {
    ($($atomic:ident: $int:ty),* $(,)?) => {$(
        let (ours, stds) = (Arc::new(atomic::$atomic::new(5)), std::sync::atomic::$atomic::new(5));
        let other = Arc::clone(&ours);
        let mine = [
            stds.fetch_add(<$int>::MAX, SeqCst), stds.fetch_sub(3, SeqCst), stds.fetch_and(6, SeqCst),
            stds.fetch_nand(5, SeqCst), stds.fetch_or(8, SeqCst), stds.fetch_xor(1, SeqCst),
            stds.fetch_max(100, SeqCst), stds.fetch_min(2, SeqCst), stds.swap(9, SeqCst), stds.load(SeqCst),
        ];
        let theirs = beside(move || [
            other.fetch_add(<$int>::MAX, SeqCst), other.fetch_sub(3, SeqCst), other.fetch_and(6, SeqCst),
            other.fetch_nand(5, SeqCst), other.fetch_or(8, SeqCst), other.fetch_xor(1, SeqCst),
            other.fetch_max(100, SeqCst), other.fetch_min(2, SeqCst), other.swap(9, SeqCst), other.load(SeqCst),
        ]);
        assert_eq!(theirs.join().unwrap(), mine);
        assert_eq!(ours.compare_exchange(9, 1, SeqCst, SeqCst), Ok(9));
        assert_eq!(ours.compare_exchange(9, 1, SeqCst, SeqCst), Err(1));
        assert_eq!(ours.fetch_update(SeqCst, SeqCst, |value| (value == 0).then_some(1)), Err(1));
        assert_eq!(ours.try_update(SeqCst, SeqCst, |value| (value == 0).then_some(1)), Err(1));
        assert_eq!(ours.update(SeqCst, SeqCst, |value| value), 1);
        assert_eq!(ours.compare_and_swap(0, 2, SeqCst), 1);
        assert_eq!(Arc::into_inner(ours).unwrap().into_inner(), 1);
    )*};
}

#[test]
#[allow(deprecated)]
fn atomic_integers_of_every_width_wrap_around_and_return_the_previous_value() {
    check(Loom::Too, || {
        widths!(AtomicU8: u8, AtomicI8: i8);
        atomic::fence(SeqCst);
        atomic::compiler_fence(SeqCst);
    });
    check(Loom::Too, || {
        widths!(AtomicU16: u16, AtomicI16: i16);
    });
    check(Loom::Too, || {
        widths!(AtomicU32: u32, AtomicI32: i32);
    });
    check(Loom::Too, || {
        widths!(AtomicU64: u64, AtomicI64: i64);
    });
    check(Loom::Too, || {
        widths!(AtomicUsize: usize, AtomicIsize: isize);
    });
}

#[test]
fn atomic_ptr_and_bool_exchange_what_they_hold() {
    check(Loom::Too, || {
        let (first, second) = (1_u32, 2_u32);
        let pointer = Arc::new(AtomicPtr::new(std::ptr::from_ref(&first).cast_mut()));
        let other = Arc::clone(&pointer);
        let address = std::ptr::from_ref(&second).addr();
        let new = std::ptr::from_ref(&second).cast_mut();
        // Only its address crosses.
        let swaps = beside(move || other.load(SeqCst).addr());
        let seen = swaps.join().unwrap();
        assert_eq!(pointer.swap(new, SeqCst).addr(), seen);
        assert_eq!(pointer.load(SeqCst).addr(), address);
        let flag = AtomicBool::default();
        assert!(!flag.fetch_or(true, SeqCst) && flag.fetch_nand(true, SeqCst) && !flag.into_inner());
    });
}

#[test]
fn builder_names_its_thread_and_current_tells_the_name() {
    check(Loom::Too, || {
        let lock = Arc::new(Mutex::new(String::new()));
        let other = Arc::clone(&lock);
        let body = move || *other.lock().unwrap() = thread::current().name().unwrap().to_owned();
        let named = thread::Builder::new().name("worker".to_owned()).spawn(body).unwrap();
        assert_eq!(named.thread().name(), Some("worker"));
        assert_ne!(named.thread().id(), thread::current().id());
        named.join().unwrap();
        assert_eq!(*lock.lock().unwrap(), "worker");
        assert!(thread::available_parallelism().unwrap().get() > 0);
    });
}

#[test]
fn is_finished_is_false_while_the_thread_waits_and_true_after_it_was_seen_to_end() {
    check(Loom::Too, || {
        let lock = Arc::new(Mutex::new(()));
        let held = lock.lock().unwrap();
        let other = Arc::clone(&lock);
        let waits = beside(move || drop(other.lock()));
        assert!(!waits.is_finished());
        drop(held);
        while !waits.is_finished() {
            thread::yield_now();
        }
        waits.join().unwrap();
    });
}

#[test]
fn park_timeout_returns_when_time_is_up_or_the_token_is_there() {
    check(Loom::Lacks, || {
        let (me, lock) = (thread::current(), Arc::new(Mutex::new(0)));
        let other = Arc::clone(&lock);
        let unparks = beside(move || {
            *other.lock().unwrap() = 1;
            me.unpark();
        });
        thread::park_timeout(MS);
        unparks.join().unwrap();
        assert_eq!(*lock.lock().unwrap(), 1);
    });
}

#[test]
fn sleep_lets_others_go_first_and_takes_no_time_in_a_model() {
    let program = || {
        let lock = Arc::new(Mutex::new(0));
        let other = Arc::clone(&lock);
        let sleeps = beside(move || {
            thread::sleep(Duration::from_hours(1));
            *other.lock().unwrap() += 1;
        });
        *lock.lock().unwrap() += 1;
        sleeps.join().unwrap();
        assert_eq!(*lock.lock().unwrap(), 2);
    };
    let began = Instant::now();
    Explorer::new(Engine::Exhaustive).explore(program).assert_proved();
    assert!(began.elapsed() < Duration::from_mins(10), "an hour takes no hour");
}

#[test]
fn scope_spawns_named_threads_that_borrow() {
    check(Loom::Lacks, || {
        let (count, names) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        thread::scope(|scope| {
            let named = thread::Builder::new().name("inner".to_owned());
            let handle = named.spawn_scoped(scope, || count.fetch_add(1, SeqCst)).unwrap();
            names.lock().unwrap().push(handle.thread().name().unwrap().to_owned());
            count.fetch_add(1, SeqCst);
            assert!(handle.join().unwrap() < 2);
        });
        assert_eq!((names.into_inner().unwrap(), count.into_inner()), (vec!["inner".to_owned()], 2));
    });
}

#[test]
fn condvar_wait_timeout_while_returns_when_the_condition_no_longer_holds() {
    check(Loom::Lacks, || {
        let shared = Arc::new((Mutex::new(true), Condvar::default()));
        let other = Arc::clone(&shared);
        let lowers = beside(move || {
            *other.0.lock().unwrap() = false;
            other.1.notify_all();
        });
        let guard = shared.0.lock().unwrap();
        let minute = Duration::from_mins(1);
        let (guard, result) = shared.1.wait_timeout_while(guard, minute, |pending| *pending).unwrap();
        assert!(result.timed_out() || !*guard);
        drop(guard);
        lowers.join().unwrap();
    });
}
