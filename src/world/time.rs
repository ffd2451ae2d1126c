//! Time in a model: it takes none, and a clock reads what the sleeps and timeouts before it make up.
//!
//! Each thread has a time of its own, which goes on when it has slept or when its time was up, and which is at
//! least that of every step that comes before its next one in the order that an execution stands for. So what a
//! clock reads is the same in all schedules of that order, it never goes back along it, and reading it is no step.
//! Time does not pass by itself while a thread works: a clock reads the least that is possible.

use super::execution::{self, Event, Execution, Place};
use super::object::State;
use super::object::timer::Tick;
use super::operation::{At, Kind, Patience, Relation, ThreadId};
use super::task::{Turn, Waits};
use super::{Part, Stepped, World, current, spawn};
use std::task::{Context, Poll};
use std::time::Duration;

/// What a thread knows of time.
#[derive(Debug, Default)]
pub struct Time {
    /// How far it has come, in nanoseconds.
    now: u64,
    /// The object of the timers that it makes.
    timers: Option<Place>,
    /// Its timers that are not done, by number, with their deadlines.
    pending: Vec<(u32, u64)>,
    made: u32,
}

/// The times of an execution's steps, as far as they were asked for.
#[derive(Debug, Default)]
pub struct Times {
    of_event: Vec<u64>,
    passes: bool,
    /// The lines that have read a clock.
    pub read: Vec<At>,
}

impl Times {
    /// Another execution begins.
    pub fn begin(&mut self) {
        self.of_event.clear();
        self.passes = false;
        self.read.clear();
    }
}

/// What a clock reads, in nanoseconds since the beginning of the execution.
pub fn now(at: At) -> u64 {
    if current() == World::Loom {
        super::not_in_loom("a clock", at);
        return 0;
    }
    super::current_thread();
    execution::with(|e| {
        if !e.times.read.contains(&at) {
            e.times.read.push(at);
        }
        e.sees_time();
        e.time()
    })
}

/// The time at which a wait of the current thread begins.
pub fn begin() -> u64 {
    execution::with(Execution::time)
}

/// The current thread has waited for so long since then.
pub fn pass(since: u64, duration: Duration) {
    execution::with(|e| e.pass_until(after(since, duration)));
}

/// So much later; for ever, if it is longer than anybody waits.
pub fn after(since: u64, duration: Duration) -> u64 {
    since.saturating_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
}

impl Execution {
    /// How far the current thread's time has come.
    pub fn time(&mut self) -> u64 {
        self.settle_times();
        self.threads[self.current.index()].time.now
    }

    fn pass_until(&mut self, time: u64) {
        if !self.times.passes {
            self.times.passes = true;
            self.times.of_event.resize(self.trace.len(), 0);
        }
        self.settle_times();
        let now = &mut self.threads[self.current.index()].time.now;
        *now = time.max(*now);
    }

    /// The child of the current thread begins where that stands.
    pub(super) fn spawn_in_time(&mut self, child: ThreadId) {
        let now = self.time();
        self.threads[child.index()].time.now = now;
    }

    /// Works out the times of the steps since the last one that is known.
    fn settle_times(&mut self) {
        if !self.times.passes {
            return;
        }
        for i in self.times.of_event.len()..self.trace.len() {
            let event = &self.trace[i];
            let mut time = self.threads[event.thread.index()].time.now;
            for (earlier, its_time) in self.trace.iter().zip(&self.times.of_event) {
                if *its_time > time && comes_before(earlier, event) {
                    time = *its_time;
                }
            }
            for earlier in self.after(event) {
                time = time.max(self.times.of_event[*earlier]);
            }
            let thread = event.thread.index();
            self.threads[thread].time.now = time;
            self.times.of_event.push(time);
        }
    }
}

/// Whether an earlier step of another thread comes before a later one in whatever schedule.
fn comes_before(earlier: &Event, later: &Event) -> bool {
    earlier.thread != later.thread && earlier.deed().relation(&later.deed()) != Relation::Independent
}

/// A timer of a task, in a model.
#[derive(Debug)]
pub struct Timer {
    deadline: u64,
    made: At,
    /// Its maker, and its number there.
    who: (ThreadId, u32),
    part: Part<()>,
    turn: Turn,
    /// Time has come up to it.
    up: bool,
    /// It has let an earlier timer of its task go first.
    deferred: bool,
    done: bool,
}

impl Timer {
    /// A timer of the current thread. Time comes up to it whenever it may, the first time that its line makes one,
    /// and later when nothing else can go on.
    pub fn new(deadline: u64, made: At) -> Self {
        if current() == World::Loom {
            super::not_in_loom("a timer", made);
        }
        super::current_thread();
        let (place, who, patience, done) = execution::with(|e| {
            let done = deadline <= e.time() || e.is_over();
            let place = e.timers(made);
            let patience = if e.is_first_asked(made) { Patience::Endless } else { Patience::Bounded };
            let thread = e.current;
            let time = &mut e.threads[thread.index()].time;
            time.made += 1;
            if !done {
                time.pending.push((time.made, deadline));
            }
            (place, (thread, time.made), patience, done)
        });
        if !done && deadline != u64::MAX {
            spawn::spawn(Some("timer".to_owned()), made, move || {
                let fire = Kind::Timer(Tick::Fire(deadline, patience));
                let _: Stepped<()> = super::step(&Part::<()>::of(place), fire, made, |()| ());
            });
        }
        let (part, turn) = (Part::of(place), Turn::default());
        Self { deadline, made, who, part, turn, up: false, deferred: false, done }
    }

    /// The time that it waits for.
    pub fn deadline(&self) -> u64 {
        self.deadline
    }

    /// Whether its task has seen that time is up.
    pub fn is_elapsed(&self) -> bool {
        self.done || self.deadline <= begin()
    }

    /// Ready when time is up. Of several that a task looks at in one poll, the one with the earliest deadline is
    /// ready first: a task is polled in time.
    pub fn poll(&mut self, context: &Context<'_>) -> Poll<()> {
        if self.part.is_real_at(self.made) {
            // The real world has no such timer.
            super::panic::give_up();
        }
        if self.is_elapsed() {
            self.finish();
            return Poll::Ready(());
        }
        let (kind, attempt) = (Tick::Wait(self.deadline), Tick::Look(self.deadline));
        let waits = Waits { kind: Kind::Timer(kind), attempt: Kind::Timer(attempt), at: self.made };
        if !self.up && self.turn.step::<(), ()>(context, &self.part, waits, |()| ()).is_pending() {
            return Poll::Pending;
        }
        self.up = true;
        if !self.deferred && execution::with(|e| e.waits_for_an_earlier_timer(self.deadline)) {
            self.deferred = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.finish();
        execution::with(|e| e.pass_until(self.deadline));
        Poll::Ready(())
    }

    fn finish(&mut self) {
        self.done = true;
        let Part::Model(place) = &self.part else { return };
        execution::with(|e| {
            if e.made(*place) {
                let pending = &mut e.threads[self.who.0.index()].time.pending;
                pending.retain(|(number, _)| *number != self.who.1);
            }
        });
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if !super::is_real() && !self.done {
            self.finish();
        }
    }
}

impl Execution {
    fn timers(&mut self, made: At) -> Place {
        let thread = self.current.index();
        if let Some(place) = self.threads[thread].time.timers {
            return place;
        }
        let place = self.create("timer", made, State::timers());
        self.threads[thread].time.timers = Some(place);
        place
    }

    fn waits_for_an_earlier_timer(&self, deadline: u64) -> bool {
        self.threads[self.current.index()].time.pending.iter().any(|(_, earlier)| *earlier < deadline)
    }
}
