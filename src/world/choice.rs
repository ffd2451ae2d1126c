//! Choices that are no schedules: branches of the search beside those of who goes next.

use super::object::State;
use super::operation::{At, Kind, Outcome};
use super::{Stepped, World, current, execution};

/// The branch that `select!` begins with.
pub const BRANCH: &str = "branch";

/// Whether `select!` finds nothing ready.
pub const DEFAULT: &str = "default";

/// Whether `select!` stands at a channel without room until somebody comes.
pub const STAND: &str = "stand";

/// Whether a call is dropped at an await.
pub const DROP: &str = "drop";

/// Which calls may be dropped.
pub const MARK: &str = "mark";

/// Whether a wait goes on without a reason.
pub const SPURIOUS_WAKEUP: &str = "spurious wakeup";

/// Whether the time of a wait is up.
pub const TIMEOUT: &str = "timeout";

/// Whether a `compare_exchange_weak` fails without a reason.
pub const WEAK_FAILURE: &str = "weak failure";

/// Takes one of `n` ways on: a branch of the search that is no schedule. The first in the real world.
pub fn choose(n: u32, at: At) -> u32 {
    choose_as(n, at, BRANCH)
}

/// As [`choose`], by a name.
pub fn choose_as(n: u32, at: At, noun: &'static str) -> u32 {
    if current() != World::Model || n < 2 {
        return 0;
    }
    let place = execution::with(|e| e.create(noun, at, State::Nothing));
    match super::step_in_model::<()>(place, Kind::Choose(n), at) {
        Stepped::Model(Outcome::Chose(way)) => way,
        _ => 0,
    }
}

/// Takes one of `n` ways on that could be taken for ever, such as waking without a reason: once a thread
/// and line. None if this line was asked before, or while a panic unwinds.
pub fn once(n: u32, at: At, noun: &'static str) -> Option<u32> {
    let asks = current() == World::Model && !std::thread::panicking();
    (asks && execution::with(|e| e.is_first_asked(at))).then(|| choose_as(n, at, noun))
}

/// Whether a `compare_exchange_weak` of this line fails without a reason: at most once a thread and line.
pub fn fails_spuriously(at: At) -> bool {
    once(2, at, WEAK_FAILURE) == Some(1)
}
