//! The calls that share a key, as the search walks through them.

use super::automaton::Automaton;
use super::hash::Map;
use super::history::{Call, CallId};
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

/// Some calls of a history under numbers of their own, from 0 in order of invocation, and
/// their events: tables by call are then as small as what is judged.
#[derive(Debug)]
pub(super) struct Excerpt<'a, S: Spec> {
    pub(super) ids: Vec<CallId>,
    pub(super) calls: Vec<&'a Call<S>>,
    pub(super) moments: Vec<Moment>,
}

impl<'a, S: Spec> Excerpt<'a, S> {
    pub(super) fn empty() -> Self {
        Self { ids: Vec::new(), calls: Vec::new(), moments: Vec::new() }
    }

    /// The calls of `moments`.
    pub(super) fn new(calls: &'a [Call<S>], moments: impl IntoIterator<Item = Moment>) -> Self {
        let mut fresh: Map<u32, u32> = Map::default();
        let mut excerpt = Self::empty();
        for moment in moments {
            let at = &calls[moment.call as usize];
            let call = *fresh.entry(moment.call).or_insert_with(|| excerpt.add(moment.call, at));
            excerpt.moments.push(Moment { call, ..moment });
        }
        excerpt
    }

    /// The number of one more call.
    pub(super) fn add(&mut self, id: u32, call: &'a Call<S>) -> u32 {
        self.ids.push(CallId(id as usize));
        self.calls.push(call);
        self.calls.len() as u32 - 1
    }
}

/// A call in the numbers of an automaton.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    op: u32,
    class: u32,
    reads: bool,
}

/// By call: its numbers with its answer, and without, once somebody asked for them.
#[derive(Debug, Default)]
pub(super) struct Kinds(Vec<[Option<Kind>; 2]>);

impl Kinds {
    fn of<S: Spec>(
        &mut self,
        index: u32,
        call: &Call<S>,
        answered: bool,
        automaton: &mut Automaton<S>,
    ) -> Kind {
        let place = &mut self.0[index as usize][usize::from(answered)];
        *place.get_or_insert_with(|| {
            let ret = call.ret.as_ref().filter(|_| answered);
            let (op, class) = automaton.class_id(&call.op, ret);
            Kind { op, class, reads: S::reads(&call.op, ret) }
        })
    }
}

/// Calls that are judged together, and their events in order.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) items: Vec<Item>,
    pub(super) events: Vec<Event>,
    /// The place of each event among all those of the history.
    pub(super) at: Vec<u32>,
}

/// What is known of a call while the events are walked through.
const ABSENT: u32 = NEVER;
const RETURNS: u32 = NEVER - 1;

impl Part {
    /// The calls that have a part in `moments`. One whose return is not among them never
    /// returned, whatever the call itself says.
    ///
    /// # Panics
    ///
    /// Where a call returns before it is invoked.
    pub(super) fn new<S: Spec>(
        calls: &[&Call<S>],
        moments: &[Moment],
        automaton: &mut Automaton<S>,
        kinds: &mut Kinds,
    ) -> Self {
        kinds.0.resize(calls.len(), [None; 2]);
        // The item of a call that is under way takes the place of `RETURNS`.
        let mut item_of = vec![ABSENT; calls.len()];
        for moment in moments.iter().filter(|moment| moment.is_return) {
            item_of[moment.call as usize] = RETURNS;
        }
        let mut part = Self {
            items: Vec::with_capacity(moments.len().div_ceil(2)),
            events: Vec::with_capacity(moments.len()),
            at: Vec::with_capacity(moments.len()),
        };
        let mut free = Vec::new();
        let (mut slots, mut loose) = (0, 0);
        for moment in moments {
            let item = &mut item_of[moment.call as usize];
            if moment.is_return {
                let done = &mut part.items[*item as usize];
                done.deadline = part.events.len() as u32;
                free.push(done.slot);
                part.push(*item, moment);
                continue;
            }
            let call = calls[moment.call as usize];
            let returns = *item == RETURNS;
            let answered = returns && call.ret.is_some();
            let Kind { op, class, reads } = kinds.of(moment.call, call, answered, automaton);
            if reads && !returns {
                // It cannot matter whether it happened.
                continue;
            }
            *item = part.items.len() as u32;
            let slot =
                if returns { free.pop().unwrap_or_else(|| count(&mut slots)) } else { count(&mut loose) };
            let (deadline, rank) = (NEVER, 0);
            part.push(*item, moment);
            part.items.push(Item { call: moment.call, op, class, slot, deadline, rank, answered, reads });
        }
        part.rank();
        part
    }

    fn push(&mut self, item: u32, moment: &Moment) {
        self.events.push(Event { item, is_return: moment.is_return });
        self.at.push(moment.at);
    }

    /// Ranks the items: they are counted by operation, and then met by deadline.
    fn rank(&mut self) {
        let ops = self.items.iter().map(|item| item.op as usize + 1).max().unwrap_or(0);
        let mut next = vec![0; ops + 1];
        for item in &self.items {
            next[item.op as usize + 1] += 1;
        }
        for op in 1..ops {
            next[op] += next[op - 1];
        }
        let mut rank = |item: &mut Item| item.rank = count(&mut next[item.op as usize]);
        for event in self.events.iter().filter(|event| event.is_return) {
            rank(&mut self.items[event.item as usize]);
        }
        self.items.iter_mut().filter(|item| !item.returns()).for_each(rank);
    }
}

/// The next number.
fn count(numbers: &mut u32) -> u32 {
    *numbers += 1;
    *numbers - 1
}
