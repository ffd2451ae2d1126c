//! Notices that a step does not come: the program has left the model and waits for what nobody there can give it.
//!
//! A model's threads share one thread of the operating system. If one of them blocks that (on a lock of std's that
//! another one holds across a step, on I/O, in a runtime of its own), nothing goes on any more, and nothing can be
//! taken back. So an exploration runs on a thread that can be left behind, and whoever asked for it waits here. Time
//! alone decides nothing: a thread that computes for long is let compute. It must wait, in the operating system's
//! own words, and have made no step for a while.

use super::finding::line;
use super::progress;
use crate::world::execution;
use crate::world::operation::ThreadId;
use crate::world::outside::Told;
use crate::world::pulse::Pulse;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// How often is looked.
const LOOK: Duration = Duration::from_millis(25);

/// For how many looks in a row it has waited and made no step: it waits for good. 0.75 s.
const LOOKS: u32 = 30;

/// As `LOOKS`, where the system does not say whether a thread waits: 10 s without a step.
const BLIND_LOOKS: u32 = 400;

/// How long an exploration that has ended waits for those who still have objects of it: 0.25 s.
const USE: Duration = Duration::from_millis(1);
const USES: u32 = 250;

/// Runs `explore`, and does not wait for it if the program has left the model: then it says where.
pub fn watched<R: Send + 'static>(explore: impl FnOnce() -> R + Send + 'static) -> Result<R, String> {
    let pulse = Arc::new(Pulse::default());
    let told = Told::of(&pulse);
    let (theirs, quiet) = (Arc::clone(&pulse), progress::is_quiet());
    let (done, ended) = channel();
    let worker = thread::Builder::new().name("raceproof".to_owned());
    let spawned = worker.spawn(move || {
        let _quiet = quiet.then(progress::quiet);
        let result = working(&theirs, || catch_unwind(AssertUnwindSafe(explore)));
        // Nobody may wait any more.
        let _ = done.send(result);
    });
    if let Err(error) = spawned {
        return Err(format!("the system gives no thread to explore on: {error}"));
    }
    let (mut beats, mut still) = (0, 0);
    loop {
        match ended.recv_timeout(LOOK) {
            Ok(Ok(ended)) => return used_outside_at_last(&pulse).map_or(Ok(ended), Err),
            Ok(Err(payload)) => resume_unwind(payload),
            Err(RecvTimeoutError::Disconnected) => {
                return Err("the exploration ended without a word".to_owned());
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        if let Some(outside) = used_outside(&pulse) {
            leave(&pulse, told);
            return Err(outside);
        }
        // An exploration within another one is a step of that.
        execution::with(|e| e.worker.iter().for_each(|outer| outer.beat()));
        let (waits, now) = (pulse.all_wait(), pulse.beats());
        still = if now == beats && waits != Some(false) { still + 1 } else { 0 };
        beats = now;
        if still >= if waits.is_none() { BLIND_LOOKS } else { LOOKS } {
            leave(&pulse, told);
            return Err(left(&pulse));
        }
    }
}

/// Nobody waits for it any more. It may go on, so uses of its objects from outside are still told to it.
fn leave(pulse: &Pulse, told: Told) {
    pulse.give_up();
    std::mem::forget(told);
}

/// As `used_outside`, of an exploration that has ended. Who still has an object of it may be about to use that.
fn used_outside_at_last(pulse: &Pulse) -> Option<String> {
    for _ in 0..USES {
        if pulse.used_outside().is_some() || !pulse.objects_are_left() {
            break;
        }
        thread::sleep(USE);
    }
    used_outside(pulse)
}

fn used_outside(pulse: &Pulse) -> Option<String> {
    let (what, at) = pulse.used_outside()?;
    Some(format!(
        "{what} at {} by a thread that is not the model's; start it by raceproof::thread, or put what it does into a \
         raceproof::Foreign",
        line(at)
    ))
}

/// Calls `work` on a thread that makes steps.
pub fn working<R>(pulse: &Arc<Pulse>, work: impl FnOnce() -> R) -> R {
    let worker = pulse.works();
    let before = execution::with(|e| e.worker.replace(Arc::clone(&worker)));
    let result = work();
    execution::with(|e| e.worker = before);
    worker.rests(execution::kept());
    result
}

/// The pulse of the exploration that runs on this thread, for others that work for it.
pub fn pulse() -> Option<Arc<Pulse>> {
    execution::with(|e| Some(Arc::clone(e.worker.as_ref()?.pulse())))
}

fn left(pulse: &Pulse) -> String {
    let (thread, at) = pulse.last();
    let who = if thread == ThreadId::MAIN { "main".to_owned() } else { format!("thread {}", thread.0) };
    let at = at.map_or_else(|| "before its first step".to_owned(), |at| format!("behind {}", line(at)));
    format!(
        "{who} has left the model {at}, and waits there: for a lock of std's that another thread of the model holds \
         across a step, for a thread of std's, for I/O, or in a runtime of its own; use raceproof's types, or \
         raceproof::Foreign"
    )
}
