//! The search that keeps every configuration a prefix can be in, return by return.
//!
//! Just-in-time linearization (Lowe, "Testing for linearizability", 2017, section 6): calls
//! take effect only when some call is about to return, and only as far as that one needs.
//! When no configuration is left, that return is the first one that nothing explains.

use super::cursor::Cursor;
use super::met::Met;
use super::search::{Failure, Found, Progress, Search, Taken};
use super::step::{Configuration, Firm, Move, Problem};
use crate::spec::Spec;
use std::collections::VecDeque;

/// A call that took effect, after those on the path to `parent`.
#[derive(Clone, Copy)]
struct Node {
    parent: u32,
    taken: Taken,
}

const ROOT: u32 = u32::MAX;

/// A configuration, and the end of the path that led to it.
type Reached = (Configuration, u32);

pub(super) struct Frontier {
    cursor: Cursor,
    /// Where the events up to the cursor can have led.
    here: Vec<Reached>,
    /// What is still to be explored before the return at the cursor; the first in comes
    /// first, so that what took fewer calls is met before what it stands for.
    work: VecDeque<Reached>,
    seen: Met<Firm>,
    /// Where that return leads.
    reached: Met<Firm>,
    after: Vec<Reached>,
    trail: Vec<Node>,
    moves: Vec<Move>,
}

impl Frontier {
    pub(super) fn new() -> Self {
        Self::from(vec![Configuration::default()])
    }

    /// A search that begins in any of `starts`; their slots are those of calls that the
    /// history invokes before it returns any.
    pub(super) fn from(starts: Vec<Configuration>) -> Self {
        Self {
            cursor: Cursor::default(),
            here: starts.into_iter().map(|start| (start, ROOT)).collect(),
            work: VecDeque::new(),
            seen: Met::default(),
            reached: Met::default(),
            after: Vec::new(),
            trail: Vec::new(),
            moves: Vec::new(),
        }
    }

    /// Explores one configuration before the return of `returning`, at `event`.
    fn explore<S: Spec>(
        &mut self,
        problem: &mut Problem<S>,
        (mut configuration, mut path): Reached,
        returning: u32,
        event: u32,
    ) {
        let trail = &mut self.trail;
        problem.settle(&mut configuration, &self.cursor, |item| {
            path = extend(trail, path, Taken { item, event });
        });
        let item = problem.part.items[returning as usize];
        if configuration.contains(&item) {
            self.reach(configuration, path, item.slot);
            return;
        }
        if !self.seen.insert(configuration.firm.clone(), &configuration.loose) {
            return;
        }
        let mut moves = std::mem::take(&mut self.moves);
        problem.moves(&configuration, &self.cursor, &mut moves);
        for Move { item: taken, state } in moves.drain(..) {
            let next = configuration.after(&problem.part.items[taken as usize], state);
            let path = extend(&mut self.trail, path, Taken { item: taken, event });
            if taken == returning {
                self.reach(next, path, item.slot);
            } else {
                self.work.push_back((next, path));
            }
        }
        self.moves = moves;
    }

    /// The return is explained: its slot is free again.
    fn reach(&mut self, mut configuration: Configuration, path: u32, slot: u32) {
        configuration.firm.done.remove(slot);
        if self.reached.insert(configuration.firm.clone(), &configuration.loose) {
            self.after.push((configuration, path));
        }
    }

    /// The return at the cursor is over: what it led to is where the next one begins.
    fn pass(&mut self) {
        let reached = &self.reached;
        self.after.retain(|(after, _)| reached.holds(&after.firm, &after.loose));
        self.here.clear();
        std::mem::swap(&mut self.here, &mut self.after);
        self.seen.clear();
        self.reached.clear();
    }

    /// Where the history may have led, once the search is done.
    pub(super) fn ends(&self) -> impl Iterator<Item = &Configuration> {
        self.here.iter().map(|(configuration, _)| configuration)
    }

    fn order(&self, mut path: u32) -> Vec<Taken> {
        let mut order = Vec::new();
        while path != ROOT {
            let node = self.trail[path as usize];
            order.push(node.taken);
            path = node.parent;
        }
        order.reverse();
        order
    }
}

impl Search for Frontier {
    fn run<S: Spec>(&mut self, problem: &mut Problem<S>, until: u64) -> Progress {
        while let Some(at) = self.cursor.next_return(&problem.part) {
            let returning = problem.part.events[at].item;
            if self.work.is_empty() && self.after.is_empty() {
                self.work.extend(self.here.drain(..));
            }
            while let Some(reached) = self.work.pop_front() {
                self.explore(problem, reached, returning, at as u32);
                if problem.steps >= until && !self.work.is_empty() {
                    return Progress::Paused;
                }
            }
            self.pass();
            if self.here.is_empty() {
                return Progress::Done(Err(Failure { event: at as u32 }));
            }
            self.cursor.forth(&problem.part);
            if problem.steps >= until {
                return Progress::Paused;
            }
        }
        let (_, path) = self.here[0];
        Progress::Done(Ok(Found { order: self.order(path) }))
    }

    fn kept(&self) -> usize {
        self.trail.len() + self.seen.len() + 2 * self.after.len() + self.here.len() + self.work.len()
    }
}

fn extend(trail: &mut Vec<Node>, parent: u32, taken: Taken) -> u32 {
    trail.push(Node { parent, taken });
    trail.len() as u32 - 1
}
