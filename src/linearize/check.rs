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

/// The check of the calls in `moments`.
pub(super) fn judge<S: Spec>(
    initial: &S,
    calls: &[Call<S>],
    moments: &[Moment],
    limits: Limits,
) -> Outcome<S> {
    let mut order: Vec<(u32, CallId)> = Vec::with_capacity(calls.len());
    let mut undecided: Option<Reached> = None;
    let mut refuted: Option<Refuted<S>> = None;
    for (key, moments) in split::<S>(calls, moments) {
        let state = key.map_or_else(|| initial.clone(), |key| initial.part(key));
        match judge_part(&state, calls, &moments, limits, &mut order) {
            Ok(()) => {}
            Err(Stopped::Undecided(reached)) => undecided = undecided.or(Some(reached)),
            Err(Stopped::Refuted { failed, steps }) => {
                let first = refuted.as_ref().map_or(u32::MAX, Refuted::at);
                if moments[failed].at >= first {
                    continue;
                }
                let mut trial = Trial::new(&state, calls, limits, u64::MAX);
                let len = prefix::shortest(&mut trial, &moments, failed);
                if moments[len - 1].at < first {
                    refuted = Some(Refuted { state, moments: moments[..len].to_vec(), steps });
                }
            }
        }
    }
    if let Some(Refuted { moments, .. }) = refuted.as_ref().filter(|_| !limits.core) {
        return Outcome::Violation(core::whole(moments));
    }
    if let Some(Refuted { state, moments, steps }) = refuted {
        return Outcome::Violation(core::violation(&state, calls, &moments, steps));
    }
    if let Some(reached) = undecided {
        return Outcome::Undecided(reached);
    }
    order.sort_by_key(|(at, _)| *at);
    Outcome::Linearizable(order.into_iter().map(|(_, call)| call).collect())
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
