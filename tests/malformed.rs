//! Histories with bytes changed, left out, doubled or put in: none makes the readers panic, and none whose
//! text is not well formed is read.

use raceproof::linearize::format::{Format, Model, ReadError, Recording, Value};
use raceproof::linearize::relaxed::{quiescent, sequential};
use raceproof::linearize::{Limits, check};
use raceproof::spec::{
    cas_register::CasRegister, counter::Counter, keyed::Keyed, kv::Kv, limiter::Limiter, lock::Lock,
    queue::Queue, register::Register, semaphore::Semaphore, set::Set, stack::Stack,
};

const JSON: &str = r#"{"client": 1, "type": "invoke", "op": "write", "key": "x", "value": 3}
{"client": "b", "type": "invoke", "op": "read", "key": "x"}
{"client": 1, "type": "ok"}
{"process": "b", "type": "ok", "f": "read", "value": 3, "time": 7}
{"client": 1, "type": "invoke", "op": "add", "key": "x", "value": 3}
{"client": 1, "type": "info", "error": "gone"}
{"client": 2, "type": "invoke", "op": "acquire", "value": 9223372036854775807}
{"client": 2, "type": "ok", "value": true}
{"client": 3, "type": "invoke", "op": "cas", "value": [3, 4]}
{"client": 3, "type": "fail"}
"#;

const EDN: &str = r#"; a comment
[{:process 0, :type :invoke, :f :append, :key "7", :value "x"}
 #op {:process 0, :type :ok, :f :append, :key "7", :value "x\n"}
 {:process :nemesis, :type :info, :f :start, :value {:a #{1 2}}}
 #_ {:process 9} {:process 1, :type :invoke, :f :cas, :value [7 [1 2]]}
 {:process 1, :type :ok, :f :get, :key "7", :value (1 "x" nil)}]
"#;

const MAPS: &str = r"{:process 0, :type :invoke, :f :write, :value 3}
{:process 0, :type :ok, :f :write, :value 3}
#jepsen.history.Op{:process 1, :type :invoke, :f :read, :value nil}
{:process 1, :type :ok, :f :read, :value 3}
";

const JEPSEN: &str = "\
INFO  jepsen.util - 0\t:invoke\t:write\t1
INFO  jepsen.core - nothing to us
INFO  jepsen.util - 0   :ok     :write  1
INFO  jepsen.util - 1\t:invoke\t:cas\t[2 3]
INFO  jepsen.util - 1\t:fail\t:cas\t[2 3]
INFO  jepsen.util - :nemesis\t:info\t:start\tnil
INFO  jepsen.util - 4\t:invoke\t:read\tnil
INFO  jepsen.util - 4\t:ok\t:read\t1 :hint 7
";

/// What is put into a text.
const PIECES: &[&[u8]] = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b"(",
    b")",
    b"\"",
    b"\\",
    b"\\u12",
    b"\\uD800",
    b":",
    b",",
    b";",
    b"#",
    b"#_",
    b"#{",
    b"#tag ",
    b"\n",
    b"\r\n",
    b"\t",
    b" ",
    b"nil",
    b"null",
    b"-9223372036854775809",
    b"9223372036854775807",
    b"1e999",
    b"-",
    b"/",
    b":ok",
    b":info",
    b":fail",
    b":invoke",
    b"\"ok\"",
    b"\"client\": 0, ",
    b"\xff",
    b"\xf0\x9f\xa6\x80",
    b"\xef\xbb\xbf",
    b"\0",
    b"INFO ",
    b" - ",
    b"jepsen.util",
    b"{:a 1}",
    b"[[[[[[[[",
];

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }
}

/// `text` with up to three changes.
fn changed(text: &str, random: &mut Random) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len() + 1);
        let to = at + random.below(12).min(bytes.len() - at);
        match random.below(6) {
            0 => drop(bytes.drain(at..to)),
            1 => bytes.truncate(at),
            2 => {
                let double = bytes[at..to].to_vec();
                bytes.splice(at..at, double);
            }
            3 if at < bytes.len() => bytes[at] = random.below(256) as u8,
            _ => drop(bytes.splice(at..at, PIECES[random.below(PIECES.len())].iter().copied())),
        }
    }
    bytes
}

/// Reads and judges, and says whether it was read. A malformed place is one in the text.
fn is_read<M: Model>(format: Option<Format>, text: &[u8]) -> bool {
    match Recording::<M>::read(format, text) {
        Ok(recording) => {
            let limits = Limits::default().steps_max(10_000);
            let initial = M::initial(None, recording.format.unwrap_or(Format::Json)).expect("a default");
            let _ = check(&initial, &recording.history, limits);
            let _ = quiescent(&initial, &recording.history, limits);
            let _ = sequential(&initial, &recording.history, limits);
            true
        }
        Err(ReadError::Malformed(malformed)) => {
            let lines = text.split(|byte| *byte == b'\n').count();
            let place = malformed.place;
            assert!((1..=lines).contains(&place.line) && place.column > 0, "{malformed}");
            let line = text.split(|byte| *byte == b'\n').nth(place.line - 1).unwrap_or_default();
            let columns = String::from_utf8_lossy(line).chars().count() + 1;
            assert!(place.column <= columns, "{malformed}, and the line has {columns} columns");
            assert!(!malformed.expected.is_empty());
            false
        }
        Err(error) => panic!("{error:?}"),
    }
}

/// Whether any model reads it.
fn is_read_by_any(format: Option<Format>, text: &[u8]) -> bool {
    [
        is_read::<Keyed<Value, Register<Value>>>(format, text),
        is_read::<Keyed<Value, CasRegister<Value>>>(format, text),
        is_read::<Keyed<Value, Counter>>(format, text),
        is_read::<Kv>(format, text),
        is_read::<Keyed<Value, Set<Value>>>(format, text),
        is_read::<Keyed<Value, Queue<Value>>>(format, text),
        is_read::<Keyed<Value, Stack<Value>>>(format, text),
        is_read::<Keyed<Value, Lock<Value>>>(format, text),
        is_read::<Keyed<Value, Semaphore>>(format, text),
        is_read::<Keyed<Value, Limiter>>(format, text),
    ]
    .contains(&true)
}

/// Changes `text` many times. What is read though it is not `well_formed` is a mistake; how many were
/// read, and how many were not.
fn fuzz(text: &str, format: Option<Format>, well_formed: impl Fn(&[u8]) -> bool) -> (usize, usize) {
    let mut random = Random(text.len() as u64);
    let (mut read, mut refused) = (0, 0);
    for _ in 0..3_000 {
        let changed = changed(text, &mut random);
        if is_read_by_any(format, &changed) {
            assert!(well_formed(&changed), "it was read:\n{}", String::from_utf8_lossy(&changed));
            read += 1;
        } else {
            refused += 1;
        }
    }
    (read, refused)
}

fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

/// Whether each line is empty or an object with a client and a type, by another reader.
fn is_json(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(without_mark(text)) else { return false };
    text.split('\n').filter(|line| !line.trim().is_empty()).all(|line| {
        let Ok(serde_json::Value::Object(line)) = serde_json::from_str(line) else { return false };
        let kind = line.get("type").and_then(|kind| kind.as_str());
        (line.contains_key("client") || line.contains_key("process"))
            && matches!(kind, Some("invoke" | "ok" | "fail" | "info"))
    })
}

/// Whether every bracket and every text is closed.
fn is_closed(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(without_mark(text)) else { return false };
    let mut open = Vec::new();
    let mut chars = text.chars();
    while let Some(it) = chars.next() {
        match it {
            ';' => drop(chars.by_ref().find(|it| *it == '\n')),
            '\\' => drop(chars.next()),
            '(' => open.push(')'),
            '[' => open.push(']'),
            '{' => open.push('}'),
            ')' | ']' | '}' if open.pop() != Some(it) => return false,
            '"' => loop {
                match chars.next() {
                    Some('\\') => drop(chars.next()),
                    Some('"') => break,
                    Some(_) => {}
                    None => return false,
                }
            },
            _ => {}
        }
    }
    open.is_empty()
}

#[test]
fn json_lines_that_are_no_objects_are_refused() {
    let (read, refused) = fuzz(JSON, Some(Format::Json), is_json);
    assert!(read > 0 && refused > 1_000, "{read} read, {refused} refused");
}

#[test]
fn edn_that_is_not_closed_is_refused() {
    for text in [EDN, MAPS] {
        let (read, refused) = fuzz(text, Some(Format::Edn), is_closed);
        assert!(read > 0 && refused > 1_000, "{read} read, {refused} refused");
    }
}

#[test]
fn no_text_makes_the_readers_panic() {
    for text in [JEPSEN, JSON, EDN, MAPS] {
        for format in [None, Some(Format::Jepsen), Some(Format::Edn), Some(Format::Json)] {
            fuzz(text, format, |_| true);
        }
    }
}

#[test]
fn what_was_cut_off_within_a_line_is_refused() {
    let reads =
        |format, text: &str| is_read::<Keyed<Value, CasRegister<Value>>>(Some(format), text.as_bytes());
    let json: String = JSON.split_inclusive('\n').take(4).collect();
    let vector = format!("[{MAPS}]");
    for (format, text) in [(Format::Json, &*json), (Format::Edn, MAPS), (Format::Edn, &vector)] {
        assert!(reads(format, text), "{text}");
        for end in 1..text.len() {
            let cut = text[..end].trim_end();
            // A text that ends between two lines is whole, unless a bracket is open.
            let between = cut.is_empty() || text[cut.len()..].starts_with('\n');
            let whole = text != vector && between;
            assert_eq!(reads(format, cut), whole, "{cut}");
        }
    }
    for end in 1..JEPSEN.len() {
        let cut = &JEPSEN[..end];
        let last = cut.rsplit('\n').next().expect("there is a line");
        // What went wrong with a call may be any text, what a read is given is not looked at, a value may be
        // all of it, and so may what others say.
        let some = ["l\t:cas\t[", "2 3]", "\tnil", "\t1", "  1", "core - ", "info\t:s", ":read\tn"];
        let whole = last.is_empty() || some.iter().any(|some| last.contains(some));
        assert_eq!(reads(Format::Jepsen, cut), whole, "{last:?}");
    }
}
