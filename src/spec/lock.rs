//! A lock, or a lease: at most one owner at a time.

use super::Spec;
use std::fmt::{Debug, Display};
use std::hash::Hash;

/// Who of the owners `O` holds the lock.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Lock<O>(pub Option<O>);

/// What can be asked of a [`Lock`]. A call that blocks until the lock is free is an
/// [`Acquire`](Self::Acquire) that answered [`Ret::Yes`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op<O> {
    /// Take it, where nobody holds it.
    Acquire(O),
    /// Give it back, where it is held by the same owner.
    Release(O),
    /// A lease ran out: it is taken from whoever holds it.
    Expire,
    /// Who holds it?
    Holder,
}

/// What a [`Lock`] answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ret<O> {
    /// It was done.
    Yes,
    /// It was not, and nothing changed.
    No,
    /// This one holds it.
    Holder(Option<O>),
}

impl<O> Default for Lock<O> {
    fn default() -> Self {
        Self(None)
    }
}

impl<O: Clone + Debug + Display + Eq + Hash + Send + Sync + 'static> Spec for Lock<O> {
    type Op = Op<O>;
    type Ret = Ret<O>;

    fn apply(&mut self, op: &Op<O>) -> Ret<O> {
        let (may, holder) = match op {
            Op::Acquire(owner) => (self.0.is_none(), Some(owner.clone())),
            Op::Release(owner) => (self.0.as_ref() == Some(owner), None),
            Op::Expire => (self.0.is_some(), None),
            Op::Holder => return Ret::Holder(self.0.clone()),
        };
        if !may {
            return Ret::No;
        }
        self.0 = holder;
        Ret::Yes
    }

    fn reads(op: &Op<O>, ret: Option<&Ret<O>>) -> bool {
        matches!(op, Op::Holder) || matches!(ret, Some(Ret::No | Ret::Holder(_)))
    }

    fn op_text(op: &Op<O>) -> String {
        match op {
            Op::Acquire(owner) => format!("acquire({owner})"),
            Op::Release(owner) => format!("release({owner})"),
            Op::Expire => "expire".to_owned(),
            Op::Holder => "holder".to_owned(),
        }
    }

    fn ret_text(ret: &Ret<O>) -> String {
        match ret {
            Ret::Yes => "ok".to_owned(),
            Ret::No => "refused".to_owned(),
            Ret::Holder(Some(owner)) => owner.to_string(),
            Ret::Holder(None) => "nobody".to_owned(),
        }
    }
}
