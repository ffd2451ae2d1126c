//! Keys that stand in the values: `[7 nil]` is a read of the object 7.
//!
//! So writes Jepsen what it tests on many keys at once (`jepsen.independent`). Nothing in a
//! file says that it does. An invocation of a read that carries `[7 nil]` gives it away, and
//! so does a compare-and-set of `[7 [1 2]]`; one that carries anything else tells that there
//! are none. Until then, what is read is kept.

use super::{At, Event, Format, Kind, Malformed, Value};

#[derive(Debug, Default)]
pub(super) struct Tuples {
    /// Whether values are tuples, once that is known.
    known: Option<bool>,
    kept: Vec<Event>,
}

impl Tuples {
    /// Takes an event, and hands those to `take` of which it is known what they mean.
    pub(super) fn take(
        &mut self,
        format: Format,
        event: Event,
        take: &mut dyn FnMut(Event) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        if self.known.is_none() {
            self.known = if format == Format::Json { Some(false) } else { tells(&event) };
            self.kept.push(event);
            return if self.known.is_some() { self.flush(take) } else { Ok(()) };
        }
        take(self.opened(event)?)
    }

    /// Hands out what is left.
    pub(super) fn flush(
        &mut self,
        take: &mut dyn FnMut(Event) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        for event in std::mem::take(&mut self.kept) {
            take(self.opened(event)?)?;
        }
        Ok(())
    }

    fn opened(&self, mut event: Event) -> Result<Event, Malformed> {
        if self.known != Some(true) {
            return Ok(event);
        }
        let place = event.value.place;
        match pair(event.value.it) {
            Ok([key, value]) => {
                event.key = Some(At { place, it: key });
                event.value = At { place, it: value };
            }
            // What went wrong may stand there instead.
            Err(found) if matches!(event.kind, Kind::Fail | Kind::Info) => {
                event.value = At { place, it: found };
            }
            Err(found) => {
                let expected = format!(
                    "the value should be a key and a value, such as [7 nil], as in the reads before, found {}",
                    found.shown()
                );
                return Err(Malformed { place, expected });
            }
        }
        Ok(event)
    }
}

fn pair(value: Value) -> Result<[Value; 2], Value> {
    match value {
        Value::List(values) => values.try_into().map_err(Value::List),
        other => Err(other),
    }
}

/// Whether this event tells that values are tuples, or that they are not.
fn tells(event: &Event) -> Option<bool> {
    if event.kind != Kind::Invoke {
        return None;
    }
    let Value::List(values) = &event.value.it else { return Some(false) };
    let [_, second] = values.as_slice() else { return Some(false) };
    let op = event.op.as_ref().map_or("", |op| op.it.as_str());
    match (op, second) {
        _ if event.key.is_some() => Some(false),
        ("cas", Value::List(pair)) => Some(pair.len() == 2),
        ("read" | "get", Value::Nil) => Some(true),
        ("cas" | "read" | "get", _) => Some(false),
        _ => None,
    }
}
