//! A task's waker: to call it is a step, which others' steps may come before or after.

use crate::world::execution::{self, Place};
use crate::world::operation::{At, Kind, ThreadId};
use crate::world::{self, Part, World};
use std::sync::Arc;
use std::task::Wake;

/// Wakes one task of one execution.
#[derive(Debug)]
pub struct TaskWaker {
    part: Part<()>,
    place: Place,
    thread: ThreadId,
    at: At,
}

impl TaskWaker {
    /// That of a task of `thread`, which the line `at` began.
    pub fn new(thread: ThreadId, at: At) -> Self {
        let place = execution::with(|e| e.thread_place(thread));
        Self { part: Part::of(place), place, thread, at }
    }
}

/// What a call of a waker comes to.
enum Call {
    /// Nothing: the task is of an execution that is over.
    Nothing,
    /// The task lets others go first.
    Yield,
    /// The step before it has told of it.
    Told,
    /// A step.
    Step,
    /// Nobody has seen how the waker came there.
    Unseen,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        match world::current() {
            World::Real => return self.part.wake_outside(self.at),
            World::Loom => return,
            World::Model => {}
        }
        let call = execution::with(|e| {
            let made = e.made(self.place);
            let task = &mut e.threads[e.current.index()].task;
            if !made || e.failure.is_some() {
                Call::Nothing
            } else if task.calls == Some(self.thread) {
                e.wake(self.thread);
                Call::Told
            } else if e.current == self.thread {
                task.yielded = true;
                Call::Yield
            } else {
                e.note_call();
                if e.threads[e.current.index()].task.trusts || e.may_have_waker_of(self.thread) {
                    Call::Step
                } else {
                    Call::Unseen
                }
            }
        });
        match call {
            Call::Step => step(self.thread, Kind::Wake(self.thread)),
            Call::Unseen => world::not_modelled(&unseen(self.thread)),
            Call::Nothing | Call::Yield | Call::Told => {}
        }
    }
}

/// Calls `f`, which calls wakers that a type of the facade has kept by itself.
pub fn trusted(f: impl FnOnce()) {
    let set = |trusts| {
        execution::with(|e| std::mem::replace(&mut e.threads[e.current.index()].task.trusts, trusts))
    };
    let before = set(true);
    f();
    set(before);
}

fn unseen(task: ThreadId) -> String {
    execution::with(|e| {
        let behind = e.behind();
        format!(
            "{}'s waker is called{behind} by {}, where it came by memory that raceproof does not see, as that of \
             futures::channel, AtomicWaker and CancellationToken; use raceproof's types, or raceproof::Foreign",
            e.thread_name(task),
            e.thread_name(e.current)
        )
    })
}

fn step(task: ThreadId, kind: Kind) {
    let (place, at) = execution::with(|e| {
        let last = e.threads[e.current.index()].last.map(|event| e.trace[event].operation.at);
        let place = e.thread_place(task);
        (place, last.unwrap_or(e.objects[place.slot as usize].created))
    });
    let _: world::Stepped<()> = world::step_in_model(place, kind, at);
}

/// Calls the wakers that the current thread's last step has set off. What a task did to its waker before
/// it left it with an object is the program's, so that the call is a step of its own.
pub fn call_due() {
    loop {
        let due = execution::with(|e| {
            let due = &mut e.threads[e.current.index()].task.due;
            (!due.is_empty()).then(|| due.remove(0))
        });
        let Some((task, waker)) = due else { return };
        step(task, Kind::CallWaker(task));
        execution::with(|e| e.threads[e.current.index()].task.calls = Some(task));
        waker.wake();
        execution::with(|e| e.threads[e.current.index()].task.calls = None);
    }
}
