//! Which paths raceproof has: of std, tokio, loom, shuttle, `parking_lot` and `crossbeam_channel`, by the facade's own
//! exports.

/// What raceproof has of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Has {
    /// It, under the same name.
    Same,
    /// It, as std has it: no reason to change a path by itself.
    Stds,
    /// Not it.
    Nothing,
}

const SYNC: &str = "Arc Weak Mutex MutexGuard RwLock RwLockReadGuard RwLockWriteGuard Condvar WaitTimeoutResult Once \
                    OnceState OnceLock LazyLock Barrier BarrierWaitResult PoisonError TryLockError LockResult \
                    TryLockResult atomic mpsc";

const THREAD: &str = "spawn Builder JoinHandle Scope ScopedJoinHandle scope sleep sleep_ms park park_timeout \
                      park_timeout_ms yield_now current Thread ThreadId LocalKey AccessError Result panicking \
                      available_parallelism";

const TIME: &str = "Instant SystemTime UNIX_EPOCH SystemTimeError TryFromFloatSecsError";

const TOKIO_SYNC: &str = "broadcast mpsc oneshot watch futures AcquireError TryAcquireError TryLockError Barrier \
                          BarrierWaitResult MappedMutexGuard Mutex MutexGuard OwnedMappedMutexGuard OwnedMutexGuard \
                          Notify OnceCell SetError OwnedRwLockMappedWriteGuard OwnedRwLockReadGuard \
                          OwnedRwLockWriteGuard RwLock RwLockMappedWriteGuard RwLockReadGuard RwLockWriteGuard \
                          OwnedSemaphorePermit Semaphore SemaphorePermit SetOnce SetOnceError";

const PARKING_LOT: &str = "OnceState lock_api Condvar WaitTimeoutResult FairMutex FairMutexGuard MappedFairMutexGuard \
                           MappedMutexGuard Mutex MutexGuard const_fair_mutex const_mutex Once RawFairMutex RawMutex \
                           RawRwLock MappedReentrantMutexGuard RawThreadId ReentrantMutex ReentrantMutexGuard \
                           const_reentrant_mutex MappedRwLockReadGuard MappedRwLockWriteGuard RwLock RwLockReadGuard \
                           RwLockUpgradableReadGuard RwLockWriteGuard const_rwlock";

/// What of raceproof's stands in place of a crate.
pub fn place(root: &str) -> Option<&'static str> {
    match root {
        "std" | "core" | "loom" | "shuttle" => Some("raceproof"),
        "tokio" => Some("raceproof::tokio"),
        "parking_lot" => Some("raceproof::parking_lot"),
        "crossbeam_channel" => Some("raceproof::crossbeam_channel"),
        _ => None,
    }
}

/// Whether whoever moves in wants nothing of a crate to be left.
pub fn is_model_of_others(root: &str) -> bool {
    matches!(root, "loom" | "shuttle")
}

/// What raceproof has of a path, which may go on behind what is known.
pub fn has(path: &[&str]) -> Has {
    let [root, path @ ..] = path else { return Has::Nothing };
    let yes = |yes: bool| if yes { Has::Same } else { Has::Nothing };
    let named = |names: &str, rest: &[&str]| yes(rest.first().is_none_or(|name| is_in(name, names)));
    match (*root, path) {
        ("std" | "core", ["time", "Duration", ..]) => Has::Stds,
        ("std" | "core", ["time", rest @ ..]) => named(TIME, rest),
        ("std" | "core" | "loom" | "shuttle", path) => match path {
            ["sync", rest @ ..] => named(SYNC, rest),
            ["thread", rest @ ..] => named(THREAD, rest),
            ["cell", "UnsafeCell", ..] | ["hint" | "thread_local"] | ["hint", "spin_loop" | "self" | "*"] => {
                Has::Same
            }
            ["hint", _] => Has::Stds,
            _ => Has::Nothing,
        },
        // What its attributes expand to names tokio itself.
        ("tokio", ["main" | "test", ..]) => Has::Nothing,
        ("tokio", ["sync", rest @ ..]) => named(TOKIO_SYNC, rest),
        ("tokio" | "crossbeam_channel", _) => Has::Same,
        ("parking_lot", rest) => named(PARKING_LOT, rest),
        _ => Has::Nothing,
    }
}

fn is_in(name: &str, names: &str) -> bool {
    matches!(name, "*" | "self") || names.split_whitespace().any(|known| known == name)
}
