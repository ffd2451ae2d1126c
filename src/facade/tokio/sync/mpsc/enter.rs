//! Taking places in a channel that may be full, in the order of the first polls.

use super::pipe::{Closed, Pipe};
use crate::world::execution;
use crate::world::object::mailbox::Mail;
use crate::world::operation::{At, ObjectId, Outcome};
use crate::world::task::Turn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// What a place is taken for.
#[derive(Clone, Copy, Debug)]
pub enum For {
    /// A message, which is put in in the same step.
    Message,
    /// So many messages later.
    Later(usize),
}

impl For {
    /// The step that takes it or joins those who wait.
    fn enter(self, name: ObjectId) -> Mail {
        match self {
            Self::Message => Mail::Send(name),
            Self::Later(many) => Mail::Reserve(many, name),
        }
    }

    /// The step that goes on when its turn has come, and the one that asks whether it has.
    fn go_on(self, name: ObjectId) -> [Mail; 2] {
        match self {
            Self::Message => [Mail::SendInTurn(name), Mail::SendIfTurn(name)],
            Self::Later(_) => [Mail::Wake(name), Mail::Look(name)],
        }
    }
}

/// Takes places.
#[derive(Debug)]
pub struct Enter<'a> {
    pipe: &'a Pipe,
    what: For,
    at: At,
    turn: Turn,
    /// Its name among those who wait, while it does.
    name: Option<ObjectId>,
}

impl<'a> Enter<'a> {
    pub fn new(pipe: &'a Pipe, what: For, at: At) -> Self {
        Self { pipe, what, at, turn: Turn::default(), name: None }
    }

    /// The step by which it comes, and its name if it has to wait.
    fn first(&self) -> (Mail, ObjectId) {
        let name = execution::with(execution::Execution::name);
        let simple = self.pipe.sends().filter(|_| matches!(self.what, For::Message));
        (simple.unwrap_or_else(|| self.what.enter(name)), name)
    }

    /// Whether it has to wait, which a simple send never has.
    fn is_queued(&mut self, kind: Mail, name: ObjectId, outcome: Outcome) -> bool {
        if outcome != Outcome::Queued {
            return false;
        }
        if kind == Mail::Put {
            self.pipe.must_be_exact();
        }
        self.name = Some(name);
        true
    }

    fn join(&mut self, context: &Context<'_>) -> Poll<Result<(), Closed>> {
        let (kind, name) = self.first();
        let outcome = ready!(self.pipe.poll(&mut self.turn, context, [kind, kind], self.at));
        if !self.is_queued(kind, name, outcome) {
            return Poll::Ready(got(outcome));
        }
        let [wait, _] = self.what.go_on(name);
        self.pipe.queued(&mut self.turn, context, wait, self.at);
        Poll::Pending
    }

    /// Blocks its thread.
    pub fn block(mut self) -> Result<(), Closed> {
        let (kind, name) = self.first();
        let mut outcome = self.pipe.step(kind, self.at);
        if self.is_queued(kind, name, outcome) {
            let [wait, _] = self.what.go_on(name);
            outcome = self.pipe.step(wait, self.at);
            got(outcome)?;
            self.name = None;
        }
        got(outcome)
    }
}

fn got(outcome: Outcome) -> Result<(), Closed> {
    if outcome == Outcome::Ended { Err(Closed) } else { Ok(()) }
}

impl Future for Enter<'_> {
    type Output = Result<(), Closed>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let Some(name) = this.name else { return this.join(context) };
        got(ready!(this.pipe.poll(&mut this.turn, context, this.what.go_on(name), this.at)))?;
        this.name = None;
        Poll::Ready(Ok(()))
    }
}

impl Drop for Enter<'_> {
    fn drop(&mut self) {
        let Some(name) = self.name else { return };
        if !self.pipe.part.is_real_at(self.at) {
            self.pipe.step(Mail::Leave(name), self.at);
        }
    }
}
