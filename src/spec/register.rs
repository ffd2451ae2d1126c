//! One value that is read and written.

use super::Spec;
use std::fmt::{Debug, Display};
use std::hash::Hash;

/// A register that holds `V`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Register<V>(pub V);

/// What can be asked of a [`Register`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op<V> {
    /// What does it hold?
    Read,
    /// Hold this.
    Write(V),
}

/// What a [`Register`] answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ret<V> {
    /// It was written.
    Done,
    /// It holds this.
    Value(V),
}

impl<V: Clone + Debug + Display + Eq + Hash + Send + Sync + 'static> Spec for Register<V> {
    type Op = Op<V>;
    type Ret = Ret<V>;

    fn apply(&mut self, op: &Op<V>) -> Ret<V> {
        match op {
            Op::Read => Ret::Value(self.0.clone()),
            Op::Write(value) => {
                self.0 = value.clone();
                Ret::Done
            }
        }
    }

    fn reads(op: &Op<V>, _ret: Option<&Ret<V>>) -> bool {
        matches!(op, Op::Read)
    }

    fn op_text(op: &Op<V>) -> String {
        match op {
            Op::Read => "read".to_owned(),
            Op::Write(value) => format!("write({value})"),
        }
    }

    fn ret_text(ret: &Ret<V>) -> String {
        match ret {
            Ret::Done => "ok".to_owned(),
            Ret::Value(value) => value.to_string(),
        }
    }
}
