//! Every interleaving of a small program, and whether it is a small one.

use super::Seen;
use super::program::Chance;
use crate::explore::driver::{Program, Restart, Strategy, drive};
use crate::explore::schedule::{Pick, Schedule};
use crate::world::execution::{Execution, Known};
use crate::world::operation::{Kind, ThreadId};
use crate::world::task::Eager;
use shuttle::scheduler::Task;

/// Random descents before an enumeration: they cost little, and most programs that are too large by far end there.
const DESCENTS: u32 = 10;

/// What an enumeration takes for a point of its own.
#[derive(Clone, Copy, Default)]
pub struct Grain {
    /// Whether every future makes its step in every poll.
    pub eager: bool,
    /// Whether somebody may ask for the ends of threads but those who join them.
    pub ends_are_seen: bool,
}

impl Grain {
    fn known(self) -> Known {
        Known { eager: Eager::everywhere(self.eager), ..Known::default() }
    }

    /// Whatever can be next.
    fn picks(self, execution: &Execution, enabled: &[ThreadId]) -> Vec<Pick> {
        let next = |id: &ThreadId| execution.threads[id.index()].next.map(|(operation, _)| operation.kind);
        // Nobody asks whether a thread has exited: its end and its join meet in nothing.
        let meets_nothing = |id: &&ThreadId| matches!(next(id), Some(Kind::Exit | Kind::Join));
        let only = enabled.iter().find(meets_nothing).filter(|_| !self.ends_are_seen);
        let picks = only.map_or(enabled, std::slice::from_ref).iter().flat_map(|id| {
            let ways = if let Some(Kind::Choose(ways)) = next(id) { ways } else { 1 };
            (0..ways).map(|choice| Pick { thread: *id, choice })
        });
        picks.collect()
    }
}

/// What every interleaving of `program` comes to; none if there are `interleavings_max` of them or more, or if
/// random descents have it that there are many times as many.
pub fn enumerate(program: &Program, grain: Grain, interleavings_max: usize) -> Option<Seen> {
    let descents = Descents { grain, left: DESCENTS, ways: 1.0, sum: 0.0, chance: Chance::new(0) };
    let (descents, _) = drive(program, descents, 1_000);
    if descents.sum > f64::from(DESCENTS) * 10.0 * interleavings_max as f64 {
        return None;
    }
    weigh(program, grain, interleavings_max, None)
}

/// As [`enumerate`], without descents, and with what `weighed` begins with.
pub fn weigh(
    program: &Program,
    grain: Grain,
    interleavings_max: usize,
    weighed: Option<f64>,
) -> Option<Seen> {
    let seen = Seen { weighed, ..Seen::default() };
    let (points, most) = (Vec::new(), interleavings_max);
    let naive = Naive { grain, points, depth: 0, begun: false, most, left: most, seen };
    let (naive, _) = drive(program, naive, 1_000);
    (naive.left > 0).then_some(naive.seen)
}

/// Every interleaving, depth first: no step is taken to commute with any other.
struct Naive {
    grain: Grain,
    /// At each point, what can be picked and which of it is.
    points: Vec<(Vec<Pick>, usize)>,
    depth: usize,
    begun: bool,
    most: usize,
    left: usize,
    seen: Seen,
}

impl Strategy for Naive {
    fn known(&self) -> Known {
        self.grain.known()
    }

    /// Only to tell which orders are one.
    fn reduces(&self) -> bool {
        true
    }

    fn restart(&mut self) -> Restart {
        self.points.clear();
        (self.begun, self.left) = (false, self.most);
        self.seen = Seen { weighed: self.seen.weighed.map(|_| 0.0), ..Seen::default() };
        Restart::Anew
    }

    fn begin(&mut self) -> bool {
        self.depth = 0;
        let first = !std::mem::replace(&mut self.begun, true);
        first || !self.points.is_empty()
    }

    fn pick(&mut self, execution: &Execution, enabled: &[ThreadId], _: &[&Task]) -> Option<Pick> {
        if self.depth == self.points.len() {
            self.points.push((self.grain.picks(execution, enabled), 0));
        }
        let (picks, at) = &self.points[self.depth];
        self.depth += 1;
        Some(picks[*at])
    }

    /// Every deadlock is compared, and so is what the other threads do behind it.
    fn ends_at_a_cycle(&self) -> bool {
        false
    }

    fn end(&mut self, execution: &mut Execution, _: &Schedule) -> bool {
        self.seen.note(execution);
        while let Some((picks, at)) = self.points.last_mut() {
            *at += 1;
            if *at < picks.len() {
                break;
            }
            self.points.pop();
        }
        self.left -= 1;
        self.left > 0
    }
}

/// Random interleavings: the product of what could be picked at each point tends to their number (Knuth, Math.
/// Comp. 29, 1975).
struct Descents {
    grain: Grain,
    left: u32,
    ways: f64,
    sum: f64,
    chance: Chance,
}

impl Strategy for Descents {
    fn known(&self) -> Known {
        self.grain.known()
    }

    fn begin(&mut self) -> bool {
        self.ways = 1.0;
        true
    }

    fn pick(&mut self, execution: &Execution, enabled: &[ThreadId], _: &[&Task]) -> Option<Pick> {
        let picks = self.grain.picks(execution, enabled);
        self.ways *= picks.len() as f64;
        Some(picks[self.chance.below(picks.len())])
    }

    fn ends_at_a_cycle(&self) -> bool {
        false
    }

    fn end(&mut self, execution: &mut Execution, _: &Schedule) -> bool {
        execution.failure = None;
        self.sum += self.ways;
        self.left -= 1;
        self.left > 0
    }
}
