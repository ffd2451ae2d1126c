//! Scenarios of a subject: each is run as a program, and what its callers saw is judged.

use super::agenda::Agenda;
use super::driver::Program;
use super::dropped::{Called, MayBeDropped};
use super::ended::Ended;
use super::finding::Finding;
use super::judge::{Judge, Judged};
use super::progress::{self, Scenarios};
use super::record::{AFTER, BEFORE, Record};
use super::schedule::Schedule;
use super::{Engine, Explorer, checkpoint, interrupt, stress, watch, watched};
use crate::spec::{Bounds, Scenario, Spec, Subject};
use crate::verdict::{Counterexample, Cut, Verdict};
use crate::world::execution::{self, Narrator};
use crate::world::failure::Failure;
use crate::world::{self, World, dropping, panic, spawn, task};
use std::any::type_name;
use std::panic::Location;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, PoisonError};
use std::time::Instant;

type Op<S> = <<S as Subject>::Spec as Spec>::Op;

/// What is the same around the threads of every scenario.
#[derive(Clone, Debug, Hash)]
struct Around<O> {
    /// Calls before the threads begin.
    before: Vec<O>,
    /// Calls when they are done.
    after: Vec<O>,
    /// Calls of the threads that are dropped, at the most.
    drops: usize,
}

impl<O> Default for Around<O> {
    fn default() -> Self {
        Self { before: Vec::new(), after: Vec::new(), drops: 0 }
    }
}

impl Explorer {
    /// Explores every scenario of `S` within `bounds`, smallest first, and asks of each execution whether
    /// some order of its calls, which respects what returned before what began, explains all answers.
    ///
    /// The bound on executions is shared out evenly among the scenarios.
    #[track_caller]
    pub fn explore_subject<S: Subject>(&self, bounds: &Bounds<S::Spec>) -> Verdict {
        let around = Around {
            before: bounds.calls_before().to_vec(),
            after: bounds.calls_after().to_vec(),
            drops: bounds.cancellations_max(),
        };
        if around.drops > 0 && matches!(self.engine, Engine::Loom | Engine::Stress) {
            let why =
                format!("{} drops no calls: cancellations want an engine that has schedules", self.engine);
            return self.verdict(Ended::undecided(why), Instant::now());
        }
        self.explore_all::<S>(&bounds.initial, &bounds.scenarios(), &around)
    }

    /// As [`explore_subject`](Self::explore_subject), for scenarios of the caller's own.
    #[track_caller]
    pub fn explore_scenarios<S: Subject>(&self, initial: &S::Spec, scenarios: &[Scenario<Op<S>>]) -> Verdict {
        self.explore_all::<S>(initial, scenarios, &Around::default())
    }

    #[track_caller]
    fn explore_all<S: Subject>(
        &self,
        initial: &S::Spec,
        scenarios: &[Scenario<Op<S>>],
        around: &Around<Op<S>>,
    ) -> Verdict {
        let (start, at) = (Instant::now(), Location::caller());
        let by_schedule = self.by_schedule(|schedule| {
            let number = schedule.scenario().unwrap_or(0);
            match number.checked_sub(1).and_then(|i| scenarios.get(i)) {
                Some(scenario) => {
                    let (this, initial, scenario) = (self.clone(), initial.clone(), scenario.clone());
                    let around = around.clone();
                    watched(move || {
                        in_scenario::<S>(&initial, (&scenario, &around), number, |program, judge| {
                            this.run_again(schedule, program, judge)
                        })
                    })
                }
                None => Ended::undecided(format!("{schedule} is of none of {} scenarios", scenarios.len())),
            }
        });
        if let Some(ended) = by_schedule {
            return self.verdict(ended, start);
        }
        let program = format!("{} {}", type_name::<S>(), checkpoint::hash(&(initial, scenarios, around)));
        let agenda = match Agenda::new(self, self.search_of(at, program, scenarios.len())) {
            Ok(agenda) => agenda,
            Err(why) => return self.verdict(Ended::undecided(why), start),
        };
        // On real threads a subject may wait for whatever it likes.
        let ended = if self.engine == Engine::Stress {
            self.each_scenario::<S>(initial, (scenarios, around), agenda, start)
        } else {
            let (this, initial, scenarios) = (self.clone(), initial.clone(), scenarios.to_vec());
            let around = around.clone();
            watched(move || this.each_scenario::<S>(&initial, (&scenarios, &around), agenda, start))
        };
        self.verdict(ended, start)
    }

    fn each_scenario<S: Subject>(
        &self,
        initial: &S::Spec,
        (scenarios, around): (&[Scenario<Op<S>>], &Around<Op<S>>),
        agenda: Agenda,
        start: Instant,
    ) -> Ended {
        let line = Scenarios::new(scenarios.len());
        let todo = agenda.todo();
        let ended = each_in_order(todo.len(), self.workers(), |nth| {
            let i = todo[nth];
            line.begins(i);
            let _quiet = progress::quiet();
            let explorer = self.share(scenarios.len(), start)?;
            Some(in_scenario::<S>(initial, (&scenarios[i], around), i + 1, |program, judge| {
                explorer.run(program, judge, agenda.begun(i))
            }))
        });
        drop(line);
        agenda.close(ended, || self.cut_between_programs())
    }

    /// What ended a search between two programs.
    fn cut_between_programs(&self) -> Cut {
        if interrupt::is_called() {
            return Cut::Interrupted;
        }
        Cut::Elapsed { ms_max: self.elapsed_ms_max.unwrap_or_default() }
    }

    /// Scenarios that are explored at a time. It changes no verdict. On real threads, one.
    fn workers(&self) -> usize {
        match self.engine {
            Engine::Stress => 1,
            _ => std::thread::available_parallelism().map_or(1, usize::from),
        }
    }

    /// This explorer with a share of the executions, and with the time that is left. None if none is.
    fn share(&self, scenarios: usize, start: Instant) -> Option<Self> {
        let share = |total: u64| total.div_ceil(scenarios as u64);
        let left = self.elapsed_ms_max.map(|max| max.saturating_sub(start.elapsed().as_millis() as u64));
        (left != Some(0) && !interrupt::is_called()).then(|| Self {
            executions_max: self.executions_max.or(self.engine.default_executions()).map(share),
            elapsed_ms_max: left,
            ..self.clone()
        })
    }
}

/// What `explore` finds in one scenario, which is this number of its subject's, from 1.
fn in_scenario<S: Subject>(
    initial: &S::Spec,
    (scenario, around): (&Scenario<Op<S>>, &Around<Op<S>>),
    number: usize,
    explore: impl FnOnce(&Program, &Judged) -> Ended,
) -> Ended {
    let record = Arc::new(Record::new(initial.clone()));
    let judge = Arc::clone(&record) as Arc<dyn Judge>;
    let program: Program = {
        let (scenario, around) = (scenario.clone(), around.clone());
        Arc::new(move || run::<S>(&scenario, &around, &record))
    };
    let mut ended = explore(&program, &Some(judge));
    if let Some(Finding::Wrong(shown)) = &mut ended.finding {
        tell(scenario, around, number, shown);
    }
    ended
}

/// What `explore` returns for 0, 1, 2 and so on, up to the first that has a finding or is none. Several
/// are explored at a time, and what comes back does not depend on how many.
fn each_in_order(of: usize, workers: usize, explore: impl Fn(usize) -> Option<Ended> + Sync) -> Vec<Ended> {
    let next = AtomicUsize::new(0);
    // The first number whose exploration ends the search.
    let end = AtomicUsize::new(of);
    let found: Mutex<Vec<Option<Ended>>> = Mutex::new((0..of).map(|_| None).collect());
    let work = || {
        loop {
            // Each number is handed out once; what was found goes through the mutex.
            let i = next.fetch_add(1, Ordering::Relaxed);
            // A stale value costs an exploration in vain.
            if i >= end.load(Ordering::Relaxed) {
                return;
            }
            let ended = explore(i);
            if ended.as_ref().is_none_or(|ended| ended.finding.is_some()) {
                end.fetch_min(i + 1, Ordering::Relaxed);
            }
            found.lock().unwrap_or_else(PoisonError::into_inner)[i] = ended;
        }
    };
    if workers.min(of) < 2 {
        work();
    } else {
        let pulse = watch::pulse();
        let work = || match &pulse {
            Some(pulse) => watch::working(pulse, work),
            None => work(),
        };
        std::thread::scope(|scope| {
            for _ in 0..workers.min(of) {
                scope.spawn(work);
            }
        });
    }
    let end = end.into_inner();
    let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.into_iter().take(end).map_while(|ended| ended).collect()
}

/// Puts the scenario into its counterexample.
fn tell<O: std::fmt::Debug>(
    scenario: &Scenario<O>,
    around: &Around<O>,
    number: usize,
    shown: &mut Counterexample,
) {
    let schedule = shown.schedule.as_ref().and_then(|schedule| schedule.parse::<Schedule>().ok());
    shown.schedule = schedule.map(|schedule| schedule.of_scenario(number).to_string());
    let ops = |ops: &Vec<O>| ops.iter().map(|op| format!("{op:?}")).collect::<Vec<_>>().join("; ");
    let program = scenario.threads.iter().enumerate().map(|(i, thread)| (client(i), ops(thread)));
    let main = |when: &str, calls| Some((when.to_owned(), ops(calls))).filter(|(_, calls)| !calls.is_empty());
    let (before, after) = (main("before", &around.before), main("after", &around.after));
    shown.program = before.into_iter().chain(program).chain(after).collect();
}

fn client(i: usize) -> String {
    format!("client {}", i + 1)
}

/// One execution of a scenario: the clients make their calls. In the model the engine judges what they saw,
/// with the steps in hand; elsewhere it is judged here, by the times that were recorded.
fn run<S: Subject>(scenario: &Scenario<Op<S>>, around: &Around<Op<S>>, record: &Arc<Record<S::Spec>>) {
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
