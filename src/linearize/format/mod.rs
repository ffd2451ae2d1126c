//! Histories that somebody recorded: what is in a file, event by event.
//!
//! A reader makes [`Event`]s of text, and knows nothing of what they mean; a [`Model`] says
//! what the words mean; [`Recording`] puts them together to a history. Every reader works
//! line by line and keeps none, so a file may be as long as it likes.

mod edn;
mod jepsen;
#[cfg(feature = "cli")]
mod json;
mod model;
mod record;
mod tuples;
mod value;

pub use model::{Asked, Expected, Model};
pub use record::Recording;
pub use value::Value;

use std::fmt;
use std::io::{self, BufRead};

/// How a recorded history is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Jepsen's log: `INFO  jepsen.util - 4  :invoke  :write  1`.
    Jepsen,
    /// EDN, as Knossos and Porcupine's tests have it: maps such as
    /// `{:process 4, :type :invoke, :f :write, :value 1}`, in a vector, a list or neither.
    Edn,
    /// A JSON object a line, as `docs/histories.md` has it.
    Json,
}

/// What happened to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It was made.
    Invoke,
    /// It returned.
    Ok,
    /// It did not happen; in Jepsen's log, its compare-and-set met another value.
    Fail,
    /// It will never return.
    Info,
}

impl Kind {
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "invoke" => Self::Invoke,
            "ok" => Self::Ok,
            "fail" => Self::Fail,
            "info" => Self::Info,
            _ => return None,
        })
    }
}

/// A place in a text: line and column, both from 1; columns count characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// Something with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At<T> {
    /// Where it stands.
    pub place: Place,
    /// What stands there.
    pub it: T,
}

/// One line, or one map, of a recorded history.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Who calls. What is no client, as `:nemesis`, makes no events.
    pub client: At<Value>,
    /// What happened to its call.
    pub kind: Kind,
    /// The operation; one that returns need not repeat it.
    pub op: Option<At<String>>,
    /// The object that it is on.
    pub key: Option<At<Value>>,
    /// Its arguments, or what it answered.
    pub value: At<Value>,
}

/// A text that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Where.
    pub place: Place,
    /// What was expected there, and what was found.
    pub expected: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.place.line, self.place.column, self.expected)
    }
}

impl std::error::Error for Malformed {}

/// Why a history could not be read.
#[derive(Debug)]
pub enum ReadError {
    /// The text is not what it should be.
    Malformed(Malformed),
    /// It could not be read at all.
    Io(io::Error),
}

impl From<Malformed> for ReadError {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Format {
    /// The format of a history that begins with `line`, its first one that is not empty.
    pub fn of(line: &str) -> Option<Self> {
        let line = line.trim_start();
        match line.chars().next()? {
            '{' if line[1..].trim_start().starts_with('"') => Some(Self::Json),
            '[' if line[1..].trim_start().starts_with("{\"") => Some(Self::Json),
            '{' | '[' | '(' | ';' | '#' => Some(Self::Edn),
            _ if line.contains(':') || line.contains(" - ") => Some(Self::Jepsen),
            _ => None,
        }
    }

    /// Reads a history, and hands each event to `take`. The format is told from the first
    /// line, where it is `None`. Answers which it was.
    ///
    /// # Errors
    ///
    /// Where the text is malformed, cannot be read, or `take` refuses an event; nothing
    /// that was taken should be judged then.
    pub fn read(
        format: Option<Self>,
        text: impl BufRead,
        take: &mut dyn FnMut(Self, Event) -> Result<(), Malformed>,
    ) -> Result<Option<Self>, ReadError> {
        let mut lines = Lines::new(text);
        let Some(first) = lines.peek()? else { return Ok(None) };
        let format = format.or_else(|| Self::of(&first.it)).ok_or_else(|| Malformed {
            place: first.place,
            expected: "expected a history as Jepsen's log, EDN or JSON lines; --input says which".to_owned(),
        })?;
        let take = &mut |event| take(format, event);
        match format {
            Self::Jepsen => jepsen::read(&mut lines, take)?,
            Self::Edn => edn::read(&mut lines, take)?,
            #[cfg(feature = "cli")]
            Self::Json => json::read(&mut lines, take)?,
            #[cfg(not(feature = "cli"))]
            Self::Json => {
                let expected = "JSON needs the feature `cli`".to_owned();
                return Err(Malformed { place: first.place, expected }.into());
            }
        }
        Ok(Some(format))
    }
}

/// What a reader hands its events to.
type Take<'t> = &'t mut dyn FnMut(Event) -> Result<(), Malformed>;

/// A text, line by line.
struct Lines<R> {
    text: R,
    line: usize,
    peeked: Option<At<String>>,
    /// Whether the last line has no end.
    cut: bool,
}

impl<R: BufRead> Lines<R> {
    fn new(text: R) -> Self {
        Self { text, line: 0, peeked: None, cut: false }
    }

    /// The next line that is not empty, without its end; `None` at the end of the text.
    fn next(&mut self) -> Result<Option<At<String>>, ReadError> {
        while let Some(line) = self.next_or_empty()? {
            if !line.it.trim().is_empty() {
                return Ok(Some(line));
            }
        }
        Ok(None)
    }

    /// The next line, which may be empty.
    fn next_or_empty(&mut self) -> Result<Option<At<String>>, ReadError> {
        if let Some(peeked) = self.peeked.take() {
            return Ok(Some(peeked));
        }
        let mut bytes = Vec::new();
        if self.text.read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        self.line += 1;
        self.cut = bytes.last() != Some(&b'\n');
        let place = Place { line: self.line, column: 1 };
        if let Some(found) = no_text(&bytes).filter(|_| self.line == 1) {
            return Err(Malformed { place, expected: format!("expected text, found {found}") }.into());
        }
        let mut line = String::from_utf8(bytes).map_err(|error| {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let column = String::from_utf8_lossy(valid).chars().count() + 1;
            Malformed { place: Place { column, ..place }, expected: "expected UTF-8".to_owned() }
        })?;
        line.truncate(line.trim_end_matches(['\n', '\r']).len());
        if self.line == 1 && line.starts_with('\u{feff}') {
            line.drain(..'\u{feff}'.len_utf8());
        }
        Ok(Some(At { place, it: line }))
    }

    /// Whether the text ended within the last line.
    fn is_cut(&self) -> bool {
        self.cut
    }

    fn peek(&mut self) -> Result<Option<At<String>>, ReadError> {
        self.peeked = self.next()?;
        Ok(self.peeked.clone())
    }
}

/// What a file is that begins like that, where it is known to be no text in UTF-8.
fn no_text(begin: &[u8]) -> Option<&'static str> {
    match begin {
        [0x1f, 0x8b, ..] => Some("a gzip archive; unpack it first: gzip -dc FILE | raceproof check -"),
        [b'P', b'K', 3, 4, ..] => Some("a zip archive; unpack it first"),
        [b'B', b'Z', b'h', ..] => {
            Some("a bzip2 archive; unpack it first: bzip2 -dc FILE | raceproof check -")
        }
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            Some("a zstd archive; unpack it first: zstd -dc FILE | raceproof check -")
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("UTF-16; write it as UTF-8"),
        _ => None,
    }
}
