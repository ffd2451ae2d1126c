//! What is held under keys, where most keys hold the same.

use std::borrow::Borrow;

/// The values that differ from what a key holds at first, in the order of their keys: equal
/// contents are equal, and one that holds little costs little to copy, which a search over
/// states does all the time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Entries<K, V>(Vec<(K, V)>);

impl<K, V> Default for Entries<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord + Clone, V: Clone> Entries<K, V> {
    fn place<Q: Ord + ?Sized>(&self, key: &Q) -> Result<usize, usize>
    where
        K: Borrow<Q>,
    {
        self.0.binary_search_by(|(other, _)| other.borrow().cmp(key))
    }

    pub(super) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.place(key).ok().map(|place| &self.0[place].1)
    }

    /// The same with `value` under `key`, or with nothing there; `owned` makes a key.
    pub(super) fn with<Q: Ord + ?Sized>(&self, key: &Q, value: Option<V>, owned: impl FnOnce() -> K) -> Self
    where
        K: Borrow<Q>,
    {
        let (before, own, after) = match self.place(key) {
            Ok(place) => (&self.0[..place], Some(&self.0[place].0), &self.0[place + 1..]),
            Err(place) => (&self.0[..place], None, &self.0[place..]),
        };
        let mut entries = Vec::with_capacity(before.len() + usize::from(value.is_some()) + after.len());
        entries.extend_from_slice(before);
        entries.extend(value.map(|value| (own.cloned().unwrap_or_else(owned), value)));
        entries.extend_from_slice(after);
        Self(entries)
    }

    /// Those whose keys are `kept`.
    pub(super) fn only(&self, kept: impl Fn(&K) -> bool) -> Self {
        Self(self.0.iter().filter(|(key, _)| kept(key)).cloned().collect())
    }
}
