//! scratch
use raceproof::counter::{CounterStore, channel::ChannelStore, mutex::MutexStore};
use raceproof::explore::*;
use raceproof::sync::Arc;
use std::time::Instant;

fn run<S: CounterStore>(name: &str, threads: usize, calls: usize, check: bool, rep: bool) {
        let t = Instant::now();
        let v = Explorer::new(Engine::Loom).explore_async(async move || {
            let store = Arc::new(S::new([("i", 0)].into_iter().collect()));
            let mut hs = vec![];
            for _ in 0..threads {
                let store = store.clone();
                hs.push(raceproof::tokio::spawn(async move { for _ in 0..calls { store.inc("i").await.unwrap(); } if rep {drop(store)} }));
            }
            for h in hs { h.await.unwrap(); }
            if check { assert_eq!(store.get("i").await, Ok((threads * calls) as i64)); }
        });
        println!("{name} {threads}x{calls} {check} {rep}: {} executions {} in {:?}", v.word(), v.coverage().executions, t.elapsed());
}
#[test]
fn scratch() {
    for (t, c) in [(2, 1), (2,2), (3, 1), (3, 2)] {
    run::<MutexStore>("mutex", t, c, true, false);
    run::<MutexStore>("mutex", t, c, false, false);
    run::<ChannelStore>("channel", t, c, true, false);
    run::<ChannelStore>("channel", t, c, false, false);
    run::<ChannelStore>("channel", t, c, false, true);
    }
}
