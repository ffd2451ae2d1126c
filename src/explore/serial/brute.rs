//! Calls that are found to be as one step against the search: random calls, by sequences and by every execution.

use super::strategy::in_turn;
use super::why_not;
use crate::explore::brute::program::{Chance, FAMILIES, Op, runnable};
use crate::explore::brute::{Unstopped, wanted};
use crate::explore::driver::{Strategy, drive};
use crate::explore::order::Order;
use crate::explore::schedule::{Pick, Schedule};
use crate::world::execution::Execution;
use crate::world::operation::ThreadId;
use shuttle::scheduler::Task;
use std::collections::BTreeSet;

/// One execution, with one thread after the other.
#[derive(Default)]
struct InOrder {
    begun: bool,
    threads: Vec<ThreadId>,
    order: Order,
    why_not: Option<String>,
}

impl Strategy for InOrder {
    fn begin(&mut self) -> bool {
        !std::mem::replace(&mut self.begun, true)
    }

    fn pick(&mut self, execution: &Execution, enabled: &[ThreadId], _: &[&Task]) -> Option<Pick> {
        let thread = in_turn(execution, enabled, &self.threads)?;
        Some(Pick { thread, choice: 0 })
    }

    fn end(&mut self, execution: &mut Execution, _: &Schedule) -> bool {
        self.why_not = if execution.failure.is_some() {
            Some("it fails, or waits for others".to_owned())
        } else {
            self.order.work_out(execution);
            why_not(&self.order, execution, &self.threads)
        };
        false
    }
}

/// What calls answer that are made one after another, each by a thread of its own, and what they leave behind; none
/// if they are not as one step.
fn in_order(calls: &[&Vec<Op>]) -> Option<Vec<String>> {
    let threads: Vec<Vec<Op>> = calls.iter().map(|call| (*call).clone()).collect();
    let (program, outcomes) = runnable(&threads, 0);
    let clients = (1..=threads.len()).map(|id| ThreadId(id as u16)).collect();
    let (ran, _) = drive(&program, InOrder { threads: clients, ..InOrder::default() }, 1_000);
    let outcomes = outcomes.lock().unwrap();
    let texts = outcomes.iter().next().map(|text| text.split(" | ").map(str::to_owned).collect());
    texts.filter(|_| ran.why_not.is_none())
}

/// Every order in which the threads can make their calls: who makes the next one.
fn merges(left: &[usize]) -> Vec<Vec<usize>> {
    if left.iter().all(|left| *left == 0) {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for thread in (0..left.len()).filter(|thread| left[*thread] > 0) {
        let mut less = left.to_vec();
        less[thread] -= 1;
        all.extend(merges(&less).into_iter().map(|rest| [vec![thread], rest].concat()));
    }
    all
}

/// What threads see that make these calls, by number, if `in_order` has what every sequence of them comes to.
fn by_sequences(
    threads: &[Vec<usize>],
    in_order: impl Fn(&[usize]) -> Option<Vec<String>>,
) -> Option<BTreeSet<String>> {
    let lengths: Vec<usize> = threads.iter().map(Vec::len).collect();
    let mut seen = BTreeSet::new();
    for merge in merges(&lengths) {
        let mut next = vec![0; threads.len()];
        let mut calls = Vec::new();
        for thread in &merge {
            calls.push(threads[*thread][next[*thread]]);
            next[*thread] += 1;
        }
        let texts = in_order(&calls)?;
        let (answers, ends) = texts.split_at(calls.len());
        let of = |thread: usize| {
            let own =
                merge.iter().zip(answers).filter(|(who, _)| **who == thread).map(|(_, answer)| &**answer);
            own.collect::<Vec<_>>().join(",")
        };
        let texts = (0..threads.len()).map(of).chain(ends.iter().cloned());
        seen.insert(texts.collect::<Vec<_>>().join(" | "));
    }
    Some(seen)
}

/// Two kinds of call, and two threads that make one or two of them each, or three that make one.
fn drawn(chance: &mut Chance, family: usize) -> (Vec<Vec<Op>>, Vec<Vec<usize>>) {
    let kinds: Vec<Vec<Op>> = chance.program(family).into_iter().take(2).collect();
    let threads = 2 + chance.below(2);
    let calls = if threads == 2 { 2 } else { 1 };
    let thread = |chance: &mut Chance| (0..=chance.below(calls)).map(|_| chance.below(2)).collect();
    (kinds, (0..threads).map(|_| thread(chance)).collect())
}

fn compare_many(family: usize, plain: u64) {
    let (wanted, mut chance) = (wanted(plain), Chance::new(family));
    let (mut programs, mut executions, mut refused) = (0, 0, 0_u64);
    while programs < wanted {
        let (kinds, threads) = drawn(&mut chance, family);
        let sequence =
            |calls: &[usize]| in_order(&calls.iter().map(|call| &kinds[*call]).collect::<Vec<_>>());
        let Some(by_sequences) = by_sequences(&threads, sequence) else {
            refused += 1;
            continue;
        };
        let of = |thread: &Vec<usize>| thread.iter().flat_map(|call| kinds[*call].clone()).collect();
        let program: Vec<Vec<Op>> = threads.iter().map(of).collect();
        let (program, seen) = runnable(&program, 0);
        let (searched, counts) = drive(&program, Unstopped::new(), 1_000);
        let about = format!("{kinds:?} {threads:?}");
        assert!(searched.seen.deadlocks.is_empty(), "{about}: a deadlock");
        assert!(searched.search.finding.is_none(), "{about}: {:?}", searched.search.finding);
        assert_eq!(*seen.lock().unwrap(), by_sequences, "{about}");
        programs += 1;
        executions += counts.executions;
    }
    println!(
        "calls as one step, {}: {programs} programs whose sequences say what {executions} executions do; of {refused} \
         more some call is not as one step",
        FAMILIES[family].about
    );
}

macro_rules! families {
    ($($name:ident: $family:literal),* $(,)?) => {$(
        #[test]
        fn $name() {
            compare_many($family, 60);
        }
    )*};
}

families! {
    atomics_and_mutexes: 0,
    rwlocks: 2,
    condvars: 3,
    once_and_barriers: 5,
}
