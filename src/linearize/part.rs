//! The calls that share a key, as the search walks through them.

use super::automaton::Automaton;
use super::hash::Map;
use super::history::Call;
use crate::spec::Spec;

/// A call, in numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    /// Its index in the history.
    pub(super) call: u32,
    pub(super) op: u32,
    pub(super) class: u32,
    /// Its place in a [`Slots`](super::slots::Slots) while it is under way; calls that
    /// never return have places of their own.
    pub(super) slot: u32,
    /// The index of its return among the events, or `NEVER`.
    pub(super) deadline: u32,
    /// Its place in an order of all calls by operation, then by deadline.
    pub(super) rank: u32,
    pub(super) answered: bool,
    pub(super) reads: bool,
}

impl Item {
    pub(super) fn returns(&self) -> bool {
        self.deadline != NEVER
    }
}

pub(super) const NEVER: u32 = u32::MAX;

/// An invocation or a return, of an item by its index.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    pub(super) item: u32,
    pub(super) is_return: bool,
}

/// An event of a history: which call, its invocation or its return, and its place among
/// all events of the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) call: u32,
    pub(super) is_return: bool,
    pub(super) at: u32,
}

/// Calls that are judged together, and their events in order.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) items: Vec<Item>,
    pub(super) events: Vec<Event>,
    /// The place of each event among all those of the history.
    pub(super) at: Vec<u32>,
}

impl Part {
    /// The calls that have a part in `moments`. One whose return is not among them never
    /// returned, whatever the call itself says.
    ///
    /// # Panics
    ///
    /// Where a call returns before it is invoked.
    pub(super) fn new<S: Spec>(calls: &[Call<S>], moments: &[Moment], automaton: &mut Automaton<S>) -> Self {
        let mut returns: Map<u32, u32> = Map::default();
        returns.extend(moments.iter().filter(|moment| moment.is_return).map(|moment| (moment.call, NEVER)));
        let mut part = Self {
            items: Vec::new(),
            events: Vec::with_capacity(moments.len()),
            at: Vec::with_capacity(moments.len()),
        };
        // The item of a call that is under way takes the place of `NEVER`.
        let mut free = Vec::new();
        let (mut slots, mut loose) = (0, 0);
        for moment in moments {
            let call = &calls[moment.call as usize];
            if moment.is_return {
                let item = returns[&moment.call];
                let done = &mut part.items[item as usize];
                done.deadline = part.events.len() as u32;
                free.push(done.slot);
                part.push(item, moment);
                continue;
            }
            let mut returned = returns.get_mut(&moment.call);
            let ret = returned.is_some().then_some(call.ret.as_ref()).flatten();
            let reads = S::reads(&call.op, ret);
            if reads && returned.is_none() {
                // It cannot matter whether it happened.
                continue;
            }
            let index = part.items.len() as u32;
            if let Some(item) = &mut returned {
                **item = index;
            }
            let slot = match returned {
                Some(_) => free.pop().unwrap_or_else(|| count(&mut slots)),
                None => count(&mut loose),
            };
            let (op, class) = automaton.class_id(&call.op, ret);
            let answered = ret.is_some();
            let (deadline, rank) = (NEVER, 0);
            part.items.push(Item { call: moment.call, op, class, slot, deadline, rank, answered, reads });
            part.push(index, moment);
        }
        part.rank();
        part
    }

    fn push(&mut self, item: u32, moment: &Moment) {
        self.events.push(Event { item, is_return: moment.is_return });
        self.at.push(moment.at);
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

/// The next number.
fn count(numbers: &mut u32) -> u32 {
    *numbers += 1;
    *numbers - 1
}
