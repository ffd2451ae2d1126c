//! What others know of a thread: whether it has exited, and whether it has been told to go on; and of a task:
//! whether it is woken, or aborted.

use super::{Outcome, Step};
use crate::world::clock::Clock;
use crate::world::operation::{Kind, Patience, Relation};

/// What is done to a thread that parks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Parking {
    /// The thread itself waits for its token, and takes it.
    Park(Patience),
    /// Another thread makes its token available.
    Unpark,
}

impl Parking {
    /// The word for it in a table of steps.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Park(_) => "park",
            Self::Unpark => "unpark",
        }
    }
}

/// How two steps on the token of one thread relate, the first of them made first.
///
/// The park names the unpark that made its token available (`Event::after`): it could not have come before
/// that one. An unpark that found the token there (`Failed`) could have come behind the park, and is then
/// for the next one. Which of two unparks came first decides who is named.
pub fn relation((a, a_out): (Parking, Outcome), (b, b_out): (Parking, Outcome)) -> Relation {
    use Relation::{Independent, Racing};
    let racing_if = |yes: bool| if yes { Racing } else { Independent };
    match (a, b) {
        (Parking::Unpark, Parking::Unpark) => racing_if((a_out, b_out) != (Outcome::Failed, Outcome::Failed)),
        (Parking::Unpark, Parking::Park(_)) => racing_if(a_out != Outcome::Done),
        (Parking::Park(_), Parking::Unpark) => Racing,
        (Parking::Park(_), Parking::Park(_)) => Independent,
    }
}

/// What others know of a thread.
#[derive(Debug, Default)]
pub struct Thread {
    exit: Option<(usize, Clock)>,
    /// The unpark that made its token available.
    token: Option<usize>,
    /// What those who unparked it knew.
    unparked: Clock,
    /// Whether anybody has unparked it.
    pub was_unparked: bool,
    /// Its waker was called since it was last polled.
    woken: bool,
    aborted: bool,
    /// What those knew who woke or aborted it.
    wakers: Clock,
}

impl Thread {
    pub fn enabled(&self, kind: Kind) -> bool {
        match kind {
            Kind::Join => self.exit.is_some(),
            Kind::Parking(Parking::Park(_)) => self.token.is_some(),
            Kind::Repoll => self.woken || self.aborted,
            Kind::InVain => false,
            _ => true,
        }
    }

    /// What it knew when it exited.
    pub fn news(&self) -> Option<&Clock> {
        self.exit.as_ref().map(|(_, clock)| clock)
    }

    /// Its waker is called by one who knows as much.
    pub fn wake(&mut self, clock: &Clock) {
        self.woken = true;
        self.wakers.join(clock);
    }

    pub fn apply(&mut self, step: &mut Step<'_>) -> Outcome {
        match step.kind {
            Kind::Exit => self.exit = Some((step.event, step.knowledge.clock.clone())),
            Kind::Wake(_) => self.wake(&step.knowledge.clock),
            Kind::CallWaker(_) | Kind::Yield => {}
            Kind::Parking(Parking::Unpark) => return self.unpark(step),
            Kind::Parking(Parking::Park(_)) => return self.park(step),
            Kind::Abort => {
                self.aborted = true;
                self.wakers.join(&step.knowledge.clock);
            }
            Kind::Repoll => {
                self.woken = false;
                step.knowledge.clock.join(&self.wakers);
                return if self.aborted { Outcome::Ended } else { Outcome::Done };
            }
            _ => return self.look(step),
        }
        Outcome::Done
    }

    fn unpark(&mut self, step: &mut Step<'_>) -> Outcome {
        self.was_unparked = true;
        self.unparked.join(&step.knowledge.clock);
        if self.token.is_some() {
            return Outcome::Failed;
        }
        self.token = Some(step.event);
        Outcome::Done
    }

    fn park(&mut self, step: &mut Step<'_>) -> Outcome {
        // Without one, time is up.
        let Some(unpark) = self.token.take() else { return Outcome::Failed };
        step.after.push(unpark);
        step.knowledge.clock.join(&self.unparked);
        Outcome::Done
    }

    /// A join, or the question whether one would wait.
    fn look(&self, step: &mut Step<'_>) -> Outcome {
        let Some((event, clock)) = &self.exit else { return Outcome::Failed };
        step.after.push(*event);
        step.knowledge.clock.join(clock);
        Outcome::Done
    }
}
