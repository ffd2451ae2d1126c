//! `stress`: the program on real threads, again and again. It never proves.

use super::Ended;
use super::budget::Budget;
use super::driver::{Counts, Program};
use super::finding::Finding;
use crate::verdict::{Counterexample, Cut, Finding as What};
use crate::world::failure::Failure;
use crate::world::panic;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
#[cfg(feature = "tokio")]
use std::sync::OnceLock;

/// Runs `program` until the budget is spent or it panics.
pub fn explore(program: &Program, mut budget: Budget) -> Ended {
    let mut counts = Counts { shared: true, ..Counts::default() };
    let finding = loop {
        counts.executions += 1;
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| program())) {
            break Some(found(&*payload));
        }
        if !budget.spend() {
            break None;
        }
    };
    Ended { counts, finding, cut: Some(Cut::Sampling), ..Ended::default() }
}

fn found(payload: &(dyn Any + Send)) -> Finding {
    match payload.downcast_ref::<Failure>() {
        Some(Failure::Violation(why)) => wrong(What::NotLinearizable, why),
        Some(failure) => Finding::Undecided(format!("{failure:?}")),
        None => wrong(What::Panic, &panic::message(payload)),
    }
}

fn wrong(finding: What, why: &str) -> Finding {
    Finding::Wrong(Box::new(Counterexample {
        finding,
        threads: Vec::new(),
        program: Vec::new(),
        rows: Vec::new(),
        preemptions: None,
        why: why.lines().map(str::to_owned).collect(),
        schedule: None,
        replay: None,
        seed: None,
    }))
}

/// Runs a future on this thread, and the tasks that it spawns on two workers of a runtime that is kept for
/// the life of the process.
#[cfg(feature = "tokio")]
pub fn block_on<F: Future>(future: F) -> F::Output {
    static RUNTIME: OnceLock<::tokio::runtime::Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        let mut builder = ::tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(2).enable_time().build().expect("a runtime needs two threads of the system")
    });
    runtime.handle().block_on(future)
}

/// Runs a future on this thread.
#[cfg(not(feature = "tokio"))]
pub fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = std::sync::Arc::new(Unpark(std::thread::current())).into();
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut std::task::Context::from_waker(&waker)) {
            std::task::Poll::Ready(output) => return output,
            std::task::Poll::Pending => std::thread::park(),
        }
    }
}
