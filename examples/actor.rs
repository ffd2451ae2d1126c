//! An actor that shuts down gracefully, as tokio's guides to channels and to shutting down have it: one task that
//! owns what it works on, a channel of commands, and a signal to end.
//!
//! `cargo run --release --example actor`; `examples/README.md` says more.

use raceproof::explore::{Engine, Explorer};
use raceproof::spec::{Bounds, Spec, Subject};
use raceproof::sync::Arc;
use raceproof::tokio::sync::{Notify, mpsc, oneshot, watch};
use raceproof::tokio::{select, spawn};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Op {
    /// Adds so much, and waits only until it is accepted.
    Add(u32),
    /// What there is so far.
    Total,
    /// No more; and what there was in the end.
    Stop,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Ret {
    Accepted,
    Total(u32),
    /// It was stopped before.
    Stopped,
}

/// What the actor promises: whatever it has accepted is in its total, also in the last one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Plain {
    total: u32,
    stopped: bool,
}

impl Spec for Plain {
    type Op = Op;
    type Ret = Ret;

    fn apply(&mut self, op: &Op) -> Ret {
        match *op {
            Op::Stop => self.stopped = true,
            _ if self.stopped => return Ret::Stopped,
            Op::Add(n) => {
                self.total += n;
                return Ret::Accepted;
            }
            Op::Total => {}
        }
        Ret::Total(self.total)
    }
}

// The actor itself.

enum Command {
    Add(u32),
    Total(oneshot::Sender<u32>),
}

/// What others have of it. `DRAINS` says whether it works off what it has accepted before it ends.
struct Actor<const DRAINS: bool> {
    commands: mpsc::Sender<Command>,
    stop: Arc<Notify>,
    ended: watch::Receiver<Option<u32>>,
}

struct Work {
    commands: mpsc::Receiver<Command>,
    total: u32,
}

impl Work {
    fn carry_out(&mut self, command: Command) {
        match command {
            Command::Add(n) => self.total += n,
            // Whoever has asked may be gone.
            Command::Total(reply) => drop(reply.send(self.total)),
        }
    }

    async fn run(mut self, drains: bool, stop: Arc<Notify>, ended: watch::Sender<Option<u32>>) {
        loop {
            select! {
                command = self.commands.recv() => match command {
                    Some(command) => self.carry_out(command),
                    None => break,
                },
                () = stop.notified() => break,
            }
        }
        self.commands.close();
        while drains && let Some(command) = self.commands.recv().await {
            self.carry_out(command);
        }
        ended.send_replace(Some(self.total));
    }
}

impl<const DRAINS: bool> Subject for Actor<DRAINS> {
    type Spec = Plain;

    async fn new() -> Self {
        let (commands, to_do) = mpsc::channel(4);
        let (end, ended) = watch::channel(None);
        let stop = Arc::new(Notify::new());
        spawn(Work { commands: to_do, total: 0 }.run(DRAINS, Arc::clone(&stop), end));
        Self { commands, stop, ended }
    }

    async fn call(&self, op: &Op) -> Ret {
        match *op {
            Op::Add(n) => {
                let sent = self.commands.send(Command::Add(n)).await;
                sent.map_or(Ret::Stopped, |()| Ret::Accepted)
            }
            Op::Total => {
                let (reply, replied) = oneshot::channel();
                let _ = self.commands.send(Command::Total(reply)).await;
                replied.await.map_or(Ret::Stopped, Ret::Total)
            }
            Op::Stop => {
                self.stop.notify_one();
                let mut ended = self.ended.clone();
                let total = *ended.wait_for(Option::is_some).await.expect("it says so before it ends");
                Ret::Total(total.expect("it was waited for"))
            }
        }
    }
}

/// It works off what it has accepted.
type Graceful = Actor<true>;

/// The mistake: it ends at the signal, and what it has accepted and not yet taken up is lost.
type Abrupt = Actor<false>;

/// Two clients with a call each, of which one is dropped at any of its awaits.
fn bounds() -> Bounds<Plain> {
    let initial = Plain { total: 0, stopped: false };
    Bounds::new(initial, [Op::Add(1), Op::Total, Op::Stop]).threads(2).cancellations(1)
}

#[test]
fn the_last_total_has_all_that_was_accepted() {
    Explorer::new(Engine::Exhaustive).explore_subject::<Graceful>(&bounds()).assert_proved();
}

#[test]
fn what_is_accepted_and_lost_is_found() {
    let verdict = Explorer::new(Engine::Exhaustive).explore_subject::<Abrupt>(&bounds());
    assert!(verdict.assert_refuted().program.iter().any(|(_, calls)| calls.contains("Stop")), "{verdict}");
}

fn main() {
    let explorer = Explorer::new(Engine::Exhaustive);
    println!("Graceful: {}", explorer.explore_subject::<Graceful>(&bounds()));
    println!("Abrupt: {}", explorer.explore_subject::<Abrupt>(&bounds()));
}
