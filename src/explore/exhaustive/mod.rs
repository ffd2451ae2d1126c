//! `exhaustive`: one execution of every order of steps that a program can have.
//!
//! The search is optimal DPOR with sleep sets and wakeup trees (Abdulla, Aronis, Jonsson and Sagonas,
//! J. ACM 64(4), 2017, algorithm 2). At the end of an execution every race is looked at: two steps that
//! could have come the other way round. What must be run to reverse it is put into the wakeup tree of
//! the point before the first of the two, unless a run before covers it. Then the search goes back to the
//! deepest point with something left to run.
//!
//! No execution is begun in vain, but for this: what a `try_lock`, a `try_recv` or a `compare_exchange` turns
//! out to be behind a reversal is not known before it is made. It is taken to depend on whatever one of
//! its outcomes depends on, and now and then such an execution is given up (`Counts::redundant`).

mod crowd;
mod wakeup;

use super::budget::Budget;
use super::driver::{Counts, Restart, Strategy};
use super::finding::Finding;
use super::judge::{Judged, judge_class};
use super::order::{Order, Step};
use super::schedule::{Pick, Schedule};
use crate::verdict::Cut;
use crate::world::execution::{Execution, Known};
use crate::world::failure::{Failure, Reason};
use crate::world::operation::{Kind, Outcome, ThreadId};
use crowd::Crowd;
use serde::{Deserialize, Serialize};
use shuttle::scheduler::Task;
use wakeup::Tree;

/// The share of a search that is done before its tree tells more than an estimate from before.
const TRUSTED: f64 = 0.05;

/// One point of the search: the state before a step of the current execution.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Point {
    /// The step that the current execution makes here.
    taken: Step,
    /// Who could make a step here.
    enabled: Vec<ThreadId>,
    /// Branches that were run here before the current one.
    run: usize,
    /// Steps that need not be made here: what follows them was run before.
    sleep: Vec<Step>,
    /// What is to be run from here when the current step's turn is over.
    tree: Tree,
    /// What is to be run behind the current step, until the next point takes it over.
    below: Tree,
}

/// A search of one program that was put down between two executions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Begun {
    points: Vec<Point>,
    crowd: Crowd,
    choices_left_out: bool,
    /// What executions so far have taught of the program.
    known: Known,
    /// What they have counted.
    counts: Counts,
}

/// The search.
pub struct Exhaustive {
    points: Vec<Point>,
    depth: usize,
    order: Order,
    budget: Budget,
    judge: Judged,
    begun: bool,
    choices_max: usize,
    executions: u64,
    crowd: Crowd,
    /// Where most orders come from, if the search was cut short.
    pub largest: Vec<String>,
    /// Whether a way of a choice was left out for that bound's sake.
    pub choices_left_out: bool,
    /// Which bound ended the search, if one did.
    pub cut: Option<Cut>,
    /// The execution that refutes the program, or leaves it undecided.
    pub finding: Option<Finding>,
    /// The schedule of an execution that shows it.
    pub failed: Option<Schedule>,
    diverged: Option<String>,
    known: Known,
    counted: Counts,
    about: Option<f64>,
}

impl Exhaustive {
    /// A search that has not begun.
    pub fn new(budget: Budget, judge: Judged) -> Self {
        Self {
            points: Vec::new(),
            depth: 0,
            order: Order::default(),
            budget,
            judge,
            begun: false,
            choices_max: usize::MAX,
            executions: 0,
            crowd: Crowd::default(),
            largest: Vec::new(),
            choices_left_out: false,
            cut: None,
            finding: None,
            failed: None,
            diverged: None,
            known: Known::default(),
            counted: Counts::default(),
            about: None,
        }
    }

    /// With about so many executions in all, as far as can be told before.
    pub fn about(self, executions: Option<f64>) -> Self {
        Self { about: executions, ..self }
    }

    /// A search that goes on where it was put down.
    pub fn going_on(self, begun: Begun) -> Self {
        let Begun { points, crowd, choices_left_out, known, counts } = begun;
        let executions = counts.executions + counts.redundant;
        Self { points, crowd, choices_left_out, known, counted: counts, executions, begun: true, ..self }
    }

    /// Puts the search down, which has taught and counted so much.
    pub fn put_down(self, known: Known, counts: Counts) -> Begun {
        let Self { points, crowd, choices_left_out, .. } = self;
        Begun { points, crowd, choices_left_out, known, counts }
    }

    /// With at most so many departures from the first way of a choice in one execution.
    pub fn choices_max(self, choices_max: usize) -> Self {
        Self { choices_max, ..self }
    }

    /// The step that the program makes at a point that the search has been at before.
    fn again(&mut self, execution: &Execution, enabled: &[ThreadId]) -> Option<Pick> {
        let point = &self.points[self.depth];
        let now = execution.threads[point.taken.thread.index()].next.as_ref();
        let same =
            now.is_some_and(|(now, _)| now.object == point.taken.object && now.kind == point.taken.kind);
        if !same || !enabled.contains(&point.taken.thread) {
            self.diverged = Some(format!(
                "step {} was {}, and is now {}",
                self.depth + 1,
                point.taken.kind.verb(),
                now.map_or("nothing".to_owned(), |(now, _)| format!("{} at {}", now.kind.verb(), now.at)),
            ));
            return None;
        }
        Some(Pick { thread: point.taken.thread, choice: point.taken.choice() })
    }

    /// A point where the search has not been: what sleeps there, and what is to be run.
    fn arrive(&mut self, execution: &Execution, enabled: &[ThreadId]) -> Option<Pick> {
        let (sleep, mut tree) = match self.points.last_mut() {
            Some(last) => {
                let taken = &last.taken;
                let asleep =
                    last.sleep.iter().filter(|step| step.thread != taken.thread && step.commutes(taken));
                (asleep.cloned().collect(), std::mem::take(&mut last.below))
            }
            None => (Vec::new(), Tree::default()),
        };
        let mut first = tree.take_first_of(enabled);
        if first.is_none() {
            for step in self.fresh(execution, enabled, &sleep) {
                tree.add_step(step);
            }
            first = tree.take_first();
        }
        let (step, below) = first?;
        let next = Step::next_of(execution, step.thread)?;
        let taken = ways(&next).nth(step.choice() as usize)?;
        let pick = Pick { thread: taken.thread, choice: taken.choice() };
        self.points.push(Point { taken, enabled: enabled.to_vec(), run: 0, sleep, tree, below });
        Some(pick)
    }

    /// What to run where anything may be run: the steps of one thread, of which only a choice has several.
    /// A choice comes first, since nothing depends on it; else the thread that ran last goes on.
    fn fresh(&mut self, execution: &Execution, enabled: &[ThreadId], sleep: &[Step]) -> Vec<Step> {
        let departs = |point: &&Point| point.taken.choice() > 0;
        let bounded =
            self.choices_max < usize::MAX && self.points.iter().filter(departs).count() >= self.choices_max;
        let kind = |id: ThreadId| execution.threads[id.index()].next.map(|(operation, _)| operation.kind);
        let awake = |step: &Step| !sleep.iter().any(|asleep| asleep.is_same(step));
        let ways_max = if bounded { 1 } else { usize::MAX };
        let steps = |id: ThreadId| -> Vec<Step> {
            let next = Step::next_of(execution, id);
            next.iter().flat_map(|next| ways(next).take(ways_max)).filter(awake).collect()
        };
        let chooses = |id: &&ThreadId| matches!(kind(**id), Some(Kind::Choose(_)));
        let last = self.points.last().map(|point| point.taken.thread);
        let goes_on = enabled.iter().filter(|id| Some(**id) == last);
        let candidates = enabled.iter().filter(chooses).chain(goes_on).chain(enabled);
        let steps = candidates.map(|id| steps(*id)).find(|steps| !steps.is_empty()).unwrap_or_default();
        let is_choice = |step: &Step| matches!(step.kind, Kind::Choose(_));
        self.choices_left_out |= bounded && steps.iter().any(is_choice);
        steps
    }

    /// Puts what must be run to reverse each race of the execution into the trees.
    fn plan(&mut self, execution: &Execution) {
        let (order, points, crowd) = (&self.order, &mut self.points, &mut self.crowd);
        order.races(execution, |first, later| {
            crowd.note(&order.steps[first], later.step);
            let point = &mut points[first];
            let sequence = order.reversal(first, later);
            let certain = order.is_certain(later, &sequence, &point.enabled);
            // A step that waits there for what others do behind the race could not have come before it.
            let possible = sequence.steps().next().is_some_and(|step| point.enabled.contains(&step.thread));
            if possible && !point.sleep.iter().any(|step| sequence.can_begin_with(step).is_some()) {
                point.tree.insert(sequence);
            }
            certain
        });
    }

    /// Goes back to the deepest point with something left to run. Returns whether there is one.
    fn go_back(&mut self) -> bool {
        while let Some(point) = self.points.last_mut() {
            point.sleep.push(point.taken.clone());
            if let Some((step, below)) = point.tree.take_first_of(&point.enabled) {
                point.taken = step;
                point.run += 1;
                point.below = below;
                return true;
            }
            self.points.pop();
        }
        false
    }
}

/// A step in each of its ways: several only for a choice.
fn ways(step: &Step) -> impl Iterator<Item = Step> + '_ {
    let chooses = if let Kind::Choose(ways) = step.kind { Some(ways) } else { None };
    (0..chooses.unwrap_or(1)).map(move |way| {
        step.clone().with(if chooses.is_some() { Outcome::Chose(way) } else { Outcome::Pending })
    })
}

impl Strategy for Exhaustive {
    fn known(&self) -> Known {
        self.known.clone()
    }

    fn counted(&self) -> Counts {
        self.counted.clone()
    }

    fn reduces(&self) -> bool {
        true
    }

    fn restart(&mut self) -> Restart {
        self.points.clear();
        (self.diverged, self.begun, self.executions) = (None, false, 0);
        self.crowd = Crowd::default();
        Restart::Anew
    }

    fn begin(&mut self) -> bool {
        self.depth = 0;
        let first = !std::mem::replace(&mut self.begun, true);
        first || !self.points.is_empty()
    }

    fn pick(&mut self, execution: &Execution, enabled: &[ThreadId], _: &[&Task]) -> Option<Pick> {
        // What the last step turned out to be is known now.
        if let (Some(depth), Some(event)) = (self.depth.checked_sub(1), execution.last_step()) {
            self.points[depth].taken.outcome = event.outcome;
        }
        let pick = if self.depth < self.points.len() {
            self.again(execution, enabled)
        } else {
            self.arrive(execution, enabled)
        };
        self.depth += 1;
        pick
    }

    /// By the share of the search that is done: of each point's branches those before the one that is
    /// run, weighed as if all branches were alike (Knuth, Math. Comp. 29, 1975). It corrects itself as
    /// branches are found; while little is done, what was estimated before is nearer.
    fn estimate(&self) -> Option<f64> {
        let (mut done, mut share) = (0.0, 1.0);
        for point in &self.points {
            let branches = (point.run + 1 + point.tree.len()) as f64;
            done += share * point.run as f64 / branches;
            share /= branches;
        }
        let found = (done > 0.0).then(|| self.executions as f64 / done);
        self.about.filter(|_| done < TRUSTED).or(found)
    }

    fn end(&mut self, execution: &mut Execution, picks: &Schedule) -> bool {
        if let Some(step) = self.diverged.take() {
            execution.failure = Some(Failure::Undecided(Reason::NotDeterministic { step }));
        }
        if let (Some(depth), Some(event)) = (picks.len().checked_sub(1), execution.last_step())
            && let Some(point) = self.points.get_mut(depth)
        {
            point.taken.outcome = event.outcome;
        }
        if let Some(at) = execution.unscheduled {
            let what =
                format!("a destructor makes a step at {at} while its thread panics, and the program goes on");
            execution.fail(Failure::Undecided(Reason::NotModelled(what)));
        }
        self.executions += 1;
        self.order.work_out(execution);
        if execution.failure.is_none() {
            self.failed = judge_class(&self.judge, execution, &self.order);
        }
        self.finding = Finding::of(execution, picks);
        if self.finding.is_some() {
            self.failed.get_or_insert_with(|| picks.clone());
            return false;
        }
        self.plan(execution);
        if !self.go_back() {
            return true;
        }
        let goes_on = self.budget.spend();
        self.cut = self.budget.cut();
        if self.cut.is_some() {
            self.largest = self.crowd.largest(execution);
        }
        goes_on
    }
}
