//! What the model leaves out of an operation: a proof lists it for each operation that was seen.

use super::finding::line;
use crate::verdict::Limit;
use crate::world::choice;
use crate::world::execution::Execution;
use crate::world::object::belt::Belt;
use crate::world::object::condvar::Cv;
use crate::world::object::posts::Post;
use crate::world::object::rwlock::Rw;
use crate::world::object::semaphore::Sem;
use crate::world::object::timer::Tick;
use crate::world::operation::{At, Kind};
use crate::world::{self, World};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// What an engine leaves out, with the lines that asked for it.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Limits {
    lines: BTreeMap<Cow<'static, str>, BTreeSet<String>>,
    /// A line that was seen before costs no text.
    #[serde(skip)]
    seen: Vec<(At, &'static str)>,
}

/// What the exhaustive engine leaves out of an operation on an object of this noun.
fn of_model(kind: Kind, noun: &str) -> Option<&'static str> {
    match (kind, noun) {
        // Orderings weaker than SeqCst count for happens-before alone; every load reads the last store.
        _ if kind.is_weak() => {
            Some("values that orderings weaker than SeqCst let a load read; loom decides those")
        }
        (Kind::Choose(_), choice::WEAK_FAILURE) => {
            Some("failures without a reason but the first of a thread and line")
        }
        (Kind::Choose(_), choice::SPURIOUS_WAKEUP) => {
            Some("wakeups without a reason but the first of a thread and line")
        }
        (Kind::Choose(_), choice::TIMEOUT) | (Kind::Timer(Tick::Fire(..)) | Kind::Belt(Belt::Fire(_)), _) => {
            Some(TIMEOUTS)
        }
        (Kind::Rmw(_) | Kind::Load(_), FOREIGN) => Some(TRUSTED),
        (Kind::TryRecv, "JoinSet") => {
            Some("a task that is_finished says has ended and that try_join_next does not know of yet")
        }
        (Kind::Post(Post::Borrow), _) => {
            Some("a borrow of a watch that waits behind a sender which waits for another borrow")
        }
        (Kind::Rw(Rw::TryRead | Rw::TryUpgradable), _) => {
            Some("readers that overtake a waiting writer behind which a try_read has failed")
        }
        _ => None,
    }
}

/// What is left out of timeouts.
const TIMEOUTS: &str = "how long a timeout is: it is up once a thread and line whenever it may be, and later when \
                        nothing else can go on";

/// What is left out where a clock is read (`world::time`).
const CLOCKS: &str =
    "time that passes while threads work: a clock reads what sleeps and timeouts before it make up";

/// What is left out where a future answers `Pending` without a step (`world::task`).
const HAND_WRITTEN_POLLS: &str = "polls written by hand that do otherwise once they have been pending";

/// The noun of a type that is not raceproof's.
const FOREIGN: &str = "Foreign";

/// What is left out of those.
const TRUSTED: &str = "steps within an operation of a type that is not raceproof's: each is one";

/// What loom leaves out.
fn of_loom(kind: Kind, noun: &str) -> Option<&'static str> {
    match kind {
        Kind::Rmw(_) | Kind::Load(_) if noun == FOREIGN => Some(TRUSTED),
        Kind::Cv(Cv::Wait) => {
            Some("wakeups without a reason, and another waiter than the first for notify_one")
        }
        Kind::Rw(Rw::Read) => Some("readers that wait behind a waiting writer"),
        Kind::Sem(Sem::Acquire(..)) => Some(
            "the order of those who wait for permits: any may be next, where tokio's is first come, first served",
        ),
        _ => None,
    }
}

impl Limits {
    /// Notes what is left out of the operations of an execution.
    pub fn note(&mut self, execution: &Execution) {
        let loom = world::current() == World::Loom;
        for event in &execution.trace {
            let operation = &event.operation;
            let noun = execution.objects[event.slot as usize].noun;
            let limit = if loom { of_loom(operation.kind, noun) } else { of_model(operation.kind, noun) };
            if let Some(what) = limit {
                self.add(what, operation.at);
            }
        }
        for at in &execution.times.read {
            self.add(CLOCKS, at);
        }
        for at in &execution.lied {
            self.add(HAND_WRITTEN_POLLS, at);
        }
    }

    fn add(&mut self, what: &'static str, at: At) {
        if !self.seen.contains(&(at, what)) {
            self.seen.push((at, what));
            self.lines.entry(Cow::Borrowed(what)).or_default().insert(line(at));
        }
    }

    /// Adds those of another search.
    pub fn extend(&mut self, other: Self) {
        for (what, lines) in other.lines {
            self.lines.entry(what).or_default().extend(lines);
        }
    }

    /// One for each thing that is left out.
    pub fn list(&self) -> Vec<Limit> {
        let limit = |(what, lines): (&Cow<'static, str>, &BTreeSet<String>)| Limit {
            what: what.to_string(),
            lines: lines.iter().cloned().collect(),
        };
        self.lines.iter().map(limit).collect()
    }
}
