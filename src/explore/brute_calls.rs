//! The judging of whole classes against brute force: random small programs of calls, right and wrong, by
//! every interleaving of their steps with the beginnings and ends of their calls.

use super::bounded::{Bounded, Limit};
use super::brute::program::Chance;
use super::budget::Budget;
use super::driver::{Program, drive};
use super::exhaustive::Exhaustive;
use super::finding::Finding;
use super::judge::Judge;
use super::record::Record;
use super::replay::Replay;
use super::shown::shown;
use crate::spec::Spec;
use crate::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use crate::thread;
use crate::verdict::Cut;
use crate::world::{execution, panic};
use std::sync::Arc;

/// Two numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Pair([usize; 2]);

/// What a call means, whatever it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Op {
    Get(usize),
    Add(usize),
    Sum,
}

impl Spec for Pair {
    type Op = Op;
    type Ret = usize;

    fn apply(&mut self, op: &Op) -> usize {
        match op {
            Op::Get(i) => self.0[*i],
            Op::Sum => self.0[0] + self.0[1],
            Op::Add(i) => {
                self.0[*i] += 1;
                0
            }
        }
    }
}

/// How a call does it.
#[derive(Clone, Copy, Debug)]
enum How {
    /// In one step a number.
    Right,
    /// Answers what the thread's last call has answered, without a step.
    Stale,
    /// In more steps than are right.
    Slow,
}

type Threads = Vec<Vec<(Op, How)>>;

fn perform(numbers: &[AtomicUsize; 2], last: &mut usize, op: Op, how: How) -> usize {
    let answer = match (op, how) {
        (Op::Get(_) | Op::Sum, How::Stale) => *last,
        (Op::Get(i), How::Right) => numbers[i].load(SeqCst),
        (Op::Get(i), How::Slow) => {
            numbers[i].load(SeqCst);
            numbers[i].load(SeqCst)
        }
        (Op::Sum, How::Right) => numbers[0].load(SeqCst) + numbers[1].load(SeqCst),
        (Op::Sum, How::Slow) => numbers[1].load(SeqCst) + numbers[0].load(SeqCst),
        (Op::Add(i), How::Right) => {
            numbers[i].fetch_add(1, SeqCst);
            0
        }
        (Op::Add(i), How::Slow | How::Stale) => {
            let value = numbers[i].load(SeqCst);
            numbers[i].store(value + 1, SeqCst);
            0
        }
    };
    *last = answer;
    answer
}

/// `visible`: the ends of calls are steps, and the times of the calls are judged by the program itself.
fn program(threads: &Threads, visible: bool) -> (Program, Arc<Record<Pair>>) {
    let record = Arc::new(Record::new(Pair([0, 0])));
    let (threads, seen) = (threads.clone(), Arc::clone(&record));
    let program = move || {
        seen.begin();
        let numbers = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
        let handles = threads.iter().zip(0..).map(|(calls, client)| {
            let (calls, numbers, seen) = (calls.clone(), Arc::clone(&numbers), Arc::clone(&seen));
            thread::spawn(move || {
                let end = visible.then(|| AtomicUsize::new(0));
                let mut last = 0;
                for (op, how) in calls {
                    let call = seen.call(client, op);
                    end.as_ref().map(|end| end.load(SeqCst));
                    let ret = perform(&numbers, &mut last, op, how);
                    end.as_ref().map(|end| end.load(SeqCst));
                    seen.returned(call, ret);
                }
            })
        });
        let handles: Vec<_> = handles.collect();
        for handle in handles {
            handle.join().unwrap();
        }
        seen.ends_in(Some(Pair([numbers[0].load(SeqCst), numbers[1].load(SeqCst)])));
        if let Some(failure) = visible.then(|| seen.judge_times()).flatten() {
            execution::with(|e| e.fail(failure));
            panic::give_up();
        }
    };
    (Arc::new(program), record)
}

struct Executions(usize);

impl Limit for Executions {
    fn spent(&mut self, _: usize) -> Option<Cut> {
        self.0 -= 1;
        (self.0 == 0).then_some(Cut::Executions { max: 0 })
    }
}

/// Whether the program is right, or none if there are too many interleavings.
fn by_brute_force(threads: &Threads) -> Option<bool> {
    let (program, _) = program(threads, true);
    let (search, _) = drive(&program, Bounded::new(usize::MAX, None, Executions(1_500)), 1_000);
    match search.finding {
        Some(_) => Some(false),
        None => search.cut.is_none().then_some(true),
    }
}

/// Whether the program is right by the engine; if it is not, what is shown of it is replayed.
fn by_the_engine(threads: &Threads) -> bool {
    let (program, record) = program(threads, false);
    let judge = Some(record as Arc<dyn Judge>);
    let search = Exhaustive::new(Budget::new(u64::MAX, None), judge.clone());
    let (search, _) = drive(&program, search, 1_000);
    let (Some(found), Some(failed)) = (search.finding, search.failed) else { return true };
    // The execution that stands for others may be right itself; the one that is named is not.
    let (named, _) = drive(&program, Replay::new(failed.clone(), judge.clone()), 1_000);
    assert!(matches!(named.finding, Some(Finding::Wrong(_))), "{threads:?}: {:?}", named.finding);
    let Finding::Wrong(best) = shown(&program, &judge, 1_000, &failed, found) else {
        panic!("{threads:?}: nothing is shown");
    };
    let schedule = best.schedule.as_deref().unwrap_or("r1:").parse().unwrap();
    let (again, _) = drive(&program, Replay::new(schedule, judge), 1_000);
    let Some(Finding::Wrong(again)) = again.finding else { panic!("{threads:?}: not wrong again") };
    assert_eq!(format!("{again:?}"), format!("{best:?}"), "{threads:?}");
    false
}

fn call(chance: &mut Chance) -> (Op, How) {
    let i = chance.below(2);
    let op = [Op::Get(i), Op::Add(i), Op::Add(i), Op::Sum][chance.below(4)];
    let how = [How::Right, How::Right, How::Right, How::Stale, How::Slow][chance.below(5)];
    (op, how)
}

fn any_program(chance: &mut Chance) -> Threads {
    let threads = 2 + chance.below(2);
    let calls = if threads == 2 { 2 } else { 1 + chance.below(4) / 3 };
    (0..threads).map(|_| (0..=chance.below(calls)).map(|_| call(chance)).collect()).collect()
}

/// `RACEPROOF_CALL_PROGRAMS=20000` for more of them than a plain run compares.
#[test]
fn judges_every_order_of_returns_that_an_execution_stands_for() {
    let wanted = std::env::var("RACEPROOF_CALL_PROGRAMS").ok().and_then(|n| n.parse().ok()).unwrap_or(300);
    let mut chance = Chance::new(0);
    let (mut right, mut wrong, mut too_large) = (0, 0, 0);
    while right + wrong < wanted {
        let threads = any_program(&mut chance);
        let Some(expected) = by_brute_force(&threads) else {
            too_large += 1;
            continue;
        };
        assert_eq!(by_the_engine(&threads), expected, "{threads:?}");
        *(if expected { &mut right } else { &mut wrong }) += 1;
    }
    println!(
        "{right} right programs proved, {wrong} wrong ones refuted; {too_large} too large for brute force"
    );
    assert!(right > wanted / 10 && wrong > wanted / 10);
}
