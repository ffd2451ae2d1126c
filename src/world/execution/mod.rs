//! One execution of a program in a model: its threads, its objects and its trace.
//!
//! There is at most one on an operating system thread, since model threads are coroutines of it. It
//! knows nothing of engines: a scheduler reads who could do what, and grants one thread its step.

mod calls;
mod places;
mod threads;
mod waiting;

pub use calls::{Call, Narrator};
pub use places::{Place, explorer, is_own, keep, kept};
pub use threads::{Phase, Thread};

use super::failure::{Failure, Panic, Reason};
use super::object::{Object, State, Step};
use super::operation::{At, Deed, Kind, Operation, Outcome, ThreadId, Value};
use super::pulse::Worker;
use super::runtime::Runtime;
use super::task::{Announced, Callers, Eager, Sites, Standing};
use super::time::Times;
use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;

thread_local! {
    static EXECUTION: RefCell<Execution> = RefCell::new(Execution::default());
}

/// Calls `f` with the execution of this operating system thread.
pub fn with<R>(f: impl FnOnce(&mut Execution) -> R) -> R {
    EXECUTION.with(|execution| f(&mut execution.borrow_mut()))
}

/// One step of the trace.
#[derive(Clone, Debug)]
pub struct Event {
    /// Whose step.
    pub thread: ThreadId,
    /// What it did, to what, and for which line.
    pub operation: Operation,
    /// What it turned out to be.
    pub outcome: Outcome,
    /// What it read or wrote.
    pub value: Value,
    /// The object's position among the execution's objects.
    pub slot: u32,
    /// What a task's step has to do with steps on other objects.
    pub announced: Announced,
    /// Steps that made this one possible, in `Execution::after`.
    after: Range<u32>,
}

impl Event {
    /// The step, as far as others can tell.
    pub fn deed(&self) -> Deed<'_> {
        let Operation { object, kind, .. } = self.operation;
        Deed { thread: self.thread, object, kind, outcome: self.outcome, announced: &self.announced }
    }
}

/// What is known of a program beside its executions.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Known {
    /// Where futures make their steps in every poll.
    pub eager: Eager,
    /// Behind which steps wakers are called.
    pub callers: Callers,
    /// Who spawns each thread but the main one, by identity: so identities stay what they are.
    pub parents: Vec<ThreadId>,
}

/// The state of one execution.
#[derive(Debug, Default)]
pub struct Execution {
    /// Counts executions of the process's threads, so that an object of an earlier one is known.
    pub number: u64,
    /// Which thread of the operating system it is of; 0 before that is asked for.
    explorer: u32,
    /// The threads, by identity; those of other executions are `Absent`.
    pub threads: Vec<Thread>,
    /// The identity of the n-th thread to start.
    pub started: Vec<ThreadId>,
    /// The objects, in the order of their creation.
    pub objects: Vec<Object>,
    /// The steps, in the order in which they happened.
    pub trace: Vec<Event>,
    /// The calls of the type under test, in the order in which they were made.
    pub calls: Vec<Call>,
    /// What was printed, by whom, and before which step.
    pub printed: Vec<(ThreadId, usize, String)>,
    /// Who says what they are.
    pub narrator: Option<std::sync::Arc<dyn Narrator>>,
    /// The last step that a scheduler granted, as a position in the trace.
    granted: Option<usize>,
    /// How often the scheduler left a thread that could have gone on, if there is one that tells.
    pub preemptions: Option<usize>,
    /// The panic of the thread that was joined last, if it panicked.
    pub joined_panic: Option<Panic>,
    /// The lines whose futures have answered `Pending` without a step.
    pub lied: Vec<At>,
    /// How often it went from one thread to another.
    pub switches: usize,
    /// Who runs.
    pub current: ThreadId,
    /// The way that the scheduler chose for a `Choose` that it grants.
    pub chosen: u32,
    /// Whether a debugger is to stop before the step that was granted.
    pub stops: bool,
    /// Whether each way of a choice is run: then what waits in vain in one of them shows nothing.
    pub every_way: bool,
    /// The line of a step that no scheduler granted, made by a destructor while a panic unwound.
    pub unscheduled: Option<At>,
    /// Where futures answer by a step at once, in every execution of the program.
    pub sites: Sites,
    /// Whom it tells that it goes on, if anybody looks.
    pub worker: Option<std::sync::Arc<Worker>>,
    /// The times of its steps.
    pub times: Times,
    /// The runtimes that it has made.
    pub runtimes: Vec<Runtime>,
    /// Why the execution ends before its end.
    pub failure: Option<Failure>,
    after: Vec<usize>,
    identities: HashMap<(ThreadId, u32), ThreadId>,
    steps_max: usize,
}

impl Execution {
    /// Forgets the last execution and begins another of the same program. What its tasks have left is for
    /// `task::let_go`.
    #[must_use]
    pub fn begin(&mut self, steps_max: usize) -> Vec<Standing> {
        let left = self.forget_tasks();
        self.number += 1;
        self.number_explorer();
        self.steps_max = steps_max;
        self.started.clear();
        self.objects.clear();
        self.trace.clear();
        self.after.clear();
        self.calls.clear();
        self.printed.clear();
        self.narrator = None;
        self.failure = None;
        self.granted = None;
        self.preemptions = None;
        self.switches = 0;
        self.lied.clear();
        self.runtimes.clear();
        self.joined_panic = None;
        self.unscheduled = None;
        self.stops = false;
        self.current = ThreadId::MAIN;
        self.sites.begin();
        self.times.begin();
        for thread in &mut self.threads {
            let mut knowledge = std::mem::take(&mut thread.knowledge);
            knowledge.clear();
            *thread = Thread { knowledge, ..Thread::default() };
        }
        self.start(ThreadId::MAIN, None, None);
        let place = self.create("thread", std::panic::Location::caller(), State::thread());
        self.threads[ThreadId::MAIN.index()].object = place.slot;
        left
    }

    fn forget_tasks(&mut self) -> Vec<Standing> {
        self.threads.iter_mut().filter_map(|thread| thread.task.forget()).collect()
    }

    /// Another program, or the same from its beginning: of which so much is known. As `begin` otherwise.
    #[must_use]
    pub fn begin_program(&mut self, known: Known) -> Vec<Standing> {
        let left = self.forget_tasks();
        self.threads.clear();
        self.set_parents(&known.parents);
        self.sites = Sites::of(known.eager, known.callers);
        left
    }

    /// What executions so far have taught of the program.
    pub fn known(&self) -> Known {
        let Sites { eager, callers, .. } = &self.sites;
        Known { eager: eager.clone(), callers: callers.clone(), parents: self.parents() }
    }

    /// Whether the execution is being given up: operations do nothing any more.
    pub fn is_over(&self) -> bool {
        self.failure.is_some()
    }

    /// Gives the execution up, for the first reason that there is.
    pub fn fail(&mut self, failure: Failure) {
        self.failure.get_or_insert(failure);
    }

    /// The current thread is before this step.
    pub fn announce(&mut self, operation: Operation, slot: u32) {
        let (calls, now) = (self.sites.callers.hold(operation.kind, operation.at), self.now());
        let thread = &mut self.threads[self.current.index()];
        thread.phase = Phase::AtStep;
        thread.next = Some((operation, slot));
        thread.task.announce(operation.kind, calls, now);
    }

    /// The granted thread goes on: it makes its step.
    pub fn make_step(&mut self) -> Outcome {
        let thread = &mut self.threads[self.current.index()];
        let (operation, slot) = thread.next.take().expect("a granted thread has announced its step");
        thread.phase = Phase::Running;
        self.granted = Some(self.trace.len());
        self.perform(operation, slot)
    }

    /// Who made the last step that a scheduler granted.
    pub fn last_granted(&self) -> Option<ThreadId> {
        self.last_step().map(|event| event.thread)
    }

    /// Whether it is a preemption if not `last` makes the next step: it could, and does not ask to wait.
    pub fn is_preempted_without(&self, last: ThreadId, enabled: &[ThreadId]) -> bool {
        let next = self.threads[last.index()].next.as_ref();
        enabled.contains(&last) && next.is_some_and(|(operation, _)| operation.kind != Kind::Yield)
    }

    /// A scheduler grants a thread of `enabled` its step.
    pub fn grant(&mut self, thread: ThreadId, enabled: &[ThreadId]) {
        let Some(last) = self.last_granted().filter(|last| *last != thread) else { return };
        self.switches += 1;
        if self.is_preempted_without(last, enabled) {
            self.preemptions = self.preemptions.map(|so_far| so_far + 1);
        }
    }

    /// The last step that a scheduler granted.
    pub fn last_step(&self) -> Option<&Event> {
        self.granted.map(|event| &self.trace[event])
    }

    /// The line of that step.
    pub fn last_line(&self) -> Option<At> {
        self.last_step().map(|event| event.operation.at)
    }

    /// Where it stands, in words: behind that line.
    pub fn behind(&self) -> String {
        self.last_line().map_or_else(String::new, |at| format!(" behind {}:{}", at.file(), at.line()))
    }

    /// What the clock of the current thread says for itself.
    pub fn now(&self) -> u32 {
        self.threads[self.current.index()].knowledge.clock.get(self.current)
    }

    /// Does an operation of the current thread and writes it into the trace.
    pub fn perform(&mut self, operation: Operation, slot: u32) -> Outcome {
        let id = self.current;
        let event = self.trace.len();
        let first = self.after.len() as u32;
        let yields = operation.kind == Kind::Yield
            || operation.kind == Kind::Repoll && self.threads[id.index()].task.yielded;
        if yields {
            let idle = if self.sees_news(id) { 0 } else { self.threads[id.index()].idle_yields + 1 };
            self.threads[id.index()].idle_yields = idle;
        }
        let polls = operation.kind == Kind::Repoll;
        let thread = &mut self.threads[id.index()];
        let object = &mut self.objects[slot as usize];
        object.shared |= *object.user.get_or_insert(id) != id;
        let mut step = Step {
            thread: id,
            kind: operation.kind,
            at: operation.at,
            event,
            knowledge: &mut thread.knowledge,
            after: &mut self.after,
        };
        let done = object.state.apply(&mut step);
        thread.knowledge.clock.tick(id);
        let outcome = match operation.kind {
            Kind::Choose(_) => Outcome::Chose(self.chosen),
            _ => *done.as_ref().unwrap_or(&Outcome::Done),
        };
        if polls {
            self.poll_begins(id);
        }
        self.note_wakes(slot);
        self.note(operation, slot, outcome, first);
        if let Err(race) = done {
            self.fail(Failure::DataRace { object: slot, race });
        }
        if self.trace.len() >= self.steps_max {
            self.fail(Failure::Undecided(Reason::Steps { max: self.steps_max }));
        }
        outcome
    }

    /// Writes a step into the trace that another engine has done.
    pub fn record(&mut self, operation: Operation, slot: u32, outcome: Outcome) {
        let object = &mut self.objects[slot as usize];
        object.shared |= *object.user.get_or_insert(self.current) != self.current;
        let first = self.after.len() as u32;
        self.note(operation, slot, outcome, first);
    }

    fn note(&mut self, operation: Operation, slot: u32, outcome: Outcome, first: u32) {
        if let Some(worker) = &self.worker {
            worker.runs(self.current, Some(operation.at));
        }
        let thread = &mut self.threads[self.current.index()];
        let event = self.trace.len();
        thread.last = Some(event);
        thread.steps += u32::from(!operation.kind.is_plain());
        if let Some(call) = thread.call.take() {
            self.calls[call].invoked = Some(event);
        }
        let announced = std::mem::take(&mut thread.task.announced);
        let after = first..self.after.len() as u32;
        let (thread, value) = (self.current, Value::None);
        self.trace.push(Event { thread, operation, outcome, value, slot, announced, after });
    }

    /// What the current thread's last step read or wrote.
    pub fn observed(&mut self, value: Value) {
        if let Some(event) = self.trace.last_mut() {
            event.value = value;
        }
    }

    /// The current thread's compare-exchange, its last step, did or did not find its value.
    pub fn compared(&mut self, found: bool, value: Value) {
        let Some(event) = self.trace.last_mut() else { return };
        event.outcome = if found { Outcome::Done } else { Outcome::Failed };
        event.value = value;
        let knowledge = &mut self.threads[event.thread.index()].knowledge;
        if let (State::Atomic(atomic), Kind::CompareExchange(success, failure)) =
            (&mut self.objects[event.slot as usize].state, event.operation.kind)
        {
            atomic.compared((success, failure), found, knowledge);
        }
    }

    /// What the current thread has done since its last step is known to those who acquire this atomic.
    pub fn publish(&mut self, slot: u32) {
        let (id, now) = (self.current, self.now());
        self.threads[id.index()].task.note_clones(now);
        let object = &mut self.objects[slot as usize];
        let clock = &mut self.threads[id.index()].knowledge.clock;
        if let State::Atomic(atomic) = &mut object.state {
            atomic.publish(clock);
        }
        clock.tick(id);
    }

    /// Steps that made `event` possible: a receive's send, a join's exit.
    pub fn after(&self, event: &Event) -> &[usize] {
        &self.after[event.after.start as usize..event.after.end as usize]
    }

    /// The current thread prints a line.
    pub fn prints(&mut self, text: String) {
        self.printed.push((self.current, self.trace.len(), text));
    }

    /// Whether two threads met in an object.
    pub fn shared(&self) -> bool {
        let meets = |state: &State| match state {
            State::Thread(thread) => thread.was_unparked,
            State::Timers(_) => false,
            _ => true,
        };
        self.objects.iter().any(|object| object.shared && meets(&object.state))
    }
}
