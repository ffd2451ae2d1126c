//! What std's documentation promises of values in whole: to put one in, to change it by whoever has it alone, to take it
//! out; and of `Foreign`, `UnsafeCell` and clocks, which have no file of their own.

use crate::{Loom, beside, check, real_world};
use raceproof::cell::UnsafeCell;
use raceproof::sync::atomic::{self, AtomicBool, AtomicPtr, AtomicU32, Ordering::SeqCst};
use raceproof::sync::{Arc, Condvar, LazyLock, Mutex, Once, OnceLock, RwLock, RwLockWriteGuard};
use raceproof::time::{Duration, Instant, SystemTime};
use raceproof::{Foreign, hint, thread};
use std::ptr::null_mut;

/// Has two threads take a lock, without which a program shares nothing and proves nothing.
fn meet() {
    let lock = Arc::new(Mutex::new(0));
    let other = Arc::clone(&lock);
    let adds = beside(move || *other.lock().unwrap() += 1);
    *lock.lock().unwrap() += 1;
    adds.join().unwrap();
}

macro_rules! set_and_take {
    ($($atomic:ident),*) => {$({
        let mut value = atomic::$atomic::new(1);
        value.store(2, SeqCst);
        *value.get_mut() += 1;
        while value.compare_exchange_weak(3, 4, SeqCst, SeqCst).is_err() {}
        assert_eq!(value.into_inner(), 4);
    })*};
}

#[test]
fn atomic_integers_of_every_width_are_set_and_taken_and_a_weak_exchange_is_tried_again() {
    check(Loom::Lacks, || {
        meet();
        set_and_take!(AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize);
        set_and_take!(AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize);
    });
}

#[test]
fn atomic_bool_is_updated_by_logic_and_exchanged_if_it_is_as_expected() {
    check(Loom::Too, || {
        let flag = Arc::new(AtomicBool::new(false));
        let other = Arc::clone(&flag);
        let sets = beside(move || other.compare_exchange(false, true, SeqCst, SeqCst).is_ok());
        let mine = flag.compare_exchange(false, true, SeqCst, SeqCst).is_ok();
        assert_ne!(mine, sets.join().unwrap());
        assert!(flag.fetch_and(true, SeqCst) && flag.fetch_xor(true, SeqCst) && !flag.swap(true, SeqCst));
        assert_eq!(flag.fetch_update(SeqCst, SeqCst, |value| value.then_some(false)), Ok(true));
        while flag.compare_exchange_weak(false, true, SeqCst, SeqCst).is_err() {}
        assert!(Arc::into_inner(flag).unwrap().into_inner());
    });
}

#[test]
fn atomic_bool_and_ptr_are_changed_by_whoever_has_them_alone() {
    check(Loom::Lacks, || {
        meet();
        let (mut flag, mut pointer) = (AtomicBool::new(false), AtomicPtr::<u8>::new(null_mut()));
        *flag.get_mut() = true;
        *pointer.get_mut() = null_mut();
        assert!(flag.into_inner() && pointer.into_inner().is_null());
    });
}

#[test]
fn atomic_ptr_is_exchanged_if_it_is_as_expected() {
    check(Loom::Too, || {
        let (mut one, mut two) = (1, 2);
        let pointer = Arc::new(AtomicPtr::new(null_mut()));
        let (one, two): (*mut i32, *mut i32) = (&raw mut one, &raw mut two);
        pointer.store(one, SeqCst);
        let other = Arc::clone(&pointer);
        let looks = beside(move || other.load(SeqCst).is_null());
        assert_eq!(pointer.compare_exchange(null_mut(), two, SeqCst, SeqCst), Err(one));
        while pointer.compare_exchange_weak(one, two, SeqCst, SeqCst).is_err() {}
        assert_eq!(pointer.fetch_update(SeqCst, SeqCst, |_| Some(one)), Ok(two));
        assert!(!looks.join().unwrap());
        assert_eq!(Arc::into_inner(pointer).unwrap().into_inner(), one);
    });
}

#[test]
#[allow(deprecated)]
fn atomic_update_and_try_update_are_loops_around_an_exchange() {
    check(Loom::Too, || {
        let number = Arc::new(AtomicU32::new(1));
        let other = Arc::clone(&number);
        let doubles = beside(move || other.update(SeqCst, SeqCst, |old| old * 2));
        let mine = number.update(SeqCst, SeqCst, |old| old + 3);
        let theirs = doubles.join().unwrap();
        assert!(matches!((mine, theirs, number.load(SeqCst)), (1, 4, 8) | (2, 1, 5)));
        assert_eq!(
            number.try_update(SeqCst, SeqCst, |old| (old == 0).then_some(1)),
            Err(number.load(SeqCst))
        );
        let old = number.compare_and_swap(0, 1, SeqCst);
        assert_eq!(old, number.load(SeqCst));
        let flag = AtomicBool::new(false);
        assert!(!flag.update(SeqCst, SeqCst, |old| !old));
        assert_eq!(flag.try_update(SeqCst, SeqCst, |_| None), Err(true));
        assert!(flag.compare_and_swap(true, false, SeqCst) && !flag.load(SeqCst));
    });
}

#[test]
#[allow(deprecated)]
fn atomic_ptr_is_moved_by_elements_and_bytes_and_its_bits_are_set_and_cleared() {
    check(Loom::Too, || {
        let mut array = [1_u32, 2, 3];
        let first = array.as_mut_ptr();
        let pointer = Arc::new(AtomicPtr::new(first));
        let other = Arc::clone(&pointer);
        let moves = beside(move || other.fetch_ptr_add(1, SeqCst).addr());
        let mine = pointer.fetch_byte_add(4, SeqCst).addr();
        assert_eq!([mine, moves.join().unwrap()].iter().min(), Some(&first.addr()));
        assert_eq!(pointer.fetch_ptr_sub(1, SeqCst), first.wrapping_add(2));
        assert_eq!(pointer.fetch_byte_sub(4, SeqCst), first.wrapping_add(1));
        assert_eq!(pointer.fetch_or(1, SeqCst), first);
        assert_eq!(pointer.fetch_xor(3, SeqCst), first.wrapping_byte_add(1));
        assert_eq!(pointer.fetch_and(!3, SeqCst), first.wrapping_byte_add(2));
        assert_eq!(pointer.update(SeqCst, SeqCst, |old| old), first);
        assert_eq!(pointer.try_update(SeqCst, SeqCst, |_| None), Err(first));
        assert_eq!(pointer.compare_and_swap(first, null_mut(), SeqCst), first);
        assert!(pointer.load(SeqCst).is_null());
    });
}

#[test]
fn lazy_lock_get_and_get_mut_return_none_unless_it_is_initialized() {
    static LAZY: LazyLock<AtomicU32> = LazyLock::new(|| AtomicU32::new(1));
    check(Loom::Lacks, || {
        let mut own = LazyLock::new(|| 1);
        assert_eq!(LazyLock::get_mut(&mut own), None);
        assert_eq!(LazyLock::get(&own), None);
        *LazyLock::force_mut(&mut own) += 1;
        *LazyLock::get_mut(&mut own).unwrap() += 1;
        assert_eq!(LazyLock::get(&own), Some(&3));
        let gets = beside(|| LazyLock::get(&LAZY).map(|lazy| lazy.load(SeqCst)));
        LAZY.fetch_max(2, SeqCst);
        assert!(matches!(gets.join().unwrap(), None | Some(1 | 2)));
        assert!(LazyLock::get(&LAZY).is_some());
    });
}

#[test]
fn rwlock_write_guard_downgrade_lets_no_writer_in_between() {
    check(Loom::Lacks, || {
        let lock = Arc::new(RwLock::new(0));
        let other = Arc::clone(&lock);
        let writes = beside(move || *other.write().unwrap() += 10);
        let mut mine = lock.write().unwrap();
        *mine += 1;
        let seen = *mine;
        let mine = RwLockWriteGuard::downgrade(mine);
        assert_eq!(*mine, seen);
        drop(mine);
        writes.join().unwrap();
        assert_eq!(*lock.read().unwrap(), 11);
    });
}

#[test]
fn condvar_wait_while_blocks_as_long_as_the_condition_is_true() {
    check(Loom::Too, || {
        let shared = Arc::new((Mutex::new(true), Condvar::new()));
        let other = Arc::clone(&shared);
        let ends = beside(move || {
            *other.0.lock().unwrap() = false;
            other.1.notify_all();
        });
        let pending = shared.1.wait_while(shared.0.lock().unwrap(), |pending| *pending).unwrap();
        assert!(!*pending);
        drop(pending);
        ends.join().unwrap();
    });
}

#[test]
fn lazy_lock_force_mut_initializes_it_for_whoever_has_it_alone() {
    check(Loom::Lacks, || {
        meet();
        let mut lazy = LazyLock::new(|| 1);
        *LazyLock::force_mut(&mut lazy) += 1;
        assert_eq!(*lazy, 2);
    });
}

#[test]
fn once_lock_gives_its_value_to_its_only_owner() {
    check(Loom::Lacks, || {
        meet();
        let once = Arc::new(OnceLock::new());
        let other = Arc::clone(&once);
        beside(move || other.set(1).unwrap()).join().unwrap();
        assert_eq!(Arc::into_inner(once).unwrap().into_inner(), Some(1));
    });
}

#[test]
fn once_wait_force_blocks_until_it_is_completed_whatever_panicked_before() {
    check(Loom::Lacks, || {
        let once = Arc::new(Once::new());
        let panics = |once: &Once| once.call_once(|| std::panic::resume_unwind(Box::new("on purpose")));
        let other = Arc::clone(&once);
        assert!(beside(move || panics(&other)).join().is_err());
        let other = Arc::clone(&once);
        let mends = beside(move || other.call_once_force(|_| ()));
        once.wait_force();
        assert!(once.is_completed());
        mends.join().unwrap();
    });
}

#[test]
fn rwlock_is_no_longer_poisoned_once_it_was_cleared() {
    check(Loom::Lacks, || {
        let lock = Arc::new(RwLock::new(1));
        let other = Arc::clone(&lock);
        let panics = beside(move || {
            let _guard = other.write().unwrap();
            std::panic::resume_unwind(Box::new("on purpose"));
        });
        assert!(panics.join().is_err() && lock.is_poisoned());
        lock.clear_poison();
        assert_eq!(*lock.read().unwrap(), 1);
    });
}

#[test]
fn spin_loop_lets_others_go_first() {
    check(Loom::Too, || {
        let flag = Arc::new(AtomicBool::new(false));
        let other = Arc::clone(&flag);
        let sets = beside(move || other.store(true, SeqCst));
        while !flag.load(SeqCst) {
            hint::spin_loop();
        }
        sets.join().unwrap();
    });
}

#[test]
fn unsafe_cell_behind_a_lock_is_read_and_written_and_taken() {
    struct Plain(UnsafeCell<u32>);
    // SAFETY: it is used behind a lock.
    unsafe impl Sync for Plain {}
    check(Loom::Too, || {
        let shared = Arc::new((Mutex::new(()), Plain(UnsafeCell::new(0))));
        let add = |shared: &(Mutex<()>, Plain)| {
            let _held = shared.0.lock().unwrap();
            // SAFETY: behind the lock.
            shared.1.0.with_mut(|value| unsafe { *value += 1 });
        };
        let other = Arc::clone(&shared);
        let adds = beside(move || add(&other));
        add(&shared);
        adds.join().unwrap();
        // SAFETY: nobody else has it.
        assert_eq!(shared.1.0.with(|value| unsafe { *value }), 2);
        let mut cell = Arc::into_inner(shared).unwrap().1.0;
        *cell.get_mut() += 1;
        assert_eq!(cell.into_inner(), 3);
    });
}

#[test]
fn foreign_types_are_used_a_step_at_a_time() {
    check(Loom::Too, || {
        let foreign = Arc::new(Foreign::new(std::sync::Mutex::new(0)));
        let add = |foreign: &Foreign<std::sync::Mutex<i32>>| {
            foreign.with(|lock| *lock.lock().unwrap() += 1);
        };
        let other = Arc::clone(&foreign);
        let adds = beside(move || add(&other));
        add(&foreign);
        adds.join().unwrap();
        assert_eq!(foreign.look(|lock| *lock.lock().unwrap()), 2);
        let mut foreign = Arc::into_inner(foreign).unwrap();
        *foreign.get_mut().get_mut().unwrap() += 1;
        assert_eq!(foreign.into_inner().into_inner().unwrap(), 3);
    });
}

#[test]
fn instants_and_system_times_are_added_to_and_compared() {
    check(Loom::Lacks, || {
        meet();
        let (now, day, second) = (Instant::now(), SystemTime::now(), Duration::from_secs(1));
        let (later, tomorrow) = (now.checked_add(second).unwrap(), day.checked_add(second).unwrap());
        assert_eq!(
            (later.duration_since(now), now.saturating_duration_since(later)),
            (second, Duration::ZERO)
        );
        assert_eq!((later.checked_sub(second), tomorrow.checked_sub(second)), (Some(now), Some(day)));
        assert_eq!(tomorrow.duration_since(day).ok(), Some(second));
        assert!(day.elapsed().is_ok());
    });
}

#[test]
fn builder_takes_a_stack_size_and_spawn_unchecked_a_body_that_borrows() {
    check(Loom::Too, || {
        let lock = Mutex::new(0);
        let builder = thread::Builder::new().stack_size(1 << 16);
        // SAFETY: it is joined before what it borrows goes.
        let adds = unsafe { builder.spawn_unchecked(|| *lock.lock().unwrap() += 1) }.unwrap();
        *lock.lock().unwrap() += 1;
        adds.join().unwrap();
        assert_eq!(lock.into_inner().unwrap(), 2);
    });
}

#[test]
fn a_scoped_thread_is_finished_when_it_was_seen_to_end() {
    check(Loom::Lacks, || {
        let lock = Mutex::new(());
        thread::scope(|scope| {
            let held = lock.lock().unwrap();
            let waits = scope.spawn(|| drop(lock.lock()));
            assert!(!waits.is_finished());
            drop(held);
            while !waits.is_finished() {
                thread::yield_now();
            }
        });
    });
}

raceproof::thread_local! {
    static COUNT: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

#[test]
fn local_key_with_gives_each_thread_its_own() {
    check(Loom::Too, || {
        meet();
        let add = || {
            COUNT.with(|count| {
                count.set(count.get() + 1);
                count.get()
            })
        };
        let before = add();
        assert_eq!((beside(add).join().unwrap(), add()), (1, before + 1));
    });
}

#[test]
#[allow(deprecated)]
fn deprecated_functions_take_milliseconds() {
    check(Loom::Lacks, || {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let other = Arc::clone(&shared);
        let touches = beside(move || drop(other.0.lock()));
        let (guard, notified) = shared.1.wait_timeout_ms(shared.0.lock().unwrap(), 1).unwrap();
        // It may have woken without a reason.
        assert!(!*guard || notified);
        drop(guard);
        let begin = Instant::now();
        thread::sleep_ms(1);
        assert!(begin.elapsed() >= Duration::from_millis(1));
        thread::current().unpark();
        thread::park_timeout_ms(1_000);
        touches.join().unwrap();
    });
}

#[test]
fn as_ptr_of_an_atomic_points_to_its_value() {
    real_world::check(|| {
        macro_rules! adds_one {
            ($($atomic:ident),*) => {$({
                let count = atomic::$atomic::new(1);
                // SAFETY: nobody else has it.
                unsafe { *count.as_ptr() += 1 };
                assert_eq!(count.load(SeqCst), 2);
            })*};
        }
        adds_one!(AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize);
        adds_one!(AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize);
    });
}

#[test]
fn as_ptr_of_a_bool_or_a_pointer_points_to_its_value() {
    real_world::check(|| {
        let (flag, pointer) = (AtomicBool::new(false), AtomicPtr::new(std::ptr::null_mut::<u8>()));
        // SAFETY: nobody else has them.
        unsafe { *flag.as_ptr() = true };
        assert!(flag.load(SeqCst));
        // SAFETY: as above.
        assert!(unsafe { (*pointer.as_ptr()).is_null() });
    });
}
