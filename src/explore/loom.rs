//! `loom`: every execution under C11 weak memory, by loom's own search.
//!
//! Loom says neither how many executions it ran nor whether it ran them all: both are counted here. A
//! panic in a model of loom can end the process, so the program's panics are caught inside of it.

use super::budget::Budget;
use super::driver::{Counts, Program};
use super::finding::Finding;
use super::schedule::Schedule;
use super::{Ended, progress::Progress};
use crate::verdict::Cut;
use crate::world::execution::{self, Event, Execution, Known};
use crate::world::failure::{Failure, Panic, Reason};
use crate::world::object::{Access, DataRace};
use crate::world::operation::Kind;
use crate::world::{self, World, panic, spawn, statics, task};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

/// Scheduling points of one execution that loom allows.
const BRANCHES_MAX: usize = 10_000;

/// The payload with which a search that is over unwinds.
struct Over;

struct Search {
    counts: Counts,
    budget: Budget,
    cut: Option<Cut>,
    progress: Progress,
}

/// Runs executions of `program` until loom has no more or the budget is spent.
pub fn explore(program: &Program, budget: Budget) -> Ended {
    super::driver::prepare();
    task::let_go(execution::with(|e| e.begin_program(Known::default())));
    let search = Search { counts: Counts::default(), budget, cut: None, progress: Progress::new() };
    let search = Arc::new(Mutex::new(search));
    let ran = check(program, &search);
    let mut search = search.lock().unwrap_or_else(PoisonError::into_inner);
    search.counts.shared |= execution::with(|e| e.shared());
    let finding = match ran {
        Ok(()) => None,
        Err(payload) if payload.is::<Over>() => None,
        Err(payload) => failed(&*payload),
    };
    if finding.is_some() {
        search.counts.executions += 1;
    }
    let limits = search.counts.limits.list();
    Ended { counts: search.counts.clone(), finding, cut: search.cut.take(), limits, ..Ended::default() }
}

fn check(program: &Program, search: &Arc<Mutex<Search>>) -> std::thread::Result<()> {
    let _loom = world::enter(World::Loom);
    let mut builder = loom::model::Builder::new();
    builder.max_branches = BRANCHES_MAX;
    builder.location = true;
    builder.checkpoint_file = None;
    builder.max_duration = None;
    builder.max_permutations = None;
    builder.preemption_bound = None;
    let (program, search) = (Arc::clone(program), Arc::clone(search));
    catch_unwind(AssertUnwindSafe(|| builder.check(move || run_once(&program, &search))))
}

/// One execution. Its panics go on to loom, which unwinds its threads and hands them on.
fn run_once(program: &Program, search: &Mutex<Search>) {
    statics::forget();
    task::let_go(execution::with(|e| e.begin(usize::MAX)));
    let over = search.lock().unwrap_or_else(PoisonError::into_inner).cut.is_some()
        || execution::with(|e| e.worker.as_ref().is_some_and(|worker| worker.is_given_up()));
    if over {
        std::panic::resume_unwind(Box::new(Over));
    }
    spawn::run_main(|| program());
    if execution::with(|e| e.is_over()) {
        panic::give_up();
    }
    let mut search = search.lock().unwrap_or_else(PoisonError::into_inner);
    search.counts.executions += 1;
    execution::with(|e| {
        search.counts.shared |= e.shared();
        search.counts.limits.note(e);
    });
    let executions = search.counts.executions;
    search.progress.tick(executions, || None);
    if !search.budget.spend() {
        search.cut = search.budget.cut();
    }
}

/// What the execution shows in which loom panicked, or the program did.
fn failed(payload: &(dyn Any + Send)) -> Option<Finding> {
    execution::with(|e| {
        let failure = match e.failure.take() {
            Some(Failure::Panic(panic)) => of_panic(e, panic),
            Some(failure) => failure,
            None => {
                let panic = Panic { thread: e.current, message: panic::message(payload), at: None };
                of_panic(e, panic)
            }
        };
        e.fail(failure);
        Finding::of(e, &Schedule::default())
    })
}

/// Loom's own panics, known by their words, and the program's.
fn of_panic(execution: &Execution, panic: Panic) -> Failure {
    let undecided = |what: &str| Failure::Undecided(Reason::NotModelled(what.to_owned()));
    let says = |words: &str| panic.message.contains(words);
    if says("Model exceeded maximum number of branches") {
        return undecided("an execution had more scheduling points than loom allows");
    }
    let too_many = says("self.threads.len() < self.max()");
    if too_many || says("index out of bounds") && says("the len is 5") {
        return undecided("loom runs at most 5 threads, the main one included");
    }
    if panic.message.starts_with("deadlock") {
        return Failure::Deadlock { waits: Vec::new() };
    }
    if says("Causality violation")
        && let Some(race) = race(execution)
    {
        return race;
    }
    Failure::Panic(panic)
}

/// The two accesses of a data race: the last one of the trace, and the one before it that it conflicts with.
///
/// Loom names lines of the facade; the trace has the program's.
fn race(execution: &Execution) -> Option<Failure> {
    let (last, before) = execution.trace.split_last()?;
    let conflicts = |first: &&Event| {
        first.slot == last.slot
            && first.thread != last.thread
            && Kind::CellWrite
                == if last.operation.kind == Kind::CellRead { first.operation.kind } else { Kind::CellWrite }
    };
    let first = before.iter().rev().find(conflicts)?;
    let race = Box::new(DataRace { first: access(first), second: access(last) });
    Some(Failure::DataRace { object: last.slot, race })
}

fn access(event: &Event) -> Access {
    let writes = event.operation.kind == Kind::CellWrite;
    Access { thread: event.thread, at: event.operation.at, writes, time: 0 }
}
