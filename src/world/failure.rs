//! Why an execution was given up before its end: what was found, or why nothing can be said.

use super::object::DataRace;
use super::operation::{At, Operation, ThreadId};

/// What an execution ended with.
#[derive(Clone, Debug)]
pub enum Failure {
    /// Two accesses to plain memory that nothing orders.
    DataRace {
        /// The memory, by its position among the execution's objects.
        object: u32,
        /// The accesses.
        race: Box<DataRace>,
    },
    /// Threads that can never go on.
    Deadlock {
        /// Each waiting thread.
        waits: Vec<Wait>,
    },
    /// Threads that go round without changing anything.
    Livelock {
        /// Each such thread.
        waits: Vec<Wait>,
    },
    /// A panic of the program's code.
    Panic(Panic),
    /// The program's code told something about the execution that makes it wrong.
    Violation(String),
    /// No judgement is honest.
    Undecided(Reason),
    /// The execution was cut off without a finding.
    Cut,
}

/// A thread that waits.
#[derive(Clone, Copy, Debug)]
pub struct Wait {
    /// Who.
    pub thread: ThreadId,
    /// The step that it cannot make.
    pub operation: Operation,
    /// The object, by its position among the execution's objects.
    pub slot: u32,
    /// Who holds the object, if it is a lock, and since which line.
    pub held_by: Option<(ThreadId, At)>,
}

/// A panic of the program's code.
#[derive(Clone, Debug)]
pub struct Panic {
    /// Who panicked.
    pub thread: ThreadId,
    /// Its message.
    pub message: String,
    /// Its line, if it is known.
    pub at: Option<String>,
}

/// Why nothing can be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// An object of the real world, or of another execution.
    Stranger {
        /// The line that made it.
        created: String,
        /// The line that used it.
        used: String,
    },
    /// An execution had more steps than were allowed.
    Steps {
        /// How many were allowed.
        max: usize,
    },
    /// The same schedule led to another step.
    NotDeterministic {
        /// What was expected and what came.
        step: String,
    },
    /// No object was touched by two threads.
    NothingShared,
    /// Not one execution was completed.
    NothingRan,
    /// The program did what this engine cannot model.
    NotModelled(String),
}
