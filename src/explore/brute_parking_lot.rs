//! `Parking_lot`'s locks in the exhaustive search against brute force: random small programs.

use super::brute::polls::{Known, Outcomes, compare_many, compare_programs};
use super::brute::program::Chance;
use super::driver::Program;
use crate::parking_lot::{
    Condvar, Mutex, MutexGuard, Once, ReentrantMutex, RwLock, RwLockUpgradableReadGuard as Upgradable,
    RwLockWriteGuard,
};
use crate::sync::Arc;
use crate::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use crate::thread;
use std::time::Duration;

/// What a thread does.
#[derive(Clone, Copy, Debug)]
enum Act {
    Read,
    /// Reads while it reads already, and overtakes writers.
    ReadAgain,
    Write,
    TryRead,
    TryReadRecursive,
    TryWrite,
    Upgradable,
    TryUpgradable,
    Upgrade,
    TryUpgrade,
    /// Writes, and then reads without letting anybody in.
    Downgrade,
    ToUpgradable,
    /// Is a reader like others, having been the one that may go on to write.
    OfUpgradable,
    Asks,
    ReadFor,
    WriteFor,
    UpgradeFor,
    Lock,
    LockFor,
    Bump,
    IsLocked,
    LockTwice,
    Wait,
    WaitFor,
    One,
    All,
    Once,
    State,
    Count,
}

#[derive(Default)]
struct Shared {
    lock: Mutex<usize>,
    reentrant: ReentrantMutex<()>,
    rwlock: RwLock<usize>,
    condvar: Condvar,
    once: Once,
    count: AtomicUsize,
}

fn perform(act: Act, shared: &Shared) -> String {
    let Shared { lock, reentrant, rwlock, condvar, once, count } = shared;
    let counted = || count.fetch_add(1, SeqCst);
    let tried = |value: Option<usize>| value.map_or("held".to_owned(), |value| value.to_string());
    match act {
        Act::Read => rwlock.read().to_string(),
        Act::ReadAgain => {
            let first = rwlock.read();
            format!("{first} {} {}", rwlock.read_recursive(), counted())
        }
        Act::Write => added(rwlock.write(), 1),
        Act::TryRead => tried(rwlock.try_read().map(|value| *value)),
        Act::TryReadRecursive => tried(rwlock.try_read_recursive().map(|value| *value)),
        Act::TryWrite => rwlock.try_write().map_or("held".to_owned(), |value| added(value, 10)),
        Act::Upgradable => format!("{} {}", rwlock.upgradable_read(), counted()),
        Act::TryUpgradable => tried(rwlock.try_upgradable_read().map(|value| *value)),
        Act::Upgrade => {
            let read = rwlock.upgradable_read();
            let seen = *read;
            format!("{seen} {}", added(Upgradable::upgrade(read), 1))
        }
        Act::TryUpgrade => match Upgradable::try_upgrade(rwlock.upgradable_read()) {
            Ok(write) => added(write, 10),
            Err(read) => format!("read {read}"),
        },
        Act::Downgrade => {
            let mut write = rwlock.write();
            *write += 1;
            format!("{} {}", RwLockWriteGuard::downgrade(write), counted())
        }
        Act::ToUpgradable => {
            let read = RwLockWriteGuard::downgrade_to_upgradable(rwlock.write());
            format!("{read} {}", counted())
        }
        Act::OfUpgradable => Upgradable::downgrade(rwlock.upgradable_read()).to_string(),
        Act::Asks => format!("{} {}", rwlock.is_locked(), rwlock.is_locked_exclusive()),
        Act::ReadFor => tried(rwlock.try_read_for(Duration::ZERO).map(|value| *value)),
        Act::WriteFor => {
            rwlock.try_write_for(Duration::ZERO).map_or("late".to_owned(), |value| added(value, 100))
        }
        Act::UpgradeFor => match Upgradable::try_upgrade_for(rwlock.upgradable_read(), Duration::ZERO) {
            Ok(write) => added(write, 100),
            Err(read) => format!("late {read}"),
        },
        _ => meet(act, shared, lock, reentrant, condvar, once),
    }
}

fn meet(
    act: Act,
    shared: &Shared,
    lock: &Mutex<usize>,
    reentrant: &ReentrantMutex<()>,
    condvar: &Condvar,
    once: &Once,
) -> String {
    let counted = || shared.count.fetch_add(1, SeqCst).to_string();
    match act {
        Act::Lock => added(lock.lock(), 1),
        Act::LockFor => lock.try_lock_for(Duration::ZERO).map_or("late".to_owned(), |value| added(value, 10)),
        Act::Bump => {
            let mut value = lock.lock();
            *value += 1;
            MutexGuard::bump(&mut value);
            value.to_string()
        }
        Act::IsLocked => lock.is_locked().to_string(),
        Act::LockTwice => {
            let _twice = (reentrant.lock(), reentrant.try_lock());
            counted()
        }
        Act::Wait => {
            let mut value = lock.lock();
            condvar.wait(&mut value);
            value.to_string()
        }
        Act::WaitFor => {
            let mut value = lock.lock();
            format!("{} {}", condvar.wait_for(&mut value, Duration::ZERO).timed_out(), value)
        }
        Act::One => condvar.notify_one().to_string(),
        Act::All => condvar.notify_all().to_string(),
        Act::Once => {
            let mut said = String::new();
            once.call_once(|| said = counted());
            said
        }
        Act::State => format!("{:?}", once.state()),
        _ => counted(),
    }
}

fn added(mut value: impl std::ops::DerefMut<Target = usize>, more: usize) -> String {
    *value += more;
    value.to_string()
}

fn runnable(threads: &[Vec<Act>]) -> (Program, Outcomes) {
    let outcomes = Outcomes::default();
    let (noted, threads) = (outcomes.clone(), threads.to_vec());
    let program = move || {
        let shared = Arc::<Shared>::default();
        let spawned = threads.iter().map(|acts| {
            let (acts, shared) = (acts.clone(), shared.clone());
            thread::spawn(move || acts.iter().map(|act| perform(*act, &shared)).collect::<Vec<_>>().join(","))
        });
        let spawned: Vec<_> = spawned.collect();
        let said = spawned.into_iter().map(|thread| thread.join().unwrap());
        let mut said: Vec<String> = said.collect();
        said.push(shared.count.load(SeqCst).to_string());
        noted.lock().unwrap().insert(said.join(" | "));
    };
    (std::sync::Arc::new(program), outcomes)
}

/// Draws something to do.
type Draw = fn(&mut Chance) -> Act;

impl Chance {
    fn of_readers(&mut self) -> Act {
        const ACTS: [Act; 19] = [
            Act::Read,
            Act::ReadAgain,
            Act::Write,
            Act::Write,
            Act::TryRead,
            Act::TryReadRecursive,
            Act::TryWrite,
            Act::Upgradable,
            Act::TryUpgradable,
            Act::Upgrade,
            Act::Upgrade,
            Act::TryUpgrade,
            Act::Downgrade,
            Act::ToUpgradable,
            Act::OfUpgradable,
            Act::Asks,
            Act::ReadFor,
            Act::WriteFor,
            Act::UpgradeFor,
        ];
        ACTS[self.below(ACTS.len())]
    }

    fn of_mutexes(&mut self) -> Act {
        const ACTS: [Act; 13] = [
            Act::Lock,
            Act::LockFor,
            Act::Bump,
            Act::IsLocked,
            Act::LockTwice,
            Act::Wait,
            Act::Wait,
            Act::WaitFor,
            Act::One,
            Act::All,
            Act::Once,
            Act::State,
            Act::Count,
        ];
        ACTS[self.below(ACTS.len())]
    }
}

fn compare_family(name: &str, family: usize, draw: Draw, plain: u64) {
    let mut chance = Chance::new(family);
    compare_many(name, plain, || {
        let count = 2 + chance.below(2);
        let most = if count == 2 { 3 } else { 2 };
        let mut threads: Vec<Vec<Act>> =
            (0..count).map(|_| (0..=chance.below(most)).map(|_| draw(&mut chance)).collect()).collect();
        for acts in &mut threads {
            // A second timeout of a thread is bounded: it comes when nothing else can go on.
            let mut timeouts = 0;
            acts.retain(|act| {
                let timed = matches!(
                    act,
                    Act::ReadFor | Act::WriteFor | Act::UpgradeFor | Act::LockFor | Act::WaitFor
                );
                timeouts += usize::from(timed);
                timeouts < 2 || !timed
            });
        }
        compare_programs(|| runnable(&threads), Known::GUESSES, &format!("{threads:?}"), 1_500)
    });
}

#[test]
fn locks_for_readers_of_parking_lot_have_the_outcomes_that_every_interleaving_has() {
    compare_family("parking_lot's rwlock", 20, Chance::of_readers, 30);
}

#[test]
fn mutexes_and_condvars_of_parking_lot_have_the_outcomes_that_every_interleaving_has() {
    compare_family("parking_lot's mutex, condvar and once", 21, Chance::of_mutexes, 50);
}
