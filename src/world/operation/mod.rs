//! What one step does: an operation of one kind on one object, asked for by one line of the program.

mod ordering;
mod relation;

pub use relation::{Deed, Relation};

use super::object::barrier::Gate;
use super::object::belt::Belt;
use super::object::broadcast::Cast;
use super::object::condvar::Cv;
use super::object::mailbox::Mail;
use super::object::meeting::Meet;
use super::object::notify::Bell;
use super::object::once::Do;
use super::object::oneshot::Shot;
use super::object::posts::Post;
use super::object::rendezvous::Hand;
use super::object::rwlock::Rw;
use super::object::semaphore::Sem;
use super::object::thread::Parking;
use super::object::timer::Tick;
use std::fmt;
use std::panic::Location;
use std::sync::atomic::Ordering;

/// A line of the program under test.
pub type At = &'static Location<'static>;

/// The identity of a thread within a program: the same in every execution, in whatever order threads
/// were started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct ThreadId(pub u16);

impl ThreadId {
    /// The thread that runs the program itself.
    pub const MAIN: Self = Self(0);

    /// No thread: it stands for the lines of statics, which are made before any thread.
    pub const STATICS: Self = Self(u16::MAX);

    /// Its position in tables of threads.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// The identity of an object within a program: the thread that made it, and how many that thread had
/// made before. So it is the same in every execution, in whatever order objects were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct ObjectId {
    /// Who made it.
    pub creator: ThreadId,
    /// How many objects its creator had made before it.
    pub nth: u32,
}

impl ObjectId {
    /// A number for it, which is not 0.
    pub fn number(self) -> u64 {
        (u64::from(self.creator.0) + 1) << 32 | u64::from(self.nth)
    }
}

/// What a thread is about to do, before it does it: all that a scheduler needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// What it is done to.
    pub object: ObjectId,
    /// What is done.
    pub kind: Kind,
    /// The line that asked for it.
    pub at: At,
}

/// The kinds of operation, over all objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Kind {
    /// The last step of a thread.
    Exit,
    /// Waits for a thread's exit.
    Join,
    /// Asks whether a thread has exited.
    IsFinished,
    /// Lets others go first: `yield_now`, `spin_loop`.
    Yield,
    /// Takes a mutex, waiting for it.
    Lock,
    /// Takes a mutex if it is free.
    TryLock,
    /// Gives a mutex back.
    Unlock,
    /// To a lock for one writer or many readers.
    Rw(Rw),
    /// To a condition variable.
    Cv(Cv),
    /// To something that is done once.
    Once(Do),
    /// To a barrier.
    Gate(Gate),
    /// To a queue of messages with many receivers.
    Belt(Belt),
    /// To a channel without room: std's.
    Hand(Hand),
    /// To a channel without room, with many receivers.
    Meet(Meet),
    /// To the timers of a task.
    Timer(Tick),
    /// To permits that are handed out in order.
    Sem(Sem),
    /// To futures that wait to be notified.
    Bell(Bell),
    /// To what is posted to all who look.
    Post(Post),
    /// To a queue of messages with places that are handed out in order.
    Mail(Mail),
    /// To one message at most.
    Shot(Shot),
    /// To messages that each receiver sees.
    Cast(Cast),
    /// To the token of a thread that parks.
    Parking(Parking),
    /// Asks whether a lock is poisoned.
    IsPoisoned,
    /// Takes the poison off a lock.
    ClearPoison,
    /// Reads an atomic.
    Load(#[serde(with = "ordering")] Ordering),
    /// Writes an atomic.
    Store(#[serde(with = "ordering")] Ordering),
    /// Reads and writes an atomic in one.
    Rmw(#[serde(with = "ordering")] Ordering),
    /// Writes an atomic if it has the expected value: the orderings of success and of failure.
    CompareExchange(#[serde(with = "ordering")] Ordering, #[serde(with = "ordering")] Ordering),
    /// Orders atomics of one thread.
    Fence(#[serde(with = "ordering")] Ordering),
    /// Reads plain memory: no step, and checked for data races.
    CellRead,
    /// Writes plain memory: no step, and checked for data races.
    CellWrite,
    /// Sends into a channel, waiting for room.
    Send,
    /// Sends into a channel if there is room.
    TrySend,
    /// Receives from a channel, waiting for a message or the end.
    Recv,
    /// Receives from a channel if there is a message.
    TryRecv,
    /// One sender fewer.
    SenderDrop,
    /// No more messages are taken in.
    ReceiverClose,
    /// Asks a channel for its state.
    Query,
    /// Takes one of so many ways on; a branch of the search that is no schedule.
    Choose(u32),
    /// Polls a task again, once something that it waits for is there.
    Repoll,
    /// Wakes a task through its waker.
    Wake(ThreadId),
    /// Is about to call a waker that a task has put around its own.
    CallWaker(ThreadId),
    /// Asks a task to end at its next poll.
    Abort,
    /// Never goes on: another branch of the search shows what it would do.
    InVain,
}

/// How long a step waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Patience {
    /// For ever.
    Endless,
    /// For a time; but that the time is up is another branch of the search. So this one shows nothing
    /// new when nothing ends the wait.
    Covered,
    /// For a time, which is up when nothing else can go on: it has been up on this line before, whenever
    /// it could be.
    Bounded,
}

/// What a step turned out to be: two operations of one kind may commute or not by their outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Outcome {
    /// It did what it was asked for.
    Done,
    /// It did nothing: a `try_lock` of a held lock, a `compare_exchange` of another value, a send into a
    /// closed channel.
    Failed,
    /// It received the end of a channel.
    Ended,
    /// It has joined those who wait.
    Queued,
    /// It was let go on with all others who waited.
    Together,
    /// It took this way on.
    Chose(u32),
    /// Not known yet.
    Pending,
}

impl Kind {
    /// Whether it is an access to plain memory: recorded and checked, and no scheduling point.
    pub fn is_plain(self) -> bool {
        matches!(self, Self::CellRead | Self::CellWrite)
    }

    /// How long it waits, if it waits.
    pub fn patience(self) -> Patience {
        match self {
            Self::Cv(Cv::Wake(patience))
            | Self::Parking(Parking::Park(patience))
            | Self::Timer(Tick::Fire(_, patience))
            | Self::Belt(Belt::Fire(patience))
            | Self::Hand(Hand::Take(patience)) => patience,
            Self::InVain => Patience::Covered,
            _ => Patience::Endless,
        }
    }

    /// Whether there are states of its object in which it waits.
    pub fn may_wait(self) -> bool {
        match self {
            Self::Join | Self::Yield | Self::Lock | Self::Send | Self::Recv | Self::Repoll | Self::InVain => {
                true
            }
            Self::Rw(kind) => kind.may_wait(),
            Self::Cv(kind) => matches!(kind, Cv::Wake(_)),
            Self::Parking(kind) => matches!(kind, Parking::Park(_)),
            Self::Once(kind) => matches!(kind, Do::Begin | Do::Wait),
            Self::Gate(kind) => kind == Gate::Pass,
            Self::Belt(kind) => kind.may_wait(),
            Self::Hand(kind) => matches!(kind, Hand::Taken | Hand::Take(_)),
            Self::Meet(kind) => kind.may_wait(),
            Self::Timer(kind) => matches!(kind, Tick::Fire(_, Patience::Bounded) | Tick::Wait(_)),
            Self::Sem(kind) => matches!(kind, Sem::Wake(_)),
            Self::Bell(kind) => matches!(kind, Bell::Wake(_)),
            Self::Post(kind) => kind.may_wait(),
            Self::Mail(kind) => kind.may_wait(),
            Self::Shot(kind) => kind.may_wait(),
            Self::Cast(kind) => kind.may_wait(),
            _ => false,
        }
    }

    /// Whether it asks for what the step that it names has brought, if it succeeds, and could have asked before that
    /// was there.
    pub fn asks(self) -> bool {
        match self {
            Self::Mail(kind) => return kind.asks(),
            Self::Cast(kind) => return kind.asks(),
            _ => {}
        }
        matches!(self, Self::TryRecv | Self::TrySend | Self::Sem(Sem::Look(_)) | Self::Bell(Bell::Look(_)))
    }

    /// Whether it is a call of a waker.
    pub fn is_call(self) -> bool {
        matches!(self, Self::Wake(_) | Self::CallWaker(_))
    }

    /// Whether it may wait until a panic has unwound: nothing is asked of it, and nothing waits for it
    /// but others.
    pub fn may_be_late(self) -> bool {
        match self {
            Self::Post(kind) => return kind.may_be_late(),
            Self::Mail(kind) => return kind.may_be_late(),
            Self::Shot(kind) => return kind.may_be_late(),
            Self::Cast(kind) => return kind.may_be_late(),
            Self::Belt(kind) => return kind.may_be_late(),
            Self::Meet(kind) => return kind.may_be_late(),
            Self::Rw(kind) => return kind.gives_back(),
            _ => {}
        }
        matches!(self, Self::Unlock | Self::Sem(Sem::Release(_) | Sem::Leave(_)) | Self::Bell(Bell::Leave(_)))
    }

    /// Whether it gives back a lock, which may poison it.
    fn unlocks(self) -> bool {
        matches!(self, Self::Unlock | Self::Rw(Rw::WriteUnlock))
    }

    /// Whether it takes a lock, and learns whether it is poisoned.
    fn locks(self) -> bool {
        let rw = matches!(self, Self::Rw(Rw::Write | Rw::TryWrite | Rw::Read | Rw::TryRead));
        rw || matches!(self, Self::Lock | Self::TryLock)
    }

    /// Whether it may have changed what others see.
    pub fn changes(self, outcome: Outcome) -> bool {
        let looks = matches!(
            self,
            Self::Yield
                | Self::Repoll
                | Self::Load(_)
                | Self::Fence(_)
                | Self::CellRead
                | Self::IsFinished
                | Self::Timer(Tick::Look(_) | Tick::Wait(_))
                | Self::Query
                | Self::IsPoisoned
                | Self::Once(Do::Look | Do::State)
                | Self::Sem(Sem::Query)
                | Self::Bell(Bell::Make(_))
                | Self::Choose(_)
        );
        let looks = match self {
            Self::Post(kind) => kind.looks(),
            Self::Mail(kind) => kind.looks(),
            Self::Shot(kind) => kind.looks(),
            Self::Cast(kind) => kind.looks(),
            Self::Belt(kind) => kind.looks(),
            Self::Meet(kind) => kind.looks(),
            _ => looks,
        };
        !looks && outcome != Outcome::Failed
    }

    /// Whether it writes an atomic when it succeeds.
    fn writes(self, outcome: Outcome) -> bool {
        match self {
            Self::Store(_) | Self::Rmw(_) => true,
            Self::CompareExchange(..) => outcome != Outcome::Failed,
            _ => false,
        }
    }

    /// The ordering that it names; of two the one of success.
    pub fn ordering(self) -> Option<Ordering> {
        match self {
            Self::Load(ordering)
            | Self::Store(ordering)
            | Self::Rmw(ordering)
            | Self::Fence(ordering)
            | Self::CompareExchange(ordering, _) => Some(ordering),
            _ => None,
        }
    }

    /// Whether it names an ordering that is weaker than `SeqCst`.
    pub fn is_weak(self) -> bool {
        let is_weak = |ordering| ordering != Ordering::SeqCst;
        let of_failure = if let Self::CompareExchange(_, failure) = self { Some(failure) } else { None };
        self.ordering().is_some_and(is_weak) || of_failure.is_some_and(is_weak)
    }

    /// The word for it in a table of steps.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Exit => "exit",
            Self::Join => "join",
            Self::IsFinished => "is_finished",
            Self::Yield => "yield",
            Self::Lock => "lock",
            Self::TryLock => "try_lock",
            Self::Unlock => "unlock",
            Self::Rw(kind) => kind.verb(),
            Self::Cv(kind) => kind.verb(),
            Self::Parking(kind) => kind.verb(),
            Self::Once(kind) => kind.verb(),
            Self::Gate(kind) => kind.verb(),
            Self::Belt(kind) => kind.verb(),
            Self::Hand(kind) => kind.verb(),
            Self::Meet(kind) => kind.verb(),
            Self::Timer(kind) => kind.verb(),
            Self::Sem(kind) => kind.verb(),
            Self::Bell(kind) => kind.verb(),
            Self::Post(kind) => kind.verb(),
            Self::Mail(kind) => kind.verb(),
            Self::Shot(kind) => kind.verb(),
            Self::Cast(kind) => kind.verb(),
            Self::IsPoisoned => "is_poisoned",
            Self::ClearPoison => "clear_poison",
            Self::Load(_) => "load",
            Self::Store(_) => "store",
            Self::Rmw(_) => "update",
            Self::CompareExchange(..) => "compare_exchange",
            Self::Fence(_) => "fence",
            Self::CellRead => "read",
            Self::CellWrite => "write",
            Self::Send => "send",
            Self::TrySend => "try_send",
            Self::Recv => "recv",
            Self::TryRecv => "try_recv",
            Self::SenderDrop => "drop sender",
            Self::ReceiverClose => "close",
            Self::Query => "look at",
            Self::Choose(_) => "choose",
            Self::Repoll => "poll",
            Self::Wake(_) | Self::CallWaker(_) => "wake",
            Self::Abort => "abort",
            Self::InVain => "wait in vain",
        }
    }
}

/// A value that a step read or wrote, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing to show.
    None,
    /// What was read, or written.
    One(i128),
    /// What was read, and what was written instead.
    Changed(i128, i128),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::One(value) => write!(f, "{value}"),
            Self::Changed(from, to) => write!(f, "{from} -> {to}"),
        }
    }
}
