//! A spec that leaves a choice: a pop may take any element.

use crate::random::Random;
use raceproof::spec::Spec;

/// Elements, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Bag(Vec<u64>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    Push(u64),
    Pop,
}

pub fn op(random: &mut Random) -> Op {
    if random.one_in(2) { Op::Pop } else { Op::Push(random.below(3)) }
}

pub fn any(random: &mut Random) -> Bag {
    Bag((0..random.below(3)).collect())
}

impl Spec for Bag {
    type Op = Op;
    type Ret = Option<u64>;

    fn apply(&mut self, op: &Op) -> Option<u64> {
        match op {
            Op::Push(element) => {
                self.0.push(*element);
                self.0.sort_unstable();
                None
            }
            Op::Pop => self.0.pop(),
        }
    }

    fn next(&self, op: &Op, ret: Option<&Option<u64>>) -> Vec<Self> {
        if let Op::Push(_) = op {
            let mut next = self.clone();
            next.apply(op);
            return if ret.is_none_or(Option::is_none) { vec![next] } else { vec![] };
        }
        if self.0.is_empty() {
            return if ret.is_none_or(Option::is_none) { vec![self.clone()] } else { vec![] };
        }
        let without = |at: usize| {
            let mut next = self.clone();
            next.0.remove(at);
            next
        };
        let fits = |at: &usize| ret.is_none_or(|ret| *ret == Some(self.0[*at]));
        (0..self.0.len()).filter(fits).map(without).collect()
    }
}
