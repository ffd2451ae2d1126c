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

/// Runs `explore`, and does not wait for it if the program has left the model: then it says where.
pub fn watched<R: Send + 'static>(explore: impl FnOnce() -> R + Send + 'static) -> Result<R, String> {
    let pulse = Arc::new(Pulse::default());
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
            Ok(Ok(ended)) => return Ok(ended),
            Ok(Err(payload)) => resume_unwind(payload),
            Err(RecvTimeoutError::Disconnected) => {
                return Err("the exploration ended without a word".to_owned());
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        // An exploration within another one is a step of that.
        execution::with(|e| e.worker.iter().for_each(|outer| outer.beat()));
        let (waits, now) = (pulse.all_wait(), pulse.beats());
        still = if now == beats && waits != Some(false) { still + 1 } else { 0 };
        beats = now;
        if still >= if waits.is_none() { BLIND_LOOKS } else { LOOKS } {
            pulse.give_up();
            return Err(left(&pulse));
        }
    }
}

/// Calls `work` on a thread that makes steps.
pub fn working<R>(pulse: &Arc<Pulse>, work: impl FnOnce() -> R) -> R {
    let worker = pulse.works();
    let before = execution::with(|e| e.worker.replace(Arc::clone(&worker)));
    let result = work();
    worker.rests();
    execution::with(|e| e.worker = before);
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
