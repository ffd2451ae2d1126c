//! The search that follows one order as far as it goes, and remembers where it failed.
//!
//! Depth first with a cache of configurations (Wing & Gong, "Testing and verifying
//! concurrent objects", 1993; the cache is Lowe's, 2017, section 5), over the same
//! just-in-time steps as the frontier. It tries the call that returns first before the
//! others, which is right at once where answers reveal the order.

use super::cursor::Cursor;
use super::met::Met;
use super::search::{Failure, Found, Progress, Search, Taken};
use super::step::{Configuration, Firm, Move, Problem};
use crate::spec::Spec;

/// A configuration before the return at `event`, which some call must still explain.
struct Frame {
    event: u32,
    configuration: Configuration,
    /// Its untried moves are those in `moves` from here on.
    moves_from: usize,
    /// The calls that led here are the first so many of `path`.
    path_len: usize,
}

pub(super) struct Descent {
    cursor: Cursor,
    started: bool,
    frames: Vec<Frame>,
    moves: Vec<Move>,
    path: Vec<Taken>,
    failed: Met<(u32, Firm)>,
    furthest: u32,
}

impl Descent {
    pub(super) fn new() -> Self {
        Self {
            cursor: Cursor::default(),
            started: false,
            frames: Vec::new(),
            moves: Vec::new(),
            path: Vec::new(),
            failed: Met::default(),
            furthest: 0,
        }
    }

    /// Goes on from `configuration` until a choice is to be made; `true` at the end of the
    /// history.
    fn enter<S: Spec>(&mut self, problem: &mut Problem<S>, mut configuration: Configuration) -> bool {
        while let Some(at) = self.cursor.next_return(&problem.part) {
            let event = at as u32;
            self.furthest = self.furthest.max(event);
            let path = &mut self.path;
            problem.settle(&mut configuration, &self.cursor, |item| path.push(Taken { item, event }));
            let returning = problem.part.events[at].item;
            let item = problem.part.items[returning as usize];
            if !configuration.contains(&item) {
                self.branch(problem, event, configuration);
                return false;
            }
            configuration.firm.done.remove(item.slot);
            self.cursor.forth(&problem.part);
        }
        true
    }

    fn branch<S: Spec>(&mut self, problem: &mut Problem<S>, event: u32, configuration: Configuration) {
        if !self.failed.insert((event, configuration.firm.clone()), &configuration.loose) {
            return;
        }
        let moves_from = self.moves.len();
        problem.moves(&configuration, &self.cursor, &mut self.moves);
        // The last one is tried first: the call that returns now.
        self.moves[moves_from..]
            .sort_by_key(|next| std::cmp::Reverse(problem.part.items[next.item as usize].deadline));
        self.frames.push(Frame { event, configuration, moves_from, path_len: self.path.len() });
    }

    /// The next untried move, of the deepest frame that has one.
    fn backtrack<S: Spec>(&mut self, problem: &Problem<S>) -> Option<Configuration> {
        loop {
            let frame = self.frames.last()?;
            self.path.truncate(frame.path_len);
            if self.moves.len() == frame.moves_from {
                self.frames.pop();
                continue;
            }
            let Move { item, state } = self.moves.pop()?;
            self.cursor.back_to(&problem.part, frame.event as usize);
            self.path.push(Taken { item, event: frame.event });
            return Some(frame.configuration.after(&problem.part.items[item as usize], state));
        }
    }
}

impl Search for Descent {
    fn run<S: Spec>(&mut self, problem: &mut Problem<S>, until: u64) -> Progress {
        if !self.started {
            self.started = true;
            if self.enter(problem, Configuration::default()) {
                return Progress::Done(Ok(Found { order: std::mem::take(&mut self.path) }));
            }
        }
        while problem.steps < until {
            let Some(next) = self.backtrack(problem) else {
                return Progress::Done(Err(Failure { event: self.furthest }));
            };
            if self.enter(problem, next) {
                return Progress::Done(Ok(Found { order: std::mem::take(&mut self.path) }));
            }
        }
        Progress::Paused
    }

    fn kept(&self) -> usize {
        self.failed.len() + 2 * self.frames.len() + self.path.len() + self.moves.len()
    }
}
