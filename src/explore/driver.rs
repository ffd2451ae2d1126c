//! Runs a program's executions on shuttle's runtime, under a strategy that picks who makes the next step.
//!
//! For shuttle, every thread of ours can always run; which of them may make its step is decided here,
//! from the operations that they have announced. So a blocked thread costs nothing, and shuttle's own
//! samplers are asked only about threads that can go on.

use super::limits::Limits;
use super::progress::Progress;
use super::schedule::{Pick, Schedule};
use crate::world::execution::{self, Execution, Known, Phase};
use crate::world::failure::{Failure, Reason};
use crate::world::operation::{Kind, ThreadId};
use crate::world::{self, World, panic, spawn, statics, task};
use shuttle::scheduler::{Schedule as ShuttleSchedule, Scheduler, Task, TaskId};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

/// A program under test.
pub type Program = Arc<dyn Fn() + Send + Sync>;

/// Stack of a thread of the model, in bytes; untouched pages cost nothing.
const STACK_BYTES: usize = 512 * 1024;

/// Who makes the next step, and when the search is over.
pub trait Strategy {
    /// Whether there is another execution to run.
    fn begin(&mut self) -> bool;

    /// Who of `enabled`, which is not empty, makes the next step. None gives the execution up: it would
    /// show nothing new.
    fn pick(&mut self, execution: &Execution, enabled: &[ThreadId], tasks: &[&Task]) -> Option<Pick>;

    /// What executions before the first one have counted.
    fn counted(&self) -> Counts {
        Counts::default()
    }

    /// Whether a debugger is to stop before the step that was picked last.
    fn stops(&self) -> bool {
        false
    }

    /// Whether a deadlock is told as soon as some threads can never go on, though others still can.
    fn ends_at_a_cycle(&self) -> bool {
        true
    }

    /// Whether each way of a choice is run. Else a thread that has chosen what cannot be done chooses again, once
    /// nothing else can go on.
    fn runs_every_way(&self) -> bool {
        true
    }

    /// What is known of the program before its first execution: of its futures, which make their steps in
    /// every poll. Else only those do whose answer without a step was seen.
    fn known(&self) -> Known {
        Known::default()
    }

    /// Whether it takes orders of steps for one another, so that it has to know of each step whether wakers
    /// are called behind it.
    fn reduces(&self) -> bool {
        false
    }

    /// An execution was given up because a future's answer was seen that no step stands behind.
    fn restart(&mut self) -> Restart {
        Restart::DrawsOn
    }

    /// How many executions there are about, as far as the search can tell.
    fn estimate(&self) -> Option<f64> {
        None
    }

    /// An execution has ended. Returns whether the search goes on.
    fn end(&mut self, execution: &mut Execution, picks: &Schedule) -> bool;
}

/// How a search goes on when a future is found to need a step in every poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// With another execution, in which it makes one.
    DrawsOn,
    /// From its beginning.
    Anew,
    /// From its beginning, with a step in every poll of every future: so a schedule stands by itself.
    AllEager,
}

/// What is counted over a search.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Counts {
    /// Executions that ran to their end, or to a finding.
    pub executions: u64,
    /// Executions given up because they would have shown nothing new.
    pub redundant: u64,
    /// Whether two threads ever met in an object.
    pub shared: bool,
    /// What the model left out of the operations that were seen.
    pub limits: Limits,
}

impl Counts {
    /// Those of another search of the same program, or of another program.
    pub fn add(&mut self, other: Self) {
        self.executions += other.executions;
        self.redundant += other.redundant;
        self.shared |= other.shared;
        self.limits.extend(other.limits);
    }
}

struct Driver<S> {
    strategy: Rc<RefCell<S>>,
    counts: Rc<RefCell<Counts>>,
    picks: Schedule,
    enabled: Vec<ThreadId>,
    steps_max: usize,
    running: bool,
    progress: Progress,
}

/// Runs executions of `program` until `strategy` ends the search.
///
/// # Panics
///
/// If an engine does, which is a defect of raceproof.
pub fn drive<S: Strategy + 'static>(program: &Program, strategy: S, steps_max: usize) -> (S, Counts) {
    prepare();
    let strategy = Rc::new(RefCell::new(strategy));
    let counts = Rc::new(RefCell::new(strategy.borrow().counted()));
    let driver = Driver {
        strategy: Rc::clone(&strategy),
        counts: Rc::clone(&counts),
        picks: Schedule::default(),
        enabled: Vec::new(),
        steps_max,
        running: false,
        progress: Progress::new(),
    };
    let known = strategy.borrow().known();
    task::let_go(execution::with(|e| e.begin_program(known)));
    let ran = {
        let _model = world::enter(World::Model);
        let program = Arc::clone(program);
        let runner = shuttle::Runner::new(driver, config());
        catch_unwind(AssertUnwindSafe(|| runner.run(move || spawn::run_main(|| program()))))
    };
    statics::forget();
    if let Err(payload) = ran {
        // A defect of ours, or of shuttle: our hook has kept silent about it.
        panic!("{}", panic::message(&*payload));
    }
    let counts = counts.borrow().clone();
    let strategy = Rc::try_unwrap(strategy).ok().expect("the runner has dropped its driver").into_inner();
    (strategy, counts)
}

/// Shuttle as it is run here: silent, and without bounds of its own.
pub fn config() -> shuttle::Config {
    let mut config = shuttle::Config::new();
    config.stack_size = STACK_BYTES;
    config.failure_persistence = shuttle::FailurePersistence::None;
    config.max_steps = shuttle::MaxSteps::None;
    config.silence_warnings = true;
    config
}

/// Takes shuttle's panic hook away, once a process.
pub fn prepare() {
    panic::install_hook(|| {
        let scheduler = shuttle::scheduler::RoundRobinScheduler::new(1);
        shuttle::Runner::new(scheduler, config()).run(|| {});
    });
}

impl<S: Strategy> Driver<S> {
    /// Takes note of the execution that has just ended. Returns whether the search goes on.
    fn ended(&mut self) -> bool {
        execution::with(|e| {
            let mut counts = self.counts.borrow_mut();
            if let Some(at) = e.sites.exposed.first().copied() {
                if e.sites.learn() {
                    let restart = self.strategy.borrow_mut().restart();
                    if restart != Restart::DrawsOn {
                        *counts = Counts::default();
                    }
                    e.sites.eager.all |= restart == Restart::AllEager;
                    return true;
                }
                let what = format!("a future at {at} answers without a step for no reason");
                e.failure = Some(Failure::Undecided(Reason::NotModelled(what)));
            }
            if self.strategy.borrow().reduces() && e.sites.learn_callers() {
                self.strategy.borrow_mut().restart();
                *counts = Counts::default();
                return true;
            }
            leftover_panic(e);
            match e.failure {
                Some(Failure::Cut) => counts.redundant += 1,
                _ => counts.executions += 1,
            }
            counts.shared |= e.shared();
            counts.limits.note(e);
            self.progress.tick(counts.executions, || self.strategy.borrow().estimate());
            drop(counts);
            self.picks.set_parents(e.parents());
            self.strategy.borrow_mut().end(e, &self.picks)
        })
    }

    fn next(&mut self, execution: &mut Execution, tasks: &[&Task], current: Option<TaskId>) -> ThreadId {
        if let Some(running) = running(execution, tasks, current) {
            tell(execution, running);
            return running;
        }
        if !execution.is_over()
            && let Some(granted) = self.grant(execution, tasks)
        {
            return granted;
        }
        // Given up: the threads unwind, the main thread last.
        let unfinished = |id: &ThreadId| execution.threads[id.index()].phase != Phase::Finished;
        let last = execution.started.iter().copied().rev().find(unfinished);
        last.unwrap_or_else(|| thread_of(execution, tasks[0].id()))
    }

    fn grant(&mut self, execution: &mut Execution, tasks: &[&Task]) -> Option<ThreadId> {
        self.enabled.clear();
        self.enabled.extend(execution.started.iter().copied().filter(|id| execution.is_enabled(*id)));
        if self.enabled.is_empty() {
            self.enabled
                .extend(execution.started.iter().copied().filter(|id| execution.may_choose_again(*id)));
            if execution.every_way && !self.enabled.is_empty() {
                execution.fail(Failure::Cut);
                return None;
            }
        }
        if self.enabled.is_empty() {
            self.enabled.extend(execution.started.iter().copied().filter(|id| execution.may_time_out(*id)));
        }
        if self.enabled.is_empty() {
            self.enabled.extend(execution.started.iter().copied().filter(|id| execution.may_yield_idly(*id)));
        }
        if self.enabled.is_empty() && execution.times_out_elsewhere() {
            execution.fail(Failure::Cut);
            return None;
        }
        if self.enabled.is_empty() {
            let stuck = execution.stuck();
            execution.fail(stuck);
            return None;
        }
        if self.strategy.borrow().ends_at_a_cycle()
            && let Some(cycle) = execution.cycle()
        {
            execution.fail(cycle);
            return None;
        }
        let Some(pick) = self.strategy.borrow_mut().pick(execution, &self.enabled, tasks) else {
            execution.fail(Failure::Cut);
            return None;
        };
        execution.grant(pick.thread, &self.enabled);
        execution.chosen = pick.choice;
        execution.stops = self.strategy.borrow().stops();
        let next = execution.threads[pick.thread.index()].next.as_ref();
        let chooses = next.is_some_and(|(operation, _)| matches!(operation.kind, Kind::Choose(_)));
        self.picks.push(pick, chooses);
        Some(pick.thread)
    }
}

/// A thread that is not before a step: the current one, on its way to its next step or out, or one that has
/// just been started.
fn running(execution: &Execution, tasks: &[&Task], current: Option<TaskId>) -> Option<ThreadId> {
    if let Some(task) = current {
        let thread = thread_of(execution, task);
        let alive = tasks.iter().any(|task| thread_of(execution, task.id()) == thread);
        if alive && execution.threads[thread.index()].phase != Phase::AtStep {
            return Some(thread);
        }
    }
    execution.started.iter().copied().find(|id| execution.threads[id.index()].phase == Phase::Running)
}

/// A panic of a thread that nobody joined is the program's.
fn leftover_panic(execution: &mut Execution) {
    if let Some(panic) = execution.threads.iter_mut().find_map(|thread| thread.panic.take()) {
        execution.fail(Failure::Panic(panic));
    }
}

/// Tells whoever looks who goes on without a step, and the line that it was seen at last.
fn tell(execution: &Execution, id: ThreadId) {
    let Some(worker) = &execution.worker else { return };
    let thread = &execution.threads[id.index()];
    worker.runs(id, thread.last.map(|last| execution.trace[last].operation.at).or(thread.spawned_at));
}

fn thread_of(execution: &Execution, task: TaskId) -> ThreadId {
    execution.started[usize::from(task)]
}

impl<S: Strategy> Scheduler for Driver<S> {
    fn new_execution(&mut self) -> Option<ShuttleSchedule> {
        if std::mem::take(&mut self.running) && !self.ended() {
            return None;
        }
        let nobody_waits = execution::with(|e| e.worker.as_ref().is_some_and(|worker| worker.is_given_up()));
        if nobody_waits || !self.strategy.borrow_mut().begin() {
            return None;
        }
        self.running = true;
        self.picks.clear();
        statics::forget();
        task::let_go(execution::with(|e| {
            let left = e.begin(self.steps_max);
            e.preemptions = Some(0);
            e.every_way = self.strategy.borrow().runs_every_way();
            self.picks.set_eager(e.sites.eager.all);
            left
        }));
        Some(ShuttleSchedule::new(0))
    }

    fn next_task(&mut self, tasks: &[&Task], current: Option<TaskId>, _: bool) -> Option<TaskId> {
        execution::with(|e| {
            let thread = self.next(e, tasks, current);
            e.current = thread;
            let task = e.started.iter().position(|id| *id == thread).expect("it was started");
            Some(TaskId::from(task))
        })
    }

    fn next_u64(&mut self) -> u64 {
        0
    }
}
