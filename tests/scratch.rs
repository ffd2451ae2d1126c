use raceproof::counter::{
    CounterStore, channel::ChannelStore, counters::Counters, lost_update::LostUpdateStore, mutex::MutexStore,
    unsynchronized::UnsynchronizedStore,
};
use raceproof::explore::*;
use raceproof::sync::Arc;
use std::time::Instant;

fn engines() -> Vec<Engine> {
    let mut v = vec![Engine::Random { seed: 1 }, Engine::Pct { seed: 1, depth: 3 }, Engine::Urw { seed: 1 }];
    if std::env::var("LOOM").is_ok() {
        v.push(Engine::Loom);
    }
    v
}

fn run<S: CounterStore>(name: &str, new: fn(Counters) -> S, threads: usize, calls: usize) {
    for engine in engines() {
        let t = Instant::now();
        let v = Explorer::new(engine).explore_async(async move || {
            let store = Arc::new(new([("i", 0)].into_iter().collect()));
            let mut hs = vec![];
            for _ in 0..threads {
                let store = store.clone();
                hs.push(raceproof::tokio::spawn(async move {
                    for _ in 0..calls {
                        store.inc("i").await.unwrap();
                    }
                }));
            }
            for h in hs {
                h.await.unwrap();
            }
            assert_eq!(store.get("i").await, Ok((threads * calls) as i64));
        });
        println!(
            "{name} {threads}x{calls} {engine:?}: {} executions {} in {:?}",
            v.word(),
            v.coverage().executions,
            t.elapsed()
        );
        if let Some(c) = v.counterexample() {
            for r in &c.rows {
                println!("  {} {} {:?} {}", r.thread, r.text, r.at, r.decisive);
            }
            println!("{:?} {:?}", c.why, c.schedule);
        }
        if v.word() == "undecided" {
            println!("{v}");
        }
    }
}
#[test]
fn scratch() {
    run("mutex", MutexStore::new, 2, 1);
    run("channel", ChannelStore::new, 2, 1);
    run("lost", LostUpdateStore::new, 2, 1);
    run("unsync", UnsynchronizedStore::new, 2, 1);
}
