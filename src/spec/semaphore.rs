//! Permits that are taken and given back.

use super::Spec;

/// A semaphore: how many permits are free, of how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Semaphore {
    free: u32,
    permits: u32,
}

impl Semaphore {
    /// All of `permits` are free.
    pub fn new(permits: u32) -> Self {
        Self { free: permits, permits }
    }
}

/// What can be asked of a [`Semaphore`]. A call that blocks until there are permits is an
/// [`Acquire`](Self::Acquire) that answered [`Ret::Yes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// Take so many permits, all or none.
    Acquire(u32),
    /// Give so many back, where so many are taken.
    Release(u32),
    /// How many are free?
    Free,
}

/// What a [`Semaphore`] answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ret {
    /// It was done.
    Yes,
    /// It was not, and nothing changed.
    No,
    /// So many are free.
    Free(u32),
}

impl Spec for Semaphore {
    type Op = Op;
    type Ret = Ret;

    fn apply(&mut self, op: &Op) -> Ret {
        let free = match op {
            Op::Acquire(permits) => self.free.checked_sub(*permits),
            Op::Release(permits) => self.free.checked_add(*permits).filter(|free| *free <= self.permits),
            Op::Free => return Ret::Free(self.free),
        };
        let Some(free) = free else { return Ret::No };
        self.free = free;
        Ret::Yes
    }

    fn reads(op: &Op, ret: Option<&Ret>) -> bool {
        matches!(op, Op::Free | Op::Acquire(0) | Op::Release(0))
            || matches!(ret, Some(Ret::No | Ret::Free(_)))
    }

    fn op_text(op: &Op) -> String {
        match op {
            Op::Acquire(permits) => format!("acquire({permits})"),
            Op::Release(permits) => format!("release({permits})"),
            Op::Free => "free".to_owned(),
        }
    }

    fn ret_text(ret: &Ret) -> String {
        match ret {
            Ret::Yes => "ok".to_owned(),
            Ret::No => "refused".to_owned(),
            Ret::Free(permits) => permits.to_string(),
        }
    }
}
