//! Failures are shown again by their schedule, and tried first in the next run of the test.
//!
//! The tests here run another one of this binary, which fails, in a process of its own.

use raceproof::crossbeam_channel::{bounded, select, unbounded};
use raceproof::explore::{Engine, Explorer};
use raceproof::sync::atomic::{AtomicU32, Ordering::SeqCst};
use raceproof::sync::{Arc, Mutex};
use raceproof::{prove, thread};
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
#[ignore = "it fails, and the others look at how"]
fn loses_an_update() {
    prove(|| {
        let count = Arc::new(AtomicU32::new(0));
        let other = {
            let count = Arc::clone(&count);
            thread::spawn(move || count.store(count.load(SeqCst) + 1, SeqCst))
        };
        count.store(count.load(SeqCst) + 1, SeqCst);
        other.join().unwrap();
        assert_eq!(count.load(SeqCst), 2, "an update is lost");
    });
}

#[test]
#[ignore = "it passes, and the others look at how"]
fn loses_nothing() {
    prove(|| {
        let count = Arc::new(Mutex::new(0));
        let other = {
            let count = Arc::clone(&count);
            thread::spawn(move || *count.lock().unwrap() += 1)
        };
        *count.lock().unwrap() += 1;
        other.join().unwrap();
        assert_eq!(*count.lock().unwrap(), 2);
    });
}

/// A folder of a test, which is made anew.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("the folder of cargo's tests");
    folder
}

/// Runs a test of this binary as cargo does for a package in `manifest`. Returns whether it passed, and
/// what it printed.
fn run(test: &str, manifest: &Path, replay: Option<&str>) -> (bool, String) {
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    command.args([test, "--exact", "--ignored", "--nocapture", "--test-threads=1"]);
    command.env("CARGO_MANIFEST_DIR", manifest).env("RUST_BACKTRACE", "0").env_remove("RACEPROOF_REPLAY");
    if let Some(schedule) = replay {
        command.env("RACEPROOF_REPLAY", schedule);
    }
    let output = command.output().expect("this binary starts");
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).expect("text"))
}

/// The counterexample that a failing test has printed.
fn counterexample(text: &str) -> &str {
    let from = text.find("the program panics").unwrap_or_else(|| panic!("no counterexample:\n{text}"));
    let until = text[from..].find("\nnote: run with").map_or(text.len(), |len| from + len);
    text[from..until].trim_end()
}

fn kept_file(folder: &Path, test: &str) -> PathBuf {
    folder.join("raceproof-regressions").join(format!("{test}.txt"))
}

#[test]
fn a_failing_test_prints_its_counterexample_once_and_nothing_else() {
    let (passed, text) = run("loses_an_update", &folder("once"), None);
    assert!(!passed);
    assert_eq!(text.matches("the program panics").count(), 1, "{text}");
    assert!(text.contains("how, with 1 preemption"), "{text}");
    assert!(text.contains(" cargo test loses_an_update"), "{text}");
    for noise in ["shuttle", "failing schedule", "seed", "thread 'main' panicked"] {
        assert!(!text.contains(noise), "{noise}:\n{text}");
    }
}

#[test]
fn the_printed_schedule_gives_the_same_bytes() {
    let folder = folder("bytes");
    let (_, text) = run("loses_an_update", &folder, None);
    let from = text.find("RACEPROOF_REPLAY=").expect("a command") + "RACEPROOF_REPLAY=".len();
    let schedule = text[from..].split_whitespace().next().expect("a schedule");
    let (passed, again) = run("loses_an_update", &self::folder("bytes"), Some(schedule));
    assert!(!passed);
    assert_eq!(counterexample(&again), counterexample(&text));
}

/// Whether gdb is there and may follow a process.
fn has_gdb() -> bool {
    let tried = Command::new("gdb").args(["--batch", "-ex", "run", "--args", "true"]).output();
    tried.is_ok_and(|tried| String::from_utf8_lossy(&tried.stdout).contains("exited normally"))
}

#[test]
fn a_debugger_stops_before_the_failing_step() {
    if !has_gdb() {
        eprintln!("not tried: gdb is not there, or may not follow a process");
        return;
    }
    let folder = folder("debugger");
    let (_, printed) = run("loses_an_update", &folder, None);
    let schedule =
        printed.split("RACEPROOF_REPLAY=").nth(1).and_then(|rest| rest.split(' ').next()).expect(&printed);
    let stopped_in = |replay: Option<&str>| {
        let mut gdb = Command::new("gdb");
        gdb.args(["--batch", "-ex", "set debuginfod enabled off", "-ex", "run", "-ex", "bt", "--args"]);
        gdb.arg(std::env::current_exe().expect("this binary"));
        gdb.args(["loses_an_update", "--exact", "--ignored", "--nocapture", "--test-threads=1"]);
        gdb.env("CARGO_MANIFEST_DIR", folder.join("nowhere")).env_remove("RACEPROOF_REPLAY");
        gdb.envs(replay.map(|schedule| ("RACEPROOF_REPLAY", schedule)));
        String::from_utf8_lossy(&gdb.output().expect("gdb").stdout).into_owned()
    };
    let text = stopped_in(Some(schedule));
    let (_, frames) = text.split_once("SIGTRAP").expect(&text);
    assert!(frames.contains("before_the_failing_step") && frames.contains("tests/replay.rs:"), "{text}");
    let text = stopped_in(None);
    assert!(!text.contains("SIGTRAP"), "{text}");
}

#[test]
fn a_failure_is_kept_and_tried_first() {
    let folder = folder("kept");
    let (_, text) = run("loses_an_update", &folder, None);
    let file = kept_file(&folder, "loses_an_update");
    let kept = std::fs::read_to_string(&file).expect("it was kept");
    assert_eq!(kept.lines().filter(|line| line.starts_with("r1:")).count(), 1, "{kept}");
    assert!(kept.contains("# panic"), "{kept}");
    let (_, again) = run("loses_an_update", &folder, None);
    assert_eq!(counterexample(&again), counterexample(&text));
    assert_eq!(std::fs::read_to_string(&file).expect("it is still there"), kept, "nothing is kept twice");
}

#[test]
fn an_entry_that_no_longer_applies_is_said_kept_and_passed_over() {
    let folder = folder("misfit");
    let file = kept_file(&folder, "loses_nothing");
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("it can be made");
    let kept = "# a comment\nr1:77\nnonsense\n";
    std::fs::write(&file, kept).expect("it can be written");
    let (passed, text) = run("loses_nothing", &folder, None);
    assert!(passed, "{text}");
    assert!(text.contains("loses_nothing.txt:2: no longer applies"), "{text}");
    assert!(text.contains("loses_nothing.txt:3: passed over"), "{text}");
    assert_eq!(std::fs::read_to_string(&file).expect("it is still there"), kept);
}

#[test]
fn a_folder_that_cannot_be_written_is_no_failure() {
    let file = folder("unwritable").join("a-file");
    std::fs::write(&file, "").expect("it can be written");
    let (passed, text) = run("loses_an_update", &file, None);
    assert!(!passed);
    assert!(text.contains("could not be written"), "{text}");
    counterexample(&text);
}

#[test]
fn a_schedule_that_is_none_is_a_clear_error() {
    let (passed, text) = run("loses_nothing", &folder("none"), Some("r9:12"));
    assert!(!passed);
    assert!(text.contains("RACEPROOF_REPLAY: \"r9:12\" is not a schedule of this version"), "{text}");
    let (_, text) = run("loses_nothing", &folder("none"), Some("r1:12(8"));
    assert!(text.contains("cannot go on with \"(8\""), "{text}");
}

#[test]
fn a_schedule_of_another_program_is_a_clear_error() {
    let (passed, text) = run("loses_nothing", &folder("foreign"), Some("r1:4"));
    assert!(!passed);
    assert!(text.contains("the schedule is of another program"), "{text}");
}

/// It fails only where the second of two threads is the first to spawn a thread of its own.
fn family() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let parents: Vec<_> = (0..2)
        .map(|i| {
            let order = Arc::clone(&order);
            thread::spawn(move || {
                order.lock().unwrap().push(i);
                let child = thread::spawn(move || order.lock().unwrap().push(i + 10));
                child.join().unwrap();
            })
        })
        .collect();
    for parent in parents {
        parent.join().unwrap();
    }
    assert_ne!(*order.lock().unwrap(), [1, 11, 0, 10], "the second was first");
}

#[test]
fn a_schedule_names_threads_alike_in_whatever_order_they_were_spawned() {
    let verdict = Explorer::new(Engine::Exhaustive).explore(family);
    let shown = verdict.assert_refuted();
    let schedule = shown.schedule.as_ref().expect("it has one");
    let again = Explorer::new(Engine::Exhaustive).replay(schedule.parse().unwrap()).explore(family);
    assert_eq!(again.assert_refuted().rows, shown.rows, "{schedule}");
}

/// A loop of selections, which a sampler would seldom get through if it only waited for what it has chosen.
fn many_selections() -> Vec<u32> {
    let ((s1, r1), (s2, r2)) = (bounded(0), unbounded());
    let open = (s1.clone(), s2.clone());
    let sends = thread::spawn(move || (0..3).for_each(|i| s1.send(i).unwrap()));
    let other = thread::spawn(move || (3..6).for_each(|i| s2.send(i).unwrap()));
    let receive = || {
        let at_once = select! { recv(r1) -> message => message.ok(), recv(r2) -> message => message.ok(), default => None };
        at_once.unwrap_or_else(|| {
            select! { recv(r1) -> message => message.unwrap(), recv(r2) -> message => message.unwrap() }
        })
    };
    let received = (0..6).map(|_| receive()).collect();
    sends.join().unwrap();
    other.join().unwrap();
    drop(open);
    received
}

#[test]
fn samplers_choose_again_and_a_replay_shows_what_they_have_found() {
    for engine in [Engine::Random { seed: 1 }, Engine::Pct { seed: 1, depth: 2 }, Engine::Urw { seed: 1 }] {
        let explorer = Explorer::new(engine).executions_max(40);
        let verdict = explorer.explore(|| drop(many_selections()));
        verdict.assert_passed();
        assert_eq!((verdict.coverage().executions, verdict.coverage().redundant), (40, 0), "{engine:?}");
        let program = || assert!(many_selections()[0] > 2, "the first of the first");
        let refuted = explorer.explore(program);
        let schedule = refuted.assert_refuted().schedule.clone().unwrap().parse().unwrap();
        let again = Explorer::new(Engine::Exhaustive).replay(schedule).explore(program);
        assert_eq!(again.assert_refuted().rows, refuted.assert_refuted().rows, "{engine:?}");
    }
}
