//! Elements that are in or out.

use super::Spec;
use std::collections::BTreeSet;
use std::fmt::{Debug, Display};
use std::hash::Hash;

/// A set of `V`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Set<V: Ord>(pub BTreeSet<V>);

/// What can be asked of a [`Set`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op<V> {
    /// Put it in.
    Add(V),
    /// Take it out.
    Remove(V),
    /// Is it in?
    Contains(V),
    /// Which are in?
    Read,
}

/// What a [`Set`] answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ret<V: Ord> {
    /// Of `Add` and `Remove`: that changed something. Of `Contains`: it is in.
    Yes,
    /// The opposite.
    No,
    /// These are in.
    Elements(BTreeSet<V>),
}

impl<V: Ord> Default for Set<V> {
    fn default() -> Self {
        Self(BTreeSet::new())
    }
}

impl<V: Clone + Debug + Display + Hash + Ord + Send + Sync + 'static> Spec for Set<V> {
    type Op = Op<V>;
    type Ret = Ret<V>;

    fn apply(&mut self, op: &Op<V>) -> Ret<V> {
        let yes = match op {
            Op::Add(element) => self.0.insert(element.clone()),
            Op::Remove(element) => self.0.remove(element),
            Op::Contains(element) => self.0.contains(element),
            Op::Read => return Ret::Elements(self.0.clone()),
        };
        if yes { Ret::Yes } else { Ret::No }
    }

    // No key: `Read` touches all elements.

    fn reads(op: &Op<V>, ret: Option<&Ret<V>>) -> bool {
        matches!(op, Op::Contains(_) | Op::Read) || matches!(ret, Some(Ret::No | Ret::Elements(_)))
    }

    fn op_text(op: &Op<V>) -> String {
        match op {
            Op::Add(element) => format!("add({element})"),
            Op::Remove(element) => format!("remove({element})"),
            Op::Contains(element) => format!("contains({element})"),
            Op::Read => "read".to_owned(),
        }
    }

    fn ret_text(ret: &Ret<V>) -> String {
        match ret {
            Ret::Yes => "true".to_owned(),
            Ret::No => "false".to_owned(),
            Ret::Elements(elements) => {
                let texts: Vec<String> = elements.iter().map(V::to_string).collect();
                format!("{{{}}}", texts.join(", "))
            }
        }
    }
}
