//! Futures in a model: a task is a thread, and an await is one step.
//!
//! A future of the facade that is polled for the first time takes no step. It answers `Pending`, which
//! may be a lie, and is noted. When the whole task answers `Pending`, the one noted future is polled
//! again with the grant to make its step, and waits for its turn inside that poll. So a plain await
//! costs what a blocking call costs. Whatever could tell a lie from the truth before the task has
//! answered `Pending` makes the execution undecided: nothing possible is left out in silence.

use super::failure::{Failure, Reason};
use super::operation::At;
use super::{execution, panic};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

/// What a thread's task stands at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Leaf {
    /// No future has answered `Pending` since the task was last polled.
    #[default]
    None,
    /// This future has, at this line, without a step.
    Lied(u64, At),
    /// This future may make its step in this poll.
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

/// A future's place in the task: it lies once, then waits for its grant.
#[derive(Debug, Default)]
pub struct Turn(Option<u64>);

impl Turn {
    /// Ready when the future may make its step, which waits inside the poll.
    pub fn poll(&mut self, at: At) -> Poll<()> {
        let thread = super::current_thread();
        let answer = execution::with(|e| {
            if e.is_over() {
                return Ok(Poll::Ready(()));
            }
            let fresh = e.number << 32 | e.trace.len() as u64;
            let leaf = &mut e.threads[thread.index()].leaf;
            match (*leaf, self.0) {
                (Leaf::Granted(granted, _), Some(me)) if granted == me => {
                    *leaf = Leaf::None;
                    Ok(Poll::Ready(()))
                }
                (Leaf::None, _) => {
                    self.0 = Some(fresh);
                    *leaf = Leaf::Lied(fresh, at);
                    Ok(Poll::Pending)
                }
                (Leaf::Lied(_, other) | Leaf::Granted(_, other), _) => Err((other, at)),
            }
        });
        answer.unwrap_or_else(|(one, other)| give_up(&two_at_once(one, other)))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(me) = self.0 else { return };
        if super::is_real() || std::thread::panicking() {
            return;
        }
        let thread = super::current_thread();
        let lied = execution::with(|e| match e.threads[thread.index()].leaf {
            Leaf::Lied(other, at) if other == me && !e.is_over() => Some(at),
            _ => None,
        });
        if let Some(at) = lied {
            let what = format!(
                "a future that waits at {at} is dropped before its task waits (now_or_never, select!)"
            );
            execution::with(|e| e.fail(Failure::Undecided(Reason::NotModelled(what))));
        }
    }
}

fn two_at_once(one: At, other: At) -> String {
    format!("one task waits at {one} and at {other} at once (join!, select!): only plain awaits are modelled")
}

fn give_up(what: &str) -> ! {
    execution::with(|e| e.fail(Failure::Undecided(Reason::NotModelled(what.to_owned()))));
    panic::give_up()
}

/// A step is about to be made: no future of this task may have lied.
pub fn no_lie_stands(at: At) {
    let lied = execution::with(|e| match e.threads[e.current.index()].leaf {
        Leaf::Lied(_, lie) => Some(lie),
        _ => None,
    });
    if let Some(lie) = lied {
        give_up(&two_at_once(lie, at));
    }
}

struct NoWaker;

impl Wake for NoWaker {
    fn wake(self: Arc<Self>) {}
}

/// Runs a future to its end as the current thread of a model.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(NoWaker));
    let mut context = Context::from_waker(&waker);
    loop {
        let polled = future.as_mut().poll(&mut context);
        let thread = super::current_thread();
        let (over, leaf) = execution::with(|e| (e.is_over(), e.threads[thread.index()].leaf));
        if over {
            panic::give_up();
        }
        match (polled, leaf) {
            (Poll::Ready(output), Leaf::None) => return output,
            (Poll::Ready(_), Leaf::Lied(_, at) | Leaf::Granted(_, at)) => {
                give_up(&format!("a task ends while it waits at {at} (now_or_never, select!)"))
            }
            (Poll::Pending, Leaf::Lied(me, at)) => {
                execution::with(|e| e.threads[thread.index()].leaf = Leaf::Granted(me, at));
            }
            (Poll::Pending, Leaf::Granted(_, at)) => give_up(&format!(
                "the future that waits at {at} is not polled by its task (select!, FuturesUnordered)"
            )),
            (Poll::Pending, Leaf::None) => give_up(
                "a task waits for something that raceproof does not model (a future of another crate, a hand-written waker)",
            ),
        }
    }
}
