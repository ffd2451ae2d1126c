//! What `parking_lot`'s documentation promises.

use crate::{Loom, beside, check, real_world};
use raceproof::explore::{Engine, Explorer};
use raceproof::parking_lot::{
    Condvar, FairMutex, MappedMutexGuard, Mutex, MutexGuard, Once, OnceState, ReentrantMutex, RwLock,
    RwLockReadGuard, RwLockUpgradableReadGuard, RwLockWriteGuard, const_fair_mutex, const_mutex,
    const_reentrant_mutex, const_rwlock,
};
use raceproof::sync::Arc;
use raceproof::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::panic::resume_unwind;
use std::time::{Duration, Instant};

const MS: Duration = Duration::from_millis(1);

#[test]
fn mutex_is_released_normally_on_panic_and_not_poisoned() {
    // Loom ends at the first panic.
    check(Loom::Lacks, || {
        let lock = Arc::new(Mutex::new(1));
        let other = Arc::clone(&lock);
        let panics = beside(move || {
            let _guard = other.lock();
            resume_unwind(Box::new("on purpose"));
        });
        *lock.lock() += 1;
        assert!(panics.join().is_err());
        assert_eq!(Arc::into_inner(lock).map(Mutex::into_inner), Some(2));
    });
}

#[test]
fn mutex_excludes_others_and_try_lock_returns_none_while_it_is_held() {
    check(Loom::Too, || {
        let lock = Arc::new(Mutex::new(0));
        let held = lock.lock();
        let other = Arc::clone(&lock);
        let tries = beside(move || other.try_lock().is_none());
        assert!(tries.join().unwrap());
        drop(held);
        let other = Arc::clone(&lock);
        let adds = beside(move || *other.lock() += 1);
        *lock.lock() += 1;
        adds.join().unwrap();
        assert_eq!(lock.try_lock().as_deref(), Some(&2));
    });
}

#[test]
fn mutex_is_locked_while_somebody_holds_it_and_says_so_in_debug() {
    check(Loom::Lacks, || {
        let mut lock = Arc::new(Mutex::<u8>::from(1));
        let other = Arc::clone(&lock);
        let locks = beside(move || {
            let _guard = other.lock();
            (other.is_locked(), format!("{other:?}"))
        });
        assert_eq!(locks.join().unwrap(), (true, "Mutex { data: <locked> }".to_owned()));
        assert!(!lock.is_locked());
        *Arc::get_mut(&mut lock).unwrap().get_mut() += 1;
        assert_eq!(format!("{lock:?}"), "Mutex { data: 2 }");
    });
}

#[test]
fn mutex_guard_unlocks_for_a_time_and_is_mapped_to_a_part_of_the_data() {
    check(Loom::Too, || {
        let lock = Arc::new(Mutex::new((0, 0)));
        let mut guard = lock.lock();
        let other = Arc::clone(&lock);
        let adds = beside(move || other.lock().0 += 1);
        MutexGuard::unlocked(&mut guard, || adds.join().unwrap());
        MutexGuard::bump(&mut guard);
        assert_eq!(guard.0, 1);
        let mut part: MappedMutexGuard<'_, u32> = MutexGuard::map(guard, |data| &mut data.1);
        *part += 2;
        MappedMutexGuard::unlock_fair(part);
        assert_eq!(*lock.lock(), (1, 2));
    });
}

#[test]
fn mutex_try_lock_for_returns_none_if_time_is_up_before_the_lock_is_given_back() {
    check(Loom::Lacks, || {
        let lock = Arc::new(Mutex::new(0));
        let held = lock.lock();
        let other = Arc::clone(&lock);
        let tries = beside(move || {
            let late = Instant::now() + MS;
            (other.try_lock_for(MS).is_none(), other.try_lock_until(late).is_none())
        });
        assert_eq!(tries.join().unwrap(), (true, true));
        drop(held);
        assert!(lock.try_lock_for(MS).is_some());
    });
}

#[test]
fn fair_mutex_protects_what_it_holds_as_a_mutex() {
    check(Loom::Too, || {
        let lock = Arc::new(FairMutex::new(0));
        let other = Arc::clone(&lock);
        let adds = beside(move || *other.lock() += 1);
        if let Some(mut count) = lock.try_lock() {
            *count += 10;
        }
        *lock.lock() += 1;
        adds.join().unwrap();
        assert_eq!(*lock.lock() % 10, 2);
    });
}

#[test]
fn reentrant_mutex_is_locked_again_by_its_owner_and_by_nobody_else() {
    check(Loom::Too, || {
        let lock = Arc::new(ReentrantMutex::new(5));
        let (first, second) = (lock.lock(), lock.try_lock().unwrap());
        let other = Arc::clone(&lock);
        let tries = beside(move || (other.try_lock().is_none(), other.is_owned_by_current_thread()));
        assert_eq!(tries.join().unwrap(), (true, false));
        assert_eq!(*first + *second, 10);
        drop(first);
        assert!(lock.is_owned_by_current_thread());
        drop(second);
        let other = Arc::clone(&lock);
        assert!(beside(move || other.try_lock().is_some()).join().unwrap());
    });
}

#[test]
fn reentrant_mutex_is_tried_for_a_time_and_gives_its_value_to_its_only_owner() {
    check(Loom::Lacks, || {
        let lock = Arc::new(ReentrantMutex::new(1));
        let held = lock.lock();
        let other = Arc::clone(&lock);
        let tries = beside(move || (other.try_lock_for(MS).is_none(), other.is_locked()));
        assert_eq!(tries.join().unwrap(), (true, true));
        drop(held);
        assert!(lock.try_lock_until(Instant::now() + MS).is_some());
        let mut lock = Arc::into_inner(lock).unwrap();
        *lock.get_mut() += 1;
        assert_eq!(lock.into_inner(), 2);
    });
}

#[test]
fn rwlock_allows_a_number_of_readers_or_at_most_one_writer() {
    check(Loom::Too, || {
        let lock = Arc::new(RwLock::new(5));
        let mine = lock.read();
        let other = Arc::clone(&lock);
        let tries = beside(move || other.try_write().is_none() && other.try_read().as_deref() == Some(&5));
        assert!(tries.join().unwrap());
        drop(mine);
        let other = Arc::clone(&lock);
        let writes = beside(move || *other.write() += 1);
        *lock.write() += 1;
        writes.join().unwrap();
        assert_eq!(*lock.read(), 7);
    });
}

#[test]
fn rwlock_is_not_poisoned_and_is_locked_while_somebody_reads_or_writes() {
    check(Loom::Lacks, || {
        let mut lock = Arc::new(RwLock::<u8>::default());
        let other = Arc::clone(&lock);
        let panics = beside(move || {
            let _guard = other.write();
            assert!(other.is_locked() && other.is_locked_exclusive());
            resume_unwind(Box::new("on purpose"));
        });
        assert!(panics.join().is_err());
        let read = lock.read();
        assert!(lock.is_locked() && !lock.is_locked_exclusive());
        assert_eq!(format!("{lock:?}"), "RwLock { data: 0 }");
        drop(read);
        *Arc::get_mut(&mut lock).unwrap().get_mut() += 1;
        assert_eq!(Arc::into_inner(lock).map(RwLock::into_inner), Some(1));
    });
}

#[test]
fn rwlock_read_recursive_succeeds_without_blocking_if_another_read_lock_is_held() {
    check(Loom::Lacks, || {
        let lock = Arc::new(RwLock::new(1));
        let first = lock.read();
        let other = Arc::clone(&lock);
        let writes = beside(move || *other.write() += 1);
        let (second, third) = (lock.read_recursive(), lock.try_read_recursive());
        assert_eq!((*first, *second, third.as_deref()), (1, 1, Some(&1)));
        assert!(lock.try_read_recursive_for(MS).is_some());
        assert!(lock.try_read_recursive_until(Instant::now() + MS).is_some());
        drop((first, second, third));
        writes.join().unwrap();
        assert_eq!(*lock.read(), 2);
    });
}

#[test]
fn rwlock_read_by_a_thread_that_reads_may_deadlock_behind_a_writer_that_waits() {
    let verdict = Explorer::new(Engine::Exhaustive).explore(|| {
        let lock = Arc::new(RwLock::new(1));
        let other = Arc::clone(&lock);
        let writes = beside(move || *other.write() += 1);
        let first = lock.read();
        drop((lock.read(), first));
        writes.join().unwrap();
    });
    assert_eq!(verdict.assert_refuted().finding.name(), "deadlock");
}

#[test]
fn rwlock_upgradable_read_is_held_by_one_beside_readers_and_no_writer() {
    check(Loom::Lacks, || {
        let lock = Arc::new(RwLock::new(1));
        let mine = lock.upgradable_read();
        let other = Arc::clone(&lock);
        let tries = beside(move || {
            assert!(other.try_upgradable_read().is_none() && other.try_write().is_none());
            other.try_read().is_some()
        });
        assert!(tries.join().unwrap());
        let read = RwLockUpgradableReadGuard::downgrade(mine);
        assert_eq!(lock.try_upgradable_read().as_deref(), Some(&1));
        drop(read);
    });
}

#[test]
fn rwlock_upgrade_lets_no_writer_in_between() {
    check(Loom::Lacks, || {
        let lock = Arc::new(RwLock::new(0));
        let bump = |lock: &RwLock<u32>| {
            let read = lock.upgradable_read();
            let seen = *read;
            let mut write = RwLockUpgradableReadGuard::upgrade(read);
            assert_eq!(*write, seen);
            *write += 1;
        };
        let (other, third) = (Arc::clone(&lock), Arc::clone(&lock));
        let bumps = beside(move || bump(&other));
        let reads = beside(move || *third.read());
        bump(&lock);
        bumps.join().unwrap();
        assert!(reads.join().unwrap() <= 2);
        assert_eq!(*lock.read(), 2);
    });
}

#[test]
fn rwlock_try_upgrade_gives_the_guard_back_while_others_read() {
    check(Loom::Lacks, || {
        let lock = Arc::new(RwLock::new(0));
        let mine = lock.upgradable_read();
        let other = Arc::clone(&lock);
        let reads = beside(move || *other.read());
        let seen = match RwLockUpgradableReadGuard::try_upgrade(mine) {
            Ok(mut write) => {
                *write += 1;
                let read = RwLockWriteGuard::downgrade(write);
                *read
            }
            Err(read) => *read,
        };
        assert!(reads.join().unwrap() <= seen);
    });
}

#[test]
fn rwlock_downgrade_lets_no_writer_in_between() {
    check(Loom::Lacks, || {
        let lock = Arc::new(RwLock::new(0));
        let other = Arc::clone(&lock);
        let writes = beside(move || *other.write() += 10);
        let mut mine = lock.write();
        *mine += 1;
        let seen = *mine;
        let mine = RwLockWriteGuard::downgrade_to_upgradable(mine);
        assert_eq!(*mine, seen);
        let mine: RwLockReadGuard<'_, u32> = RwLockUpgradableReadGuard::downgrade(mine);
        assert_eq!(*mine, seen);
        drop(mine);
        writes.join().unwrap();
        assert_eq!(*lock.read(), 11);
    });
}

#[test]
fn rwlock_attempts_with_a_timeout_return_none_if_time_is_up() {
    check(Loom::Lacks, || {
        let lock = Arc::new(RwLock::new(0));
        let held = lock.write();
        let other = Arc::clone(&lock);
        let tries = beside(move || {
            assert!(other.try_read_for(MS).is_none() && other.try_write_for(MS).is_none());
            let late = Instant::now() + MS;
            other.try_upgradable_read_for(MS).is_none() && other.try_read_until(late).is_none()
        });
        assert!(tries.join().unwrap());
        drop(held);
        let late = Instant::now() + Duration::from_secs(9);
        assert!(lock.try_write_until(late).is_some());
        let mine = lock.try_upgradable_read_until(late).unwrap();
        assert!(RwLockUpgradableReadGuard::try_upgrade_for(mine, MS).is_ok());
    });
}

#[test]
fn condvar_wait_returns_only_when_it_was_notified() {
    check(Loom::Too, || {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let other = Arc::clone(&shared);
        let starts = beside(move || {
            *other.0.lock() = true;
            other.1.notify_one();
        });
        let mut started = shared.0.lock();
        // No loop: a wait does not wake without a reason.
        if !*started {
            shared.1.wait(&mut started);
        }
        assert!(*started && shared.0.try_lock().is_none());
        drop(started);
        starts.join().unwrap();
    });
}

#[test]
fn condvar_notify_one_says_whether_it_woke_one_and_notify_all_how_many() {
    check(Loom::Too, || {
        let shared = Arc::new((Mutex::new(0), Condvar::new()));
        let waits = || {
            let other = Arc::clone(&shared);
            beside(move || {
                let mut waiting = other.0.lock();
                *waiting += 1;
                other.1.wait(&mut waiting);
            })
        };
        let threads = [waits(), waits()];
        let woken = loop {
            let waiting = shared.0.lock();
            if *waiting == 2 {
                break shared.1.notify_all();
            }
            drop(waiting);
            raceproof::thread::yield_now();
        };
        assert_eq!((woken, shared.1.notify_one(), shared.1.notify_all()), (2, false, 0));
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

#[test]
fn condvar_wait_for_says_whether_time_was_up() {
    check(Loom::Lacks, || {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let other = Arc::clone(&shared);
        let touches = beside(move || drop(other.0.lock()));
        let mut guard = shared.0.lock();
        assert!(shared.1.wait_for(&mut guard, MS).timed_out());
        assert!(shared.1.wait_until(&mut guard, Instant::now() + MS).timed_out());
        assert!(shared.1.wait_while_for(&mut guard, |raised| !*raised, MS).timed_out());
        let late = Instant::now() + MS;
        assert!(!shared.1.wait_while_until(&mut guard, |raised| *raised, late).timed_out());
        shared.1.wait_while(&mut guard, |raised| *raised);
        drop(guard);
        touches.join().unwrap();
    });
}

#[test]
fn condvar_with_two_mutexes_at_a_time_panics() {
    let verdict = Explorer::new(Engine::Exhaustive).explore(|| {
        let shared = Arc::new((Mutex::new(()), Mutex::new(()), Condvar::new()));
        let (one, two) = (Arc::clone(&shared), Arc::clone(&shared));
        let one = beside(move || one.2.wait(&mut one.0.lock()));
        let two = beside(move || two.2.wait(&mut two.1.lock()));
        while !one.is_finished() || !two.is_finished() {
            shared.2.notify_all();
            raceproof::thread::yield_now();
        }
        one.join().and_then(|()| two.join()).unwrap();
    });
    assert_eq!(verdict.assert_refuted().finding.name(), "panic");
}

#[test]
fn once_runs_one_closure_and_its_state_says_how_far_it_is() {
    check(Loom::Lacks, || {
        let shared = Arc::new((Once::new(), AtomicUsize::new(0)));
        let other = Arc::clone(&shared);
        let call = |shared: &(Once, AtomicUsize)| {
            shared.0.call_once(|| {
                assert_eq!(shared.0.state(), OnceState::InProgress);
                shared.1.fetch_add(1, SeqCst);
            });
            assert_eq!((shared.1.load(SeqCst), shared.0.state().done()), (1, true));
        };
        let calls = beside(move || call(&other));
        call(&shared);
        calls.join().unwrap();
    });
}

#[test]
fn once_is_poisoned_by_a_panic_which_call_once_force_sees_and_mends() {
    check(Loom::Lacks, || {
        let once = Arc::new(Once::new());
        assert_eq!(once.state(), OnceState::New);
        let other = Arc::clone(&once);
        let panics = || resume_unwind(Box::new("on purpose"));
        assert!(beside(move || other.call_once(panics)).join().is_err());
        assert!(once.state().poisoned());
        let mut seen = false;
        once.call_once_force(|state| seen = state.poisoned());
        assert!(seen && once.state().done());
    });
}

#[test]
fn fair_mutex_is_locked_in_time_and_gives_its_value_to_its_only_owner() {
    check(Loom::Lacks, || {
        let lock = Arc::new(FairMutex::new(0));
        let other = Arc::clone(&lock);
        let held = lock.lock();
        let tries = beside(move || {
            let late = Instant::now() + MS;
            other.is_locked() && other.try_lock_for(MS).is_none() && other.try_lock_until(late).is_none()
        });
        assert!(tries.join().unwrap());
        drop(held);
        assert!(!lock.is_locked());
        let mut lock = Arc::into_inner(lock).unwrap();
        *lock.get_mut() += 1;
        assert_eq!(lock.into_inner(), 1);
    });
}

#[test]
fn parking_lots_const_functions_make_locks_for_statics() {
    static FAIR: FairMutex<u32> = const_fair_mutex(0);
    static MUTEX: Mutex<u32> = const_mutex(0);
    static REENTRANT: ReentrantMutex<u32> = const_reentrant_mutex(1);
    static RWLOCK: RwLock<u32> = const_rwlock(0);
    real_world::check(|| {
        *MUTEX.lock() += 1;
        *FAIR.lock() += 1;
        *RWLOCK.write() += 1;
        assert_eq!((*MUTEX.lock(), *FAIR.lock(), *RWLOCK.read()), (1, 1, 1));
        assert_eq!(*REENTRANT.lock() + *REENTRANT.lock(), 2);
    });
}
