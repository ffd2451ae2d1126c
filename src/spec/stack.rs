//! Last in, first out: a queue but for whose turn it is.

pub use super::queue::{Op, Ret};

use super::Spec;
use super::queue::Queue;
use std::fmt::{Debug, Display};
use std::hash::Hash;

/// A stack of `V`, the top one last.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stack<V>(pub Vec<V>);

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
        Queue::reads(op, ret)
    }

    fn op_text(op: &Op<V>) -> String {
        Queue::op_text(op)
    }

    fn ret_text(ret: &Ret<V>) -> String {
        Queue::<V>::ret_text(ret)
    }
}
