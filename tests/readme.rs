//! What the README shows is what is printed: its Rust is compiled as doctests, its commands are run here.

use raceproof::counter::counters::Counters;
use raceproof::counter::spec::{Op, START};
use raceproof::spec::{Bounds, Scenario};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

const README: &str = include_str!("../README.md");

/// A command of the README and the lines that it prints there.
#[derive(Debug)]
struct Shown {
    command: &'static str,
    lines: Vec<&'static str>,
}

impl Shown {
    fn text(&self) -> String {
        self.lines.join("\n")
    }
}

/// The fenced blocks: their language and their lines.
fn blocks() -> Vec<(&'static str, Vec<&'static str>)> {
    let parts: Vec<&str> = README.split("\n```").collect();
    assert!(parts.len() % 2 == 1, "a block that does not end");
    let block = |part: &'static str| {
        let mut lines = part.lines();
        (lines.next().unwrap_or_default(), lines.collect())
    };
    parts.into_iter().skip(1).step_by(2).map(block).collect()
}

fn commands() -> Vec<Shown> {
    let mut all: Vec<Shown> = Vec::new();
    for (language, lines) in blocks() {
        if language != "console" {
            assert!(language.starts_with("rust"), "nothing runs a block of {language:?}");
            continue;
        }
        for line in lines {
            match (line.strip_prefix("$ "), all.last_mut()) {
                (Some(command), _) => all.push(Shown { command, lines: Vec::new() }),
                (None, Some(shown)) => shown.lines.push(line),
                (None, None) => panic!("output before a command: {line}"),
            }
        }
    }
    for shown in &mut all {
        while shown.lines.last() == Some(&"") {
            shown.lines.pop();
        }
    }
    all
}

fn of(begins: &str) -> Vec<Shown> {
    let found: Vec<Shown> =
        commands().into_iter().filter(|shown| shown.command.starts_with(begins)).collect();
    assert!(!found.is_empty(), "the README shows no {begins}");
    found
}

#[test]
fn every_command_has_a_test() {
    let known =
        ["cargo run --release -F cli", "cargo test", "raceproof ", "curl ", "ab ", "RACEPROOF_PROGRAMS="];
    for shown in commands() {
        assert!(known.iter().any(|known| shown.command.starts_with(known)), "nothing runs {}", shown.command);
    }
}

fn raceproof() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_raceproof"));
    command.env("LC_ALL", "C.UTF-8").current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

fn printed(args: &str) -> String {
    let output = raceproof().args(args.split_whitespace()).output().expect("the binary that was built");
    String::from_utf8(output.stdout).expect("UTF-8").trim_end().to_owned()
}

/// A line that says how long it took, without it.
fn without_the_time(text: &str) -> String {
    let line = |line: &str| match line.split_once("; ") {
        Some((before, time)) if time.contains(" s on ") && time.ends_with("cores") => before.to_owned(),
        _ => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[path = "../examples/transfer.rs"]
#[allow(dead_code, reason = "its main is not run here")]
mod transfer;

#[test]
fn the_deadlock_is_the_one_that_is_shown() {
    let shown = &of("cargo run --release -F cli --example transfer")[0];
    // On a thread without a name, as in a program: a test's counterexample names the test.
    let verdict = std::thread::spawn(transfer::verdict).join().expect("a verdict");
    assert_eq!(verdict.to_string(), shown.text());
}

#[test]
fn a_proof_prints_what_is_shown() {
    for shown in of("raceproof prove") {
        let args = shown.command.strip_prefix("raceproof ").expect("it was looked for");
        assert_eq!(without_the_time(&printed(args)), without_the_time(&shown.text()), "{}", shown.command);
    }
}

/// The cells of a matrix: `store`, then a sign and a number for each engine.
fn rows(text: &str) -> Vec<Vec<String>> {
    let row = |line: &str| line.split_whitespace().map(str::to_owned).collect();
    text.lines().take_while(|line| !line.is_empty()).map(row).collect()
}

/// Everything but the proofs of `exhaustive` is run again; for these the orders of the calls are counted,
/// of which there is one execution each.
#[test]
fn the_matrix_is_the_one_that_is_printed() {
    let shown = &of("cargo run --release -F cli")[0];
    let matrix = rows(&shown.text());
    let engines = "exhaustive loom random pct urw stress http";
    assert_eq!(matrix[0].join(" "), format!("store {engines}"));
    let sampled = rows(&printed("prove --engine loom,random,pct,urw"));
    let programs = programs();
    let orders = programs.iter().map(orders).sum::<u64>();
    for (i, store) in ["unsynchronized", "lost_update", "mutex", "channel"].iter().enumerate() {
        let row = &matrix[i + 1];
        assert_eq!(row[0], *store);
        assert_eq!(row[3..11], sampled[i + 1][1..], "{store}");
        if i < 2 {
            assert_eq!(
                row[1..3],
                rows(&printed(&format!("prove --store {store} --engine exhaustive")))[1][1..]
            );
        } else {
            assert_eq!((&*row[1], row[2].replace(',', "")), ("✓", orders.to_string()), "{store}");
            assert_eq!((&*row[11], &*row[13]), ("·", "·"), "{store} in the real world");
        }
    }
    assert!(shown.text().replace(',', "").contains(&format!("exhaustive: {} programs", programs.len())));
    assert!(shown.text().contains("\n2 of 4 stores are proved free of races within these bounds\n"));
}

/// Every program of 2 to 3 clients with 1 to 2 calls each.
fn programs() -> Vec<Scenario<Op>> {
    let ops = START.iter().flat_map(|(name, _)| {
        let name = || (*name).to_owned();
        [Op::Get(name()), Op::Set(name(), 7), Op::Inc(name())]
    });
    let initial: Counters = START.into_iter().collect();
    Bounds::new(initial, ops).threads(3).calls_per_thread(2).scenarios()
}

/// The interleavings of the calls: (a + b + c)! / (a! b! c!).
fn orders(program: &Scenario<Op>) -> u64 {
    let factorial = |n: usize| (1..=n as u64).product::<u64>();
    program.threads.iter().fold(factorial(program.calls()), |orders, calls| orders / factorial(calls.len()))
}

/// A server in a child process, which ends with it.
struct Serving(Child, String);

impl Serving {
    fn new() -> Self {
        let mut command = raceproof();
        command.args(["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the binary that was built");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("it is piped")).read_line(&mut line).expect("a line");
        let address = line.trim().strip_prefix("listening on http://").expect("the address").to_owned();
        Self(child, address)
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.1).expect("it listens");
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer.split_once("\r\n\r\n").expect("a head").1.trim_end().to_owned()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_conversation_is_the_one_that_is_shown() {
    let serving = Serving::new();
    for shown in of("curl ") {
        let path = shown.command.split(":8000").nth(1).expect("a path").trim_end_matches('"');
        if path.starts_with("/get?name=i") {
            continue; // behind the loads, which are not repeated here
        }
        assert_eq!(serving.get(path), shown.text(), "{}", shown.command);
    }
}

/// Loads take a tool that is not everywhere, and racy ones take luck: their shape is looked at.
#[test]
fn the_loads_are_whole_and_the_racy_one_died() {
    let loads = of("ab -n 20000 -c 200 \"127.0.0.1:8000/inc?name=i\"");
    assert_eq!(loads.len(), 3);
    for sound in &loads[..2] {
        assert!(sound.text().contains("Complete requests:      20000\nFailed requests:        0\n"));
    }
    let counts = commands().into_iter().filter(|shown| shown.command.contains("/get?name=i"));
    assert_eq!(counts.map(|shown| shown.text()).collect::<Vec<_>>(), ["i: 20000", "i: 20000"]);
    assert!(loads[2].text().contains("Connection reset by peer"));
    let died = of("raceproof serve --store unsynchronized");
    assert!(died[0].text().contains("\nfatal error: concurrent map "), "{died:?}");
}
