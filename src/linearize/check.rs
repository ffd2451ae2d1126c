//! The check itself: split by key, search each part, put the answers together.
//!
//! Calls on different keys never meet, so a history is linearizable when the calls on each
//! key are (Herlihy & Wing 1990, "locality"; as a way to be fast: Horn & Kroening 2015).

use super::core;
use super::hash::Map;
use super::history::{Call, CallId, History};
use super::moments::moments;
use super::outcome::{Limits, Outcome, Reached};
use super::part::{Excerpt, Moment};
use super::prefix;
use super::search::Found;
use super::trial::{Searched, Trial};
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
    let mut judgement = Judgement { limits, order: Vec::new(), undecided: None, refuted: None };
    let mut open: Vec<(S, Excerpt<S>)> = split(calls, moments)
        .into_iter()
        .map(|(key, excerpt)| (key.map_or_else(|| initial.clone(), |key| initial.part(key)), excerpt))
        .collect();
    let mut steps_max = STEPS_FIRST.min(limits.steps_max);
    loop {
        open.retain(|(state, excerpt)| judgement.is_open(state, excerpt, steps_max));
        if open.is_empty() || judgement.refuted.is_some() {
            break;
        }
        steps_max = steps_max.saturating_mul(STEPS_TIMES).min(limits.steps_max);
    }
    // One of those that are still open may have gone wrong earlier.
    open.retain(|(state, excerpt)| judgement.is_open(state, excerpt, steps_max));
    judgement.outcome(calls, moments)
}

/// What is known after some parts.
struct Judgement<S: Spec> {
    limits: Limits,
    /// The calls of the parts that are explained, each with the event before which it took effect.
    order: Vec<(u32, CallId)>,
    undecided: Option<Reached>,
    /// The part that goes wrong first.
    refuted: Option<Refuted<S>>,
}

/// A part up to its shortest violation, in the numbers of the history.
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

impl<S: Spec> Judgement<S> {
    /// Judges a part by so many steps; `true` where they were too few, and more are allowed.
    /// Once another part is refuted, only what came before that is of interest.
    fn is_open(&mut self, state: &S, excerpt: &Excerpt<S>, steps_max: u64) -> bool {
        let first = self.refuted.as_ref().map_or(u32::MAX, Refuted::at);
        let moments = &excerpt.moments[..excerpt.moments.partition_point(|moment| moment.at < first)];
        let mut trial = Trial::new(state, &excerpt.calls, self.limits.steps_max(steps_max), u64::MAX);
        let Searched { part, steps, found } = trial.search(moments);
        // The events of a part are those of `moments` but for calls that cannot matter.
        let at = |event: u32| part.at[event as usize];
        match found {
            Ok(Ok(Found { order })) => {
                let taken = order.iter().map(|taken| (at(taken.event), part.items[taken.item as usize].call));
                self.explained(state, excerpt, moments, &taken.collect::<Vec<_>>());
                false
            }
            Ok(Err(failure)) => {
                let last = at(failure.event);
                let failed = moments.partition_point(|moment| moment.at < last);
                trial.limit(self.limits.steps_max(self.limits.steps_max.min(STEPS_FIRST + 10 * steps)));
                let len = prefix::shortest(&mut trial, moments, failed);
                let own = moments[..len].iter();
                let moments =
                    own.map(|own| Moment { call: excerpt.ids[own.call as usize].0 as u32, ..*own }).collect();
                self.refuted = Some(Refuted { state: state.clone(), moments, steps });
                false
            }
            Err(reached) => {
                // Otherwise it was memory that ran out.
                let is_open = reached.steps >= steps_max && steps_max < self.limits.steps_max;
                self.undecided = self.undecided.or(Some(reached).filter(|_| !is_open));
                is_open
            }
        }
    }

    /// The calls of a part in an order that explains them, each with the event before which it took
    /// effect, join the order of all.
    ///
    /// Events of different parts are different, and every call takes effect while it is under
    /// way, so the parts' orders merge by event into one that respects real time.
    fn explained(&mut self, state: &S, excerpt: &Excerpt<S>, moments: &[Moment], taken: &[(u32, u32)]) {
        let order: Vec<u32> = taken.iter().map(|(_, call)| *call).collect();
        assert!(
            witness::is_explained(state, &excerpt.calls, moments, &order),
            "the search found an order that the spec does not explain: {order:?}"
        );
        self.order.extend(taken.iter().map(|(at, call)| (*at, excerpt.ids[*call as usize])));
    }

    fn outcome(mut self, calls: &[Call<S>], moments: &[Moment]) -> Outcome<S> {
        match (self.refuted, self.undecided) {
            (Some(Refuted { moments, .. }), _) if !self.limits.core => {
                Outcome::Violation(core::whole(&moments))
            }
            (Some(Refuted { state, moments, steps }), _) => {
                Outcome::Violation(core::violation(&state, calls, &moments, steps))
            }
            (None, Some(reached)) => Outcome::Undecided(reached),
            (None, None) => {
                self.order.sort_by_key(|(at, _)| *at);
                let order: Vec<CallId> = self.order.into_iter().map(|(_, call)| call).collect();
                let keeps = witness::respects_time(calls.len(), moments, &order);
                assert!(keeps, "the orders of the parts do not fit together");
                Outcome::Linearizable(order)
            }
        }
    }
}

/// The calls of each key, by first appearance; all of them where some call has none.
fn split<'a, S: Spec>(calls: &'a [Call<S>], moments: &[Moment]) -> Vec<(Option<u64>, Excerpt<'a, S>)> {
    let keys: Option<Vec<u64>> = calls.iter().map(|call| S::key(&call.op)).collect();
    let mut parts: Vec<(Option<u64>, Excerpt<S>)> = Vec::new();
    let mut index: Map<Option<u64>, u32> = Map::default();
    // By call: its part, and its number there.
    let mut place = vec![(0, 0); calls.len()];
    for moment in moments {
        let place = &mut place[moment.call as usize];
        if !moment.is_return {
            let call = &calls[moment.call as usize];
            let key = keys.as_ref().map(|keys| keys[moment.call as usize]);
            let part = *index.entry(key).or_insert_with(|| {
                parts.push((key, Excerpt::empty()));
                parts.len() as u32 - 1
            });
            *place = (part, parts[part as usize].1.add(moment.call, call));
        }
        parts[place.0 as usize].1.moments.push(Moment { call: place.1, ..*moment });
    }
    parts
}
