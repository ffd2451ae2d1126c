//! The exhaustive search against others': random programs of locks and a channel see the same under loom, and
//! under shuttle's depth-first search of the same program in shuttle's own types.

use super::{Engine, Explorer};
use crate::sync::{Arc, Mutex};
use crate::thread;
use crate::tokio::sync::mpsc;
use shuttle::scheduler::DfsScheduler;
use std::collections::BTreeSet;

/// What a thread does.
#[derive(Clone, Copy, Debug)]
enum Op {
    /// Adds to the number behind a lock, and sees what it was.
    Add(usize),
    /// Sees the number behind a lock.
    Read(usize),
    /// Adds the number behind the first lock to the one behind the second, with both held.
    Move,
    /// Sends a number to the main thread.
    Send(usize),
}

type Threads = Vec<Vec<Op>>;

/// The same program in the types of one library or the other: what its threads saw, and what the main thread
/// received.
macro_rules! program {
    ($threads:expr, $arc:path, $mutex:path, $spawn:path, $channel:expr, $send:ident, $recv:ident $($ok:ident)?) => {{
        use $arc as SharedArc;
        use $mutex as Lock;
        let threads: &Threads = $threads;
        let locks = SharedArc::new([Lock::new(0), Lock::new(0)]);
        #[allow(unused_mut, reason = "shuttle's receives by reference")]
        let (sender, mut receiver) = $channel;
        let handles = threads.iter().map(|ops| {
            let (ops, locks, sender) = (ops.clone(), SharedArc::clone(&locks), sender.clone());
            $spawn(move || {
                let see = |op: Op| match op {
                    Op::Add(i) => {
                        let mut number = locks[i].lock().unwrap();
                        *number += 1;
                        *number
                    }
                    Op::Read(i) => *locks[i].lock().unwrap(),
                    Op::Move => {
                        let first = locks[0].lock().unwrap();
                        let mut second = locks[1].lock().unwrap();
                        *second += *first;
                        *second
                    }
                    Op::Send(number) => {
                        assert!(sender.$send(number).is_ok());
                        0
                    }
                };
                ops.into_iter().map(see).collect::<Vec<usize>>()
            })
        });
        let handles: Vec<_> = handles.collect();
        drop(sender);
        // To the end, since loom wants no receiver to be dropped before its senders.
        let received: Vec<usize> = std::iter::from_fn(|| receiver.$recv()$(.$ok())?).collect();
        let seen: Vec<Vec<usize>> = handles.into_iter().map(|handle| handle.join().unwrap()).collect();
        format!("{seen:?} {received:?}")
    }};
}

type Outcomes = std::sync::Arc<std::sync::Mutex<BTreeSet<String>>>;

/// What an engine of ours sees, or none if it did not finish.
fn seen_by(engine: Engine, threads: &Threads) -> Option<BTreeSet<String>> {
    let outcomes = Outcomes::default();
    let (noted, threads) = (outcomes.clone(), threads.clone());
    let verdict = Explorer::new(engine).executions_max(3_000).explore(move || {
        let outcome = program!(
            &threads,
            Arc,
            Mutex,
            thread::spawn,
            mpsc::channel::<usize>(8),
            blocking_send,
            blocking_recv
        );
        noted.lock().unwrap().insert(outcome);
    });
    assert!(!verdict.is_refuted(), "{verdict}");
    verdict.is_proved().then(|| outcomes.lock().unwrap().clone())
}

/// What shuttle's depth-first search sees, or none if it did not finish.
fn seen_by_shuttle(threads: &Threads) -> Option<BTreeSet<String>> {
    const EXECUTIONS_MAX: usize = 3_000;
    super::driver::prepare();
    let outcomes = Outcomes::default();
    let (noted, threads) = (outcomes.clone(), threads.clone());
    let scheduler = DfsScheduler::new(Some(EXECUTIONS_MAX), false);
    let runner = shuttle::Runner::new(scheduler, super::driver::config());
    let executions = runner.run(move || {
        let outcome = program!(
            &threads,
            shuttle::sync::Arc,
            shuttle::sync::Mutex,
            shuttle::thread::spawn,
            shuttle::sync::mpsc::channel::<usize>(),
            send,
            recv ok
        );
        noted.lock().unwrap().insert(outcome);
    });
    (executions < EXECUTIONS_MAX).then(|| outcomes.lock().unwrap().clone())
}

/// Two or three threads with one or two operations each, from a number.
fn program_of(mut seed: usize) -> Threads {
    let mut below = |n: usize| {
        let drawn = seed % n;
        seed /= n;
        drawn
    };
    let ops = [Op::Add(0), Op::Add(1), Op::Read(0), Op::Read(1), Op::Move, Op::Send(0), Op::Send(1)];
    let threads = 2 + below(2);
    (0..threads).map(|_| (0..=below(2)).map(|_| ops[below(ops.len())]).collect()).collect()
}

#[test]
fn sees_what_loom_and_shuttles_depth_first_search_see() {
    let (mut by_loom, mut by_shuttle) = (0, 0);
    for nth in 0..60 {
        // Numbers that share no digits of small bases, so that the programs differ throughout.
        let threads = program_of(nth * 1_000_003 + 7);
        let Some(expected) = seen_by(Engine::Exhaustive, &threads) else { continue };
        if let Some(seen) = seen_by(Engine::Loom, &threads) {
            assert_eq!(seen, expected, "{threads:?}");
            by_loom += 1;
        }
        if let Some(seen) = seen_by_shuttle(&threads) {
            assert_eq!(seen, expected, "{threads:?}");
            by_shuttle += 1;
        }
    }
    println!("{by_loom} programs see the same under loom, {by_shuttle} under shuttle's depth-first search");
    assert!(by_loom > 20 && by_shuttle > 10, "{by_loom} {by_shuttle}");
}
