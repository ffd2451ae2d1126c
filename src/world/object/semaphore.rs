//! Permits that are handed out first come, first served: tokio's semaphore, and what it builds on that, its
//! mutex and its lock for readers and writers.
//!
//! A future that finds too few takes what there is and joins the queue, in the step of its first poll. What is
//! given back goes to the first of the queue, until that one has all that it asked for; so nobody overtakes,
//! and permits are free only while nobody waits. A waiter waits for its own turn, which it has by the step
//! that handed it the last of its permits: which of two steps that was is what others can tell.

use super::{Outcome, Step};
use crate::world::clock::Clock;
use crate::world::operation::{ObjectId, Relation};
use std::collections::VecDeque;

/// What is done to a semaphore. A future that waits is known by a name of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Sem {
    /// Takes so many permits, or joins the queue (`Queued`).
    Acquire(u32, ObjectId),
    /// Waits for its turn.
    Wake(ObjectId),
    /// Asks whether it is its turn.
    Look(ObjectId),
    /// Is not polled any more: it leaves the queue, and what it was handed goes to the next.
    Leave(ObjectId),
    /// Takes so many permits if there are as many.
    TryAcquire(u32),
    /// Gives so many permits back.
    Release(usize),
    /// Takes away as many of the free permits.
    Forget(usize),
    /// No more permits are handed out.
    Close,
    /// Asks how many are free, or whether it is closed.
    Query,
}

impl Sem {
    /// The word for it in a table of steps.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Acquire(..) => "acquire",
            Self::Wake(_) | Self::Look(_) => "get",
            Self::Leave(_) => "leave",
            Self::TryAcquire(_) => "try_acquire",
            Self::Release(_) => "release",
            Self::Forget(_) => "forget",
            Self::Close => "close",
            Self::Query => "look at",
        }
    }

    /// Whether it may let a future go on that waits.
    pub fn lets_go_on(self) -> bool {
        matches!(self, Self::Release(_) | Self::Leave(_) | Self::Close)
    }
}

/// How two steps on one semaphore relate, the first of them made first.
///
/// - A waiter's turn is settled when its last permit is handed to it, and that step is named by the one in
///   which it goes on. So the latter meets nothing but the end of the semaphore, and neither does asking
///   whether the turn has come, if it has; if not, that meets what could have made it come.
/// - Two that took few of many commute, and so do such a one and one that gave few back while nobody waited. Two
///   that found enough for each of them alone do not: both may not have found it.
/// - Two that found too few commute, and two that gave back while nobody waited.
/// - All else meets: who was first decides who waits, and behind whom.
pub fn relation((a, a_out): (Sem, Outcome), (b, b_out): (Sem, Outcome)) -> Relation {
    use Relation::{Independent, Racing};
    use Sem::{Acquire, Close, Leave, Look, Query, Release, TryAcquire, Wake};
    let racing_if = |yes: bool| if yes { Racing } else { Independent };
    let both = |outcomes| (a_out, b_out) == outcomes;
    match (a, b) {
        (Wake(_) | Look(_), Close) | (Close, Wake(_) | Look(_)) => Racing,
        (Release(_) | Leave(_), Look(_)) => racing_if(b_out != Outcome::Done),
        (Look(_), Release(_) | Leave(_)) => racing_if(a_out != Outcome::Done),
        (Wake(_) | Look(_), _) | (_, Wake(_) | Look(_)) | (Query, Query) => Independent,
        (Acquire(..) | TryAcquire(_), Acquire(..) | TryAcquire(_)) => racing_if(
            !both((Outcome::Together, Outcome::Together)) && !both((Outcome::Failed, Outcome::Failed)),
        ),
        (Acquire(..) | TryAcquire(_), Release(few)) => {
            racing_if(few > FEW || !both((Outcome::Together, Outcome::Done)))
        }
        (Release(few), Acquire(..) | TryAcquire(_)) => {
            racing_if(few > FEW || !both((Outcome::Done, Outcome::Together)))
        }
        (Release(_), Release(_)) => racing_if(!both((Outcome::Done, Outcome::Done))),
        _ => Racing,
    }
}

/// So few permits are taken by a reader, and not by a writer.
const FEW: usize = 1 << 10;

/// Where so many permits are free, taking a few cannot be told: only a lock for readers has as many.
const MANY: usize = 1 << 20;

/// A future in the queue.
#[derive(Debug)]
struct Waiter {
    name: ObjectId,
    many: usize,
    /// What it still lacks.
    lacks: usize,
}

/// A future whose turn it is.
#[derive(Debug)]
struct Turn {
    name: ObjectId,
    many: usize,
    /// The step that made it its turn, and what was known then.
    event: usize,
    clock: Clock,
}

/// How many are free, and who waits.
#[derive(Debug)]
pub struct Semaphore {
    free: usize,
    /// What they knew who gave permits back.
    clock: Clock,
    /// What those of them knew who gave many back, as writers do. Readers learn nothing from each other.
    written: Clock,
    queue: VecDeque<Waiter>,
    turns: Vec<Turn>,
    closed: Option<(usize, Clock)>,
    /// How many the last `Forget` took away.
    forgotten: usize,
}

impl Semaphore {
    pub fn new(permits: usize) -> Self {
        let (queue, turns) = (VecDeque::new(), Vec::new());
        Self {
            free: permits,
            clock: Clock::default(),
            written: Clock::default(),
            queue,
            turns,
            closed: None,
            forgotten: 0,
        }
    }

    /// How many permits are free.
    pub fn free(&self) -> usize {
        self.free
    }

    /// How many the last `Forget` took away.
    pub fn forgotten(&self) -> usize {
        self.forgotten
    }

    /// The futures whose turn it is.
    pub fn turns(&self) -> impl Iterator<Item = ObjectId> + '_ {
        self.turns.iter().map(|turn| turn.name)
    }

    /// Whether it is closed.
    pub fn is_closed(&self) -> bool {
        self.closed.is_some()
    }

    pub fn enabled(&self, kind: Sem) -> bool {
        match kind {
            Sem::Wake(name) => self.closed.is_some() || self.turns.iter().any(|turn| turn.name == name),
            _ => true,
        }
    }

    /// What they knew who let a waiter go on.
    pub fn news(&self, kind: Sem) -> Option<&Clock> {
        let Sem::Wake(name) = kind else { return None };
        let closed = self.closed.as_ref().map(|(_, clock)| clock);
        closed.or_else(|| Some(&self.turns.iter().find(|turn| turn.name == name)?.clock))
    }

    pub fn apply(&mut self, kind: Sem, step: &mut Step<'_>) -> Outcome {
        match kind {
            Sem::Acquire(many, name) => return self.acquire(many as usize, Some(name), step),
            Sem::TryAcquire(many) => return self.acquire(many as usize, None, step),
            Sem::Wake(name) | Sem::Look(name) => return self.wake(name, step),
            Sem::Leave(name) => {
                let given = self.leave(name, step);
                self.release(given, step);
            }
            Sem::Release(many) => return self.release(many, step),
            Sem::Forget(many) => {
                self.forgotten = many.min(self.free);
                self.free -= self.forgotten;
            }
            Sem::Close => {
                self.closed.get_or_insert((step.event, step.knowledge.clock.clone()));
            }
            Sem::Query => {}
        }
        Outcome::Done
    }

    fn ended(&self, step: &mut Step<'_>) -> Option<Outcome> {
        let (close, clock) = self.closed.as_ref()?;
        step.after.push(*close);
        step.knowledge.clock.join(clock);
        Some(Outcome::Ended)
    }

    fn acquire(&mut self, many: usize, name: Option<ObjectId>, step: &mut Step<'_>) -> Outcome {
        if let Some(ended) = self.ended(step) {
            return ended;
        }
        if self.free >= many {
            self.free -= many;
            step.knowledge.clock.join(&self.written);
            if many <= FEW && self.free >= MANY {
                return Outcome::Together;
            }
            step.knowledge.clock.join(&self.clock);
            return Outcome::Done;
        }
        let Some(name) = name else { return Outcome::Failed };
        let lacks = many - std::mem::take(&mut self.free);
        self.queue.push_back(Waiter { name, many, lacks });
        Outcome::Queued
    }

    fn wake(&mut self, name: ObjectId, step: &mut Step<'_>) -> Outcome {
        if let Some(ended) = self.ended(step) {
            return ended;
        }
        let mine = self.turns.iter().position(|turn| turn.name == name);
        let Some(turn) = mine.map(|mine| self.turns.remove(mine)) else { return Outcome::Failed };
        step.after.push(turn.event);
        step.knowledge.clock.join(&turn.clock);
        Outcome::Done
    }

    /// How many permits a future has that is not polled any more.
    fn leave(&mut self, name: ObjectId, step: &mut Step<'_>) -> usize {
        if let Some(mine) = self.turns.iter().position(|turn| turn.name == name) {
            let turn = self.turns.remove(mine);
            step.knowledge.clock.join(&turn.clock);
            return turn.many;
        }
        let mine = self.queue.iter().position(|waiter| waiter.name == name);
        mine.and_then(|mine| self.queue.remove(mine)).map_or(0, |waiter| waiter.many - waiter.lacks)
    }

    /// `Together` if somebody's turn has come.
    fn release(&mut self, mut many: usize, step: &mut Step<'_>) -> Outcome {
        self.clock.join(&step.knowledge.clock);
        if many > FEW {
            self.written.join(&step.knowledge.clock);
        }
        let mut outcome = Outcome::Done;
        // Those who waited when it was closed are no queue any more.
        while many > 0 && self.closed.is_none() {
            let Some(first) = self.queue.front_mut() else { break };
            outcome = Outcome::Together;
            let given = many.min(first.lacks);
            (first.lacks, many) = (first.lacks - given, many - given);
            if first.lacks == 0 {
                let Waiter { name, many, .. } = self.queue.pop_front().expect("it is the first");
                self.turns.push(Turn { name, many, event: step.event, clock: self.clock.clone() });
            }
        }
        self.free += many;
        outcome
    }
}
