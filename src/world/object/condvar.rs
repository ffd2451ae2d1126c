//! Threads that wait to be notified. Which of them `notify_one` wakes is settled when one of them wakes.
//!
//! A notification is a token for whoever waited when it was made. Any of those may take it, so the order
//! in which they wake is the choice of the waiter, and no branch of its own is needed. A wakeup without
//! a reason, and a timeout, are a wait that never joined: nobody can tell the difference.
//!
//! Nothing is learned through a notification: std promises no order of memory but the mutex's.

use super::{Outcome, Step, ThreadId};
use crate::world::operation::{Patience, Relation};

/// What is done to a condition variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Cv {
    /// Joins those who wait, and still holds the mutex.
    Wait,
    /// Waits for a notification.
    Wake(Patience),
    /// Wakes one of those who wait.
    NotifyOne,
    /// Wakes all who wait.
    NotifyAll,
}

impl Cv {
    /// The word for it in a table of steps.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Wait => "wait on",
            Self::Wake(_) => "wake from",
            Self::NotifyOne => "notify_one",
            Self::NotifyAll => "notify_all",
        }
    }
}

/// How two steps on one condition variable relate, the first of them made first.
///
/// - Those who wait join in any order: a token is for all who had joined.
/// - Joining meets every notification: it is in time for it or not.
/// - Two notifications meet, since each is named by who wakes through it; unless both found nobody.
/// - Waking meets the waking of others, who could have taken the same token; unless both were woken together.
///   It does not meet a notification but the one that it names: a token taken is a waiter less, so that what
///   is left for others stays as it was. But for a wait that ends without a token.
pub fn relation((a, a_out): (Cv, Outcome), (b, b_out): (Cv, Outcome)) -> Relation {
    use Relation::{Independent, Racing};
    let racing_if = |yes: bool| if yes { Racing } else { Independent };
    match (a, b) {
        (Cv::Wait, Cv::Wait | Cv::Wake(_)) | (Cv::Wake(_), Cv::Wait) => Independent,
        (Cv::Wait, _) | (_, Cv::Wait) => Racing,
        (Cv::Wake(_), Cv::Wake(_)) => racing_if((a_out, b_out) != (Outcome::Together, Outcome::Together)),
        (Cv::Wake(_), _) => racing_if(a_out == Outcome::Failed),
        (_, Cv::Wake(_)) => racing_if(b_out == Outcome::Failed),
        _ => racing_if((a_out, b_out) != (Outcome::Failed, Outcome::Failed)),
    }
}

/// Who waits, and which notifications nobody has woken by yet.
#[derive(Debug, Default)]
pub struct Condvar {
    /// Who waits, and how many had joined before.
    waiters: Vec<(ThreadId, usize)>,
    joined: usize,
    tokens: Vec<Token>,
    /// How many the last notification was for.
    woken: usize,
}

/// One thread may wake.
#[derive(Clone, Copy, Debug)]
struct Token {
    /// How many had joined when it was made: it is for them.
    joined: usize,
    /// The notification.
    event: usize,
    /// Whether it is one of a notification of all.
    together: bool,
}

impl Condvar {
    /// How many the last notification was for.
    pub fn woken(&self) -> usize {
        self.woken
    }

    /// How many wait whom no notification is for.
    pub fn waiting(&self) -> usize {
        self.waiters.len() - self.tokens.len()
    }

    /// The first token that is for `thread`. Earlier tokens are for fewer, so taking the first leaves the
    /// others enough.
    fn token(&self, thread: ThreadId) -> Option<usize> {
        let (_, before) = self.waiters.iter().find(|(waiter, _)| *waiter == thread)?;
        self.tokens.iter().position(|token| token.joined > *before)
    }

    pub fn enabled(&self, thread: ThreadId, kind: Cv) -> bool {
        !matches!(kind, Cv::Wake(_)) || self.token(thread).is_some()
    }

    pub fn apply(&mut self, kind: Cv, step: &mut Step<'_>) -> Outcome {
        match kind {
            Cv::Wait => {
                self.waiters.push((step.thread, self.joined));
                self.joined += 1;
                Outcome::Done
            }
            Cv::Wake(_) => self.wake(step),
            Cv::NotifyOne => self.notify(1, step.event, false),
            Cv::NotifyAll => self.notify(usize::MAX, step.event, true),
        }
    }

    fn notify(&mut self, most: usize, event: usize, together: bool) -> Outcome {
        let wanted = most.min(self.waiting());
        self.woken = wanted;
        let token = Token { joined: self.joined, event, together };
        self.tokens.extend(std::iter::repeat_n(token, wanted));
        if wanted == 0 { Outcome::Failed } else { Outcome::Done }
    }

    fn wake(&mut self, step: &mut Step<'_>) -> Outcome {
        let token = self.token(step.thread);
        self.waiters.retain(|(waiter, _)| *waiter != step.thread);
        // Without one, time is up.
        let Some(token) = token.map(|token| self.tokens.remove(token)) else { return Outcome::Failed };
        step.after.push(token.event);
        if token.together { Outcome::Together } else { Outcome::Done }
    }
}
