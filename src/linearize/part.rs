//! The calls that share a key, as the search walks through them.

use super::automaton::Automaton;
use super::history::History;
use crate::spec::Spec;

/// A call, in numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    /// Its index in the history.
    pub(super) call: u32,
    pub(super) op: u32,
    pub(super) class: u32,
    /// Its place in a [`Slots`](super::slots::Slots) while it is under way.
    pub(super) slot: u32,
    /// The index of its return among the events, or `NEVER`.
    pub(super) deadline: u32,
    /// Its place in an order of all calls by operation, then by deadline.
    pub(super) rank: u32,
    pub(super) answered: bool,
    pub(super) reads: bool,
}

pub(super) const NEVER: u32 = u32::MAX;

/// An invocation or a return, of an item by its index.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    pub(super) item: u32,
    pub(super) is_return: bool,
}

/// Calls that are judged together, and their events in order.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) items: Vec<Item>,
    pub(super) events: Vec<Event>,
}

impl Part {
    /// The calls of `history` whose events `order` lists as (call, is a return).
    pub(super) fn new<'a, S: Spec>(
        history: &'a History<S>,
        order: &[(u32, bool)],
        automaton: &mut Automaton<'a, S>,
    ) -> Self {
        let mut part = Self { items: Vec::new(), events: Vec::with_capacity(order.len()) };
        let mut free = Vec::new();
        let mut slots = 0;
        let mut item_of = super::hash::Map::default();
        for (at, (call, is_return)) in order.iter().enumerate() {
            let item = if *is_return {
                let item = item_of.remove(call).expect("a call is invoked before it returns");
                let done: &mut Item = &mut part.items[item as usize];
                done.deadline = at as u32;
                free.push(done.slot);
                item
            } else {
                let slot = free.pop().unwrap_or_else(|| {
                    slots += 1;
                    slots - 1
                });
                item_of.insert(*call, part.items.len() as u32);
                part.items.push(item(history, *call, slot, automaton));
                part.items.len() as u32 - 1
            };
            part.events.push(Event { item, is_return: *is_return });
        }
        part.rank();
        part
    }

    fn rank(&mut self) {
        let mut order: Vec<u32> = (0..self.items.len() as u32).collect();
        order.sort_unstable_by_key(|index| {
            let item = &self.items[*index as usize];
            (item.op, item.deadline, *index)
        });
        for (rank, index) in order.into_iter().enumerate() {
            self.items[index as usize].rank = rank as u32;
        }
    }
}

fn item<'a, S: Spec>(
    history: &'a History<S>,
    call: u32,
    slot: u32,
    automaton: &mut Automaton<'a, S>,
) -> Item {
    let made = &history.calls()[call as usize];
    let (op, class) = automaton.class_id(made);
    let reads = S::reads(&made.op, made.ret.as_ref());
    Item { call, op, class, slot, deadline: NEVER, rank: 0, answered: made.ret.is_some(), reads }
}

/// Where a walk through the events stands, and the calls that are under way there.
#[derive(Clone, Debug, Default)]
pub(super) struct Cursor {
    /// Events before this index have happened.
    at: usize,
    /// Items by rank.
    pending: Vec<u32>,
}

impl Cursor {
    /// Walks forth to the next return at or after the cursor: its event, which has not
    /// happened yet. `None` at the end.
    pub(super) fn next_return(&mut self, part: &Part) -> Option<usize> {
        while let Some(event) = part.events.get(self.at) {
            if event.is_return {
                return Some(self.at);
            }
            self.forth(part);
        }
        None
    }

    /// Walks past the event at the cursor.
    pub(super) fn forth(&mut self, part: &Part) {
        let event = part.events[self.at];
        self.turn(part, event.item, !event.is_return);
        self.at += 1;
    }

    /// Walks back until only the events before `at` have happened.
    pub(super) fn back_to(&mut self, part: &Part, at: usize) {
        while self.at > at {
            self.at -= 1;
            let event = part.events[self.at];
            self.turn(part, event.item, event.is_return);
        }
    }

    /// The calls that are under way, by rank.
    pub(super) fn pending(&self) -> &[u32] {
        &self.pending
    }

    fn turn(&mut self, part: &Part, item: u32, begins: bool) {
        let rank = part.items[item as usize].rank;
        match self.pending.binary_search_by_key(&rank, |other| part.items[*other as usize].rank) {
            Err(place) if begins => self.pending.insert(place, item),
            Ok(place) if !begins => {
                self.pending.remove(place);
            }
            _ => unreachable!("a call begins once and ends once"),
        }
    }
}
