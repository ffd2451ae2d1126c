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
use super::hash::Map;
use super::part::{Item, Part};
use super::slots::Slots;
use crate::spec::Spec;
use std::hash::Hash;

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

/// Configurations that have been met, and what they stand for.
#[derive(Default)]
pub(super) struct Met<K> {
    loose: Map<K, Vec<Slots>>,
    len: usize,
}

impl<K: Eq + Hash> Met<K> {
    /// `false` where one that was met before stands for this one.
    pub(super) fn insert(&mut self, key: K, loose: &Slots) -> bool {
        let met = self.loose.entry(key).or_default();
        if met.iter().any(|fewer| fewer.is_subset(loose)) {
            return false;
        }
        met.retain(|more| !loose.is_subset(more));
        met.push(loose.clone());
        self.len += 1;
        true
    }

    /// Is this one of those that nothing stands for?
    pub(super) fn holds(&self, key: &K, loose: &Slots) -> bool {
        self.loose.get(key).is_some_and(|met| met.contains(loose))
    }

    pub(super) fn clear(&mut self) {
        self.loose.clear();
        self.len = 0;
    }

    /// How many were inserted.
    pub(super) fn len(&self) -> usize {
        self.len
    }
}

/// One call that may take effect, and the state that it leaves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Move {
    pub(super) item: u32,
    pub(super) state: u32,
}

/// A part of a history, and what the spec says about it.
pub(super) struct Problem<'p, 'a, S: Spec> {
    pub(super) part: Part,
    pub(super) automaton: &'p mut Automaton<'a, S>,
    /// Questions put to the automaton so far.
    pub(super) steps: u64,
}

impl<S: Spec> Problem<'_, '_, S> {
    /// Lets every read whose answer fits take effect; calls `took` with each.
    pub(super) fn settle(
        &mut self,
        configuration: &mut Configuration,
        pending: &[u32],
        mut took: impl FnMut(u32),
    ) {
        for index in pending {
            let item = self.part.items[*index as usize];
            if !item.reads || !item.returns() || configuration.contains(&item) {
                continue;
            }
            self.steps += 1;
            if self.automaton.next(configuration.firm.state, item.class) != Next::Nowhere {
                configuration.insert(&item);
                took(*index);
            }
        }
    }

    /// Appends to `moves` what may take effect in `configuration`.
    pub(super) fn moves(&mut self, configuration: &Configuration, pending: &[u32], moves: &mut Vec<Move>) {
        // The calls of the operation at hand that return before the one at hand.
        let mut earlier: Vec<(u32, Next)> = Vec::new();
        let mut op = None;
        for index in pending {
            let item = self.part.items[*index as usize];
            if op != Some(item.op) {
                op = Some(item.op);
                earlier.clear();
            }
            if configuration.contains(&item) || earlier.iter().any(|(class, _)| *class == item.class) {
                continue;
            }
            self.steps += 1;
            let next = self.automaton.next(configuration.firm.state, item.class);
            let stands_back = !item.answered && earlier.iter().any(|(_, other)| *other == next);
            earlier.push((item.class, next));
            if stands_back {
                continue;
            }
            for state in self.automaton.targets(&next) {
                // A call that never returned and would change nothing need not happen.
                if item.returns() || *state != configuration.firm.state {
                    moves.push(Move { item: *index, state: *state });
                }
            }
        }
    }
}
