//! One history: read, then judged by the promise that was asked for.

use super::{Args, Consistency};
use crate::counter::counters::Counters;
use crate::counter::spec as service;
use crate::linearize::explain::{rows, why};
use crate::linearize::format::{Format, Model, ReadError, Recording, Value};
use crate::linearize::relaxed::{Backwards, Reading, Sequential, monotone, quiescent, sequential};
use crate::linearize::timeline::Row;
use crate::linearize::{CallId, Limits, Outcome, Violation, check};
use crate::spec::cas_register::CasRegister;
use crate::spec::counter::{self, Counter};
use crate::spec::keyed::{Keyed, On};
use crate::spec::kv::Kv;
use crate::spec::limiter::Limiter;
use crate::spec::lock::Lock;
use crate::spec::queue::Queue;
use crate::spec::register::Register;
use crate::spec::semaphore::Semaphore;
use crate::spec::set::Set;
use crate::spec::stack::Stack;
use crate::spec::{Spec, key_of};
use std::io::BufRead;

/// What became of one file.
pub(super) enum Judged {
    /// It could not be read.
    Unread(String),
    /// Nothing returned, so there is nothing to judge.
    Empty { calls: usize },
    /// It keeps the promise.
    Holds { calls: usize, never_returned: usize },
    /// It does not.
    Refuted { calls: usize, refutation: Refutation },
    /// The limits were reached.
    Undecided { calls: usize, steps: u64, kept: usize },
}

/// Why a history breaks its promise.
pub(super) struct Refutation {
    /// The calls that show it, with their lines and whether they may have happened at any time.
    pub(super) core: Vec<Shown>,
    pub(super) why: String,
}

/// A call that is shown.
pub(super) struct Shown {
    pub(super) row: Row,
    pub(super) line: usize,
    pub(super) any_time: bool,
}

impl Judged {
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Holds { .. } => 0,
            Self::Refuted { .. } => 1,
            Self::Unread(_) => 2,
            Self::Empty { .. } | Self::Undecided { .. } => 3,
        }
    }
}

pub(super) fn judge<M: Judgeable>(args: &Args, text: impl BufRead) -> Judged {
    let recording = match Recording::<M>::read(args.input.map(Format::from), text) {
        Ok(recording) => recording,
        Err(ReadError::Malformed(malformed)) => return Judged::Unread(malformed.to_string()),
        Err(ReadError::Io(error)) => return Judged::Unread(error.to_string()),
    };
    let format = recording.format.unwrap_or(Format::Json);
    let said = args.initial.as_deref().map(Value::from_flag);
    let initial = match M::initial(said.as_ref(), format) {
        Ok(initial) => initial,
        Err(expected) => return Judged::Unread(format!("--initial: {expected}")),
    };
    let calls = recording.history.calls();
    if calls.iter().all(|call| call.returned.is_none()) {
        return Judged::Empty { calls: calls.len() };
    }
    let limits = Limits::default().steps_max(args.steps_max).kept_max(args.kept_max);
    match args.consistency {
        Consistency::Linearizable => of_outcome(&recording, check(&initial, &recording.history, limits)),
        Consistency::Quiescent => of_outcome(&recording, quiescent(&initial, &recording.history, limits)),
        Consistency::Sequential => {
            of_sequential(&recording, sequential(&initial, &recording.history, limits))
        }
        Consistency::Monotone => of_monotone(&recording, &initial),
    }
}

fn holds<M: Model>(recording: &Recording<M>) -> Judged {
    let calls = recording.history.calls();
    let never_returned = calls.iter().filter(|call| call.returned.is_none()).count();
    Judged::Holds { calls: calls.len(), never_returned }
}

fn of_outcome<M: Model>(recording: &Recording<M>, outcome: Outcome<M>) -> Judged {
    let calls = recording.history.calls().len();
    match outcome {
        Outcome::Linearizable(_) => holds(recording),
        Outcome::Undecided(reached) => Judged::Undecided { calls, steps: reached.steps, kept: reached.kept },
        Outcome::Violation(violation) => {
            let why = why(&recording.history, &violation, M::label).to_string();
            Judged::Refuted { calls, refutation: Refutation { core: shown(recording, &violation), why } }
        }
    }
}

fn shown<M: Model>(recording: &Recording<M>, violation: &Violation<M>) -> Vec<Shown> {
    let line_of = |id: CallId| recording.lines[id.0].1.unwrap_or(recording.lines[id.0].0);
    let rows = rows(
        &recording.history,
        violation,
        M::label,
        |call| recording.clients[call.client as usize].to_string(),
        |id| format!("line {}", line_of(id)),
    );
    let cores = violation.core.iter();
    rows.into_iter()
        .zip(cores)
        .map(|(row, core)| Shown { row, line: line_of(core.call), any_time: core.any_time })
        .collect()
}

/// The calls by themselves, as they were seen.
fn alone<M: Model>(recording: &Recording<M>, calls: &[CallId], decisive: CallId) -> Vec<Shown> {
    let show = |id: &CallId| {
        let call = recording.history.call(*id);
        let (invoked, returned) = recording.lines[id.0];
        let line = returned.unwrap_or(invoked);
        let row = Row {
            client: recording.clients[call.client as usize].to_string(),
            op: M::label(&call.op),
            ret: call.ret.as_ref().map(M::ret_text),
            invoked: call.invoked,
            returned: call.returned,
            decisive: *id == decisive,
            note: format!("line {line}"),
        };
        Shown { row, line, any_time: false }
    };
    calls.iter().map(show).collect()
}

fn of_sequential<M: Model>(recording: &Recording<M>, found: Sequential) -> Judged {
    let calls = recording.history.calls().len();
    match found {
        Sequential::Holds(_) => holds(recording),
        Sequential::Undecided(reached) => {
            Judged::Undecided { calls, steps: reached.steps, kept: reached.kept }
        }
        Sequential::Refuted { explained, mut stuck } => {
            stuck.retain(|id| recording.history.call(*id).returned.is_some());
            let why = format!(
                "no order that keeps each client's own explains more than {explained} of the calls: \
                 after those, none of these can follow"
            );
            // None of them decides alone.
            let core = alone(recording, &stuck, CallId(usize::MAX));
            Judged::Refuted { calls, refutation: Refutation { core, why } }
        }
    }
}

fn of_monotone<M: Judgeable>(recording: &Recording<M>, initial: &M) -> Judged {
    let Err(backwards) = monotone(&recording.history, |key| initial.held(key), M::reading) else {
        return holds(recording);
    };
    let said = |id: CallId| {
        let call = recording.history.call(id);
        let ret = call.ret.as_ref().map(|ret| format!(" → {}", M::ret_text(ret))).unwrap_or_default();
        format!("{}{ret}", M::label(&call.op))
    };
    let (core, decisive, why) = match backwards {
        Backwards::Less { read, before } => {
            (vec![before, read], read, format!("after {}, the same client got {}", said(before), said(read)))
        }
        Backwards::BelowInitial(read) => {
            (vec![read], read, format!("{} is less than it held at first", said(read)))
        }
        Backwards::TooMuch { read, most } => {
            (vec![read], read, format!("{} is more than {most}, all that could have been added", said(read)))
        }
        Backwards::Meaningless(call) => {
            let (line, _) = recording.lines[call.0];
            return Judged::Unread(format!(
                "{line}:1: expected calls of a counter that only grows, found {}",
                M::label(&recording.history.call(call).op)
            ));
        }
    };
    let core = alone(recording, &core, decisive);
    Judged::Refuted { calls: recording.history.calls().len(), refutation: Refutation { core, why } }
}

/// A model that can be judged by every promise there is.
pub(super) trait Judgeable: Model {
    /// What a call means to a counter that only grows.
    fn reading(_op: &Self::Op, _ret: Option<&Self::Ret>) -> Reading {
        Reading::Foreign
    }

    /// What the counter with that key holds.
    fn held(&self, _key: u64) -> i64 {
        0
    }
}

impl Judgeable for Keyed<Value, Counter> {
    fn reading(On(key, op): &Self::Op, ret: Option<&counter::Ret>) -> Reading {
        match (op, ret) {
            (counter::Op::Get, Some(counter::Ret::Value(value))) => Reading::Read(key_of(key), *value),
            (counter::Op::Get, _) => Reading::Add(key_of(key), 0),
            (counter::Op::Add(more), _) => Reading::Add(key_of(key), *more),
            _ => Reading::Foreign,
        }
    }

    fn held(&self, _key: u64) -> i64 {
        // All of them hold the same at first.
        match self.clone().apply(&On(Value::Nil, counter::Op::Get)) {
            counter::Ret::Value(value) => value,
            counter::Ret::Done => 0,
        }
    }
}

impl Judgeable for Counters {
    fn reading(op: &service::Op, ret: Option<&service::Ret>) -> Reading {
        let key = key_of(op.name());
        match (op, ret) {
            (service::Op::Get(_), Some(service::Ret::Value(value))) => Reading::Read(key, *value),
            (service::Op::Set(..), _) => Reading::Foreign,
            (service::Op::Inc(_), None | Some(service::Ret::Ok)) => Reading::Add(key, 1),
            _ => Reading::Add(key, 0),
        }
    }

    fn held(&self, key: u64) -> i64 {
        self.iter().find(|(name, _)| key_of(*name) == key).map_or(0, |(_, value)| value)
    }
}

impl Judgeable for Keyed<Value, Register<Value>> {}
impl Judgeable for Keyed<Value, CasRegister<Value>> {}
impl Judgeable for Kv {}
impl Judgeable for Keyed<Value, Set<Value>> {}
impl Judgeable for Keyed<Value, Queue<Value>> {}
impl Judgeable for Keyed<Value, Stack<Value>> {}
impl Judgeable for Keyed<Value, Lock<Value>> {}
impl Judgeable for Keyed<Value, Semaphore> {}
impl Judgeable for Keyed<Value, Limiter> {}
