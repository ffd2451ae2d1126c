//! Programs that meet what a model cannot model are undecided, with what and where, and soon.

use raceproof::Foreign;
use raceproof::cell::UnsafeCell;
use raceproof::explore::{Engine, Explorer};
use raceproof::sync::{Arc, Mutex, mpsc};
use raceproof::thread;
use std::collections::HashMap;
use std::io::Read;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Its verdict, which must come though the program waits for ever: a test that hangs fails.
#[track_caller]
fn is_undecided(engine: Engine, program: impl Fn() + Send + Sync + 'static) -> String {
    let verdict = Explorer::new(engine).explore(program);
    assert_eq!(verdict.word(), "undecided", "{verdict}");
    verdict.to_string()
}

#[test]
fn a_lock_of_stds_that_is_held_across_a_step() {
    for engine in [Engine::Exhaustive, Engine::Random { seed: 1 }, Engine::Loom] {
        let text = is_undecided(engine, || {
            let shared = Arc::new((std::sync::Mutex::new(0), Mutex::new(0)));
            let both = |shared: &(std::sync::Mutex<u32>, Mutex<u32>)| {
                let outer = shared.0.lock().unwrap();
                *shared.1.lock().unwrap() += *outer;
            };
            let other = Arc::clone(&shared);
            let adds = thread::spawn(move || both(&other));
            both(&shared);
            adds.join().unwrap();
        });
        assert!(
            text.contains("left the model behind left_the_model.rs:") && text.contains("of std's"),
            "{text}"
        );
    }
}

/// What tokio's own sockets panic with, where there is no runtime of tokio's, is no panic of the program.
#[test]
fn a_socket_of_tokios_own() {
    let text = is_undecided(Engine::Exhaustive, || {
        let runtime = raceproof::tokio::runtime::Runtime::new().unwrap();
        let met = Arc::new(Mutex::new(0));
        let other = Arc::clone(&met);
        let adds = thread::spawn(move || *other.lock().unwrap() += 1);
        runtime.block_on(async {
            let _ = raceproof::tokio::spawn(raceproof::tokio::net::TcpListener::bind("127.0.0.1:0")).await;
        });
        adds.join().unwrap();
    });
    assert!(text.contains("not modelled: I/O") && text.contains("left_the_model.rs:"), "{text}");
}

#[test]
fn input_that_never_comes() {
    let listener = std::sync::Arc::new(TcpListener::bind("127.0.0.1:0").unwrap());
    let kept = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let last = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let noted = Arc::clone(&last);
    let text = is_undecided(Engine::Exhaustive, move || {
        let met = Arc::new(Mutex::new(0));
        let other = Arc::clone(&met);
        let adds = thread::spawn(move || *other.lock().unwrap() += 1);
        noted.store(line!() + 1, std::sync::atomic::Ordering::Relaxed);
        *met.lock().unwrap() += 1;
        let mut client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        kept.lock().unwrap().push(listener.accept().unwrap());
        let _ = client.read(&mut [0]);
        adds.join().unwrap();
    });
    let last = format!("left_the_model.rs:{},", last.load(std::sync::atomic::Ordering::Relaxed));
    assert!(text.contains(&last), "{text}");
}

#[test]
fn a_thread_of_stds_that_is_waited_for_for_ever() {
    is_undecided(Engine::Exhaustive, || {
        let met = Arc::new(Mutex::new(0));
        *met.lock().unwrap() += 1;
        let (sender, receiver) = std::sync::mpsc::channel::<()>();
        std::thread::spawn(move || receiver.recv());
        std::thread::sleep(Duration::from_mins(1));
        drop(sender);
    });
}

#[test]
fn a_foreign_runtime_that_waits_for_a_future_of_the_model() {
    let text = is_undecided(Engine::Exhaustive, || {
        let (sender, mut receiver) = raceproof::tokio::sync::mpsc::channel(1);
        let sends = thread::spawn(move || sender.blocking_send(1));
        let runtime = ::tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async move { receiver.recv().await });
        sends.join().unwrap().unwrap();
    });
    assert!(!text.is_empty());
}

#[test]
fn a_program_that_computes_for_long_is_let_compute() {
    let began = std::sync::Once::new();
    let verdict = Explorer::new(Engine::Exhaustive).explore(move || {
        let met = Arc::new(Mutex::new(0));
        let other = Arc::clone(&met);
        let adds = thread::spawn(move || *other.lock().unwrap() += 1);
        began.call_once(|| {
            let now = Instant::now();
            while now.elapsed() < Duration::from_millis(1_500) {
                std::hint::spin_loop();
            }
        });
        *met.lock().unwrap() += 1;
        adds.join().unwrap();
    });
    verdict.assert_proved();
}

/// Each of its executions waits for a while in the real world, and all of them for longer than one may.
fn waits_now_and_then() {
    let met = Arc::new(Mutex::new(0));
    let add = || {
        let other = Arc::clone(&met);
        thread::spawn(move || *other.lock().unwrap() += 1)
    };
    let adds = [add(), add()];
    std::thread::sleep(Duration::from_millis(250));
    *met.lock().unwrap() += 1;
    for add in adds {
        add.join().unwrap();
    }
}

#[test]
fn a_program_that_waits_now_and_then_is_waited_for() {
    Explorer::new(Engine::Exhaustive).explore(waits_now_and_then).assert_proved();
}

#[test]
fn an_exploration_within_another_one_is_waited_for() {
    let verdict = Explorer::new(Engine::Exhaustive).explore(|| {
        let (sender, receiver) = mpsc::channel();
        let sends = thread::spawn(move || sender.send(1));
        assert_eq!(receiver.recv(), Ok(1));
        sends.join().unwrap().unwrap();
        Explorer::new(Engine::Exhaustive).explore(waits_now_and_then).assert_proved();
    });
    verdict.assert_proved();
}

#[test]
fn a_program_that_was_left_behind_is_not_run_again() {
    let executions = std::sync::Arc::new(AtomicU32::new(0));
    let gate = std::sync::Arc::new(std::sync::Mutex::new(()));
    let closed = gate.lock().unwrap();
    let (began, opens) = (std::sync::Arc::clone(&executions), std::sync::Arc::clone(&gate));
    is_undecided(Engine::Exhaustive, move || {
        began.fetch_add(1, Relaxed);
        let met = Arc::new(Mutex::new(0));
        let other = Arc::clone(&met);
        let adds = thread::spawn(move || *other.lock().unwrap() += 1);
        drop(opens.lock());
        *met.lock().unwrap() += 1;
        adds.join().unwrap();
    });
    drop(closed);
    // It is dropped when its exploration has ended.
    let began = Instant::now();
    while std::sync::Arc::strong_count(&gate) > 1 && began.elapsed() < Duration::from_secs(10) {
        std::thread::yield_now();
    }
    assert_eq!((std::sync::Arc::strong_count(&gate), executions.load(Relaxed)), (1, 1));
}

/// What another crate might have: a map whose operations are atomic.
#[derive(Default)]
struct Map(std::sync::Mutex<HashMap<u32, u32>>);

impl Map {
    fn get(&self, key: u32) -> u32 {
        self.0.lock().unwrap().get(&key).copied().unwrap_or(0)
    }

    fn insert(&self, key: u32, value: u32) {
        self.0.lock().unwrap().insert(key, value);
    }

    fn add(&self, key: u32) {
        *self.0.lock().unwrap().entry(key).or_default() += 1;
    }
}

#[test]
fn each_operation_of_a_foreign_type_is_one_step() {
    fn program(add: fn(&Foreign<Map>)) -> impl Fn() + Send + Sync + 'static {
        move || {
            let map = Arc::new(Foreign::<Map>::default());
            let other = Arc::clone(&map);
            let adds = thread::spawn(move || add(&other));
            add(&map);
            adds.join().unwrap();
            assert_eq!(map.look(|map| map.get(1)), 2);
        }
    }
    for engine in [Engine::Exhaustive, Engine::Loom] {
        let proved = Explorer::new(engine).explore(program(|map| map.with(|map| map.add(1))));
        proved.assert_proved();
        assert!(proved.to_string().contains("not raceproof's"), "{proved}");
        let lost = program(|map| {
            let read = map.look(|map| map.get(1));
            map.with(|map| map.insert(1, read + 1));
        });
        Explorer::new(engine).explore(lost).assert_refuted();
    }
}

#[test]
fn looks_at_a_foreign_type_commute() {
    let verdict = Explorer::new(Engine::Exhaustive).explore(|| {
        let map = Arc::new(Foreign::new(Map::default()));
        let other = Arc::clone(&map);
        let looks = thread::spawn(move || other.look(|map| map.get(1)));
        assert_eq!(map.look(|map| map.get(1)), looks.join().unwrap());
    });
    verdict.assert_proved();
    assert_eq!(verdict.coverage().executions, 1);
}

/// Memory whose users meet in a foreign type.
struct Memory(UnsafeCell<u32>);

// SAFETY: they do not touch it at once, which is what the tests ask.
unsafe impl Sync for Memory {}

#[test]
fn what_was_written_before_an_operation_is_known_behind_the_next_one() {
    for engine in [Engine::Exhaustive, Engine::Loom] {
        for looks in [false, true] {
            let verdict = Explorer::new(engine).explore(move || {
                let made = Arc::new((Foreign::new(Map::default()), Memory(UnsafeCell::new(0))));
                let other = Arc::clone(&made);
                let writes = thread::spawn(move || {
                    // SAFETY: nobody reads before the flag is there.
                    other.1.0.with_mut(|value| unsafe { *value = 1 });
                    other.0.with(|map| map.add(1));
                });
                let get = |map: &Map| map.get(1);
                if 1 == if looks { made.0.look(get) } else { made.0.with(get) } {
                    // SAFETY: it was written before the flag.
                    assert_eq!(made.1.0.with(|value| unsafe { *value }), 1);
                }
                writes.join().unwrap();
            });
            verdict.assert_proved();
        }
    }
}

#[test]
fn what_an_operation_writes_is_known_behind_the_next_one() {
    let verdict = Explorer::new(Engine::Exhaustive).explore(|| {
        let made = Arc::new(Foreign::new(Memory(UnsafeCell::new(0))));
        // SAFETY: as in a type whose operations have the memory alone, one after the other.
        let add =
            |made: &Foreign<Memory>| made.with(|memory| memory.0.with_mut(|value| unsafe { *value += 1 }));
        let other = Arc::clone(&made);
        let adds = thread::spawn(move || add(&other));
        add(&made);
        adds.join().unwrap();
    });
    verdict.assert_proved();
}
