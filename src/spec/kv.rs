//! A map from text to text with append; a key that was never written holds "".

use super::entries::Entries;
use super::{Spec, key_of};
use std::sync::Arc;

/// The texts, by key. One that is empty is left out, so that equal maps are equal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Kv(Entries<Arc<str>, String>);

/// What can be asked of a [`Kv`]; the key comes first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// What is there?
    Get(String),
    /// Put this there.
    Put(String, String),
    /// Put this after what is there.
    Append(String, String),
}

/// What a [`Kv`] answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ret {
    /// This is there.
    Value(String),
    /// It was put there.
    Done,
}

impl Kv {
    fn with(&self, key: &str, value: String) -> Self {
        Self(self.0.with(key, Some(value).filter(|value| !value.is_empty()), || key.into()))
    }

    fn after(&self, op: &Op) -> Self {
        match op {
            Op::Get(_) => self.clone(),
            Op::Put(key, value) => self.with(key, value.clone()),
            Op::Append(key, more) => self.with(key, [self.value(key), more].concat()),
        }
    }

    fn value(&self, key: &str) -> &str {
        self.0.get(key).map_or("", String::as_str)
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Kv {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(texts: I) -> Self {
        let mut kv = Self::default();
        for (key, value) in texts {
            kv = kv.with(&key.into(), value.into());
        }
        kv
    }
}

impl Spec for Kv {
    type Op = Op;
    type Ret = Ret;

    fn apply(&mut self, op: &Op) -> Ret {
        if let Op::Get(key) = op {
            return Ret::Value(self.value(key).to_owned());
        }
        *self = self.after(op);
        Ret::Done
    }

    // Without copying what is there, which grows with every append.
    fn next(&self, op: &Op, ret: Option<&Ret>) -> Vec<Self> {
        let fits = match (op, ret) {
            (Op::Get(key), Some(Ret::Value(value))) => self.value(key) == value,
            (Op::Get(_), ret) => ret.is_none(),
            (Op::Put(..) | Op::Append(..), ret) => ret.is_none_or(|ret| *ret == Ret::Done),
        };
        if fits { vec![self.after(op)] } else { Vec::new() }
    }

    fn key(op: &Op) -> Option<u64> {
        let (Op::Get(key) | Op::Put(key, _) | Op::Append(key, _)) = op;
        Some(key_of(key))
    }

    fn part(&self, key: u64) -> Self {
        Self(self.0.only(|other| key_of(&**other) == key))
    }

    fn reads(op: &Op, _ret: Option<&Ret>) -> bool {
        matches!(op, Op::Get(_))
    }

    fn op_text(op: &Op) -> String {
        match op {
            Op::Get(key) => format!("get({key})"),
            Op::Put(key, value) => format!("put({key}, {value:?})"),
            Op::Append(key, value) => format!("append({key}, {value:?})"),
        }
    }

    fn ret_text(ret: &Ret) -> String {
        match ret {
            Ret::Value(value) => format!("{value:?}"),
            Ret::Done => "ok".to_owned(),
        }
    }
}
