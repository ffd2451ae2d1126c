//! `after`, `at`, `tick` and `never`: receivers without senders.
//!
//! In a model a timer is a thread that makes one step: time is up at any point of the search, once a thread and line,
//! and from then on when nothing else can go on.

use super::line::{Line, last, step};
use super::receiver::Receiver;
use crate::world::object::belt::Belt;
use crate::world::operation::{At, Kind, Outcome, Patience};
use crate::world::{self, execution, spawn};
use ::crossbeam_channel as real;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// The timer of a channel.
pub struct Clock<T> {
    /// How long after a message the next one comes, if one does.
    period: Option<Duration>,
    made: At,
    /// When the message comes, or has come. It is read and written behind a step: nobody else is in here then.
    due: AtomicU64,
    /// Sets the timer.
    set: fn(&Arc<Line<T>>, u64, At),
}

impl<T> Clock<T> {
    /// Its message was taken: time has come up to that, and the timer is set anew.
    pub fn received(&self, line: &Arc<Line<T>>) {
        world::time::pass(0, Duration::from_nanos(self.due.load(Relaxed)));
        if let Some(period) = self.period {
            (self.set)(line, world::time::after(world::time::begin(), period), self.made);
        }
    }
}

/// As crossbeam's [`after`](::crossbeam_channel::after).
#[track_caller]
pub fn after(duration: Duration) -> Receiver<Instant> {
    let made = Location::caller();
    if world::is_real() {
        return Receiver::of_real_world(real::after(duration), made);
    }
    timer(world::time::after(world::time::begin(), duration), None, made)
}

/// As crossbeam's [`at`](::crossbeam_channel::at), by std's clock or the facade's.
#[track_caller]
pub fn at(when: impl Into<Instant>) -> Receiver<Instant> {
    let (when, made) = (when.into(), Location::caller());
    if world::is_real() {
        return Receiver::of_real_world(real::at(when), made);
    }
    timer(crate::time::Instant::in_model(when), None, made)
}

/// As crossbeam's [`tick`](::crossbeam_channel::tick).
#[track_caller]
pub fn tick(duration: Duration) -> Receiver<Instant> {
    let made = Location::caller();
    if world::is_real() {
        return Receiver::of_real_world(real::tick(duration), made);
    }
    timer(world::time::after(world::time::begin(), duration), Some(duration), made)
}

/// As crossbeam's [`never`](::crossbeam_channel::never()).
pub const fn never<T>() -> Receiver<T> {
    Receiver::never(real::never())
}

fn timer(due: u64, period: Option<Duration>, made: At) -> Receiver<Instant> {
    let clock = Clock { period, made, due: AtomicU64::new(due), set };
    let line = Line::new("timer", None, Some(clock), made);
    if world::current() == world::World::Loom {
        world::not_in_loom("a timer", made);
    }
    set(&line, due, made);
    Receiver::of_model(line)
}

fn set(line: &Arc<Line<Instant>>, due: u64, made: At) {
    if let Some(clock) = &line.clock {
        clock.due.store(due, Relaxed);
    }
    if due <= world::time::begin() {
        return fire(line, due, Patience::Endless, made);
    }
    let first = execution::with(|e| e.is_first_asked(made));
    let patience = if first { Patience::Endless } else { Patience::Bounded };
    if due != u64::MAX && !execution::with(|e| e.is_over()) {
        let line = Arc::clone(line);
        spawn::spawn(Some("timer".to_owned()), made, move || fire(&line, due, patience, made));
    }
}

fn fire(line: &Line<Instant>, due: u64, patience: Patience, made: At) {
    if step(&line.part, Kind::Belt(Belt::Fire(patience)), made) == Outcome::Done {
        line.put(last(&line.part).0, crate::time::Instant::of_model(due));
    }
}
