//! Objects of an execution: how they are made, and where they are found.

use super::Execution;
use crate::world::object::{Object, State};
use crate::world::operation::{At, ObjectId, ThreadId};
use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};

thread_local! {
    /// How many objects of the facade its executions have made more than were dropped on this thread.
    static KEPT: Cell<i64> = const { Cell::new(0) };
}

/// A number for this thread of the operating system, which no other has.
pub fn explorer() -> u32 {
    super::with(Execution::number_explorer)
}

/// Whether it was made on this thread of the operating system, or that is about to end.
pub fn is_own(place: Place) -> bool {
    let explorer = super::EXECUTION.try_with(|execution| Some(execution.try_borrow().ok()?.explorer));
    explorer.ok().flatten().is_none_or(|explorer| explorer == place.explorer)
}

/// There are so many more objects of the facade that this thread has made.
pub fn keep(more: i64) {
    // Where the thread ends, nobody asks any more.
    let _ = KEPT.try_with(|kept| kept.set(kept.get() + more));
}

/// How many there are, which are not counted again.
pub fn kept() -> i64 {
    KEPT.take()
}

/// Where an object is found: who it is, and its slot in one execution.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Who it is, in every execution.
    pub id: ObjectId,
    /// Which execution made it.
    pub execution: u64,
    /// Which thread of the operating system that was of.
    pub explorer: u32,
    /// Its position among that execution's objects.
    pub slot: u32,
}

impl Execution {
    pub(super) fn number_explorer(&mut self) -> u32 {
        static EXPLORERS: AtomicU32 = AtomicU32::new(1);
        if self.explorer == 0 {
            // Relaxed: a number is all that is told.
            self.explorer = EXPLORERS.fetch_add(1, Ordering::Relaxed);
        }
        self.explorer
    }

    /// The object, if this execution has made it.
    pub fn object_mut(&mut self, place: Place) -> Option<&mut Object> {
        if self.made(place) { self.objects.get_mut(place.slot as usize) } else { None }
    }

    /// Where the object of this slot is found.
    pub fn place_of(&self, slot: u32) -> Place {
        Place { id: self.objects[slot as usize].id, execution: self.number, explorer: self.explorer, slot }
    }

    /// Whether it is an object of this execution.
    pub fn made(&self, place: Place) -> bool {
        (self.number, self.explorer) == (place.execution, place.explorer)
    }

    /// Makes an object of the current thread.
    pub fn create(&mut self, noun: &'static str, created: At, state: State) -> Place {
        let creator = self.current;
        let thread = &mut self.threads[creator.index()];
        let id = ObjectId { creator, nth: thread.objects };
        thread.objects += 1;
        let slot = self.objects.len() as u32;
        self.objects.push(Object { id, created, noun, state, user: None, shared: false });
        self.place_of(slot)
    }

    /// Makes the object of the `nth` static, which any thread may use first.
    pub fn create_static(&mut self, noun: &'static str, created: At, nth: u32, state: State) -> Place {
        let id = ObjectId { creator: ThreadId::STATICS, nth };
        let slot = self.objects.len() as u32;
        self.objects.push(Object { id, created, noun, state, user: None, shared: false });
        self.place_of(slot)
    }

    /// A name for a future of the current thread: the same in every execution.
    pub fn name(&mut self) -> ObjectId {
        let (creator, thread) = (self.current, &mut self.threads[self.current.index()]);
        thread.objects += 1;
        ObjectId { creator, nth: thread.objects - 1 }
    }

    /// Plain memory that the current thread makes.
    pub fn create_cell(&mut self, created: At) -> Place {
        let state = State::cell(self.current, created, &self.threads[self.current.index()].knowledge);
        self.create("cell", created, state)
    }
}
