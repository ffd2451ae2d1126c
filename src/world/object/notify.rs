//! Futures that wait to be notified, one by one or all: tokio's `Notify`, exactly.
//!
//! A future joins those who wait in the step of its first poll, and is notified by one step of somebody else's,
//! which takes it from the queue. A notification that finds nobody is kept, one at most. A future that was
//! made before a notification of all has it, polled or not; so to be made is a step, too.

use super::{Outcome, Step};
use crate::world::clock::Clock;
use crate::world::operation::{ObjectId, Relation};
use std::collections::VecDeque;

/// What is done. A future is known by a name of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Bell {
    /// A future is made.
    Make(ObjectId),
    /// Takes the notification that is kept, or joins those who wait (`Queued`).
    Wait(ObjectId),
    /// Waits to be notified.
    Wake(ObjectId),
    /// Asks whether it was notified.
    Look(ObjectId),
    /// Is not polled any more: what it was notified of alone goes to another.
    Leave(ObjectId),
    /// Notifies the one that has waited longest, or keeps the notification.
    One,
    /// Notifies the one that has waited shortest, or keeps the notification.
    Last,
    /// Notifies all who wait or were made.
    All,
}

impl Bell {
    /// The word for it in a table of steps.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Make(_) => "notified of",
            Self::Wait(_) => "wait on",
            Self::Wake(_) | Self::Look(_) => "wake from",
            Self::Leave(_) => "leave",
            Self::One => "notify_one",
            Self::Last => "notify_last",
            Self::All => "notify_waiters",
        }
    }

    /// Whether it may let a future go on that waits.
    pub fn lets_go_on(self) -> bool {
        matches!(self, Self::One | Self::Last | Self::All | Self::Leave(_))
    }
}

/// How two steps on one of these relate, the first of them made first.
///
/// - Waking names the step that notified it, and takes nothing from others. So does asking that finds it so;
///   asking in vain meets what could notify.
/// - To be made meets the notification of all, and nothing else.
/// - All else meets: it decides who waits, behind whom, and whether a notification is kept.
pub fn relation((a, a_out): (Bell, Outcome), (b, b_out): (Bell, Outcome)) -> Relation {
    use Bell::{All, Look, Make, Wake};
    use Relation::{Independent, Racing};
    match (a, b) {
        (Make(_), All) | (All, Make(_)) => Racing,
        (Make(_) | Wake(_), _) | (_, Make(_) | Wake(_)) => Independent,
        (a, Look(_)) if a.lets_go_on() && b_out != Outcome::Done => Racing,
        (Look(_), b) if b.lets_go_on() && a_out != Outcome::Done => Racing,
        (Look(_), _) | (_, Look(_)) => Independent,
        _ => Racing,
    }
}

/// Which of those who wait is notified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whom {
    First,
    Last,
    All,
}

/// A future that was notified and has not woken.
#[derive(Debug)]
struct Notified {
    name: ObjectId,
    whom: Whom,
    event: usize,
    clock: Clock,
}

/// Who waits, who was notified, and what is kept.
#[derive(Debug, Default)]
pub struct Notify {
    /// Futures that were made and not polled, with the notifications of all before.
    made: Vec<(ObjectId, usize)>,
    waiters: VecDeque<ObjectId>,
    notified: Vec<Notified>,
    /// A notification that nobody has taken, by which steps, and what was known then.
    kept: Option<(usize, Clock)>,
    /// Notifications of all, the last one, and what was known then.
    calls: usize,
    called: (usize, Clock),
}

impl Notify {
    pub fn enabled(&self, kind: Bell) -> bool {
        match kind {
            Bell::Wake(name) => self.notified.iter().any(|notified| notified.name == name),
            _ => true,
        }
    }

    /// What they knew who notified a waiter.
    pub fn news(&self, kind: Bell) -> Option<&Clock> {
        let Bell::Wake(name) = kind else { return None };
        Some(&self.notified.iter().find(|notified| notified.name == name)?.clock)
    }

    pub fn apply(&mut self, kind: Bell, step: &mut Step<'_>) -> Outcome {
        match kind {
            Bell::Make(name) => self.made.push((name, self.calls)),
            Bell::Wait(name) => return self.wait(name, step),
            Bell::Wake(name) | Bell::Look(name) => {
                let Some(mine) = self.take(name) else { return Outcome::Failed };
                step.after.push(mine.event);
                step.knowledge.clock.join(&mine.clock);
            }
            Bell::Leave(name) => {
                self.made.retain(|(made, _)| *made != name);
                self.waiters.retain(|waiter| *waiter != name);
                if let Some(mine) = self.take(name).filter(|mine| mine.whom != Whom::All) {
                    step.knowledge.clock.join(&mine.clock);
                    self.notify(mine.whom, step);
                }
            }
            Bell::One => self.notify(Whom::First, step),
            Bell::Last => self.notify(Whom::Last, step),
            Bell::All => {
                self.calls += 1;
                self.called.0 = step.event;
                self.called.1.join(&step.knowledge.clock);
                while !self.waiters.is_empty() {
                    self.notify(Whom::All, step);
                }
            }
        }
        Outcome::Done
    }

    fn take(&mut self, name: ObjectId) -> Option<Notified> {
        let mine = self.notified.iter().position(|notified| notified.name == name)?;
        Some(self.notified.remove(mine))
    }

    fn wait(&mut self, name: ObjectId, step: &mut Step<'_>) -> Outcome {
        let mine = self.made.iter().position(|(made, _)| *made == name);
        let (_, calls) = self.made.remove(mine.expect("it was made before it is polled"));
        let told = if calls == self.calls { self.kept.take() } else { Some(self.called.clone()) };
        let Some((event, clock)) = told else {
            self.waiters.push_back(name);
            return Outcome::Queued;
        };
        step.after.push(event);
        step.knowledge.clock.join(&clock);
        Outcome::Done
    }

    fn notify(&mut self, whom: Whom, step: &mut Step<'_>) {
        let (event, clock) = (step.event, step.knowledge.clock.clone());
        let waiter = if whom == Whom::Last { self.waiters.pop_back() } else { self.waiters.pop_front() };
        if let Some(name) = waiter {
            return self.notified.push(Notified { name, whom, event, clock });
        }
        let (last, known) = self.kept.get_or_insert_with(|| (event, Clock::default()));
        *last = event;
        known.join(&clock);
    }
}
