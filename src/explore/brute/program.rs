//! Random small programs of the facade's primitives.

use crate::explore::driver::Program;
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::mpsc as std_mpsc;
use crate::sync::{Arc, Barrier, Condvar, Mutex, OnceLock, RwLock};
use crate::thread;
use crate::tokio::sync::mpsc;
use std::collections::BTreeSet;
use std::time::Duration;

/// One operation of a random program.
#[derive(Clone, Copy, Debug)]
pub enum Op {
    Load(usize),
    Store(usize, usize),
    Add(usize),
    Swap(usize, usize, usize),
    WeakSwap(usize, usize, usize),
    /// Adds to a plain number behind a lock.
    Locked(usize),
    /// Takes a second lock while it holds a first.
    Nested(usize, usize),
    TryLock(usize),
    Send(usize),
    Receive,
    TryReceive,
    IsEmpty,
    Read(usize),
    Write(usize),
    TryRead(usize),
    TryWrite(usize),
    /// Reads while it reads already.
    ReadTwice(usize),
    /// Takes the mutex while it reads.
    ReadThenLock(usize),
    /// Reads while it holds the mutex.
    LockThenRead(usize),
    /// Writes while it holds the mutex.
    LockThenWrite(usize),
    /// Waits on the condvar, once.
    Wait,
    /// Waits on the condvar until the mutex holds more than a number.
    WaitFor(usize),
    WaitTimeout,
    NotifyOne,
    NotifyAll,
    /// Adds to the number behind the mutex and notifies.
    AddAndNotify,
    /// Initializes by this number, if it is first.
    Init(usize),
    /// Initializes by the number behind the mutex.
    InitLocked,
    Set(usize),
    Get,
    /// Meets another at the barrier, and says who leads.
    Meet,
    Park,
    ParkTimeout,
    /// Unparks the n-th thread.
    Unpark(usize),
    /// Sends into a channel with few places, or none.
    Offer(usize),
    TryOffer(usize),
    Take,
    TryTake,
    TakeTimeout,
}

/// A generator with a fixed seed (xorshift; Marsaglia, J. Stat. Softw. 8(14), 2003).
pub struct Chance(pub u64);

/// Draws an operation; it is told whether its thread may receive.
type Draw = fn(&mut Chance, bool) -> Op;

/// A kind of programs.
pub struct Family {
    /// What they are about.
    pub about: &'static str,
    draw: Draw,
    /// The places of their channel of std's.
    pub places: usize,
}

const fn family(about: &'static str, draw: Draw, places: usize) -> Family {
    Family { about, draw, places }
}

/// The kinds.
pub const FAMILIES: [Family; 9] = [
    family("atomics and mutexes", Chance::basic, 0),
    family("channels", Chance::channel, 0),
    family("rwlocks", Chance::rwlock, 0),
    family("condvars", Chance::condvar, 0),
    family("parking", Chance::parking, 0),
    family("once and barriers", Chance::once, 0),
    family("rendezvous", Chance::offering, 0),
    family("channels with one place", Chance::offering, 1),
    family("channels with two places", Chance::offering, 2),
];

impl Chance {
    pub fn new(family: usize) -> Self {
        Self(0x9E37_79B9_7F4A_7C15 ^ (family as u64) << 17)
    }

    pub fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }

    fn basic(&mut self, _: bool) -> Op {
        let (x, value) = (self.below(2), self.below(3));
        match self.below(8) {
            0 => Op::Load(x),
            1 => Op::Store(x, value),
            2 => Op::Add(x),
            3 => Op::Swap(x, 0, value),
            4 => Op::WeakSwap(x, 0, value),
            5 => Op::Locked(x),
            6 => Op::Nested(x, 1 - x),
            _ => Op::TryLock(x),
        }
    }

    fn channel(&mut self, receives: bool) -> Op {
        let value = self.below(3);
        match self.below(if receives { 8 } else { 4 }) {
            0..2 => Op::Send(value),
            2..4 => self.basic(receives),
            4 | 5 => Op::TryReceive,
            6 => Op::IsEmpty,
            _ => Op::Receive,
        }
    }

    fn rwlock(&mut self, receives: bool) -> Op {
        let x = self.below(10) / 9;
        match self.below(13) {
            0..3 => Op::Read(x),
            3..6 => Op::Write(x),
            6 => Op::TryRead(x),
            7 => Op::TryWrite(x),
            8 => Op::ReadTwice(x),
            9 => Op::ReadThenLock(x),
            10 => Op::LockThenRead(x),
            11 => Op::LockThenWrite(x),
            _ => self.basic(receives),
        }
    }

    fn condvar(&mut self, receives: bool) -> Op {
        match self.below(10) {
            0 | 1 => Op::Wait,
            2 => Op::WaitFor(self.below(2)),
            3 => Op::WaitTimeout,
            4 | 5 => Op::NotifyOne,
            6 => Op::NotifyAll,
            7 => Op::AddAndNotify,
            8 => Op::Locked(0),
            _ => self.basic(receives),
        }
    }

    fn parking(&mut self, receives: bool) -> Op {
        match self.below(9) {
            0..2 => Op::Park,
            2 => Op::ParkTimeout,
            3..7 => Op::Unpark(self.below(3)),
            _ => self.basic(receives),
        }
    }

    fn once(&mut self, receives: bool) -> Op {
        match self.below(10) {
            0 | 1 => Op::Init(self.below(3)),
            2 => Op::InitLocked,
            3 => Op::Set(self.below(3)),
            4 | 5 => Op::Get,
            6..8 => Op::Meet,
            8 => Op::Locked(0),
            _ => self.basic(receives),
        }
    }

    fn offering(&mut self, receives: bool) -> Op {
        let value = self.below(3);
        match self.below(if receives { 9 } else { 5 }) {
            0 | 1 => Op::Offer(value),
            2 => Op::TryOffer(value),
            3 | 4 => self.basic(receives),
            5 => Op::TryTake,
            6 => Op::TakeTimeout,
            _ => Op::Take,
        }
    }

    /// Two or three threads, of which one may receive.
    pub fn program(&mut self, family: usize) -> Vec<Vec<Op>> {
        let threads = 2 + self.below(2);
        let ops = if threads == 2 { 3 } else { 2 };
        let receives = self.below(threads);
        let draw = FAMILIES[family].draw;
        let mut program: Vec<Vec<Op>> = Vec::new();
        for i in 0..threads {
            let mut drawn: Vec<Op> = (0..=self.below(ops)).map(|_| draw(self, i == receives)).collect();
            // A second timeout of a thread is bounded: it comes when nothing else can go on.
            let mut timeouts = 0;
            drawn.retain(|op| {
                let timed = matches!(op, Op::WaitTimeout | Op::ParkTimeout | Op::TakeTimeout);
                timeouts += usize::from(timed);
                timeouts < 2 || !timed
            });
            program.push(drawn);
        }
        program
    }
}

impl Op {
    /// Whether it is for the one thread that has the receiver.
    fn receives(&self) -> bool {
        matches!(self, Self::Receive | Self::TryReceive | Self::IsEmpty) || self.takes()
    }

    /// Whether it is for the one thread that has the receiver of the channel without room.
    fn takes(&self) -> bool {
        matches!(self, Self::Take | Self::TryTake | Self::TakeTimeout)
    }

    /// Whether it needs the channel without room.
    fn meets(&self) -> bool {
        self.takes() || matches!(self, Self::Offer(_) | Self::TryOffer(_))
    }

    /// Whether an execution may be begun in vain for it: what it turns out to be when it is reversed is known
    /// only when it is made, or a plan can end behind a writer that waits.
    pub fn guesses(&self) -> bool {
        matches!(
            self,
            Self::Swap(..)
                | Self::WeakSwap(..)
                | Self::TryLock(_)
                | Self::TryReceive
                | Self::IsEmpty
                | Self::TryRead(_)
                | Self::LockThenRead(_)
                | Self::Write(_)
                | Self::TryWrite(_)
                | Self::Wait
                | Self::WaitFor(_)
                | Self::WaitTimeout
                | Self::ParkTimeout
                | Self::Offer(_)
                | Self::TryOffer(_)
                | Self::Take
                | Self::TryTake
                | Self::TakeTimeout
        )
    }
}

/// What the threads of a program share.
struct Shared {
    atomics: [AtomicUsize; 2],
    locks: [Mutex<usize>; 2],
    rwlocks: [RwLock<usize>; 2],
    condvar: Condvar,
    once: OnceLock<usize>,
    barrier: Barrier,
    /// Filled before any thread makes a step.
    threads: std::sync::OnceLock<Vec<thread::Thread>>,
}

/// What one thread has of a channel.
struct Ends {
    sender: Option<mpsc::Sender<usize>>,
    receiver: Option<mpsc::Receiver<usize>>,
    offers: Option<std_mpsc::SyncSender<usize>>,
    takes: Option<std_mpsc::Receiver<usize>>,
}

impl Ends {
    fn receiver(&mut self) -> &mut mpsc::Receiver<usize> {
        self.receiver.as_mut().expect("one thread receives")
    }

    fn offers(&self) -> &std_mpsc::SyncSender<usize> {
        self.offers.as_ref().expect("a program that offers has a channel")
    }

    fn takes(&self) -> &std_mpsc::Receiver<usize> {
        self.takes.as_ref().expect("one thread receives")
    }
}

/// Does one operation, and says what was seen.
fn perform(op: Op, shared: &Shared, ends: &mut Ends) -> String {
    let seq = Ordering::SeqCst;
    let Shared { atomics, locks, rwlocks, condvar, once, barrier, threads } = shared;
    match op {
        Op::Load(x) => format!("{}", atomics[x].load(seq)),
        Op::Store(x, value) => {
            atomics[x].store(value, seq);
            String::new()
        }
        Op::Add(x) => format!("{}", atomics[x].fetch_add(1, seq)),
        Op::Swap(x, old, new) => format!("{:?}", atomics[x].compare_exchange(old, new, seq, seq)),
        Op::WeakSwap(x, old, new) => {
            format!("{:?}", atomics[x].compare_exchange_weak(old, new, seq, seq))
        }
        Op::Locked(x) => added(locks[x].lock().unwrap(), 1),
        Op::Nested(x, y) => {
            let first = locks[x].lock().unwrap();
            let second = locks[y].lock().unwrap();
            format!("{first} {second}")
        }
        Op::TryLock(x) => locks[x].try_lock().map_or("held".to_owned(), |value| added(value, 10)),
        Op::Send(value) => {
            let sender = ends.sender.as_ref().expect("a program that sends has a channel");
            format!("{:?}", sender.blocking_send(value))
        }
        Op::Receive => format!("{:?}", ends.receiver().blocking_recv()),
        Op::TryReceive => format!("{:?}", ends.receiver().try_recv()),
        Op::Offer(value) => format!("{:?}", ends.offers().send(value)),
        Op::TryOffer(value) => format!("{:?}", ends.offers().try_send(value)),
        Op::Take => format!("{:?}", ends.takes().recv()),
        Op::TryTake => format!("{:?}", ends.takes().try_recv()),
        Op::TakeTimeout => format!("{:?}", ends.takes().recv_timeout(Duration::ZERO)),
        Op::IsEmpty => format!("{}", ends.receiver().is_empty()),
        Op::Read(x) => rwlocks[x].read().unwrap().to_string(),
        Op::Write(x) => added(rwlocks[x].write().unwrap(), 1),
        Op::TryRead(x) => rwlocks[x].try_read().map_or("held".to_owned(), |value| value.to_string()),
        Op::TryWrite(x) => rwlocks[x].try_write().map_or("held".to_owned(), |value| added(value, 10)),
        Op::ReadTwice(x) => {
            let first = rwlocks[x].read().unwrap();
            format!("{first} {}", rwlocks[x].read().unwrap())
        }
        Op::ReadThenLock(x) => {
            let value = rwlocks[x].read().unwrap();
            added(locks[0].lock().unwrap(), *value)
        }
        Op::LockThenRead(x) => {
            let lock = locks[0].lock().unwrap();
            format!("{lock} {}", rwlocks[x].read().unwrap())
        }
        Op::LockThenWrite(x) => {
            let lock = locks[0].lock().unwrap();
            added(rwlocks[x].write().unwrap(), *lock)
        }
        Op::Wait => added(condvar.wait(locks[0].lock().unwrap()).unwrap(), 1),
        Op::WaitFor(more) => {
            let value = condvar.wait_while(locks[0].lock().unwrap(), |value| *value <= more);
            value.unwrap().to_string()
        }
        Op::WaitTimeout => {
            let (value, result) = condvar.wait_timeout(locks[0].lock().unwrap(), Duration::ZERO).unwrap();
            format!("{value} {}", result.timed_out())
        }
        Op::Init(value) => once.get_or_init(|| value).to_string(),
        Op::InitLocked => once.get_or_init(|| *locks[0].lock().unwrap()).to_string(),
        Op::Set(value) => format!("{:?}", once.set(value)),
        Op::Get => format!("{:?}", once.get()),
        Op::Meet => format!("{}", barrier.wait().is_leader()),
        Op::Park => {
            thread::park();
            String::new()
        }
        Op::ParkTimeout => {
            thread::park_timeout(Duration::ZERO);
            String::new()
        }
        Op::Unpark(nth) => {
            let threads = threads.get().expect("they are started before any makes a step");
            threads[nth % threads.len()].unpark();
            String::new()
        }
        Op::NotifyOne => {
            condvar.notify_one();
            String::new()
        }
        Op::NotifyAll => {
            condvar.notify_all();
            String::new()
        }
        Op::AddAndNotify => {
            let value = added(locks[0].lock().unwrap(), 1);
            condvar.notify_one();
            value
        }
    }
}

fn added(mut value: impl std::ops::DerefMut<Target = usize>, more: usize) -> String {
    *value += more;
    value.to_string()
}

type Outcomes = std::sync::Arc<std::sync::Mutex<BTreeSet<String>>>;

/// A program that notes what its threads saw, and the outcomes that were noted. Its channel of std's has so many
/// places.
pub fn runnable(threads: &[Vec<Op>], places: usize) -> (Program, Outcomes) {
    let outcomes = Outcomes::default();
    let outcomes_noted = outcomes.clone();
    let threads = threads.to_vec();
    let has_channel = |op: &Op| op.receives() && !op.takes() || matches!(op, Op::Send(_));
    let has_channel = threads.iter().flatten().any(has_channel);
    let meets = threads.iter().flatten().any(Op::meets);
    let program = move || {
        let shared = Arc::new(Shared {
            atomics: [AtomicUsize::new(0), AtomicUsize::new(0)],
            locks: [Mutex::new(0), Mutex::new(0)],
            rwlocks: [RwLock::new(0), RwLock::new(0)],
            condvar: Condvar::new(),
            once: OnceLock::new(),
            barrier: Barrier::new(2),
            threads: std::sync::OnceLock::new(),
        });
        let (sender, mut receiver) = has_channel.then(|| mpsc::channel(2)).unzip();
        let (offers, mut takes) = meets.then(|| std_mpsc::sync_channel(places)).unzip();
        let handles = threads.iter().map(|ops| {
            let (ops, shared, sender) = (ops.clone(), shared.clone(), sender.clone());
            let receiver = if ops.iter().any(Op::receives) { receiver.take() } else { None };
            let takes = if ops.iter().any(Op::takes) { takes.take() } else { None };
            let mut ends = Ends { sender, receiver, offers: offers.clone(), takes };
            thread::spawn(move || {
                let seen = |op: &Op| perform(*op, &shared, &mut ends);
                ops.iter().map(seen).collect::<Vec<_>>().join(",")
            })
        });
        let handles: Vec<_> = handles.collect();
        let _ = shared.threads.set(handles.iter().map(|handle| handle.thread().clone()).collect());
        drop((sender, offers));
        let seen: Vec<String> = handles.into_iter().map(|handle| handle.join().unwrap()).collect();
        let ends = shared.atomics.iter().map(|atomic| atomic.load(Ordering::SeqCst).to_string());
        outcomes_noted.lock().unwrap().insert(seen.into_iter().chain(ends).collect::<Vec<_>>().join(" | "));
    };
    (std::sync::Arc::new(program), outcomes)
}
