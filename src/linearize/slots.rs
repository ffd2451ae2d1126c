//! A set of calls that are under way, each by its slot.

/// Slots 0 to 63 are in one word: few histories need more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Slots {
    low: u64,
    /// Words for the slots from 64; never ends in a zero, so that equal sets are equal.
    high: Vec<u64>,
}

impl Slots {
    pub(super) fn contains(&self, slot: u32) -> bool {
        match split(slot) {
            (None, bit) => self.low & bit != 0,
            (Some(word), bit) => self.high.get(word).is_some_and(|high| high & bit != 0),
        }
    }

    pub(super) fn insert(&mut self, slot: u32) {
        match split(slot) {
            (None, bit) => self.low |= bit,
            (Some(word), bit) => {
                if self.high.len() <= word {
                    self.high.resize(word + 1, 0);
                }
                self.high[word] |= bit;
            }
        }
    }

    pub(super) fn remove(&mut self, slot: u32) {
        match split(slot) {
            (None, bit) => self.low &= !bit,
            (Some(word), bit) => {
                if let Some(high) = self.high.get_mut(word) {
                    *high &= !bit;
                }
                while self.high.last() == Some(&0) {
                    self.high.pop();
                }
            }
        }
    }

    pub(super) fn with(&self, slot: u32) -> Self {
        let mut more = self.clone();
        more.insert(slot);
        more
    }
}

fn split(slot: u32) -> (Option<usize>, u64) {
    let word = (slot / 64) as usize;
    (word.checked_sub(1), 1 << (slot % 64))
}

#[cfg(test)]
mod tests {
    use super::Slots;

    #[test]
    fn equal_sets_are_equal_however_they_came_about() {
        let mut grown = Slots::default();
        for slot in [3, 64, 200] {
            grown.insert(slot);
            assert!(grown.contains(slot));
        }
        grown.remove(200);
        assert!(!grown.contains(200) && grown.contains(64));
        grown.remove(64);
        assert_eq!(grown, Slots::default().with(3));
    }
}
