//! Some programs, drawn by chance.

use super::{Program, Programs, in_order, renamed};
use std::collections::HashSet;

/// Draws for each program that is asked for, before there are no more to be found.
const DRAWS: usize = 100;

/// Numbers by chance, the same for the same seed (splitmix64).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        // The high half of a product: as even as 64 bits allow.
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    /// Leaves so many of `all`, in their order.
    pub(in crate::spec) fn keep<T>(&mut self, many: usize, all: &mut Vec<T>) {
        let (mut left, mut wanted) = (all.len(), many.min(all.len()));
        all.retain(|_| {
            let kept = self.below(left.max(1)) < wanted;
            left -= 1;
            wanted -= usize::from(kept);
            kept
        });
    }
}

impl Programs {
    /// So many programs within these bounds, from the smallest up; fewer where chance finds no more.
    pub(in crate::spec) fn sample(
        &self,
        many: usize,
        threads: usize,
        per_thread: usize,
        seed: u64,
    ) -> Vec<Program> {
        let mut random = Random::new(seed);
        let mut found = HashSet::new();
        for _ in 0..many.saturating_mul(DRAWS) {
            if found.len() == many {
                break;
            }
            found.insert(self.one(threads, per_thread, &mut random));
        }
        let mut found: Vec<Program> = found.into_iter().collect();
        let calls = |program: &Program| program.iter().map(Vec::len).sum::<usize>();
        found.sort_by(|a, b| (calls(a), a.len(), a).cmp(&(calls(b), b.len(), b)));
        found
    }

    fn one(&self, threads: usize, per_thread: usize, random: &mut Random) -> Program {
        let threads = 2 + random.below(threads - 1);
        let mut thread = || {
            let calls = 1 + random.below(per_thread);
            (0..calls).map(|_| random.below(self.ops)).collect()
        };
        let mut program: Program = (0..threads).map(|_| thread()).collect();
        if self.symmetry {
            in_order(&mut program);
            let names = self.renamings.iter().map(|renaming| renamed(&program, renaming));
            program = names.fold(program.clone(), Ord::min);
        }
        program
    }
}
