//! The few calls that show why a history is a violation.
//!
//! Calls cannot be deleted from a history: without `put 1`, `get → 1` would be wrong where
//! it was right. What a history says about a call can be forgotten, though, and a history
//! that says less and is a violation still shows that the whole one is:
//!
//! 1. cut after the first return that nothing explains;
//! 2. forget answers and returns: the call may have happened at any time, or never;
//! 3. leave out what is then without effect in every order that was searched.

use super::Limits;
use super::allowed::{allowed, explained};
use super::history::{Call, CallId};
use super::outcome::{Allowed, CoreCall, Violation};
use super::part::{Excerpt, Moment};
use super::trial::Trial;
use crate::spec::Spec;

/// Steps that each way of looking for a core may take beyond those of the search, and at the most.
const STEPS: u64 = 200_000;
const STEPS_MAX: u64 = 10_000_000;

/// The violation in `moments`, whose last one is the first return that nothing explains.
/// The search for it took `steps`.
pub(super) fn violation<S: Spec>(
    initial: &S,
    calls: &[Call<S>],
    moments: &[Moment],
    steps: u64,
) -> Violation<S> {
    let Excerpt { ids, calls, moments } = Excerpt::new(calls, moments.iter().copied());
    let limits = Limits::default().steps_max(20_000 + 10 * steps).kept_max(1_000_000);
    let budget = (STEPS + 20 * steps).min(STEPS_MAX);
    let mut trial = Trial::new(initial, &calls, limits, budget);
    let mut moments = forget(&mut trial, &moments, budget);
    trial.budget = budget;
    let allowed = allowed(initial, &calls, &moments, limits);
    let less = without_idle(&mut trial, &moments);
    // An idle call may still matter to what would have come after another answer.
    if explained(initial, &calls, &less, limits, &allowed.answers).len() == allowed.answers.len() {
        moments = less;
    }
    let last = moments.last().expect("a violation ends with a return").call;
    Violation { call: ids[last as usize], allowed, core: core_calls(&ids, &moments) }
}

/// The same without looking for less: all calls of `moments`.
pub(super) fn whole<S: Spec>(moments: &[Moment]) -> Violation<S> {
    let calls = moments.iter().map(|moment| moment.call as usize + 1).max().unwrap_or(0);
    let ids: Vec<CallId> = (0..calls).map(CallId).collect();
    let last = moments.last().expect("a violation ends with a return").call;
    let allowed = Allowed { answers: Vec::new(), all: false };
    Violation { call: CallId(last as usize), allowed, core: core_calls(&ids, moments) }
}

/// By call: is its return among `moments`?
fn returned(calls: usize, moments: &[Moment]) -> Vec<bool> {
    let mut returned = vec![false; calls];
    for moment in moments.iter().filter(|moment| moment.is_return) {
        returned[moment.call as usize] = true;
    }
    returned
}

fn core_calls(ids: &[CallId], moments: &[Moment]) -> Vec<CoreCall> {
    let returned = returned(ids.len(), moments);
    let invoked = moments.iter().filter(|moment| !moment.is_return).map(|moment| moment.call as usize);
    invoked.map(|call| CoreCall { call: ids[call], any_time: !returned[call] }).collect()
}

/// Takes away as many returns as leaves a violation, but never the last; the better of two
/// ways, from the oldest on and from the newest on. Each has so many steps of its own: one may take for
/// ever where the other is quick.
fn forget<S: Spec>(trial: &mut Trial<S>, moments: &[Moment], budget: u64) -> Vec<Moment> {
    let mut returns: Vec<usize> = (0..moments.len() - 1).filter(|at| moments[*at].is_return).collect();
    trial.budget = budget;
    let oldest_first = forget_in_order(trial, moments, &returns);
    returns.reverse();
    trial.budget = budget;
    let newest_first = forget_in_order(trial, moments, &returns);
    if newest_first.len() < oldest_first.len() { newest_first } else { oldest_first }
}

/// Takes away the returns at the places `order` one after another, where that leaves a
/// violation. What says less is less of a violation, so how many in a row can go is found
/// by doubling and halving, and a return that has to stay once has to stay for good.
fn forget_in_order<S: Spec>(trial: &mut Trial<S>, moments: &[Moment], order: &[usize]) -> Vec<Moment> {
    let mut gone = vec![false; moments.len()];
    let mut from = 0;
    while from < order.len() {
        let mut goes = |gone: &mut Vec<bool>, len: usize| {
            order[from..from + len].iter().for_each(|at| gone[*at] = true);
            let violates = trial.violates(&left(moments, gone));
            if !violates {
                order[from..from + len].iter().for_each(|at| gone[*at] = false);
            }
            violates
        };
        let (mut most, mut too_many) = (0, order.len() - from + 1);
        let mut len = 1;
        while len < too_many {
            if goes(&mut gone, len) {
                most = len;
                len = (2 * len).min(too_many - 1).max(most + 1);
            } else {
                too_many = len;
            }
        }
        while too_many - most > 1 {
            let middle = usize::midpoint(most, too_many);
            if goes(&mut gone, middle) {
                most = middle;
            } else {
                too_many = middle;
            }
        }
        order[from..from + most].iter().for_each(|at| gone[*at] = true);
        from += most + 1;
    }
    left(moments, &gone)
}

fn left(moments: &[Moment], gone: &[bool]) -> Vec<Moment> {
    moments.iter().zip(gone).filter(|(_, gone)| !**gone).map(|(moment, _)| *moment).collect()
}

/// Without the calls that may have happened at any time, and that changed nothing wherever
/// the search tried them: without them it would have gone the same way.
fn without_idle<S: Spec>(trial: &mut Trial<S>, moments: &[Moment]) -> Vec<Moment> {
    trial.automaton.record();
    let violates = trial.violates(moments);
    let asked = trial.automaton.recorded();
    if !violates {
        return moments.to_vec();
    }
    let returned = returned(trial.calls.len(), moments);
    let (calls, automaton) = (trial.calls, &mut trial.automaton);
    let mut moves = vec![false; asked.iter().map(|(_, class)| *class as usize + 1).max().unwrap_or(0)];
    for (state, class) in asked {
        let next = automaton.next(state, class);
        moves[class as usize] |= automaton.targets(&next).iter().any(|target| *target != state);
    }
    let mut matters = |call: u32| {
        let (_, class) = automaton.class_id(&calls[call as usize].op, None);
        returned[call as usize] || moves.get(class as usize).is_some_and(|moves| *moves)
    };
    moments.iter().copied().filter(|moment| matters(moment.call)).collect()
}
