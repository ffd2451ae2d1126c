//! A thread that is not the model's and uses an object of it makes the verdict undecided, with the line of that use.

use raceproof::Foreign;
use raceproof::cell::UnsafeCell;
use raceproof::explore::{Engine, Explorer};
use raceproof::sync::atomic::{AtomicUsize, Ordering};
use raceproof::sync::{Arc, Barrier, Condvar, Mutex, Once, OnceLock, RwLock, mpsc};
use raceproof::tokio::runtime::Handle;
use raceproof::tokio::sync as tokio_sync;
use raceproof::{crossbeam_channel, parking_lot, thread, tokio};
use std::time::Duration;

const ENGINES: [Engine; 4] =
    [Engine::Exhaustive, Engine::Random { seed: 1 }, Engine::Pct { seed: 1, depth: 2 }, Engine::Loom];

/// The verdict on a program in which a thread of std's does `uses`, by that engine: whether or not it is joined.
#[track_caller]
fn check_by<T: Send + Sync + 'static>(
    engine: Engine,
    what: &str,
    new: impl Fn() -> T + Copy + Send + Sync + 'static,
    uses: impl Fn(&T) + Copy + Send + Sync + 'static,
) {
    for joins in [true, false] {
        let verdict = Explorer::new(engine).explore(move || {
            let made = Arc::new((Mutex::new(0), new()));
            let theirs = Arc::clone(&made);
            let outside = std::thread::spawn(move || uses(&theirs.1));
            let other = Arc::clone(&made);
            let adds = thread::spawn(move || *other.0.lock().unwrap() += 1);
            *made.0.lock().unwrap() += 1;
            adds.join().unwrap();
            if joins {
                outside.join().unwrap();
            }
        });
        let text = verdict.to_string();
        assert_eq!(verdict.word(), "undecided", "{what}, by {engine:?}, joined {joins}: {text}");
        assert!(text.contains("by a thread that is not the model's"), "{what}, by {engine:?}: {text}");
        assert!(text.contains("outside_the_model.rs:"), "{what}: {text}");
    }
}

#[track_caller]
fn check<T: Send + Sync + 'static>(
    what: &str,
    new: impl Fn() -> T + Copy + Send + Sync + 'static,
    uses: impl Fn(&T) + Copy + Send + Sync + 'static,
) {
    check_by(Engine::Exhaustive, what, new, uses);
}

#[test]
fn by_every_engine() {
    for engine in ENGINES {
        check_by(engine, "Mutex", || Mutex::new(0), |mutex| *mutex.lock().unwrap() += 1);
        check_by(
            engine,
            "AtomicUsize",
            || AtomicUsize::new(0),
            |count| {
                count.load(Ordering::SeqCst);
            },
        );
    }
}

/// The line is that of the use.
#[test]
fn with_its_line() {
    const LINE: u32 = line!() + 4;
    let verdict = Explorer::new(Engine::Exhaustive).explore(|| {
        let count = Arc::new(AtomicUsize::new(0));
        let theirs = Arc::clone(&count);
        std::thread::spawn(move || theirs.fetch_add(1, Ordering::SeqCst)).join().unwrap();
    });
    assert!(verdict.to_string().contains(&format!("outside_the_model.rs:{LINE}")), "{verdict}");
}

#[test]
fn an_object_of_std() {
    check("Mutex::try_lock", || Mutex::new(0), |mutex| drop(mutex.try_lock()));
    check("RwLock::read", || RwLock::new(0), |lock| drop(lock.read()));
    check("RwLock::write", || RwLock::new(0), |lock| drop(lock.write()));
    check("Condvar", Condvar::new, |changed| changed.notify_all());
    check("Once", Once::new, |once| once.call_once(|| ()));
    check("OnceLock", OnceLock::new, |once| {
        let _ = once.set(1);
    });
    check("Barrier", || Barrier::new(1), |barrier| _ = barrier.wait());
    check("AtomicUsize", || AtomicUsize::new(0), |count| count.store(1, Ordering::Relaxed));
    check("SyncSender", || mpsc::sync_channel(1).0, |sender| _ = sender.send(1));
    check("Foreign", || Foreign::new(0), |foreign| foreign.look(|_| ()));
}

/// As a program does that keeps its invariant by itself.
struct Cell(UnsafeCell<u8>);

// SAFETY: each test has one thread use it.
unsafe impl Sync for Cell {}

#[test]
fn plain_memory() {
    // SAFETY: as above.
    check("UnsafeCell", || Cell(UnsafeCell::new(0)), |cell| cell.0.with_mut(|value| unsafe { *value = 1 }));
}

#[test]
fn an_object_of_parking_lot_or_crossbeam() {
    check("Mutex", || parking_lot::Mutex::new(0), |mutex| *mutex.lock() += 1);
    check("RwLock", || parking_lot::RwLock::new(0), |lock| drop(lock.write()));
    check("Condvar", parking_lot::Condvar::new, |changed| {
        changed.notify_all();
    });
    check("Once", parking_lot::Once::new, |once| once.call_once(|| ()));
    check("Sender", || crossbeam_channel::bounded(1), |ends| _ = ends.0.send(1));
    check("Receiver", crossbeam_channel::unbounded::<u8>, |ends| _ = ends.1.try_recv());
    check("Select", crossbeam_channel::unbounded::<u8>, |ends| {
        let mut select = crossbeam_channel::Select::new();
        select.recv(&ends.1);
        drop(select.try_select());
    });
    check("select!", crossbeam_channel::unbounded::<u8>, |ends| {
        crossbeam_channel::select! {
            recv(ends.1) -> _ => {}
            default => {}
        }
    });
}

#[test]
fn an_object_of_tokio() {
    check("Mutex", || tokio_sync::Mutex::new(0), |mutex| drop(mutex.try_lock()));
    check("Mutex::blocking_lock", || tokio_sync::Mutex::new(0), |mutex| drop(mutex.blocking_lock()));
    check("RwLock", || tokio_sync::RwLock::new(0), |lock| drop(lock.try_write()));
    check("Semaphore", || tokio_sync::Semaphore::new(1), |permits| permits.add_permits(1));
    check("Notify", tokio_sync::Notify::new, |notify| notify.notify_one());
    check("mpsc", || tokio_sync::mpsc::channel(1), |ends| _ = ends.0.blocking_send(1));
    check("unbounded", tokio_sync::mpsc::unbounded_channel, |ends| _ = ends.0.send(1));
    check("watch", || tokio_sync::watch::channel(1), |ends| _ = ends.0.send(2));
    check("broadcast", || tokio_sync::broadcast::channel(1), |ends| _ = ends.0.send(2));
    check("OnceCell", tokio_sync::OnceCell::new, |cell| _ = cell.set(1));
    check("SetOnce", tokio_sync::SetOnce::new, |cell| _ = cell.set(1));
    check("Handle", Handle::current, |handle| drop(handle.spawn(async {})));
}

/// A future of a model that another runtime polls.
#[test]
fn a_future_of_tokio() {
    fn polled(future: impl Future) {
        ::tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future);
    }
    check("Mutex", || tokio_sync::Mutex::new(0), |mutex| polled(mutex.lock()));
    check("Semaphore", || tokio_sync::Semaphore::new(1), |permits| polled(permits.acquire()));
    check("Barrier", || tokio_sync::Barrier::new(1), |barrier| polled(barrier.wait()));
    check("mpsc", || tokio_sync::mpsc::channel(1), |ends| polled(ends.0.send(1)));
    check("watch", || tokio_sync::watch::channel(1), |ends| polled(ends.0.closed()));
    // What the model has made, and whoever polls it has not.
    let sleep = || std::sync::Mutex::new(Some(Box::pin(tokio::time::sleep(Duration::from_millis(1)))));
    check("Sleep", sleep, |sleep| {
        if let Some(sleep) = sleep.lock().unwrap().take() {
            polled(sleep);
        }
    });
    let notified = || std::sync::Mutex::new(Some(Arc::new(tokio_sync::Notify::new()).notified_owned()));
    check("Notified", notified, |notified| {
        if let Some(notified) = notified.lock().unwrap().take() {
            polled(notified);
        }
    });
}

/// A future that has been polled in the model, and that another runtime goes on with.
#[test]
fn a_future_that_the_model_has_begun() {
    let verdict = Explorer::new(Engine::Exhaustive).explore(|| {
        let mut begun = Box::pin(Arc::new(tokio_sync::Notify::new()).notified_owned());
        Handle::current().block_on(std::future::poll_fn(|context| {
            assert!(begun.as_mut().poll(context).is_pending());
            std::task::Poll::Ready(())
        }));
        thread::spawn(|| ()).join().unwrap();
        std::thread::spawn(move || {
            ::tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(begun);
        });
    });
    assert_eq!(verdict.word(), "undecided", "{verdict}");
    assert!(verdict.to_string().contains("by a thread that is not the model's"), "{verdict}");
}

/// What goes is noticed too: those who wait for the other end would wait for ever.
#[test]
fn an_end_that_is_dropped() {
    let ended = |program: fn()| {
        let verdict = Explorer::new(Engine::Exhaustive).explore(program);
        assert_eq!(verdict.word(), "undecided", "{verdict}");
        assert!(verdict.to_string().contains("by a thread that is not the model's"), "{verdict}");
    };
    ended(|| {
        let (sender, receiver) = mpsc::channel::<u8>();
        std::thread::spawn(move || drop(sender));
        let _ = receiver.recv();
    });
    ended(|| {
        let (sender, receiver) = crossbeam_channel::bounded::<u8>(0);
        std::thread::spawn(move || sender.send(1));
        let _ = receiver.recv();
    });
    ended(|| {
        let (sender, receiver) = tokio_sync::oneshot::channel::<u8>();
        std::thread::spawn(move || sender.send(1));
        let _ = receiver.blocking_recv();
    });
}

#[test]
fn a_thread_or_a_task_that_is_woken() {
    let woken = |program: fn()| {
        let verdict = Explorer::new(Engine::Exhaustive).explore(program);
        assert_eq!(verdict.word(), "undecided", "{verdict}");
        assert!(verdict.to_string().contains("by a thread that is not the model's"), "{verdict}");
    };
    woken(|| {
        let main = thread::current();
        std::thread::spawn(move || main.unpark());
        thread::spawn(thread::park).join().unwrap();
    });
    // As the timer of many a book has it.
    woken(|| {
        Handle::current().block_on(async {
            let (mut asked, yields) = (false, Mutex::new(0));
            std::future::poll_fn(|context| {
                *yields.lock().unwrap() += 1;
                if std::mem::replace(&mut asked, true) {
                    return std::task::Poll::Ready(());
                }
                let waker = context.waker().clone();
                std::thread::spawn(move || waker.wake());
                std::task::Poll::Pending
            })
            .await;
        });
    });
    woken(|| {
        let spawned = thread::spawn(|| ());
        let _ = std::thread::spawn(move || spawned.join()).join();
    });
    woken(|| {
        Handle::current().block_on(async {
            let task = tokio::spawn(async {});
            let aborts = task.abort_handle();
            let _ = std::thread::spawn(move || aborts.abort()).join();
            let _ = task.await;
        });
    });
}

/// By then nobody else touches the object.
#[test]
fn whoever_uses_it_waits_until_the_exploration_has_ended() {
    let (went, goes_on) = std::sync::mpsc::channel();
    let early = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (goes_on, noted) = (std::sync::Mutex::new(goes_on), std::sync::Arc::clone(&early));
    let goes_on = std::sync::Arc::new(goes_on);
    let looks = std::sync::Arc::clone(&goes_on);
    let verdict = Explorer::new(Engine::Exhaustive).explore(move || {
        let count = Arc::new(AtomicUsize::new(0));
        let (theirs, went) = (Arc::clone(&count), went.clone());
        std::thread::spawn(move || {
            theirs.fetch_add(1, Ordering::SeqCst);
            went.send(()).unwrap();
        });
        let waited = looks.lock().unwrap().recv_timeout(Duration::from_millis(100));
        noted.fetch_or(waited.is_ok(), Ordering::SeqCst);
        thread::spawn(move || count.load(Ordering::SeqCst)).join().unwrap();
    });
    assert_eq!(verdict.word(), "undecided", "{verdict}");
    assert!(!early.load(Ordering::SeqCst));
    goes_on.lock().unwrap().recv_timeout(Duration::from_secs(10)).unwrap();
}

/// A thread that was there before is as one that the program starts.
#[test]
fn a_pool() {
    let (jobs, pool) = std::sync::mpsc::channel::<Box<dyn FnOnce() + Send>>();
    std::thread::spawn(move || pool.iter().for_each(|job| job()));
    let jobs = std::sync::Mutex::new(jobs);
    let verdict = Explorer::new(Engine::Exhaustive).explore(move || {
        let count = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&count);
        jobs.lock().unwrap().send(Box::new(move || *theirs.lock().unwrap() += 1)).unwrap();
        let other = Arc::clone(&count);
        let adds = thread::spawn(move || *other.lock().unwrap() += 1);
        *count.lock().unwrap() += 1;
        adds.join().unwrap();
    });
    assert_eq!(verdict.word(), "undecided", "{verdict}");
    assert!(verdict.to_string().contains("by a thread that is not the model's"), "{verdict}");
}

/// Objects of the real world go on in it beside a model, and what a model leaves behind is nobody's fault.
#[test]
fn what_is_no_use_is_proved() {
    let verdict = Explorer::new(Engine::Exhaustive).explore(|| {
        let met: &Mutex<u32> = Box::leak(Box::new(Mutex::new(0)));
        let adds = thread::spawn(|| *met.lock().unwrap() += 1);
        *met.lock().unwrap() += 1;
        std::thread::spawn(|| {
            let real = Mutex::new(0);
            *real.lock().unwrap() += 1;
            let (sender, receiver) = mpsc::channel();
            sender.send(1).unwrap();
            assert_eq!(receiver.recv(), Ok(1));
        })
        .join()
        .unwrap();
        adds.join().unwrap();
    });
    verdict.assert_proved();
}
