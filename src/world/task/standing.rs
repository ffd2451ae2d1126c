//! What a task stands at between two of its steps, and what that has to do with other threads' steps.

use super::waker::TaskWaker;
use crate::world::execution::Execution;
use crate::world::failure::Failure;
use crate::world::object::State;
use crate::world::operation::{At, Kind, ObjectId, Operation, ThreadId};
use std::borrow::Cow;
use std::sync::Arc;
use std::task::Waker;

/// A future that answered `Pending` in the current poll without a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Leaf {
    /// There is none.
    #[default]
    None,
    /// This one has, at this line.
    Lied(u64, At),
    /// This one may make its step in this poll.
    Granted(u64, At),
}

impl Leaf {
    /// The line of a future whose answer no step stands behind.
    pub fn lie(&self) -> Option<At> {
        match self {
            Self::None => None,
            Self::Lied(_, at) | Self::Granted(_, at) => Some(at),
        }
    }
}

/// A future that tried its operation, could not do it, and left a waker with the object.
#[derive(Debug)]
pub struct Member {
    pub leaf: u64,
    pub object: ObjectId,
    pub slot: u32,
    /// The operation that waits.
    pub kind: Kind,
    pub at: At,
    /// The waker that was left, unless it is the task's own.
    pub waker: Option<Waker>,
}

impl Member {
    /// Whether the task itself is woken, and nobody else asked.
    pub fn is_own(&self) -> bool {
        self.waker.is_none()
    }
}

/// A task of a thread.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "questions that have nothing to do with each other")]
pub struct Standing {
    pub leaf: Leaf,
    pub members: Vec<Member>,
    /// It has not been polled yet, and its first poll is a step.
    pub begins: bool,
    /// It woke itself while it was polled: it lets others go first.
    pub yielded: bool,
    /// All its futures make their steps at once, since it may be aborted between them.
    pub eager: bool,
    /// Since when its waker is kept by anybody, by its own clock: from then on, what others do to that may be seen
    /// in whatever it does.
    pub handed_out: Option<u32>,
    pub waker: Option<Arc<TaskWaker>>,
    /// It calls wakers that a type of the facade has kept.
    pub trusts: bool,
    /// What its next step has to do with steps on other objects.
    pub announced: Announced,
    /// Wakers that its last step set off, which are called before its next.
    pub due: Vec<(ThreadId, Waker)>,
    /// The task whose waker it calls, as the step before it says.
    pub calls: Option<ThreadId>,
}

/// What a task's step has to do with steps on other objects than its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Announced {
    /// What it waits for if it is to be polled again, and what others may call wakers for.
    pub members: Option<Arc<[(ObjectId, Kind)]>>,
    /// Whether calls of its waker may be seen in it.
    pub listens: bool,
    /// Whether a waker is called behind it: what that does before it calls its task's is done without a step.
    pub calls: bool,
}

/// A line of the program, as it is written down.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Site {
    file: Cow<'static, str>,
    line: u32,
    column: u32,
}

impl Site {
    fn is(&self, at: At) -> bool {
        (self.line, self.column) == (at.line(), at.column()) && self.file == at.file()
    }
}

impl From<At> for Site {
    fn from(at: At) -> Self {
        Self { file: Cow::Borrowed(at.file()), line: at.line(), column: at.column() }
    }
}

/// Lines of the program.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Lines(Vec<Site>);

impl Lines {
    fn holds(&self, at: At) -> bool {
        self.0.iter().any(|line| line.is(at))
    }

    /// Adds these lines, and forgets them there. Returns whether one of them is new.
    fn learn(&mut self, from: &mut Vec<At>) -> bool {
        let before = self.0.len();
        for at in from.drain(..) {
            if !self.holds(at) {
                self.0.push(at.into());
            }
        }
        self.0.len() > before
    }
}

/// The lines whose futures make their steps in every poll.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Eager {
    /// All do.
    pub all: bool,
    lines: Lines,
}

/// The lines of steps behind which wakers are called.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Callers {
    lines: Lines,
    /// Of steps that are calls themselves, and have the line of the step before them.
    again: Lines,
}

impl Callers {
    /// Whether a waker is called behind a step of this kind and line.
    pub fn hold(&self, kind: Kind, at: At) -> bool {
        let lines = if kind.is_call() { &self.again } else { &self.lines };
        lines.holds(at)
    }
}

impl Eager {
    /// All futures, if `all`, and else none.
    pub fn everywhere(all: bool) -> Self {
        Self { all, lines: Lines::default() }
    }

    /// Whether some futures make their steps at once.
    pub fn is_any(&self) -> bool {
        self.all || !self.lines.0.is_empty()
    }

    fn holds(&self, at: At) -> bool {
        self.all || self.lines.holds(at)
    }
}

/// Where futures do not lie, and wakers are called.
#[derive(Debug, Default)]
pub struct Sites {
    /// What is known of the program.
    pub eager: Eager,
    /// Where it is known to call wakers.
    pub callers: Callers,
    /// The lines that were exposed in this execution.
    pub exposed: Vec<At>,
    /// The lines of its steps behind which a task's waker was called.
    called: Vec<At>,
    /// The same of steps that are calls themselves.
    called_again: Vec<At>,
    /// The futures that were polled in this execution, to number them.
    pub leaves: u32,
}

impl Sites {
    /// What is known of a program before it begins.
    pub fn of(eager: Eager, callers: Callers) -> Self {
        Self { eager, callers, ..Self::default() }
    }

    /// Another execution begins.
    pub fn begin(&mut self) {
        self.exposed.clear();
        self.called.clear();
        self.called_again.clear();
        self.leaves = 0;
    }

    /// Whether a future of this line makes its step at once.
    pub fn is_eager(&self, at: At) -> bool {
        self.eager.holds(at)
    }

    /// Whether a task that this line spawned may be aborted.
    pub fn is_abortable(&self, at: At) -> bool {
        self.eager.holds(at)
    }

    /// From now on the exposed lines are eager. Returns whether one of them was not.
    pub fn learn(&mut self) -> bool {
        self.eager.lines.learn(&mut self.exposed)
    }

    /// From now on it is known where wakers were called. Returns whether it was not.
    pub fn learn_callers(&mut self) -> bool {
        let again = self.callers.again.learn(&mut self.called_again);
        self.callers.lines.learn(&mut self.called) || again
    }
}

impl Standing {
    /// Forgets everything. What holds wakers of others is given back: their code must not run in here.
    pub fn forget(&mut self) -> Option<Self> {
        let old = std::mem::take(self);
        (!old.members.is_empty() || !old.due.is_empty()).then_some(old)
    }

    /// Its next step is of this kind, and it is known whether a waker is called behind it. It is `now` by its clock.
    pub fn announce(&mut self, kind: Kind, calls: bool, now: u32) {
        self.calls = None;
        self.note_clones(now);
        if kind == Kind::Exit {
            // Nothing of the task is left that could tell.
            self.announced = Announced::default();
            return;
        }
        // Whatever it does, it may drop a future that has left a waker of others, and then nobody calls that.
        let told = |member: &&Member| kind == Kind::Repoll || !member.is_own();
        let members = self.members.iter().filter(told).map(|member| (member.object, member.kind));
        let any = self.members.iter().any(|member| told(&member));
        let members = any.then(|| members.collect());
        self.announced = Announced { members, listens: self.handed_out.is_some(), calls };
    }

    /// Two are ours: the one in here, and the one that the task is polled with.
    pub fn note_clones(&mut self, now: u32) {
        if self.waker.as_ref().is_some_and(|waker| Arc::strong_count(waker) > 2) {
            self.handed_out.get_or_insert(now);
        }
    }

    /// Whether it only lets others go first.
    pub fn yields_alone(&self) -> bool {
        self.yielded && self.members.is_empty() && self.handed_out.is_none() && !self.eager
    }

    /// Whether the one future that has lied may be polled again to make its step: nothing else could have
    /// made the task be polled.
    pub fn waits_for_its_leaf_alone(&mut self, now: u32) -> bool {
        self.note_clones(now);
        self.members.is_empty() && !self.yielded && self.handed_out.is_none() && !self.eager
    }
}

impl Execution {
    /// What a future answered without a step was seen: the search begins anew, and here it makes one.
    pub fn expose(&mut self, at: At) {
        if !self.is_over() {
            self.sites.exposed.push(at);
            self.fail(Failure::Cut);
        }
    }

    /// The current thread calls the waker of a task, behind the last step: that had to be known of it.
    pub fn note_call(&mut self) {
        let Some(last) = self.last_step().filter(|last| !last.announced.calls) else { return };
        let Operation { kind, at, .. } = last.operation;
        let called = if kind.is_call() { &mut self.sites.called_again } else { &mut self.sites.called };
        called.push(at);
    }

    /// Whether the current thread can have come by the waker of a task through what is modelled: then it knows of
    /// the task's having handed it out.
    pub fn may_have_waker_of(&self, task: ThreadId) -> bool {
        let since = self.threads[task.index()].task.handed_out;
        since.is_none_or(|since| self.threads[self.current.index()].knowledge.clock.get(task) >= since)
    }

    /// The current task is polled: what it was woken for is seen, and needs no waker any more.
    pub(in crate::world) fn poll_begins(&mut self, id: ThreadId) {
        let objects = &self.objects;
        let thread = &mut self.threads[id.index()];
        (thread.task.yielded, thread.task.begins) = (false, false);
        let knowledge = &mut thread.knowledge;
        thread.task.members.retain(|member| {
            let state = &objects[member.slot as usize].state;
            let woken = member.is_own() && state.enabled(member.kind);
            if let Some(clock) = state.news(member.kind).filter(|_| woken) {
                knowledge.clock.join(clock);
            }
            !woken
        });
    }

    /// The current thread's step on an object has set off the wakers that others left there.
    pub(in crate::world) fn note_wakes(&mut self, slot: u32) {
        for i in 0..self.threads.len() {
            while let Some(at) = self.threads[i].task.members.iter().position(|member| {
                member.slot == slot && !member.is_own() && self.may_go_on(slot, member.kind)
            }) {
                let waker = self.threads[i].task.members.remove(at).waker.expect("it is not its own");
                self.threads[self.current.index()].task.due.push((ThreadId(i as u16), waker));
            }
        }
    }

    /// The waker of a task is called by the current thread.
    pub fn wake(&mut self, id: ThreadId) {
        let slot = self.thread_place(id).slot;
        let clock = &self.threads[self.current.index()].knowledge.clock;
        if let State::Thread(thread) = &mut self.objects[slot as usize].state {
            thread.wake(clock);
        }
    }
}
