//! What the clients of one execution saw, and whether any order of their calls explains it.

use super::finding::line;
use super::judge::{Judge, Wrong};
use crate::linearize::every_order::{CALLS_MAX, End, EveryOrder, Span};
use crate::linearize::{self, Call, History, Limits, Outcome, explain};
use crate::spec::Spec;
use crate::world;
use crate::world::execution::{self, Narrator};
use crate::world::failure::{Failure, Reason};
use crate::world::operation::At;
use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Who makes the calls before the threads begin.
pub const BEFORE: u64 = u64::MAX - 2;
/// Who makes the calls when the threads are done.
pub const AFTER: u64 = u64::MAX - 1;

/// What the clients of one execution saw.
#[derive(Debug)]
pub struct Record<S: Spec> {
    initial: S,
    seen: Mutex<Seen<S>>,
    /// Judges one execution after another.
    orders: Mutex<EveryOrder<S>>,
    /// The time on real threads; in a model it is read off the trace.
    now: AtomicU64,
}

#[derive(Debug)]
struct Seen<S: Spec> {
    calls: Vec<Recorded<S>>,
    /// What was left behind, where the subject can tell it.
    state: Option<S>,
}

#[derive(Debug)]
struct Recorded<S: Spec> {
    client: u64,
    op: S::Op,
    ret: Option<S::Ret>,
    /// The await at which it was dropped, if it was.
    dropped: Option<At>,
    /// On real threads.
    invoked: u64,
    /// On real threads.
    returned: Option<u64>,
}

impl<S: Spec> Record<S> {
    /// Of executions that begin in the state `initial`.
    pub fn new(initial: S) -> Self {
        Self {
            initial: initial.clone(),
            seen: Mutex::new(Seen { calls: Vec::new(), state: None }),
            orders: Mutex::new(EveryOrder::new(initial)),
            now: AtomicU64::new(0),
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen<S>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another execution begins.
    pub fn begin(&self) {
        let mut seen = self.seen();
        seen.calls.clear();
        seen.state = None;
    }

    /// A client makes a call.
    pub fn call(&self, client: u64, op: S::Op) -> usize {
        if !world::is_real() {
            world::current_thread();
            execution::with(execution::Execution::call);
        }
        let mut seen = self.seen();
        // In the total order of all these updates: a call that returned before this one began is earlier.
        let invoked = self.now.fetch_add(1, Ordering::SeqCst);
        seen.calls.push(Recorded { client, op, ret: None, dropped: None, invoked, returned: None });
        seen.calls.len() - 1
    }

    /// A call has returned.
    pub fn returned(&self, call: usize, ret: S::Ret) {
        if !world::is_real() {
            world::current_thread();
            execution::with(|e| e.returned(call));
        }
        let mut seen = self.seen();
        seen.calls[call].ret = Some(ret);
        seen.calls[call].returned = Some(self.now.fetch_add(1, Ordering::SeqCst));
    }

    /// A call was dropped at an await.
    pub fn dropped(&self, call: usize, at: At) {
        self.seen().calls[call].dropped = Some(at);
        execution::with(|e| e.dropped(call));
    }

    /// The calls are over, and this is what they left behind.
    pub fn ends_in(&self, state: Option<S>) {
        self.seen().state = state;
    }

    /// What is wrong with the answers and with the state behind them by the times that were recorded.
    pub fn judge_times(&self) -> Option<Failure> {
        let seen = self.seen();
        let times: Vec<_> = seen.calls.iter().enumerate().map(|(id, call)| times(id, call)).collect();
        self.explain(&seen, &times)
    }

    /// Why no order of the calls explains what was seen, if none does.
    fn explain(&self, seen: &Seen<S>, times: &[(u64, Option<u64>)]) -> Option<Failure> {
        let history = history(seen, times);
        match linearize::check(&WithState(self.initial.clone()), &history, Limits::default()) {
            Outcome::Linearizable(_) => None,
            Outcome::Violation(violation) => {
                let why = explain::why(&history, &violation, WithState::<S>::op_text);
                let of_state = matches!(history.call(violation.call).op, WithOp::State);
                let mut why = if of_state { why.of_state() } else { why.to_string() };
                for (call, at) in seen.calls.iter().filter_map(|call| Some((call, call.dropped?))) {
                    why.extend(["\n", &S::op_text(&call.op), " was dropped at ", &line(at)]);
                }
                Some(Failure::Violation(why))
            }
            Outcome::Undecided(_) => Some(undecided("the search for an order of the calls was too long")),
        }
    }
}

fn undecided(what: &str) -> Failure {
    Failure::Undecided(Reason::NotModelled(what.to_owned()))
}

impl<S: Spec> Judge for Record<S> {
    fn judge(&self, spans: &[Span]) -> Option<Wrong> {
        let seen = self.seen();
        if spans.len() > CALLS_MAX {
            let failure = undecided(&format!("a scenario has more than {CALLS_MAX} calls"));
            return Some(Wrong { failure, order: Vec::new() });
        }
        let calls = seen.calls.iter().map(|call| (&call.op, call.ret.as_ref()));
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let order = orders.judge(calls, &set_around(&seen.calls, spans), seen.state.as_ref()).err()?;
        let mut times = vec![(u64::MAX >> 1, None); seen.calls.len()];
        for (now, end) in (0..).zip(&order) {
            match *end {
                End::Invoked(call) => times[call].0 = now,
                End::Returned(call) => times[call].1 = Some(now),
            }
        }
        // Two searches, one answer: were it not so, nothing could be said.
        let failure = self.explain(&seen, &times);
        let failure = failure.unwrap_or_else(|| undecided("raceproof's two searches for an order disagree"));
        Some(Wrong { failure, order })
    }

    fn is_right_in_order(&self) -> bool {
        let seen = self.seen();
        let mut states = vec![self.initial.clone()];
        for call in &seen.calls {
            let Some(ret) = &call.ret else { return false };
            states = linearize::after(&states, &call.op, Some(ret));
        }
        states.iter().any(|state| seen.state.as_ref().is_none_or(|seen| seen == state))
    }
}

/// The spans with the calls before and after the threads set around those of the threads: that a thread is
/// started or joined is no step, so the steps do not tell. They are those of a thread of its own, each with a
/// step.
fn set_around<'s, S: Spec>(calls: &[Recorded<S>], spans: &'s [Span]) -> Cow<'s, [Span]> {
    let made_by = |client: u64| calls.iter().filter(|call| call.client == client).count() as u32;
    let before = made_by(BEFORE);
    if before + made_by(AFTER) == 0 {
        return Cow::Borrowed(spans);
    }
    let own = spans.iter().map(|span| span.past.len().max(span.thread + 1)).max().unwrap_or(0);
    let mut step = 0;
    let set = |(call, span): (&Recorded<S>, &Span)| {
        let mut span = span.clone();
        span.past.resize(own + 1, 0);
        if call.client != BEFORE && call.client != AFTER {
            // Behind a step that comes after those of all calls before.
            span.past[own] = before + 1;
            return span;
        }
        step += 1 + u32::from(call.client == AFTER && step == before);
        span.thread = own;
        span.before = step - 1;
        span.after = span.after.map(|_| step);
        span.past.fill(if call.client == AFTER { u32::MAX } else { 0 });
        span.past[own] = step;
        span
    };
    Cow::Owned(calls.iter().zip(spans).map(set).collect())
}

fn history<S: Spec>(seen: &Seen<S>, times: &[(u64, Option<u64>)]) -> History<WithState<S>> {
    let mut history = History::new();
    let mut end = 0;
    for (call, (invoked, returned)) in seen.calls.iter().zip(times) {
        end = end.max(returned.unwrap_or(*invoked) + 1);
        history.push(Call {
            client: call.client,
            op: WithOp::Op(call.op.clone()),
            ret: call.ret.clone().map(WithRet::Ret),
            invoked: *invoked,
            returned: *returned,
        });
    }
    if let Some(state) = &seen.state {
        history.push(Call {
            client: u64::MAX,
            op: WithOp::State,
            ret: Some(WithRet::State(state.clone())),
            invoked: end + 1,
            returned: Some(end + 1),
        });
    }
    history
}

/// Where the times of the threads begin, and what is beyond them.
const FIRST: u64 = 1 << 32;
const LAST: u64 = 1 << 63;

/// When a call began and returned, in a clock in which a return is before an invocation of the same step.
fn times<S: Spec>(id: usize, call: &Recorded<S>) -> (u64, Option<u64>) {
    if world::is_real() {
        return (call.invoked, call.returned);
    }
    match call.client {
        BEFORE => return (id as u64, call.ret.is_some().then_some(id as u64)),
        AFTER => return (LAST + id as u64, call.ret.is_some().then_some(LAST + id as u64)),
        _ => {}
    }
    let of_model = execution::with(|e| e.calls[id]);
    let invoked = of_model.invoked.map_or(u64::MAX >> 1, |step| FIRST + 2 * step as u64 + 1);
    (invoked, of_model.returned.map(|length| (FIRST + 2 * length as u64).max(invoked)))
}

/// What the state is called where calls have names.
const STATE: &str = "the state at the end";

/// A spec with one call more: what the state is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct WithState<S>(S);

#[derive(Clone, PartialEq, Eq, Hash)]
enum WithOp<O> {
    Op(O),
    State,
}

#[derive(Clone, PartialEq)]
enum WithRet<R, S> {
    Ret(R),
    State(S),
}

impl<O: fmt::Debug> fmt::Debug for WithOp<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Op(op) => op.fmt(f),
            Self::State => f.write_str(STATE),
        }
    }
}

impl<R: fmt::Debug, S: fmt::Debug> fmt::Debug for WithRet<R, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ret(ret) => ret.fmt(f),
            Self::State(state) => state.fmt(f),
        }
    }
}

impl<S: Spec> Spec for WithState<S> {
    type Op = WithOp<S::Op>;
    type Ret = WithRet<S::Ret, S>;

    fn apply(&mut self, op: &Self::Op) -> Self::Ret {
        match op {
            WithOp::Op(op) => WithRet::Ret(self.0.apply(op)),
            WithOp::State => WithRet::State(self.0.clone()),
        }
    }

    fn next(&self, op: &Self::Op, ret: Option<&Self::Ret>) -> Vec<Self> {
        match (op, ret) {
            (WithOp::Op(op), Some(WithRet::Ret(ret))) => {
                self.0.next(op, Some(ret)).into_iter().map(Self).collect()
            }
            (WithOp::Op(op), None) => self.0.next(op, None).into_iter().map(Self).collect(),
            (WithOp::State, Some(WithRet::State(state))) if *state != self.0 => Vec::new(),
            (WithOp::State, _) => vec![self.clone()],
            _ => Vec::new(),
        }
    }

    fn op_text(op: &Self::Op) -> String {
        match op {
            WithOp::Op(op) => S::op_text(op),
            WithOp::State => STATE.to_owned(),
        }
    }

    fn ret_text(ret: &Self::Ret) -> String {
        match ret {
            WithRet::Ret(ret) => S::ret_text(ret),
            WithRet::State(state) => format!("{state:?}"),
        }
    }
}

impl<S: Spec> Narrator for Record<S> {
    fn call(&self, call: usize) -> String {
        self.seen().calls.get(call).map(|call| S::op_text(&call.op)).unwrap_or_default()
    }

    fn answer(&self, call: usize) -> String {
        let seen = self.seen();
        seen.calls.get(call).and_then(|call| call.ret.as_ref()).map(S::ret_text).unwrap_or_default()
    }
}
