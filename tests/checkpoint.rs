//! A search that is put down goes on to the same verdict with the same counts, and nowhere else.

use raceproof::counter::channel::ChannelStore;
use raceproof::counter::counters::Counters;
use raceproof::counter::lost_update::LostUpdateStore;
use raceproof::counter::mutex::MutexStore;
use raceproof::counter::spec::{Op, START, Stored};
use raceproof::explore::{Checkpoint, Engine, Explorer};
use raceproof::spec::{Bounds, Subject};
use raceproof::sync::atomic::{AtomicU32, Ordering::SeqCst};
use raceproof::sync::{Arc, Mutex};
use raceproof::thread;
use raceproof::tokio::sync::mpsc;
use raceproof::verdict::Verdict;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

fn exhaustive() -> Explorer {
    Explorer::new(Engine::Exhaustive)
}

/// The verdict of a search that is put down every `executions`, written, read, and goes on.
fn in_pieces(executions: u64, explore: impl Fn(Explorer) -> Verdict) -> (Verdict, usize) {
    let mut verdict = explore(exhaustive().executions_max(executions));
    let mut pieces = 1;
    while let Some(checkpoint) = &verdict.coverage().checkpoint {
        let read: Checkpoint = checkpoint.to_string().parse().expect("what was written is read");
        verdict = explore(exhaustive().executions_max(executions).resume(read));
        pieces += 1;
    }
    (verdict, pieces)
}

/// Whatever the size of the pieces, the search comes to what it comes to in one.
#[track_caller]
fn check(explore: impl Fn(Explorer) -> Verdict) {
    let whole = explore(exhaustive());
    for executions in [1, 2, 5] {
        if executions >= whole.coverage().executions {
            break;
        }
        let (verdict, pieces) = in_pieces(executions, &explore);
        assert!(pieces > 1, "{whole}");
        assert_eq!(verdict.word(), whole.word(), "{verdict}");
        let (is, was) = (verdict.coverage(), whole.coverage());
        assert_eq!(
            (is.executions, is.redundant),
            (was.executions, was.redundant),
            "{pieces} pieces: {verdict}"
        );
        assert_eq!(is.limits, was.limits);
        let rows = |verdict: &Verdict| verdict.counterexample().map(|shown| shown.rows.clone());
        assert_eq!(rows(&verdict), rows(&whole));
    }
}

#[test]
fn locks() {
    check(|explorer| {
        explorer.explore(|| {
            let count = Arc::new(Mutex::new(0));
            let add = || {
                let count = Arc::clone(&count);
                thread::spawn(move || (0..2).for_each(|_| *count.lock().unwrap() += 1))
            };
            let added = [add(), add(), add()];
            for thread in added {
                thread.join().unwrap();
            }
        })
    });
}

#[test]
fn threads_that_spawn_threads_and_choices() {
    check(|explorer| {
        explorer.explore(|| {
            let count = Arc::new(AtomicU32::new(0));
            let parent = || {
                let count = Arc::clone(&count);
                thread::spawn(move || {
                    let seen = count.load(SeqCst);
                    let child = thread::spawn({
                        let count = Arc::clone(&count);
                        move || count.compare_exchange_weak(seen, seen + 1, SeqCst, SeqCst).is_ok()
                    });
                    child.join().unwrap()
                })
            };
            let parents = [parent(), parent()];
            let done = parents.into_iter().filter(|_| true).map(|thread| thread.join().unwrap());
            let done = done.filter(|done| *done).count() as u32;
            assert!(count.load(SeqCst) <= done);
        })
    });
}

#[test]
fn futures_whose_answer_without_a_step_was_seen() {
    check(|explorer| {
        explorer.explore_async(async || {
            let (to_a, mut a) = mpsc::channel::<u8>(2);
            let (to_b, mut b) = mpsc::channel::<u8>(2);
            let first = thread::spawn(move || to_a.try_send(1).is_ok());
            let second = thread::spawn(move || to_b.try_send(2).is_ok());
            raceproof::tokio::select! {
                biased;
                got = a.recv() => assert_eq!(got, Some(1)),
                got = b.recv() => assert_eq!(got, Some(2)),
            }
            assert!(first.join().unwrap() && second.join().unwrap());
        })
    });
}

#[test]
fn an_execution_that_fails_behind_others() {
    check(|explorer| {
        explorer.explore(|| {
            let count = Arc::new(AtomicU32::new(0));
            let add = || {
                let count = Arc::clone(&count);
                thread::spawn(move || count.store(count.load(SeqCst) + 1, SeqCst))
            };
            let added = [add(), add(), add()];
            for thread in added {
                thread.join().unwrap();
            }
            assert!(count.load(SeqCst) > 1);
        })
    });
}

fn bounds() -> Bounds<Counters> {
    let i = || "i".to_owned();
    Bounds::new(START.into_iter().collect(), [Op::Get(i()), Op::Inc(i())]).cancellations(1)
}

fn subject<S: Subject<Spec = Counters>>(explorer: &Explorer) -> Verdict {
    explorer.explore_subject::<S>(&bounds())
}

#[test]
fn every_program_of_a_subject_on_all_cores() {
    let whole = subject::<Stored<MutexStore>>(&exhaustive());
    // A bound is shared out: so many executions of each program at a time.
    for each in [1, 4] {
        let executions = each * bounds().scenarios().len() as u64;
        let (verdict, pieces) = in_pieces(executions, |explorer| subject::<Stored<MutexStore>>(&explorer));
        verdict.assert_proved();
        assert!(pieces > 1);
        assert_eq!(verdict.coverage().executions, whole.coverage().executions);
    }
    in_pieces(1, |explorer| subject::<Stored<ChannelStore>>(&explorer)).0.assert_proved();
}

/// A counter that is slow to be made, once.
struct Slow(Stored<MutexStore>);

impl Subject for Slow {
    type Spec = Counters;

    async fn new() -> Self {
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| std::thread::sleep(Duration::from_millis(20)));
        Self(<Stored<MutexStore> as Subject>::new().await)
    }

    async fn call(&self, op: &Op) -> <Counters as raceproof::spec::Spec>::Ret {
        self.0.call(op).await
    }
}

#[test]
fn programs_that_were_not_begun_are_begun() {
    let explore = |explorer: &Explorer| explorer.explore_subject::<Slow>(&bounds());
    let mut verdict = explore(&exhaustive().elapsed_ms_max(10));
    let checkpoint = verdict.coverage().checkpoint.as_deref().expect("its time is up").clone();
    let executions = verdict.coverage().executions;
    verdict = explore(&exhaustive().resume(checkpoint));
    verdict.assert_proved();
    let whole = explore(&exhaustive()).coverage().executions;
    assert_eq!(verdict.coverage().executions, whole);
    assert!(executions < whole);
}

#[test]
fn a_wrong_subject_is_refuted_by_the_same_program() {
    let whole = subject::<Stored<LostUpdateStore>>(&exhaustive());
    let (verdict, _) = in_pieces(1, |explorer| subject::<Stored<LostUpdateStore>>(&explorer));
    assert_eq!(verdict.assert_refuted().program, whole.assert_refuted().program);
}

fn two_adds(explorer: &Explorer) -> Verdict {
    explorer.explore(|| {
        let count = Arc::new(AtomicU32::new(0));
        let add = || {
            let count = Arc::clone(&count);
            thread::spawn(move || count.fetch_add(1, SeqCst))
        };
        let added = [add(), add()];
        for thread in added {
            assert!(thread.join().unwrap() < 2);
        }
    })
}

/// A text that is refused, by an error that says so.
#[track_caller]
fn refused(verdict: &Verdict, why: &str) {
    assert_eq!(verdict.word(), "undecided");
    assert!(verdict.to_string().contains(why), "{verdict}");
}

#[test]
fn goes_on_nowhere_but_where_it_was_put_down() {
    let put_down = two_adds(&exhaustive().executions_max(1));
    let checkpoint = put_down.coverage().checkpoint.as_deref().expect("one is left").clone();
    two_adds(&exhaustive().resume(checkpoint.clone())).assert_proved();
    let elsewhere = exhaustive().resume(checkpoint.clone()).explore(|| ());
    refused(&elsewhere, "it is of tests");
    refused(&two_adds(&exhaustive().choices_max(1).resume(checkpoint.clone())), "within other bounds");
    refused(&two_adds(&exhaustive().preemptions_max(1).resume(checkpoint.clone())), "only a whole search");
    refused(
        &two_adds(&Explorer::new(Engine::Random { seed: 1 }).resume(checkpoint.clone())),
        "only a whole search",
    );
    let text = checkpoint.to_string();
    let build = text.split("\"build\":\"").nth(1).and_then(|rest| rest.get(..16)).expect("a hash");
    let of_another = text.replace(build, "0123456789abcdef").parse::<Checkpoint>().unwrap();
    refused(&two_adds(&exhaustive().resume(of_another)), "another build");
}

#[test]
fn another_subject_or_other_calls_by_the_same_line_are_another_search() {
    fn explore<S: Subject<Spec = Counters>>(explorer: &Explorer, op: Op) -> Verdict {
        let bounds = Bounds::new(START.into_iter().collect(), [op, Op::Inc("i".to_owned())]);
        explorer.explore_subject::<S>(&bounds)
    }
    let get = || Op::Get("i".to_owned());
    let put_down = explore::<Stored<MutexStore>>(&exhaustive().executions_max(1), get());
    let goes_on = exhaustive().resume(*put_down.coverage().checkpoint.clone().expect("one is left"));
    explore::<Stored<MutexStore>>(&goes_on, get()).assert_proved();
    refused(&explore::<Stored<LostUpdateStore>>(&goes_on, get()), "another program at tests");
    refused(&explore::<Stored<MutexStore>>(&goes_on, Op::Get("j".to_owned())), "another program at tests");
}

#[test]
fn a_text_that_is_no_checkpoint_is_a_clear_error() {
    let refused = |text: &str| text.parse::<Checkpoint>().unwrap_err().to_string();
    assert!(refused("r1:01").contains("no checkpoint of this version"));
    let text = two_adds(&exhaustive().executions_max(1)).coverage().checkpoint.as_ref().unwrap().to_string();
    assert!(refused(&text[..text.len() / 2]).contains("no checkpoint of this version"));
    let newer = text.replace("\"raceproof_checkpoint\":1", "\"raceproof_checkpoint\":2");
    assert!(refused(&newer).contains("checkpoints of version 2"));
}

#[test]
fn a_search_that_is_over_leaves_none() {
    assert!(two_adds(&exhaustive()).coverage().checkpoint.is_none());
    assert!(two_adds(&exhaustive().executions_max(2)).coverage().checkpoint.is_none());
}

#[test]
#[ignore = "it is cut short, and another one looks at how"]
fn is_cut_short() {
    two_adds(&exhaustive().executions_max(1)).assert_proved();
}

/// Of one line, of closures of one type.
#[test]
#[ignore = "its second search is cut short, and another one looks at how"]
fn is_cut_short_the_second_time() {
    for (adds, executions_max) in [(2, 2), (3, 5)] {
        let program = move || {
            let count = Arc::new(AtomicU32::new(0));
            let add = |_| {
                let count = Arc::clone(&count);
                thread::spawn(move || count.fetch_add(1, SeqCst))
            };
            let added: Vec<_> = (0..adds).map(add).collect();
            for thread in added {
                assert!(thread.join().unwrap() < adds);
            }
        };
        exhaustive().executions_max(executions_max).explore(program).assert_proved();
    }
}

/// Runs a test of this binary as cargo does for a package in `manifest`. Returns whether it passed, and what
/// it printed.
fn run(test: &str, manifest: &Path, resume: Option<&str>) -> (bool, String) {
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    command.args([test, "--exact", "--ignored", "--nocapture", "--test-threads=1"]);
    command.env("CARGO_MANIFEST_DIR", manifest).env("RUST_BACKTRACE", "0").env_remove("RACEPROOF_RESUME");
    command.envs(resume.map(|file| ("RACEPROOF_RESUME", file)));
    let output = command.output().expect("this binary starts");
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).expect("text"))
}

#[test]
fn a_test_that_is_cut_short_prints_how_it_goes_on_and_does() {
    let manifest = Path::new(env!("CARGO_TARGET_TMPDIR")).join("checkpoint");
    std::fs::create_dir_all(manifest.join("target")).expect("the folder of cargo's tests");
    for test in ["is_cut_short", "is_cut_short_the_second_time"] {
        let (passed, text) = run(test, &manifest, None);
        assert!(!passed, "{text}");
        let command = text.split("goes on with: RACEPROOF_RESUME=").nth(1).expect(&text);
        let (file, rest) = command.split_once(' ').expect(command);
        assert!(rest.starts_with(&format!("cargo test {test}")), "{text}");
        assert!(file.starts_with(manifest.to_str().expect("text")), "{file}");
        let (passed, text) = run(test, &manifest, Some(file));
        assert!(passed, "{text}");
    }
    let (passed, text) = run("is_cut_short", &manifest, Some("/nowhere"));
    assert!(!passed && text.contains("RACEPROOF_RESUME: /nowhere: "), "{text}");
}

fn raceproof(args: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_raceproof"));
    command.args(args.split(' ')).env("CARGO_MANIFEST_DIR", env!("CARGO_TARGET_TMPDIR"));
    command
}

/// The arguments of the command that goes on, and the executions of the one cell.
fn told(output: &Output) -> (String, u64) {
    let text = String::from_utf8_lossy(&output.stderr);
    let command = text.split("goes on with: ").nth(1).expect(&text).trim().to_owned();
    let cells: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let args = command.split_once(" prove ").expect(&command).1;
    (format!("prove --format json {args}"), cells["cells"][0]["executions"].as_u64().expect("a number"))
}

#[test]
fn the_command_goes_on_with_what_it_was_told() {
    let size = "prove --format json --store mutex --engine exhaustive --threads 2 --calls 2";
    let cut = raceproof(&format!("{size} --executions-max 1000")).output().expect("it starts");
    assert_eq!(cut.status.code(), Some(1), "passed is not proved");
    let (command, executions) = told(&cut);
    let mut command = command.replace(" --executions-max 1000", "");
    let whole = raceproof(size).output().expect("it starts");
    let proved = raceproof(&command).output().expect("it starts");
    assert_eq!(proved.status.code(), Some(0), "{proved:?}");
    let cell = |output: &Output| -> serde_json::Value {
        serde_json::from_slice::<serde_json::Value>(&output.stdout).expect("JSON")["cells"][0].clone()
    };
    assert_eq!(cell(&proved)["executions"], cell(&whole)["executions"]);
    assert!(cell(&whole)["executions"].as_u64() > Some(executions));
    command.push_str(".gone");
    let refused = raceproof(&command).output().expect("it starts");
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--resume: "), "{refused:?}");
}

/// As `raceproof`, in a process that Ctrl-C ends, even where whoever runs the tests is deaf to it: `nohup` is.
#[cfg(target_os = "linux")]
fn raceproof_that_hears(args: &str) -> Command {
    let mut command = Command::new("env");
    command.args(["--default-signal=INT", env!("CARGO_BIN_EXE_raceproof")]);
    command.args(args.split(' ')).env("CARGO_MANIFEST_DIR", env!("CARGO_TARGET_TMPDIR"));
    command
}

/// Waits until the process hears Ctrl-C itself.
#[cfg(target_os = "linux")]
fn until_it_listens(process: u32) {
    const INTERRUPT: u64 = 1 << 1;
    let caught = || {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
    };
    while caught() & INTERRUPT == 0 {
        std::thread::yield_now();
    }
}

#[test]
#[cfg(target_os = "linux")]
fn ctrl_c_puts_a_search_down() {
    let size = "prove --format json --store mutex --engine exhaustive --threads 4 --calls 4";
    let mut command = raceproof_that_hears(size);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    until_it_listens(child.id());
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(sent.success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let (command, executions) = told(&output);
    let on = raceproof(&format!("{command} --executions-max 100")).output().expect("it starts");
    assert!(told(&on).1 > executions, "{on:?}");
}
