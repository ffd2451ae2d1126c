//! What a program does that no model can follow: its exploration ends without a verdict.

use super::failure::{Failure, Reason};
use super::operation::At;
use super::{Stepped, end, execution, is_real, outside, panic};

/// Ends the exploration without a verdict: an object of the real world, or of an earlier execution, is used.
pub fn stranger(created: At, used: At) -> ! {
    let reason = Reason::Stranger { created: created.to_string(), used: used.to_string() };
    execution::with(|e| e.fail(Failure::Undecided(reason)));
    panic::give_up()
}

/// What the line `created` made in the real world is used: where a model runs, the exploration ends without a verdict.
#[inline]
pub fn used_in_real_world(created: At, used: At) {
    if !outside::no_model_runs() && !is_real() {
        used_in_model(&created.to_string(), used);
    }
}

/// As `used_in_real_world`, of what does not keep the line that made it.
#[inline]
pub fn used_without_its_line(used: At) {
    if !outside::no_model_runs() && !is_real() {
        used_in_model("a line that is not known", used);
    }
}

#[cold]
fn used_in_model(created: &str, used: At) {
    let _: Stepped<()> = not_of_now(created.to_owned(), used);
}

/// The step of an object that this execution has not made.
pub(super) fn not_of_now<R>(created: String, used: At) -> Stepped<R> {
    end(Failure::Undecided(Reason::Stranger { created, used: used.to_string() }))
}

/// Says that loom's world has no such thing, and ends the exploration without a verdict.
pub fn not_in_loom(what: &str, at: At) {
    not_modelled(&format!("not modelled in loom's world: {what} ({at}); the exhaustive engine does"));
}

/// Tokio itself is used, and panics now, since there is no runtime of its own.
pub(super) fn of_tokio() {
    execution::with(|e| {
        let behind = e.behind();
        let what = format!(
            "not modelled: I/O, or what else of tokio's own needs its runtime,{behind}; put it outside of the program"
        );
        e.fail(Failure::Undecided(Reason::NotModelled(what)));
    });
}

/// Ends the exploration without a verdict.
pub fn not_modelled(what: &str) {
    if is_real() {
        return;
    }
    execution::with(|e| e.fail(Failure::Undecided(Reason::NotModelled(what.to_owned()))));
    if !std::thread::panicking() {
        panic::give_up();
    }
}
