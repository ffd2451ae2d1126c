//! The plain map: what a store guards, and what the calls mean one at a time.

use super::StoreError;
use std::collections::BTreeMap;
use std::fmt;

/// Names that one map holds at the most: names come from the network.
pub const NAMES_MAX: usize = 100_000;

/// Named counters. A tree, because nobody can flood it by choosing names.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Counters(BTreeMap<String, i64>);

impl fmt::Debug for Counters {
    /// `i = 1, j = 0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, (name, value)) in self.iter().enumerate() {
            let comma = if nth > 0 { ", " } else { "" };
            write!(f, "{comma}{name} = {value}")?;
        }
        Ok(())
    }
}

impl Counters {
    /// The value of `name`.
    pub fn get(&self, name: &str) -> Result<i64, StoreError> {
        self.0.get(name).copied().ok_or(StoreError::NotFound)
    }

    /// Gives `name` the value `value`.
    pub fn set(&mut self, name: &str, value: i64) -> Result<(), StoreError> {
        if let Some(counter) = self.0.get_mut(name) {
            *counter = value;
            return Ok(());
        }
        if self.0.len() >= NAMES_MAX {
            return Err(StoreError::Full);
        }
        self.0.insert(name.to_owned(), value);
        Ok(())
    }

    /// Names and values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, i64)> {
        self.0.iter().map(|(name, value)| (name.as_str(), *value))
    }

    /// Adds one to `name`.
    pub fn inc(&mut self, name: &str) -> Result<(), StoreError> {
        let counter = self.0.get_mut(name).ok_or(StoreError::NotFound)?;
        *counter = counter.checked_add(1).ok_or(StoreError::Overflow)?;
        Ok(())
    }
}

impl<N: Into<String>> FromIterator<(N, i64)> for Counters {
    fn from_iter<I: IntoIterator<Item = (N, i64)>>(counters: I) -> Self {
        Self(counters.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }
}
