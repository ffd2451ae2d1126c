//! How many executions an exhaustive search will have, before it begins.
//!
//! A random descent goes down one execution, picking evenly among all that can go on, and weighs it by one over
//! its chance: so descents would count every interleaving (Knuth, Math. Comp. 29, 1975). The search runs one
//! execution of each order of steps, and an order has as many interleavings as its steps can be written down
//! one after the other. Divided by that number, descents count orders: the mean of many tends to what the
//! search will run.

use super::driver::{Program, Restart, Strategy, drive};
use super::order::Order;
use super::schedule::{Pick, Schedule};
use crate::spec::Random;
use crate::world::execution::Execution;
use crate::world::operation::ThreadId;
use shuttle::scheduler::Task;
use std::collections::BTreeMap;

/// Descents of one program.
const DESCENTS: u32 = 100;

/// Sets of steps that are looked at in counting the interleavings of one order.
const SETS_MAX: usize = 20_000;

/// About how many executions an exhaustive search of `program` has. None where the interleavings of an order
/// are too many to count.
pub fn executions(program: &Program, steps_max: usize) -> Option<f64> {
    let (descent, _) = drive(program, Descent::new(DESCENTS), steps_max);
    (descent.done > 0).then(|| descent.sum / f64::from(descent.done))
}

/// Random descents.
struct Descent {
    left: u32,
    random: Random,
    order: Order,
    /// One over the chance of the current execution.
    weight: f64,
    sum: f64,
    done: u32,
}

impl Descent {
    fn new(descents: u32) -> Self {
        let random = Random::new(1);
        Self { left: descents, random, order: Order::default(), weight: 1.0, sum: 0.0, done: 0 }
    }
}

impl Strategy for Descent {
    fn restart(&mut self) -> Restart {
        (self.sum, self.done) = (0.0, 0);
        Restart::Anew
    }

    fn begin(&mut self) -> bool {
        self.weight = 1.0;
        self.left > 0
    }

    fn pick(&mut self, execution: &Execution, enabled: &[ThreadId], _: &[&Task]) -> Option<Pick> {
        let ways: Vec<Pick> = enabled.iter().flat_map(|id| super::bounded::ways(execution, *id)).collect();
        self.weight *= ways.len() as f64;
        Some(ways[self.random.below(ways.len())])
    }

    fn end(&mut self, execution: &mut Execution, _: &Schedule) -> bool {
        self.left -= 1;
        self.order.work_out(execution);
        let Some(interleavings) = interleavings(&self.order) else {
            self.done = 0;
            return false;
        };
        self.sum += self.weight / interleavings;
        self.done += 1;
        true
    }
}

/// In how many ways the steps of an order can be written down one after the other. None beyond `SETS_MAX` sets
/// of steps that come first.
pub fn interleavings(order: &Order) -> Option<f64> {
    // How many steps of each thread have been written down, and in how many ways.
    let mut sets: BTreeMap<Vec<u32>, f64> = BTreeMap::from([(vec![0; order.threads()], 1.0)]);
    for _ in 0..order.steps.len() {
        let mut longer: BTreeMap<Vec<u32>, f64> = BTreeMap::new();
        for (set, ways) in sets {
            for next in order.next_behind(&set) {
                let mut set = set.clone();
                set[next.index()] += 1;
                *longer.entry(set).or_default() += ways;
            }
        }
        sets = longer;
        if sets.len() > SETS_MAX {
            return None;
        }
    }
    Some(sets.into_values().sum())
}
