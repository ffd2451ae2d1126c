//! Programs over operations by number: which there are, how many, and some of them.

mod count;
mod sample;
#[cfg(feature = "model")]
mod sequences;
mod symmetry;
#[cfg(test)]
mod tests;

pub(crate) use sample::Random;
#[cfg(feature = "model")]
pub(crate) use sequences::{Part, Sequences};

use super::Spec;
use symmetry::renamings_around;

/// Per thread, the operations that it calls, by number.
type Program = Vec<Vec<usize>>;

/// Programs over some operations, and what renaming keys makes of each operation.
#[derive(Clone, Debug)]
pub(super) struct Programs {
    ops: usize,
    /// Each a map from operations to operations; the identity is not among them.
    renamings: Vec<Vec<usize>>,
    /// One of each class; otherwise every one, in every order of its threads.
    symmetry: bool,
}

impl Programs {
    /// Programs of `ops`; the calls `around` them are the same in all.
    pub(super) fn new<S: Spec>(initial: &S, ops: &[S::Op], around: &[S::Op], symmetry: bool) -> Self {
        let renamings = if symmetry { renamings_around(initial, ops, around) } else { Vec::new() };
        Self { ops: ops.len(), renamings, symmetry }
    }

    /// Appends the programs of exactly so many threads and calls, of which those that stand for their class.
    pub(super) fn of_size(&self, threads: usize, calls: usize, per_thread: usize, found: &mut Vec<Program>) {
        if self.ops > 0 {
            self.extend(threads, calls, per_thread, &mut Vec::new(), found);
        }
    }

    /// Threads in ascending order, longest first, so that each set of threads is built once; in every
    /// order without symmetry.
    fn extend(
        &self,
        threads: usize,
        calls: usize,
        per_thread: usize,
        program: &mut Program,
        found: &mut Vec<Program>,
    ) {
        if threads == 0 {
            if calls == 0 && self.stands_for_its_class(program) {
                found.push(program.clone());
            }
            return;
        }
        let before = program.last().filter(|_| self.symmetry);
        let longest = per_thread.min(calls - (threads - 1)).min(before.map_or(per_thread, Vec::len));
        let enough = |len: &usize| !self.symmetry || len * threads >= calls;
        for len in (1..=longest).rev().filter(enough) {
            let first = program.last().filter(|last| self.symmetry && last.len() == len).cloned();
            let mut thread = first.unwrap_or_else(|| vec![0; len]);
            loop {
                program.push(thread.clone());
                self.extend(threads - 1, calls - len, per_thread, program, found);
                program.pop();
                if !self.next(&mut thread) {
                    break;
                }
            }
        }
    }

    /// The next thread of the same length, in lexicographic order.
    fn next(&self, thread: &mut [usize]) -> bool {
        for op in thread.iter_mut().rev() {
            *op += 1;
            if *op < self.ops {
                return true;
            }
            *op = 0;
        }
        false
    }

    /// The program that stands for the class of this one.
    #[cfg(feature = "model")]
    pub(super) fn standing_for(&self, program: &Program) -> Program {
        let identity: Vec<usize> = (0..self.ops).collect();
        let all = self.renamings.iter().chain([&identity]).map(|renaming| renamed(program, renaming));
        if self.symmetry { all.min().unwrap_or_default() } else { program.clone() }
    }

    /// Whether no renaming of keys makes a smaller program of it.
    fn stands_for_its_class(&self, program: &Program) -> bool {
        self.renamings.iter().all(|renaming| *program <= renamed(program, renaming))
    }
}

/// The same program with other names for its keys.
fn renamed(program: &Program, renaming: &[usize]) -> Program {
    let rename = |thread: &Vec<usize>| thread.iter().map(|op| renaming[*op]).collect::<Vec<_>>();
    let mut renamed: Program = program.iter().map(rename).collect();
    in_order(&mut renamed);
    renamed
}

/// Puts the threads of a program into the order in which they are enumerated.
fn in_order(program: &mut Program) {
    program.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
}
