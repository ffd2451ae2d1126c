//! Panics inside a model: caught, told by the report, and never printed by a hook.

use super::{World, failure::Panic, operation::ThreadId};
use std::any::Any;
use std::cell::RefCell;
use std::panic::{self, PanicHookInfo};
use std::sync::Once;

thread_local! {
    static LAST: RefCell<Option<(String, String)>> = const { RefCell::new(None) };
}

/// The payload with which the threads of a given-up execution unwind.
#[derive(Debug)]
pub struct GivenUp;

/// Unwinds the current thread of an execution that was given up. No hook is told.
pub fn give_up() -> ! {
    panic::resume_unwind(Box::new(GivenUp))
}

/// Puts our panic hook before the one that the process has; once a process.
///
/// Shuttle puts its own hook there at its first run, for ever, and it prints a schedule at every
/// panic from then on. So `first_run` makes it do so, and its hook is taken away again.
pub fn install_hook(first_run: impl FnOnce()) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let theirs = panic::take_hook();
        first_run();
        drop(panic::take_hook());
        panic::set_hook(Box::new(
            move |info| {
                if super::current() == World::Real { theirs(info) } else { note(info) }
            },
        ));
    });
}

/// What tokio's own sockets, files, timers and tasks say where there is no runtime of tokio's: in a model there is none.
const NO_RUNTIME: &str =
    "there is no reactor running, must be called from the context of a Tokio 1.x runtime";

fn note(info: &PanicHookInfo<'_>) {
    let at = info.location().map(ToString::to_string).unwrap_or_default();
    let message = message(info.payload());
    if message == NO_RUNTIME {
        super::refusal::of_tokio();
    }
    LAST.set(Some((message, at)));
}

/// The message that a panic carries, if it carries one.
pub fn message(payload: &dyn Any) -> String {
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}

/// What a caught payload tells; none if the execution was given up.
pub fn caught(thread: ThreadId, payload: &(dyn Any + Send)) -> Option<Panic> {
    if payload.is::<GivenUp>() {
        return None;
    }
    let at = LAST.take().map(|(_, at)| at);
    Some(Panic { thread, message: message(payload), at })
}
