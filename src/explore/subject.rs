//! Scenarios of a subject: each is run as a program, and what its callers saw is judged.

use super::driver::{Counts, Program};
use super::finding::Finding;
use super::judge::Judge;
use super::record::Record;
use super::{Ended, Explorer, stress};
use crate::spec::{Bounds, Scenario, Spec, Subject};
use crate::verdict::{Counterexample, Cut, Verdict};
use crate::world::execution::{self, Narrator};
use crate::world::{self, World, panic, spawn, task};
use std::panic::Location;
use std::sync::{Arc, Barrier};
use std::time::Instant;

type Op<S> = <<S as Subject>::Spec as Spec>::Op;

impl Explorer {
    /// Explores every scenario of `S` within `bounds`, smallest first, and asks of each execution whether
    /// some order of its calls, which respects what returned before what began, explains all answers.
    ///
    /// The bound on executions is shared out evenly among the scenarios.
    pub fn explore_subject<S: Subject>(&self, bounds: &Bounds<S::Spec>) -> Verdict {
        self.explore_scenarios::<S>(&bounds.initial, &bounds.scenarios())
    }

    /// As [`explore_subject`](Self::explore_subject), for scenarios of the caller's own.
    pub fn explore_scenarios<S: Subject>(&self, initial: &S::Spec, scenarios: &[Scenario<Op<S>>]) -> Verdict {
        let start = Instant::now();
        let share = |total: u64| total.div_ceil(scenarios.len().max(1) as u64);
        let mut all = Ended { counts: Counts::default(), finding: None, cut: None, limits: Vec::new() };
        for scenario in scenarios {
            let left = self.elapsed_ms_max.map(|max| max.saturating_sub(start.elapsed().as_millis() as u64));
            if left == Some(0) {
                all.cut = Some(Cut::Elapsed { ms_max: self.elapsed_ms_max.unwrap_or_default() });
                break;
            }
            let explorer = Self {
                executions_max: self.executions_max.or(self.engine.default_executions()).map(share),
                elapsed_ms_max: left,
                ..self.clone()
            };
            all.add(explorer.explore_scenario::<S>(initial, scenario));
            if all.finding.is_some() {
                break;
            }
        }
        self.verdict(all, start)
    }

    fn explore_scenario<S: Subject>(&self, initial: &S::Spec, scenario: &Scenario<Op<S>>) -> Ended {
        let record = Arc::new(Record::new(initial.clone()));
        let judge = Arc::clone(&record) as Arc<dyn Judge>;
        let program: Program = {
            let scenario = scenario.clone();
            Arc::new(move || run::<S>(&scenario, &record))
        };
        let mut ended = self.run(&program, &Some(judge));
        if let Some(Finding::Wrong(counterexample)) = &mut ended.finding {
            tell(scenario, counterexample);
        }
        ended
    }
}

impl Ended {
    /// One scenario more.
    fn add(&mut self, other: Self) {
        self.counts.executions += other.counts.executions;
        self.counts.redundant += other.counts.redundant;
        self.counts.shared |= other.counts.shared;
        self.counts.weak.extend(other.counts.weak);
        self.finding = other.finding;
        self.cut = self.cut.take().or(other.cut);
        for limit in other.limits {
            if !self.limits.contains(&limit) {
                self.limits.push(limit);
            }
        }
    }
}

/// Puts the scenario into its counterexample.
fn tell<O: std::fmt::Debug>(scenario: &Scenario<O>, shown: &mut Counterexample) {
    let ops = |ops: &Vec<O>| ops.iter().map(|op| format!("{op:?}")).collect::<Vec<_>>().join("; ");
    let program = scenario.threads.iter().enumerate().map(|(i, thread)| (client(i), ops(thread)));
    shown.program = program.collect();
}

fn client(i: usize) -> String {
    format!("client {}", i + 1)
}

/// One execution of a scenario: the clients make their calls. In the model the engine judges what they saw,
/// with the steps in hand; elsewhere it is judged here, by the times that were recorded.
fn run<S: Subject>(scenario: &Scenario<Op<S>>, record: &Arc<Record<S::Spec>>) {
    record.begin();
    if !world::is_real() {
        execution::with(|e| e.narrator = Some(Arc::clone(record) as Arc<dyn Narrator>));
    }
    record.ends_in(match world::current() {
        World::Real => run_for_real::<S>(scenario, record),
        _ => task::block_on(run_in_model::<S>(scenario, record)),
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
    record: &Arc<Record<S::Spec>>,
) -> Option<S::Spec> {
    let subject = Arc::new(S::new().await);
    let clients = scenario.threads.iter().enumerate().map(|(i, ops)| {
        let (subject, record, ops) = (Arc::clone(&subject), Arc::clone(record), ops.clone());
        let body = move || task::block_on(call_all(&*subject, &record, i as u64, &ops));
        spawn::spawn(Some(client(i)), Location::caller(), body)
    });
    let clients: Vec<_> = clients.collect();
    for client in clients {
        if let Err(payload) = client.join(Location::caller()) {
            std::panic::resume_unwind(payload);
        }
    }
    subject.state().await
}

/// A real thread for each client, and all begin at once.
fn run_for_real<S: Subject>(scenario: &Scenario<Op<S>>, record: &Arc<Record<S::Spec>>) -> Option<S::Spec> {
    let subject = Arc::new(stress::block_on(S::new()));
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
    stress::block_on(subject.state())
}

async fn call_all<S: Subject>(subject: &S, record: &Record<S::Spec>, client: u64, ops: &[Op<S>]) {
    for op in ops {
        let call = record.call(client, op.clone());
        let ret = subject.call(op).await;
        record.returned(call, ret);
    }
}
