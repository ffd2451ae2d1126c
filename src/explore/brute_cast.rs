//! tokio's broadcast in the exhaustive search against brute force: random small programs of its senders, weak senders
//! and receivers, also dropped while they wait.

use super::brute::combine::{Borrowed, Said, either, once, run_all};
use super::brute::polls::{Known, Outcomes, compare_many, compare_programs};
use super::brute::program::Chance;
use super::driver::Program;
use crate::sync::Arc;
use crate::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use crate::tokio::sync::broadcast::{Receiver, Sender, WeakSender, channel};

/// What a task does.
#[derive(Clone, Debug)]
enum Act {
    Send(usize),
    Recv,
    TryRecv,
    Len,
    Resubscribe,
    Subscribe,
    Sent,
    Closed,
    DropSender,
    DropReceiver,
    Upgrade,
    Counts,
    Count,
    /// Polled once, and dropped.
    Once(Box<Self>),
    /// The first of two that is ready, beginning with the first.
    Either(Box<Self>, Box<Self>),
}

/// What a task has: one future at a time takes it out.
struct Own {
    sender: std::sync::Mutex<Option<Sender<usize>>>,
    receiver: std::sync::Mutex<Option<Receiver<usize>>>,
    weak: WeakSender<usize>,
    count: Arc<AtomicUsize>,
}

fn run(act: Act, own: &Own) -> Said<'_> {
    let next = |act: Box<Act>| run(*act, own);
    match act {
        Act::Once(a) => once(next(a)),
        Act::Either(a, b) => either(next(a), next(b)),
        Act::Recv | Act::TryRecv | Act::Len | Act::Resubscribe | Act::DropReceiver => {
            Box::pin(receive(act, own))
        }
        Act::Count => Box::pin(async { own.count.fetch_add(1, SeqCst).to_string() }),
        Act::Upgrade => Box::pin(async {
            let upgraded = own.weak.upgrade();
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
        Act::TryRecv => format!("{:?}", receiver.try_recv()),
        Act::Len => format!("{} {}", receiver.len(), receiver.is_closed()),
        Act::Resubscribe => {
            let again = receiver.resubscribe();
            *receiver = again;
            String::new()
        }
        _ => {
            drop(borrowed.1.take());
            String::new()
        }
    }
}

async fn send(act: Act, own: &Own) -> String {
    let mut borrowed = Borrowed::of(&own.sender);
    let Some(sender) = borrowed.1.as_ref() else { return "no sender".to_owned() };
    match act {
        Act::Send(value) => format!("{:?}", sender.send(value)),
        Act::Subscribe => {
            let mut receiver = sender.subscribe();
            format!("{:?}", receiver.try_recv())
        }
        Act::Sent => format!("{} {}", sender.len(), sender.receiver_count()),
        Act::Closed => {
            sender.closed().await;
            "closed".to_owned()
        }
        Act::Counts => format!("{} {}", sender.strong_count(), sender.weak_count()),
        _ => {
            drop(borrowed.1.take());
            String::new()
        }
    }
}

/// Each task has a sender but the first, and a receiver but the last.
fn runnable(tasks: &[Vec<Act>], capacity: usize) -> (Program, Outcomes) {
    let outcomes = Outcomes::default();
    let noted = outcomes.clone();
    let tasks = tasks.to_vec();
    let program = move || {
        let (sender, receiver) = channel(capacity);
        let (weak, count) = (sender.downgrade(), Arc::new(AtomicUsize::new(0)));
        let own = |i: usize| Own {
            sender: std::sync::Mutex::new((i > 0).then(|| sender.clone())),
            receiver: std::sync::Mutex::new((i + 1 < tasks.len()).then(|| receiver.resubscribe())),
            weak: weak.clone(),
            count: count.clone(),
        };
        let owned: Vec<Own> = (0..tasks.len()).map(own).collect();
        drop((sender, receiver, weak));
        let mut said = run_all(tasks.iter().cloned().zip(owned), run);
        said.push(count.load(SeqCst).to_string());
        noted.lock().unwrap().insert(said.join(" | "));
    };
    (std::sync::Arc::new(program), outcomes)
}

impl Chance {
    fn of_broadcast(&mut self) -> Act {
        let value = self.below(3);
        match self.below(18) {
            0..4 => Act::Send(value),
            4..8 => Act::Recv,
            8 => Act::TryRecv,
            9 => Act::Len,
            10 => [Act::Resubscribe, Act::Subscribe][value % 2].clone(),
            11 => Act::Sent,
            12 => Act::Closed,
            13 => Act::DropSender,
            14 => Act::DropReceiver,
            15 => Act::Upgrade,
            16 => Act::Counts,
            _ => Act::Count,
        }
    }

    fn cast(&mut self) -> Act {
        let one = |chance: &mut Self| Box::new(chance.of_broadcast());
        match self.below(9) {
            0 => Act::Once(one(self)),
            1 => Act::Either(Box::new(Act::Recv), Box::new(Act::Closed)),
            2 => Act::Either(Box::new(Act::Recv), Box::new(Act::Count)),
            _ => self.of_broadcast(),
        }
    }
}

#[test]
fn broadcast_has_the_outcomes_that_every_interleaving_has() {
    let mut chance = Chance::new(5);
    compare_many("tokio's broadcast", 40, || {
        let count = 2 + chance.below(2);
        let acts = if count == 2 { 3 } else { 2 };
        let tasks: Vec<Vec<Act>> =
            (0..count).map(|_| (0..=chance.below(acts)).map(|_| chance.cast()).collect()).collect();
        let capacity = 1 + chance.below(2);
        // What an attempt to receive is is known only when it is made.
        let what = format!("{tasks:?}, {capacity} are kept");
        compare_programs(|| runnable(&tasks, capacity), Known::GUESSES, &what, 600)
    });
}
