//! What a store claims: that it behaves as one plain map.

use super::{FromCounters, StoreError, counters::Counters};
use crate::spec::{Spec, Subject, key_of};
use std::fmt;

/// A call of a store.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Op {
    /// The value of a counter.
    Get(String),
    /// Gives a counter a value.
    Set(String, i64),
    /// Adds one to a counter.
    Inc(String),
}

impl fmt::Debug for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Get(name) => write!(f, "get({name})"),
            Self::Set(name, value) => write!(f, "set({name}, {value})"),
            Self::Inc(name) => write!(f, "inc({name})"),
        }
    }
}

impl Op {
    /// The counter that it is about.
    pub fn name(&self) -> &str {
        match self {
            Self::Get(name) | Self::Set(name, _) | Self::Inc(name) => name,
        }
    }
}

/// What a call answered.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Ret {
    /// The value asked for.
    Value(i64),
    /// It was done.
    Ok,
    /// It was refused.
    Refused(StoreError),
}

impl fmt::Debug for Ret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write!(f, "{value}"),
            Self::Ok => f.write_str("ok"),
            Self::Refused(error) => write!(f, "{error}"),
        }
    }
}

impl From<Result<i64, StoreError>> for Ret {
    fn from(answer: Result<i64, StoreError>) -> Self {
        answer.map_or_else(Self::Refused, Self::Value)
    }
}

impl From<Result<(), StoreError>> for Ret {
    fn from(answer: Result<(), StoreError>) -> Self {
        answer.map_or_else(Self::Refused, |()| Self::Ok)
    }
}

impl Spec for Counters {
    type Op = Op;
    type Ret = Ret;

    fn apply(&mut self, op: &Op) -> Ret {
        match op {
            Op::Get(name) => self.get(name).into(),
            Op::Set(name, value) => self.set(name, *value).into(),
            Op::Inc(name) => self.inc(name).into(),
        }
    }

    fn key(op: &Op) -> Option<u64> {
        Some(key_of(op.name()))
    }

    /// Counters that exist at the start are interchangeable; a name that does not is another thing.
    fn on_key(op: &Op, key: u64) -> Option<Op> {
        let name = START.iter().map(|(name, _)| *name).find(|name| key_of(*name) == key)?.to_owned();
        Some(match op {
            Op::Get(_) => Op::Get(name),
            Op::Set(_, value) => Op::Set(name, *value),
            Op::Inc(_) => Op::Inc(name),
        })
    }
}

/// The counters that exist when the service starts.
pub const START: [(&str, i64); 2] = [("i", 0), ("j", 0)];

/// A store as a subject: how to make one, besides how to call it.
#[derive(Debug)]
pub struct Stored<S>(S);

impl<S: FromCounters> Subject for Stored<S> {
    type Spec = Counters;

    async fn new() -> Self {
        Self(S::new(START.into_iter().collect()))
    }

    async fn call(&self, op: &Op) -> Ret {
        match op {
            Op::Get(name) => self.0.get(name).await.into(),
            Op::Set(name, value) => self.0.set(name, *value).await.into(),
            Op::Inc(name) => self.0.inc(name).await.into(),
        }
    }

    async fn state(&self) -> Option<Counters> {
        let mut counters = Vec::new();
        for (name, _) in START {
            counters.push((name, self.0.get(name).await.ok()?));
        }
        Some(counters.into_iter().collect())
    }
}
