//! Where the orders come from: on which objects threads race, and which threads do.

use crate::explore::names::name_of;
use crate::explore::order::Step;
use crate::world::execution::Execution;
use crate::world::operation::ObjectId;

/// Races so far, by object.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Crowd(Vec<(ObjectId, u64)>);

/// Objects that are named.
const NAMED_MAX: usize = 3;

impl Crowd {
    /// Two threads race on the object of this step.
    pub fn note(&mut self, step: &Step) {
        match self.0.iter_mut().find(|(object, _)| *object == step.object) {
            Some((_, races)) => *races += 1,
            None => self.0.push((step.object, 1)),
        }
    }

    /// The objects with the most races, and their share in percent, by their names in this execution.
    pub fn largest(&self, execution: &Execution) -> Vec<String> {
        let all: u64 = self.0.iter().map(|(_, races)| races).sum();
        let mut objects: Vec<(u64, ObjectId)> = self.0.iter().map(|(id, races)| (*races, *id)).collect();
        objects.sort_by_key(|(races, id)| (u64::MAX - races, id.creator, id.nth));
        let name = |(races, id): &(u64, ObjectId)| {
            let slot = execution.objects.iter().position(|object| object.id == *id)?;
            Some(format!("{} {} %", name_of(execution, slot as u32), 100 * races / all))
        };
        objects.iter().take(NAMED_MAX).filter_map(name).collect()
    }
}
