//! How long the checker takes: recorded histories, and made ones.
//!
//! `cargo bench --bench checker`. The recorded ones are read from `../shared/data/histories`
//! beside the repository, and left out, with a word, where that is not there.

use criterion::Criterion;
use raceproof::linearize::format::{Model, Recording, Value};
use raceproof::linearize::{Call, History, Limits, Outcome, check};
use raceproof::spec::cas_register::CasRegister;
use raceproof::spec::counter::{Counter, Op, Ret};
use raceproof::spec::keyed::{Keyed, On};
use raceproof::spec::kv::Kv;
use std::fs;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

fn main() {
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

fn recorded(criterion: &mut Criterion) {
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/histories");
    let Ok(logs) = fs::read_dir(data.join("etcd")) else {
        println!("no recorded histories at {}: their benches are left out", data.display());
        return;
    };
    let mut logs: Vec<PathBuf> = logs.map(|log| log.expect("a directory that can be read").path()).collect();
    logs.sort();
    let logs: Vec<_> = logs.iter().map(read::<CasRegister<Value>>).collect();
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
    for name in ["c10-ok", "c10-bad"] {
        let history = read::<Kv>(&data.join("kv").join(name).with_extension("txt"));
        criterion.bench_function(&format!("kv {name}, {} calls", history.calls().len()), |bench| {
            bench.iter(|| black_box(check(&Kv::default(), &history, Limits::default())));
        });
    }
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
    S: raceproof::spec::Spec<Ret = Ret>,
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
