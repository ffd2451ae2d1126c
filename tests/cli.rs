//! `raceproof prove` as a process: what it prints, and with which exit code.

use serde_json::Value;
use std::process::{Command, Output};

fn raceproof(args: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_raceproof"));
    command.args(args.split_whitespace()).env("LC_ALL", "C.UTF-8");
    command.output().expect("the binary that was built")
}

/// The exit code, stdout and stderr.
fn said(args: &str) -> (i32, String, String) {
    let output = raceproof(args);
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().expect("it was not killed"), text(output.stdout), text(output.stderr))
}

/// The cells of a matrix in JSON, whatever the exit code.
fn cells(args: &str) -> Vec<Value> {
    let (_, out, _) = said(&format!("{args} --format json"));
    let matrix: Value = serde_json::from_str(&out).expect(&out);
    matrix["cells"].as_array().expect("cells").clone()
}

const MODELS: &str = "prove --engine exhaustive,loom,random,pct,urw --threads 2";

#[test]
fn the_matrix_of_the_models_is_as_it_should_be() {
    let (code, out, err) = said(MODELS);
    assert_eq!((code, &*err), (0, ""), "{out}");
    let lines: Vec<&str> = out.lines().collect();
    let columns = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(columns(lines[0]), ["store", "exhaustive", "loom", "random", "pct", "urw"]);
    for (line, store, signs) in [
        (lines[1], "unsynchronized", "✗✗✗✗✗"),
        (lines[2], "lost_update", "✗✗✗✗✗"),
        (lines[3], "mutex", "✓✓···"),
        (lines[4], "channel", "✓✓···"),
    ] {
        let cells = columns(line);
        assert_eq!(cells[0], store);
        assert_eq!(cells.iter().skip(1).step_by(2).cloned().collect::<String>(), signs, "{line}");
    }
    assert!(out.contains("\n2 of 4 stores are proved free of races within these bounds\n"), "{out}");
    assert!(out.contains("exhaustive: 462 programs, every one of 2 clients"), "{out}");
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{out}");
}

#[test]
fn a_locale_without_unicode_gets_ascii() {
    for store in ["lost_update", "mutex"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_raceproof"));
        command.args(["prove", "--engine", "exhaustive", "--threads", "2", "--store", store]);
        let output = command.env("LC_ALL", "C").output().expect("the binary that was built");
        assert!(output.stdout.is_ascii(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
fn json_has_a_cell_for_each_store_and_engine() {
    let cells = cells("prove --engine random,exhaustive --threads 2");
    let text = |cell: &Value, key: &str| cell[key].as_str().expect(key).to_owned();
    let of: Vec<_> = cells.iter().map(|cell| (text(cell, "store"), text(cell, "engine"))).collect();
    let stores = ["unsynchronized", "lost_update", "mutex", "channel"];
    let all =
        stores.iter().flat_map(|store| ["exhaustive", "random"].map(|e| (store.to_string(), e.to_owned())));
    assert_eq!(of, all.collect::<Vec<_>>());
    for cell in &cells {
        assert!(cell["executions"].as_u64().expect("a number") > 0);
        assert!(cell["elapsed_ms"].is_u64());
        let shown = &cell["counterexample"];
        let is_refuted = cell["verdict"] == "refuted";
        assert_eq!(shown.is_object(), is_refuted, "{cell}");
        if is_refuted {
            let expected = if cell["store"] == "lost_update" { "not_linearizable" } else { "data_race" };
            assert_eq!(shown["finding"], expected);
            assert!(!shown["rows"].as_array().expect("rows").is_empty());
            let schedule = shown["schedule"].as_str().unwrap_or("r1:");
            assert!(schedule.starts_with("r1:") && (schedule.len() > 3 || expected == "data_race"));
            assert_eq!(shown["seed"].as_u64(), (cell["engine"] == "random").then_some(1));
        }
    }
}

#[test]
fn the_command_that_is_printed_shows_the_same_again() {
    for engine in ["exhaustive", "loom", "random", "pct", "urw"] {
        for store in ["lost_update", "unsynchronized"] {
            let cell = &cells(&format!("prove --store {store} --engine {engine} --threads 2 --seed 7"))[0];
            let shown = &cell["counterexample"];
            let replay = shown["replay"].as_str().expect(engine).strip_prefix("raceproof ").expect("by name");
            assert!(replay.contains("--threads 2"), "{replay}");
            let again = &cells(replay)[0]["counterexample"];
            for part in ["finding", "program", "rows", "why", "preemptions", "schedule", "replay"] {
                assert_eq!(again[part], shown[part], "{part} by {replay}");
            }
        }
    }
}

#[test]
fn a_replay_is_of_one_store_by_an_engine_that_has_schedules() {
    let (code, out, err) = said("prove --store lost_update --engine loom --replay r1:0");
    assert_eq!((code, &*out, &*err), (2, "", "raceproof: loom has no schedules to replay\n"));
    for args in ["--engine random --replay r1:0", "--store mutex --replay r1:0"] {
        let (code, out, err) = said(&format!("prove {args}"));
        assert_eq!((code, &*out, err.lines().count()), (2, "", 1), "{err}");
    }
    let (code, _, err) = said("prove --store mutex --engine random --replay r0:1");
    assert_eq!(code, 2);
    assert!(err.contains("not a schedule of this version"), "{err}");
    let (code, out, err) = said("prove --store mutex --engine random --replay r1:0");
    assert_eq!(code, 1, "{out}");
    assert!(err.starts_with("raceproof: unexpected: mutex is undecided by random: "), "{err}");
}

#[test]
fn one_store_shows_why_it_is_refuted_once() {
    let (code, out, err) = said("prove --store lost_update --threads 2");
    assert_eq!((code, &*err), (0, ""), "{out}");
    assert_eq!(out.matches("lost_update is not linearizable").count(), 1, "{out}");
    let replay =
        "\nreplay     raceproof prove --store lost_update --engine exhaustive --threads 2 --replay r1:";
    assert!(out.contains(replay), "{out}");
    assert!(
        out.contains("\nalso       raceproof prove --store lost_update --engine loom --threads 2\n"),
        "{out}"
    );
}

#[test]
fn a_search_that_is_cut_short_is_passed_and_not_what_was_asked_for() {
    for (max, engines) in [(20, "exhaustive,loom"), (500, "exhaustive"), (5, "exhaustive,loom")] {
        let args = format!("prove --store mutex --engine {engines} --threads 2 --executions-max {max}");
        let (code, out, err) = said(&args);
        assert_eq!(code, 1, "{out}");
        assert!(!out.contains('✓'), "{out}");
        assert!(out.contains("0 of") || out.contains("passed: no proof"), "{out}");
        let unexpected = engines.split(',').map(|e| format!("raceproof: unexpected: mutex is passed by {e}"));
        let (said, goes_on): (Vec<&str>, _) = err.lines().partition(|line| line.contains("unexpected"));
        assert_eq!(said, unexpected.collect::<Vec<_>>());
        assert!(goes_on.iter().all(|line| line.starts_with("raceproof: put down; goes on with: ")), "{err}");
        for cell in cells(&args) {
            assert_eq!((&cell["verdict"], &cell["counterexample"]), (&"passed".into(), &Value::Null));
            assert!((1..=max).contains(&cell["executions"].as_u64().expect("a number")), "{cell}");
        }
    }
}

#[test]
fn of_too_many_programs_those_that_contend_are_tried_and_the_legend_says_so() {
    let (code, out, err) = said("prove --store lost_update --engine exhaustive --threads 4 --calls 8");
    assert_eq!((code, &*err), (0, ""), "{out}");
    assert!(out.contains("exhaustive: 72 programs of 2 to 4 clients with 1 to 8 calls each that"), "{out}");
}

#[test]
fn more_threads_than_an_engine_runs_are_undecided_with_the_reason() {
    let (code, out, err) = said("prove --store channel --engine loom --threads 4 --calls 1");
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("? ") && out.contains("undecided"), "{out}");
    assert_eq!(
        err,
        "raceproof: unexpected: channel is undecided by loom: loom runs at most 5 threads, the main one included\n"
    );
}

/// Two accesses may or may not overlap on real threads; where they do, the process has died Go's death.
#[test]
fn a_store_that_ends_its_process_ends_a_child() {
    let args = "prove --store unsynchronized --engine stress --executions-max 1200";
    let (code, out, err) = said(args);
    assert_eq!((code, &*err), (0, ""), "{out}");
    let cell = &cells(args)[0];
    if cell["verdict"] == "refuted" {
        assert_eq!(cell["counterexample"]["finding"], "died");
        let why = cell["counterexample"]["why"].as_array().expect("lines");
        assert!(why[0].as_str().expect("a line").starts_with("fatal error: concurrent map "), "{why:?}");
        assert_eq!(why[1], "and the process ended with exit code 2");
    } else {
        assert_eq!((&cell["verdict"], &cell["executions"]), (&"passed".into(), &1200.into()));
    }
}

#[test]
fn a_hammered_server_loses_no_call_of_a_sound_store() {
    for store in ["mutex", "channel"] {
        let args = format!("prove --store {store} --engine http --executions-max 640");
        let (code, out, err) = said(&args);
        assert_eq!((code, &*err), (0, ""), "{out}");
        let cell = &cells(&args)[0];
        assert_eq!((&cell["verdict"], &cell["executions"]), (&"passed".into(), &640.into()));
    }
}

#[test]
fn misuse_is_one_line_and_exit_code_2() {
    for (args, names) in [
        ("prove --store rwlock", "[possible values: unsynchronized, lost_update, mutex, channel]"),
        ("prove --engine exhaustive,tlc", "'tlc'"),
        ("prove --threads 1", "1 is not in 2..=4"),
        ("prove --threads 5", "5 is not in 2..=4"),
        ("prove --calls 0", "0 is not in 1..=8"),
        ("prove --executions-max 0", "0 is not in 1.."),
        ("prove --seed dice", "'dice'"),
        ("prove --format xml", "[possible values: text, json]"),
        ("prove --sed 1", "'--sed'"),
        ("disprove", "'disprove'"),
        ("serve --store", "'--store <STORE>'"),
    ] {
        let (code, out, err) = said(args);
        assert_eq!((code, &*out), (2, ""), "{args}: {err}");
        assert!(err.starts_with("raceproof: ") && err.contains(names), "{args}: {err}");
        assert_eq!(err.matches('\n').count(), 1, "{args}: {err}");
        assert!(err.ends_with("; see --help\n"), "{args}: {err}");
    }
}

#[test]
fn help_and_version_are_no_misuse() {
    for (args, says) in
        [("--help", "prove"), ("prove --help", "--executions-max"), ("--version", "raceproof 0.")]
    {
        let (code, out, err) = said(args);
        assert_eq!((code, &*err), (0, ""));
        assert!(out.contains(says), "{out}");
    }
}

/// Whoever reads the report has read enough.
#[cfg(unix)]
#[test]
fn a_pipe_that_is_closed_is_no_error() {
    let prove = format!("{} prove --engine loom --threads 2 | true", env!("CARGO_BIN_EXE_raceproof"));
    let output = Command::new("sh").args(["-c", &prove]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
