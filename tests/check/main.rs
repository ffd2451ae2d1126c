//! `raceproof check` from outside: what it reads, what it says, and its exit codes.

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
fn refuted_is_1_and_shows_the_core_and_why() {
    let (code, out, _) = said(&check(&["-", "--model", "register", "--initial", "0"], STALE));
    assert_eq!(code, 1);
    let expected = "\
stdin: not linearizable. 2 of 2 calls show it:

  1  write(2)  |── ok ──|
▶ b  read                |── 0 ──|  line 5

why        after write(2) returned, read may answer 2, and answered 0
";
    assert_eq!(out, expected);
}

#[test]
fn ascii_where_the_locale_or_the_user_asks_for_it() {
    let run = |name: &str, value: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_raceproof"));
        command.args(["check", "-", "--model", "register"]).env("LC_ALL", "C.UTF-8").env_remove("NO_COLOR");
        let mut child = command
            .env(name, value)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary that was built");
        child.stdin.take().expect("it is piped").write_all(STALE.as_bytes()).expect("it reads");
        child.wait_with_output().expect("it ends").stdout
    };
    assert!(run("NO_COLOR", "1").is_ascii());
    assert!(run("LC_ALL", "C").is_ascii());
    assert!(!run("LC_ALL", "de_DE.UTF-8").is_ascii());
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
    ];
    for (n, text, place, expected) in json {
        let (code, _, err) = judged("register", &line(n, text));
        assert_eq!(code, 2, "{text}: {err}");
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
    assert_malformed("register", &read.replace(']', ""), "1:", "the end");
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
    let right: [(&str, Calls, &str); 12] = [
        ("register", &[("write", "1", "null"), ("read", "null", "1")], "2"),
        (
            "cas-register",
            &[("cas", "[null, 1]", "true"), ("cas", "[2, 3]", "false"), ("read", "null", "1")],
            "2",
        ),
        ("counter", &[("inc", "null", "null"), ("fetch_add", "2", "1"), ("get", "null", "3")], "2"),
        ("counters", &[("inc", "null", "\"not found\""), ("set", "5", "\"ok\""), ("get", "null", "5")], "2"),
        ("kv", &[("put", "\"a\"", "null"), ("append", "\"b\"", "null"), ("get", "null", "\"ab\"")], "\"a\""),
        ("set", &[("add", "1", "true"), ("contains", "2", "false"), ("read", "null", "[1]")], "[2]"),
        ("queue", &[("push", "1", "null"), ("push", "2", "null"), ("pop", "null", "1")], "2"),
        ("stack", &[("push", "1", "null"), ("push", "2", "null"), ("pop", "null", "2")], "1"),
        (
            "lock",
            &[("acquire", "\"a\"", "true"), ("acquire", "\"b\"", "false"), ("holder", "null", "\"a\"")],
            "\"b\"",
        ),
        (
            "mutex",
            &[("acquire", "null", "true"), ("unlock", "null", "null"), ("acquire", "1", "true")],
            "false",
        ),
        ("semaphore", &[("acquire", "1", "true"), ("acquire", "1", "false"), ("free", "null", "0")], "1"),
        ("limiter", &[("admit", "null", "true"), ("admit", "null", "false"), ("left", "null", "0")], "1"),
    ];
    for (model, calls, wrong) in right {
        let text = pairs(calls);
        assert_eq!(judged(model, &text).0, 0, "{model}: {:?}", judged(model, &text));
        let (op, value, _) = calls[calls.len() - 1];
        let mut lied = calls[..calls.len() - 1].to_vec();
        lied.push((op, value, wrong));
        assert_eq!(judged(model, &pairs(&lied)).0, 1, "{model} with {wrong}");
    }
}

#[test]
fn json_output_is_an_object_a_line() {
    let (code, out, _) = said(&check(&["-", "--model", "register", "--format", "json"], STALE));
    assert_eq!(code, 1);
    let report: serde_json::Value = serde_json::from_str(out.trim()).expect("JSON");
    assert_eq!(report["verdict"], "refuted");
    assert_eq!(report["core"][1]["line"], 5);
    assert_eq!(report["core"][1]["decisive"], true);
    let (code, out, _) = said(&check(&["-", "--model", "register", "--format", "json"], "{\"x\": 1}"));
    assert_eq!(code, 2);
    let report: serde_json::Value = serde_json::from_str(out.trim()).expect("JSON");
    assert_eq!(report["verdict"], "unread");
}

#[test]
fn relaxed_promises_are_named_as_such() {
    let by = |model: &str, consistency: &str, text: &str| {
        let (code, out, _) =
            said(&check(&["-", "--model", model, "--initial", "0", "--consistency", consistency], text));
        (code, out.lines().next().unwrap_or_default().to_owned())
    };
    let holds = |promise: &str, calls: usize| (0, format!("stdin: {promise}; {calls} calls"));
    assert_eq!(by("register", "sequential", STALE), holds("sequentially consistent", 2));
    assert_eq!(by("register", "quiescent", STALE).0, 1);
    let one_client = STALE.replace("\"b\"", "1");
    assert_eq!(
        by("register", "sequential", &one_client),
        (1, "stdin: not sequentially consistent. 1 of 2 calls show it:".to_owned())
    );
    assert_eq!(by("counter", "monotone", COUNTER), holds("monotone", 2));
    let too_much = COUNTER.replace("\"value\": 1}", "\"value\": 2}");
    assert_eq!(by("counter", "monotone", &too_much).0, 1);
}

#[test]
fn several_files_are_answered_in_their_order() {
    let folder = std::env::temp_dir().join(format!("raceproof-check-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    let mut args = vec!["--model".to_owned(), "register".to_owned()];
    for index in 0..20 {
        let text = if index == 7 { STALE.to_owned() } else { STALE.replace("\"value\": 0", "\"value\": 2") };
        let file = folder.join(format!("{index:02}.jsonl"));
        std::fs::write(&file, text).expect("a file for the test");
        args.push(file.display().to_string());
    }
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (code, out, _) = said(&check(&args, ""));
    std::fs::remove_dir_all(&folder).expect("it is ours");
    assert_eq!(code, 1);
    let verdicts: Vec<&str> = out.lines().filter(|line| line.contains(".jsonl: ")).collect();
    assert_eq!(verdicts.len(), 20, "{out}");
    for (index, verdict) in verdicts.iter().enumerate() {
        assert!(verdict.contains(&format!("{index:02}.jsonl")), "{out}");
        assert_eq!(verdict.contains("not linearizable"), index == 7, "{out}");
    }
}
