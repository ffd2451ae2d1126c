//! Configurations that have been met, and which of them stand for others.

use super::hash::Map;
use super::slots::Slots;
use std::collections::hash_map::Entry;
use std::hash::Hash;

/// Configurations that have been met, each by a key and the calls that took effect though they
/// never return. Of those with one key, one with fewer such calls stands for one with more.
pub(super) struct Met<K> {
    /// A list as long as it is short: most often there are few, and they are compared sooner than
    /// hashed.
    few: Vec<(K, Slots)>,
    /// By key one that stands for others, and any more; most often there is one, which needs no memory of
    /// its own.
    many: Map<K, (Slots, Vec<Slots>)>,
    len: usize,
}

/// Configurations in the list.
const FEW_MAX: usize = 12;

impl<K> Default for Met<K> {
    fn default() -> Self {
        Self { few: Vec::new(), many: Map::default(), len: 0 }
    }
}

impl<K: Eq + Hash> Met<K> {
    /// `false` where one that was met before stands for this one.
    pub(super) fn insert(&mut self, key: K, loose: &Slots) -> bool {
        let fresh =
            if self.many.is_empty() { self.add(key, loose) } else { insert(&mut self.many, key, loose) };
        self.len += usize::from(fresh);
        fresh
    }

    /// The same to a short list, which becomes a table when it is no longer short.
    fn add(&mut self, key: K, loose: &Slots) -> bool {
        if self.few.iter().any(|(met, fewer)| *met == key && fewer.is_subset(loose)) {
            return false;
        }
        self.few.retain(|(met, more)| *met != key || !loose.is_subset(more));
        self.few.push((key, loose.clone()));
        if self.few.len() > FEW_MAX {
            for (key, loose) in self.few.drain(..) {
                insert(&mut self.many, key, &loose);
            }
        }
        true
    }

    /// Is this one of those that nothing stands for?
    pub(super) fn holds(&self, key: &K, loose: &Slots) -> bool {
        self.few.iter().any(|(met, slots)| met == key && slots == loose)
            || self.many.get(key).is_some_and(|(first, others)| first == loose || others.contains(loose))
    }

    pub(super) fn clear(&mut self) {
        self.few.clear();
        self.many.clear();
        self.len = 0;
    }

    /// How many were inserted.
    pub(super) fn len(&self) -> usize {
        self.len
    }
}

fn insert<K: Eq + Hash>(many: &mut Map<K, (Slots, Vec<Slots>)>, key: K, loose: &Slots) -> bool {
    match many.entry(key) {
        Entry::Vacant(entry) => {
            entry.insert((loose.clone(), Vec::new()));
        }
        Entry::Occupied(mut entry) => {
            let (first, others) = entry.get_mut();
            if first.is_subset(loose) || others.iter().any(|fewer| fewer.is_subset(loose)) {
                return false;
            }
            others.retain(|more| !loose.is_subset(more));
            if loose.is_subset(first) {
                *first = loose.clone();
            } else {
                others.push(loose.clone());
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same of a few configurations and of many.
    #[test]
    fn what_took_fewer_calls_stands_for_what_took_more() {
        for others in [0, 2 * FEW_MAX as u32] {
            let mut met = Met::default();
            assert!((1..=others).all(|key| met.insert(key, &Slots::of(&[key % 3]))));
            assert!(met.insert(0, &Slots::of(&[1, 2])));
            assert!(!met.insert(0, &Slots::of(&[1, 2])), "it is there");
            assert!(!met.insert(0, &Slots::of(&[1, 2, 70])), "fewer stand for more");
            assert!(met.insert(0, &Slots::of(&[1, 3])), "neither stands for the other");
            assert!(met.holds(&0, &Slots::of(&[1, 2])) && met.holds(&0, &Slots::of(&[1, 3])));
            assert!(met.insert(0, &Slots::of(&[1])), "it stands for both");
            assert!(
                met.holds(&0, &Slots::of(&[1]))
                    && !met.holds(&0, &Slots::of(&[1, 2]))
                    && !met.holds(&0, &Slots::of(&[1, 3]))
            );
            assert!(!met.holds(&0, &Slots::of(&[])) && !met.holds(&(others + 1), &Slots::of(&[1])));
            assert_eq!(met.len(), others as usize + 3);
            met.clear();
            assert!(met.insert(0, &Slots::of(&[1, 2])) && met.len() == 1);
        }
    }
}
