//! Shuttle's samplers refute the racy stores and find nothing in the sound ones.

use raceproof::counter::spec::{Op, START, Stored};
use raceproof::counter::{
    FromCounters, channel::ChannelStore, lost_update::LostUpdateStore, mutex::MutexStore,
    unsynchronized::UnsynchronizedStore,
};
use raceproof::explore::{Engine, Explorer};
use raceproof::spec::Scenario;
use raceproof::verdict::{Finding, Verdict};

/// Seeds are fixed, so that each run draws the same executions.
const ENGINES: [Engine; 3] =
    [Engine::Random { seed: 1 }, Engine::Pct { seed: 1, depth: 3 }, Engine::Urw { seed: 1 }];

fn incs<S: FromCounters>(engine: Engine, clients: usize, calls: usize) -> Verdict {
    let threads = vec![vec![Op::Inc("i".to_owned()); calls]; clients];
    let explorer = Explorer::new(engine).executions_max(2_000);
    explorer.explore_scenarios::<Stored<S>>(&START.into_iter().collect(), &[Scenario { threads }])
}

#[test]
fn finds_nothing_in_the_sound_stores() {
    for engine in ENGINES {
        for verdict in [incs::<MutexStore>(engine, 3, 2), incs::<ChannelStore>(engine, 3, 2)] {
            assert_eq!(verdict.word(), "passed", "{verdict}");
            assert_eq!(verdict.coverage().executions, 2_000);
        }
    }
}

#[test]
fn refutes_the_lost_update() {
    for engine in ENGINES {
        let verdict = incs::<LostUpdateStore>(engine, 2, 1);
        assert_eq!(verdict.assert_refuted().finding, Finding::NotLinearizable);
    }
}

#[test]
fn refutes_the_unsynchronized_store() {
    for engine in ENGINES {
        let verdict = incs::<UnsynchronizedStore>(engine, 2, 1);
        assert_eq!(verdict.assert_refuted().finding, Finding::DataRace);
    }
}

#[test]
fn the_same_seed_shows_the_same_counterexample() {
    for engine in ENGINES {
        let text = || incs::<LostUpdateStore>(engine, 2, 1).to_string();
        assert_eq!(text(), text());
    }
}

#[test]
fn a_program_without_concurrency_is_run_once() {
    for engine in ENGINES {
        let verdict = Explorer::new(engine).explore(|| drop(raceproof::sync::Mutex::new(0).lock()));
        assert_eq!((verdict.word(), verdict.coverage().executions), ("undecided", 1));
    }
}
