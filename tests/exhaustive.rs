//! The exhaustive engine: as many executions as there are distinct orders, and no finding missed.

use raceproof::counter::spec::{Op, START, Stored};
use raceproof::counter::{
    CounterStore, FromCounters, channel::ChannelStore, lost_update::LostUpdateStore, mutex::MutexStore,
    unsynchronized::UnsynchronizedStore,
};
use raceproof::explore::{Engine, Explorer};
use raceproof::spec::Scenario;
use raceproof::sync::atomic::{AtomicUsize, Ordering};
use raceproof::sync::{Arc, Mutex};
use raceproof::verdict::{Finding, Verdict};

fn explorer() -> Explorer {
    Explorer::new(Engine::Exhaustive)
}

fn incs<S: FromCounters>(clients: usize, calls: usize) -> Verdict {
    let threads = vec![vec![Op::Inc("i".to_owned()); calls]; clients];
    let initial = START.into_iter().collect();
    explorer().explore_scenarios::<Stored<S>>(&initial, &[Scenario { threads }])
}

/// A proof of as many executions as there are orders of the calls, and none begun in vain.
#[track_caller]
fn check<S: FromCounters>(clients: usize, calls: usize, orders: u64) {
    let verdict = incs::<S>(clients, calls);
    verdict.assert_proved();
    assert_eq!((verdict.coverage().executions, verdict.coverage().redundant), (orders, 0));
}

#[test]
fn the_mutex_store_has_one_execution_for_each_order_of_its_calls() {
    check::<MutexStore>(2, 1, 2);
    check::<MutexStore>(3, 1, 6);
    check::<MutexStore>(3, 2, 90);
    check::<MutexStore>(3, 3, 1_680);
    check::<MutexStore>(4, 1, 24);
}

#[test]
fn the_channel_store_has_one_execution_for_each_order_of_its_calls() {
    check::<ChannelStore>(2, 1, 2);
    check::<ChannelStore>(3, 1, 6);
    check::<ChannelStore>(3, 2, 90);
    check::<ChannelStore>(3, 3, 1_680);
    check::<ChannelStore>(4, 1, 24);
}

#[test]
fn refutes_the_lost_update_by_two_calls() {
    let verdict = incs::<LostUpdateStore>(2, 1);
    let shown = verdict.assert_refuted();
    assert_eq!(shown.finding, Finding::NotLinearizable);
    assert!(shown.schedule.is_some());
}

#[test]
fn refutes_the_unsynchronized_store_by_a_data_race_with_both_lines() {
    let verdict = incs::<UnsynchronizedStore>(2, 1);
    let shown = verdict.assert_refuted();
    assert_eq!(shown.finding, Finding::DataRace);
    assert_eq!(shown.rows.iter().filter(|row| row.decisive).count(), 2);
    assert!(shown.why.iter().filter(|line| line.contains("unsynchronized.rs:")).count() >= 2);
}

#[test]
fn finds_a_deadlock_that_most_schedules_do_not_meet() {
    let verdict = explorer().explore(|| {
        let (a, b) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
        let other = {
            let (a, b) = (Arc::clone(&a), Arc::clone(&b));
            raceproof::thread::spawn(move || {
                let _b = b.lock().unwrap();
                let _a = a.lock().unwrap();
            })
        };
        let first = a.lock().unwrap();
        drop(b.lock().unwrap());
        drop(first);
        other.join().unwrap();
    });
    assert_eq!(verdict.assert_refuted().finding, Finding::Deadlock);
}

#[test]
fn a_weak_compare_exchange_may_fail_without_a_reason() {
    let verdict = explorer().explore(|| {
        let x = Arc::new(AtomicUsize::new(0));
        let other = {
            let x = Arc::clone(&x);
            raceproof::thread::spawn(move || x.load(Ordering::SeqCst))
        };
        assert!(x.compare_exchange_weak(0, 1, Ordering::SeqCst, Ordering::SeqCst).is_ok());
        other.join().unwrap();
    });
    assert_eq!(verdict.assert_refuted().finding, Finding::Panic);
}

#[test]
fn a_relaxed_flag_publishes_nothing_and_a_release_flag_does() {
    let publish = |store: Ordering, load: Ordering| {
        explorer().explore(move || {
            let shared = Arc::new((Shared::default(), AtomicUsize::new(0)));
            let writer = Arc::clone(&shared);
            let other = raceproof::thread::spawn(move || {
                writer.0.set(1);
                writer.1.store(1, store);
            });
            if shared.1.load(load) == 1 {
                assert_eq!(shared.0.get(), 1);
            }
            other.join().unwrap();
        })
    };
    publish(Ordering::Release, Ordering::Acquire).assert_proved();
    assert_eq!(publish(Ordering::Relaxed, Ordering::Acquire).assert_refuted().finding, Finding::DataRace);
    assert_eq!(publish(Ordering::Release, Ordering::Relaxed).assert_refuted().finding, Finding::DataRace);
}

#[test]
fn a_lock_orders_plain_memory_and_two_locks_do_not() {
    let guarded = |locks: usize| {
        explorer().explore(move || {
            let shared = Arc::new((Shared::default(), [Mutex::new(()), Mutex::new(())]));
            let writer = Arc::clone(&shared);
            let other = raceproof::thread::spawn(move || {
                let _guard = writer.1[locks - 1].lock().unwrap();
                writer.0.set(1);
            });
            let guard = shared.1[0].lock().unwrap();
            shared.0.set(2);
            drop(guard);
            other.join().unwrap();
        })
    };
    guarded(1).assert_proved();
    assert_eq!(guarded(2).assert_refuted().finding, Finding::DataRace);
}

/// Plain memory that threads share.
#[derive(Default)]
struct Shared(raceproof::cell::UnsafeCell<i32>);

// SAFETY: model threads switch only at steps, so no two accesses overlap.
unsafe impl Sync for Shared {}

impl Shared {
    #[track_caller]
    fn get(&self) -> i32 {
        // SAFETY: as above.
        self.0.with(|value| unsafe { *value })
    }

    #[track_caller]
    fn set(&self, new: i32) {
        // SAFETY: as above.
        self.0.with_mut(|value| unsafe { *value = new });
    }
}

#[test]
fn a_program_that_shares_nothing_is_undecided() {
    let verdict = explorer().explore(|| {
        raceproof::thread::spawn(|| ()).join().unwrap();
    });
    assert_eq!(verdict.word(), "undecided");
}

#[test]
fn an_object_of_the_real_world_is_undecided() {
    let stranger = Arc::new(Mutex::new(0));
    let verdict = explorer().explore(move || *stranger.lock().unwrap() += 1);
    assert_eq!(verdict.word(), "undecided");
    assert!(verdict.to_string().contains("exhaustive.rs:"), "{verdict}");
}

#[test]
fn a_proof_names_the_lines_of_orderings_weaker_than_seqcst() {
    let add = |ordering: Ordering| {
        explorer().explore(move || {
            let x = Arc::new(AtomicUsize::new(0));
            let other = {
                let x = Arc::clone(&x);
                raceproof::thread::spawn(move || x.fetch_add(1, ordering))
            };
            x.fetch_add(1, ordering);
            other.join().unwrap();
        })
    };
    let relaxed = add(Ordering::Relaxed);
    relaxed.assert_proved();
    assert_eq!(relaxed.coverage().limits[0].lines.len(), 2, "{relaxed}");
    assert!(relaxed.to_string().contains("exhaustive.rs:"), "{relaxed}");
    assert!(add(Ordering::SeqCst).coverage().limits.is_empty());
}

#[test]
fn a_proof_of_tasks_names_the_awaits_that_are_only_seen_pending() {
    use raceproof::tokio::{self, sync::mpsc};
    let awaited = explorer().explore_async(async || {
        let (a, mut from_a) = mpsc::channel(1);
        tokio::spawn(async move { a.send(1).await });
        assert_eq!(from_a.recv().await, Some(1));
    });
    awaited.assert_proved();
    let lines = &awaited.coverage().limits[0].lines;
    assert!(awaited.coverage().limits[0].what.starts_with("polls written by hand"), "{awaited}");
    assert_eq!(lines.len(), 2, "the send and the receive: {awaited}");
    let blocking = explorer().explore(|| {
        let (a, mut from_a) = mpsc::channel(1);
        let other = raceproof::thread::spawn(move || a.blocking_send(1));
        assert_eq!(from_a.blocking_recv(), Some(1));
        other.join().unwrap().unwrap();
    });
    blocking.assert_proved();
    assert!(blocking.coverage().limits.is_empty(), "{blocking}");
}

#[test]
fn a_guard_that_is_dropped_by_a_panic_lets_others_go_before_it_and_behind() {
    let run = |held: bool| {
        explorer().explore(move || {
            let lock = Arc::new(Mutex::new(()));
            let other = {
                let lock = Arc::clone(&lock);
                raceproof::thread::spawn(move || {
                    let _guard = lock.lock().unwrap();
                    panic!("on purpose");
                })
            };
            assert!(lock.try_lock().is_err() != held);
            assert!(other.join().is_err());
        })
    };
    assert_eq!(run(true).assert_refuted().finding, Finding::Panic);
    assert_eq!(run(false).assert_refuted().finding, Finding::Panic);
}

#[test]
fn a_search_that_is_cut_short_is_no_proof() {
    let threads = vec![vec![Op::Inc("i".to_owned()); 2]; 3];
    let initial = START.into_iter().collect();
    let cut = explorer().executions_max(10);
    let verdict = cut.explore_scenarios::<Stored<MutexStore>>(&initial, &[Scenario { threads }]);
    assert_eq!(verdict.word(), "passed");
    assert_eq!(verdict.coverage().executions, 10);
    assert!(
        verdict.to_string().contains("most orders come from: counters 100 % (client 1, client 2, client 3)"),
        "{verdict}"
    );
}

#[test]
fn after_a_thousand_refutations_the_process_is_as_good_as_new() {
    for _ in 0..1_000 {
        assert!(incs::<LostUpdateStore>(2, 1).is_refuted());
    }
    check::<MutexStore>(3, 2, 90);
}

/// Two threads take two locks in opposite orders while a third one goes on for a while.
fn transfers() {
    let accounts = Arc::new([Mutex::new(1), Mutex::new(1)]);
    let spins = Arc::new(AtomicUsize::new(0));
    let transfer = |from: usize, to: usize| {
        let accounts = Arc::clone(&accounts);
        raceproof::thread::spawn(move || {
            let mut from = accounts[from].lock().unwrap();
            let mut to = accounts[to].lock().unwrap();
            *from -= 1;
            *to += 1;
        })
    };
    let transfers = [transfer(0, 1), transfer(1, 0)];
    spins.fetch_add(1, Ordering::SeqCst);
    for transfer in transfers {
        transfer.join().unwrap();
    }
}

#[test]
fn a_deadlock_of_some_threads_names_their_locks_and_lines() {
    let verdict = explorer().explore(transfers);
    let shown = verdict.assert_refuted();
    assert_eq!((shown.finding, shown.preemptions), (Finding::Deadlock, Some(1)));
    let text = verdict.to_string();
    assert!(text.contains("thread 1  holds accounts (exhaustive.rs:"), "{text}");
    assert!(text.contains("thread 2  holds accounts (exhaustive.rs:"), "{text}");
    assert!(!text.contains("main "), "main can go on, and is no part of it:\n{text}");
    assert_eq!(shown.rows.iter().filter(|row| row.decisive).count(), 2, "{text}");
}

#[test]
fn a_schedule_shows_the_same_bytes_again() {
    for engine in [Engine::Exhaustive, Engine::Random { seed: 1 }, Engine::Urw { seed: 3 }] {
        let verdict = Explorer::new(engine).explore(transfers);
        let schedule = verdict.assert_refuted().schedule.as_deref().unwrap().parse().unwrap();
        let again = Explorer::new(Engine::Exhaustive).replay(schedule).explore(transfers);
        let (first, again) = (verdict.assert_refuted(), again.assert_refuted());
        assert_eq!(format!("{:?}", first.rows), format!("{:?}", again.rows));
        assert_eq!((&first.why, &first.schedule), (&again.why, &again.schedule));
    }
}

#[test]
fn a_schedule_of_tasks_that_await_several_things_shows_the_same_again() {
    use raceproof::tokio::{self, sync::mpsc};
    let program = async || {
        let ((a, mut from_a), (b, mut from_b)) = (mpsc::channel(1), mpsc::channel(1));
        tokio::spawn(async move { a.send(1).await });
        tokio::spawn(async move { b.send(2).await });
        let first = tokio::select! { one = from_a.recv() => one, two = from_b.recv() => two };
        assert_eq!(first, Some(1), "it was the second");
    };
    for engine in [Engine::Exhaustive, Engine::Random { seed: 2 }] {
        let verdict = Explorer::new(engine).explore_async(program);
        let first = verdict.assert_refuted();
        let schedule = first.schedule.as_deref().unwrap();
        assert!(schedule.starts_with("r1:~"), "{schedule}");
        let again = explorer().replay(schedule.parse().unwrap()).explore_async(program);
        let again = again.assert_refuted();
        assert_eq!((&first.why, &first.schedule), (&again.why, &again.schedule));
        assert_eq!(format!("{:?}", first.rows), format!("{:?}", again.rows));
    }
}

#[test]
fn a_schedule_of_another_program_is_refused() {
    let replay = |schedule: &str| {
        let verdict = explorer().replay(schedule.parse().unwrap()).explore(transfers);
        assert_eq!(verdict.word(), "undecided");
        verdict.to_string()
    };
    assert!(replay("r1:7").contains("step 1"), "{}", replay("r1:7"));
    assert!(replay("r1:3/1").contains("is of scenario 3"), "{}", replay("r1:3/1"));
}

#[test]
fn a_bound_on_preemptions_finds_what_needs_no_more_and_proves_nothing() {
    let within = |max: usize| explorer().preemptions_max(max).explore(transfers);
    assert_eq!(within(0).word(), "passed");
    assert_eq!(within(1).assert_refuted().finding, Finding::Deadlock);
    let all = explorer().preemptions_max(100).explore(|| {
        let x = Arc::new(AtomicUsize::new(0));
        let other = {
            let x = Arc::clone(&x);
            raceproof::thread::spawn(move || x.load(Ordering::SeqCst))
        };
        x.store(1, Ordering::SeqCst);
        other.join().unwrap();
    });
    all.assert_proved();
}

#[test]
fn a_bound_on_choices_is_no_proof_where_it_left_one_out() {
    let weak = || {
        let x = Arc::new(AtomicUsize::new(0));
        let other = {
            let x = Arc::clone(&x);
            raceproof::thread::spawn(move || x.load(Ordering::SeqCst))
        };
        let _ = x.compare_exchange_weak(0, 1, Ordering::SeqCst, Ordering::SeqCst);
        other.join().unwrap();
    };
    assert_eq!(explorer().choices_max(0).explore(weak).word(), "passed");
    explorer().choices_max(1).explore(weak).assert_proved();
    let few = explorer().preemptions_max(2);
    assert_eq!(few.clone().choices_max(0).explore(weak).word(), "passed");
    few.choices_max(1).explore(weak).assert_proved();
    explorer().explore(weak).assert_proved();
}

/// Answers from a copy that each thread has for itself.
#[derive(Debug)]
struct StaleReads(MutexStore);

impl raceproof::spec::Subject for StaleReads {
    type Spec = raceproof::counter::counters::Counters;

    async fn new() -> Self {
        Self(MutexStore::new(START.into_iter().collect()))
    }

    async fn call(&self, op: &Op) -> raceproof::counter::spec::Ret {
        match op {
            Op::Get(_) => raceproof::counter::spec::Ret::Value(0),
            Op::Set(name, value) => self.0.set(name, *value).await.into(),
            Op::Inc(name) => self.0.inc(name).await.into(),
        }
    }
}

#[test]
fn refutes_answers_from_a_private_copy_which_share_no_step_with_what_they_miss() {
    let i = || "i".to_owned();
    let threads = vec![vec![Op::Inc(i())], vec![Op::Get(i())]];
    let initial = START.into_iter().collect();
    let verdict = explorer().explore_scenarios::<StaleReads>(&initial, &[Scenario { threads }]);
    let shown = verdict.assert_refuted();
    let why = shown.why.join(" ");
    assert!(why.contains("get(i) may answer 1, and answered 0"), "{verdict}");
    assert_eq!(shown.preemptions, Some(0), "{verdict}");
}

#[test]
fn the_verdict_of_a_subject_names_the_scenario_to_replay() {
    let i = || "i".to_owned();
    let get = Scenario { threads: vec![vec![Op::Get(i())], vec![Op::Get(i())]] };
    let inc = Scenario { threads: vec![vec![Op::Inc(i())], vec![Op::Inc(i())]] };
    let initial = START.into_iter().collect();
    let scenarios = [get, inc];
    let verdict = explorer().explore_scenarios::<Stored<LostUpdateStore>>(&initial, &scenarios);
    let schedule = verdict.assert_refuted().schedule.clone().unwrap();
    assert!(schedule.starts_with("r1:2/"), "{schedule}");
    let again = explorer().replay(schedule.parse().unwrap());
    let again = again.explore_scenarios::<Stored<LostUpdateStore>>(&initial, &scenarios);
    assert_eq!(again.assert_refuted().why, verdict.assert_refuted().why);
}

/// Waits for a time at most while nobody notifies, and then finds what others did, or what was expected.
fn waits_in_vain(expected: Option<u32>) {
    use raceproof::sync::Condvar;
    use std::time::Duration;
    let shared = Arc::new((Mutex::new(0), Condvar::new()));
    let other = {
        let shared = Arc::clone(&shared);
        raceproof::thread::spawn(move || *shared.0.lock().unwrap() += 1)
    };
    let waited = shared.1.wait_timeout(shared.0.lock().unwrap(), Duration::from_millis(1));
    let count = *waited.unwrap().0;
    assert!(expected.is_none_or(|expected| count == expected), "{count}");
    other.join().unwrap();
}

#[test]
fn an_execution_that_another_branch_shows_is_no_finding() {
    let within = |max: usize| explorer().preemptions_max(max).explore(|| waits_in_vain(None));
    within(100).assert_proved();
    assert_eq!(within(0).word(), "passed");
    // And it is not what is shown of a program that fails otherwise.
    for engine in [Engine::Exhaustive, Engine::Random { seed: 1 }] {
        let verdict = Explorer::new(engine).explore(|| waits_in_vain(Some(1)));
        assert_eq!(verdict.assert_refuted().finding, Finding::Panic, "{verdict}");
    }
}

/// It fails where the main thread comes first, and goes on for long where it does not.
#[test]
fn an_execution_that_is_too_long_does_not_take_the_place_of_one_that_fails() {
    let verdict = explorer().steps_max(60).explore(|| {
        let count = Arc::new(AtomicUsize::new(0));
        let other = {
            let count = Arc::clone(&count);
            raceproof::thread::spawn(move || count.fetch_add(1, Ordering::SeqCst))
        };
        if count.fetch_add(1, Ordering::SeqCst) == 1 {
            (0..100).for_each(|_| assert_eq!(count.load(Ordering::SeqCst), 2));
        }
        let ended = other.join().unwrap();
        assert_eq!(ended, 2, "never");
    });
    assert_eq!(verdict.word(), "refuted", "{verdict}");
}
