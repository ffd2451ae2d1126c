//! Events put together to a history of a model.

use super::tuples::Tuples;
use super::{Asked, At, Event, Expected, Format, Kind, Malformed, Model, Place, Value};
use crate::linearize::{Call, History};
use std::collections::HashMap;
use std::io::BufRead;

/// A history that was read, and where its calls stand in the text.
#[derive(Debug)]
pub struct Recording<M: Model> {
    /// The calls that happened, or may have happened.
    pub history: History<M>,
    /// By call: the lines of its invocation, and of its return where there is one.
    pub lines: Vec<(usize, Option<usize>)>,
    /// The names of the clients, by their numbers in `history`.
    pub clients: Vec<Value>,
    /// The format that it was read from; `None` where there was nothing to read.
    pub format: Option<Format>,
}

impl<M: Model> Recording<M> {
    /// Reads `text` to its end.
    ///
    /// # Errors
    ///
    /// At the first thing that is not as it should be. Nothing of it should be judged then.
    pub fn read(format: Option<Format>, text: impl BufRead) -> Result<Self, super::ReadError> {
        let mut recorder = Recorder::<M>::default();
        let mut tuples = Tuples::default();
        let format = Format::read(format, text, &mut |format, event| {
            tuples.take(format, event, &mut |event| recorder.take(format, event))
        })?;
        if let Some(format) = format {
            tuples.flush(&mut |event| recorder.take(format, event))?;
        }
        Ok(recorder.finish(format))
    }
}

/// A call on its way into a recording.
struct Draft<M: Model> {
    call: Call<M>,
    lines: (usize, Option<usize>),
    key: Option<Value>,
    name: String,
    happened: bool,
}

/// What is known after some events.
struct Recorder<M: Model> {
    drafts: Vec<Draft<M>>,
    now: u64,
    numbers: HashMap<Value, u64>,
    clients: Vec<Value>,
    /// The call that each client waits for.
    waiting: HashMap<u64, usize>,
}

impl<M: Model> Default for Recorder<M> {
    fn default() -> Self {
        Self {
            drafts: Vec::new(),
            now: 0,
            numbers: HashMap::new(),
            clients: Vec::new(),
            waiting: HashMap::new(),
        }
    }
}

impl<M: Model> Recorder<M> {
    fn take(&mut self, format: Format, event: Event) -> Result<(), Malformed> {
        self.now += 1;
        let client = self.number(&event.client.it);
        if event.kind == Kind::Invoke {
            return self.invoke(client, event);
        }
        let Some(index) = self.waiting.remove(&client) else {
            if event.kind == Kind::Info && format != Format::Json {
                // Not of a call: Jepsen notes other things so, too.
                return Ok(());
            }
            let expected = format!("client {} has no call under way that could end", event.client.it);
            return Err(Malformed { place: event.client.place, expected });
        };
        self.drafts[index].same_call(&event)?;
        self.drafts[index].end(format, self.now, &event)
    }

    fn number(&mut self, client: &Value) -> u64 {
        if let Some(number) = self.numbers.get(client) {
            return *number;
        }
        let number = self.clients.len() as u64;
        self.numbers.insert(client.clone(), number);
        self.clients.push(client.clone());
        number
    }

    fn invoke(&mut self, client: u64, event: Event) -> Result<(), Malformed> {
        if let Some(before) = self.waiting.get(&client) {
            let line = self.drafts[*before].lines.0;
            let expected = format!("client {} still waits for its call of line {line}", event.client.it);
            return Err(Malformed { place: event.client.place, expected });
        }
        let name = event.op.as_ref().ok_or_else(|| Malformed {
            place: event.client.place,
            expected: "expected an operation".to_owned(),
        })?;
        let key = event.key.as_ref().map(|key| &key.it);
        let asked = Asked { op: &name.it, key, value: &event.value.it, client: &event.client.it };
        let op = M::op(asked).map_err(|expected| malformed(expected, name, &event))?;
        self.waiting.insert(client, self.drafts.len());
        self.drafts.push(Draft {
            call: Call { client, op, ret: None, invoked: self.now, returned: None },
            lines: (event.client.place.line, None),
            key: event.key.map(|key| key.it),
            name: name.it.clone(),
            happened: true,
        });
        Ok(())
    }

    fn finish(self, format: Option<Format>) -> Recording<M> {
        let mut history = History::new();
        let mut lines = Vec::new();
        for draft in self.drafts.into_iter().filter(|draft| draft.happened) {
            history.push(draft.call);
            lines.push(draft.lines);
        }
        Recording { history, lines, clients: self.clients, format }
    }
}

impl<M: Model> Draft<M> {
    /// What ends a call may repeat its operation and key, and must not change them.
    fn same_call(&self, event: &Event) -> Result<(), Malformed> {
        let (name, line) = (&self.name, self.lines.0);
        let malformed = |place: Place, is: &dyn std::fmt::Display, found: &str| Malformed {
            place,
            expected: format!("expected the end of the call of line {line}, {is}, found {found}"),
        };
        match (&event.op, &event.key) {
            (Some(op), _) if op.it != *name => Err(malformed(op.place, name, &op.it)),
            (_, Some(key)) if self.key.as_ref() != Some(&key.it) => {
                let own = self.key.clone().unwrap_or_default();
                Err(malformed(key.place, &format!("{name} on {own}"), &key.it.to_string()))
            }
            _ => Ok(()),
        }
    }

    fn end(&mut self, format: Format, now: u64, event: &Event) -> Result<(), Malformed> {
        let answer = match event.kind {
            // It may still happen, at any time.
            Kind::Invoke | Kind::Info => return Ok(()),
            Kind::Ok => M::ret(&self.call.op, &event.value.it, format)
                .map_err(|expected| Malformed { place: event.value.place, expected })?,
            Kind::Fail => {
                // What went wrong stands where the arguments are repeated otherwise.
                let repeats = matches!(event.value.it, Value::List(_));
                let seen = M::failed(&self.call.op).filter(|_| format == Format::Jepsen && repeats);
                self.happened = seen.is_some();
                seen
            }
        };
        self.call.ret = answer;
        self.call.returned = Some(now);
        self.lines.1 = Some(event.client.place.line);
        Ok(())
    }
}

fn malformed(expected: Expected, name: &At<String>, event: &Event) -> Malformed {
    match expected {
        Expected::Op(known) => Malformed {
            place: name.place,
            expected: format!("expected the operation {known}, found {}", name.it),
        },
        Expected::Key => match &event.key {
            Some(key) => Malformed {
                place: key.place,
                expected: format!("the key should be a text, found {}", key.it.shown()),
            },
            None => Malformed { place: name.place, expected: format!("expected a key for {}", name.it) },
        },
        Expected::Value(expected) => Malformed { place: event.value.place, expected },
    }
}
