//! A violation in words: what the calls before it allow, and what this one answered.

use super::history::{Call, CallId, History};
use super::outcome::{CoreCall, Violation};
use super::timeline::Row;
use crate::spec::Spec;

/// Names for people that a sentence lists before it counts the others.
const LISTED_MAX: usize = 4;

/// Calls that may have happened at any time, and are still shown one by one.
pub const LOOSE_MAX: usize = 3;

/// Why no order explains `history`: `once write(2) and cas(2, 4) had returned ok, read may
/// answer 4, and answered 2`.
///
/// `label` says an operation, as [`Spec::op_text`] does.
///
/// # Panics
///
/// Where `violation` is not of this history.
pub fn why<S: Spec>(
    history: &History<S>,
    violation: &Violation<S>,
    label: impl Fn(&S::Op) -> String,
) -> String {
    let last = history.call(violation.call);
    let said = |call: &Call<S>| match &call.ret {
        Some(ret) => format!("{} → {}", label(&call.op), S::ret_text(ret)),
        None => label(&call.op),
    };
    let core = violation.core.iter().filter(|core| core.call != violation.call);
    let (loose, firm): (Vec<&CoreCall>, Vec<&CoreCall>) = core.partition(|core| core.any_time);
    let firm = firm.into_iter().map(|core| history.call(core.call));
    let (before, during): (Vec<_>, Vec<_>) =
        firm.partition(|call| call.returned.is_some_and(|at| at < last.invoked));
    let mut why: Vec<String> = Vec::new();
    if !before.is_empty() {
        why.push(format!(
            "once {} had returned,",
            listed(before.into_iter().map(said).collect(), LISTED_MAX)
        ));
    }
    if !during.is_empty() {
        why.push(format!("beside {},", listed(during.into_iter().map(said).collect(), LISTED_MAX)));
    }
    if loose.len() > LOOSE_MAX {
        why.push(format!("whether and whenever {} others took effect,", loose.len()));
    } else if !loose.is_empty() {
        let ops = loose.into_iter().map(|core| label(&history.call(core.call).op)).collect();
        why.push(format!("whether and whenever {} took effect,", listed(ops, LISTED_MAX)));
    }
    why.push(label(&last.op) + &may_answer(violation));
    why.extend(last.ret.as_ref().map(|ret| format!("answered {}", S::ret_text(ret))));
    why.join(" ")
}

fn may_answer<S: Spec>(violation: &Violation<S>) -> String {
    let mut answers: Vec<String> = violation.allowed.answers.iter().map(S::ret_text).collect();
    answers.sort_by_key(|answer| (answer.len(), answer.clone()));
    let more = answers.len().saturating_sub(LISTED_MAX);
    answers.truncate(LISTED_MAX);
    if more > 0 {
        answers.push(format!("one of {more} others"));
    } else if !violation.allowed.all && !answers.is_empty() {
        answers.push("something else".to_owned());
    }
    match answers.pop() {
        None => " cannot have".to_owned(),
        Some(only) if answers.is_empty() => format!(" may answer {only}, and"),
        Some(last) => format!(" may answer {} or {last}, and", answers.join(", ")),
    }
}

/// `a, b and c`; the same one twice is `a (2 times)`, and past `most` they are counted.
pub fn listed(texts: Vec<String>, most: usize) -> String {
    let mut counted: Vec<(String, usize)> = Vec::new();
    for text in texts {
        match counted.iter_mut().find(|(other, _)| *other == text) {
            Some((_, times)) => *times += 1,
            None => counted.push((text, 1)),
        }
    }
    let left: usize = counted.iter().skip(most).map(|(_, times)| times).sum();
    let mut names: Vec<String> = counted
        .into_iter()
        .take(most)
        .map(|(text, times)| if times == 1 { text } else { format!("{text} ({times} times)") })
        .collect();
    if left > 0 {
        names.push(format!("{left} more"));
    }
    match names.pop() {
        Some(last) if names.is_empty() => last,
        Some(last) => format!("{} and {last}", names.join(", ")),
        None => String::new(),
    }
}

/// The calls of the core as rows of a [`timeline`](super::timeline::timeline).
///
/// # Panics
///
/// Where `violation` is not of this history.
pub fn rows<S: Spec>(
    history: &History<S>,
    violation: &Violation<S>,
    label: impl Fn(&S::Op) -> String,
    client: impl Fn(&Call<S>) -> String,
    note: impl Fn(CallId) -> String,
) -> Vec<Row> {
    let row = |id: CallId, any_time: bool| {
        let call = history.call(id);
        let decisive = id == violation.call;
        Row {
            client: client(call),
            op: label(&call.op),
            ret: call.ret.as_ref().filter(|_| !any_time).map(S::ret_text),
            invoked: call.invoked,
            returned: call.returned.filter(|_| !any_time),
            decisive,
            note: if decisive { note(id) } else { String::new() },
        }
    };
    violation.core.iter().map(|core| row(core.call, core.any_time)).collect()
}
