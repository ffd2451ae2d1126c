//! What a call may have answered, where what it did answer cannot be explained.

use super::history::Call;
use super::met::Met;
use super::part::Moment;
use super::slots::Slots;
use super::trial::Trial;
use super::{Limits, outcome::Allowed};
use crate::spec::Spec;
use std::collections::VecDeque;

/// Answers that are tried, and configurations that are looked through for them.
const ANSWERS_MAX: usize = 64;
const CONFIGURATIONS_MAX: usize = 4096;
/// Answers of other calls that are tried everywhere.
const SEEN_MAX: usize = 8;

/// The answers with which the last call of `moments` leaves no violation.
pub(super) fn allowed<S: Spec>(
    initial: &S,
    calls: &[&Call<S>],
    moments: &[Moment],
    limits: Limits,
) -> Allowed<S> {
    let Candidates { answers, all } = candidates(initial, calls, moments);
    Allowed { answers: explained(initial, calls, moments, limits, &answers), all }
}

/// Those of `answers` with which the last call of `moments` leaves no violation.
pub(super) fn explained<S: Spec>(
    initial: &S,
    calls: &[&Call<S>],
    moments: &[Moment],
    limits: Limits,
    answers: &[S::Ret],
) -> Vec<S::Ret> {
    let last = moments.last().expect("a core ends with a return").call as usize;
    let mut explained = answers.to_vec();
    explained.retain(|answer| {
        let answered = Call { ret: Some(answer.clone()), ..calls[last].clone() };
        let mut calls = calls.to_vec();
        calls[last] = &answered;
        Trial::new(initial, &calls, limits, u64::MAX).judge(moments) == Some(false)
    });
    explained
}

struct Candidates<R> {
    answers: Vec<R>,
    all: bool,
}

impl<R: PartialEq> Candidates<R> {
    fn add(&mut self, answer: R) {
        if !self.answers.contains(&answer) {
            self.answers.push(answer);
        }
    }
}

/// What calls of the same operation answered, some of it.
fn answers_seen<'c, S: Spec>(calls: &[&'c Call<S>], op: &S::Op) -> Vec<&'c S::Ret> {
    let mut seen: Vec<&S::Ret> = Vec::new();
    for ret in calls.iter().filter(|call| call.op == *op).filter_map(|call| call.ret.as_ref()) {
        if seen.len() < SEEN_MAX && !seen.contains(&ret) {
            seen.push(ret);
        }
    }
    seen
}

/// What the last call answers after any of the others, in any order: real time is left to
/// the check of each.
fn candidates<S: Spec>(initial: &S, calls: &[&Call<S>], moments: &[Moment]) -> Candidates<S::Ret> {
    let mut trial = Trial::new(initial, calls, Limits::default(), u64::MAX);
    let items = trial.part(moments).items;
    let automaton = &mut trial.automaton;
    let last = moments.last().expect("a core ends with a return").call;
    let op = &calls[last as usize].op;
    let seen = answers_seen(calls, op);
    let mut found = Candidates { answers: Vec::new(), all: true };
    // Here every call may be left out, so fewer of them stand for more.
    let mut met = Met::default();
    let classes = items.iter().map(|item| item.class as usize + 1).max().unwrap_or(0);
    let mut work = VecDeque::from([(0, Slots::default())]);
    while let Some((state, done)) = work.pop_front() {
        if !met.insert(state, &done) {
            continue;
        }
        let here = automaton.state(state);
        // Of several answers, `apply` gives one.
        found.all &= here.next(op, None).len() < 2;
        let answer = here.clone().apply(op);
        // A spec may leave a choice that shows in the answer alone.
        let others =
            seen.iter().copied().filter(|other| **other != answer && !here.next(op, Some(other)).is_empty());
        for other in others.cloned() {
            found.all = false;
            found.add(other);
        }
        found.add(answer);
        if met.len() == CONFIGURATIONS_MAX || found.answers.len() == ANSWERS_MAX {
            found.all = false;
            return found;
        }
        let mut tried = vec![false; classes];
        for (index, item) in items.iter().enumerate() {
            let idle = item.call == last || done.contains(index as u32);
            // Those of one class are interchangeable, since time is not looked at.
            if idle || std::mem::replace(&mut tried[item.class as usize], true) {
                continue;
            }
            let next = automaton.next(state, item.class);
            let mut done = done.clone();
            done.insert(index as u32);
            work.extend(automaton.targets(&next).iter().map(|state| (*state, done.clone())));
        }
    }
    found
}
