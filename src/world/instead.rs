//! A wait for one of several things: the thread has chosen which, and the search tries the others in other branches.

use super::operation::{At, Kind, Operation};
use super::{execution, panic, step_in_model};

/// Calls `f`, in which the current thread waits for something that it has chosen among these.
pub fn among<R>(instead: Vec<(Operation, u32)>, f: impl FnOnce() -> R) -> R {
    let set = |instead| execution::with(|e| e.threads[e.current.index()].instead = instead);
    set(instead);
    let result = f();
    set(Vec::new());
    result
}

/// Never returns: another branch of the search shows what the current thread would do. The others go on, so that what
/// they do is seen, and what it could have come before or after.
pub fn in_vain(at: At) -> ! {
    let place = execution::with(|e| e.thread_place(e.current));
    step_in_model::<()>(place, Kind::InVain, at);
    panic::give_up()
}
