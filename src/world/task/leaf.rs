//! A future of the facade within a task: what it answers, and when it makes its step.

use super::standing::{Leaf, Member};
use crate::world::execution::{self, Execution, Place};
use crate::world::failure::{Failure, Reason};
use crate::world::operation::{At, Kind, Outcome, ThreadId};
use crate::world::{self, Part, Stepped, World, panic};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// An operation that waits, and the same one if it does not.
#[derive(Clone, Copy, Debug)]
pub struct Waits {
    /// It can be done only if it does not have to wait.
    pub kind: Kind,
    /// It can always be done, and fails if it would have to wait.
    pub attempt: Kind,
    /// The line that asks for it.
    pub at: At,
}

/// A future's place in the task that polls it.
#[derive(Debug, Default)]
pub struct Turn(Option<(u64, ThreadId)>);

/// What a poll comes to.
enum Way {
    Lie,
    Step,
    Attempt,
    Exposed,
    TwoAtOnce(At),
}

impl Turn {
    /// Ready when the future has made its step.
    pub fn step<'p, L, R>(
        &mut self,
        context: &Context<'_>,
        part: &'p Part<L>,
        waits: Waits,
        loom: impl FnOnce(&'p L) -> R,
    ) -> Poll<Stepped<R>> {
        // The step would say so too: there is no execution here to look into before.
        if part.is_real_at(waits.at) {
            return Poll::Ready(Stepped::Real);
        }
        let thread = world::current_thread();
        // A waker of others is dropped out here: that is their code.
        drop(execution::with(|e| self.leave(e, thread)));
        let own = is_own(context.waker(), thread);
        match execution::with(|e| self.way(e, thread, own, waits.at)) {
            Way::Lie => Poll::Pending,
            Way::Step => Poll::Ready(world::step(part, waits.kind, waits.at, loom)),
            Way::Attempt => self.attempt(context, part, waits, loom),
            Way::Exposed => panic::give_up(),
            Way::TwoAtOnce(other) => give_up(&two_at_once(other, waits.at)),
        }
    }

    /// Ready when the future may make its step in loom's world, where no future answers by one at once.
    pub fn in_loom(&mut self, at: At) -> Poll<()> {
        let thread = world::current_thread();
        match execution::with(|e| self.way(e, thread, true, at)) {
            Way::Lie => Poll::Pending,
            Way::TwoAtOnce(other) => give_up(&two_at_once(other, at)),
            Way::Step | Way::Attempt | Way::Exposed => Poll::Ready(()),
        }
    }

    fn way(&mut self, e: &mut Execution, thread: ThreadId, own: bool, at: At) -> Way {
        if e.is_over() {
            return Way::Step;
        }
        let task = &e.threads[thread.index()].task;
        let eager = world::current() == World::Model && (!own || task.eager || e.sites.is_eager(at));
        match task.leaf {
            Leaf::Granted(granted, _) if self.is(granted) => {
                e.threads[thread.index()].task.leaf = Leaf::None;
                Way::Step
            }
            Leaf::None if eager => Way::Attempt,
            Leaf::None => {
                let me = self.enter(e, thread);
                e.threads[thread.index()].task.leaf = Leaf::Lied(me, at);
                if !e.lied.contains(&at) {
                    e.lied.push(at);
                }
                Way::Lie
            }
            Leaf::Lied(_, other) | Leaf::Granted(_, other) if world::current() == World::Model => {
                expose_both(e, other, at);
                Way::Exposed
            }
            Leaf::Lied(_, other) | Leaf::Granted(_, other) => Way::TwoAtOnce(other),
        }
    }

    fn is(&self, leaf: u64) -> bool {
        self.0.is_some_and(|(me, _)| me == leaf)
    }

    /// It is known in this task by a number of its own.
    fn enter(&mut self, e: &mut Execution, thread: ThreadId) -> u64 {
        e.sites.leaves += 1;
        let me = e.number << 32 | u64::from(e.sites.leaves);
        self.0 = Some((me, thread));
        me
    }

    /// It is polled, so that the waker which it has left is of no use. In another task it is not known.
    fn leave(&mut self, e: &mut Execution, thread: ThreadId) -> Option<Member> {
        let (me, before) = self.0.filter(|(me, _)| e.number == me >> 32)?;
        let member = take_member(e, me, before);
        if before != thread {
            if let Some(at) = lie_of(e, me, before) {
                e.expose(at);
            }
            self.0 = None;
        }
        member
    }

    fn attempt<'p, L, R>(
        &mut self,
        context: &Context<'_>,
        part: &'p Part<L>,
        waits: Waits,
        loom: impl FnOnce(&'p L) -> R,
    ) -> Poll<Stepped<R>> {
        let stepped = world::step(part, waits.attempt, waits.at, loom);
        let (Stepped::Model(Outcome::Failed), Part::Model(place)) = (&stepped, part) else {
            return Poll::Ready(stepped);
        };
        self.leave_waker(context, *place, waits.kind, waits.at);
        Poll::Pending
    }

    /// It has joined a queue in this poll, so that its `Pending` is no lie: it waits there to do `kind`.
    pub fn queued<L>(&mut self, context: &Context<'_>, part: &Part<L>, kind: Kind, at: At) {
        let thread = world::current_thread();
        let own = is_own(context.waker(), thread);
        match (execution::with(|e| self.way(e, thread, own, at)), part) {
            (Way::Attempt, Part::Model(place)) => self.leave_waker(context, *place, kind, at),
            (Way::Exposed | Way::TwoAtOnce(_), _) => panic::give_up(),
            _ => {}
        }
    }

    /// Leaves the task's waker with an object, to be called when `kind` can be done.
    fn leave_waker(&mut self, context: &Context<'_>, place: Place, kind: Kind, at: At) {
        let waker = context.waker();
        if waker.will_wake(Waker::noop()) {
            return;
        }
        let thread = world::current_thread();
        let waker = (!is_own(waker, thread)).then(|| waker.clone());
        execution::with(|e| {
            if waker.is_some() {
                let now = e.now();
                e.threads[thread.index()].task.handed_out.get_or_insert(now);
            }
            let leaf = self.enter(e, thread);
            let member = Member { leaf, object: place.id, slot: place.slot, kind, at, waker };
            e.threads[thread.index()].task.members.push(member);
        });
    }
}

fn take_member(e: &mut Execution, leaf: u64, thread: ThreadId) -> Option<Member> {
    let members = &mut e.threads.get_mut(thread.index())?.task.members;
    members.iter().position(|member| member.leaf == leaf).map(|at| members.remove(at))
}

/// The line of the lie that the current poll of `thread` knows of this future.
fn lie_of(e: &Execution, leaf: u64, thread: ThreadId) -> Option<At> {
    match e.threads[thread.index()].task.leaf {
        Leaf::Lied(lied, at) | Leaf::Granted(lied, at) if lied == leaf => Some(at),
        _ => None,
    }
}

/// Whether it is the waker of the task that the thread polls, and not one that others have put around it.
fn is_own(waker: &Waker, thread: ThreadId) -> bool {
    execution::with(|e| {
        let own = e.threads[thread.index()].task.waker.as_ref();
        own.is_some_and(|own| std::ptr::eq(waker.data(), Arc::as_ptr(own).cast()))
    })
}

fn expose_both(e: &mut Execution, one: At, other: At) {
    e.expose(one);
    e.sites.exposed.push(other);
}

impl Drop for Turn {
    #[inline]
    fn drop(&mut self) {
        if let Some((me, thread)) = self.0 {
            is_gone(me, thread);
        }
    }
}

#[cold]
fn is_gone(me: u64, thread: ThreadId) {
    if world::is_real() {
        return;
    }
    // An answer that no step stands behind outlives its future: whatever its task does next exposes it.
    drop(execution::with(|e| (e.number == me >> 32).then(|| take_member(e, me, thread)).flatten()));
}

fn two_at_once(one: At, other: At) -> String {
    format!("loom's world has no task that waits at {one} and at {other} at once; the exhaustive engine does")
}

pub(super) fn give_up(what: &str) -> ! {
    execution::with(|e| e.fail(Failure::Undecided(Reason::NotModelled(what.to_owned()))));
    panic::give_up()
}

/// A step is about to be made: no future of this task may have answered without one.
pub fn no_lie_stands(at: At) {
    let lie = execution::with(|e| e.threads[e.current.index()].task.leaf.lie());
    let Some(lie) = lie else { return };
    if world::current() != World::Model {
        give_up(&two_at_once(lie, at));
    }
    execution::with(|e| e.expose(lie));
    panic::give_up()
}
