//! What the exhaustive engine says of programs that meet in std's primitives.

use raceproof::explore::{Engine, Explorer};
use raceproof::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};
use raceproof::sync::{Arc, Barrier, Condvar, Mutex, Once, OnceLock, RwLock, mpsc};
use raceproof::thread;
use raceproof::verdict::{Finding, Verdict};

fn explore(program: impl Fn() + Send + Sync + 'static) -> Verdict {
    Explorer::new(Engine::Exhaustive).explore(program)
}

#[track_caller]
fn executions(verdict: &Verdict, expected: u64) {
    verdict.assert_proved();
    assert_eq!((verdict.coverage().executions, verdict.coverage().redundant), (expected, 0));
}

/// `threads` threads, each running `body` on what `new` makes.
fn threads<T: Send + Sync + 'static>(threads: usize, new: impl Fn() -> T, body: fn(usize, &T)) {
    let shared = Arc::new(new());
    let spawned = (0..threads).map(|i| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || body(i, &shared))
    });
    for handle in spawned.collect::<Vec<_>>() {
        handle.join().unwrap();
    }
}

#[test]
fn readers_commute_and_writers_do_not() {
    let lock = || RwLock::new(0);
    let read = |_, lock: &RwLock<i32>| drop(lock.read().unwrap());
    let write = |_, lock: &RwLock<i32>| *lock.write().unwrap() += 1;
    executions(&explore(move || threads(4, lock, read)), 1);
    executions(&explore(move || threads(3, lock, write)), 6);
    let one_writes =
        |i, lock: &RwLock<i32>| if i == 0 { *lock.write().unwrap() += 1 } else { drop(lock.read().unwrap()) };
    executions(&explore(move || threads(3, lock, one_writes)), 4);
}

#[test]
fn refutes_a_second_read_behind_a_waiting_writer() {
    let verdict = explore(|| {
        let lock = || RwLock::new(0);
        threads(2, lock, |i, lock| {
            if i == 0 {
                let _first = lock.read().unwrap();
                let _second = lock.read().unwrap();
            } else {
                *lock.write().unwrap() += 1;
            }
        });
    });
    assert_eq!(verdict.assert_refuted().finding, Finding::Deadlock);
}

#[test]
fn a_lock_that_is_poisoned_in_a_model_is_an_error_to_the_next() {
    let verdict = explore(|| {
        let shared = Arc::new((Mutex::new(0), RwLock::new(0)));
        let other = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let _guard = shared.0.lock().unwrap();
                let _write = shared.1.write().unwrap();
                panic!("on purpose");
            })
        };
        let before = shared.0.lock().is_ok();
        assert!(other.join().is_err());
        assert!(shared.0.lock().is_err() && shared.1.read().is_err() && shared.1.is_poisoned());
        shared.0.clear_poison();
        assert!(shared.0.lock().is_ok());
        let _ = before;
    });
    executions(&verdict, 2);
}

/// A flag behind a mutex, and who waits for it.
type Flag = (Mutex<bool>, Condvar);

fn raise(flag: &Flag) {
    *flag.0.lock().unwrap() = true;
    flag.1.notify_one();
}

/// One thread waits for a flag that another raises.
fn wait_by(wait: fn(&Flag)) -> Verdict {
    explore(move || {
        let flag: Arc<Flag> = Arc::new((Mutex::new(false), Condvar::new()));
        let other = Arc::clone(&flag);
        let raiser = thread::spawn(move || raise(&other));
        wait(&flag);
        raiser.join().unwrap();
    })
}

#[test]
fn refutes_a_wait_behind_if_by_a_wakeup_without_a_reason_and_proves_it_behind_while() {
    let by_if = wait_by(|flag| {
        let mut raised = flag.0.lock().unwrap();
        if !*raised {
            raised = flag.1.wait(raised).unwrap();
        }
        assert!(*raised);
    });
    assert_eq!(by_if.assert_refuted().finding, Finding::Panic);
    let by_while = wait_by(|flag| {
        let mut raised = flag.0.lock().unwrap();
        while !*raised {
            raised = flag.1.wait(raised).unwrap();
        }
    });
    by_while.assert_proved();
    assert_eq!(by_while.coverage().limits.len(), 1, "{by_while}");
    wait_by(|flag| drop(flag.1.wait_while(flag.0.lock().unwrap(), |raised| !*raised))).assert_proved();
}

#[test]
fn a_wakeup_that_comes_before_the_wait_is_a_deadlock() {
    let verdict = wait_by(|flag| drop(flag.1.wait(flag.0.lock().unwrap())));
    assert_eq!(verdict.assert_refuted().finding, Finding::Deadlock);
    let unlocked = explore(|| {
        let flag: Arc<(AtomicBool, Flag)> = Arc::default();
        let other = Arc::clone(&flag);
        let raiser = thread::spawn(move || {
            other.0.store(true, Ordering::SeqCst);
            other.1.1.notify_all();
        });
        let mut guard = flag.1.0.lock().unwrap();
        while !flag.0.load(Ordering::SeqCst) {
            guard = flag.1.1.wait(guard).unwrap();
        }
        drop(guard);
        raiser.join().unwrap();
    });
    assert_eq!(unlocked.assert_refuted().finding, Finding::Deadlock);
}

#[test]
fn notify_one_may_wake_any_of_those_who_wait() {
    let verdict = explore(|| {
        let shared: Arc<(Flag, AtomicUsize)> = Arc::default();
        let waiters = [1, 2].map(|me| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let mut raised = shared.0.0.lock().unwrap();
                while !*raised {
                    raised = shared.0.1.wait(raised).unwrap();
                }
                let _ = shared.1.compare_exchange(0, me, Ordering::SeqCst, Ordering::SeqCst);
                drop(raised);
                shared.0.1.notify_one();
            })
        });
        raise(&shared.0);
        for waiter in waiters {
            waiter.join().unwrap();
        }
        assert_ne!(shared.1.load(Ordering::SeqCst), 2, "the second may be first");
    });
    assert_eq!(verdict.assert_refuted().finding, Finding::Panic);
}

#[test]
fn a_wait_with_a_timeout_may_time_out_and_may_not() {
    use std::time::Duration;
    let outcome = |timed_out: bool| {
        explore(move || {
            let flag: Arc<Flag> = Arc::default();
            let other = Arc::clone(&flag);
            let raiser = thread::spawn(move || raise(&other));
            let raised = flag.0.lock().unwrap();
            let waited =
                flag.1.wait_timeout_while(raised, Duration::from_hours(1), |raised| !*raised).unwrap();
            assert_ne!(waited.1.timed_out(), timed_out);
            drop(waited);
            raiser.join().unwrap();
        })
    };
    assert_eq!(outcome(true).assert_refuted().finding, Finding::Panic);
    assert_eq!(outcome(false).assert_refuted().finding, Finding::Panic);
    let nobody = explore(|| {
        let flag: Arc<Flag> = Arc::default();
        let other = Arc::clone(&flag);
        let toucher = thread::spawn(move || drop(other.0.lock()));
        for _ in 0..3 {
            let waited = flag.1.wait_timeout(flag.0.lock().unwrap(), Duration::from_hours(1));
            drop(waited);
        }
        toucher.join().unwrap();
    });
    nobody.assert_proved();
    assert!(nobody.to_string().contains("timeout"), "{nobody}");
}

#[test]
fn refutes_a_weak_compare_exchange_that_is_taken_for_a_strong_one() {
    let once = |weak: bool| {
        explore(move || {
            let taken: Arc<AtomicBool> = Arc::default();
            let take = move |taken: &AtomicBool| {
                let seq = Ordering::SeqCst;
                let swapped = if weak {
                    taken.compare_exchange_weak(false, true, seq, seq)
                } else {
                    taken.compare_exchange(false, true, seq, seq)
                };
                swapped.is_ok()
            };
            let other = Arc::clone(&taken);
            let first = thread::spawn(move || take(&other));
            let second = take(&taken);
            assert!(first.join().unwrap() != second, "one of two takes it");
        })
    };
    assert_eq!(once(true).assert_refuted().finding, Finding::Panic);
    once(false).assert_proved();
}

#[test]
fn a_loop_of_try_lock_that_nobody_ends_is_a_livelock() {
    let verdict = explore(|| {
        let locks: Arc<[Mutex<()>; 2]> = Arc::default();
        let spin = |first: &Mutex<()>, second: &Mutex<()>| {
            let _held = first.lock().unwrap();
            while second.try_lock().is_err() {
                thread::yield_now();
            }
        };
        let other = Arc::clone(&locks);
        let thread = thread::spawn(move || spin(&other[0], &other[1]));
        spin(&locks[1], &locks[0]);
        thread.join().unwrap();
    });
    assert_eq!(verdict.assert_refuted().finding, Finding::Livelock);
}

#[test]
fn a_pointer_that_is_published_by_release_is_read_by_acquire() {
    let verdict = explore(|| {
        let shared: Arc<AtomicPtr<u32>> = Arc::default();
        let other = Arc::clone(&shared);
        let writer = thread::spawn(move || other.store(Box::into_raw(Box::new(7)), Ordering::Release));
        let seen = shared.swap(std::ptr::null_mut(), Ordering::AcqRel);
        writer.join().unwrap();
        let left = shared.load(Ordering::Acquire);
        for pointer in [seen, left].into_iter().filter(|pointer| !pointer.is_null()) {
            // SAFETY: it came out of a box, and whoever swapped it out has it alone.
            assert_eq!(*unsafe { Box::from_raw(pointer) }, 7);
        }
    });
    verdict.assert_proved();
}

#[test]
fn a_proof_lists_the_readers_that_overtake_only_behind_a_try_read() {
    let by = |attempt: bool| {
        explore(move || {
            let lock: Arc<RwLock<u32>> = Arc::default();
            let other = Arc::clone(&lock);
            let writer = thread::spawn(move || *other.write().unwrap() += 1);
            drop(if attempt { lock.try_read().ok() } else { lock.read().ok() });
            writer.join().unwrap();
        })
    };
    assert_eq!((by(true).coverage().limits.len(), by(false).coverage().limits.len()), (1, 0));
}

#[test]
fn a_scope_lends_what_it_has_and_is_left_when_its_threads_have_ended() {
    let verdict = explore(|| {
        let (mut mine, shared) = (1, Mutex::new(0));
        let sum = thread::scope(|scope| {
            let first = scope.spawn(|| *shared.lock().unwrap() += 1);
            scope.spawn(|| *shared.lock().unwrap() += 2);
            mine += 1;
            first.join().unwrap();
            mine
        });
        assert_eq!((sum, shared.into_inner().unwrap()), (2, 3));
    });
    executions(&verdict, 2);
}

#[test]
fn a_scope_whose_thread_panicked_panics_unless_it_was_joined() {
    let scope = |joined: bool| {
        explore(move || {
            let lock = Mutex::new(0);
            thread::scope(|scope| {
                let panics = scope.spawn(|| {
                    drop(lock.lock());
                    panic!("on purpose");
                });
                drop(lock.lock());
                if joined {
                    assert!(panics.join().is_err());
                }
            });
        })
    };
    scope(true).assert_proved();
    assert_eq!(scope(false).assert_refuted().finding, Finding::Panic);
}

/// Drops behind a step of the thread that borrows it, if it is left too early.
struct Borrowed(Mutex<u32>, bool);

impl Drop for Borrowed {
    fn drop(&mut self) {
        self.1 = true;
    }
}

#[test]
fn threads_of_a_scope_unwind_before_it_where_an_execution_is_given_up() {
    let verdict = explore(|| {
        let borrowed = Borrowed(Mutex::new(0), false);
        thread::scope(|scope| {
            scope.spawn(|| {
                struct Looks<'a>(&'a Borrowed);
                impl Drop for Looks<'_> {
                    fn drop(&mut self) {
                        assert!(!self.0.1, "it outlived what it borrows");
                    }
                }
                let _looks = Looks(&borrowed);
                drop(borrowed.0.lock());
                drop(borrowed.0.lock());
            });
            let _guard = borrowed.0.lock().unwrap();
            let _again = borrowed.0.lock().unwrap();
        });
    });
    assert_eq!(verdict.assert_refuted().finding, Finding::Deadlock);
}

#[test]
fn an_unpark_before_the_park_is_kept_and_a_park_may_return_without_one() {
    let park = |again: bool| {
        explore(move || {
            let ready: Arc<AtomicBool> = Arc::default();
            let me = thread::current();
            let other = Arc::clone(&ready);
            let waker = thread::spawn(move || {
                other.store(true, Ordering::SeqCst);
                me.unpark();
            });
            if again {
                while !ready.load(Ordering::SeqCst) {
                    thread::park();
                }
            } else {
                thread::park();
                assert!(ready.load(Ordering::SeqCst));
            }
            waker.join().unwrap();
        })
    };
    park(true).assert_proved();
    assert!(park(true).to_string().contains("without a reason"));
    assert_eq!(park(false).assert_refuted().finding, Finding::Panic);
}

#[test]
fn a_park_that_nobody_ends_is_a_deadlock_and_with_a_timeout_it_is_none() {
    let park = |timeout: bool| {
        explore(move || {
            let lock: Arc<Mutex<()>> = Arc::default();
            let other = Arc::clone(&lock);
            let toucher = thread::spawn(move || drop(other.lock()));
            drop(lock.lock());
            for _ in 0..2 {
                if timeout { thread::park_timeout(std::time::Duration::MAX) } else { thread::park() }
            }
            toucher.join().unwrap();
        })
    };
    assert_eq!(park(false).assert_refuted().finding, Finding::Deadlock);
    park(true).assert_proved();
}

#[test]
fn a_thread_is_called_what_its_builder_says() {
    let verdict = explore(|| {
        let lock: Arc<Mutex<()>> = Arc::default();
        let held = Arc::clone(&lock);
        let named = thread::Builder::new().name("named".to_owned()).spawn(move || {
            assert_eq!(thread::current().name(), Some("named"));
            drop(held.lock());
        });
        let named = named.unwrap();
        drop(lock.lock());
        assert_eq!(named.thread().name(), Some("named"));
        assert_ne!(named.thread().id(), thread::current().id());
        named.join().unwrap();
    });
    verdict.assert_proved();
}

/// Plain memory that threads share.
#[derive(Default)]
struct Cell(raceproof::cell::UnsafeCell<()>);

// SAFETY: model threads switch only at steps, so no two accesses overlap.
unsafe impl Sync for Cell {}

#[test]
fn readers_order_plain_memory_before_the_next_writer_and_writers_before_readers() {
    let meet = |i, shared: &(RwLock<()>, Cell)| {
        if i == 0 {
            let _guard = shared.0.write().unwrap();
            shared.1.0.with_mut(|_| ());
        } else {
            let _guard = shared.0.read().unwrap();
            shared.1.0.with(|_| ());
        }
    };
    executions(&explore(move || threads(3, Default::default, meet)), 4);
    let both_read = |i, shared: &(RwLock<()>, Cell)| {
        let _guard = shared.0.read().unwrap();
        if i == 0 {
            shared.1.0.with_mut(|_| ());
        } else {
            shared.1.0.with(|_| ());
        }
    };
    let verdict = explore(move || threads(2, Default::default, both_read));
    assert_eq!(verdict.assert_refuted().finding, Finding::DataRace);
}

#[test]
fn one_of_those_who_begin_initializes_and_the_others_see_what_it_wrote() {
    let init = |i, once: &(OnceLock<usize>, Cell)| {
        let value = *once.0.get_or_init(|| {
            once.1.0.with_mut(|_| ());
            i
        });
        once.1.0.with(|_| ());
        assert_eq!(once.0.get(), Some(&value));
    };
    executions(&explore(move || threads(3, Default::default, init)), 3);
}

#[test]
fn an_initialization_that_panics_is_begun_again_and_a_once_is_poisoned() {
    let verdict = explore(|| {
        let shared: Arc<(OnceLock<u32>, Once)> = Arc::new((OnceLock::new(), Once::new()));
        let other = Arc::clone(&shared);
        let panics = thread::spawn(move || {
            let init = || *other.0.get_or_init(|| panic!("on purpose"));
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(init));
            assert!(result.is_err() || other.0.get() == Some(&1));
            other.1.call_once(|| panic!("on purpose"));
        });
        assert_eq!(shared.0.get_or_init(|| 1), &1);
        assert!(panics.join().is_err());
        shared.1.call_once_force(|state| assert!(state.is_poisoned()));
        shared.1.call_once(|| unreachable!("it is done"));
        assert!(shared.1.is_completed());
    });
    verdict.assert_proved();
}

#[test]
fn a_once_that_waits_for_itself_is_a_deadlock() {
    let verdict = explore(|| {
        threads(2, OnceLock::new, |i, once| {
            once.get_or_init(|| if i == 0 { *once.get_or_init(|| 1) } else { 2 });
        });
    });
    assert_eq!(verdict.assert_refuted().finding, Finding::Deadlock);
}

#[test]
fn a_barrier_has_one_leader_orders_memory_and_holds_who_comes_too_few() {
    let meet = |i, shared: &(Barrier, Cell, AtomicUsize)| {
        if i == 0 {
            shared.1.0.with_mut(|_| ());
        }
        if shared.0.wait().is_leader() {
            assert_eq!(shared.2.fetch_add(1, Ordering::SeqCst), 0);
        }
        shared.1.0.with(|_| ());
    };
    let new = || (Barrier::new(3), Cell::default(), AtomicUsize::new(0));
    executions(&explore(move || threads(3, new, meet)), 6);
    assert_eq!(explore(move || threads(2, new, meet)).assert_refuted().finding, Finding::Deadlock);
}

#[test]
fn a_bounded_channel_makes_its_senders_wait_and_its_end_is_seen_when_it_is_empty() {
    let verdict = explore(|| {
        let (sender, receiver) = mpsc::sync_channel(1);
        let other = sender.clone();
        let senders = [sender, other].map(|sender| thread::spawn(move || sender.send(1).unwrap()));
        assert_eq!(receiver.iter().sum::<i32>(), 2);
        for sender in senders {
            sender.join().unwrap();
        }
    });
    executions(&verdict, 2);
}

#[test]
fn a_receive_with_a_timeout_may_time_out_and_may_not_and_ends_with_its_senders() {
    use std::time::Duration;
    let receive = |seen: Result<i32, mpsc::RecvTimeoutError>| {
        explore(move || {
            let (sender, receiver) = mpsc::channel();
            let sender = thread::spawn(move || sender.send(1));
            assert_ne!(receiver.recv_timeout(Duration::from_hours(1)), seen);
            sender.join().unwrap().ok();
        })
    };
    assert!(receive(Ok(1)).is_refuted() && receive(Err(mpsc::RecvTimeoutError::Timeout)).is_refuted());
    receive(Err(mpsc::RecvTimeoutError::Disconnected)).assert_proved();
    let silent = explore(|| {
        let (sender, receiver) = mpsc::channel::<()>();
        let other = sender.clone();
        let dropper = thread::spawn(move || drop(other));
        for _ in 0..2 {
            assert_eq!(receiver.recv_timeout(Duration::MAX), Err(mpsc::RecvTimeoutError::Timeout));
        }
        dropper.join().unwrap();
        drop(sender);
        assert!(receiver.recv().is_err());
    });
    silent.assert_proved();
    assert!(silent.to_string().contains("timeout"), "{silent}");
}

/// The third send has to wait for the first receive, and not for the second.
#[test]
fn a_send_that_a_receive_made_room_for_knows_nothing_of_later_receives() {
    let explore = |writes_first: bool| {
        explore(move || {
            let ((sender, receiver), cell) = (mpsc::sync_channel(2), Arc::new(Cell::default()));
            let other = Arc::clone(&cell);
            let receives = thread::spawn(move || {
                if writes_first {
                    other.0.with_mut(|_| ());
                }
                receiver.recv().unwrap();
                if !writes_first {
                    other.0.with_mut(|_| ());
                }
                receiver.recv().unwrap();
                receiver
            });
            (0..3).for_each(|message| sender.send(message).unwrap());
            cell.0.with_mut(|_| ());
            receives.join().unwrap();
        })
    };
    explore(true).assert_proved();
    assert_eq!(explore(false).assert_refuted().finding, Finding::DataRace);
}
