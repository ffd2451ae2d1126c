//! One value that is read, written, and exchanged where it is the expected one.

use super::Spec;
use std::fmt::{Debug, Display};
use std::hash::Hash;

/// A compare-and-set register that holds `V`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CasRegister<V>(pub V);

/// What can be asked of a [`CasRegister`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op<V> {
    /// What does it hold?
    Read,
    /// Hold this.
    Write(V),
    /// Where it holds the first, hold the second.
    Cas(V, V),
}

/// What a [`CasRegister`] answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ret<V> {
    /// It holds this.
    Value(V),
    /// It was written, or exchanged.
    Done,
    /// It did not hold what was expected, and is as it was.
    Mismatch,
}

impl<V: Clone + Debug + Display + Eq + Hash + Send + Sync + 'static> Spec for CasRegister<V> {
    type Op = Op<V>;
    type Ret = Ret<V>;

    fn apply(&mut self, op: &Op<V>) -> Ret<V> {
        match op {
            Op::Read => return Ret::Value(self.0.clone()),
            Op::Cas(expected, _) if *expected != self.0 => return Ret::Mismatch,
            Op::Write(value) | Op::Cas(_, value) => self.0 = value.clone(),
        }
        Ret::Done
    }

    fn reads(op: &Op<V>, ret: Option<&Ret<V>>) -> bool {
        matches!(op, Op::Read) || matches!(ret, Some(Ret::Mismatch | Ret::Value(_)))
    }

    fn op_text(op: &Op<V>) -> String {
        match op {
            Op::Read => "read".to_owned(),
            Op::Write(value) => format!("write({value})"),
            Op::Cas(expected, value) => format!("cas({expected}, {value})"),
        }
    }

    fn ret_text(ret: &Ret<V>) -> String {
        match ret {
            Ret::Value(value) => value.to_string(),
            Ret::Done => "ok".to_owned(),
            Ret::Mismatch => "mismatch".to_owned(),
        }
    }
}
