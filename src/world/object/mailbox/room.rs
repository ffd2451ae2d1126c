//! The places of a mailbox for so many messages, and who waits for them.
//!
//! The place that was free longest is taken first. So who takes some of many depends only on the step that gave back
//! the last of them, and not on whatever else was given back before it.

use super::Step;
use crate::world::clock::Clock;
use crate::world::operation::ObjectId;
use std::collections::VecDeque;

/// A future that waits for places.
#[derive(Debug)]
struct Waiter {
    name: ObjectId,
    many: usize,
    /// What it still lacks.
    lacks: usize,
    /// What they knew who gave back what it has.
    clock: Clock,
}

/// A future whose turn it is.
#[derive(Debug)]
pub struct Turn {
    name: ObjectId,
    many: usize,
    /// The step that made it its turn, and what was known then.
    event: usize,
    pub clock: Clock,
}

/// The places.
#[derive(Debug)]
pub struct Room {
    capacity: usize,
    /// Those that nobody has had yet.
    fresh: usize,
    /// Those that were given back, by which step, and what was known then.
    freed: VecDeque<(usize, Clock)>,
    queue: VecDeque<Waiter>,
    turns: Vec<Turn>,
}

impl Room {
    pub fn new(capacity: usize) -> Self {
        Self { capacity, fresh: capacity, freed: VecDeque::new(), queue: VecDeque::new(), turns: Vec::new() }
    }

    /// How many places are free.
    pub fn free(&self) -> usize {
        self.fresh + self.freed.len()
    }

    /// Whether there is one that nobody has had yet.
    pub fn has_fresh(&self) -> bool {
        self.fresh > 0
    }

    /// Whether nobody has a place.
    pub fn is_idle(&self) -> bool {
        self.free() == self.capacity
    }

    /// The futures whose turn it is.
    pub fn turns(&self) -> impl Iterator<Item = ObjectId> + '_ {
        self.turns.iter().map(|turn| turn.name)
    }

    /// The turn of a future, if it has come.
    pub fn turn(&self, name: ObjectId) -> Option<&Turn> {
        self.turns.iter().find(|turn| turn.name == name)
    }

    /// Takes so many if they are there.
    pub fn take(&mut self, many: usize, step: &mut Step<'_>) -> bool {
        if self.free() < many {
            return false;
        }
        let fresh = many.min(self.fresh);
        self.fresh -= fresh;
        let freed = self.freed.drain(..many - fresh);
        let last = freed.fold(None, |_, (event, clock)| {
            step.knowledge.clock.join(&clock);
            Some(event)
        });
        step.after.extend(last);
        true
    }

    /// Waits for so many, and has already what there is.
    pub fn join(&mut self, name: ObjectId, many: usize) {
        let mut clock = Clock::default();
        self.freed.iter().for_each(|(_, known)| clock.join(known));
        let lacks = many - self.free();
        (self.fresh, self.freed) = (0, VecDeque::new());
        self.queue.push_back(Waiter { name, many, lacks, clock });
    }

    /// Goes on with what it was handed, if its turn has come.
    pub fn begin(&mut self, name: ObjectId, step: &mut Step<'_>) -> bool {
        let mine = self.turns.iter().position(|turn| turn.name == name);
        let Some(turn) = mine.map(|mine| self.turns.remove(mine)) else { return false };
        step.after.push(turn.event);
        step.knowledge.clock.join(&turn.clock);
        true
    }

    /// How many places a future has that is not polled any more.
    pub fn leave(&mut self, name: ObjectId, step: &mut Step<'_>) -> usize {
        if let Some(mine) = self.turns.iter().position(|turn| turn.name == name) {
            let turn = self.turns.remove(mine);
            step.knowledge.clock.join(&turn.clock);
            return turn.many;
        }
        let mine = self.queue.iter().position(|waiter| waiter.name == name);
        let Some(waiter) = mine.and_then(|mine| self.queue.remove(mine)) else { return 0 };
        step.knowledge.clock.join(&waiter.clock);
        waiter.many - waiter.lacks
    }

    /// Gives so many back: to those who wait, in their order, until it is closed.
    pub fn give(&mut self, mut many: usize, closed: bool, step: &mut Step<'_>) {
        let (event, known) = (step.event, &step.knowledge.clock);
        while many > 0 && !closed {
            let Some(first) = self.queue.front_mut() else { break };
            let given = many.min(first.lacks);
            (first.lacks, many) = (first.lacks - given, many - given);
            first.clock.join(known);
            if first.lacks == 0 {
                let Waiter { name, many, clock, .. } = self.queue.pop_front().expect("it is the first");
                self.turns.push(Turn { name, many, event, clock });
            }
        }
        self.freed.extend((0..many).map(|_| (event, known.clone())));
    }
}
