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
#[expect(clippy::struct_excessive_bools, reason = "four questions that have nothing to do with each other")]
pub struct Standing {
    pub leaf: Leaf,
    pub members: Vec<Member>,
    /// It has not been polled yet, and its first poll is a step.
    pub begins: bool,
    /// It woke itself while it was polled: it lets others go first.
    pub yielded: bool,
    /// All its futures make their steps at once, since it may be aborted between them.
    pub eager: bool,
    /// Whether its waker was ever kept by anybody: from then on, what others do to that may be seen
    /// in whatever it does.
    pub handed_out: bool,
    /// The line of the step behind which it was first kept.
    pub handed_out_behind: Option<At>,
    pub waker: Option<Arc<TaskWaker>>,
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
    /// Whether what it, or a combinator that it polls, has to do with wakers is done behind it, before or after
    /// those are called.
    pub wakes: Wakes,
}

/// What is done behind a step to wakers that others may have put around a task's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Wakes {
    /// One is called: what it does before it calls its task's is done without a step.
    pub calls: bool,
    /// One is made: what such a call has done before may be seen.
    pub hands_out: bool,
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

/// The lines of steps behind which wakers are called, or first handed out.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct WakerLines {
    calls: Lines,
    /// Steps that are calls themselves, and have the line of the step before them.
    calls_again: Lines,
    hands_out: Lines,
}

impl WakerLines {
    /// What is done to wakers behind a step of this kind and line.
    pub fn of(&self, kind: Kind, at: At) -> Wakes {
        let calls = if kind.is_call() { &self.calls_again } else { &self.calls };
        Wakes { calls: calls.holds(at), hands_out: self.hands_out.holds(at) }
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
    /// What is known of its wakers.
    pub wakers: WakerLines,
    /// The lines that were exposed in this execution.
    pub exposed: Vec<At>,
    /// The lines of its steps behind which a task's waker was called.
    called: Vec<At>,
    /// The same of steps that are calls themselves.
    called_again: Vec<At>,
    /// The lines behind which such a waker was first handed out.
    handed_out: Vec<At>,
    /// The futures that were polled in this execution, to number them.
    pub leaves: u32,
}

impl Sites {
    /// What is known of a program before it begins.
    pub fn of(eager: Eager, wakers: WakerLines) -> Self {
        Self { eager, wakers, ..Self::default() }
    }

    /// Another execution begins.
    pub fn begin(&mut self) {
        self.exposed.clear();
        self.called.clear();
        self.called_again.clear();
        self.handed_out.clear();
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

    /// From now on it is known where wakers were called and handed out. Returns whether it was not.
    pub fn learn_wakers(&mut self) -> bool {
        let wakers = &mut self.wakers;
        let calls = wakers.calls.learn(&mut self.called);
        let again = wakers.calls_again.learn(&mut self.called_again);
        wakers.hands_out.learn(&mut self.handed_out) || calls || again
    }
}

impl Standing {
    /// Forgets everything. Wakers of others are not dropped: their code must not run in here.
    pub fn forget(&mut self) {
        let mut old = std::mem::take(self);
        std::mem::forget(std::mem::take(&mut old.members));
        std::mem::forget(std::mem::take(&mut old.due));
    }

    /// Its next step is of this kind, with so much known of its wakers. The last step was of the line `behind`.
    pub fn announce(&mut self, kind: Kind, wakes: Wakes, behind: Option<At>) {
        self.calls = None;
        self.note_clones(behind);
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
        self.announced = Announced { members, listens: self.handed_out, wakes };
    }

    /// Two are ours: the one in here, and the one that the task is polled with.
    pub fn note_clones(&mut self, behind: Option<At>) {
        if self.waker.as_ref().is_some_and(|waker| Arc::strong_count(waker) > 2) {
            self.hand_out(behind);
        }
    }

    /// Somebody keeps its waker, since the step of the line `behind` was made.
    pub fn hand_out(&mut self, behind: Option<At>) {
        if !std::mem::replace(&mut self.handed_out, true) {
            self.handed_out_behind = behind;
        }
    }

    /// Whether it only lets others go first.
    pub fn yields_alone(&self) -> bool {
        self.yielded && self.members.is_empty() && !self.handed_out && !self.eager
    }

    /// Whether the one future that has lied may be polled again to make its step: nothing else could have
    /// made the task be polled.
    pub fn waits_for_its_leaf_alone(&mut self, behind: Option<At>) -> bool {
        self.note_clones(behind);
        self.members.is_empty() && !self.yielded && !self.handed_out && !self.eager
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

    /// The waker of a task is about to be called, or one that was put around it has just been, behind the last
    /// step: then that had to be known of it.
    pub fn note_call(&mut self, task: ThreadId, without_a_step: bool) {
        if let Some(last) = self.last_step().filter(|last| without_a_step && !last.announced.wakes.calls) {
            let Operation { kind, at, .. } = last.operation;
            let called = if kind.is_call() { &mut self.sites.called_again } else { &mut self.sites.called };
            called.push(at);
        }
        let behind = self.threads[task.index()].task.handed_out_behind;
        self.sites.handed_out.extend(behind);
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
