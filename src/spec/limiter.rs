//! A limiter: so many calls in a window of time, and no more.

use super::Spec;

/// A fixed-window limiter: how many calls the current window still admits.
///
/// Time is an operation, [`Op::Tick`], so that a test says when a window ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limiter {
    left: u32,
    calls_max: u32,
}

impl Limiter {
    /// Admits `calls_max` calls in each window.
    pub fn new(calls_max: u32) -> Self {
        Self { left: calls_max, calls_max }
    }
}

/// What can be asked of a [`Limiter`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// May one more call go on?
    Admit,
    /// A new window begins.
    Tick,
    /// How many more may go on in this window?
    Left,
}

/// What a [`Limiter`] answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ret {
    /// The call may go on, or the window is new.
    Yes,
    /// The call may not go on.
    No,
    /// So many more may go on.
    Left(u32),
}

impl Spec for Limiter {
    type Op = Op;
    type Ret = Ret;

    fn apply(&mut self, op: &Op) -> Ret {
        match op {
            Op::Admit if self.left == 0 => return Ret::No,
            Op::Admit => self.left -= 1,
            Op::Tick => self.left = self.calls_max,
            Op::Left => return Ret::Left(self.left),
        }
        Ret::Yes
    }

    fn reads(op: &Op, ret: Option<&Ret>) -> bool {
        matches!(op, Op::Left) || matches!(ret, Some(Ret::No | Ret::Left(_)))
    }

    fn op_text(op: &Op) -> String {
        match op {
            Op::Admit => "admit",
            Op::Tick => "tick",
            Op::Left => "left",
        }
        .to_owned()
    }

    fn ret_text(ret: &Ret) -> String {
        match ret {
            Ret::Yes => "ok".to_owned(),
            Ret::No => "refused".to_owned(),
            Ret::Left(left) => left.to_string(),
        }
    }
}
