//! An object of the real world that a model uses makes the verdict undecided, whatever it is: what others do to it
//! is no step, so that nothing which a search says of the program holds.

use raceproof::Foreign;
use raceproof::cell::UnsafeCell;
use raceproof::explore::{Engine, Explorer};
use raceproof::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use raceproof::sync::{Arc, Barrier, Condvar, Mutex, Once, OnceLock, RwLock, mpsc};
use raceproof::tokio::runtime::{Handle, Runtime};
use raceproof::tokio::sync as tokio_sync;
use raceproof::tokio::task::JoinSet;
use raceproof::tokio::time;
use raceproof::{crossbeam_channel, parking_lot, thread};
use std::sync::PoisonError;
use std::time::Duration;

/// The verdict on a program that is proved but for `uses`.
fn check_program(what: &str, uses: Box<dyn Fn() + Send + Sync>) {
    let verdict = Explorer::new(Engine::Exhaustive).explore(move || {
        let met = Arc::new(Mutex::new(0));
        let other = Arc::clone(&met);
        let adds = thread::spawn(move || *other.lock().unwrap() += 1);
        *met.lock().unwrap() += 1;
        uses();
        adds.join().unwrap();
    });
    let text = verdict.to_string();
    assert_eq!(verdict.word(), "undecided", "{what}: {text}");
    let named = text.contains("outside of this execution") || text.contains("of another world");
    assert!(named && text.contains("brought_into_the_model.rs:"), "{what}: {text}");
}

/// Uses what is made here, before a model runs.
fn check<T: Send + Sync + 'static>(what: &str, made: T, uses: impl Fn(&T) + Send + Sync + 'static) {
    check_program(what, Box::new(move || uses(&made)));
}

/// As `check`, of what nobody shares.
fn check_owned<T: Send + 'static>(what: &str, made: T, uses: impl Fn(T) + Send + Sync + 'static) {
    let made = std::sync::Mutex::new(Some(made));
    check_program(
        what,
        Box::new(move || {
            let made = made.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(made) = made {
                uses(made);
            }
        }),
    );
}

/// Polls a future once, in a task of the model.
fn polled(future: impl Future) {
    let mut future = Box::pin(future);
    Handle::current().block_on(std::future::poll_fn(|context| {
        let _ = future.as_mut().poll(context);
        std::task::Poll::Ready(())
    }));
}

#[test]
fn locks_and_values_of_std() {
    check("Mutex::lock", Mutex::new(0), |mutex| drop(mutex.lock()));
    check("Mutex::try_lock", Mutex::new(0), |mutex| drop(mutex.try_lock()));
    check("RwLock::read", RwLock::new(0), |lock| drop(lock.read()));
    check("RwLock::try_read", RwLock::new(0), |lock| drop(lock.try_read()));
    check("RwLock::write", RwLock::new(0), |lock| drop(lock.write()));
    check("RwLock::try_write", RwLock::new(0), |lock| drop(lock.try_write()));
    check("Condvar::notify_one", Condvar::new(), Condvar::notify_one);
    check("Condvar::notify_all", Condvar::new(), Condvar::notify_all);
    check("Condvar::wait", Condvar::new(), |changed| {
        let mutex = Mutex::new(0);
        drop(changed.wait(mutex.lock().unwrap()));
    });
    check("Once::call_once", Once::new(), |once| once.call_once(|| ()));
    check("Once::is_completed", Once::new(), |once| _ = once.is_completed());
    check("OnceLock::set", OnceLock::new(), |once| _ = once.set(1));
    check("OnceLock::get", OnceLock::<u8>::new(), |once| _ = once.get());
    check("OnceLock::get_or_init", OnceLock::new(), |once| _ = once.get_or_init(|| 1));
    check("Barrier", Barrier::new(1), |barrier| _ = barrier.wait());
    check("AtomicUsize::load", AtomicUsize::new(0), |count| _ = count.load(Ordering::SeqCst));
    check("AtomicUsize::store", AtomicUsize::new(0), |count| count.store(1, Ordering::SeqCst));
    check("AtomicBool::swap", AtomicBool::new(false), |flag| _ = flag.swap(true, Ordering::SeqCst));
    check("Foreign::with", Foreign::new(0), |foreign| foreign.with(|_| ()));
    check("Foreign::look", Foreign::new(0), |foreign| foreign.look(|_| ()));
    check_owned("UnsafeCell::with", UnsafeCell::new(0), |cell| cell.with(|_| ()));
    check_owned("UnsafeCell::with_mut", UnsafeCell::new(0), |cell| cell.with_mut(|_| ()));
}

#[test]
fn channels_and_threads_of_std() {
    check("Sender", mpsc::channel().0, |sender| _ = sender.send(1));
    check_owned("SyncSender::send", mpsc::sync_channel(0), |(sender, _receiver)| _ = sender.send(1));
    check("SyncSender::try_send", mpsc::sync_channel(1).0, |sender| _ = sender.try_send(1));
    check_owned("Receiver::recv", mpsc::channel::<u8>().1, |receiver| _ = receiver.recv());
    check_owned("Receiver::try_recv", mpsc::channel::<u8>().1, |receiver| _ = receiver.try_recv());
    check_owned("Receiver::recv_timeout", mpsc::channel::<u8>().1, |receiver| {
        let _ = receiver.recv_timeout(Duration::ZERO);
    });
    check("Receiver::try_iter", std::sync::Mutex::new(mpsc::channel::<u8>().1), |receiver| {
        let receiver = receiver.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(receiver.try_iter().count(), 0);
    });
    check("Thread::unpark", thread::current(), |thread| thread.unpark());
    check_owned("JoinHandle::join", thread::spawn(|| ()), |spawned| _ = spawned.join());
    check("JoinHandle::is_finished", thread::spawn(|| ()), |spawned| _ = spawned.is_finished());
}

#[test]
fn objects_of_parking_lot_and_crossbeam() {
    check("Mutex::lock", parking_lot::Mutex::new(0), |mutex| drop(mutex.lock()));
    check("Mutex::try_lock", parking_lot::Mutex::new(0), |mutex| drop(mutex.try_lock()));
    check("Mutex::is_locked", parking_lot::Mutex::new(0), |mutex| _ = mutex.is_locked());
    check("RwLock::read", parking_lot::RwLock::new(0), |lock| drop(lock.read()));
    check("RwLock::write", parking_lot::RwLock::new(0), |lock| drop(lock.write()));
    check("RwLock::try_write", parking_lot::RwLock::new(0), |lock| drop(lock.try_write()));
    check("RwLock::upgradable_read", parking_lot::RwLock::new(0), |lock| drop(lock.upgradable_read()));
    check("ReentrantMutex", parking_lot::ReentrantMutex::new(0), |mutex| drop(mutex.lock()));
    check("Condvar", parking_lot::Condvar::new(), |changed| _ = changed.notify_one());
    check("Once::call_once", parking_lot::Once::new(), |once| once.call_once(|| ()));
    check("Once::state", parking_lot::Once::new(), |once| _ = once.state());
    check("send", crossbeam_channel::bounded(1), |ends| _ = ends.0.send(1));
    check("try_send", crossbeam_channel::bounded(1), |ends| _ = ends.0.try_send(1));
    check("Sender::len", crossbeam_channel::bounded::<u8>(1), |ends| _ = ends.0.len());
    check("try_recv", crossbeam_channel::unbounded::<u8>(), |ends| _ = ends.1.try_recv());
    check("Receiver::is_empty", crossbeam_channel::unbounded::<u8>(), |ends| _ = ends.1.is_empty());
    check("recv", crossbeam_channel::bounded::<u8>(0).1, |receiver| _ = receiver.recv());
    check("after", crossbeam_channel::after(Duration::ZERO), |receiver| _ = receiver.try_recv());
    check("tick", crossbeam_channel::tick(Duration::from_millis(1)), |receiver| _ = receiver.try_recv());
    check("Select", crossbeam_channel::unbounded::<u8>(), |ends| {
        let mut select = crossbeam_channel::Select::new();
        select.recv(&ends.1);
        drop(select.try_select());
    });
    check("select!", crossbeam_channel::unbounded::<u8>(), |ends| {
        crossbeam_channel::select! {
            recv(ends.1) -> _ => {}
            default => {}
        }
    });
}

#[test]
fn locks_of_tokio() {
    check("Mutex::try_lock", tokio_sync::Mutex::new(0), |mutex| drop(mutex.try_lock()));
    check("Mutex::blocking_lock", tokio_sync::Mutex::new(0), |mutex| drop(mutex.blocking_lock()));
    check("Mutex::lock", tokio_sync::Mutex::new(0), |mutex| polled(mutex.lock()));
    check("RwLock::try_read", tokio_sync::RwLock::new(0), |lock| drop(lock.try_read()));
    check("RwLock::write", tokio_sync::RwLock::new(0), |lock| polled(lock.write()));
    check("Semaphore::acquire", tokio_sync::Semaphore::new(1), |permits| polled(permits.acquire()));
    check("Semaphore::try_acquire", tokio_sync::Semaphore::new(1), |permits| drop(permits.try_acquire()));
    let one = std::sync::Arc::new(tokio_sync::Semaphore::new(1));
    check_owned("OwnedSemaphorePermit", one.try_acquire_owned().unwrap(), drop);
    check("add_permits", tokio_sync::Semaphore::new(1), |permits| permits.add_permits(1));
    check("forget_permits", tokio_sync::Semaphore::new(1), |permits| _ = permits.forget_permits(1));
    check("available_permits", tokio_sync::Semaphore::new(1), |permits| _ = permits.available_permits());
    check("Semaphore::close", tokio_sync::Semaphore::new(1), tokio_sync::Semaphore::close);
    check("Semaphore::is_closed", tokio_sync::Semaphore::new(1), |permits| _ = permits.is_closed());
    check("Barrier", tokio_sync::Barrier::new(1), |barrier| polled(barrier.wait()));
    check("OnceCell::set", tokio_sync::OnceCell::new(), |cell| _ = cell.set(1));
    check("OnceCell::get", tokio_sync::OnceCell::<u8>::new(), |cell| _ = cell.get());
    check("OnceCell::initialized", tokio_sync::OnceCell::<u8>::new(), |cell| _ = cell.initialized());
    check("get_or_init", tokio_sync::OnceCell::new(), |cell| polled(cell.get_or_init(async || 1)));
    check("SetOnce::set", tokio_sync::SetOnce::new(), |cell| _ = cell.set(1));
    check("SetOnce::get", tokio_sync::SetOnce::<u8>::new(), |cell| _ = cell.get());
    check("SetOnce::wait", tokio_sync::SetOnce::<u8>::new(), |cell| polled(cell.wait()));
    check("notify_one", tokio_sync::Notify::new(), tokio_sync::Notify::notify_one);
    check("notify_last", tokio_sync::Notify::new(), tokio_sync::Notify::notify_last);
    check("notify_waiters", tokio_sync::Notify::new(), tokio_sync::Notify::notify_waiters);
    check("notified", tokio_sync::Notify::new(), |notify| polled(notify.notified()));
}

#[test]
fn queues_of_tokio() {
    use tokio_sync::mpsc::{channel, unbounded_channel};
    check("try_send", channel(1), |ends| _ = ends.0.try_send(1));
    check("blocking_send", channel(1), |ends| _ = ends.0.blocking_send(1));
    check("send", channel(1), |ends| polled(ends.0.send(1)));
    check("reserve", channel::<u8>(1), |ends| polled(ends.0.reserve()));
    check("try_reserve", channel::<u8>(1), |ends| drop(ends.0.try_reserve()));
    check("capacity", channel::<u8>(1), |ends| _ = ends.0.capacity());
    check("closed", channel::<u8>(1), |ends| polled(ends.0.closed()));
    check("is_closed", channel::<u8>(1), |ends| _ = ends.0.is_closed());
    check("strong_count", channel::<u8>(1), |ends| _ = ends.0.strong_count());
    check("upgrade", (channel::<u8>(1).0.downgrade(), 0), |weak| _ = weak.0.upgrade());
    check_owned("recv", channel::<u8>(1), |(_sender, mut receiver)| polled(receiver.recv()));
    check_owned("try_recv", channel::<u8>(1).1, |mut receiver| _ = receiver.try_recv());
    check_owned("close", channel::<u8>(1).1, |mut receiver| receiver.close());
    check("len", channel::<u8>(1), |ends| _ = ends.1.len());
    check("is_empty", channel::<u8>(1), |ends| _ = ends.1.is_empty());
    check("unbounded send", unbounded_channel(), |ends| _ = ends.0.send(1));
    check_owned("unbounded recv", unbounded_channel::<u8>().1, |mut receiver| polled(receiver.recv()));
    let (sender, _receiver) = channel(1);
    check_owned("OwnedPermit", sender.try_reserve_owned().unwrap(), |permit| drop(permit.send(1)));
}

#[test]
fn what_is_posted_and_cast() {
    use tokio_sync::{broadcast, watch};
    check("watch send", watch::channel(1), |ends| _ = ends.0.send(2));
    check("send_replace", watch::channel(1), |ends| _ = ends.0.send_replace(2));
    check("send_modify", watch::channel(1), |ends| ends.0.send_modify(|value| *value = 2));
    check("Sender::borrow", watch::channel(1), |ends| drop(ends.0.borrow()));
    check("Receiver::borrow", watch::channel(1), |ends| drop(ends.1.borrow()));
    check("subscribe", watch::channel(1), |ends| drop(ends.0.subscribe()));
    check("receiver_count", watch::channel(1), |ends| _ = ends.0.receiver_count());
    check("closed", watch::channel(1), |ends| polled(ends.0.closed()));
    check("has_changed", watch::channel(1), |ends| _ = ends.1.has_changed());
    check_owned("changed", watch::channel(1), |(_sender, mut receiver)| polled(receiver.changed()));
    check_owned("wait_for", watch::channel(1).1, |mut receiver| polled(receiver.wait_for(|_| true)));
    check_owned("borrow_and_update", watch::channel(1).1, |mut receiver| drop(receiver.borrow_and_update()));
    check("broadcast send", broadcast::channel(1), |ends| _ = ends.0.send(2));
    check("broadcast subscribe", broadcast::channel::<u8>(1), |ends| drop(ends.0.subscribe()));
    check("broadcast receiver_count", broadcast::channel::<u8>(1), |ends| _ = ends.0.receiver_count());
    check("broadcast closed", broadcast::channel::<u8>(1), |ends| polled(ends.0.closed()));
    check("broadcast len", broadcast::channel::<u8>(1), |ends| _ = ends.1.len());
    check_owned("broadcast try_recv", broadcast::channel::<u8>(1).1, |mut receiver| _ = receiver.try_recv());
    check_owned("broadcast recv", broadcast::channel::<u8>(1).1, |mut receiver| polled(receiver.recv()));
}

#[test]
fn a_channel_for_one_message() {
    use tokio_sync::oneshot::channel;
    check_owned("send", channel::<u8>(), |(sender, _receiver)| _ = sender.send(1));
    check_owned("closed", channel::<u8>(), |(mut sender, _receiver)| polled(sender.closed()));
    check_owned("poll_closed", channel::<u8>(), |(mut sender, _receiver)| {
        polled(std::future::poll_fn(|context| sender.poll_closed(context)));
    });
    check("is_closed", channel::<u8>(), |ends| _ = ends.0.is_closed());
    check_owned("close", channel::<u8>().1, |mut receiver| receiver.close());
    check("is_empty", channel::<u8>(), |ends| _ = ends.1.is_empty());
    check_owned("try_recv", channel::<u8>().1, |mut receiver| _ = receiver.try_recv());
    check_owned("blocking_recv", channel::<u8>().1, |receiver| _ = receiver.blocking_recv());
    check_owned("Receiver", channel::<u8>().1, polled);
}

#[test]
fn runtimes_and_tasks() {
    let runtime = std::sync::Arc::new(Runtime::new().unwrap());
    let runtimes = || std::sync::Arc::clone(&runtime);
    check("Runtime::spawn", runtimes(), |runtime| drop(runtime.spawn(async {})));
    check("Runtime::spawn_blocking", runtimes(), |runtime| drop(runtime.spawn_blocking(|| ())));
    check("Runtime::block_on", runtimes(), |runtime| runtime.block_on(async {}));
    check("Runtime::enter", runtimes(), |runtime| drop(runtime.enter()));
    check("Handle::spawn", runtime.handle().clone(), |handle| drop(handle.spawn(async {})));
    check("Handle::block_on", runtime.handle().clone(), |handle| handle.block_on(async {}));
    check("Handle::enter", runtime.handle().clone(), |handle| drop(handle.enter()));
    check_owned("Runtime::shutdown_background", Runtime::new().unwrap(), |runtime| {
        runtime.shutdown_background();
    });
    let task = || runtime.spawn(async {});
    check("JoinHandle::is_finished", task(), |task| _ = task.is_finished());
    check("JoinHandle::abort", task(), |task| task.abort());
    check_owned("JoinHandle", task(), polled);
    check("AbortHandle::abort", task().abort_handle(), |task| task.abort());
    check("AbortHandle::is_finished", task().abort_handle(), |task| _ = task.is_finished());
    let set = || JoinSet::<()>::new();
    check_owned("JoinSet::join_next", set(), |mut set| polled(set.join_next()));
    check_owned("JoinSet::try_join_next", set(), |mut set| _ = set.try_join_next());
    check_owned("JoinSet::abort_all", set(), |mut set| set.abort_all());
    check_owned("JoinSet::spawn", set(), |mut set| _ = set.spawn(async {}));
}

#[test]
fn futures_and_timers() {
    let runtime = Runtime::new().unwrap();
    let _entered = runtime.enter();
    let notify = Arc::new(tokio_sync::Notify::new());
    check_owned("OwnedNotified", Arc::clone(&notify).notified_owned(), polled);
    check_owned("OwnedNotified::enable", Box::pin(notify.notified_owned()), |mut notified| {
        notified.as_mut().enable();
    });
    let sleep = || Box::pin(time::sleep(Duration::ZERO));
    check_owned("Sleep", sleep(), polled);
    check("Sleep::is_elapsed", sleep(), |sleep| _ = sleep.is_elapsed());
    check_owned("Interval", time::interval(Duration::from_millis(1)), |mut interval| polled(interval.tick()));
    let timeout = time::timeout(Duration::ZERO, std::future::pending::<()>());
    check_owned("Timeout", timeout, polled);
}
