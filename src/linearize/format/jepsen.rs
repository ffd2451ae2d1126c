//! Jepsen's log: an event a line, in columns.
//!
//! ```text
//! INFO  jepsen.util - 4   :invoke  :cas    [1 4]
//! INFO  jepsen.util - 4   :fail    :cas    [1 4]
//! ```
//!
//! The columns alone are its `history.txt`; in a whole log lines of other loggers stand
//! between them.

use super::edn;
use super::{At, Event, Kind, Lines, Malformed, Place, ReadError, Take, Value};
use std::io::BufRead;

const KINDS: &str = "`:invoke`, `:ok`, `:fail` or `:info`";

pub(super) fn read<R: BufRead>(lines: &mut Lines<R>, take: Take) -> Result<(), ReadError> {
    while let Some(line) = lines.next()? {
        match event(&line)? {
            Some(event) => take(event)?,
            None if lines.is_cut() && !is_logged(&line.it) => {
                let expected = "expected the end of this line: the text was cut off within it".to_owned();
                let column = line.it.chars().count() + 1;
                return Err(Malformed { place: Place { column, ..line.place }, expected }.into());
            }
            None => {}
        }
    }
    Ok(())
}

/// Whether a line names its logger: one that does not may be the beginning of one of ours.
fn is_logged(line: &str) -> bool {
    line.contains(" - ") || line.contains(": ")
}

/// The event of a line; none where it is not a client's.
fn event(line: &At<String>) -> Result<Option<Event>, Malformed> {
    let Some(from) = columns_from(&line.it) else { return Ok(None) };
    let mut columns = Columns { line: line.place.line, text: &line.it, from };
    let client = columns.word("a process")?;
    let kind_word = columns.word(KINDS)?;
    let kind = kind_word.it.strip_prefix(':').and_then(Kind::of);
    let kind = kind.ok_or_else(|| expected(kind_word.place, KINDS, kind_word.it))?;
    let op = columns.word("an operation such as `:read`")?;
    let name = op.it.strip_prefix(':').map(edn::bare).filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| expected(op.place, "an operation such as `:read`", op.it))?;
    if client.it.starts_with(':') {
        // Such as `:nemesis`; what it says is not for us.
        return Ok(None);
    }
    let number = client.it.parse();
    let number = number.map_err(|_| expected(client.place, "the number of a process", client.it))?;
    Ok(Some(Event {
        client: At { place: client.place, it: Value::Int(number) },
        kind,
        op: Some(At { place: op.place, it: name.to_owned() }),
        key: None,
        value: value(&mut columns, kind)?,
    }))
}

/// The value of an event. Behind it may stand what went wrong with a call that did, or
/// something under a keyword of its own, such as `:hint 7`.
fn value(columns: &mut Columns, kind: Kind) -> Result<At<Value>, Malformed> {
    let rest = columns.rest("a value, such as `nil`")?;
    if let Kind::Fail | Kind::Info = kind {
        // What went wrong may be any text; then the arguments before it say nothing.
        let nothing = At { place: rest.place, it: Value::Nil };
        return Ok(edn::value(&rest).unwrap_or(nothing));
    }
    match edn::first_value(&rest)? {
        (value, None | Some(At { it: ':', .. })) => Ok(value),
        (_, Some(At { place, it })) => {
            Err(Malformed { place, expected: format!("expected the end of the line, found `{it}`") })
        }
    }
}

/// Where the columns begin, behind the logger's own; `None` for a line of another logger.
fn columns_from(line: &str) -> Option<usize> {
    const LOGGER: &str = "jepsen.util";
    if let Some(at) = line.find(LOGGER) {
        let rest = &line[at + LOGGER.len()..];
        let columns = rest.trim_start_matches([' ', '\t', ':', '-']);
        // The process `:nemesis` keeps its colon.
        let colon = rest[..rest.len() - columns.len()].ends_with(':') && columns.starts_with("nemesis");
        return Some(line.len() - columns.len() - usize::from(colon));
    }
    if let Some(end) = line.find(" - ") {
        let is_event = line[end..].split_whitespace().any(|word| word.starts_with(':'));
        return is_event.then_some(end + 3);
    }
    let logged = ["INFO", "WARN", "DEBUG", "ERROR", "TRACE"];
    let is_event = !line.split_whitespace().take(4).any(|word| logged.contains(&word));
    is_event.then_some(0)
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
