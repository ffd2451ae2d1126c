//! Which subjects are decided by sequences of calls, and why others are not.

use super::Refusal;
use crate::explore::ended::Ended;
use crate::explore::subject::Around;
use crate::explore::{Engine, Explorer};
use crate::spec::counter::{Counter, Op, Ret};
use crate::spec::{Bounds, Subject};
use crate::sync::atomic::{AtomicI64, Ordering};
use crate::sync::{Arc, Mutex, RwLock};
use crate::tokio::sync::{mpsc, oneshot};
use std::cell::Cell;
use std::panic::Location;
use std::time::Instant;

const SEQ: Ordering = Ordering::SeqCst;

fn bounds() -> Bounds<Counter> {
    Bounds::new(Counter(0), [Op::Get, Op::Add(1)]).threads(2).calls_per_thread(3)
}

fn of<S: Subject<Spec = Counter>>() -> Result<Ended, Refusal> {
    within::<S>(&bounds())
}

fn within<S: Subject<Spec = Counter>>(bounds: &Bounds<Counter>) -> Result<Ended, Refusal> {
    let explorer = Explorer::new(Engine::Exhaustive);
    let around = Around::of(bounds);
    let of = explorer.by_sequences::<S>(bounds, &around, Location::caller(), Instant::now());
    of.expect("there are few sequences")
}

/// Every sequence was run, and what they prove is what every execution of every program does.
#[track_caller]
fn is_decided<S: Subject<Spec = Counter>>() {
    let ended = of::<S>().unwrap_or_else(|refusal| panic!("{refusal:?}"));
    assert!(ended.finding.is_none(), "{:?}", ended.finding);
    assert_eq!(ended.counts.executions, 2 + 4 + 8 + 16 + 32 + 64);
    assert_eq!(ended.programs, Some(bounds().count()));
    Explorer::new(Engine::Exhaustive).explore_subject::<S>(&bounds()).assert_proved();
}

#[track_caller]
fn is_refused<S: Subject<Spec = Counter>>(why: &str, is_wrong: bool) {
    let refusal = of::<S>().expect_err("it is refused");
    let is_so = refusal.why.starts_with(why) && refusal.is_wrong == is_wrong;
    assert!(is_so, "{refusal:?}");
}

macro_rules! subject {
    ($name:ident($field:ty), $new:expr, |$this:ident, $op:ident| $call:expr) => {
        struct $name($field);

        impl Subject for $name {
            type Spec = Counter;

            async fn new() -> Self {
                Self($new)
            }

            async fn call(&self, $op: &Op) -> Ret {
                let $this = &self.0;
                $call
            }
        }
    };
}

subject!(Locked(Mutex<i64>), Mutex::new(0), |count, op| {
    let mut count = count.lock().unwrap();
    if *op == Op::Get {
        return Ret::Value(*count);
    }
    *count += 1;
    Ret::Done
});

subject!(Atomic(AtomicI64), AtomicI64::new(0), |count, op| {
    if *op == Op::Get {
        return Ret::Value(count.load(SEQ));
    }
    count.fetch_add(1, SEQ);
    Ret::Done
});

// A writer queues before it writes: two steps.
subject!(ReadOrWritten(RwLock<i64>), RwLock::new(0), |count, op| {
    if *op == Op::Get {
        return Ret::Value(*count.read().unwrap());
    }
    *count.write().unwrap() += 1;
    Ret::Done
});

// The second lock is of no account while the first is held.
subject!(LockedTwice((Mutex<()>, Mutex<i64>)), (Mutex::new(()), Mutex::new(0)), |locks, op| {
    let _outer = locks.0.lock().unwrap();
    let mut count = locks.1.lock().unwrap();
    *count += i64::from(*op != Op::Get);
    if *op == Op::Get { Ret::Value(*count) } else { Ret::Done }
});

type Command = (Op, oneshot::Sender<Ret>);

async fn serve(mut commands: mpsc::Receiver<Command>) {
    let mut count = 0;
    while let Some((op, answer)) = commands.recv().await {
        count += i64::from(op != Op::Get);
        let _ = answer.send(if op == Op::Get { Ret::Value(count) } else { Ret::Done });
    }
}

fn server() -> mpsc::Sender<Command> {
    let (commands, served) = mpsc::channel(8);
    crate::tokio::spawn(serve(served));
    commands
}

subject!(Owned(mpsc::Sender<Command>), server(), |commands, op| {
    let (answer, answered) = oneshot::channel();
    commands.send((*op, answer)).await.expect("it serves");
    answered.await.expect("it answers")
});

#[test]
fn one_lock_one_atomic_or_one_owner_is_decided() {
    is_decided::<Locked>();
    is_decided::<Atomic>();
    is_decided::<LockedTwice>();
    is_decided::<Owned>();
}

subject!(InTwo(Mutex<i64>), Mutex::new(0), |count, op| {
    let now = *count.lock().unwrap();
    if *op == Op::Get {
        return Ret::Value(now);
    }
    *count.lock().unwrap() = now + 1;
    Ret::Done
});

subject!(Compared(AtomicI64), AtomicI64::new(0), |count, op| {
    let mut now = count.load(SEQ);
    while let (false, Err(other)) = (*op == Op::Get, count.compare_exchange(now, now + 1, SEQ, SEQ)) {
        now = other;
    }
    if *op == Op::Get { Ret::Value(now) } else { Ret::Done }
});

subject!(RepliesFirst(Arc<Mutex<i64>>), Arc::new(Mutex::new(0)), |count, op| {
    if *op == Op::Get {
        return Ret::Value(*count.lock().unwrap());
    }
    let count = Arc::clone(count);
    crate::tokio::spawn(async move { *count.lock().unwrap() += 1 });
    Ret::Done
});

subject!(Silent(()), (), |_none, op| if *op == Op::Get { Ret::Value(0) } else { Ret::Done });

// Each op has an owner of its own: what the second does comes behind the first, and waits for nothing of it.
subject!(OwnedByTwo([mpsc::Sender<Command>; 2]), [server(), server()], |commands, op| {
    let (answer, answered) = oneshot::channel();
    commands[usize::from(*op == Op::Get)].send((*op, answer)).await.expect("it serves");
    let _ = answered.await;
    if *op == Op::Get { Ret::Value(0) } else { Ret::Done }
});

#[test]
fn a_call_of_several_steps_is_refused() {
    let between = |first: &str| format!("others may come between the steps of a call: {first}");
    is_refused::<InTwo>(&between("lock"), false);
    is_refused::<Compared>(&between("compare_exchange"), false);
    is_refused::<ReadOrWritten>(&between(""), false);
    is_refused::<OwnedByTwo>(&between("send"), false);
    is_refused::<RepliesFirst>("a call makes no step", false);
    is_refused::<Silent>("a call makes no step", false);
}

crate::thread_local! {
    static OWN: Cell<i64> = const { Cell::new(0) };
}

// Each thread has a copy, which only its own calls bring up to date: a thread that makes one call never sees it.
subject!(KeepsACopy(Mutex<i64>), Mutex::new(0), |count, op| {
    let mut count = count.lock().unwrap();
    let own = OWN.get();
    if *op == Op::Get {
        return Ret::Value(if own == 0 { *count } else { own });
    }
    *count += 1;
    OWN.set(*count);
    Ret::Done
});

subject!(KnowsItsThread(Mutex<i64>), Mutex::new(0), |count, op| {
    let mut count = count.lock().unwrap();
    let _ = crate::thread::current();
    *count += i64::from(*op != Op::Get);
    if *op == Op::Get { Ret::Value(*count) } else { Ret::Done }
});

#[test]
fn a_call_that_can_tell_who_makes_it_is_refused() {
    is_refused::<KeepsACopy>("a call asks which thread makes it", false);
    is_refused::<KnowsItsThread>("a call asks which thread makes it", false);
    Explorer::new(Engine::Exhaustive).explore_subject::<KeepsACopy>(&bounds()).assert_refuted();
}

// Right for the first four of them.
subject!(Saturates(Mutex<i64>), Mutex::new(0), |count, op| {
    let mut count = count.lock().unwrap();
    *count = (*count + i64::from(*op != Op::Get)).min(4);
    if *op == Op::Get { Ret::Value(*count) } else { Ret::Done }
});

subject!(Panics(Mutex<i64>), Mutex::new(0), |count, op| {
    let mut count = count.lock().unwrap();
    *count += i64::from(*op != Op::Get);
    assert!(*count < 3);
    if *op == Op::Get { Ret::Value(*count) } else { Ret::Done }
});

#[test]
fn a_sequence_that_is_wrong_as_it_stands_says_so() {
    is_refused::<Saturates>("its answers are wrong", true);
    let calls = of::<Saturates>().expect_err("it is wrong").calls;
    assert_eq!(calls, [1, 1, 1, 1, 1, 0]);
    is_refused::<Panics>("it ends in a failure", true);
}

/// A call that may be dropped at any of its awaits is no one step.
#[test]
fn calls_that_may_be_dropped_are_refused() {
    let refusal = within::<Locked>(&bounds().cancellations(1)).expect_err("it is refused");
    assert!(refusal.why.starts_with("a call makes a step that is more than one of its own"), "{refusal:?}");
}
