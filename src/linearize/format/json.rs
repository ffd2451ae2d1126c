//! Our own format: a JSON object a line. `docs/histories.md` has it in full.
//!
//! ```text
//! {"client": 1, "type": "invoke", "op": "cas", "key": "x", "value": [1, 4]}
//! {"client": 1, "type": "ok"}
//! ```

use super::{At, Event, Kind, Lines, Malformed, Place, ReadError, Take, Value};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::io::BufRead;

pub(super) fn read<R: BufRead>(lines: &mut Lines<R>, take: Take) -> Result<(), ReadError> {
    while let Some(line) = lines.next()? {
        take(event(&line)?)?;
    }
    Ok(())
}

/// The fields of a line; each as it is written, since that tells its column.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object such as {\"client\": 1, …}")]
struct Line<'l> {
    #[serde(borrow, alias = "process")]
    client: &'l RawValue,
    #[serde(borrow, rename = "type")]
    kind: &'l RawValue,
    #[serde(borrow, alias = "f", default)]
    op: Option<&'l RawValue>,
    #[serde(borrow, default)]
    key: Option<&'l RawValue>,
    #[serde(borrow, default)]
    value: Option<&'l RawValue>,
    // Allowed, and not looked at.
    #[serde(borrow, default, rename = "time")]
    _time: Option<&'l RawValue>,
    #[serde(borrow, default, rename = "index")]
    _index: Option<&'l RawValue>,
    #[serde(borrow, default, rename = "error")]
    _error: Option<&'l RawValue>,
}

fn event(line: &At<String>) -> Result<Event, Malformed> {
    let text = line.it.as_str();
    if text.trim_start().starts_with('[') {
        let expected = "expected a JSON object on each line, without a list around them".to_owned();
        return Err(Malformed { place: line.place, expected });
    }
    let parsed: Line = serde_json::from_str(text).map_err(|error| Malformed {
        place: Place { line: line.place.line, column: column(text, error.column().saturating_sub(1)) },
        expected: said(&error),
    })?;
    let at = |raw: &RawValue| At {
        // What is borrowed from a text lies within it.
        place: Place {
            line: line.place.line,
            column: column(text, raw.get().as_ptr() as usize - text.as_ptr() as usize),
        },
        it: value(raw.get(), 0),
    };
    let client = at(parsed.client);
    if !matches!(client.it, Value::Int(_) | Value::Text(_)) {
        return Err(should("client", "an integer or a text", &client));
    }
    let kind = kind(&at(parsed.kind))?;
    let op = match parsed.op.map(at) {
        Some(At { place, it: Value::Text(it) }) => Some(At { place, it }),
        Some(found) if found.it != Value::Nil => return Err(should("op", "a text", &found)),
        _ if kind == Kind::Invoke => {
            let expected = "expected \"op\" in this object: what is called".to_owned();
            return Err(Malformed { place: line.place, expected });
        }
        _ => None,
    };
    let key = parsed.key.map(at).filter(|key| key.it != Value::Nil);
    let value = parsed.value.map_or(At { place: line.place, it: Value::Nil }, at);
    Ok(Event { client, kind, op, key, value })
}

fn kind(found: &At<Value>) -> Result<Kind, Malformed> {
    let kind = if let Value::Text(kind) = &found.it { Kind::of(kind) } else { None };
    kind.ok_or_else(|| should("type", "\"invoke\", \"ok\", \"fail\" or \"info\"", found))
}

fn should(field: &str, be: &str, found: &At<Value>) -> Malformed {
    Malformed {
        place: found.place,
        expected: format!("{field:?} should be {be}, found {}", found.it.shown()),
    }
}

/// The column of the byte at `offset`.
fn column(text: &str, offset: usize) -> usize {
    text.char_indices().take_while(|(at, _)| *at < offset).count() + 1
}

/// What `serde_json` says, without its place.
fn said(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let end = said.rfind(" at line ").unwrap_or(said.len());
    format!("expected a JSON object of a history: {}", &said[..end])
}

/// Lists nested deeper than this stay as written.
const DEPTH_MAX: usize = 64;

/// Of a text that was read before, so that it is valid. Each part is read as it is written, since
/// `serde_json`'s own numbers lose digits.
fn value(raw: &str, depth: usize) -> Value {
    match raw.as_bytes().first() {
        Some(b'[') if depth < DEPTH_MAX => {
            let parts: Option<Vec<&RawValue>> = serde_json::from_str(raw).ok();
            parts.map(|parts| Value::List(parts.iter().map(|part| value(part.get(), depth + 1)).collect()))
        }
        Some(b'{') if depth < DEPTH_MAX => {
            let entries: Option<BTreeMap<String, &RawValue>> = serde_json::from_str(raw).ok();
            let entry = |(key, part): (String, &RawValue)| (Value::Text(key), value(part.get(), depth + 1));
            entries.map(|entries| Value::map(entries.into_iter().map(entry).collect()))
        }
        Some(b'"') => serde_json::from_str(raw).ok().map(Value::Text),
        Some(b'n') => Some(Value::Nil),
        Some(b't' | b'f') => Some(Value::Bool(raw == "true")),
        _ => Value::number(raw),
    }
    .unwrap_or_else(|| Value::Other(raw.to_owned()))
}
