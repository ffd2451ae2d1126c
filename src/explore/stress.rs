//! `stress`: the program on real threads, again and again. It never proves.

use super::Ended;
use super::budget::Budget;
use super::driver::{Counts, Program};
use super::finding::Finding;
use crate::verdict::{Counterexample, Cut, Finding as What};
use crate::world::panic;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `program` until the budget is spent or it panics.
pub fn explore(program: &Program, mut budget: Budget) -> Ended {
    let mut counts = Counts { shared: true, ..Counts::default() };
    let finding = loop {
        counts.executions += 1;
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| program())) {
            break Some(panicked(&panic::message(&*payload)));
        }
        if !budget.spend() {
            break None;
        }
    };
    Ended { counts, finding, cut: Some(Cut::Sampling), limits: Vec::new() }
}

fn panicked(message: &str) -> Finding {
    Finding::Wrong(Box::new(Counterexample {
        finding: What::Panic,
        threads: Vec::new(),
        program: Vec::new(),
        rows: Vec::new(),
        preemptions: 0,
        why: message.lines().map(str::to_owned).collect(),
        schedule: None,
        seed: None,
    }))
}
