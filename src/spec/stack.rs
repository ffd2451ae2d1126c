//! Last in, first out.

use super::Spec;

use std::fmt::{Debug, Display};
use std::hash::Hash;

/// A stack of `V`, the top one last.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stack<V>(pub Vec<V>);

/// What can be asked of a [`Stack`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op<V> {
    /// Put it on top.
    Push(V),
    /// Take the one on top.
    Pop,
}

/// What a [`Stack`] answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ret<V> {
    /// It is on top.
    Done,
    /// This was on top, or nothing was there.
    Popped(Option<V>),
}

impl<V> Default for Stack<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<V: Clone + Debug + Display + Eq + Hash + Send + Sync + 'static> Spec for Stack<V> {
    type Op = Op<V>;
    type Ret = Ret<V>;

    fn apply(&mut self, op: &Op<V>) -> Ret<V> {
        match op {
            Op::Push(value) => {
                self.0.push(value.clone());
                Ret::Done
            }
            Op::Pop => Ret::Popped(self.0.pop()),
        }
    }

    fn reads(op: &Op<V>, ret: Option<&Ret<V>>) -> bool {
        matches!((op, ret), (Op::Pop, Some(Ret::Popped(None))))
    }

    fn op_text(op: &Op<V>) -> String {
        match op {
            Op::Push(value) => format!("push({value})"),
            Op::Pop => "pop".to_owned(),
        }
    }

    fn ret_text(ret: &Ret<V>) -> String {
        match ret {
            Ret::Done => "ok".to_owned(),
            Ret::Popped(Some(value)) => value.to_string(),
            Ret::Popped(None) => "empty".to_owned(),
        }
    }
}
