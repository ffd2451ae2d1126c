//! `raceproof check` from outside: what it reads, what it says, and its exit codes.

mod report;

use std::io::Write;
use std::process::{Command, Output, Stdio};

/// Runs `raceproof check` with `text` on stdin.
fn check(args: &[&str], text: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_raceproof"))
        .arg("check")
        .args(args)
        .env("LC_ALL", "C.UTF-8")
        .env_remove("NO_COLOR")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary that was built");
    // One that ends before it read everything closes the pipe.
    let _ = child.stdin.take().expect("it is piped").write_all(text.as_bytes());
    child.wait_with_output().expect("it ends")
}

/// The exit code, stdout and stderr of a check of stdin by that model.
fn judged(model: &str, text: &str) -> (i32, String, String) {
    said(&check(&["-", "--model", model], text))
}

fn said(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    (output.status.code().expect("it was not killed"), text(&output.stdout), text(&output.stderr))
}

#[track_caller]
fn assert_code(model: &str, text: &str, code: i32) -> String {
    let (got, out, err) = judged(model, text);
    assert_eq!(got, code, "{out}{err}");
    out + &err
}

/// The message about a malformed history, without the file.
#[track_caller]
fn assert_malformed(model: &str, text: &str, place: &str, expected: &str) {
    let (code, out, err) = judged(model, text);
    assert_eq!((code, out.as_str()), (2, ""), "{err}");
    let start = format!("raceproof: stdin:{place}");
    assert!(err.starts_with(&start) && err.contains(expected), "{err:?}, not {start:?} with {expected:?}");
    assert_eq!(err.lines().count(), 1, "{err}");
}

const STALE: &str = r#"
{"client": 1, "type": "invoke", "op": "write", "value": 2}
{"client": 1, "type": "ok"}
{"client": "b", "type": "invoke", "op": "read"}
{"client": "b", "type": "ok", "value": 0}
"#;

#[test]
fn holds_is_0() {
    let text = STALE.replace("\"value\": 0", "\"value\": 2");
    assert_eq!(assert_code("register", &text, 0), "stdin: linearizable; 2 calls\n");
}

#[test]
fn undecided_is_3() {
    // Nothing returned: nothing was seen.
    assert_code("register", "{\"client\": 1, \"type\": \"invoke\", \"op\": \"read\"}\n", 3);
    assert_code("register", "", 3);
    assert_code("register", "\n\n", 3);
    let push = |n: u32| format!("{{\"client\":{n},\"type\":\"invoke\",\"op\":\"push\",\"value\":{n}}}\n");
    let done = |n: u32| format!("{{\"client\":{n},\"type\":\"ok\"}}\n");
    let mut text: String = (0..12).map(push).chain((0..12).map(done)).collect();
    text +=
        "{\"client\":0,\"type\":\"invoke\",\"op\":\"pop\"}\n{\"client\":0,\"type\":\"ok\",\"value\":99}\n";
    let output = check(&["-", "--model", "stack", "--steps-max", "100000"], &text);
    let (code, out, _) = said(&output);
    assert_eq!(code, 3, "{out}");
    assert!(out.contains("undecided after 1") && !out.contains("linearizable"), "{out}");
    let after: u64 =
        out["stdin: undecided after ".len()..].split(' ').next().unwrap_or_default().parse().expect("steps");
    assert!(out.contains(&format!("try --steps-max {after}0 --kept-max ")), "{out}");
    for consistency in ["quiescent", "sequential"] {
        let args = ["-", "--model", "stack", "--steps-max", "20000", "--consistency", consistency];
        let (code, out, _) = said(&check(&args, &text));
        assert!(code == 3 && out.contains("undecided after 2"), "{consistency}: {out}");
    }
}

#[test]
fn misuse_is_2() {
    for args in [
        &["-"][..],
        &["-", "--model", "nonsense"],
        &["--model", "register"],
        &["-", "-", "--model", "register"],
        &["-", "--model", "kv", "--initial", "x"],
        &["-", "--model", "counter", "--initial", "x"],
        &["-", "--model", "queue", "--consistency", "monotone"],
        &["/nonexistent/history", "--model", "register"],
    ] {
        let (code, out, err) = said(&check(args, STALE));
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}: {err}");
        assert!(!err.is_empty());
    }
    let (_, _, err) = said(&check(&["-", "--model", "register", "--consistency", "monotone"], STALE));
    assert_eq!(err, "raceproof: --consistency monotone is for --model counter and counters\n");
}

#[test]
fn a_malformed_line_is_2_and_says_where_and_what() {
    let line = |n: usize, text: &str| {
        let mut lines: Vec<&str> = STALE.trim().lines().collect();
        lines[n - 1] = text;
        lines.join("\n")
    };
    let json = [
        (2, r#"{"client": 1, "type": "okay"}"#, "2:23", "\"type\" should be"),
        (2, r#"{"client": 1, "type": "ok""#, "2:", "expected a JSON object"),
        (2, r#"{"client": 1, "type": "ok", "vlaue": 1}"#, "2:", "unknown field `vlaue`"),
        (2, r#"{"client": [1], "type": "ok"}"#, "2:12", "\"client\" should be"),
        (2, r#"{"client": 7, "type": "ok"}"#, "2:12", "no call under way"),
        (2, r#"{"type": "ok"}"#, "2:", "missing field `client`"),
        (3, r#"{"client": "b", "type": "invoke"}"#, "3:1", "\"op\""),
        (3, r#"{"client": "b", "type": "invoke", "op": "push"}"#, "3:41", "read or write"),
        (4, r#"{"client": "b", "type": "ok", "op": "write"}"#, "4:37", "read"),
        (2, "garbage", "2:1", "expected a JSON object"),
        (2, r#"{"client": 7, "type": "info"}"#, "2:12", "no call under way"),
        (2, r#"{"client": 1, "type": "ok", "op": 3}"#, "2:35", "\"op\" should be a text, found 3"),
        (2, r#"{"client": "äöü🦀", "type": "okay"}"#, "2:28: ", "\"type\" should be"),
        (2, r#"{"client": "äöü🦀", "typ": "ok"}"#, "2:24: ", "unknown field `typ`"),
        (2, "3", "2:1: ", "invalid type: integer `3`, expected an object such as {\"client\": 1, …}"),
    ];
    for (n, text, place, expected) in json {
        let (code, _, err) = judged("register", &line(n, text));
        assert_eq!(code, 2, "{text}: {err}");
        assert!(!err.contains(" at line "), "its place stands in front: {err}");
        let start = format!("raceproof: stdin:{place}");
        assert!(
            err.starts_with(&start) && err.contains(expected),
            "{text}: {err:?}, not {start:?}, {expected:?}"
        );
    }
    assert_malformed(
        "register",
        &line(2, r#"{"client": 1, "type": "invoke", "op": "read"}"#),
        "2:12",
        "line 1",
    );
    assert_malformed(
        "counter",
        &COUNTER.replace("\"value\": 1}", "\"value\": \"abc\"}"),
        "4:38: ",
        "\"abc\"",
    );
    assert_malformed("kv", &KV.replace(":key \"7\"", ":kye \"7\""), "1:32", "key for append");
    assert_malformed("register", "what is this\n", "1:1", "--input");
}

const COUNTER: &str = r#"{"client": 1, "type": "invoke", "op": "inc"}
{"client": 2, "type": "invoke", "op": "get"}
{"client": 1, "type": "ok"}
{"client": 2, "type": "ok", "value": 1}
"#;

const KV: &str = r#"{:process 0, :type :invoke, :f :append, :key "7", :value "x"}
{:process 0, :type :ok, :f :append, :key "7", :value "x"}
{:process 1, :type :invoke, :f :get, :key "7", :value nil}
{:process 1, :type :ok, :f :get, :key "7", :value "x"}
"#;

const JEPSEN: &str = "\
INFO  jepsen.util - 0\t:invoke\t:write\t1
INFO  jepsen.util - 0   :ok     :write  1
INFO  jepsen.util - 1\t:invoke\t:cas\t[2 3]
INFO  jepsen.util - 1\t:fail\t:cas\t[2 3]
INFO  jepsen.util - 2\t:invoke\t:read\tnil
INFO  jepsen.util - 2\t:fail\t:read\t:timed-out
INFO  jepsen.util - 3\t:invoke\t:cas\t[1 4]
INFO  jepsen.util - 3\t:info\t:cas\t:timed-out
INFO  jepsen.util - 4\t:invoke\t:read\tnil
INFO  jepsen.util - 4\t:ok\t:read\t4
";

#[test]
fn begins_with_what_is_said() {
    let begins = |model: &str, initial: &str, op: &str, answer: &str| {
        let text = format!(
            "{{\"client\": 1, \"type\": \"invoke\", \"op\": \"{op}\", \"key\": \"k\"}}\n\
             {{\"client\": 1, \"type\": \"ok\", \"value\": {answer}}}\n"
        );
        check(&["-", "--model", model, "--initial", initial], &text).status.code()
    };
    for (model, initial, op, right, wrong) in [
        ("register", "nil", "read", "null", "\"nil\""),
        ("register", "true", "read", "true", "\"true\""),
        ("register", "false", "read", "false", "true"),
        ("register", "-7", "read", "-7", "\"-7\""),
        ("register", "1.50", "read", "1.5", "\"1.50\""),
        ("register", "abc", "read", "\"abc\"", "null"),
        ("register", "[1 [a]", "read", "\"[1 [a]\"", "[1]"),
        ("register", "[1 \"b\"]", "read", "[1, \"b\"]", "[1]"),
        ("queue", "[1 2]", "pop", "1", "2"),
        ("stack", "[1 2]", "pop", "2", "1"),
        ("set", "nil", "read", "[]", "[1]"),
        ("lock", "a", "holder", "\"a\"", "null"),
        ("lock", "nil", "holder", "null", "\"nil\""),
        ("semaphore", "3", "free", "3", "1"),
        ("limiter", "3", "left", "3", "1"),
        ("counter", "3", "get", "3", "0"),
        ("kv", "", "get", "\"\"", "\"a\""),
    ] {
        assert_eq!(begins(model, initial, op, right), Some(0), "{model} {initial} {right}");
        assert_eq!(begins(model, initial, op, wrong), Some(1), "{model} {initial} {wrong}");
    }
    for (model, initial, op) in [
        ("kv", "x", "get"),
        ("kv", "0", "get"),
        ("set", "1", "read"),
        ("limiter", "-1", "left"),
        ("counters", "i", "get"),
    ] {
        assert_eq!(begins(model, initial, op, "null"), Some(2), "{model} {initial}");
    }
}

#[test]
fn reads_jepsens_log() {
    let out = assert_code("cas-register", JEPSEN, 0);
    assert_eq!(out, "stdin: linearizable; 4 calls, 1 of them never returned\n");
    // A failed compare-and-set saw another value.
    assert_code("cas-register", &JEPSEN.replace("[2 3]", "[1 3]"), 1);
    // A read of nil saw nothing.
    assert_code("cas-register", &JEPSEN.replace(":ok\t:read\t4", ":ok\t:read\tnil"), 1);
    assert_code("cas-register", &JEPSEN.replace(":ok\t:read\t4", ":ok\t:read\t1"), 0);
    assert_malformed(
        "cas-register",
        &JEPSEN.replace("4\t:ok\t:read\t4", "4\t:ok\t:re"),
        "10:30",
        "the line ends",
    );
    assert_malformed("cas-register", &JEPSEN.replace("[1 4]", "[1 4"), "7:", "`]`");
    assert_malformed("cas-register", &JEPSEN.replace("0   :ok ", "0   :oks"), "2:25", ":oks");
    assert_malformed("cas-register", &JEPSEN.replace("[2 3]", "[2 3 4]"), "3:36", "[1 4]");
}

#[test]
fn reads_knossos_edn() {
    let vector = "\
; a comment
[{:process 0, :type :invoke, :f :write, :value 3, :time 12 :index 0}
 {:type :ok :process 0
  :f :write :value 3}
 {:process :nemesis, :type :info, :f :start, :value {:a #{1 2}}}
 #_ {:process 9 :type :nonsense}
 {:process 1, :type :invoke, :f :read, :value 3}
 {:process 1, :type :ok, :f :read, :value 3, :error [:x \"y\"]}]
";
    assert_code("cas-register", vector, 0);
    let list = vector.replace('[', "(").replace(']', ")");
    assert_code("cas-register", &list, 0);
    assert_code("cas-register", &vector.replace(":ok, :f :read, :value 3", ":ok, :f :read, :value 0"), 1);
    // A read of nil is one of anything, and a failed call did not happen.
    assert_code("cas-register", &vector.replace(":ok, :f :read, :value 3", ":ok, :f :read, :value nil"), 0);
    assert_code("cas-register", &vector.replace(":ok, :f :read, :value 3", ":fail, :f :read, :value 0"), 0);
    // It holds 0 at first.
    let read = "[{:process 1, :type :invoke, :f :read} {:process 1, :type :ok, :f :read, :value 0}]";
    assert_code("cas-register", read, 0);
    assert_eq!(check(&["-", "--model", "register", "--initial", "7"], read).status.code(), Some(1));
    assert_malformed(
        "register",
        &read.replace(']', ""),
        "1:83",
        "another map, or the bracket that closes them",
    );
    assert_malformed("register", &format!("{read} 3"), "1:85", "the end of the history, found `3`");
    assert_malformed("register", &read.replace(":type :ok", ":typ :ok"), "1:40", ":type");
}

#[test]
fn reads_porcupines_kv() {
    assert_code("kv", KV, 0);
    assert_code("kv", &KV.replace(":get, :key \"7\", :value \"x\"", ":get, :key \"7\", :value \"\""), 1);
    assert_malformed("kv", &KV.replace("\"7\", :value nil}", "\"7\", :value nil"), "4:", "");
}

/// Operation, value, answer.
type Calls = &'static [(&'static str, &'static str, &'static str)];

/// A model, calls one after another, and a wrong answer to the last one.
const CALLS: &[(&str, Calls, &str)] = &[
    ("register", &[("write", "1", "null"), ("read", "null", "1")], "2"),
    ("cas-register", &[("cas", "[null, 1]", "true"), ("cas", "[2, 3]", "false"), ("read", "null", "1")], "2"),
    ("cas-register", &[("write", "1", "null"), ("cas", "[2, 1]", "false")], "true"),
    (
        "counter",
        &[("inc", "null", "null"), ("fetch_add", "2", "1"), ("dec", "null", "null"), ("get", "null", "2")],
        "3",
    ),
    ("counter", &[("set", "5", "\"ok\""), ("get", "null", "null"), ("read", "null", "5")], "4"),
    ("counters", &[("inc", "null", "\"not found\""), ("set", "5", "\"ok\""), ("get", "null", "5")], "2"),
    ("counters", &[("set", "5", "null"), ("get", "null", "null"), ("inc", "null", "null")], "\"not found\""),
    ("kv", &[("put", "\"a\"", "null"), ("append", "\"b\"", "null"), ("get", "null", "\"ab\"")], "\"a\""),
    ("kv", &[("put", "1", "null"), ("get", "null", "null"), ("get", "null", "1")], "2"),
    ("set", &[("add", "1", "true"), ("contains", "2", "false"), ("read", "null", "[1]")], "[2]"),
    ("set", &[("add", "1", "1"), ("read", "null", "null"), ("contains", "1", "true")], "false"),
    ("set", &[("add", "1", "1"), ("remove", "1", "true"), ("contains", "1", "false")], "true"),
    ("queue", &[("push", "1", "null"), ("push", "2", "null"), ("pop", "null", "1")], "2"),
    ("queue", &[("enqueue", "1", "null"), ("dequeue", "null", "1"), ("recv", "null", "null")], "1"),
    ("stack", &[("push", "1", "null"), ("push", "2", "null"), ("pop", "null", "2")], "1"),
    (
        "lock",
        &[("acquire", "\"a\"", "true"), ("acquire", "\"b\"", "false"), ("holder", "null", "\"a\"")],
        "\"b\"",
    ),
    ("lock", &[("acquire", "null", "true"), ("holder", "null", "1")], "2"),
    ("lock", &[("lock", "null", "true"), ("unlock", "null", "true"), ("holder", "null", "null")], "1"),
    (
        "lock",
        &[("lock", "7", "true"), ("release", "8", "false"), ("expire", "null", "true"), ("lock", "8", "1")],
        "false",
    ),
    ("mutex", &[("acquire", "null", "true"), ("unlock", "null", "null"), ("acquire", "1", "true")], "false"),
    ("semaphore", &[("acquire", "1", "true"), ("acquire", "1", "false"), ("free", "null", "0")], "1"),
    (
        "semaphore",
        &[("lock", "1", "1"), ("release", "1", "1"), ("free", "null", "null"), ("lock", "1", "1")],
        "false",
    ),
    ("limiter", &[("admit", "null", "true"), ("admit", "null", "false"), ("left", "null", "0")], "1"),
    (
        "limiter",
        &[("admit", "null", "1"), ("tick", "null", "1"), ("left", "null", "null"), ("admit", "null", "1")],
        "false",
    ),
];

#[test]
fn reads_json_lines_of_every_model() {
    let pairs = |calls: &[(&str, &str, &str)]| -> String {
        let line = |(op, value, ret): &(&str, &str, &str)| {
            format!(
                "{{\"client\":1,\"type\":\"invoke\",\"op\":\"{op}\",\"key\":\"k\",\"value\":{value}}}\n\
                 {{\"client\":1,\"type\":\"ok\",\"value\":{ret}}}\n"
            )
        };
        calls.iter().map(line).collect()
    };
    for &(model, calls, wrong) in CALLS {
        let text = pairs(calls);
        assert_eq!(judged(model, &text).0, 0, "{calls:?}: {:?}", judged(model, &text));
        let (op, value, _) = calls[calls.len() - 1];
        let mut lied = calls[..calls.len() - 1].to_vec();
        lied.push((op, value, wrong));
        assert_eq!(judged(model, &pairs(&lied)).0, 1, "{model}: {lied:?}");
    }
}
