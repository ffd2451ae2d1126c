//! What tokio's `const_new` makes, in `statics!`: fresh in each execution of a model.

use crate::{Loom, check};
use raceproof::explore::{Engine, Explorer};
use raceproof::thread;
use raceproof::tokio::runtime::Builder;
use raceproof::tokio::sync::{Mutex, Notify, OnceCell, RwLock, Semaphore, SetOnce};

raceproof::statics! {
    static LOCK: Mutex<Vec<u32>> = Mutex::const_new(Vec::new());
    static READ_ONCE: RwLock<u32> = RwLock::const_with_max_readers(5, 1);
    static LINES: RwLock<u32> = RwLock::const_new(0);
    static PERMITS: Semaphore = Semaphore::const_new(2);
    static BELL: Notify = Notify::const_new();
    static CELL: OnceCell<u32> = OnceCell::const_new();
    static MADE: OnceCell<u32> = OnceCell::const_new_with(4);
    static EMPTY: SetOnce<u32> = SetOnce::const_new();
    static FULL: SetOnce<u32> = SetOnce::const_new_with(2);
}

/// On real threads they are there once, so what is asked must hold whenever it is asked.
#[test]
fn tokios_const_new_in_statics_makes_what_two_threads_share() {
    check(Loom::Lacks, || {
        let locks = || {
            LOCK.blocking_lock().push(1);
            *LINES.blocking_write() += 1;
        };
        let other = thread::spawn(locks);
        locks();
        other.join().unwrap();
        assert!(LOCK.blocking_lock().len() >= 2 && *LINES.blocking_read() >= 2);
    });
    check(Loom::Lacks, || {
        let takes = || PERMITS.try_acquire_many(2).is_ok();
        let other = thread::spawn(takes);
        let mine = takes();
        assert!(mine | other.join().unwrap());
        assert_eq!(PERMITS.available_permits(), 2);
        let reads = READ_ONCE.blocking_read();
        assert!(*reads == 5 && READ_ONCE.try_read().is_err());
    });
    check(Loom::Lacks, || {
        let sets = |value| _ = (CELL.set(value), EMPTY.set(value));
        let other = thread::spawn(move || {
            sets(1);
            BELL.notify_one();
        });
        sets(2);
        Builder::new_current_thread().build().unwrap().block_on(BELL.notified());
        other.join().unwrap();
        assert!(matches!((CELL.get(), EMPTY.get()), (Some(1 | 2), Some(1 | 2))));
        assert_eq!((MADE.get(), FULL.get()), (Some(&4), Some(&2)));
    });
}

/// What `new` has made there is of the execution already, and of the line that has made it.
#[test]
fn what_new_makes_in_statics_is_known_by_its_line() {
    raceproof::statics! {
        static COUNT: Mutex<u32> = Mutex::new(0);
    }
    let verdict = Explorer::new(Engine::Exhaustive).explore(|| {
        let adds = || {
            let read = *COUNT.blocking_lock();
            *COUNT.blocking_lock() = read + 1;
        };
        let other = thread::spawn(adds);
        adds();
        other.join().unwrap();
        assert_eq!(*COUNT.blocking_lock(), 2);
    });
    verdict.assert_refuted();
    assert!(verdict.to_string().contains("acquire COUNT"), "{verdict}");
}
