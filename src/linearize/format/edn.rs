//! EDN: maps in a vector, in a list, or one after another.
//!
//! As much of it as histories use; what they do not is read as it stands and compared as
//! text, but for numbers and maps. Keys come in any order, commas are blanks, `;` begins a comment, `#_` leaves out
//! the next form, and a tag such as `#inst` is dropped.

use super::{At, Event, Kind, Lines, Malformed, Place, ReadError, Take, Value};
use std::io::BufRead;

/// How deep forms may be nested: deeper ones are no history.
const DEPTH_MAX: usize = 64;

pub(super) fn read<R: BufRead>(lines: &mut Lines<R>, take: Take) -> Result<(), ReadError> {
    let mut reader =
        Reader { source: lines, line: Vec::new(), place: Place { line: 1, column: 1 }, at: 0, left_out: 0 };
    let Some(first) = reader.peek_form()? else { return Ok(()) };
    let closing = match first {
        '[' => Some(']'),
        '(' => Some(')'),
        _ => None,
    };
    if closing.is_some() {
        reader.bump();
    }
    loop {
        match reader.peek_form()? {
            None if closing.is_none() => return Ok(()),
            Some(close) if Some(close) == closing => {
                reader.bump();
                break;
            }
            Some('{') => {
                let place = reader.here();
                let entries = reader.entries(0)?;
                if let Some(event) = event(place, entries)? {
                    take(event)?;
                }
            }
            None => return Err(reader.expected("another map, or the bracket that closes them", None).into()),
            found => return Err(reader.expected("a map such as {:process 0, …}", found).into()),
        }
    }
    match reader.peek_form()? {
        None => Ok(()),
        found => Err(reader.expected("the end of the history", found).into()),
    }
}

/// The one value in `text`.
pub(super) fn value(text: &At<String>) -> Result<At<Value>, Malformed> {
    let (value, more) = first_value(text)?;
    match more {
        None => Ok(value),
        Some(At { place, it }) => {
            Err(Malformed { place, expected: format!("expected the end of the line, found `{it}`") })
        }
    }
}

/// The first value in `text`, and where another one begins, if it does.
pub(super) fn first_value(text: &At<String>) -> Result<(At<Value>, Option<At<char>>), Malformed> {
    let mut nothing = Lines::new(std::io::empty());
    let line = text.it.chars().collect();
    let mut reader = Reader { source: &mut nothing, line, place: text.place, at: 0, left_out: 0 };
    let read = |reader: &mut Reader<_>| {
        let value = reader.form(0)?;
        let more = reader.peek_form()?;
        Ok((value, more.map(|it| At { place: reader.here(), it })))
    };
    read(&mut reader).map_err(|error| match error {
        ReadError::Malformed(malformed) => malformed,
        ReadError::Io(_) => unreachable!("nothing is read but a line in memory"),
    })
}

/// The keys and values of a map.
type Entries = Vec<(At<Value>, At<Value>)>;

/// What a map at `place` says.
fn event(place: Place, entries: Entries) -> Result<Option<Event>, Malformed> {
    let missing = |key: &str| Malformed { place, expected: format!("expected `:{key}` in this map") };
    let (mut client, mut kind, mut op, mut key, mut value) = (None, None, None, None, None);
    for (name, it) in entries {
        let Value::Word(word) = &name.it else { continue };
        let slot = match bare(word) {
            "process" => &mut client,
            "type" => &mut kind,
            "f" => &mut op,
            "key" => &mut key,
            "value" => &mut value,
            _ => continue,
        };
        if slot.replace(it).is_some() {
            let expected = format!("expected one `:{word}` in this map, found another");
            return Err(Malformed { place: name.place, expected });
        }
    }
    let client = client.ok_or_else(|| missing("process"))?;
    let kind = kind_of(&kind.ok_or_else(|| missing("type"))?)?;
    match client.it {
        Value::Word(_) => return Ok(None),
        Value::Int(_) | Value::Text(_) => {}
        found => {
            let expected = format!("`:process` should be a number or a text, found {}", found.shown());
            return Err(Malformed { place: client.place, expected });
        }
    }
    let op = match op {
        Some(At { place, it: Value::Word(word) | Value::Text(word) }) => {
            Some(At { place, it: bare(&word).to_owned() })
        }
        Some(At { place, it }) => {
            let expected = format!("`:f` should be a keyword such as `:read`, found {}", it.shown());
            return Err(Malformed { place, expected });
        }
        None if kind == Kind::Invoke => return Err(missing("f")),
        None => None,
    };
    let value = value.unwrap_or(At { place, it: Value::Nil });
    Ok(Some(Event { client, kind, op, key, value }))
}

fn kind_of(kind: &At<Value>) -> Result<Kind, Malformed> {
    let word = match &kind.it {
        Value::Word(word) | Value::Text(word) => bare(word),
        _ => "",
    };
    Kind::of(word).ok_or_else(|| Malformed {
        place: kind.place,
        expected: format!(
            "`:type` should be `:invoke`, `:ok`, `:fail` or `:info`, found {}",
            kind.it.shown()
        ),
    })
}

/// A keyword without its namespace: `f` of `jepsen/f`.
pub(super) fn bare(word: &str) -> &str {
    word.rsplit_once('/').map_or(word, |(_, name)| if name.is_empty() { word } else { name })
}

/// Characters with their places, over the ends of lines.
struct Reader<'l, R> {
    source: &'l mut Lines<R>,
    line: Vec<char>,
    /// The place of `line[0]`.
    place: Place,
    at: usize,
    /// Forms under way that are left out.
    left_out: usize,
}

impl<R: BufRead> Reader<'_, R> {
    fn here(&self) -> Place {
        Place { line: self.place.line, column: self.place.column + self.at }
    }

    fn expected(&self, what: &str, found: Option<char>) -> Malformed {
        let found = found.map_or_else(|| "the end".to_owned(), |found| format!("`{found}`"));
        Malformed { place: self.here(), expected: format!("expected {what}, found {found}") }
    }

    fn bump(&mut self) {
        self.at += 1;
    }

    fn peek(&self) -> Option<char> {
        self.line.get(self.at).copied()
    }

    /// Goes on to the next line; `false` where there is none.
    fn next_line(&mut self) -> Result<bool, ReadError> {
        let Some(At { place, it }) = self.source.next()? else { return Ok(false) };
        self.line = it.chars().collect();
        (self.place, self.at) = (place, 0);
        Ok(true)
    }

    /// The first character of the next form, or of a closing bracket; `None` at the end.
    fn peek_form(&mut self) -> Result<Option<char>, ReadError> {
        let mut tagged = false;
        loop {
            match self.peek() {
                None | Some(';') => {
                    self.at = self.line.len();
                    if !self.next_line()? {
                        break;
                    }
                }
                Some(blank) if blank.is_whitespace() || blank == ',' => self.bump(),
                Some('#') if self.line.get(self.at + 1) == Some(&'_') => {
                    self.at += 2;
                    self.leave_out()?;
                }
                // A tag, or the namespace of the keys of a map.
                Some('#')
                    if self.line.get(self.at + 1).is_some_and(|it| it.is_alphabetic() || *it == ':') =>
                {
                    self.token();
                    tagged = true;
                }
                Some(']' | ')' | '}') if tagged => break,
                found => return Ok(found),
            }
        }
        // A text that was cut off may end so.
        if tagged { Err(self.expected("a value behind the tag", self.peek()).into()) } else { Ok(None) }
    }

    /// Reads a form that `#_` leaves out. They can be piled up: `#_ #_ a b`.
    fn leave_out(&mut self) -> Result<(), ReadError> {
        self.left_out += 1;
        if self.left_out > DEPTH_MAX {
            return Err(self.expected("fewer `#_`", self.peek()).into());
        }
        self.form(0)?;
        self.left_out -= 1;
        Ok(())
    }

    fn form(&mut self, depth: usize) -> Result<At<Value>, ReadError> {
        let Some(first) = self.peek_form()? else { return Err(self.expected("a value", None).into()) };
        let place = self.here();
        if depth > DEPTH_MAX {
            return Err(self.expected("a value that is less nested", Some(first)).into());
        }
        let it = match first {
            '[' => Value::List(self.forms(']', depth)?),
            '(' => Value::List(self.forms(')', depth)?),
            '{' => {
                let entries = self.entries(depth + 1)?;
                Value::map(entries.into_iter().map(|(key, value)| (key.it, value.it)).collect())
            }
            '#' if self.line.get(self.at + 1) == Some(&'{') => {
                self.bump();
                let mut elements = self.forms('}', depth)?;
                elements.sort();
                Value::List(elements)
            }
            '"' => self.text()?,
            ']' | ')' | '}' => return Err(self.expected("a value", Some(first)).into()),
            _ => atom(&self.token()),
        };
        Ok(At { place, it })
    }

    /// The keys and values of a map, at its opening bracket.
    fn entries(&mut self, depth: usize) -> Result<Entries, ReadError> {
        self.bump();
        let mut entries = Vec::new();
        loop {
            match self.peek_form()? {
                Some('}') => {
                    self.bump();
                    return Ok(entries);
                }
                None => return Err(self.expected("`}`", None).into()),
                Some(_) => entries.push((self.form(depth)?, self.form(depth)?)),
            }
        }
    }

    /// Forms up to `close`, after an opening bracket.
    fn forms(&mut self, close: char, depth: usize) -> Result<Vec<Value>, ReadError> {
        self.bump();
        let mut forms = Vec::new();
        loop {
            match self.peek_form()? {
                Some(found) if found == close => {
                    self.bump();
                    return Ok(forms);
                }
                None => return Err(self.expected(&format!("`{close}`"), None).into()),
                Some(_) => forms.push(self.form(depth + 1)?.it),
            }
        }
    }

    fn text(&mut self) -> Result<Value, ReadError> {
        self.bump();
        let mut text = String::new();
        loop {
            match self.peek() {
                Some('"') => {
                    self.bump();
                    return Ok(Value::Text(text));
                }
                Some('\\') => {
                    self.bump();
                    text.push(self.escaped()?);
                }
                Some(it) => {
                    text.push(it);
                    self.bump();
                }
                None => {
                    let Some(At { place, it }) = self.source.next_or_empty()? else {
                        return Err(self.expected("`\"`, the end of the text", None).into());
                    };
                    self.line = it.chars().collect();
                    (self.place, self.at) = (place, 0);
                    text.push('\n');
                }
            }
        }
    }

    /// What an escape means, behind its backslash.
    fn escaped(&mut self) -> Result<char, Malformed> {
        let found = self.peek();
        let (length, it) = match found {
            Some('n') => (1, Some('\n')),
            Some('t') => (1, Some('\t')),
            Some('r') => (1, Some('\r')),
            Some('b') => (1, Some('\u{8}')),
            Some('f') => (1, Some('\u{c}')),
            Some('"' | '\\' | '\'') => (1, found),
            Some('u') => {
                let digits: String = self.line.iter().skip(self.at + 1).take(4).collect();
                (5, u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32))
            }
            _ => (0, None),
        };
        let it = it.ok_or_else(|| self.expected("an escape such as \\n", found))?;
        self.at += length;
        Ok(it)
    }

    fn token(&mut self) -> String {
        let from = self.at;
        let ends = |it: char| it.is_whitespace() || ",;[](){}\"".contains(it);
        if self.peek() == Some('\\') {
            // A character such as `\(`.
            self.at = (from + 2).min(self.line.len());
        }
        while self.peek().is_some_and(|it| !ends(it)) {
            self.bump();
        }
        self.line[from..self.at].iter().collect()
    }
}

fn atom(token: &str) -> Value {
    match token {
        "nil" => Value::Nil,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ if token.len() > 1 && token.starts_with(':') => Value::Word(token[1..].to_owned()),
        _ => {
            // Those of any size, and of any number of digits, end so.
            let number = token.strip_suffix(['N', 'M']).unwrap_or(token);
            Value::number(number).unwrap_or_else(|| Value::Other(token.to_owned()))
        }
    }
}
