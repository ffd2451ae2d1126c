//! One execution of a scenario: its clients make their calls.

use super::{Around, Op, client};
use crate::explore::dropped::{Called, MayBeDropped};
use crate::explore::record::{AFTER, BEFORE, Record};
use crate::explore::stress;
use crate::spec::{Scenario, Subject};
use crate::world::execution::{self, Narrator};
use crate::world::failure::Failure;
use crate::world::{self, World, dropping, panic, spawn, task};
use std::panic::Location;
use std::sync::{Arc, Barrier};

/// One execution of a scenario: the clients make their calls. In the model the engine judges what they saw,
/// with the steps in hand; elsewhere it is judged here, by the times that were recorded.
pub fn run<S: Subject>(scenario: &Scenario<Op<S>>, around: &Around<Op<S>>, record: &Arc<Record<S::Spec>>) {
    record.begin();
    if !world::is_real() {
        execution::with(|e| e.narrator = Some(Arc::clone(record) as Arc<dyn Narrator>));
    }
    record.ends_in(match world::current() {
        World::Real => run_for_real::<S>(scenario, around, record),
        _ => task::block_on(run_in_model::<S>(scenario, around, record)),
    });
    if world::current() == World::Model {
        return;
    }
    let Some(failure) = record.judge_times() else { return };
    if world::is_real() {
        std::panic::panic_any(failure);
    }
    execution::with(|e| e.fail(failure));
    panic::give_up();
}

async fn run_in_model<S: Subject>(
    scenario: &Scenario<Op<S>>,
    around: &Around<Op<S>>,
    record: &Arc<Record<S::Spec>>,
) -> Option<S::Spec> {
    let mut marked = marked(scenario, around.drops);
    let subject = Arc::new(S::new().await);
    call_all(&*subject, record, BEFORE, &around.before).await;
    let clients = scenario.threads.iter().enumerate().map(|(i, ops)| {
        let (subject, record, ops) = (Arc::clone(&subject), Arc::clone(record), ops.clone());
        let marked: Vec<bool> = marked.drain(..ops.len()).collect();
        let body = move || task::block_on(call_some(&*subject, &record, i as u64, &ops, &marked));
        spawn::spawn(Some(client(i)), Location::caller(), body)
    });
    let clients: Vec<_> = clients.collect();
    for client in clients {
        if let Err(payload) = client.join(Location::caller()) {
            // It is the client's, and not of the main thread that hands it on.
            execution::with(|e| {
                if let Some(panic) = e.joined_panic.take() {
                    e.fail(Failure::Panic(panic));
                }
            });
            std::panic::resume_unwind(payload);
        }
    }
    call_all(&*subject, record, AFTER, &around.after).await;
    subject.state().await
}

/// A real thread for each client, and all begin at once.
fn run_for_real<S: Subject>(
    scenario: &Scenario<Op<S>>,
    around: &Around<Op<S>>,
    record: &Arc<Record<S::Spec>>,
) -> Option<S::Spec> {
    let subject = Arc::new(stress::block_on(S::new()));
    stress::block_on(call_all(&*subject, record, BEFORE, &around.before));
    let begin = Arc::new(Barrier::new(scenario.threads.len()));
    let clients = scenario.threads.iter().enumerate().map(|(i, ops)| {
        let (subject, record, ops) = (Arc::clone(&subject), Arc::clone(record), ops.clone());
        let begin = Arc::clone(&begin);
        std::thread::spawn(move || {
            begin.wait();
            stress::block_on(call_all(&*subject, &record, i as u64, &ops));
        })
    });
    let clients: Vec<_> = clients.collect();
    for client in clients {
        if let Err(payload) = client.join() {
            std::panic::resume_unwind(payload);
        }
    }
    stress::block_on(call_all(&*subject, record, AFTER, &around.after));
    stress::block_on(subject.state())
}

/// For each call, thread by thread, whether it may be dropped: up to `drops` of them, by choice.
fn marked<O>(scenario: &Scenario<O>, drops: usize) -> Vec<bool> {
    let calls = scenario.calls();
    let mut marked = vec![false; calls];
    let mut first = 0;
    for _ in 0..drops.min(calls) {
        // Each set of calls by one row of choices: in ascending order, and none behind the last.
        let way = dropping::mark((calls - first + 1) as u32, Location::caller()) as usize;
        if way == 0 {
            break;
        }
        first += way;
        marked[first - 1] = true;
    }
    marked
}

/// As `call_all`, with calls that may be dropped.
async fn call_some<S: Subject>(
    subject: &S,
    record: &Record<S::Spec>,
    client: u64,
    ops: &[Op<S>],
    marked: &[bool],
) {
    for (op, marked) in ops.iter().zip(marked) {
        let call = record.call(client, op.clone());
        if !marked {
            record.returned(call, subject.call(op).await);
            continue;
        }
        match MayBeDropped::new(subject.call(op)).await {
            Called::Returned(ret) => record.returned(call, ret),
            Called::Dropped(at) => record.dropped(call, at),
        }
    }
}

async fn call_all<S: Subject>(subject: &S, record: &Record<S::Spec>, client: u64, ops: &[Op<S>]) {
    for op in ops {
        let call = record.call(client, op.clone());
        let ret = subject.call(op).await;
        record.returned(call, ret);
    }
}
