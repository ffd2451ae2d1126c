//! loom proves the sound stores and refutes the racy ones.

use raceproof::counter::spec::{Op, START, Stored};
use raceproof::counter::{
    FromCounters, channel::ChannelStore, lost_update::LostUpdateStore, mutex::MutexStore,
    unsynchronized::UnsynchronizedStore,
};
use raceproof::explore::{Engine, Explorer};
use raceproof::spec::Scenario;
use raceproof::verdict::{Finding, Verdict};

fn explore<S: FromCounters>(explorer: &Explorer, threads: &[&[Op]]) -> Verdict {
    let threads = threads.iter().map(|ops| ops.to_vec()).collect();
    explorer.explore_scenarios::<Stored<S>>(&START.into_iter().collect(), &[Scenario { threads }])
}

fn inc() -> Op {
    Op::Inc("i".to_owned())
}

fn prove<S: FromCounters>() {
    let get = Op::Get("i".to_owned());
    let set = Op::Set("i".to_owned(), 7);
    check::<S>(&[&[inc(), inc()], &[inc(), inc()]], 6);
    check::<S>(&[&[inc(), inc()], &[get.clone(), get]], 6);
    check::<S>(&[&[set.clone(), set], &[inc(), inc()]], 6);
    check::<S>(&[&[inc()], &[inc()], &[inc()]], 6);
}

/// A proof, of as many executions as the calls have orders or more: fewer cannot be all.
#[track_caller]
fn check<S: FromCounters>(threads: &[&[Op]], orders: u64) {
    let verdict = explore::<S>(&Explorer::new(Engine::Loom), threads);
    verdict.assert_proved();
    assert!(verdict.coverage().executions >= orders, "{verdict}");
}

#[test]
fn proves_the_mutex_store() {
    prove::<MutexStore>();
}

#[test]
fn proves_the_channel_store() {
    prove::<ChannelStore>();
}

#[test]
fn refutes_the_lost_update() {
    let verdict = explore::<LostUpdateStore>(&Explorer::new(Engine::Loom), &[&[inc()], &[inc()]]);
    assert_eq!(verdict.assert_refuted().finding, Finding::NotLinearizable);
}

#[test]
fn refutes_the_unsynchronized_store_with_both_lines() {
    let verdict = explore::<UnsynchronizedStore>(&Explorer::new(Engine::Loom), &[&[inc()], &[inc()]]);
    let shown = verdict.assert_refuted();
    assert_eq!(shown.finding, Finding::DataRace);
    assert!(shown.why.iter().filter(|line| line.contains("unsynchronized.rs:")).count() >= 2);
}

#[test]
fn more_threads_than_loom_runs_are_undecided() {
    let inc = [inc()];
    let four: [&[Op]; 4] = [&inc; 4];
    explore::<MutexStore>(&Explorer::new(Engine::Loom), &four).assert_proved();
    // The owner is the sixth, with the main one.
    let verdict = explore::<ChannelStore>(&Explorer::new(Engine::Loom), &four);
    assert_eq!(verdict.word(), "undecided", "{verdict}");
    assert!(verdict.to_string().contains("at most 5 threads"), "{verdict}");
}

#[test]
fn a_search_that_is_cut_short_is_no_proof() {
    let cut = Explorer::new(Engine::Loom).executions_max(5);
    let verdict = explore::<MutexStore>(&cut, &[&[inc(), inc()], &[inc(), inc()], &[inc()]]);
    assert_eq!(verdict.word(), "passed");
    assert_eq!(verdict.coverage().executions, 5);
}
