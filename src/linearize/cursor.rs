//! Where a walk through the events of a part stands.

use super::part::Part;

/// A place among the events, and the calls that are under way there.
#[derive(Clone, Debug, Default)]
pub(super) struct Cursor {
    /// Events before this index have happened.
    at: usize,
    /// Those that will return, by rank.
    pending: Vec<u32>,
    /// Those that never will, by operation; those of one operation in order of invocation.
    loose: Vec<(u32, Vec<u32>)>,
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

    /// The calls under way that never return, by operation; some lists may be empty.
    pub(super) fn loose(&self) -> impl Iterator<Item = &[u32]> {
        self.loose.iter().map(|(_, items)| items.as_slice())
    }

    /// The calls under way that will return, by rank.
    pub(super) fn pending(&self) -> &[u32] {
        &self.pending
    }

    fn turn(&mut self, part: &Part, index: u32, begins: bool) {
        let item = &part.items[index as usize];
        if !item.returns() {
            self.turn_loose(item.op, index, begins);
            return;
        }
        let rank = item.rank;
        match self.pending.binary_search_by_key(&rank, |other| part.items[*other as usize].rank) {
            Err(place) if begins => self.pending.insert(place, index),
            Ok(place) if !begins => {
                self.pending.remove(place);
            }
            _ => unreachable!("a call begins once and ends once"),
        }
    }

    fn turn_loose(&mut self, op: u32, index: u32, begins: bool) {
        let place = match self.loose.binary_search_by_key(&op, |(other, _)| *other) {
            Ok(place) => place,
            Err(place) => {
                self.loose.insert(place, (op, Vec::new()));
                place
            }
        };
        let items = &mut self.loose[place].1;
        if begins {
            items.push(index);
        } else {
            let last = items.pop();
            debug_assert_eq!(last, Some(index), "the way back is the way forth");
        }
    }
}
