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
use super::part::{NEVER, Part};
use super::slots::Slots;
use crate::spec::Spec;

/// Which of the calls under way have taken effect, and the state that they left.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Configuration {
    pub(super) done: Slots,
    pub(super) state: u32,
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
            if !item.reads || item.deadline == NEVER || configuration.done.contains(item.slot) {
                continue;
            }
            self.steps += 1;
            if self.automaton.next(configuration.state, item.class) != Next::Nowhere {
                configuration.done.insert(item.slot);
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
            if configuration.done.contains(item.slot) || earlier.iter().any(|(class, _)| *class == item.class)
            {
                continue;
            }
            self.steps += 1;
            let next = self.automaton.next(configuration.state, item.class);
            let stands_back = !item.answered && earlier.iter().any(|(_, other)| *other == next);
            earlier.push((item.class, next));
            if stands_back {
                continue;
            }
            let never_returns = item.deadline == NEVER;
            for state in self.automaton.targets(&next) {
                // A call that never returned and would change nothing need not happen.
                if !(never_returns && *state == configuration.state) {
                    moves.push(Move { item: *index, state: *state });
                }
            }
        }
    }
}
