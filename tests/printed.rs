//! To print an object is to look at it: what it shows depends on the order of the threads.

use raceproof::explore::{Engine, Explorer};
use raceproof::sync::{Arc, LazyLock, Mutex, OnceLock, RwLock, atomic};
use raceproof::tokio::sync as of_tokio;
use raceproof::{parking_lot, thread};
use std::fmt::Debug;

/// One thread changes it, another prints it and takes for granted that it was not changed: refuted, since in some
/// order it was; and what it shows is what it shows on real threads.
#[track_caller]
fn check<T: Debug + Send + Sync + 'static>(make: fn() -> T, change: fn(&T)) {
    let before = format!("{:?}", make());
    let after = {
        let object = make();
        change(&object);
        format!("{object:?}")
    };
    assert_ne!(before, after);
    let (unchanged, changed) = (before.clone(), after.clone());
    let verdict = Explorer::new(Engine::Exhaustive).executions_max(100).explore(move || {
        let object = Arc::new(make());
        let other = Arc::clone(&object);
        let changes = thread::spawn(move || change(&other));
        let shown = format!("{object:?}");
        changes.join().unwrap();
        assert_ne!(shown, changed, "it was changed");
        assert!(shown == unchanged || shown.contains("<locked>"), "{shown}");
    });
    assert!(verdict.to_string().contains("it was changed"), "{before}: {verdict}");
}

#[test]
fn what_is_printed_depends_on_the_order_of_threads() {
    check(|| Mutex::new(0), |mutex| *mutex.lock().unwrap() = 1);
    check(|| RwLock::new(0), |lock| *lock.write().unwrap() = 1);
    check(OnceLock::<u8>::new, |once| once.set(1).unwrap());
    check(|| LazyLock::new(|| 1), |lazy| _ = LazyLock::force(lazy));
    check(|| atomic::AtomicU8::new(0), |number| number.store(1, atomic::Ordering::SeqCst));
    check(|| parking_lot::Mutex::new(0), |mutex| *mutex.lock() = 1);
    check(|| parking_lot::FairMutex::new(0), |mutex| *mutex.lock() = 1);
    check(|| parking_lot::RwLock::new(0), |lock| *lock.write() = 1);
    check(|| of_tokio::Mutex::new(0), |mutex| *mutex.blocking_lock() = 1);
    check(|| of_tokio::RwLock::new(0), |lock| *lock.blocking_write() = 1);
    check(of_tokio::OnceCell::<u8>::new, |cell| cell.set(1).unwrap());
    check(of_tokio::SetOnce::<u8>::new, |cell| cell.set(1).unwrap());
}

/// Of these, tokio shows more than a model has.
#[test]
fn a_semaphore_and_a_watch_show_what_they_hold() {
    let verdict = Explorer::new(Engine::Exhaustive).explore(|| {
        let semaphore = Arc::new(of_tokio::Semaphore::new(1));
        let other = Arc::clone(&semaphore);
        let adds = thread::spawn(move || other.add_permits(1));
        let shown = format!("{semaphore:?}");
        adds.join().unwrap();
        assert!(shown.contains("permits: 1"), "it was changed");
    });
    assert!(verdict.to_string().contains("it was changed"), "{verdict}");
    let verdict = Explorer::new(Engine::Exhaustive).explore(|| {
        let (sender, receiver) = of_tokio::watch::channel(7);
        let sends = thread::spawn(move || sender.send(8).is_ok());
        let shown = format!("{receiver:?}");
        assert!(sends.join().unwrap());
        assert!(shown.contains('7'), "it was changed");
    });
    assert!(verdict.to_string().contains("it was changed"), "{verdict}");
}
