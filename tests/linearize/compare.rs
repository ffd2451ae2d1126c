//! One history, judged both ways, and everything that the checker says about it tested.

use crate::naive;
use crate::random::{self, Random};
use raceproof::linearize::{Call, CallId, CoreCall, History, Limits, Method, Outcome, Violation, check};
use raceproof::spec::Spec;
use std::fmt;
use std::ops::AddAssign;

/// What was compared.
#[derive(Debug, Default)]
pub struct Tally {
    pub histories: u64,
    linearizable: u64,
    never_returned: u64,
    calls: u64,
    core_calls: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.histories += other.histories;
        self.linearizable += other.linearizable;
        self.never_returned += other.never_returned;
        self.calls += other.calls;
        self.core_calls += other.core_calls;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let violations = self.histories - self.linearizable;
        write!(
            f,
            "{} histories, {} calls, {} of them never returned: {} linearizable, {violations} not, \
             0 mismatches with naive search; {} calls in the cores of 3 methods",
            self.histories, self.calls, self.never_returned, self.linearizable, self.core_calls
        )
    }
}

/// # Panics
///
/// Where the checker and naive search differ.
pub fn compare<S: Spec>(
    (seed, tally): (u64, &mut Tally),
    initial: &S,
    op: impl Fn(&mut Random) -> S::Op,
    scramble: impl Fn(&mut Random) -> S,
) {
    let mut random = Random::new(seed);
    let history = random::history(&mut random, initial, 7, op, &scramble);
    let expected = naive::explains(initial, &history);
    tally.histories += 1;
    tally.linearizable += u64::from(expected);
    tally.calls += history.calls().len() as u64;
    tally.never_returned += history.calls().iter().filter(|call| call.returned.is_none()).count() as u64;
    for method in [Method::Both, Method::Frontier, Method::Descent] {
        let outcome = check(initial, &history, Limits::default().method(method));
        match (outcome, expected) {
            (Outcome::Linearizable(order), true) => assert_order(seed, initial, &history, &order),
            (Outcome::Violation(violation), false) => {
                tally.core_calls += violation.core.len() as u64;
                assert_violation(seed, initial, &history, &violation);
                assert_allowed(seed, initial, &history, &violation, |random: &mut Random| scramble(random));
            }
            (outcome, _) => {
                panic!("seed {seed}: naive search says {expected}, {method:?} {outcome:?} of {history:#?}")
            }
        }
    }
}

fn assert_order<S: Spec>(seed: u64, initial: &S, history: &History<S>, order: &[CallId]) {
    let fail = |what: &str| panic!("seed {seed}: {order:?} {what} in {history:#?}");
    let mut states = vec![initial.clone()];
    for (place, id) in order.iter().enumerate() {
        let call = history.call(*id);
        states = states.iter().flat_map(|state| state.next(&call.op, call.ret.as_ref())).collect();
        for earlier in &order[..place] {
            if earlier == id || call.returned.is_some_and(|at| at < history.call(*earlier).invoked) {
                fail("is out of order");
            }
        }
    }
    if states.is_empty() {
        fail("is not explained");
    }
    let missing =
        |(index, call): (usize, &Call<S>)| call.returned.is_some() && !order.contains(&CallId(index));
    if history.calls().iter().enumerate().any(missing) {
        fail("is not complete");
    }
}

/// The calls of the core, with the answer `instead` of the last one's.
fn core<S: Spec>(history: &History<S>, violation: &Violation<S>, instead: Option<&S::Ret>) -> History<S> {
    let mut core = History::new();
    for CoreCall { call, any_time } in &violation.core {
        let mut made = history.call(*call).clone();
        if *any_time {
            (made.ret, made.returned) = (None, None);
        }
        if *call == violation.call && instead.is_some() {
            made.ret = instead.cloned();
        }
        core.push(made);
    }
    core
}

fn assert_violation<S: Spec>(seed: u64, initial: &S, history: &History<S>, violation: &Violation<S>) {
    let fail = |what: &str| panic!("seed {seed}: {what}: {violation:?} of {history:#?}");
    if naive::explains(initial, &core(history, violation, None)) {
        fail("the core is linearizable");
    }
    if violation.core.iter().any(|core| core.call == violation.call && core.any_time) {
        fail("the decisive call returned");
    }
    // What is left out, or kept for any time, may have happened at any time: so much the whole
    // history implies. One answer less, and it would be none.
    let at = history.call(violation.call).returned.expect("the decisive call returned");
    let firm = violation.core.iter().filter(|core| !core.any_time).map(|core| core.call);
    let firm: Vec<CallId> = firm.collect();
    if naive::explains(initial, &saying_less(history, violation, &firm, None)) {
        fail("the core leaves out what matters");
    }
    for call in firm.iter().filter(|call| **call != violation.call) {
        let fewer: Vec<CallId> = firm.iter().copied().filter(|other| other != call).collect();
        if !naive::explains(initial, &saying_less(history, violation, &fewer, None)) {
            fail("the core is not the least");
        }
    }
    // The return is the first that nothing explains: without it, all is well.
    let (mut before, mut until) = (History::new(), History::new());
    for (index, call) in history.calls().iter().enumerate() {
        let keep = |returned: u64| returned < at || (returned == at && CallId(index) < violation.call);
        let mut cut = call.clone();
        if !cut.returned.is_some_and(keep) {
            (cut.ret, cut.returned) = (None, None);
        }
        before.push(cut.clone());
        until.push(if CallId(index) == violation.call { call.clone() } else { cut });
    }
    if !naive::explains(initial, &before) || naive::explains(initial, &until) {
        fail("another return is the first that nothing explains");
    }
}

/// The calls that began before the decisive one returned, of which only `firm` say when they
/// returned and what; with the answer `instead` of the decisive one's.
fn saying_less<S: Spec>(
    history: &History<S>,
    violation: &Violation<S>,
    firm: &[CallId],
    instead: Option<&S::Ret>,
) -> History<S> {
    let at = history.call(violation.call).returned.expect("the decisive call returned");
    let mut less = History::new();
    for (index, call) in history.calls().iter().enumerate().filter(|(_, call)| call.invoked <= at) {
        let mut call = call.clone();
        if !firm.contains(&CallId(index)) {
            (call.ret, call.returned) = (None, None);
        } else if CallId(index) == violation.call && instead.is_some() {
            call.ret = instead.cloned();
        }
        less.push(call);
    }
    less
}

fn assert_allowed<S: Spec>(
    seed: u64,
    initial: &S,
    history: &History<S>,
    violation: &Violation<S>,
    scramble: impl Fn(&mut Random) -> S,
) {
    let fail =
        |what: &str, ret: &S::Ret| panic!("seed {seed}: {what} {ret:?}: {violation:?} of {history:#?}");
    for ret in &violation.allowed.answers {
        if !naive::explains(initial, &core(history, violation, Some(ret))) {
            fail("the core does not allow", ret);
        }
    }
    let firm = violation.core.iter().filter(|core| !core.any_time).map(|core| core.call);
    let firm: Vec<CallId> = firm.collect();
    let mut random = Random::new(seed);
    for _ in 0..4 {
        let ret = scramble(&mut random).apply(&history.call(violation.call).op);
        let explained = naive::explains(initial, &saying_less(history, violation, &firm, Some(&ret)));
        let named = violation.allowed.answers.contains(&ret);
        if named != explained && (named || violation.allowed.all) {
            fail("wrongly named, or not, is", &ret);
        }
    }
}
