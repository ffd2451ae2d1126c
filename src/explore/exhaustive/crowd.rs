//! Where the orders come from: on which objects threads race, and which threads do.

use crate::explore::names::name_of;
use crate::explore::order::Step;
use crate::world::execution::Execution;
use crate::world::operation::{ObjectId, ThreadId};

/// Races so far, by object and by the threads of the two steps.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Crowd(Vec<Races>);

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Races {
    object: ObjectId,
    of: (ThreadId, ThreadId),
    number: u64,
}

/// Objects that are named, and threads of each.
const NAMED_MAX: usize = 3;

impl Crowd {
    /// Two steps race.
    pub fn note(&mut self, first: &Step, later: &Step) {
        let (object, of) = (first.object, (first.thread, later.thread));
        match self.0.iter_mut().find(|races| races.object == object && races.of == of) {
            Some(races) => races.number += 1,
            None => self.0.push(Races { object, of, number: 1 }),
        }
    }

    /// The objects with the most races, their share in percent, and the threads that race there the most, by their
    /// names in this execution.
    pub fn largest(&self, execution: &Execution) -> Vec<String> {
        let all: u64 = self.0.iter().map(|races| races.number).sum();
        let objects =
            most(self.0.iter().map(|races| (races.object, races.number)), |id| (id.creator, id.nth));
        let name = |(id, number): &(ObjectId, u64)| {
            let slot = execution.objects.iter().position(|object| object.id == *id)?;
            let threads = self.threads(*id).map(|id| execution.thread_name(id));
            let threads: Vec<_> = threads.collect();
            Some(format!(
                "{} {} % ({})",
                name_of(execution, slot as u32),
                100 * number / all,
                threads.join(", ")
            ))
        };
        objects.iter().take(NAMED_MAX).filter_map(name).collect()
    }

    /// Those who race the most on an object, in the order in which they were started.
    fn threads(&self, object: ObjectId) -> impl Iterator<Item = ThreadId> {
        let races = self.0.iter().filter(|races| races.object == object);
        let each = races.flat_map(|races| [(races.of.0, races.number), (races.of.1, races.number)]);
        let mut threads: Vec<_> =
            most(each, |id| *id).into_iter().take(NAMED_MAX).map(|(id, _)| id).collect();
        threads.sort_unstable();
        threads.into_iter()
    }
}

/// Each key with its sum, the largest first, and those of one sum in an order that does not depend on luck.
fn most<K: Copy + PartialEq, O: Ord>(
    each: impl Iterator<Item = (K, u64)>,
    order: impl Fn(&K) -> O,
) -> Vec<(K, u64)> {
    let mut sums: Vec<(K, u64)> = Vec::new();
    for (key, number) in each {
        match sums.iter_mut().find(|(known, _)| *known == key) {
            Some((_, sum)) => *sum += number,
            None => sums.push((key, number)),
        }
    }
    sums.sort_by_key(|(key, sum)| (u64::MAX - sum, order(key)));
    sums
}
