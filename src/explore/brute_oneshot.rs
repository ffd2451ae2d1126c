//! tokio's oneshot and `SetOnce` in the exhaustive search against brute force: random small programs of two channels
//! between tasks, whose ends are polled and left, closed and dropped, and of a value that is set once.

use super::brute::combine::{Borrowed, Said, either, join, run_all};
use super::brute::polls::{Known, Outcomes, compare_many, compare_programs};
use super::brute::program::Chance;
use super::driver::Program;
use crate::sync::Arc;
use crate::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use crate::tokio::sync::SetOnce;
use crate::tokio::sync::oneshot::{Receiver, Sender, channel};
use std::task::{Context, Poll, Waker};

/// What a task does.
#[derive(Clone, Debug)]
enum Act {
    Send(usize),
    Closed,
    PollClosed,
    IsClosed,
    DropSender,
    Recv,
    TryRecv,
    IsEmpty,
    Close,
    DropReceiver,
    Set(usize),
    Get,
    Wait,
    Count,
    /// Polled once, and dropped; what it has polled keeps its waker.
    Once(Box<Self>),
    /// The first of two that is ready, beginning with the first.
    Either(Box<Self>, Box<Self>),
    Join(Box<Self>, Box<Self>),
}

/// What a task has: one future at a time takes it out.
struct Own {
    sender: std::sync::Mutex<Option<Sender<usize>>>,
    receiver: std::sync::Mutex<Option<Receiver<usize>>>,
    value: Arc<SetOnce<usize>>,
    count: Arc<AtomicUsize>,
}

fn run(act: Act, own: &Own) -> Said<'_> {
    let next = |act: Box<Act>| run(*act, own);
    match act {
        Act::Once(a) => {
            let mut a = next(a);
            Box::pin(std::future::poll_fn(move |context| {
                let polled = a.as_mut().poll(context);
                Poll::Ready(if let Poll::Ready(said) = polled { said } else { "none".to_owned() })
            }))
        }
        Act::Either(a, b) => either(next(a), next(b)),
        Act::Join(a, b) => join(next(a), next(b)),
        Act::Set(value) => Box::pin(async move { own.value.set(value).is_ok().to_string() }),
        Act::Get => Box::pin(async { format!("{:?}", own.value.get()) }),
        Act::Wait => Box::pin(async { own.value.wait().await.to_string() }),
        Act::Count => Box::pin(async { own.count.fetch_add(1, SeqCst).to_string() }),
        Act::Recv | Act::TryRecv | Act::IsEmpty | Act::Close | Act::DropReceiver => {
            Box::pin(receive(act, own))
        }
        _ => Box::pin(send(act, own)),
    }
}

async fn receive(act: Act, own: &Own) -> String {
    let mut borrowed = Borrowed::of(&own.receiver);
    let Some(receiver) = borrowed.1.as_mut() else { return "no receiver".to_owned() };
    match act {
        Act::Recv if receiver.is_terminated() => "done".to_owned(),
        Act::Recv => format!("{:?}", receiver.await),
        Act::TryRecv => format!("{:?}", receiver.try_recv()),
        Act::IsEmpty => receiver.is_empty().to_string(),
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
    let mut borrowed = Borrowed::of(&own.sender);
    let Some(sender) = borrowed.1.as_mut() else { return "no sender".to_owned() };
    match act {
        Act::Closed => {
            sender.closed().await;
            "closed".to_owned()
        }
        Act::PollClosed => format!("{:?}", sender.poll_closed(&mut Context::from_waker(Waker::noop()))),
        Act::IsClosed => sender.is_closed().to_string(),
        Act::Send(value) => format!("{:?}", borrowed.1.take().unwrap().send(value)),
        _ => {
            drop(borrowed.1.take());
            String::new()
        }
    }
}

/// Each of the first two tasks has the receiver of one channel, and the other one or the third its sender.
fn runnable(tasks: &[Vec<Act>]) -> (Program, Outcomes) {
    let outcomes = Outcomes::default();
    let noted = outcomes.clone();
    let tasks = tasks.to_vec();
    let program = move || {
        let (count, value) = (Arc::new(AtomicUsize::new(0)), Arc::new(SetOnce::new()));
        let (mut senders, mut receivers) = (Vec::new(), Vec::new());
        for _ in 0..2 {
            let (sender, receiver) = channel();
            senders.push(Some(sender));
            receivers.push(Some(receiver));
        }
        senders.rotate_left(1);
        if tasks.len() > 2 {
            senders.rotate_left(1);
            senders.insert(0, None);
        }
        receivers.resize_with(tasks.len(), || None);
        let owned = senders.into_iter().zip(receivers).map(|(sender, receiver)| {
            let (sender, receiver) = (std::sync::Mutex::new(sender), std::sync::Mutex::new(receiver));
            Own { sender, receiver, value: value.clone(), count: count.clone() }
        });
        let mut said = run_all(tasks.iter().cloned().zip(owned), run);
        said.push(count.load(SeqCst).to_string());
        noted.lock().unwrap().insert(said.join(" | "));
    };
    (std::sync::Arc::new(program), outcomes)
}

impl Chance {
    fn of_sender_end(&mut self) -> Act {
        match self.below(8) {
            0..3 => Act::Send(self.below(3)),
            3 | 4 => Act::Closed,
            5 => Act::PollClosed,
            6 => Act::IsClosed,
            _ => Act::DropSender,
        }
    }

    fn of_receiver_end(&mut self) -> Act {
        match self.below(8) {
            0..3 => Act::Recv,
            3 => Act::TryRecv,
            4 => Act::IsEmpty,
            5 | 6 => Act::Close,
            _ => Act::DropReceiver,
        }
    }

    fn of_value(&mut self) -> Act {
        match self.below(3) {
            0 => Act::Set(self.below(3)),
            1 => Act::Get,
            _ => Act::Wait,
        }
    }

    /// Something that one task does; at most one future at a time has an end.
    fn shot(&mut self, [one, other]: [Draw; 2]) -> Act {
        let (first, second) = (Box::new(one(self)), Box::new(other(self)));
        match self.below(10) {
            0 => Act::Once(first),
            1 => Act::Once(second),
            2 => Act::Either(first, second),
            3 => Act::Either(second, first),
            4 => Act::Join(first, second),
            5 => Act::Count,
            6 | 7 => *second,
            _ => *first,
        }
    }
}

/// Draws something to do.
type Draw = fn(&mut Chance) -> Act;

fn compare(what: &str, seed: usize, plain: u64, draws: [Draw; 2]) {
    let mut chance = Chance::new(seed);
    compare_many(what, plain, || {
        let count = 2 + chance.below(2);
        let acts = if count == 2 { 4 } else { 2 };
        let tasks: Vec<Vec<Act>> =
            (0..count).map(|_| (0..=chance.below(acts)).map(|_| chance.shot(draws)).collect()).collect();
        compare_programs(|| runnable(&tasks), Known::NOTHING, &format!("{tasks:?}"), 600)
    });
}

#[test]
fn oneshot_has_the_outcomes_that_every_interleaving_has() {
    compare("tokio's oneshot", 6, 80, [Chance::of_receiver_end, Chance::of_sender_end]);
}

#[test]
fn set_once_has_the_outcomes_that_every_interleaving_has() {
    compare("tokio's SetOnce", 7, 30, [Chance::of_value; 2]);
}
