//! Sequences of calls: which there are, and how many.

use super::Programs;
use std::ops::Range;

/// Sequences of up to so many calls, one of each class that is the same but for the names of keys.
#[derive(Clone, Debug)]
pub(crate) struct Sequences {
    programs: Programs,
    longest: usize,
}

/// Some of the numbers of the sequences of one length.
pub(crate) type Part = (usize, Range<u64>);

/// Parts that anybody would wait for.
const PARTS_MAX: u64 = 1 << 18;

impl Sequences {
    /// Of up to `longest` calls.
    pub(in crate::spec) fn new(programs: Programs, longest: usize) -> Self {
        Self { programs, longest }
    }

    /// How many there are; `u128::MAX` is too many. By Burnside's lemma, as programs are counted.
    pub(crate) fn count(&self) -> u128 {
        let ops = self.programs.ops;
        let left = |renaming: &[usize]| renaming.iter().enumerate().filter(|(op, to)| op == *to).count();
        let group = self.programs.renamings.iter().map(|renaming| left(renaming)).chain([ops]);
        let longest = u32::try_from(self.longest).unwrap_or(u32::MAX);
        let of = |left: usize| {
            (1..=longest).try_fold(0_u128, |sum, n| sum.checked_add((left as u128).checked_pow(n)?))
        };
        let sum = group.map(of).try_fold(0_u128, |sum, of| sum.checked_add(of?));
        sum.map_or(u128::MAX, |sum| sum / (self.programs.renamings.len() as u128 + 1))
    }

    /// All of them in parts of up to `size` numbers, the shortest first; none if nobody would wait for them.
    pub(crate) fn parts(&self, size: u64) -> Option<Vec<Part>> {
        let ops = self.programs.ops as u64;
        let all = ops.checked_pow(u32::try_from(self.longest).ok()?)?;
        if all / size > PARTS_MAX {
            return None;
        }
        let of_length = |n: usize| {
            let all = ops.pow(n as u32);
            (0..all.div_ceil(size)).map(move |part| (n, part * size..all.min((part + 1) * size)))
        };
        Some((1..=self.longest).flat_map(of_length).collect())
    }

    /// The sequences of a part, each as the numbers of its operations.
    pub(crate) fn of_part(self, (length, numbers): Part) -> impl Iterator<Item = Vec<usize>> {
        let ops = self.programs.ops as u64;
        let sequence = move |mut number: u64| {
            let mut calls = vec![0; length];
            for call in calls.iter_mut().rev() {
                *call = (number % ops) as usize;
                number /= ops;
            }
            calls
        };
        numbers.map(sequence).filter(move |calls| self.stands_for_its_class(calls))
    }

    /// Whether no renaming of keys makes a smaller sequence of it.
    fn stands_for_its_class(&self, calls: &[usize]) -> bool {
        let renamed = |renaming: &Vec<usize>| calls.iter().map(|op| renaming[*op]).collect::<Vec<_>>();
        self.programs.renamings.iter().all(|renaming| *calls <= *renamed(renaming))
    }
}
