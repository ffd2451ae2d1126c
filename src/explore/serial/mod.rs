//! Every program of a size by sequences of calls: where each call is as one step, the ways in which threads can
//! make them come to no more than the orders of the calls.
//!
//! There are fewer of those by far: the programs of three threads with three calls each, of six operations,
//! have more than a thousand million executions, and six million sequences. Where a call is not as one step,
//! nothing is said, and the programs are explored one by one.

#[cfg(all(test, feature = "tokio"))]
mod brute;
mod reduction;
mod strategy;
#[cfg(all(test, feature = "tokio"))]
mod tests;

use super::agenda::Agenda;
use super::driver::{Program, drive};
use super::ended::Ended;
use super::judge::Judge;
use super::record::Record;
use super::subject::{Around, Op, run};
use super::{Engine, Explorer, checkpoint, watched};
use crate::spec::{Bounds, Part, Scenario, Sequences, Subject};
use crate::world::operation::At;
use std::any::type_name;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
pub(super) use strategy::Refusal;
use strategy::Serial;

#[cfg(all(test, feature = "tokio"))]
use reduction::why_not;

/// Programs that are explored one by one, whatever their calls are.
const ONE_BY_ONE: u128 = 20_000;

/// Sequences that are run between two looks at the bounds.
const PART: u64 = 4_096;

/// The refusals of parts, by their position.
type Refusals = Arc<Mutex<BTreeMap<usize, Refusal>>>;

impl Explorer {
    /// Whether the programs within `bounds` are many, and the whole of them is asked for.
    pub(super) fn wants_sequences<S: Subject>(&self, bounds: &Bounds<S::Spec>) -> bool {
        let is_whole = self.engine == Engine::Exhaustive && self.preemptions_max.is_none();
        let is_enough =
            || self.executions_max.is_none_or(|max| u128::from(max) >= bounds.sequences().count());
        is_whole && bounds.count() > ONE_BY_ONE && is_enough()
    }

    /// What sequences of calls say of every program within `bounds`: that each is explained in order, and that each
    /// call of it is as one step; or the refusal of the first of which this is not so. None if they
    /// cannot be run, or the search is to go on from somewhere else.
    pub(super) fn by_sequences<S: Subject>(
        &self,
        bounds: &Bounds<S::Spec>,
        around: &Around<Op<S>>,
        at: At,
        start: Instant,
    ) -> Option<Result<Ended, Refusal>> {
        let sequences = bounds.sequences();
        let parts = sequences.parts(PART)?;
        let what = checkpoint::hash(&(&bounds.initial, bounds.ops(), bounds.size(), bounds.count(), around));
        let program = format!("{} by sequences {what}", type_name::<S>());
        let agenda = Agenda::new(self, self.search_of(at, program, parts.len())).ok()?;
        let refusals = Refusals::default();
        let search = Search::<S> { bounds: bounds.clone(), around: around.clone(), sequences, parts };
        let (this, noted) = (self.clone(), Arc::clone(&refusals));
        let of = search.parts.len();
        let ended = watched(move || {
            this.each(agenda, ("part", of), start, |_, part, _| {
                let (ended, refusal) = search.run_part(part, this.steps_max);
                if let Some(refusal) = refusal {
                    noted.lock().unwrap_or_else(PoisonError::into_inner).insert(part, refusal);
                }
                ended
            })
        });
        let first = refusals.lock().unwrap_or_else(PoisonError::into_inner).pop_first();
        Some(match first {
            Some((_, refusal)) => Err(refusal),
            None => Ok(Ended { programs: Some(bounds.count()), ..ended }),
        })
    }
}

/// The sequences of a subject.
struct Search<S: Subject> {
    bounds: Bounds<S::Spec>,
    around: Around<Op<S>>,
    sequences: Sequences,
    parts: Vec<Part>,
}

impl<S: Subject> Search<S> {
    /// Runs the sequences of a part up to the first that is refused, which ends the search.
    fn run_part(&self, part: usize, steps_max: usize) -> (Ended, Option<Refusal>) {
        let record = Arc::new(Record::new(self.bounds.initial.clone()));
        let judge = Arc::clone(&record) as Arc<dyn Judge>;
        let scenario = Arc::new(Mutex::new(Scenario { threads: Vec::new() }));
        let (next, ops) = (Arc::clone(&scenario), self.bounds.ops().to_vec());
        let set = move |calls: &Vec<usize>| {
            let threads = calls.iter().map(|op| vec![ops[*op].clone()]).collect();
            next.lock().unwrap_or_else(PoisonError::into_inner).threads = threads;
        };
        let around = self.around.clone();
        let program: Program = Arc::new(move || {
            let scenario = scenario.lock().unwrap_or_else(PoisonError::into_inner).clone();
            run::<S>(&scenario, &around, &record);
        });
        let sequences = self.sequences.clone().of_part(self.parts[part].clone()).inspect(set);
        let (serial, counts) = drive(&program, Serial::new(sequences, judge), steps_max);
        let limits = counts.limits.list();
        let ended = match &serial.refusal {
            Some(refusal) => Ended::undecided(refusal.why.clone()),
            None => Ended { counts, limits, ..Ended::default() },
        };
        (ended, serial.refusal)
    }
}
