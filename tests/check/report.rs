//! What is printed of a judged history, and which exit code counts.

use super::{COUNTER, STALE, check, said};
use std::io::Write;
use std::process::{Command, Stdio};

/// The same client gets less.
const BACKWARDS: &str = r#"{"client": 2, "type": "invoke", "op": "get"}
{"client": 2, "type": "ok", "value": 0}
"#;

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
    assert!(!run("LC_ALL", "de_DE.utf8").is_ascii());
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
    let args = ["-", "--model", "counter", "--consistency", "monotone"];
    let (code, out, _) = said(&check(&args, &format!("{COUNTER}{BACKWARDS}")));
    let expected = "\
stdin: not monotone. 2 of 3 calls show it:

  2  get  |── 1 ──|  line 4
▶ 2  get           |── 0 ──|  line 6

why        after get → 1, the same client got get → 0
";
    assert_eq!((code, out.as_str()), (1, expected));
    // Of what is stuck, nothing decides, and what never returned need not go on.
    let stuck = format!("{{\"client\":3,\"type\":\"invoke\",\"op\":\"inc\"}}\n{COUNTER}{BACKWARDS}");
    let (code, out, _) = said(&check(&["-", "--model", "counter", "--consistency", "sequential"], &stuck));
    let expected = "\
stdin: not sequentially consistent. 1 of 4 calls show it:

  2  get  |── 0 ──|  line 7
";
    assert!(code == 1 && out.starts_with(expected), "{out}");
}

#[test]
fn the_exit_code_is_the_same_where_nobody_reads_to_the_end() {
    for (text, code) in [(STALE, 1), ("garbage", 2), ("", 3)] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_raceproof"))
            .args(["check", "-", "--model", "register"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary that was built");
        drop((child.stdout.take(), child.stderr.take()));
        child.stdin.take().expect("it is piped").write_all(text.as_bytes()).expect("it reads");
        assert_eq!(child.wait().expect("it ends").code(), Some(code), "{text}");
    }
    let mut child = Command::new(env!("CARGO_BIN_EXE_raceproof"))
        .args(["check", "--nonsense"])
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary that was built");
    drop(child.stderr.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(2));
}

#[test]
fn the_worst_of_several_files_counts() {
    let folder = std::env::temp_dir().join(format!("raceproof-worst-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    let file = |name: &str, text: &str| {
        let file = folder.join(name);
        std::fs::write(&file, text).expect("a file for the test");
        file.display().to_string()
    };
    let holds = file("holds", &STALE.replace("\"value\": 0", "\"value\": 2"));
    let (refuted, empty, garbage) = (file("refuted", STALE), file("empty", ""), file("garbage", "x"));
    for (files, expected) in [
        (vec![&holds, &holds], 0),
        (vec![&empty, &holds], 3),
        (vec![&empty, &refuted, &holds], 1),
        (vec![&refuted, &empty], 1),
        (vec![&garbage, &refuted, &empty, &holds], 2),
        (vec![&refuted, &garbage], 2),
    ] {
        let mut args: Vec<&str> = files.iter().map(|file| file.as_str()).collect();
        args.extend(["--model", "register"]);
        assert_eq!(check(&args, "").status.code(), Some(expected), "{files:?}");
    }
    std::fs::remove_dir_all(&folder).expect("it is ours");
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

/// The lines of calls that return at once; `of` an operation, its value, and the answer.
fn in_turn(of: &[(&str, &str, &str)]) -> String {
    let line = |(client, (op, value, ret)): (usize, &(&str, &str, &str))| {
        format!(
            "{{\"client\":{client},\"type\":\"invoke\",\"op\":\"{op}\",\"value\":{value}}}\n\
             {{\"client\":{client},\"type\":\"ok\",\"value\":{ret}}}\n"
        )
    };
    of.iter().enumerate().map(line).collect()
}

#[track_caller]
fn assert_out(model: &str, text: &str, expected: &str) {
    let (code, out, err) = said(&check(&["-", "--model", model], text));
    assert_eq!((code, out.as_str(), err.as_str()), (1, expected, ""));
}

#[test]
fn of_many_calls_the_last_ones_are_drawn() {
    let mut calls = vec![("inc", "null", "null"); 30];
    calls.push(("get", "null", "29"));
    let (code, out, _) = said(&check(&["-", "--model", "counter"], &in_turn(&calls)));
    assert_eq!(code, 1);
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], "stdin: not linearizable. 31 of 31 calls show it:");
    assert_eq!(lines[2], "  (7 earlier ones are not drawn)");
    assert_eq!(lines[3], "   7  inc → ok  |");
    assert_eq!(lines.iter().filter(|line| line.contains("  |")).count(), 24, "{out}");
    calls.drain(..7);
    let (_, out, _) = said(&check(&["-", "--model", "counter"], &in_turn(&calls).replace("29", "22")));
    assert!(!out.contains("not drawn"), "{out}");
}

#[test]
fn of_calls_at_any_time_a_few_are_drawn_and_more_are_named() {
    let pending = |n: usize| -> String {
        let line = |n| format!("{{\"client\":{n},\"type\":\"invoke\",\"op\":\"write\",\"value\":{n}}}\n");
        (1..=n).map(line).collect()
    };
    let read = in_turn(&[("read", "null", "99")]);
    assert_out(
        "register",
        &(pending(3) + &read),
        "\
stdin: not linearizable. 1 of 4 calls show it, and 3 that may have happened at any time:

  1  write(1)  |─ ─ ─ ─ ─ ─ ─ ─ ─ ─
  2  write(2)   |─ ─ ─ ─ ─ ─ ─ ─ ─ ─
  3  write(3)    |─ ─ ─ ─ ─ ─ ─ ─ ─
▶ 0  read         |── 99 ──|  line 5

why        whether and whenever write(1), write(2) and write(3) took effect,
           read may answer 1, 2, 3 or nil, and answered 99
",
    );
    assert_out(
        "register",
        &(pending(14) + &read),
        "\
stdin: not linearizable. 1 of 15 calls show it, and 14 that may have happened at any time:

▶ 0  read  |── 99 ──|  line 16

any time   write(1), write(2), write(3), write(4), write(5), write(6), write(7),
           write(8), write(9), write(10), write(11), write(12) and 2 more
why        whether and whenever 14 others took effect, read may answer 1, 2, 3,
           4 or one of 11 others, and answered 99
",
    );
}

#[test]
fn what_is_said_of_a_flag_has_no_line() {
    let (code, out, err) = said(&check(&["-", "--model", "counter", "--initial", "x"], COUNTER));
    assert_eq!((code, out.as_str()), (2, ""));
    assert_eq!(err, "raceproof: stdin: --initial: the value should be an integer, found \"x\"\n");
}

#[test]
fn the_services_counters_may_be_monotone() {
    let key = |text: String| text.replace("\"op\"", "\"key\":\"i\",\"op\"");
    let judged = |calls: &[(&str, &str, &str)]| {
        let args = [
            "-",
            "--model",
            "counters",
            "--initial",
            "j=9,i=5",
            "--consistency",
            "monotone",
            "--format",
            "json",
        ];
        let (code, out, err) = said(&check(&args, &key(in_turn(calls))));
        (code, out + &err)
    };
    assert_eq!(judged(&[("get", "null", "5"), ("inc", "null", "null"), ("get", "null", "6")]).0, 0);
    // What was refused added nothing.
    let refused = [("inc", "null", "\"there are too many counters\""), ("get", "null", "6")];
    let (code, out) = judged(&refused);
    assert!(code == 1 && out.contains("get(i) → 6 is more than 5, all that could have been added"), "{out}");
    let (code, out) = judged(&[("get", "null", "4")]);
    assert!(code == 1 && out.contains("get(i) → 4 is less than it held at first"), "{out}");
    let (code, out) = judged(&[("get", "null", "5"), ("set", "7", "null")]);
    assert!(
        code == 2 && out.contains("3:1: expected calls of a counter that only grows, found set(i, 7)"),
        "{out}"
    );
}
