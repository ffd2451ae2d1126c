//! Where a walk through the events of a part stands.

use super::part::Part;

/// A place among the events, and the calls that are under way there.
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
