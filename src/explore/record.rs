//! What the clients of one execution saw, and whether any order of their calls explains it.

use crate::linearize::{self, CallId, History, Limits, Outcome};
use crate::spec::Spec;
use crate::world;
use crate::world::execution::{self, Narrator};
use crate::world::failure::{Failure, Reason};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What the clients of one execution saw.
#[derive(Debug)]
pub struct Record<S: Spec> {
    calls: Mutex<Vec<Recorded<S>>>,
    /// The time on real threads; in a model it is read off the trace.
    now: AtomicU64,
}

#[derive(Debug)]
struct Recorded<S: Spec> {
    client: u64,
    op: S::Op,
    ret: Option<S::Ret>,
    /// On real threads.
    invoked: u64,
    /// On real threads.
    returned: Option<u64>,
}

impl<S: Spec> Default for Record<S> {
    fn default() -> Self {
        Self { calls: Mutex::default(), now: AtomicU64::new(0) }
    }
}

impl<S: Spec> Record<S> {
    fn calls(&self) -> MutexGuard<'_, Vec<Recorded<S>>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A client makes a call.
    pub fn call(&self, client: u64, op: S::Op) -> usize {
        if !world::is_real() {
            world::current_thread();
            execution::with(super::super::world::execution::Execution::call);
        }
        let mut calls = self.calls();
        // In the total order of all these updates: a call that returned before this one began is earlier.
        let invoked = self.now.fetch_add(1, Ordering::SeqCst);
        calls.push(Recorded { client, op, ret: None, invoked, returned: None });
        calls.len() - 1
    }

    /// A call has returned.
    pub fn returned(&self, call: usize, ret: S::Ret) {
        if !world::is_real() {
            world::current_thread();
            execution::with(|e| e.returned(call));
        }
        let mut calls = self.calls();
        calls[call].ret = Some(ret);
        calls[call].returned = Some(self.now.fetch_add(1, Ordering::SeqCst));
    }

    /// What is wrong with the answers and with the state behind them, if anything is.
    pub fn judge(&self, initial: &S, state: Option<S>) -> Option<Failure> {
        let history = self.history(state);
        match linearize::check(&WithState(initial.clone()), &history, Limits::default()) {
            Outcome::Linearizable(_) => None,
            Outcome::Violation(violation) => Some(Failure::Violation(explain(&history, violation.call))),
            Outcome::Undecided(_) => {
                let what = "the search for an order of the calls was too long".to_owned();
                Some(Failure::Undecided(Reason::NotModelled(what)))
            }
        }
    }

    fn history(&self, state: Option<S>) -> History<WithState<S>> {
        let mut history = History::new();
        let mut end = 0;
        for (id, call) in self.calls().iter().enumerate() {
            let (invoked, returned) = times(id, call);
            end = end.max(returned.unwrap_or(invoked) + 1);
            history.push(linearize::Call {
                client: call.client,
                op: WithOp::Op(call.op.clone()),
                ret: call.ret.clone().map(WithRet::Ret),
                invoked,
                returned,
            });
        }
        if let Some(state) = state {
            history.push(linearize::Call {
                client: u64::MAX,
                op: WithOp::State,
                ret: Some(WithRet::State(state)),
                invoked: end + 1,
                returned: Some(end + 1),
            });
        }
        history
    }
}

/// When a call began and returned, in a clock in which a return is before an invocation of the same step.
fn times<S: Spec>(id: usize, call: &Recorded<S>) -> (u64, Option<u64>) {
    if world::is_real() {
        return (call.invoked, call.returned);
    }
    let of_model = execution::with(|e| e.calls[id]);
    let invoked = of_model.invoked.map_or(u64::MAX >> 1, |step| 2 * step as u64 + 1);
    (invoked, of_model.returned.map(|length| (2 * length as u64).max(invoked)))
}

fn explain<S: Spec>(history: &History<WithState<S>>, wrong: CallId) -> String {
    let call = history.call(wrong);
    let others = history.calls().iter().filter(|other| !std::ptr::eq(*other, call));
    let seen: Vec<String> = others
        .filter(|other| matches!(other.op, WithOp::Op(_)))
        .map(|other| match &other.ret {
            Some(ret) => format!("{:?} answered {ret:?}", other.op),
            None => format!("{:?} did not return", other.op),
        })
        .collect();
    let answered = call.ret.as_ref().map(|ret| format!("{ret:?}")).unwrap_or_default();
    let what = match call.op {
        WithOp::State => format!("the state at the end is {answered}"),
        WithOp::Op(_) => format!("{:?} answered {answered}", call.op),
    };
    format!("{};\nno order of the calls explains that {what}", seen.join(", "))
}

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
            Self::State => f.write_str("state"),
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
}

impl<S: Spec> Narrator for Record<S> {
    fn call(&self, call: usize) -> String {
        self.calls().get(call).map(|call| S::op_text(&call.op)).unwrap_or_default()
    }

    fn answer(&self, call: usize) -> String {
        let calls = self.calls();
        calls.get(call).and_then(|call| call.ret.as_ref()).map(S::ret_text).unwrap_or_default()
    }
}
