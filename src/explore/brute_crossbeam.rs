//! Crossbeam's channels in the exhaustive search against brute force, and against real threads: random small programs
//! of senders, receivers and selections on two channels.

use super::brute::Unstopped;
use super::brute::polls::{Compared, Known, Outcomes, compare_many, compare_programs};
use super::brute::program::Chance;
use super::driver::{Program, drive};
use crate::crossbeam_channel::{
    Receiver, Select, SelectedOperation, Sender, after, bounded, select, select_biased, unbounded,
};
use crate::sync::Arc;
use crate::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use crate::thread;
use std::time::Duration;

/// One of the two channels.
type Which = usize;

/// What a thread does.
#[derive(Clone, Copy, Debug)]
enum Act {
    Send(Which),
    TrySend(Which),
    SendTimeout(Which),
    Recv(Which),
    TryRecv(Which),
    RecvTimeout(Which),
    Len(Which),
    DropSender(Which),
    DropReceiver(Which),
    /// Receives from either.
    Either,
    EitherOrNeither,
    EitherInTime,
    /// Receives from either, and rather from the first.
    Rather,
    RatherOrNeither,
    /// Sends into the one or receives from the other.
    Exchange(Which),
    ExchangeOrNeither(Which),
    /// Sends into either.
    SendEither,
    SendEitherOrNeither,
    /// Receives, or hears of a timer.
    RecvOrTimer(Which),
    /// Is told which is ready, and tries that one.
    Ready,
    TryReady,
    Count,
}

/// What a message says, and who counts when it is dropped.
struct Message(usize, Option<Arc<AtomicUsize>>);

impl Drop for Message {
    fn drop(&mut self) {
        if let Some(count) = &self.1 {
            count.fetch_add(1, SeqCst);
        }
    }
}

/// What a thread has of the channels.
struct Own {
    senders: [Option<Sender<Message>>; 2],
    receivers: [Option<Receiver<Message>>; 2],
    count: Arc<AtomicUsize>,
    /// Whether messages count when they are dropped.
    noisy: bool,
    /// The next message.
    next: usize,
}

impl Own {
    fn message(&mut self) -> Message {
        self.next += 1;
        Message(self.next, self.noisy.then(|| self.count.clone()))
    }
}

fn said<E: std::fmt::Debug>(received: Result<Message, E>) -> String {
    match received {
        Ok(message) => message.0.to_string(),
        Err(error) => format!("{error:?}"),
    }
}

fn sent<E: std::fmt::Debug>(sent: Result<(), E>) -> String {
    match sent {
        Ok(()) => "sent".to_owned(),
        Err(error) => format!("{error:?}"),
    }
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

fn perform(act: Act, own: &mut Own) -> String {
    let receiver = |which: Which| own.receivers[which].as_ref();
    match act {
        Act::Recv(a) => receiver(a).map_or_else(String::new, |r| said(r.recv())),
        Act::TryRecv(a) => receiver(a).map_or_else(String::new, |r| said(r.try_recv())),
        Act::RecvTimeout(a) => {
            receiver(a).map_or_else(String::new, |r| said(r.recv_timeout(Duration::from_micros(1))))
        }
        Act::Len(a) => receiver(a).map_or_else(String::new, |r| format!("{} {}", r.len(), r.is_full())),
        Act::DropSender(a) => {
            own.senders[a] = None;
            String::new()
        }
        Act::DropReceiver(a) => {
            own.receivers[a] = None;
            String::new()
        }
        Act::Count => own.count.fetch_add(1, SeqCst).to_string(),
        Act::Send(a) | Act::TrySend(a) | Act::SendTimeout(a) => {
            let message = own.message();
            let Some(sender) = own.senders[a].as_ref() else { return "no sender".to_owned() };
            match act {
                Act::Send(_) => sent(sender.send(message)),
                Act::TrySend(_) => sent(sender.try_send(message)),
                _ => sent(sender.send_timeout(message, Duration::from_micros(1))),
            }
        }
        _ => choose(act, own),
    }
}

fn choose(act: Act, own: &mut Own) -> String {
    let message = own.message();
    let (a, b) = match act {
        Act::Exchange(a) | Act::ExchangeOrNeither(a) | Act::RecvOrTimer(a) => (a, 1 - a),
        _ => (0, 1),
    };
    let (Some(from), Some(other)) = (own.receivers[a].as_ref(), own.receivers[b].as_ref()) else {
        return "no receiver".to_owned();
    };
    let to = |which: Which| own.senders[which].as_ref();
    match act {
        Act::Either => select! {
            recv(from) -> received => format!("l{}", said(received)),
            recv(other) -> received => format!("r{}", said(received)),
        },
        Act::EitherOrNeither => select! {
            recv(from) -> received => format!("l{}", said(received)),
            recv(other) -> received => format!("r{}", said(received)),
            default => "neither".to_owned(),
        },
        Act::EitherInTime => select! {
            recv(from) -> received => format!("l{}", said(received)),
            recv(other) -> received => format!("r{}", said(received)),
            default(Duration::from_micros(1)) => "late".to_owned(),
        },
        Act::Rather => select_biased! {
            recv(from) -> received => format!("l{}", said(received)),
            recv(other) -> received => format!("r{}", said(received)),
        },
        Act::RatherOrNeither => select_biased! {
            recv(from) -> received => format!("l{}", said(received)),
            recv(other) -> received => format!("r{}", said(received)),
            default => "neither".to_owned(),
        },
        Act::Exchange(_) => {
            let Some(to) = to(b) else { return "no sender".to_owned() };
            select! {
                recv(from) -> received => format!("l{}", said(received)),
                send(to, message) -> done => format!("r{}", sent(done)),
            }
        }
        Act::ExchangeOrNeither(_) => {
            let Some(to) = to(b) else { return "no sender".to_owned() };
            select! {
                recv(from) -> received => format!("l{}", said(received)),
                send(to, message) -> done => format!("r{}", sent(done)),
                default => "neither".to_owned(),
            }
        }
        Act::SendEither | Act::SendEitherOrNeither => {
            let (Some(one), Some(two)) = (to(a), to(b)) else { return "no sender".to_owned() };
            let mut select = Select::new();
            let (first, _) = (select.send(one), select.send(two));
            let complete = |selected: SelectedOperation<'_>| {
                let is_first = selected.index() == first;
                let done = selected.send(if is_first { one } else { two }, message);
                format!("{}{}", if is_first { "l" } else { "r" }, sent(done))
            };
            match act {
                Act::SendEither => complete(select.select()),
                _ => select.try_select().map_or("neither".to_owned(), complete),
            }
        }
        Act::RecvOrTimer(_) => select! {
            recv(from) -> received => said(received),
            recv(after(Duration::from_micros(1))) -> up => format!("time {}", up.is_ok()),
        },
        _ => {
            let mut select = Select::new();
            let _ = (select.recv(from), select.recv(other));
            let ready = if let Act::Ready = act { Some(select.ready()) } else { select.try_ready().ok() };
            match ready {
                Some(0) => format!("l{}", said(from.try_recv())),
                Some(_) => format!("r{}", said(other.try_recv())),
                None => "neither".to_owned(),
            }
        }
    }
}

fn channel(capacity: usize) -> (Sender<Message>, Receiver<Message>) {
    if capacity == 3 { unbounded() } else { bounded(capacity) }
}

/// A program of these threads, and of two channels: with so much room, or unbounded where that is 3.
#[derive(Clone, Debug)]
struct Threads {
    acts: Vec<Vec<Act>>,
    capacities: [usize; 2],
    noisy: bool,
}

impl Act {
    /// Which channels it sends into, and from which it receives.
    fn uses(self) -> ([bool; 2], [bool; 2]) {
        let one = |which: Which| [which == 0, which == 1];
        let (both, none) = ([true; 2], [false; 2]);
        match self {
            Self::Send(a) | Self::TrySend(a) | Self::SendTimeout(a) | Self::DropSender(a) => (one(a), none),
            Self::Recv(a)
            | Self::TryRecv(a)
            | Self::RecvTimeout(a)
            | Self::Len(a)
            | Self::DropReceiver(a) => (none, one(a)),
            Self::Exchange(a) | Self::ExchangeOrNeither(a) => (one(1 - a), both),
            Self::SendEither | Self::SendEitherOrNeither => (both, both),
            Self::Count => (none, none),
            _ => (none, both),
        }
    }

    fn is_timed(self) -> bool {
        matches!(
            self,
            Self::SendTimeout(_) | Self::RecvTimeout(_) | Self::EitherInTime | Self::RecvOrTimer(_)
        )
    }
}

/// Whether a thread uses a handle, and whether a later one does.
type Uses = (bool, bool);

/// A handle for a thread that uses one: the last of them has the first handle, so that the main thread drops none
/// meanwhile.
fn handle<H: Clone>(first: &mut Option<H>, (uses, later): Uses) -> Option<H> {
    match (uses, later) {
        (false, _) => None,
        (true, true) => first.clone(),
        (true, false) => first.take(),
    }
}

impl Threads {
    fn uses(&self, thread: usize, uses: impl Fn(&Act) -> bool) -> Uses {
        let uses = |acts: &Vec<Act>| acts.iter().any(&uses);
        (uses(&self.acts[thread]), self.acts[thread + 1..].iter().any(uses))
    }

    fn run(&self) -> String {
        let count = Arc::new(AtomicUsize::new(0));
        let ends: [_; 2] = self.capacities.map(channel);
        let mut ends = ends.map(|(sender, receiver)| (Some(sender), Some(receiver)));
        let spawned = self.acts.iter().enumerate().map(|(thread, acts)| {
            let mut own = Own {
                senders: [0, 1].map(|a| handle(&mut ends[a].0, self.uses(thread, |act| act.uses().0[a]))),
                receivers: [0, 1].map(|a| handle(&mut ends[a].1, self.uses(thread, |act| act.uses().1[a]))),
                count: count.clone(),
                noisy: self.noisy,
                next: 10 * thread,
            };
            let acts = acts.clone();
            thread::spawn(move || {
                acts.iter().map(|act| perform(*act, &mut own)).collect::<Vec<_>>().join(",")
            })
        });
        let spawned: Vec<_> = spawned.collect();
        let said = spawned.into_iter().map(|thread| thread.join().unwrap());
        let mut said: Vec<String> = said.collect();
        said.push(count.load(SeqCst).to_string());
        said.join(" | ")
    }

    fn runnable(&self) -> (Program, Outcomes) {
        let outcomes = Outcomes::default();
        let (noted, threads) = (outcomes.clone(), self.clone());
        let program = move || {
            let outcome = threads.run();
            noted.lock().unwrap().insert(outcome);
        };
        (std::sync::Arc::new(program), outcomes)
    }
}

/// Draws something to do.
type Draw = fn(&mut Chance) -> Act;

impl Chance {
    fn of_queues(&mut self) -> Act {
        let a = self.below(4) / 3;
        match self.below(14) {
            0..3 => Act::Send(a),
            3 => Act::TrySend(a),
            4 => Act::SendTimeout(a),
            5..8 => Act::Recv(a),
            8 => Act::TryRecv(a),
            9 => Act::RecvTimeout(a),
            10 => Act::Len(a),
            11 => [Act::DropSender(a), Act::DropReceiver(a)][self.below(2)],
            _ => Act::Count,
        }
    }

    fn of_selections(&mut self) -> Act {
        let a = self.below(2);
        match self.below(20) {
            0 | 1 => Act::Either,
            2 => Act::EitherOrNeither,
            3 => Act::EitherInTime,
            4 => Act::Rather,
            5 => Act::RatherOrNeither,
            6 => Act::Exchange(a),
            7 => Act::ExchangeOrNeither(a),
            8 => Act::SendEither,
            9 => Act::SendEitherOrNeither,
            10 => Act::RecvOrTimer(a),
            11 => [Act::Ready, Act::TryReady][a],
            12..15 => Act::Send(a),
            15 => Act::TrySend(a),
            16 => Act::Recv(a),
            17 => Act::TryRecv(a),
            18 => [Act::DropSender(a), Act::DropReceiver(a)][self.below(2)],
            _ => Act::Count,
        }
    }

    fn of_channels(&mut self, draw: Draw, noisy: bool) -> Threads {
        let count = 2 + self.below(2);
        let most = if count == 2 { 3 } else { 2 };
        let mut acts: Vec<Vec<Act>> =
            (0..count).map(|_| (0..=self.below(most)).map(|_| draw(self)).collect()).collect();
        for acts in &mut acts {
            // A second timeout of a thread is bounded: it comes when nothing else can go on.
            let mut timeouts = 0;
            acts.retain(|act| {
                timeouts += usize::from(act.is_timed());
                timeouts < 2 || !act.is_timed()
            });
        }
        Threads { acts, capacities: [self.below(4), self.below(4)], noisy }
    }
}

fn compare_family(name: &str, family: usize, draw: Draw, noisy: bool, plain: u64) {
    let mut chance = Chance::new(family);
    compare_many(name, plain, || compare(&chance.of_channels(draw, noisy), 2_000));
}

fn compare(threads: &Threads, interleavings_max: usize) -> Compared {
    let what = format!("{threads:?}");
    let compared = compare_programs(|| threads.runnable(), Known::GUESSES, &what, interleavings_max);
    if !compared.too_large && compared.deadlocks == 0 {
        compare_with_real_threads(threads);
    }
    compared
}

/// What is seen on real threads is among what the model has.
fn compare_with_real_threads(threads: &Threads) {
    let (program, possible) = threads.runnable();
    drive(&program, Unstopped::new(), 1_000);
    let possible = possible.lock().unwrap();
    for _ in 0..10 {
        let seen = threads.run();
        assert!(possible.contains(&seen), "{threads:?}: real threads have seen {seen}, and not {possible:?}");
    }
}

/// An attempt to send, another sender, and a receiver that goes without being the last: orders were missed in which
/// the attempt comes between the two and finds no room.
#[test]
fn an_attempt_meets_the_other_side_whatever_it_came_to() {
    let first = vec![Act::TrySend(0), Act::SendTimeout(0)];
    let acts = vec![first, vec![Act::TrySend(0), Act::DropReceiver(0)], vec![Act::Recv(0)]];
    assert!(!compare(&Threads { acts, capacities: [2, 0], noisy: false }, 60_000).too_large);
}

/// A selection that another branch of the search shows still takes its message, so that a receiver behind it finds none.
#[test]
fn what_others_do_behind_a_selection_in_vain_is_seen() {
    use Act::{Count, EitherOrNeither, Recv, Send};
    for capacities in [[1, 1], [3, 3]] {
        let acts = vec![vec![Count, EitherOrNeither], vec![Send(1), Count], vec![Recv(1)]];
        assert!(!compare(&Threads { acts, capacities, noisy: false }, 60_000).too_large);
    }
}

#[test]
fn a_send_that_waited_for_room_comes_behind_the_receive() {
    use Act::{Count, Recv, Send};
    let acts = vec![vec![Send(0), Send(0), Count], vec![Count, Recv(0)]];
    assert!(!compare(&Threads { acts, capacities: [1, 0], noisy: false }, 60_000).too_large);
}

#[test]
fn channels_of_crossbeam_have_the_outcomes_that_every_interleaving_has() {
    compare_family("crossbeam's channels", 22, Chance::of_queues, false, 60);
}

#[test]
fn messages_that_are_left_are_dropped_by_whom_every_interleaving_has() {
    compare_family("crossbeam's channels, messages that count", 23, Chance::of_queues, true, 30);
}

#[test]
fn selections_of_crossbeam_have_the_outcomes_that_every_interleaving_has() {
    compare_family("crossbeam's selections", 24, Chance::of_selections, false, 60);
}
