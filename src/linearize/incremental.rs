//! A check that is fed event by event, and asked at any time.
//!
//! Where no call is under way but those that will never return, all that the past means to
//! the future is the states that it may have led to. They are kept, and an answer costs
//! only what happened since.

use super::check::check;
use super::frontier::Frontier;
use super::hash::Map;
use super::history::{CallId, History};
use super::outcome::{Limits, Outcome, Reached, Violation};
use super::part::{Excerpt, Moment};
use super::search::{Progress, Search, TURN};
use super::step::{Configuration, Firm, Problem};
use super::trial::Trial;
use crate::spec::Spec;

/// What is known of a history so far.
#[derive(Clone, Debug, PartialEq)]
pub enum SoFar<S: Spec> {
    /// Some order explains all that happened.
    Explained,
    /// None does, and none ever will.
    Violation(Violation<S>),
    /// The limits were reached first.
    Undecided(Reached),
}

/// A check that is fed event by event.
///
/// # Examples
///
/// ```
/// use raceproof::linearize::{Incremental, Limits, SoFar};
/// use raceproof::spec::register::{Op, Register, Ret};
///
/// let mut check = Incremental::new(Register(0), Limits::default());
/// let write = check.invoke(1, Op::Write(4));
/// let read = check.invoke(2, Op::Read);
/// check.ret(read, Ret::Value(4));
/// assert_eq!(check.ask(), SoFar::Explained);
/// check.ret(write, Ret::Done);
/// let read = check.invoke(2, Op::Read);
/// check.ret(read, Ret::Value(0));
/// assert!(matches!(check.ask(), SoFar::Violation(_)));
/// ```
#[derive(Debug)]
pub struct Incremental<S: Spec> {
    initial: S,
    history: History<S>,
    limits: Limits,
    /// By key, in order of first appearance.
    parts: Vec<Track<S>>,
    part_of: Map<Option<u64>, usize>,
    /// Calls that were given up.
    lost: Vec<bool>,
    events: u32,
    violation: Option<Violation<S>>,
}

/// The events of one key since the last moment at which its past came down to states.
#[derive(Debug)]
struct Track<S> {
    starts: Vec<Start<S>>,
    /// Given up before `moments`; each start says which of them took effect.
    lost: Vec<u32>,
    moments: Vec<Moment>,
    asked: bool,
}

/// A state that the past may have led to, and the calls given up that took effect by then.
#[derive(Debug)]
struct Start<S> {
    state: S,
    done: Vec<u32>,
}

impl<S: Spec> Incremental<S> {
    /// No events yet. `limits` are those of one answer, for each key.
    pub fn new(initial: S, limits: Limits) -> Self {
        Self {
            initial,
            history: History::new(),
            limits,
            parts: Vec::new(),
            part_of: Map::default(),
            lost: Vec::new(),
            events: 0,
            violation: None,
        }
    }

    /// The next event: `client` calls `op`.
    ///
    /// # Panics
    ///
    /// Where some operations have a key and some have none.
    pub fn invoke(&mut self, client: u64, op: S::Op) -> CallId {
        let key = S::key(&op);
        let call = self.history.invoke(client, op);
        self.lost.push(false);
        let fresh = self.parts.len();
        let part = *self.part_of.entry(key).or_insert(fresh);
        if part == fresh {
            let one_kind = self.part_of.keys().all(Option::is_some) || self.part_of.len() == 1;
            assert!(one_kind, "all operations have a key, or none has");
            let state = key.map_or_else(|| self.initial.clone(), |key| self.initial.part(key));
            let starts = vec![Start { state, done: Vec::new() }];
            self.parts.push(Track { starts, lost: Vec::new(), moments: Vec::new(), asked: true });
        }
        self.event(call, false);
        call
    }

    /// The next event: `call` returns `ret`.
    ///
    /// # Panics
    ///
    /// Where there is no such call, it returned before, or it was given up.
    pub fn ret(&mut self, call: CallId, ret: S::Ret) {
        assert!(!self.lost[call.0], "a call that was given up does not return");
        self.history.ret(call, ret);
        self.event(call, true);
    }

    /// `call` will never return: it may take effect at any time from now on, or never.
    ///
    /// Without this, what happens after it has to be judged anew for each answer.
    ///
    /// # Panics
    ///
    /// Where there is no such call, or it returned before.
    pub fn lost(&mut self, call: CallId) {
        assert!(self.history.call(call).returned.is_none(), "it returned before");
        self.lost[call.0] = true;
    }

    /// All that happened.
    pub fn history(&self) -> &History<S> {
        &self.history
    }

    /// Is what happened so far linearizable?
    pub fn ask(&mut self) -> SoFar<S> {
        let mut undecided = None;
        for part in 0..self.parts.len() {
            if self.violation.is_some() {
                break;
            }
            if std::mem::replace(&mut self.parts[part].asked, true) {
                continue;
            }
            if let Err(reached) = self.advance(part) {
                self.parts[part].asked = false;
                undecided = undecided.or(Some(reached));
            }
        }
        if undecided.is_some() && self.violation.is_none() {
            undecided = self.ask_of_the_whole();
        }
        match (&self.violation, undecided) {
            (Some(violation), _) => SoFar::Violation(violation.clone()),
            (None, Some(reached)) => SoFar::Undecided(reached),
            (None, None) => SoFar::Explained,
        }
    }

    /// Where too many states are possible to keep them all, one order may still be found at once.
    fn ask_of_the_whole(&mut self) -> Option<Reached> {
        match check(&self.initial, &self.history, self.limits) {
            Outcome::Linearizable(_) => return None,
            Outcome::Undecided(reached) => return Some(reached),
            Outcome::Violation(violation) => self.violation = Some(violation),
        }
        None
    }

    fn event(&mut self, call: CallId, is_return: bool) {
        let part = self.part_of[&S::key(&self.history.call(call).op)];
        self.parts[part].moments.push(Moment { call: call.0 as u32, is_return, at: self.events });
        self.parts[part].asked = false;
        self.events += 1;
    }

    /// Judges what is new of a part: first what the future cannot change, then the rest.
    fn advance(&mut self, part: usize) -> Result<(), Reached> {
        let cut = self.cut(&self.parts[part].moments);
        if cut > 0 {
            let Some(ends) = self.walk(part, cut)? else { return self.refute() };
            let track = &mut self.parts[part];
            let gone: Vec<Moment> = track.moments.drain(..cut).collect();
            let invoked = gone.iter().filter(|moment| !moment.is_return).map(|moment| moment.call);
            track.lost.extend(invoked.filter(|call| self.lost[*call as usize]));
            track.starts = ends;
        }
        let rest = self.parts[part].moments.len();
        if self.walk(part, rest)?.is_none() {
            return self.refute();
        }
        Ok(())
    }

    /// How many of `moments` end where nothing is under way but what was given up.
    fn cut(&self, moments: &[Moment]) -> usize {
        let (mut under_way, mut cut) = (0, 0);
        for (at, moment) in moments.iter().enumerate() {
            if moment.is_return {
                under_way -= 1;
            } else if !self.lost[moment.call as usize] {
                under_way += 1;
            }
            if under_way == 0 {
                cut = at + 1;
            }
        }
        cut
    }

    /// Where the first `len` moments may lead; `None` where nothing explains them.
    fn walk(&self, part: usize, len: usize) -> Result<Option<Vec<Start<S>>>, Reached> {
        let track = &self.parts[part];
        let given_up = track.lost.iter().map(|call| Moment { call: *call, is_return: false, at: 0 });
        let moments = given_up.chain(track.moments[..len].iter().copied());
        let Excerpt { ids, calls, moments } = Excerpt::new(self.history.calls(), moments);
        let mut trial = Trial::new(&track.starts[0].state, &calls, self.limits, u64::MAX);
        let part = trial.part(&moments);
        let automaton = &mut trial.automaton;
        let id = |call: u32| ids[call as usize].0 as u32;
        let slots: Map<u32, u32> = part.items.iter().map(|item| (id(item.call), item.slot)).collect();
        let mut starts = Vec::new();
        for start in &track.starts {
            let state = automaton.state_id(start.state.clone());
            let mut configuration =
                Configuration { firm: Firm { state, ..Firm::default() }, ..Default::default() };
            let given_up = start.done.iter().filter_map(|call| slots.get(call));
            given_up.for_each(|slot| configuration.loose.insert(*slot));
            starts.push(configuration);
        }
        let mut problem = Problem::new(part, automaton);
        let mut frontier = Frontier::from(starts);
        loop {
            let until = problem.steps + TURN;
            if let Progress::Done(_) = frontier.run(&mut problem, until) {
                break;
            }
            let kept = frontier.kept() + problem.automaton.kept();
            if problem.steps >= self.limits.steps_max || kept > self.limits.kept_max {
                return Err(Reached { steps: problem.steps, kept });
            }
        }
        let mut ends: Vec<Start<S>> = Vec::new();
        for end in frontier.ends() {
            let loose = problem.part.items.iter().filter(|item| !item.returns());
            let done = loose.filter(|item| end.loose.contains(item.slot)).map(|item| id(item.call)).collect();
            ends.push(Start { state: problem.automaton.state(end.firm.state).clone(), done });
        }
        Ok((!ends.is_empty()).then_some(ends))
    }

    /// Finds out why, from the beginning: another part may have gone wrong before this one.
    fn refute(&mut self) -> Result<(), Reached> {
        self.ask_of_the_whole().map_or(Ok(()), Err)?;
        assert!(self.violation.is_some(), "both searches are complete");
        Ok(())
    }
}
