//! The counter service's own counters, by name.

use super::{Asked, Expected, Model, int, should, text};
use crate::counter::StoreError;
use crate::counter::counters::Counters;
use crate::counter::spec::{Op, Ret};
use crate::linearize::format::{Format, Value};

impl Model for Counters {
    /// `i=0,j=0`; no counters where nothing is said.
    fn initial(said: Option<&Value>, _format: Format) -> Result<Self, String> {
        let Some(said) = said else { return Ok(Self::default()) };
        let malformed = || should("counters such as i=0,j=0", said);
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').ok_or_else(malformed)?;
            Ok((name.to_owned(), value.parse::<i64>().map_err(|_| malformed())?))
        };
        said.to_string().split(',').map(pair).collect()
    }

    fn op(asked: Asked) -> Result<Op, Expected> {
        let name = text(asked.key.ok_or(Expected::Key)?).map_err(|_| Expected::Key)?;
        match asked.op {
            "get" => Ok(Op::Get(name)),
            "set" => Ok(Op::Set(name, int(asked.value).map_err(Expected::Value)?)),
            "inc" => Ok(Op::Inc(name)),
            _ => Err(Expected::Op("get, set or inc")),
        }
    }

    /// An integer, or the text of a refusal; of `set` and `inc`, nothing at all is `ok`.
    fn ret(op: &Op, value: &Value, _format: Format) -> Result<Option<Ret>, String> {
        let refused = [StoreError::NotFound, StoreError::Overflow, StoreError::Full, StoreError::Gone]
            .into_iter()
            .find(|error| *value == Value::Text(error.to_string()));
        match (op, value, refused) {
            (_, _, Some(error)) => Ok(Some(Ret::Refused(error))),
            (Op::Get(_), Value::Nil, None) => Ok(None),
            (Op::Get(_), Value::Int(value), None) => Ok(Some(Ret::Value(*value))),
            (Op::Get(_), found, None) => Err(should("an integer or \"not found\"", found)),
            (Op::Set(..) | Op::Inc(_), _, None) => Ok(Some(Ret::Ok)),
        }
    }
}
