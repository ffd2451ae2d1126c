//! First in, first out.

use super::Spec;
use std::collections::VecDeque;
use std::fmt::{Debug, Display};
use std::hash::Hash;

/// A queue of `V`, the first one at the front.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Queue<V>(pub VecDeque<V>);

/// What can be asked of a [`Queue`], and of a [`Stack`](super::stack::Stack).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op<V> {
    /// Put it in.
    Push(V),
    /// Take out the one whose turn it is.
    Pop,
}

/// What a [`Queue`] answers, and a [`Stack`](super::stack::Stack).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ret<V> {
    /// It is in.
    Done,
    /// It was this one's turn, or nothing was there.
    Popped(Option<V>),
}

impl<V> Default for Queue<V> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<V: Clone + Debug + Display + Eq + Hash + Send + Sync + 'static> Spec for Queue<V> {
    type Op = Op<V>;
    type Ret = Ret<V>;

    fn apply(&mut self, op: &Op<V>) -> Ret<V> {
        match op {
            Op::Push(value) => {
                self.0.push_back(value.clone());
                Ret::Done
            }
            Op::Pop => Ret::Popped(self.0.pop_front()),
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
