//! Failures are shown again by their schedule, and tried first in the next run of the test.
//!
//! The tests here run another one of this binary, which fails, in a process of its own.

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
