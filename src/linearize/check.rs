//! The check itself: split by key, search each part, put the answers together.
//!
//! Calls on different keys never meet, so a history is linearizable when the calls on each
//! key are (Herlihy & Wing 1990, "locality"; as a way to be fast: Horn & Kroening 2015).

use super::automaton::Automaton;
use super::core;
use super::hash::Map;
use super::history::{Call, CallId, History};
use super::outcome::{Limits, Outcome, Reached};
use super::part::{Moment, Part};
use super::prefix;
use super::search::{Found, race};
use super::step::Problem;
use super::trial::Trial;
use super::witness;
use crate::spec::Spec;

/// Is there an order of the calls of `history`, from the state `initial`, that respects
/// real time and that the spec explains?
///
/// The searches are complete: there is an answer unless `limits` are reached. The time
/// is exponential in the calls that are under way together, in the worst case, and close
/// to linear in all others. The answer is the same in every run and on every machine.
///
/// Algorithms: Wing & Gong 1993 with the cache of Lowe 2017, and Lowe's just-in-time
/// linearization, by turns.
///
/// # Panics
///
/// Where the spec contradicts itself: a call that [`Spec::reads`] changes a state.
///
/// # Examples
///
/// ```
/// use raceproof::linearize::{History, Limits, Outcome, check};
/// use raceproof::spec::register::{Op, Register, Ret};
///
/// let mut history = History::new();
/// let write = history.invoke(1, Op::Write(4));
/// history.ret(write, Ret::Done);
/// let read = history.invoke(2, Op::Read);
/// history.ret(read, Ret::Value(0));
/// let Outcome::Violation(violation) = check(&Register(0), &history, Limits::default()) else {
///     panic!("a stale read");
/// };
/// assert_eq!(violation.call, read);
/// assert_eq!(violation.allowed.answers, [Ret::Value(4)]);
/// ```
pub fn check<S: Spec>(initial: &S, history: &History<S>, limits: Limits) -> Outcome<S> {
    judge(initial, history.calls(), &moments(history.calls()), limits)
}

/// The events of `calls` in order. An invocation comes before a return at the same time,
/// which orders less.
///
/// # Panics
///
/// Beyond 2³¹ calls: their events have no numbers.
pub(super) fn moments<S: Spec>(calls: &[Call<S>]) -> Vec<Moment> {
    assert!(u32::try_from(2 * calls.len()).is_ok(), "a history of at most 2^31 calls");
    let mut times: Vec<(u64, bool, u32)> = Vec::with_capacity(2 * calls.len());
    for (index, call) in calls.iter().enumerate() {
        times.push((call.invoked, false, index as u32));
        times.extend(call.returned.map(|at| (at, true, index as u32)));
    }
    times.sort_unstable();
    let numbered = times.into_iter().enumerate();
    numbered.map(|(at, (_, is_return, call))| Moment { call, is_return, at: at as u32 }).collect()
}

/// Steps that every part is given at first, and how many times as many whenever that was too
/// few for one of them: a part that is refuted soon is not kept waiting by one that is hard.
const STEPS_FIRST: u64 = 1 << 16;
const STEPS_TIMES: u64 = 8;

/// The check of the calls in `moments`.
pub(super) fn judge<S: Spec>(
    initial: &S,
    calls: &[Call<S>],
    moments: &[Moment],
    limits: Limits,
) -> Outcome<S> {
    let mut judgement = Judgement { calls, limits, order: Vec::new(), undecided: None, refuted: None };
    let mut open: Vec<(S, Vec<Moment>)> = split::<S>(calls, moments)
        .into_iter()
        .map(|(key, moments)| (key.map_or_else(|| initial.clone(), |key| initial.part(key)), moments))
        .collect();
    let mut steps_max = STEPS_FIRST.min(limits.steps_max);
    loop {
        open.retain(|(state, moments)| judgement.is_open(state, moments, steps_max));
        if open.is_empty() || judgement.refuted.is_some() {
            break;
        }
        steps_max = steps_max.saturating_mul(STEPS_TIMES).min(limits.steps_max);
    }
    // One of those that are still open may have gone wrong earlier.
    open.retain(|(state, moments)| judgement.is_open(state, moments, steps_max));
    judgement.outcome(moments)
}

/// What is known after some parts.
struct Judgement<'a, S: Spec> {
    calls: &'a [Call<S>],
    limits: Limits,
    /// The calls of the parts that are explained, each with the event before which it took effect.
    order: Vec<(u32, CallId)>,
    undecided: Option<Reached>,
    /// The part that goes wrong first.
    refuted: Option<Refuted<S>>,
}

/// A part up to its shortest violation.
struct Refuted<S> {
    state: S,
    moments: Vec<Moment>,
    steps: u64,
}

impl<S> Refuted<S> {
    fn at(&self) -> u32 {
        self.moments.last().expect("a violation ends with a return").at
    }
}

enum Stopped {
    Undecided(Reached),
    /// The search failed at that place among the moments of the part.
    Refuted {
        failed: usize,
        steps: u64,
    },
}

impl<S: Spec> Judgement<'_, S> {
    /// Judges a part by so many steps; `true` where they were too few, and more are allowed.
    /// Once another part is refuted, only what came before that is of interest.
    fn is_open(&mut self, state: &S, moments: &[Moment], steps_max: u64) -> bool {
        let first = self.refuted.as_ref().map_or(u32::MAX, Refuted::at);
        let moments = &moments[..moments.partition_point(|moment| moment.at < first)];
        let limits = self.limits.steps_max(steps_max);
        match judge_part(state, self.calls, moments, limits, &mut self.order) {
            Ok(()) => false,
            Err(Stopped::Undecided(reached)) if reached.steps < steps_max => {
                // It was memory that ran out.
                self.undecided = self.undecided.or(Some(reached));
                false
            }
            Err(Stopped::Undecided(reached)) => {
                let is_open = steps_max < self.limits.steps_max;
                self.undecided = self.undecided.or(Some(reached).filter(|_| !is_open));
                is_open
            }
            Err(Stopped::Refuted { failed, steps }) => {
                let limits = self.limits.steps_max(self.limits.steps_max.min(STEPS_FIRST + 10 * steps));
                let mut trial = Trial::new(state, self.calls, limits, u64::MAX);
                let len = prefix::shortest(&mut trial, moments, failed);
                let (state, moments) = (state.clone(), moments[..len].to_vec());
                self.refuted = Some(Refuted { state, moments, steps });
                false
            }
        }
    }

    fn outcome(mut self, moments: &[Moment]) -> Outcome<S> {
        match (self.refuted, self.undecided) {
            (Some(Refuted { moments, .. }), _) if !self.limits.core => {
                Outcome::Violation(core::whole(&moments))
            }
            (Some(Refuted { state, moments, steps }), _) => {
                Outcome::Violation(core::violation(&state, self.calls, &moments, steps))
            }
            (None, Some(reached)) => Outcome::Undecided(reached),
            (None, None) => {
                self.order.sort_by_key(|(at, _)| *at);
                let order: Vec<CallId> = self.order.into_iter().map(|(_, call)| call).collect();
                let keeps = witness::respects_time(self.calls.len(), moments, &order);
                assert!(keeps, "the orders of the parts do not fit together");
                Outcome::Linearizable(order)
            }
        }
    }
}

/// Searches one part; its calls join `order` with the event before which they took effect.
///
/// Events of different parts are different, and every call takes effect while it is under
/// way, so the parts' orders merge by event into one that respects real time.
fn judge_part<S: Spec>(
    state: &S,
    calls: &[Call<S>],
    moments: &[Moment],
    limits: Limits,
    order: &mut Vec<(u32, CallId)>,
) -> Result<(), Stopped> {
    let mut automaton = Automaton::new(state.clone());
    let part = Part::new(calls, moments, &mut automaton);
    let mut problem = Problem::new(part, &mut automaton);
    let done = race(&mut problem, limits).map_err(Stopped::Undecided)?;
    let Problem { part, steps, .. } = problem;
    // The events of a part are those of `moments` but for calls that cannot matter.
    let at = |event: u32| part.at[event as usize];
    match done {
        Ok(Found { order: found }) => {
            let named = found
                .iter()
                .map(|taken| (at(taken.event), CallId(part.items[taken.item as usize].call as usize)));
            let from = order.len();
            order.extend(named);
            let ids: Vec<CallId> = order[from..].iter().map(|(_, call)| *call).collect();
            assert!(
                witness::is_explained(state, calls, moments, &ids),
                "the search found an order that the spec does not explain: {ids:?}"
            );
            Ok(())
        }
        Err(failure) => {
            let last = at(failure.event);
            let failed = moments.partition_point(|moment| moment.at < last);
            Err(Stopped::Refuted { failed, steps })
        }
    }
}

/// The moments of each key, by first appearance; all of them where some call has none.
fn split<S: Spec>(calls: &[Call<S>], moments: &[Moment]) -> Vec<(Option<u64>, Vec<Moment>)> {
    let mut parts: Vec<(Option<u64>, Vec<Moment>)> = Vec::new();
    let mut index: Map<u64, usize> = Map::default();
    for moment in moments {
        let Some(key) = S::key(&calls[moment.call as usize].op) else {
            return vec![(None, moments.to_vec())];
        };
        let part = *index.entry(key).or_insert_with(|| {
            parts.push((Some(key), Vec::new()));
            parts.len() - 1
        });
        parts[part].1.push(*moment);
    }
    parts
}
