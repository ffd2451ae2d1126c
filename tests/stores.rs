//! What every store answers, one call at a time, and how the one that is a task begins and ends.

use raceproof::counter::spec::{Op, START, Stored};
use raceproof::counter::{
    CounterStore, FromCounters, StoreError, channel::ChannelStore, lost_update::LostUpdateStore,
    mutex::MutexStore, unsynchronized::UnsynchronizedStore,
};
use raceproof::explore::{Engine, Explorer};
use raceproof::spec::Scenario;
use std::time::Duration;
use tokio::runtime::{Builder, Handle};

/// Far beyond what anything here takes: it turns a hang into a failure.
const HANGS: Duration = Duration::from_mins(2);

async fn answers<S: FromCounters>() {
    let store = S::new([("i", 0), ("max", i64::MAX)].into_iter().collect());
    assert_eq!(store.inc("i").await, Ok(()));
    assert_eq!(store.get("i").await, Ok(1));
    assert_eq!(store.set("i", -1).await, Ok(()));
    assert_eq!(store.get("i").await, Ok(-1));
    assert_eq!(store.get("x").await, Err(StoreError::NotFound));
    assert_eq!(store.inc("x").await, Err(StoreError::NotFound));
    assert_eq!(store.get("x").await, Err(StoreError::NotFound), "inc creates nothing");
    assert_eq!(store.set("x", 7).await, Ok(()));
    assert_eq!(store.get("x").await, Ok(7));
    assert_eq!(store.inc("max").await, Err(StoreError::Overflow));
    assert_eq!(store.get("max").await, Ok(i64::MAX), "it is refused, never wrapped");
}

#[tokio::test]
async fn every_store_answers_alike() {
    answers::<UnsynchronizedStore>().await;
    answers::<LostUpdateStore>().await;
    answers::<MutexStore>().await;
    answers::<ChannelStore>().await;
}

/// In a model, too, an answer is what became of the call, and not that it was received.
#[test]
fn what_is_refused_is_part_of_what_is_proved() {
    fn prove<S: FromCounters>() {
        let x = || "x".to_owned();
        let threads = vec![vec![Op::Inc(x()), Op::Get(x())], vec![Op::Inc(x())]];
        let initial = START.into_iter().collect();
        let explorer = Explorer::new(Engine::Exhaustive);
        explorer.explore_scenarios::<Stored<S>>(&initial, &[Scenario { threads }]).assert_proved();
    }
    prove::<MutexStore>();
    prove::<ChannelStore>();
}

#[test]
fn a_caller_whose_owner_is_gone_gets_an_error() {
    let runtime = || Builder::new_current_thread().enable_time().build().expect("a runtime");
    let owners = runtime();
    let store = owners.block_on(async { ChannelStore::new(START.into_iter().collect()) });
    drop(owners);
    runtime().block_on(async {
        let calls = async { (store.get("i").await, store.set("i", 1).await, store.inc("i").await) };
        let answers = tokio::time::timeout(HANGS, calls).await.expect("nobody hangs");
        assert_eq!(answers, (Err(StoreError::Gone), Err(StoreError::Gone), Err(StoreError::Gone)));
    });
}

#[test]
fn dropping_the_last_handle_ends_the_owner() {
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async {
        let store = ChannelStore::new(START.into_iter().collect());
        assert_eq!(store.inc("i").await, Ok(()));
        assert_eq!(Handle::current().metrics().num_alive_tasks(), 1);
        drop(store);
        let ended = async {
            while Handle::current().metrics().num_alive_tasks() > 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(HANGS, ended).await.expect("the owner ends");
    });
}
