//! Registers, counters and maps.

use super::{Asked, Expected, Model, int, should, text};
use crate::linearize::format::{Format, Value};
use crate::spec::cas_register::{self, CasRegister};
use crate::spec::counter::{self, Counter};
use crate::spec::kv::{self, Kv};
use crate::spec::register::{self, Register};

/// What a register holds at first: Knossos' hold 0, the others nothing.
fn held(said: Option<&Value>, format: Format) -> Value {
    let unsaid = if format == Format::Edn { Value::Int(0) } else { Value::Nil };
    said.cloned().unwrap_or(unsaid)
}

/// In EDN a read of nil was answered, and its answer is not known.
fn seen(value: &Value, format: Format) -> Option<Value> {
    (format != Format::Edn || *value != Value::Nil).then(|| value.clone())
}

impl Model for Register<Value> {
    fn initial(said: Option<&Value>, format: Format) -> Result<Self, String> {
        Ok(Self(held(said, format)))
    }

    fn op(asked: Asked) -> Result<Self::Op, Expected> {
        match asked.op {
            "read" | "get" => Ok(register::Op::Read),
            "write" | "set" | "put" => Ok(register::Op::Write(asked.value.clone())),
            _ => Err(Expected::Op("read or write")),
        }
    }

    fn ret(op: &Self::Op, value: &Value, format: Format) -> Result<Option<Self::Ret>, String> {
        Ok(match op {
            register::Op::Read => seen(value, format).map(register::Ret::Value),
            register::Op::Write(_) => Some(register::Ret::Done),
        })
    }
}

impl Model for CasRegister<Value> {
    fn initial(said: Option<&Value>, format: Format) -> Result<Self, String> {
        Ok(Self(held(said, format)))
    }

    fn op(asked: Asked) -> Result<Self::Op, Expected> {
        match (asked.op, asked.value) {
            ("read" | "get", _) => Ok(cas_register::Op::Read),
            ("write" | "set" | "put", value) => Ok(cas_register::Op::Write(value.clone())),
            ("cas", Value::List(values)) if values.len() == 2 => {
                Ok(cas_register::Op::Cas(values[0].clone(), values[1].clone()))
            }
            ("cas", found) => {
                Err(Expected::Value(should("what is expected and what is to be, as in [1 4]", found)))
            }
            _ => Err(Expected::Op("read, write or cas")),
        }
    }

    fn ret(op: &Self::Op, value: &Value, format: Format) -> Result<Option<Self::Ret>, String> {
        Ok(match (op, value) {
            (cas_register::Op::Read, value) => seen(value, format).map(cas_register::Ret::Value),
            (cas_register::Op::Cas(..), Value::Bool(false)) => Some(cas_register::Ret::Mismatch),
            _ => Some(cas_register::Ret::Done),
        })
    }

    fn failed(op: &Self::Op) -> Option<Self::Ret> {
        matches!(op, cas_register::Op::Cas(..)).then_some(cas_register::Ret::Mismatch)
    }
}

impl Model for Counter {
    fn initial(said: Option<&Value>, _format: Format) -> Result<Self, String> {
        said.map_or(Ok(0), int).map(Self)
    }

    fn op(asked: Asked) -> Result<Self::Op, Expected> {
        let number = |value: &Value| int(value).map_err(Expected::Value);
        let or_one = |value: &Value| if *value == Value::Nil { Ok(1) } else { number(value) };
        Ok(match asked.op {
            "get" | "read" => counter::Op::Get,
            "set" | "write" => counter::Op::Set(number(asked.value)?),
            "inc" | "add" => counter::Op::Add(or_one(asked.value)?),
            "dec" => counter::Op::Add(or_one(asked.value)?.wrapping_neg()),
            "fetch_add" | "fetch-add" => counter::Op::FetchAdd(or_one(asked.value)?),
            _ => return Err(Expected::Op("get, set, inc, dec, add or fetch_add")),
        })
    }

    fn ret(op: &Self::Op, value: &Value, _format: Format) -> Result<Option<Self::Ret>, String> {
        match op {
            counter::Op::Set(_) | counter::Op::Add(_) => Ok(Some(counter::Ret::Done)),
            _ if *value == Value::Nil => Ok(None),
            _ => Ok(Some(counter::Ret::Value(int(value)?))),
        }
    }
}

impl Model for Kv {
    fn initial(said: Option<&Value>, _format: Format) -> Result<Self, String> {
        match said {
            None => Ok(Self::default()),
            Some(Value::Text(text)) if text.is_empty() => Ok(Self::default()),
            Some(_) => Err("every key of kv holds \"\" at first".to_owned()),
        }
    }

    fn op(asked: Asked) -> Result<Self::Op, Expected> {
        let key = text(asked.key.ok_or(Expected::Key)?).map_err(|_| Expected::Key)?;
        let value = || text(asked.value).map_err(Expected::Value);
        match asked.op {
            "get" | "read" => Ok(kv::Op::Get(key)),
            "put" | "set" | "write" => Ok(kv::Op::Put(key, value()?)),
            "append" => Ok(kv::Op::Append(key, value()?)),
            _ => Err(Expected::Op("get, put or append")),
        }
    }

    fn ret(op: &Self::Op, value: &Value, _format: Format) -> Result<Option<Self::Ret>, String> {
        match (op, value) {
            (kv::Op::Put(..) | kv::Op::Append(..), _) => Ok(Some(kv::Ret::Done)),
            (kv::Op::Get(_), Value::Nil) => Ok(None),
            (kv::Op::Get(_), value) => Ok(Some(kv::Ret::Value(text(value)?))),
        }
    }
}
