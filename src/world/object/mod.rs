//! Objects as state machines: what is enabled, what a step changes, and what it happens after.
//!
//! The data stays in std's or tokio's own object; here is only what a scheduler must know. An object
//! knows nothing of engines.

mod atomic;
pub mod barrier;
pub mod belt;
pub mod broadcast;
mod cell;
mod channel;
pub mod condvar;
pub mod mailbox;
pub mod meeting;
mod mutex;
pub mod notify;
pub mod once;
pub mod oneshot;
pub mod posts;
pub mod rendezvous;
pub mod rwlock;
pub mod semaphore;
mod side;
pub mod thread;
pub mod timer;

pub use cell::{Access, DataRace};

use super::clock::Clock;
use super::operation::{At, Kind, ObjectId, Outcome, ThreadId};

/// One object of one execution.
#[derive(Debug)]
pub struct Object {
    /// Who it is.
    pub id: ObjectId,
    /// The line that made it.
    pub created: At,
    /// What it is called where no better name is known: a type, such as `Mutex`.
    pub noun: &'static str,
    /// Where it stands.
    pub state: State,
    /// The thread that used it first.
    pub user: Option<ThreadId>,
    /// Whether two threads used it.
    pub shared: bool,
}

/// Where an object stands.
#[derive(Debug)]
pub enum State {
    /// A lock that one thread holds.
    Mutex(mutex::Mutex),
    /// A lock that one writer holds, or many readers.
    RwLock(rwlock::RwLock),
    /// Something that is done once.
    Once(once::Once),
    /// Threads that wait for each other.
    Barrier(barrier::Barrier),
    /// Permits that are handed out in order.
    Semaphore(semaphore::Semaphore),
    /// Futures that wait to be notified.
    Notify(notify::Notify),
    /// Something that is posted to all who look.
    Posts(posts::Posts),
    /// Threads that wait to be notified.
    Condvar(condvar::Condvar),
    /// An atomic integer, pointer or bool.
    Atomic(atomic::Atomic),
    /// All fences of the program: their orderings act on threads alone.
    Fence,
    /// Plain memory.
    Cell(cell::Cell),
    /// A queue of messages: std's mpsc.
    Channel(channel::Channel),
    /// A queue of messages with places that are handed out in order: tokio's mpsc.
    Mailbox(mailbox::Mailbox),
    /// One message at most: tokio's oneshot.
    Oneshot(oneshot::Oneshot),
    /// Messages that each receiver sees: tokio's broadcast.
    Broadcast(broadcast::Broadcast),
    /// A queue of messages with many receivers: crossbeam's channels.
    Belt(belt::Line),
    /// A channel without room: std's.
    Rendezvous(rendezvous::Rendezvous),
    /// A channel without room, with many receivers: crossbeam's.
    Meeting(meeting::Meeting),
    /// The timers of a task.
    Timers(timer::Timers),
    /// What others know of a thread: whether it has exited.
    Thread(thread::Thread),
    /// Something that has only a name: a choice, a yield.
    Nothing,
}

/// What one thread knows, by C11 happens-before.
#[derive(Debug, Default)]
pub struct Knowledge {
    /// What happens before its next step.
    pub clock: Clock,
    /// What happened before its last release fence.
    pub released: Clock,
    /// What its relaxed loads have seen, for an acquire fence to come.
    pub seen: Clock,
}

impl Knowledge {
    /// Knows nothing again, and keeps its memory.
    pub fn clear(&mut self) {
        self.clock.clear();
        self.released.clear();
        self.seen.clear();
    }
}

/// One step as its object sees it.
#[derive(Debug)]
pub struct Step<'a> {
    /// Whose step.
    pub thread: ThreadId,
    /// What it does.
    pub kind: Kind,
    /// The line that asked for it.
    pub at: At,
    /// Its position in the trace.
    pub event: usize,
    /// What its thread knows.
    pub knowledge: &'a mut Knowledge,
    /// Steps that made this one possible.
    pub after: &'a mut Vec<usize>,
}

impl State {
    /// A free mutex.
    pub fn mutex() -> Self {
        Self::Mutex(mutex::Mutex::default())
    }

    /// A free lock for one writer or many readers.
    pub fn rwlock() -> Self {
        Self::RwLock(rwlock::RwLock::default())
    }

    /// Something that nobody has done yet.
    pub fn once() -> Self {
        Self::Once(once::Once::default())
    }

    /// A barrier for so many threads.
    pub fn barrier(size: usize) -> Self {
        Self::Barrier(barrier::Barrier::new(size))
    }

    /// So many free permits.
    pub fn semaphore(permits: usize) -> Self {
        Self::Semaphore(semaphore::Semaphore::new(permits))
    }

    /// Something that nobody has posted yet, with one who can and so many who look.
    pub fn posts(receivers: usize) -> Self {
        Self::Posts(posts::Posts::new(receivers))
    }

    /// Something to be notified of, on which nobody waits.
    pub fn notify() -> Self {
        Self::Notify(notify::Notify::default())
    }

    /// A condition variable on which nobody waits.
    pub fn condvar() -> Self {
        Self::Condvar(condvar::Condvar::default())
    }

    /// An atomic.
    pub fn atomic() -> Self {
        Self::Atomic(atomic::Atomic::default())
    }

    /// A thread or task that has not exited.
    pub fn thread() -> Self {
        Self::Thread(thread::Thread::default())
    }

    /// Plain memory, written by its creator.
    pub fn cell(creator: ThreadId, at: At, knowledge: &Knowledge) -> Self {
        Self::Cell(cell::Cell::new(creator, at, knowledge))
    }

    /// An empty channel with one sender, and room for so many messages.
    pub fn channel(capacity: Option<usize>) -> Self {
        Self::Channel(channel::Channel::new(capacity))
    }

    /// An empty mailbox with one sender, and so many places.
    pub fn mailbox(capacity: Option<usize>) -> Self {
        Self::Mailbox(mailbox::Mailbox::new(capacity))
    }

    /// One message at most, that nobody has sent yet.
    pub fn oneshot() -> Self {
        Self::Oneshot(oneshot::Oneshot::default())
    }

    /// A broadcast of nothing yet, that keeps so many messages for so many receivers, with one sender.
    pub fn broadcast(capacity: usize, receivers: usize) -> Self {
        Self::Broadcast(broadcast::Broadcast::new(capacity, receivers))
    }

    /// A channel without room, with one sender.
    pub fn rendezvous() -> Self {
        Self::Rendezvous(rendezvous::Rendezvous::new())
    }

    /// An empty queue with one sender and one receiver, and room for so many messages.
    pub fn belt(capacity: Option<usize>) -> Self {
        Self::Belt(belt::Line::new(capacity))
    }

    /// A channel without room, with one sender and one receiver.
    pub fn meeting() -> Self {
        Self::Meeting(meeting::Meeting::default())
    }

    /// The timers of a task, of which none is up.
    pub fn timers() -> Self {
        Self::Timers(timer::Timers::default())
    }

    /// Whether `thread` could do `kind` now.
    pub fn enabled_for(&self, thread: ThreadId, kind: Kind) -> bool {
        match (self, kind) {
            (Self::Condvar(condvar), Kind::Cv(kind)) => condvar.enabled(thread, kind),
            (Self::Barrier(barrier), Kind::Gate(kind)) => barrier.enabled(thread, kind),
            (Self::Once(once), Kind::Once(kind)) => once.enabled(kind),
            (Self::Rendezvous(channel), Kind::Hand(kind)) => channel.enabled(thread, kind),
            (Self::Meeting(channel), Kind::Meet(kind)) => channel.enabled(thread, kind),
            _ => self.enabled(kind),
        }
    }

    /// Whether a thread could do `kind` now, where it makes no difference which.
    pub fn enabled(&self, kind: Kind) -> bool {
        match (self, kind) {
            (Self::Mutex(mutex), _) => mutex.enabled(kind),
            (Self::RwLock(lock), Kind::Rw(kind)) => lock.enabled(kind),
            (Self::Semaphore(semaphore), Kind::Sem(kind)) => semaphore.enabled(kind),
            (Self::Posts(posts), Kind::Post(kind)) => posts.enabled(kind),
            (Self::Notify(notify), Kind::Bell(kind)) => notify.enabled(kind),
            (Self::Channel(channel), _) => channel.enabled(kind),
            (Self::Mailbox(mailbox), Kind::Mail(kind)) => mailbox.enabled(kind),
            (Self::Oneshot(oneshot), Kind::Shot(kind)) => oneshot.enabled(kind),
            (Self::Broadcast(broadcast), Kind::Cast(kind)) => broadcast.enabled(kind),
            (Self::Belt(line), Kind::Belt(kind)) => line.enabled(kind),
            (Self::Timers(timers), Kind::Timer(kind)) => timers.enabled(kind),
            (Self::Thread(thread), _) => thread.enabled(kind),
            _ => true,
        }
    }

    /// Does the step.
    pub fn apply(&mut self, step: &mut Step<'_>) -> Result<Outcome, Box<DataRace>> {
        Ok(match (self, step.kind) {
            // These change nothing but the data's own flag.
            (Self::Mutex(_) | Self::RwLock(_), Kind::IsPoisoned | Kind::ClearPoison | Kind::Query) => {
                Outcome::Done
            }
            (Self::Mutex(mutex), _) => mutex.apply(step),
            (Self::RwLock(lock), Kind::Rw(kind)) => lock.apply(kind, step),
            (Self::Once(once), Kind::Once(kind)) => once.apply(kind, step),
            (Self::Barrier(barrier), Kind::Gate(kind)) => barrier.apply(kind, step),
            (Self::Semaphore(semaphore), Kind::Sem(kind)) => semaphore.apply(kind, step),
            (Self::Posts(posts), Kind::Post(kind)) => posts.apply(kind, step),
            (Self::Notify(notify), Kind::Bell(kind)) => notify.apply(kind, step),
            (Self::Condvar(condvar), Kind::Cv(kind)) => condvar.apply(kind, step),
            (Self::Atomic(atomic), _) => atomic.apply(step),
            (Self::Fence, _) => atomic::fence(step),
            (Self::Cell(cell), _) => return cell.apply(step),
            (Self::Channel(channel), _) => channel.apply(step),
            (Self::Mailbox(mailbox), Kind::Mail(kind)) => mailbox.apply(kind, step),
            (Self::Oneshot(oneshot), Kind::Shot(kind)) => oneshot.apply(kind, step),
            (Self::Broadcast(broadcast), Kind::Cast(kind)) => broadcast.apply(kind, step),
            (Self::Belt(line), Kind::Belt(kind)) => line.apply(kind, step),
            (Self::Rendezvous(channel), Kind::Hand(kind)) => channel.apply(kind, step),
            (Self::Meeting(channel), Kind::Meet(kind)) => channel.apply(kind, step),
            (Self::Timers(timers), Kind::Timer(kind)) => timers.apply(kind, step),
            (Self::Thread(thread), _) => thread.apply(step),
            // It is asked for its state, which the data knows.
            _ => Outcome::Done,
        })
    }

    /// What they knew who let `kind` go on, which waited for it.
    pub fn news(&self, kind: Kind) -> Option<&Clock> {
        match (self, kind) {
            (Self::Channel(channel), _) => channel.news(kind),
            (Self::Mailbox(mailbox), Kind::Mail(kind)) => mailbox.news(kind),
            (Self::Oneshot(oneshot), Kind::Shot(kind)) => oneshot.news(kind),
            (Self::Broadcast(broadcast), Kind::Cast(kind)) => Some(broadcast.news(kind)),
            (Self::Posts(posts), _) => Some(posts.news()),
            (Self::Notify(notify), Kind::Bell(kind)) => notify.news(kind),
            (Self::Semaphore(semaphore), Kind::Sem(kind)) => semaphore.news(kind),
            (Self::Thread(thread), _) => thread.news(),
            _ => None,
        }
    }

    /// The thread that holds it, if it is a lock that is held and `kind` waits for it, and the line where it was
    /// taken.
    pub fn holder(&self, kind: Kind) -> Option<(ThreadId, At)> {
        match (self, kind) {
            (Self::Mutex(mutex), _) => mutex.holder(),
            (Self::RwLock(lock), Kind::Rw(kind)) => lock.holder(kind),
            (Self::Once(once), _) => once.holder(),
            _ => None,
        }
    }

    /// The line by which `thread` holds it, if it is a lock.
    pub fn taken(&self, thread: ThreadId) -> Option<At> {
        let holder = match self {
            Self::Mutex(mutex) => mutex.holder(),
            Self::RwLock(lock) => return lock.taken(thread),
            Self::Once(once) => once.holder(),
            _ => None,
        };
        holder.filter(|(holder, _)| *holder == thread).map(|(_, at)| at)
    }
}
