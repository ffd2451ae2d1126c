//! The order that an execution stands for: which steps happen before which, and which could be reversed.
//!
//! Two executions with the same order are one to every program (Mazurkiewicz traces). The order is closed
//! over a thread's own steps, over steps of one object whose order makes a difference
//! (`operation::relation`), and over steps that make others possible: a send and its receive, an exit
//! and its join, a spawn and what the new thread does.

use crate::world::clock::Clock;
use crate::world::execution::{Event, Execution};
use crate::world::operation::{Deed, Kind, ObjectId, Operation, Outcome, Relation, ThreadId};
use crate::world::task::Announced;
use serde::{Deserialize, Serialize};

/// A step, as far as its order matters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Whose.
    pub thread: ThreadId,
    /// To what.
    pub object: ObjectId,
    /// What.
    pub kind: Kind,
    /// What it turned out to be.
    pub outcome: Outcome,
    /// What it has to do with steps on other objects.
    pub announced: Announced,
}

impl Step {
    /// The step that an event of the trace is.
    pub fn of(event: &Event) -> Self {
        let (thread, announced) = (event.thread, event.announced.clone());
        let Operation { object, kind, .. } = event.operation;
        Self { thread, object, kind, outcome: event.outcome, announced }
    }

    /// The step that a thread is before.
    pub fn next_of(execution: &Execution, thread: ThreadId) -> Option<Self> {
        let next = &execution.threads[thread.index()];
        let (Operation { object, kind, .. }, _) = next.next?;
        Some(Self { thread, object, kind, outcome: Outcome::Pending, announced: next.task.announced.clone() })
    }

    /// The same step with what it turned out to be.
    #[must_use]
    pub fn with(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }

    fn deed(&self) -> Deed<'_> {
        let Self { thread, object, kind, outcome, announced } = self;
        Deed { thread: *thread, object: *object, kind: *kind, outcome: *outcome, announced }
    }

    /// How this step relates to a later one of another thread.
    pub fn relation(&self, later: &Self) -> Relation {
        self.deed().relation(&later.deed())
    }

    /// Whether the order of the two makes no difference.
    pub fn commutes(&self, other: &Self) -> bool {
        self.relation(other) == Relation::Independent && other.relation(self) == Relation::Independent
    }

    /// The way it took, if it was a choice.
    pub fn choice(&self) -> u32 {
        if let Outcome::Chose(way) = self.outcome { way } else { 0 }
    }

    /// Whether it is what a thread would do as that one: the same thread, and the same way of a choice.
    pub fn is_same(&self, other: &Self) -> bool {
        self.thread == other.thread && self.choice() == other.choice()
    }
}

/// The steps of an execution with what happens before each of them.
#[derive(Debug, Default)]
pub struct Order {
    /// The steps; plain memory is not among them.
    pub steps: Vec<Step>,
    /// What has happened when a step is done: for each thread, how many of its steps.
    clocks: Vec<Clock>,
    /// The position of each step among those of its thread, from 1.
    nth: Vec<u32>,
    /// Whether a step waited for another that it names.
    waited: Vec<bool>,
    /// What happened before a step by its thread alone.
    before: Vec<Clock>,
    /// Steps by the position of their event in the trace.
    of_event: Vec<Option<usize>>,
    /// The steps of each thread, in order.
    of_thread: Vec<Vec<usize>>,
    /// For each step the earlier ones that it races with, the latest first, whether or not others lie between.
    racing: Vec<Vec<usize>>,
}

impl Order {
    /// Works out the order of `execution`, in the memory of an earlier one: what both begin with is kept.
    pub fn work_out(&mut self, execution: &Execution) {
        let (events, steps) = self.in_common_with(execution);
        self.steps.truncate(steps);
        self.nth.truncate(steps);
        self.waited.truncate(steps);
        self.of_event.truncate(events);
        self.of_thread.resize_with(execution.threads.len(), Vec::new);
        for thread in &mut self.of_thread {
            thread.truncate(thread.partition_point(|step| *step < steps));
        }
        for event in &execution.trace[events..] {
            if event.operation.kind.is_plain() {
                self.of_event.push(None);
                continue;
            }
            self.of_event.push(Some(self.steps.len()));
            self.add(execution, Step::of(event), execution.after(event));
        }
    }

    /// How many events, and how many steps among them, begin this execution and the one before. What was
    /// the same until then has the same clocks.
    fn in_common_with(&self, execution: &Execution) -> (usize, usize) {
        let mut steps = 0;
        for (events, (event, known)) in execution.trace.iter().zip(&self.of_event).enumerate() {
            let same = match known {
                None => event.operation.kind.is_plain(),
                Some(step) => self.steps[*step].deed() == event.deed(),
            };
            if !same {
                return (events, steps);
            }
            steps += usize::from(known.is_some());
        }
        (execution.trace.len().min(self.of_event.len()), steps)
    }

    fn add(&mut self, execution: &Execution, step: Step, after: &[usize]) {
        let at = self.steps.len();
        if self.clocks.len() <= at {
            self.clocks.resize_with(at + 1, Clock::default);
            self.before.resize_with(at + 1, Clock::default);
            self.racing.resize_with(at + 1, Vec::new);
        }
        let mut before = std::mem::take(&mut self.before[at]);
        self.before_step(execution, step.thread, &mut before);
        let mut clock = std::mem::take(&mut self.clocks[at]);
        clock.copy_from(&before);
        for step in after.iter().filter_map(|event| self.of_event[*event]) {
            clock.join(&self.clocks[step]);
        }
        // The send whose message a `try_recv` received, the receive that made room for a `try_send`: it could have
        // come later, and the attempt found nothing.
        let send = after.first().and_then(|event| self.of_event[*event]);
        let received = send.filter(|_| step.kind.asks() && step.outcome == Outcome::Done);
        let mut racing = std::mem::take(&mut self.racing[at]);
        racing.clear();
        // What its thread knew already adds nothing to its clock, and is no race.
        let unknown = |i: &usize| !self.is_in(*i, &before);
        for i in (0..at).rev().filter(unknown) {
            let relation = self.steps[i].relation(&step);
            if relation != Relation::Independent {
                clock.join(&self.clocks[i]);
            }
            if relation == Relation::Racing || received == Some(i) {
                racing.push(i);
            }
        }
        let nth = before.get(step.thread) + 1;
        clock.set(step.thread, nth);
        self.clocks[at] = clock;
        self.before[at] = before;
        self.nth.push(nth);
        self.waited.push(!after.is_empty());
        self.racing[at] = racing;
        self.of_thread[step.thread.index()].push(at);
        self.steps.push(step);
    }

    /// What happens before the next step of `thread` by that thread alone.
    fn before_step(&self, execution: &Execution, thread: ThreadId, before: &mut Clock) {
        let spawned_after =
            || execution.threads[thread.index()].spawned_after.and_then(|e| self.before_event(e));
        match self.of_thread[thread.index()].last().copied().or_else(spawned_after) {
            Some(last) => before.copy_from(&self.clocks[last]),
            None => before.clear(),
        }
    }

    /// The last step of a spawning thread up to this event, which may be plain memory.
    fn before_event(&self, event: usize) -> Option<usize> {
        self.of_event[event].or_else(|| self.of_event[..event].iter().rev().find_map(|step| *step))
    }

    /// The order as text: the same for two executions exactly if their orders are.
    #[cfg(test)]
    pub fn canonical(&self) -> String {
        use std::fmt::Write as _;
        let mut text = String::with_capacity(40 * self.steps.len());
        for i in self.of_thread.iter().flatten().copied() {
            let Step { thread, object, kind, outcome, .. } = &self.steps[i];
            let (thread, creator, nth) = (thread.0, object.creator.0, object.nth);
            let (at, clock) = (self.nth[i], &self.clocks[i]);
            writeln!(text, "{thread}.{at} {kind:?} {creator}.{nth} {outcome:?} {clock:?}")
                .expect("a text grows");
        }
        text
    }

    /// What has happened when a thread has made so many steps; nothing is known of one that has made none
    /// and that nobody started behind a step.
    pub fn past(&self, execution: &Execution, thread: ThreadId, steps: u32) -> Option<&Clock> {
        let last = match steps.checked_sub(1) {
            Some(nth) => self.of_thread[thread.index()][nth as usize],
            None => execution.threads[thread.index()].spawned_after.and_then(|e| self.before_event(e))?,
        };
        Some(&self.clocks[last])
    }

    /// The first step of a thread.
    pub fn first_of(&self, thread: ThreadId) -> Option<usize> {
        self.of_thread.get(thread.index())?.first().copied()
    }

    /// How many threads made steps, or could have.
    pub fn threads(&self) -> usize {
        self.of_thread.len()
    }

    /// Who could make the next step behind the first so many of each thread.
    pub fn next_behind<'a>(&'a self, set: &'a [u32]) -> impl Iterator<Item = ThreadId> + 'a {
        let next = |thread: usize| self.of_thread[thread].get(set[thread] as usize);
        let possible = move |thread: &usize| {
            next(*thread).is_some_and(|step| {
                let clock = &self.clocks[*step];
                let is_in = |(other, made): (usize, &u32)| {
                    clock.get(ThreadId(other as u16)) <= made + u32::from(other == *thread)
                };
                set.iter().enumerate().all(is_in)
            })
        };
        (0..set.len()).filter(possible).map(|thread| ThreadId(thread as u16))
    }

    /// Whether a step is one of the first so many of its thread.
    pub fn is_within(&self, at: usize, steps: &[u32]) -> bool {
        steps.get(self.steps[at].thread.index()).is_some_and(|steps| self.nth[at] <= *steps)
    }

    /// Whether step `a` happens before step `b`, or is it.
    pub fn happens_before(&self, a: usize, b: usize) -> bool {
        self.is_in(a, &self.clocks[b])
    }

    fn is_in(&self, a: usize, clock: &Clock) -> bool {
        clock.get(self.steps[a].thread) >= self.nth[a]
    }

    /// Calls `found` with the two steps of each race: they could have come the other way round, and
    /// nothing happens between them that depends on both. The second may be one that was never made,
    /// of a thread that waits at the end. `found` says whether they certainly could: only then does
    /// this race stand for earlier ones of the second step. A send into a full channel, say, races with the
    /// close that let it go on, could not have come before it, and could well have come before the send that
    /// filled the channel.
    pub fn races(&self, execution: &Execution, mut found: impl FnMut(usize, &Later<'_>) -> bool) {
        for (at, step) in self.steps.iter().enumerate() {
            let later = Later { step, at: Some(at), before: &self.before[at] };
            self.unhidden(&later, self.racing[at].iter().copied(), &mut found);
        }
        let mut before = Clock::default();
        for id in (0..execution.threads.len()).map(|i| ThreadId(i as u16)) {
            let Some(step) = Step::next_of(execution, id) else { continue };
            self.before_step(execution, id, &mut before);
            let racing = |i: &usize| self.steps[*i].relation(&step) == Relation::Racing;
            let others = |i: &usize| self.steps[*i].thread != id && !self.is_in(*i, &before);
            let racing = (0..self.steps.len()).rev().filter(others).filter(racing);
            self.unhidden(&Later { step: &step, at: None, before: &before }, racing, &mut found);
        }
    }

    /// Calls `found` with those of the steps that race with `later`, the latest first, that no other race
    /// stands for.
    fn unhidden(
        &self,
        later: &Later<'_>,
        racing: impl Iterator<Item = usize>,
        found: &mut impl FnMut(usize, &Later<'_>) -> bool,
    ) {
        let mut hidden_by: [usize; 16] = [0; 16];
        let mut races = 0;
        for i in racing {
            if hidden_by[..races].iter().any(|between| self.happens_before(i, *between)) {
                continue;
            }
            if found(i, later) && races < hidden_by.len() {
                hidden_by[races] = i;
                races += 1;
            }
        }
    }

    /// Whether `sequence`, which ends in the later step of a race, could certainly be run where its threads
    /// are `enabled`: that step never waits, or did not have to, or need not there.
    pub fn is_certain(&self, later: &Later<'_>, sequence: &Sequence<'_>, enabled: &[ThreadId]) -> bool {
        let step = later.step;
        // A lock that was free for the one is free for the other.
        if !step.kind.may_wait() || step.kind == Kind::Lock {
            return true;
        }
        let of_queue = matches!(step.kind, Kind::Send | Kind::Recv);
        if of_queue && later.at.is_some_and(|at| !self.waited[at]) {
            return true;
        }
        let met = |other: &&Step| other.thread == step.thread || other.object == step.object;
        enabled.contains(&step.thread) && sequence.steps().filter(met).count() == 1
    }

    /// The steps behind `first` that do not depend on it, and then `later`, as a sequence that could
    /// have been run in place of `first`.
    pub fn reversal(&self, first: usize, later: &Later<'_>) -> Sequence<'_> {
        // What the later step turns out to be without the first one is not known.
        let last = later.step.clone().with(Outcome::Pending);
        let independent = (first + 1..self.steps.len()).filter(|i| !self.happens_before(first, *i));
        let places: Vec<usize> = independent.chain([LAST]).collect();
        let mut clock = later.before.clone();
        for i in &places[..places.len() - 1] {
            if self.steps[*i].relation(&last) != Relation::Independent {
                clock.join(&self.clocks[*i]);
            }
        }
        let nth = later.before.get(last.thread) + 1;
        clock.set(last.thread, nth);
        Sequence { order: self, places, last, clock, nth }
    }
}

/// The later step of a race.
#[derive(Debug)]
pub struct Later<'a> {
    /// What it does, or would do.
    pub step: &'a Step,
    /// Its position, if it was made.
    pub at: Option<usize>,
    before: &'a Clock,
}

/// How a step can be run before a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// It is the sequence's step at this position.
    At(usize),
    /// It is no step of the sequence, and commutes with all of it.
    Beside,
}

/// Steps of an order, and behind them the later step of a race, so that they can be run one after the other.
#[derive(Debug)]
pub struct Sequence<'a> {
    order: &'a Order,
    /// Positions in the order; `LAST` is the race's later step.
    places: Vec<usize>,
    last: Step,
    /// What happens before the last step, and its position among those of its thread.
    clock: Clock,
    nth: u32,
}

/// The place of a step that the order has elsewhere, or not at all.
const LAST: usize = usize::MAX;

impl Sequence<'_> {
    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The steps.
    pub fn steps(&self) -> impl DoubleEndedIterator<Item = &Step> + '_ {
        self.places.iter().map(|place| self.step(*place))
    }

    fn step(&self, place: usize) -> &Step {
        if place == LAST { &self.last } else { &self.order.steps[place] }
    }

    /// Whether the step at one place happens before that at a later one.
    fn happens_before(&self, place: usize, later: usize) -> bool {
        let clock = if later == LAST { &self.clock } else { &self.order.clocks[later] };
        let nth = if place == LAST { self.nth } else { self.order.nth[place] };
        clock.get(self.step(place).thread) >= nth
    }

    /// Whether `step` could be run first, so that the rest is still a run of the same order: it is in the
    /// sequence and nothing of it happens before it, or it is not and commutes with all of it
    /// (a weak initial, in the words of Abdulla et al., J. ACM 64(4), 2017, definition 3.3).
    pub fn can_begin_with(&self, step: &Step) -> Option<Begin> {
        if let Some(at) = self.steps().position(|other| other.thread == step.thread) {
            let place = self.places[at];
            let free = |other: &usize| !self.happens_before(*other, place);
            (self.step(place).is_same(step) && self.places[..at].iter().all(free)).then_some(Begin::At(at))
        } else {
            let choice = matches!(step.kind, Kind::Choose(_));
            (!choice && self.steps().all(|other| step.commutes(other))).then_some(Begin::Beside)
        }
    }

    /// Leaves out the step at a position.
    pub fn remove(&mut self, at: usize) {
        self.places.remove(at);
    }
}
