//! Which world is current, and the one way in which a program steps through it.
//!
//! | world | when | what an object is |
//! |---|---|---|
//! | real | unless a model runs on this thread | std's or tokio's own |
//! | loom | inside a loom exploration | loom's, so that weak memory is modelled |
//! | model | inside every other exploration | a state machine of ours, under a scheduler |
//!
//! An object belongs to the world in which it was made. What every operation of the facade does is
//! [`step`]: in the real world nothing, in loom's the loom operation, in the model it waits for its turn.

pub mod choice;
pub mod clock;
mod debugger;
pub mod dropping;
pub mod execution;
pub mod failure;
pub mod instead;
pub mod object;
pub mod operation;
pub mod outside;
pub mod panic;
mod part;
pub mod pulse;
mod refusal;
pub mod runtime;
mod shared;
pub mod spawn;
pub mod statics;
pub mod task;
pub mod time;

use execution::{Execution, Place};
use failure::{Failure, Reason};
use object::State;
use object::thread::Parking;
use operation::{At, Kind, Operation, Outcome, Patience, ThreadId, Value};
use std::cell::Cell;
use std::panic::Location;
use std::time::Duration;

pub use part::Part;
pub use refusal::{not_in_loom, not_modelled, stranger, used_in_real_world, used_without_its_line};
pub use shared::Shared;

/// The worlds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum World {
    /// Real threads.
    Real,
    /// Loom's.
    Loom,
    /// Ours, on shuttle's runtime.
    Model,
}

thread_local! {
    static WORLD: Cell<World> = const { Cell::new(World::Real) };
}

/// The world of this thread.
#[inline]
pub fn current() -> World {
    WORLD.get()
}

/// Whether no model runs on this thread: the one test on the way of every real operation.
#[inline]
pub fn is_real() -> bool {
    WORLD.get() == World::Real
}

/// Is in a world until it is dropped.
#[derive(Debug)]
pub struct Entered(
    World,
    #[expect(dead_code, reason = "counted until it is dropped")] Option<outside::Running>,
);

/// Enters a world on this thread.
pub fn enter(world: World) -> Entered {
    let running = (world != World::Real).then(outside::Running::new);
    Entered(WORLD.replace(world), running)
}

impl Drop for Entered {
    fn drop(&mut self) {
        WORLD.set(self.0);
    }
}

/// What a step was.
#[derive(Debug)]
pub enum Stepped<R> {
    /// Nothing: a real operation is to be done now.
    Real,
    /// Loom's operation, with its result.
    Loom(R),
    /// A step of the model, which the data must follow now.
    Model(Outcome),
    /// Nothing: the execution is given up and this thread unwinds.
    Unwinding,
}

/// The one function through which every visible operation goes.
///
/// In the model it announces the operation, lets the scheduler decide, and returns when it is this
/// thread's turn; nothing else runs between its return and the next step. Plain memory is checked
/// and recorded, and no turn is waited for.
pub fn step<'p, L, R>(part: &'p Part<L>, kind: Kind, at: At, loom: impl FnOnce(&'p L) -> R) -> Stepped<R> {
    match (part, current()) {
        (_, World::Real) => {
            part.use_outside(at);
            Stepped::Real
        }
        (Part::Loom(..), World::Loom) if execution::with(|e| e.is_over()) => unwind(),
        (Part::Loom(object, place), World::Loom) if is_of_now(*place) => {
            Stepped::Loom(step_in_loom(&**object, *place, kind, at, loom))
        }
        (Part::Model(place), World::Model) if is_of_now(*place) => step_in_model(*place, kind, at),
        _ => refusal::not_of_now(part.created(), at),
    }
}

/// Loom's operation switches threads before it is done, so it is recorded behind it; plain memory is
/// no scheduling point, and recorded before it, so that the trace holds an access that loom refuses.
fn step_in_loom<'p, L, R>(
    object: &'p L,
    place: Place,
    kind: Kind,
    at: At,
    loom: impl FnOnce(&'p L) -> R,
) -> R {
    let record = || {
        spawn::set_loom_thread();
        let operation = Operation { object: place.id, kind, at };
        execution::with(|e| e.record(operation, place.slot, Outcome::Done));
    };
    if kind.is_plain() {
        record();
        return loom(object);
    }
    let result = loom(object);
    record();
    result
}

fn is_of_now(place: Place) -> bool {
    execution::with(|e| e.made(place))
}

fn end<R>(failure: Failure) -> Stepped<R> {
    execution::with(|e| e.fail(failure));
    unwind()
}

/// The execution is given up: the thread unwinds, unless it does already.
fn unwind<R>() -> Stepped<R> {
    if std::thread::panicking() { Stepped::Unwinding } else { panic::give_up() }
}

fn step_in_model<R>(place: Place, kind: Kind, at: At) -> Stepped<R> {
    let operation = Operation { object: place.id, kind, at };
    let unwinding = std::thread::panicking();
    let over = execution::with(|e| e.is_over());
    if unwinding && over {
        return Stepped::Unwinding;
    }
    if !over && unwinding && kind.may_be_late() {
        execution::with(|e| e.put_off(operation, place.slot));
        return Stepped::Model(Outcome::Done);
    }
    settle();
    if !over && (unwinding || kind.is_plain()) {
        return step_at_once(operation, place.slot);
    }
    if !over {
        task::no_lie_stands(at);
        task::call_due();
    }
    match turn(operation, place.slot) {
        Some(outcome) => Stepped::Model(outcome),
        None => panic::give_up(),
    }
}

/// As `step_in_model`, for a choice that is no step of the program: a future that has answered without a step
/// is none the wiser.
fn step_beside_a_lie<R>(place: Place, kind: Kind, at: At) -> Stepped<R> {
    match turn(Operation { object: place.id, kind, at }, place.slot) {
        Some(outcome) => Stepped::Model(outcome),
        None => panic::give_up(),
    }
}

/// Waits for the turn of the current thread, and makes its step; none if the execution is given up.
fn turn(operation: Operation, slot: u32) -> Option<Outcome> {
    if execution::with(|e| e.is_over()) {
        return None;
    }
    execution::with(|e| e.announce(operation, slot));
    shuttle_engine::runtime::thread::switch();
    if execution::with(|e| std::mem::take(&mut e.stops)) {
        debugger::before_the_failing_step();
    }
    let outcome = execution::with(|e| (!e.is_over()).then(|| e.make_step()));
    outcome.filter(|_| execution::with(|e| !e.is_over()))
}

/// Makes the steps that were put off while a panic unwound, now that it has been caught.
///
/// A thread that unwinds cannot be switched away from, since for std every thread of the model would
/// unwind then. So what its guards give back is noted, and given back here: before whatever else the
/// thread does, each in a step of its own. Nobody can tell the difference, because nobody was let in before.
fn settle() {
    if std::thread::panicking() {
        return;
    }
    while let Some((operation, slot)) = execution::with(Execution::next_put_off) {
        turn(operation, slot);
    }
}

/// A whole object is looked at, by its `Debug`.
#[inline]
pub fn printed<L>(part: &Part<L>, at: At) {
    if !part.is_real() {
        step(part, Kind::Query, at, |_| not_in_loom("an object that is printed", at));
    }
}

/// Whether a lock is poisoned, as far as the model has come: its data is poisoned already while its unlock
/// is still put off.
pub fn is_poisoned<L>(part: &Part<L>, at: At, poisoned: impl Fn() -> bool) -> bool {
    if is_real() {
        return poisoned();
    }
    match (step(part, Kind::IsPoisoned, at, |_| ()), part) {
        (Stepped::Model(_), Part::Model(place)) => {
            poisoned() && !execution::with(|e| e.is_put_off(place.slot))
        }
        _ => poisoned(),
    }
}

/// A step that is no scheduling point: of plain memory, or of a destructor while a panic unwinds, since
/// a thread that unwinds cannot be switched away from.
fn step_at_once<R>(operation: Operation, slot: u32) -> Stepped<R> {
    let blocked = execution::with(|e| !e.objects[slot as usize].state.enabled(operation.kind));
    if blocked {
        let what = format!("a destructor waits at {} while its thread panics", operation.at);
        return end(Failure::Undecided(Reason::NotModelled(what)));
    }
    let outcome = execution::with(|e| {
        // What was put off comes before this, and is made after it.
        if !operation.kind.is_plain() || e.has_put_off() {
            e.unscheduled.get_or_insert(operation.at);
        }
        e.perform(operation, slot)
    });
    if execution::with(|e| e.is_over()) {
        return unwind();
    }
    Stepped::Model(outcome)
}

/// Tells the trace what the last step read or wrote.
pub fn observed(value: Value) {
    execution::with(|e| e.observed(value));
}

/// The line by which the current thread holds a lock of a model; else the one that made it.
pub fn taken_at<L>(part: &Part<L>) -> At {
    match part {
        Part::Real(created) => created,
        Part::Loom(_, place) | Part::Model(place) => execution::with(|e| {
            let object = e.objects.get(place.slot as usize).filter(|_| e.made(*place));
            // Of an earlier execution nothing is known, and a step on it says so.
            let Some(object) = object else { return Location::caller() };
            object.state.taken(e.current).unwrap_or(object.created)
        }),
    }
}

/// What the current thread has done behind its last step, on a model's atomic, is part of that step: whoever
/// acquires it later knows of that, too.
pub fn publish<L>(part: &Part<L>) {
    let (Part::Model(place), World::Model) = (part, current()) else { return };
    execution::with(|e| {
        if e.made(*place) && !e.is_over() {
            e.publish(place.slot);
        }
    });
}

/// What a model's object stands at, for those who have just made a step on it.
pub fn look<L, R>(part: &Part<L>, look: impl FnOnce(&State) -> Option<R>) -> Option<R> {
    let Part::Model(place) = part else { return None };
    execution::with(|e| e.made(*place).then(|| look(&e.objects[place.slot as usize].state)).flatten())
}

/// The current thread, for reports.
pub fn current_thread() -> ThreadId {
    match current() {
        World::Loom => spawn::set_loom_thread(),
        World::Model => settle(),
        World::Real => {}
    }
    execution::with(|e| e.current)
}

/// The current thread, for what depends on which one it is.
pub fn itself() -> ThreadId {
    let id = current_thread();
    execution::with(|e| e.threads[id.index()].knows_itself = true);
    id
}

/// The current thread waits until it is unparked; it may go on without a reason, and with a timeout when
/// time is up.
pub fn park(time: Option<Duration>, at: At) {
    let begin = time::begin();
    let noun = if time.is_some() { choice::TIMEOUT } else { choice::SPURIOUS_WAKEUP };
    let patience = match choice::once(2, at, noun) {
        Some(1) => None,
        Some(_) if time.is_some() => Some(Patience::Covered),
        None if time.is_some() => Some(Patience::Bounded),
        _ => Some(Patience::Endless),
    };
    let up = patience.is_none_or(|patience| {
        let place = execution::with(|e| e.thread_place(e.current));
        let parked = step_in_model::<()>(place, Kind::Parking(Parking::Park(patience)), at);
        matches!(parked, Stepped::Model(Outcome::Failed))
    });
    if let Some(time) = time.filter(|_| up) {
        time::pass(begin, time);
    }
}

/// Makes the token of `thread` available.
pub fn unpark(thread: ThreadId, at: At) {
    let place = execution::with(|e| e.thread_place(thread));
    step_in_model::<()>(place, Kind::Parking(Parking::Unpark), at);
}

/// Calls `f`, in which the current thread waits for a time at most.
pub fn with_patience<R>(patience: Patience, f: impl FnOnce() -> R) -> R {
    let set = |patience| execution::with(|e| e.threads[e.current.index()].patience = patience);
    if current() != World::Model {
        return f();
    }
    set(Some(patience));
    let result = f();
    set(None);
    result
}
