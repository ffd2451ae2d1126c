//! How many programs there are, without making them.
//!
//! Programs are sets of threads with repetition, and a class is an orbit of them under the renamings of
//! keys. By Burnside's lemma there are as many classes as programs that a renaming leaves as they are, on
//! average over all renamings. A renaming leaves a program as it is when it leaves the cycles of
//! threads that it turns whole: with `c(k)` cycles of `k` threads, the programs of `t` threads that it
//! leaves are the coefficient of `x^t` in the product of `(1 - x^k)^-c(k)`.

use super::Programs;

impl Programs {
    /// The programs of 2 to `threads` threads with 1 to `per_thread` calls in each; `u128::MAX` where they
    /// are more.
    pub(in crate::spec) fn count(&self, threads: usize, per_thread: usize) -> u128 {
        self.exact(threads, per_thread).unwrap_or(u128::MAX)
    }

    fn exact(&self, threads: usize, per_thread: usize) -> Option<u128> {
        if threads < 2 || per_thread == 0 || self.ops == 0 {
            return Some(0);
        }
        let identity: Vec<usize> = (0..self.ops).collect();
        if !self.symmetry {
            let sequences = left(&identity, 1, per_thread)?;
            return (2..=threads).try_fold(0_u128, |sum, t| sum.checked_add(power(sequences, t)?));
        }
        let mut sum: u128 = 0;
        for renaming in std::iter::once(&identity).chain(&self.renamings) {
            let left = of_sets(&cycles(renaming, threads, per_thread)?)?;
            sum = left[2..].iter().try_fold(sum, |sum, n| sum.checked_add(*n))?;
        }
        Some(sum / (self.renamings.len() as u128 + 1))
    }
}

/// For each `k` from 0 to `most`: how many cycles of `k` threads the renaming turns.
fn cycles(renaming: &[usize], most: usize, per_thread: usize) -> Option<Vec<u128>> {
    // Those that are left by the k-th power lie in cycles whose length divides k.
    let mut cycles = vec![0_u128; most + 1];
    for k in 1..=most {
        let shorter = (1..k).filter(|length| k % length == 0);
        let in_shorter: u128 = shorter.map(|length| length as u128 * cycles[length]).sum();
        cycles[k] = (left(renaming, k, per_thread)? - in_shorter) / k as u128;
    }
    Some(cycles)
}

/// How many threads of 1 to `per_thread` calls the `k`-th power of the renaming leaves as they are.
fn left(renaming: &[usize], k: usize, per_thread: usize) -> Option<u128> {
    let turned = |op: usize| (0..k).fold(op, |op, _| renaming[op]);
    let ops = (0..renaming.len()).filter(|op| turned(*op) == *op).count() as u128;
    (1..=per_thread).try_fold(0_u128, |sum, length| sum.checked_add(power(ops, length)?))
}

fn power(base: u128, exponent: usize) -> Option<u128> {
    base.checked_pow(u32::try_from(exponent).ok()?)
}

/// How many sets with repetition there are of each size, of `cycles[k]` things of the size `k`.
fn of_sets(cycles: &[u128]) -> Option<Vec<u128>> {
    let mut sets = vec![0_u128; cycles.len()];
    sets[0] = 1;
    for (k, things) in cycles.iter().enumerate().skip(1) {
        let mut more = vec![0_u128; cycles.len()];
        for (size, count) in sets.iter().enumerate().filter(|(_, count)| **count > 0) {
            let mut choices: u128 = 1;
            for times in 0..=(cycles.len() - 1 - size) / k {
                let place = &mut more[size + times * k];
                *place = place.checked_add(count.checked_mul(choices)?)?;
                // From sets of `times` of the things to sets of one more.
                choices = choices.checked_mul(things.checked_add(times as u128)?)? / (times as u128 + 1);
            }
        }
        sets = more;
    }
    Some(sets)
}
