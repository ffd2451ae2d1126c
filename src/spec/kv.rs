//! A map from text to text with append; a key that was never written holds "".

use super::{Spec, key_of};
use std::collections::BTreeMap;

/// The texts, by key. One that is empty is left out, so that equal maps are equal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Kv(BTreeMap<String, String>);

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
    fn put(&mut self, key: &str, value: String) {
        if value.is_empty() {
            self.0.remove(key);
        } else {
            self.0.insert(key.to_owned(), value);
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
            kv.put(&key.into(), value.into());
        }
        kv
    }
}

impl Spec for Kv {
    type Op = Op;
    type Ret = Ret;

    fn apply(&mut self, op: &Op) -> Ret {
        match op {
            Op::Get(key) => return Ret::Value(self.value(key).to_owned()),
            Op::Put(key, value) => self.put(key, value.clone()),
            Op::Append(key, more) => self.put(key, format!("{}{more}", self.value(key))),
        }
        Ret::Done
    }

    // Without copying what is there, which grows with every append.
    fn next(&self, op: &Op, ret: Option<&Ret>) -> Vec<Self> {
        let fits = match (op, ret) {
            (Op::Get(key), Some(Ret::Value(value))) => self.value(key) == value,
            (Op::Get(_), ret) => ret.is_none(),
            (Op::Put(..) | Op::Append(..), ret) => ret.is_none_or(|ret| *ret == Ret::Done),
        };
        if !fits {
            return Vec::new();
        }
        let mut next = self.clone();
        if !matches!(op, Op::Get(_)) {
            next.apply(op);
        }
        vec![next]
    }

    fn key(op: &Op) -> Option<u64> {
        let (Op::Get(key) | Op::Put(key, _) | Op::Append(key, _)) = op;
        Some(key_of(key))
    }

    fn part(&self, key: u64) -> Self {
        let here = self.0.iter().filter(|(other, _)| key_of(*other) == key);
        Self(here.map(|(key, value)| (key.clone(), value.clone())).collect())
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
