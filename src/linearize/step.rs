//! Configurations, and the calls that may take effect next in one.
//!
//! Three arguments keep this small; each exchanges two calls of an order that the spec
//! explains, and leaves one that it explains too:
//!
//! - A call that only reads, and whose answer fits, may take effect at once: it changes
//!   nothing, and an obligation is met.
//! - Of two calls of the same operation with the same answer, both under way, the one that
//!   returns first may take effect first.
//! - The same holds where the later one has no answer that anybody saw, if here it would
//!   lead where the first one leads. A call that never returned is so kept for last.

use super::automaton::{Automaton, Next};
use super::cursor::Cursor;
use super::part::{Item, Part};
use super::slots::Slots;
use crate::spec::Spec;

/// Which of the calls under way have taken effect, and the state that they left.
#[derive(Clone, Debug, Default)]
pub(super) struct Configuration {
    pub(super) firm: Firm,
    /// Calls that never return. What can be explained after more of them took effect can be
    /// after fewer, since those that are left need not.
    pub(super) loose: Slots,
}

/// What two configurations must share for one to stand for the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Firm {
    /// Calls that return.
    pub(super) done: Slots,
    pub(super) state: u32,
}

impl Configuration {
    pub(super) fn contains(&self, item: &Item) -> bool {
        let slots = if item.returns() { &self.firm.done } else { &self.loose };
        slots.contains(item.slot)
    }

    pub(super) fn insert(&mut self, item: &Item) {
        let slots = if item.returns() { &mut self.firm.done } else { &mut self.loose };
        slots.insert(item.slot);
    }

    /// After `item` took effect and left `state`.
    pub(super) fn after(&self, item: &Item, state: u32) -> Self {
        let mut next = self.clone();
        next.insert(item);
        next.firm.state = state;
        next
    }
}

/// One call that may take effect, and the state that it leaves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Move {
    pub(super) item: u32,
    pub(super) state: u32,
}

/// A part of a history, and what the spec says about it.
pub(super) struct Problem<'p, S: Spec> {
    pub(super) part: Part,
    pub(super) automaton: &'p mut Automaton<S>,
    /// Questions put to the automaton so far.
    pub(super) steps: u64,
    /// Where `moves` keeps what it asked; by rank.
    asked: Vec<Asked>,
}

impl<'p, S: Spec> Problem<'p, S> {
    pub(super) fn new(part: Part, automaton: &'p mut Automaton<S>) -> Self {
        Self { part, automaton, steps: 0, asked: Vec::new() }
    }
}

impl<S: Spec> Problem<'_, S> {
    /// Lets every read whose answer fits take effect; calls `took` with each.
    pub(super) fn settle(
        &mut self,
        configuration: &mut Configuration,
        cursor: &Cursor,
        mut took: impl FnMut(u32),
    ) {
        for index in cursor.pending() {
            let item = &self.part.items[*index as usize];
            if !item.reads || configuration.firm.done.contains(item.slot) {
                continue;
            }
            self.steps += 1;
            if self.automaton.next(configuration.firm.state, item.class) != Next::Nowhere {
                configuration.firm.done.insert(item.slot);
                took(*index);
            }
        }
    }

    /// Appends to `moves` what may take effect in `configuration`.
    pub(super) fn moves(&mut self, configuration: &Configuration, cursor: &Cursor, moves: &mut Vec<Move>) {
        let state = configuration.firm.state;
        self.asked.clear();
        for index in cursor.pending() {
            let item = &self.part.items[*index as usize];
            if configuration.firm.done.contains(item.slot) {
                continue;
            }
            // By rank, so those of the same operation that return earlier come last here.
            let earlier = self.asked.iter().rev().take_while(|asked| asked.op == item.op);
            if earlier.clone().any(|asked| asked.class == item.class) {
                continue;
            }
            self.steps += 1;
            let next = self.automaton.next(state, item.class);
            let stands_back = !item.answered && earlier.clone().any(|asked| asked.next == next);
            self.asked.push(Asked { op: item.op, class: item.class, next });
            if !stands_back {
                let states = self.automaton.targets(&next).iter();
                moves.extend(states.map(|state| Move { item: *index, state: *state }));
            }
        }
        for items in cursor.loose() {
            // The first ones invoked took effect first.
            let loose = &configuration.loose;
            let done = items.partition_point(|index| loose.contains(self.part.items[*index as usize].slot));
            let Some(index) = items.get(done) else { continue };
            let item = &self.part.items[*index as usize];
            self.steps += 1;
            let next = self.automaton.next(state, item.class);
            if self.asked.iter().any(|asked| asked.op == item.op && asked.next == next) {
                continue;
            }
            // A call that never returned and would change nothing need not happen.
            let states = self.automaton.targets(&next).iter().filter(|next| **next != state);
            moves.extend(states.map(|state| Move { item: *index, state: *state }));
        }
    }
}

/// What a call under way would do.
pub(super) struct Asked {
    op: u32,
    class: u32,
    next: Next,
}
