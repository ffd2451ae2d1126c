//! A set of calls, each by its slot.

/// Two words in memory: few histories have more than 64 calls under way at a time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Slots {
    /// Slots 0 to 63.
    Few(u64),
    /// More of them; never ends in a zero, and has two words at least, so that equal sets
    /// are equal.
    Many(Box<[u64]>),
}

impl Default for Slots {
    fn default() -> Self {
        Self::Few(0)
    }
}

impl Slots {
    fn words(&self) -> &[u64] {
        match self {
            Self::Few(word) => std::slice::from_ref(word),
            Self::Many(words) => words,
        }
    }

    fn from_words(mut words: Vec<u64>) -> Self {
        while words.len() > 1 && words.last() == Some(&0) {
            words.pop();
        }
        if words.len() == 1 { Self::Few(words[0]) } else { Self::Many(words.into()) }
    }

    pub(super) fn contains(&self, slot: u32) -> bool {
        match self {
            Self::Few(word) => slot < 64 && word >> slot & 1 != 0,
            Self::Many(words) => {
                words.get((slot / 64) as usize).is_some_and(|word| word >> (slot % 64) & 1 != 0)
            }
        }
    }

    pub(super) fn insert(&mut self, slot: u32) {
        let place = (slot / 64) as usize;
        match self {
            Self::Few(word) if slot < 64 => *word |= 1 << slot,
            Self::Many(words) if place < words.len() => words[place] |= 1 << (slot % 64),
            _ => {
                let mut words = self.words().to_vec();
                words.resize(place + 1, 0);
                words[place] |= 1 << (slot % 64);
                *self = Self::Many(words.into());
            }
        }
    }

    pub(super) fn remove(&mut self, slot: u32) {
        match self {
            Self::Few(word) if slot < 64 => *word &= !(1 << slot),
            Self::Few(_) => {}
            Self::Many(words) => {
                let mut words = words.to_vec();
                if let Some(word) = words.get_mut((slot / 64) as usize) {
                    *word &= !(1 << (slot % 64));
                }
                *self = Self::from_words(words);
            }
        }
    }

    pub(super) fn is_subset(&self, other: &Self) -> bool {
        if let (Self::Few(one), Self::Few(two)) = (self, other) {
            return one & !two == 0;
        }
        let others = other.words().iter().chain(std::iter::repeat(&0));
        self.words().iter().zip(others).all(|(one, two)| one & !two == 0)
    }
}

#[cfg(test)]
impl Slots {
    /// A set of these.
    pub(super) fn of(slots: &[u32]) -> Self {
        let mut set = Self::default();
        for slot in slots {
            set.insert(*slot);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::Slots;

    #[test]
    fn equal_sets_are_equal_however_they_came_about() {
        let mut grown = Slots::of(&[3, 64, 200]);
        for slot in [3, 64, 200] {
            assert!(grown.contains(slot));
        }
        grown.remove(200);
        assert!(!grown.contains(200) && grown.contains(64) && !grown.contains(63));
        grown.remove(64);
        assert_eq!(grown, Slots::of(&[3]));
    }

    #[test]
    fn a_subset_may_be_shorter() {
        assert!(Slots::of(&[3]).is_subset(&Slots::of(&[3, 64])));
        assert!(Slots::of(&[64]).is_subset(&Slots::of(&[3, 64])));
        assert!(!Slots::of(&[3, 64]).is_subset(&Slots::of(&[3])));
        assert!(!Slots::of(&[3, 200]).is_subset(&Slots::of(&[3, 64])));
        assert!(Slots::of(&[]).is_subset(&Slots::of(&[])));
    }
}
