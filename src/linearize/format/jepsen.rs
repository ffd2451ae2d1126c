//! Jepsen's log: an event a line, in columns.
//!
//! ```text
//! INFO  jepsen.util - 4   :invoke  :cas    [1 4]
//! INFO  jepsen.util - 4   :fail    :cas    [1 4]
//! ```

use super::edn;
use super::{At, Event, Kind, Lines, Malformed, Place, ReadError, Take, Value};
use std::io::BufRead;

pub(super) fn read<R: BufRead>(lines: &mut Lines<R>, take: Take) -> Result<(), ReadError> {
    while let Some(line) = lines.next()? {
        if let Some(event) = event(&line)? {
            take(event)?;
        }
    }
    Ok(())
}

/// The event of a line; none where it is not a client's.
fn event(line: &At<String>) -> Result<Option<Event>, Malformed> {
    let mut columns = Columns { line: line.place.line, text: &line.it, from: 0 };
    // The logger's own columns, and whatever stands before them.
    if let Some(end) = line.it.find(" - ") {
        columns.from = end + 3;
    }
    let client = columns.word("a process")?;
    let kind = columns.word("`:invoke`, `:ok`, `:fail` or `:info`")?;
    let kind_of = match kind.it {
        ":invoke" => Kind::Invoke,
        ":ok" => Kind::Ok,
        ":fail" => Kind::Fail,
        ":info" => Kind::Info,
        found => {
            return Err(expected(kind.place, "`:invoke`, `:ok`, `:fail` or `:info`", found));
        }
    };
    let op = columns.word("an operation such as `:read`")?;
    let Some(name) = op.it.strip_prefix(':').filter(|name| !name.is_empty()) else {
        return Err(expected(op.place, "an operation such as `:read`", op.it));
    };
    let value = edn::value(&columns.rest("a value, such as `nil`")?)?;
    if client.it.starts_with(':') {
        return Ok(None);
    }
    let number =
        client.it.parse().map_err(|_| expected(client.place, "the number of a process", client.it))?;
    Ok(Some(Event {
        client: At { place: client.place, it: Value::Int(number) },
        kind: kind_of,
        op: Some(At { place: op.place, it: name.to_owned() }),
        key: None,
        value,
    }))
}

fn expected(place: Place, expected: &str, found: &str) -> Malformed {
    Malformed { place, expected: format!("expected {expected}, found `{found}`") }
}

/// What is left of a line.
struct Columns<'l> {
    line: usize,
    text: &'l str,
    from: usize,
}

impl<'l> Columns<'l> {
    fn skip_blanks(&mut self) {
        let rest = &self.text[self.from..];
        self.from += rest.len() - rest.trim_start().len();
    }

    fn place(&self) -> Place {
        Place { line: self.line, column: self.text[..self.from].chars().count() + 1 }
    }

    fn word(&mut self, what: &str) -> Result<At<&'l str>, Malformed> {
        self.skip_blanks();
        let place = self.place();
        let rest = &self.text[self.from..];
        let word = rest.split(char::is_whitespace).next().filter(|word| !word.is_empty());
        let it = word.ok_or_else(|| self.ends(what))?;
        self.from += it.len();
        Ok(At { place, it })
    }

    fn rest(&mut self, what: &str) -> Result<At<String>, Malformed> {
        self.skip_blanks();
        let it = self.text[self.from..].trim_end();
        if it.is_empty() {
            return Err(self.ends(what));
        }
        Ok(At { place: self.place(), it: it.to_owned() })
    }

    fn ends(&self, what: &str) -> Malformed {
        Malformed { place: self.place(), expected: format!("expected {what}, and the line ends") }
    }
}
