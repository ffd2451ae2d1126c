//! What the words of a recorded history mean to a spec.
//!
//! One impl a spec. Words that mean the same in other people's histories are taken too:
//! `enqueue` for `push`, `get` for `read`.

#[cfg(feature = "cli")]
mod counters;
mod objects;
mod registers;

use super::{Format, Value};
use crate::spec::Spec;
use crate::spec::keyed::{Keyed, On};

/// A call as it is written.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The operation.
    pub op: &'a str,
    /// The object it is on.
    pub key: Option<&'a Value>,
    /// Its arguments: one, or a list.
    pub value: &'a Value,
    /// Who calls.
    pub client: &'a Value,
}

/// What should have been written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// There is no such operation; these there are.
    Op(&'static str),
    /// A key is needed.
    Key,
    /// The value should be something else.
    Value(String),
}

/// A spec that can be read.
pub trait Model: Spec {
    /// The state that a history begins with, as `--initial` says it.
    ///
    /// # Errors
    ///
    /// What is expected instead.
    fn initial(said: Option<&Value>, format: Format) -> Result<Self, String>;

    /// The operation that is asked for.
    ///
    /// # Errors
    ///
    /// What is expected instead.
    fn op(asked: Asked) -> Result<Self::Op, Expected>;

    /// What `value` means as an answer to `op`; `None` where it does not say.
    ///
    /// # Errors
    ///
    /// What is expected instead.
    fn ret(op: &Self::Op, value: &Value, format: Format) -> Result<Option<Self::Ret>, String>;

    /// What a failed `op` is an answer of, where it happened: Jepsen's log says so of a
    /// compare-and-set that met another value. `None`: it did not happen.
    fn failed(_op: &Self::Op) -> Option<Self::Ret> {
        None
    }

    /// `op` for people.
    fn label(op: &Self::Op) -> String {
        Self::op_text(op)
    }
}

impl<M: Model> Model for Keyed<Value, M> {
    fn initial(said: Option<&Value>, format: Format) -> Result<Self, String> {
        M::initial(said, format).map(Self::new)
    }

    fn op(asked: Asked) -> Result<Self::Op, Expected> {
        Ok(On(asked.key.cloned().unwrap_or_default(), M::op(asked)?))
    }

    fn ret(On(_, op): &Self::Op, value: &Value, format: Format) -> Result<Option<Self::Ret>, String> {
        M::ret(op, value, format)
    }

    fn failed(On(_, op): &Self::Op) -> Option<Self::Ret> {
        M::failed(op)
    }

    fn label(On(key, op): &Self::Op) -> String {
        match key {
            Value::Nil => M::label(op),
            key => format!("{key}.{}", M::label(op)),
        }
    }
}

/// `value should be …, found …`
fn should(be: &str, found: &Value) -> String {
    format!("the value should be {be}, found {}", found.shown())
}

fn int(value: &Value) -> Result<i64, String> {
    match value {
        Value::Int(number) => Ok(*number),
        found => Err(should("an integer", found)),
    }
}

fn count(value: &Value, or: Option<u32>) -> Result<u32, String> {
    match (value, or) {
        (Value::Nil, Some(or)) => Ok(or),
        (Value::Int(number), _) => {
            u32::try_from(*number).map_err(|_| should("an integer from 0 to 4294967295", value))
        }
        (found, _) => Err(should("an integer", found)),
    }
}

/// A text; what is no text as it is written.
fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::Text(text) => Ok(text.clone()),
        Value::Int(number) => Ok(number.to_string()),
        found => Err(should("a text", found)),
    }
}

/// An answer of yes or no; `None` where the value says neither.
fn truth<R>(value: &Value, yes: R, no: R) -> Option<R> {
    match value {
        Value::Bool(true) => Some(yes),
        Value::Bool(false) => Some(no),
        _ => None,
    }
}
