//! The threads of an execution: who they are, how far they have come, and what they put off.

use super::{Execution, Place};
use crate::world::failure::Panic;
use crate::world::object::{Knowledge, State};
use crate::world::operation::{At, Operation, Patience, ThreadId};
use crate::world::runtime::Membership;
use crate::world::task::Standing;
use crate::world::time::Time;

/// How far a thread has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Not started in this execution.
    #[default]
    Absent,
    /// Between two steps.
    Running,
    /// Before its next step, which is announced.
    AtStep,
    /// Done.
    Finished,
}

/// One thread of one execution.
#[derive(Debug, Default)]
pub struct Thread {
    /// How far it has come.
    pub phase: Phase,
    /// Its next step, while it is before it.
    pub next: Option<(Operation, u32)>,
    /// The last step that happened before its first: its parent's at the spawn.
    pub spawned_after: Option<usize>,
    /// Its last step.
    pub last: Option<usize>,
    /// What it is called, if it was given a name.
    pub name: Option<String>,
    /// The line that started it.
    pub spawned_at: Option<At>,
    /// How it ended, if it panicked, until somebody takes note by joining it.
    pub panic: Option<Panic>,
    /// What its task stands at.
    pub task: Standing,
    /// The number of the task that it runs, if it runs one that was spawned.
    pub task_id: Option<u64>,
    /// Where it stands to tokio's runtimes.
    pub runtime: Membership,
    /// Somebody has joined it.
    pub joined: bool,
    /// Whether it has asked who it is, or used what it alone has: `thread::current`, a thread local.
    pub knows_itself: bool,
    /// What it knows of time.
    pub(in crate::world) time: Time,
    /// How often in a row it yielded though nothing had changed since its last step.
    pub(super) idle_yields: u32,
    /// Its call that has not made a step yet.
    pub(super) call: Option<usize>,
    /// The lines that it has been asked about: whether a `compare_exchange_weak` fails, a wait times out.
    pub(super) asked: Vec<At>,
    /// How long it waits at its next step, where its kind does not say.
    pub patience: Option<Patience>,
    /// What it could do instead of its next step, which it has chosen among them.
    pub instead: Vec<(Operation, u32)>,
    /// What its guards gave back while a panic unwound, which is still to be done.
    pub(super) put_off: Vec<(Operation, u32)>,
    /// The steps that it has made; plain memory is not among them.
    pub(super) steps: u32,
    /// The object that stands for it, for those who join it.
    pub(super) object: u32,
    pub(in crate::world) knowledge: Knowledge,
    pub(super) objects: u32,
    pub(super) children: u32,
}

impl Thread {
    /// The steps that it has made; plain memory is not among them.
    pub fn steps(&self) -> u32 {
        self.steps
    }
}

impl Default for ThreadId {
    fn default() -> Self {
        Self::MAIN
    }
}

impl Execution {
    pub(super) fn start(&mut self, id: ThreadId, name: Option<String>, spawned_at: Option<At>) {
        if self.threads.len() <= id.index() {
            self.threads.resize_with(id.index() + 1, Thread::default);
        }
        self.started.push(id);
        let thread = &mut self.threads[id.index()];
        thread.phase = Phase::Running;
        thread.name = name;
        thread.spawned_at = spawned_at;
        thread.knowledge.clock.tick(id);
    }

    /// Who spawns each thread but the main one, in the order of their identities.
    pub fn parents(&self) -> Vec<ThreadId> {
        let mut parents = vec![ThreadId::MAIN; self.identities.len()];
        for ((parent, _), id) in &self.identities {
            parents[id.index() - 1] = *parent;
        }
        parents
    }

    /// Gives the children of these threads the identities from 1 on.
    pub fn set_parents(&mut self, parents: &[ThreadId]) {
        self.identities.clear();
        for (i, parent) in parents.iter().enumerate() {
            let nth = parents[..i].iter().filter(|earlier| *earlier == parent).count() as u32;
            self.identities.insert((*parent, nth), ThreadId(i as u16 + 1));
        }
    }

    /// Starts a thread of the current one, and returns who it is.
    pub fn spawn(&mut self, name: Option<String>, at: At) -> ThreadId {
        let (parent, now) = (self.current, self.now());
        self.threads[parent.index()].task.note_clones(now);
        let nth = self.threads[parent.index()].children;
        self.threads[parent.index()].children += 1;
        let next = ThreadId(self.identities.len() as u16 + 1);
        let id = *self.identities.entry((parent, nth)).or_insert(next);
        self.start(id, name, Some(at));
        let spawned_after = self.threads[parent.index()].last.or(self.threads[parent.index()].spawned_after);
        let clock = self.threads[parent.index()].knowledge.clock.clone();
        let runtime = self.threads[parent.index()].runtime.of_child();
        self.threads[parent.index()].knowledge.clock.tick(parent);
        let place = self.create("thread", at, State::thread());
        let thread = &mut self.threads[id.index()];
        thread.object = place.slot;
        thread.spawned_after = spawned_after;
        thread.runtime = runtime;
        thread.knowledge.clock.join(&clock);
        self.spawn_in_time(id);
        id
    }

    /// Where the object that stands for a thread is found.
    pub fn thread_place(&self, id: ThreadId) -> Place {
        let slot = self.threads[id.index()].object;
        self.place_of(slot)
    }

    /// The current thread has looked at a clock: if it goes round, it is for time to pass.
    pub fn sees_time(&mut self) {
        self.threads[self.current.index()].idle_yields = 0;
    }

    /// The current thread unwinds, and makes this step when it has ended.
    pub fn put_off(&mut self, operation: Operation, slot: u32) {
        self.threads[self.current.index()].put_off.push((operation, slot));
    }

    /// Whether the current thread still has a step to make from when it unwound.
    pub fn has_put_off(&self) -> bool {
        !self.threads[self.current.index()].put_off.is_empty()
    }

    /// Whether any thread still has a step to make on this object from when it unwound.
    pub fn is_put_off(&self, slot: u32) -> bool {
        self.threads.iter().flat_map(|thread| &thread.put_off).any(|(_, of)| *of == slot)
    }

    /// The first step that the current thread has put off.
    pub fn next_put_off(&mut self) -> Option<(Operation, u32)> {
        let put_off = &mut self.threads[self.current.index()].put_off;
        (!put_off.is_empty()).then(|| put_off.remove(0))
    }

    /// Whether the current thread asks for the first time about this line.
    pub fn is_first_asked(&mut self, at: At) -> bool {
        let asked = &mut self.threads[self.current.index()].asked;
        let first = !asked.contains(&at);
        asked.push(at);
        first
    }

    /// The current thread has made its last step.
    pub fn finish(&mut self, panic: Option<Panic>) {
        let thread = &mut self.threads[self.current.index()];
        thread.phase = Phase::Finished;
        thread.panic = panic;
    }

    /// What a thread is called.
    pub fn thread_name(&self, id: ThreadId) -> String {
        match &self.threads[id.index()].name {
            Some(name) => name.clone(),
            None if id == ThreadId::MAIN => "main".to_owned(),
            None => format!("thread {}", id.0),
        }
    }
}
