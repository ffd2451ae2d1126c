//! tokio's mpsc in the exhaustive search against brute force: random small programs of its senders, permits and weak
//! senders, also dropped while they wait, and of one receiver.

use super::brute::combine::{Borrowed, Said, either, join, once, run_all};
use super::brute::polls::{Compared, Known, Outcomes, compare_many, compare_programs};
use super::brute::program::Chance;
use super::driver::Program;
use crate::sync::Arc;
use crate::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use crate::tokio::sync::mpsc::{Receiver, Sender, WeakSender, channel};
use crate::tokio::time::Duration;

/// What a task does.
#[derive(Clone, Debug)]
enum Act {
    Send(usize),
    TrySend(usize),
    SendTimeout(usize),
    /// Takes a place, and sends into it or gives it back.
    Reserve(bool),
    /// Takes so many places, and sends into the first.
    ReserveMany(usize),
    ReserveOwned(bool),
    TryReserve(bool),
    TryReserveMany(usize),
    Capacity,
    IsClosed,
    Closed,
    DropSender,
    Upgrade,
    Counts,
    Count,
    Recv,
    RecvMany(usize),
    TryRecv,
    Len,
    Close,
    DropReceiver,
    /// Polled once, and dropped.
    Once(Box<Self>),
    /// The first of two that is ready, beginning with the first.
    Either(Box<Self>, Box<Self>),
    Join(Box<Self>, Box<Self>),
}

/// What a task has.
struct Own {
    sender: std::sync::Mutex<Option<Arc<Sender<usize>>>>,
    receiver: std::sync::Mutex<Option<Receiver<usize>>>,
    weak: WeakSender<usize>,
    count: Arc<AtomicUsize>,
}

fn run(act: Act, own: &Own) -> Said<'_> {
    let next = |act: Box<Act>| run(*act, own);
    match act {
        Act::Once(a) => once(next(a)),
        Act::Either(a, b) => either(next(a), next(b)),
        Act::Join(a, b) => join(next(a), next(b)),
        Act::Recv | Act::RecvMany(_) | Act::TryRecv | Act::Len | Act::Close | Act::DropReceiver => {
            Box::pin(receive(act, own))
        }
        Act::Count => Box::pin(async { own.count.fetch_add(1, SeqCst).to_string() }),
        Act::Upgrade => Box::pin(async {
            let upgraded = own.weak.upgrade().map(Arc::new);
            let (said, mut sender) = (upgraded.is_some(), own.sender.lock().unwrap());
            if sender.is_none() {
                *sender = upgraded;
            }
            said.to_string()
        }),
        _ => Box::pin(send(act, own)),
    }
}

async fn receive(act: Act, own: &Own) -> String {
    let mut borrowed = Borrowed::of(&own.receiver);
    let Some(receiver) = borrowed.1.as_mut() else { return "no receiver".to_owned() };
    match act {
        Act::Recv => format!("{:?}", receiver.recv().await),
        Act::RecvMany(many) => {
            let mut received = Vec::new();
            let n = receiver.recv_many(&mut received, many).await;
            format!("{n} {received:?}")
        }
        Act::TryRecv => format!("{:?}", receiver.try_recv()),
        Act::Len => format!("{} {}", receiver.len(), receiver.is_closed()),
        Act::Close => {
            receiver.close();
            String::new()
        }
        _ => {
            drop(borrowed.1.take());
            String::new()
        }
    }
}

async fn send(act: Act, own: &Own) -> String {
    let sender = own.sender.lock().unwrap().clone();
    let Some(sender) = sender else { return "no sender".to_owned() };
    match act {
        Act::Send(value) => format!("{:?}", sender.send(value).await),
        Act::TrySend(value) => format!("{:?}", sender.try_send(value)),
        Act::SendTimeout(value) => {
            format!("{:?}", sender.send_timeout(value, Duration::from_millis(1)).await)
        }
        Act::Reserve(sends) => match sender.reserve().await {
            Ok(permit) => used(sends, || permit.send(7)),
            Err(error) => error.to_string(),
        },
        Act::ReserveMany(many) => match sender.reserve_many(many).await {
            Ok(mut permits) => {
                permits.by_ref().take(1).for_each(|permit| permit.send(8));
                permits.len().to_string()
            }
            Err(error) => error.to_string(),
        },
        Act::ReserveOwned(sends) => match Sender::clone(&sender).reserve_owned().await {
            Ok(permit) if sends => permit.send(9).is_closed().to_string(),
            Ok(permit) => permit.release().is_closed().to_string(),
            Err(error) => error.to_string(),
        },
        Act::TryReserve(sends) => match sender.try_reserve() {
            Ok(permit) => used(sends, || permit.send(7)),
            Err(error) => error.to_string(),
        },
        Act::TryReserveMany(many) => match sender.try_reserve_many(many) {
            Ok(permits) => permits.len().to_string(),
            Err(error) => error.to_string(),
        },
        Act::Capacity => sender.capacity().to_string(),
        Act::IsClosed => sender.is_closed().to_string(),
        Act::Closed => {
            sender.closed().await;
            "closed".to_owned()
        }
        Act::Counts => format!("{} {}", sender.strong_count(), sender.weak_count()),
        _ => {
            *own.sender.lock().unwrap() = None;
            drop(sender);
            String::new()
        }
    }
}

fn used(sends: bool, send: impl FnOnce()) -> String {
    if sends {
        send();
    }
    sends.to_string()
}

fn runnable(tasks: &[Vec<Act>], places: usize) -> (Program, Outcomes) {
    let outcomes = Outcomes::default();
    let noted = outcomes.clone();
    let tasks = tasks.to_vec();
    let program = move || {
        let (sender, receiver) = channel(places);
        let (weak, count) = (sender.downgrade(), Arc::new(AtomicUsize::new(0)));
        let mut receiver = Some(receiver);
        let owned: Vec<Own> = (0..tasks.len())
            .map(|i| Own {
                sender: std::sync::Mutex::new((i > 0).then(|| Arc::new(sender.clone()))),
                receiver: std::sync::Mutex::new(if i == 0 { receiver.take() } else { None }),
                weak: weak.clone(),
                count: count.clone(),
            })
            .collect();
        drop((sender, weak));
        let mut said = run_all(tasks.iter().cloned().zip(owned), run);
        said.push(count.load(SeqCst).to_string());
        noted.lock().unwrap().insert(said.join(" | "));
    };
    (std::sync::Arc::new(program), outcomes)
}

impl Chance {
    fn of_sender(&mut self) -> Act {
        let (value, yes) = (self.below(3), self.below(2) == 0);
        match self.below(21) {
            0..6 => Act::Send(value),
            6 | 7 => Act::TrySend(value),
            8 | 9 => Act::Reserve(yes),
            10 => Act::ReserveMany(value),
            11 => Act::ReserveOwned(yes),
            12 => Act::TryReserve(yes),
            13 => Act::TryReserveMany(value),
            14 => [Act::Capacity, Act::IsClosed][value % 2].clone(),
            15 => Act::Closed,
            16 => Act::DropSender,
            17 => Act::Upgrade,
            18 => Act::Counts,
            19 => Act::SendTimeout(value),
            _ => Act::Count,
        }
    }

    fn of_receiver(&mut self) -> Act {
        match self.below(12) {
            0..5 => Act::Recv,
            5 | 6 => Act::RecvMany(1 + self.below(3)),
            7 => Act::TryRecv,
            8 => Act::Len,
            9 => Act::Close,
            10 => Act::DropReceiver,
            _ => Act::Count,
        }
    }

    /// Something that one task does; at most one future at a time has the receiver.
    fn mail(&mut self, receives: bool) -> Act {
        let first = if receives { self.of_receiver() } else { self.of_sender() };
        match self.below(10) {
            0 => Act::Once(Box::new(first)),
            1 => Act::Either(Box::new(first), Box::new(self.of_sender())),
            2 => Act::Join(Box::new(first), Box::new(self.of_sender())),
            3 if receives => self.of_sender(),
            _ => first,
        }
    }
}

fn compare(tasks: &[Vec<Act>], places: usize) -> Compared {
    // What a send is is known only when it is made: whether there is a place, or it waits for one.
    let what = format!("{tasks:?}, {places} places");
    compare_programs(|| runnable(tasks, places), Known::GUESSES, &what, 600)
}

#[test]
fn mpsc_has_the_outcomes_that_every_interleaving_has() {
    let mut chance = Chance::new(4);
    compare_many("tokio's mpsc", 40, || {
        let count = 2 + chance.below(2);
        let acts = if count == 2 { 3 } else { 2 };
        let tasks: Vec<Vec<Act>> =
            (0..count).map(|i| (0..=chance.below(acts)).map(|_| chance.mail(i == 0)).collect()).collect();
        compare(&tasks, 1 + chance.below(2))
    });
}
