//! Whether the order of two steps makes a difference: the one table, over all kinds of operation.

use super::{Kind, ObjectId, Outcome, ThreadId};
use crate::world::object::{
    barrier, belt, broadcast, condvar, mailbox, meeting, notify, once, oneshot, posts, rendezvous, rwlock,
    semaphore, thread, timer,
};
use crate::world::task::Announced;

/// A step, as far as others can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deed<'a> {
    /// Whose.
    pub thread: ThreadId,
    /// To what.
    pub object: ObjectId,
    /// What.
    pub kind: Kind,
    /// What it turned out to be.
    pub outcome: Outcome,
    /// What it has to do with steps on other objects.
    pub announced: &'a Announced,
}

impl Deed<'_> {
    /// How it relates to a later one of another thread.
    pub fn relation(&self, later: &Self) -> Relation {
        if self.object == later.object {
            let related = relation((self.kind, self.outcome), (later.kind, later.outcome));
            if related != Relation::Independent {
                return related;
            }
        }
        if self.meets(later) || later.meets(self) { Relation::Racing } else { Relation::Independent }
    }

    /// Whether it is a poll that waits for what the other one does, or a step in which a call of its task's
    /// waker may be seen.
    fn meets(&self, other: &Self) -> bool {
        let waits = self.announced.members.as_ref().is_some_and(|members| {
            let step = (other.kind, other.outcome);
            members.iter().any(|(object, kind)| *object == other.object && affects(step, *kind))
        });
        waits || self.hears(other)
    }

    /// Whether it may see what is done for a waker, in that step or behind it.
    fn hears(&self, other: &Self) -> bool {
        let its_own = matches!(other.kind, Kind::Wake(task) | Kind::CallWaker(task) if task == self.thread);
        // Behind a step it is not known whose waker is called.
        self.announced.listens && (its_own || other.announced.calls)
    }
}

/// How two steps of different threads on one object relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Their order makes no difference.
    Independent,
    /// Their order makes a difference, and this one could not have been the other.
    Ordered,
    /// Their order makes a difference, and both orders are possible.
    Racing,
}

/// How a step and a later one of another thread on the same object relate.
///
/// An outcome that is `Pending` stands for every outcome. The matching of a receive with its send, of a
/// join with its exit and of a send with the receive that made room is no relation of kinds: those
/// steps name each other (`Event::after`).
#[expect(clippy::match_same_arms, reason = "read one kind of object after the other")]
fn relation(first: (Kind, Outcome), second: (Kind, Outcome)) -> Relation {
    use Relation::{Independent, Ordered, Racing};
    let racing_if = |yes: bool| if yes { Racing } else { Independent };
    let (a, a_out) = first;
    let (b, b_out) = second;
    match (a, b) {
        (Kind::Lock, Kind::Lock | Kind::TryLock) => Racing,
        // A failed attempt commutes with a lock that had to wait for the same holder.
        (Kind::TryLock, Kind::Lock) => racing_if(a_out != Outcome::Failed),
        (Kind::TryLock, Kind::TryLock) => racing_if(a_out != Outcome::Failed || b_out == Outcome::Pending),
        (Kind::TryLock, Kind::Unlock) => racing_if(a_out != Outcome::Done),
        (Kind::Unlock, Kind::TryLock) => Racing,
        (Kind::Unlock, Kind::Lock) => Ordered,
        // Its time was up: what came later could have come in time.
        (Kind::Lock, Kind::Unlock) => racing_if(a_out == Outcome::Failed),
        (Kind::Rw(a), Kind::Rw(b)) => rwlock::relation((a, a_out), (b, b_out)),
        (Kind::Parking(a), Kind::Parking(b)) => thread::relation((a, a_out), (b, b_out)),
        (Kind::Once(a), Kind::Once(b)) => once::relation((a, a_out), (b, b_out)),
        (Kind::Gate(a), Kind::Gate(b)) => barrier::relation(a, b),
        (Kind::Belt(a), Kind::Belt(b)) => belt::relation((a, a_out), (b, b_out)),
        (Kind::Meet(a), Kind::Meet(b)) => meeting::relation((a, a_out), (b, b_out)),
        (Kind::Hand(a), Kind::Hand(b)) => rendezvous::relation((a, a_out), (b, b_out)),
        (Kind::Timer(a), Kind::Timer(b)) => timer::relation((a, a_out), b),
        (Kind::Post(a), Kind::Post(b)) => posts::relation(a, b),
        (Kind::Mail(a), Kind::Mail(b)) => mailbox::relation((a, a_out), (b, b_out)),
        (Kind::Shot(a), Kind::Shot(b)) => oneshot::relation(a, b),
        (Kind::Cast(a), Kind::Cast(b)) => broadcast::relation((a, a_out), (b, b_out)),
        (Kind::Bell(a), Kind::Bell(b)) => notify::relation((a, a_out), (b, b_out)),
        (Kind::Sem(a), Kind::Sem(b)) => semaphore::relation((a, a_out), (b, b_out)),
        (Kind::Cv(a), Kind::Cv(b)) => condvar::relation((a, a_out), (b, b_out)),
        (Kind::IsPoisoned, Kind::IsPoisoned) => Independent,
        (Kind::IsPoisoned, Kind::ClearPoison) | (Kind::ClearPoison, Kind::IsPoisoned | Kind::ClearPoison) => {
            Racing
        }
        // An unlock may poison, and whoever locks is told.
        (Kind::IsPoisoned | Kind::ClearPoison, b) if b.unlocks() => Racing,
        (a, Kind::IsPoisoned | Kind::ClearPoison) if a.unlocks() => Racing,
        (Kind::ClearPoison, b) if b.locks() => Racing,
        (a, Kind::ClearPoison) if a.locks() => Racing,
        _ if is_atomic(a) && is_atomic(b) => racing_if(a.writes(a_out) || b.writes(b_out)),
        (Kind::Send, Kind::Send) => Racing,
        // A receive and a send that found room without it commute; the receive that made room names itself.
        (Kind::TrySend, Kind::Recv) => racing_if(a_out != Outcome::Done),
        (Kind::Recv, Kind::TrySend) => racing_if(b_out != Outcome::Done),
        (Kind::TrySend, Kind::TryRecv) | (Kind::TryRecv, Kind::TrySend) => {
            racing_if(a_out != Outcome::Done || b_out != Outcome::Done)
        }
        (Kind::TrySend, Kind::SenderDrop) | (Kind::SenderDrop, Kind::TrySend) => Independent,
        (Kind::TrySend, _) | (_, Kind::TrySend) => Racing,
        (Kind::Recv | Kind::TryRecv, Kind::Recv | Kind::TryRecv) => Racing,
        // Its time was up: what came later could have come in time.
        (Kind::Recv, Kind::Send | Kind::SenderDrop) => racing_if(a_out == Outcome::Failed),
        (Kind::TryRecv, Kind::Send | Kind::SenderDrop) => racing_if(a_out != Outcome::Done),
        // The send whose message it received names itself in `Event::after`.
        (Kind::Send | Kind::SenderDrop, Kind::TryRecv) => racing_if(b_out != Outcome::Done),
        (Kind::ReceiverClose, Kind::Send) | (Kind::Send, Kind::ReceiverClose) => Racing,
        (Kind::ReceiverClose, Kind::Recv | Kind::TryRecv) => Ordered,
        (Kind::Query, Kind::Query) => Independent,
        (Kind::Query, _) | (_, Kind::Query) => Racing,
        (Kind::IsFinished, Kind::Exit) | (Kind::Exit, Kind::IsFinished) => Racing,
        (Kind::Abort, Kind::Abort) => Independent,
        _ if is_of_task(a) && is_of_task(b) => Racing,
        _ => Independent,
    }
}

/// Whether it is done to a task from within or without, while that is not polled.
fn is_of_task(kind: Kind) -> bool {
    matches!(kind, Kind::Repoll | Kind::Wake(_) | Kind::CallWaker(_) | Kind::Abort)
}

/// Whether a step may let an operation of another thread on its object go on, or hold it back again.
///
/// It is asked about what a task waits for: the task is polled again when one of its operations can go on.
fn affects(step: (Kind, Outcome), waiting: Kind) -> bool {
    match (step.0, waiting) {
        _ if step.1 == Outcome::Failed => false,
        (Kind::Load(_) | Kind::Query | Kind::IsFinished | Kind::Join, _) | (Kind::SenderDrop, Kind::Send) => {
            false
        }
        (Kind::Sem(step), _) => step.lets_go_on(),
        (Kind::Bell(step), _) => step.lets_go_on(),
        (Kind::Post(step), _) => step.lets_go_on(),
        (Kind::Mail(step), Kind::Mail(waiting)) => step.affects(waiting),
        (Kind::Shot(step), Kind::Shot(waiting)) => step.affects(waiting),
        (Kind::Cast(step), Kind::Cast(waiting)) => step.affects(waiting),
        _ => true,
    }
}

fn is_atomic(kind: Kind) -> bool {
    matches!(kind, Kind::Load(_) | Kind::Store(_) | Kind::Rmw(_) | Kind::CompareExchange(..))
}
