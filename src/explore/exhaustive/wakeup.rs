//! Wakeup trees: the sequences of steps that are still to be run from a point of the search.
//!
//! A sequence is put in only if no branch covers it already, and goes behind the branches that are there.
//! So no execution is begun that turns out to be one that was run before (Abdulla, Aronis, Jonsson and
//! Sagonas, "Source sets: a foundation for optimal dynamic partial order reduction", J. ACM 64(4), 2017,
//! section 6).

use crate::explore::order::{Begin, Sequence, Step};
use crate::world::operation::ThreadId;

/// Branches in the order in which they will be run. Without branches, anything may follow.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Tree {
    branches: Vec<(Step, Tree)>,
}

impl Tree {
    /// Whether anything may follow.
    pub fn is_empty(&self) -> bool {
        self.branches.is_empty()
    }

    /// The number of branches.
    pub fn len(&self) -> usize {
        self.branches.len()
    }

    /// A branch of one step, behind the others.
    pub fn add_step(&mut self, step: Step) {
        self.branches.push((step, Self::default()));
    }

    /// Takes the first branch out.
    pub fn take_first(&mut self) -> Option<(Step, Self)> {
        (!self.branches.is_empty()).then(|| self.branches.remove(0))
    }

    /// Takes the first branch out that can be run. Those before it wait for what cannot come before them.
    pub fn take_first_of(&mut self, enabled: &[ThreadId]) -> Option<(Step, Self)> {
        let possible = |(step, _): &(Step, Self)| enabled.contains(&step.thread);
        let first = self.branches.iter().position(possible).unwrap_or(self.branches.len());
        self.branches.drain(..first);
        self.take_first()
    }

    /// Puts a sequence in, unless a branch covers it.
    pub fn insert(&mut self, mut sequence: Sequence<'_>) {
        let mut tree = self;
        loop {
            if sequence.is_empty() {
                return;
            }
            let found = tree
                .branches
                .iter()
                .enumerate()
                .find_map(|(i, (step, _))| sequence.can_begin_with(step).map(|at| (i, at)));
            let Some((branch, at)) = found else {
                return tree.branches.push(chain(&sequence));
            };
            if let Begin::At(at) = at {
                sequence.remove(at);
            }
            tree = &mut tree.branches[branch].1;
            // A leaf: whatever follows it will be found from there.
            if tree.is_empty() {
                return;
            }
        }
    }
}

fn chain(sequence: &Sequence<'_>) -> (Step, Tree) {
    let mut steps = sequence.steps().rev().cloned();
    let last = steps.next().expect("a sequence to be put in has steps");
    steps.fold((last, Tree::default()), |below, step| (step, Tree { branches: vec![below] }))
}
