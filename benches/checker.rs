//! How long the checker takes: recorded histories, and made ones.
//!
//! `cargo bench --bench checker`. The recorded ones are read from `../shared/data/histories`
//! beside the repository, and left out, with a word, where that is not there.
//!
//! `RACEPROOF_PLAIN=FOLDER cargo bench --bench checker` prints a line for each history, the least of several
//! runs in milliseconds, and writes the histories there for another checker: `ci/porcupine`.

use criterion::Criterion;
use raceproof::linearize::format::{Model, Recording, Value};
use raceproof::linearize::{Call, History, Limits, Outcome, check};
use raceproof::spec::Spec;
use raceproof::spec::cas_register::{self, CasRegister};
use raceproof::spec::counter::{Counter, Op, Ret};
use raceproof::spec::keyed::{Keyed, On};
use raceproof::spec::kv::{self, Kv};
use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

fn main() {
    if let Some(folder) = std::env::var_os("RACEPROOF_PLAIN") {
        return plain(Path::new(&folder));
    }
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    recorded(&mut criterion);
    counters(&mut criterion);
    million(&mut criterion);
    criterion.final_summary();
}

fn data() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/histories")
}

/// The files of that folder of the recorded histories; none where they are absent.
fn files(folder: &str) -> Vec<PathBuf> {
    let Ok(files) = fs::read_dir(data().join(folder)) else {
        println!("no recorded histories at {}: their benches are left out", data().display());
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = files.map(|log| log.expect("a folder that can be read").path()).collect();
    files.sort();
    files
}

fn recorded(criterion: &mut Criterion) {
    let logs: Vec<_> = files("etcd").iter().map(read::<CasRegister<Value>>).collect();
    if logs.is_empty() {
        return;
    }
    let nil = CasRegister(Value::Nil);
    criterion.bench_function(&format!("etcd, all {} logs, with cores", logs.len()), |bench| {
        bench.iter(|| {
            logs.iter().map(|log| check(&nil, log, Limits::default())).for_each(|it| drop(black_box(it)));
        });
    });
    criterion.bench_function(&format!("etcd, all {} logs", logs.len()), |bench| {
        let limits = Limits::default().core(false);
        bench.iter(|| logs.iter().map(|log| check(&nil, log, limits)).for_each(|it| drop(black_box(it))));
    });
    for file in files("kv") {
        let (history, name) = (read::<Kv>(&file), name(&file));
        criterion.bench_function(&format!("kv {name}, {} calls", history.calls().len()), |bench| {
            bench.iter(|| black_box(check(&Kv::default(), &history, Limits::default())));
        });
    }
}

fn name(file: &Path) -> String {
    file.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn read<M: Model>(path: &PathBuf) -> History<M> {
    let text = fs::read(path).expect("a file that can be read");
    Recording::read(None, &text[..]).expect("a history that is well formed").history
}

/// One counter, 1,000 calls by 16 clients, of which 2% never return.
fn counters(criterion: &mut Criterion) {
    let history = made(1, 1_000, 16, 1, 50, |_, op| op);
    criterion.bench_function("counter, 1,000 calls, 16 clients, linearizable", |bench| {
        bench.iter(|| {
            let outcome = check(&Counter(0), &history, Limits::default());
            assert!(matches!(outcome, Outcome::Linearizable(_)));
        });
    });
    let wrong = with_a_stale_read(&history);
    criterion.bench_function("counter, 1,000 calls, 16 clients, violating, with its core", |bench| {
        bench.iter(|| {
            let outcome = check(&Counter(0), &wrong, Limits::default());
            assert!(matches!(outcome, Outcome::Violation(_)));
        });
    });
}

fn million(criterion: &mut Criterion) {
    let initial = Keyed::new(Counter(0));
    let history = made(2, 1_000_000, 64, 1_000, 0, On);
    criterion.bench_function("1,000 counters, 1,000,000 calls, 64 clients", |bench| {
        bench.iter_custom(|times| {
            let begun = Instant::now();
            for _ in 0..times {
                assert!(matches!(check(&initial, &history, Limits::default()), Outcome::Linearizable(_)));
            }
            begun.elapsed()
        });
    });
    println!("memory at its highest, history included: {}", memory());
}

fn memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.map_or_else(|| "not known here".to_owned(), |peak| peak.trim().to_owned())
}

/// A client's call, its key and operation, and its answer once it took effect.
type UnderWay = (usize, u64, Op, Option<Ret>);

/// What clients see of counters that are right: two in three calls add one, one in three
/// reads. One call in `lost_in` never returns, whether it took effect or not.
fn made<S>(
    seed: u64,
    calls: usize,
    clients: usize,
    keys: u64,
    lost_in: u64,
    on: impl Fn(u64, Op) -> S::Op,
) -> History<S>
where
    S: Spec<Ret = Ret>,
{
    let mut random = seed;
    let mut below = |n: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % n
    };
    let mut values = vec![0; keys as usize];
    let mut made: Vec<Call<S>> = Vec::with_capacity(calls);
    let mut under_way: Vec<Option<UnderWay>> = vec![None; clients];
    let mut now = 0;
    while made.len() < calls || under_way.iter().any(Option::is_some) {
        now += 1;
        let client = below(clients as u64) as usize;
        match under_way[client].take() {
            None if made.len() < calls => {
                let key = below(keys);
                let op = if below(3) == 0 { Op::Get } else { Op::Add(1) };
                under_way[client] = Some((made.len(), key, op, None));
                let client = client as u64;
                made.push(Call { client, op: on(key, op), ret: None, invoked: now, returned: None });
            }
            Some((call, key, op, None)) => {
                if lost_in > 0 && below(2 * lost_in) == 0 {
                    continue;
                }
                let value = &mut values[key as usize];
                *value += i64::from(op != Op::Get);
                let ret = if op == Op::Get { Ret::Value(*value) } else { Ret::Done };
                under_way[client] = Some((call, key, op, Some(ret)));
            }
            Some((call, _, _, Some(ret))) if lost_in == 0 || below(2 * lost_in) > 0 => {
                made[call].ret = Some(ret);
                made[call].returned = Some(now);
            }
            None | Some(_) => {}
        }
    }
    let mut history = History::new();
    for call in made {
        history.push(call);
    }
    history
}

/// One read late in the history answers forty less than it did.
fn with_a_stale_read(history: &History<Counter>) -> History<Counter> {
    let mut calls = history.calls().to_vec();
    let mut reads = calls[..900].iter_mut().rev();
    let read = reads.find(|call| matches!(call.ret, Some(Ret::Value(_)))).expect("many reads");
    read.ret = read.ret.map(|ret| match ret {
        Ret::Value(value) => Ret::Value(value - 40),
        Ret::Done => Ret::Done,
    });
    let mut wrong = History::new();
    for call in calls {
        wrong.push(call);
    }
    wrong
}

/// Every history by itself, without its core: what another checker is asked too.
fn plain(folder: &Path) {
    let words = |op: &cas_register::Op<Value>| match op {
        cas_register::Op::Read => ["read".to_owned(), String::new(), String::new(), String::new()],
        cas_register::Op::Write(value) => {
            ["write".to_owned(), String::new(), value.to_string(), String::new()]
        }
        cas_register::Op::Cas(one, two) => {
            ["cas".to_owned(), String::new(), one.to_string(), two.to_string()]
        }
    };
    let logs: Vec<_> = files("etcd").iter().map(read::<CasRegister<Value>>).collect();
    if !logs.is_empty() {
        let name = format!("etcd, all {} logs", logs.len());
        let texts = logs.iter().map(|log| text("cas-register", log, words)).collect();
        timed(folder, &name, &CasRegister(Value::Nil), &logs, texts);
    }
    let words = |op: &kv::Op| match op.clone() {
        kv::Op::Get(key) => ["get".to_owned(), key, String::new(), String::new()],
        kv::Op::Put(key, value) => ["put".to_owned(), key, format!("{value:?}"), String::new()],
        kv::Op::Append(key, value) => ["append".to_owned(), key, value, String::new()],
    };
    for file in files("kv") {
        let history = read::<Kv>(&file);
        let text = text("kv", &history, words).replace('"', "");
        timed(folder, &format!("kv {}", name(&file)), &Kv::default(), &[history], vec![text]);
    }
    let words = |op: &Op| match op {
        Op::Add(more) => ["add".to_owned(), String::new(), more.to_string(), String::new()],
        _ => ["get".to_owned(), String::new(), String::new(), String::new()],
    };
    let right = made(1, 1_000, 16, 1, 50, |_, op| op);
    let wrong = with_a_stale_read(&right);
    for (name, history) in [("linearizable", right), ("violating", wrong)] {
        let text = text("counter", &history, words);
        let name = format!("counter, 1,000 calls, 16 clients, {name}");
        timed(folder, &name, &Counter(0), &[history], vec![text]);
    }
}

/// Prints the name, the least time of several runs over all `histories`, and the files with their `texts`.
fn timed<S: Spec>(folder: &Path, name: &str, initial: &S, histories: &[History<S>], texts: Vec<String>) {
    let (begun, mut best) = (Instant::now(), Duration::MAX);
    for run in 0.. {
        if run >= 50 || (run >= 3 && begun.elapsed() > Duration::from_secs(1)) {
            break;
        }
        let start = Instant::now();
        for history in histories {
            black_box(check(initial, history, Limits::default().core(false)));
        }
        best = best.min(start.elapsed());
    }
    let mut files = Vec::new();
    for (number, text) in texts.into_iter().enumerate() {
        let file = folder.join(format!("{}-{number}.tsv", name.replace([' ', ','], "-")));
        fs::write(&file, text).expect("a folder that can be written");
        files.push(file.display().to_string());
    }
    println!("{name}\t{:.3}\t{}", best.as_secs_f64() * 1e3, files.join(" "));
}

/// A history for another checker; `ci/beside/porcupine.go` says how it is written.
fn text<S: Spec>(model: &str, history: &History<S>, words: impl Fn(&S::Op) -> [String; 4]) -> String {
    let mut events: Vec<(u64, bool, usize)> = Vec::new();
    for (id, call) in history.calls().iter().enumerate() {
        events.push((call.invoked, false, id));
        events.extend(call.returned.map(|at| (at, true, id)));
    }
    events.sort_unstable();
    let mut text = format!("{model}\n");
    for (_, is_return, id) in events {
        let call = &history.calls()[id];
        let line = if is_return {
            let answer = call.ret.as_ref().map_or_else(|| "?".to_owned(), S::ret_text);
            format!("r\t{id}\t{answer}")
        } else {
            format!("i\t{id}\t{}\t{}", call.client, words(&call.op).join("\t"))
        };
        writeln!(text, "{line}").expect("a text can be written to");
    }
    text
}
