//! Small concurrent programs: per thread, the calls it makes.

use super::Spec;
use super::programs::Programs;
#[cfg(feature = "model")]
use super::programs::Sequences;

/// A small concurrent program: per thread, the calls it makes, one after another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scenario<Op> {
    /// The calls of each thread.
    pub threads: Vec<Vec<Op>>,
}

impl<Op> Scenario<Op> {
    /// The number of calls, over all threads.
    pub fn calls(&self) -> usize {
        self.threads.iter().map(Vec::len).sum()
    }
}

/// How large the programs are that are tried: their state at the start, their calls and their threads.
///
/// # Examples
///
/// ```
/// use raceproof::spec::Bounds;
/// use raceproof::spec::counter::{Counter, Op};
///
/// let bounds = Bounds::new(Counter(0), [Op::Get, Op::Add(1)]).threads(2);
/// // get and get, get and add, add and add.
/// assert_eq!(bounds.count(), 3);
/// assert_eq!(bounds.scenarios().len(), 3);
/// // Far too many to try them all; a thousand of them, the same ones for the same seed.
/// let bounds = bounds.threads(4).calls_per_thread(8);
/// assert_eq!(bounds.count(), 2_874_484_865);
/// assert_eq!(bounds.sample(1_000, 7).len(), 1_000);
/// ```
#[derive(Clone, Debug)]
#[must_use = "bounds do nothing until a subject is explored within them"]
pub struct Bounds<S: Spec> {
    /// The state at the start.
    pub initial: S,
    ops: Vec<S::Op>,
    threads: usize,
    calls_per_thread: usize,
    symmetry: bool,
    cancellations: usize,
    before: Vec<S::Op>,
    after: Vec<S::Op>,
}

impl<S: Spec> Bounds<S> {
    /// Programs of these operations, from this state: two threads with one call each, unless told
    /// otherwise.
    pub fn new(initial: S, ops: impl IntoIterator<Item = S::Op>) -> Self {
        let mut different: Vec<S::Op> = Vec::new();
        for op in ops {
            if !different.contains(&op) {
                different.push(op);
            }
        }
        Self {
            initial,
            ops: different,
            threads: 2,
            calls_per_thread: 1,
            symmetry: true,
            cancellations: 0,
            before: Vec::new(),
            after: Vec::new(),
        }
    }

    /// At most so many threads.
    pub fn threads(mut self, max: usize) -> Self {
        self.threads = max;
        self
    }

    /// At most so many calls in each thread.
    pub fn calls_per_thread(mut self, max: usize) -> Self {
        self.calls_per_thread = max;
        self
    }

    /// Whether of programs that are the same but for the order of their threads and the names of
    /// interchangeable keys there is only one, as there is unless told otherwise.
    pub fn symmetry(mut self, one_of_each_class: bool) -> Self {
        self.symmetry = one_of_each_class;
        self
    }

    /// Up to so many calls of a program are dropped at any of their awaits, as happens when a client hangs
    /// up or a timeout fires. A dropped call may have happened or not, all of it or nothing.
    ///
    /// Explored by the engines that have schedules; `loom` and `stress` are undecided.
    pub fn cancellations(mut self, max: usize) -> Self {
        self.cancellations = max;
        self
    }

    /// Every program first makes these calls, one after another, before its threads begin: a type that goes
    /// wrong only once it holds something is then found out by small programs.
    ///
    /// They are judged as all calls are, and their answers, too.
    pub fn before(mut self, calls: impl IntoIterator<Item = S::Op>) -> Self {
        self.before.extend(calls);
        self
    }

    /// Every program makes these calls at last, one after another, when its threads are done: a look at
    /// what they left behind.
    pub fn after(mut self, calls: impl IntoIterator<Item = S::Op>) -> Self {
        self.after.extend(calls);
        self
    }

    /// The calls before the threads of a program begin.
    pub fn calls_before(&self) -> &[S::Op] {
        &self.before
    }

    /// The calls when the threads of a program are done.
    pub fn calls_after(&self) -> &[S::Op] {
        &self.after
    }

    /// Calls that are dropped, at the most.
    pub fn cancellations_max(&self) -> usize {
        self.cancellations
    }

    /// At most so many threads, and calls in each.
    pub fn size(&self) -> (usize, usize) {
        (self.threads, self.calls_per_thread)
    }

    /// Every program of two threads or more within the bounds, from the smallest up: by calls, then by
    /// threads. Of programs that are the same but for the order of their threads and the names of
    /// interchangeable keys, there is one.
    ///
    /// Keys are interchangeable where [`Spec::on_key`] says so, where the operations of one are
    /// those of the other, where the state at the start holds the same under both, and where no call
    /// [before](Self::before) or [after](Self::after) the threads names one of them.
    pub fn scenarios(&self) -> Vec<Scenario<S::Op>> {
        let programs = self.programs();
        let mut found = Vec::new();
        for calls in 2..=self.threads.saturating_mul(self.calls_per_thread) {
            for threads in 2..=self.threads.min(calls) {
                programs.of_size(threads, calls, self.calls_per_thread, &mut found);
            }
        }
        self.named(found)
    }

    /// How many [`scenarios`](Self::scenarios) there are, without making them; `u128::MAX` is too many.
    pub fn count(&self) -> u128 {
        self.programs().count(self.threads, self.calls_per_thread)
    }

    /// So many of the [`scenarios`](Self::scenarios), drawn by `seed`, from the smallest up; all of them
    /// where there are no more.
    ///
    /// For bounds that are too large to try all, with `Explorer::explore_scenarios`, whose verdict
    /// is about the scenarios that it is given. Each size has the same chance, so that the many large
    /// ones leave room for some small ones.
    pub fn sample(&self, scenarios: usize, seed: u64) -> Vec<Scenario<S::Op>> {
        // An enumeration of a few more costs less than drawing the last ones.
        if self.count() <= 2 * scenarios as u128 {
            let mut all = self.scenarios();
            super::programs::Random::new(seed).keep(scenarios, &mut all);
            return all;
        }
        self.named(self.programs().sample(scenarios, self.threads, self.calls_per_thread, seed))
    }

    fn programs(&self) -> Programs {
        let around: Vec<S::Op> = self.before.iter().chain(&self.after).cloned().collect();
        Programs::new(&self.initial, &self.ops, &around, self.symmetry)
    }

    fn named(&self, programs: Vec<Vec<Vec<usize>>>) -> Vec<Scenario<S::Op>> {
        let ops = |thread: Vec<usize>| thread.into_iter().map(|op| self.ops[op].clone()).collect();
        let scenario =
            |threads: Vec<Vec<usize>>| Scenario { threads: threads.into_iter().map(ops).collect() };
        programs.into_iter().map(scenario).collect()
    }
}

/// For `explore`.
#[cfg(feature = "model")]
impl<S: Spec> Bounds<S> {
    /// The operations of which programs are made, in the order of their numbers.
    pub(crate) fn ops(&self) -> &[S::Op] {
        &self.ops
    }

    /// Every sequence of as many calls as a program has, from the shortest up.
    pub(crate) fn sequences(&self) -> Sequences {
        Sequences::new(self.programs(), self.threads.saturating_mul(self.calls_per_thread))
    }

    /// The one of the [`scenarios`](Self::scenarios) whose threads make these calls, by number, one thread behind the
    /// other, as many as it may.
    pub(crate) fn scenario_of(&self, calls: &[usize]) -> Option<Scenario<S::Op>> {
        // Two threads at least.
        let each = self.calls_per_thread.min(calls.len().div_ceil(2)).max(1);
        let program = calls.chunks(each).map(<[usize]>::to_vec).collect();
        self.named(vec![self.programs().standing_for(&program)]).pop()
    }
}
