//! A fast hasher for states and configurations.
//!
//! What is hashed here was made by the search itself, and a collision costs time only.
//! It is the same in every run, so that nothing can depend on luck.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hash, Hasher};

pub(super) type Map<K, V> = HashMap<K, V, BuildHasherDefault<Fast>>;
pub(super) type Set<K> = HashSet<K, BuildHasherDefault<Fast>>;

/// Multiplies and rotates a word at a time.
#[derive(Default)]
pub(super) struct Fast(u64);

const ODD: u64 = 0x9e37_79b9_7f4a_7c15;

impl Hasher for Fast {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, n: u8) {
        self.write_u64(u64::from(n));
    }

    fn write_u32(&mut self, n: u32) {
        self.write_u64(u64::from(n));
    }

    fn write_u64(&mut self, n: u64) {
        self.0 = (self.0.rotate_left(23) ^ n).wrapping_mul(ODD);
    }

    fn write_usize(&mut self, n: usize) {
        self.write_u64(n as u64);
    }

    fn finish(&self) -> u64 {
        // The tables index by the low bits, and the multiplication mixes upwards only.
        self.0 ^ (self.0 >> 32)
    }
}

pub(super) fn hash(value: &impl Hash) -> u64 {
    let mut hasher = Fast::default();
    value.hash(&mut hasher);
    hasher.finish()
}
