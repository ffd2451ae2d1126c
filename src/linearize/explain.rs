//! A violation in words: what the calls before it allow, and what this one answered.

use super::history::{Call, CallId, History};
use super::outcome::{CoreCall, Violation};
use super::timeline::Row;
use crate::spec::Spec;
use std::fmt;

/// Calls that a sentence names before it counts the others.
const LISTED_MAX: usize = 4;

/// Calls that may have happened at any time, and are still shown one by one.
pub const LOOSE_MAX: usize = 3;

/// Why no order explains a history. Its text is one sentence:
///
/// ```text
/// after set(x, 0) and two inc(x) returned, get(x) may answer 2, and answered 1
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// What is said of the other calls, such as `after inc(x) returned, `; may be empty.
    given: String,
    /// The decisive call.
    asked: String,
    /// What it may have answered, such as `2` or `1 or 2`; empty where nothing is possible.
    allowed: String,
    /// What it answered; `None` where nobody knows.
    answered: Option<String>,
}

impl Why {
    /// The same where the decisive call is no call, but a look at the state behind all calls:
    /// `after two inc(x) returned, the state may be 2, and is 1`.
    #[must_use]
    pub fn of_state(&self) -> String {
        let Self { given, asked, allowed, answered } = self;
        let is = answered.as_deref().unwrap_or("another");
        if allowed.is_empty() {
            return format!("{given}{asked} cannot be {is}");
        }
        format!("{given}{asked} may be {allowed}, and is {is}")
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { given, asked, allowed, answered } = self;
        f.write_str(given)?;
        match answered {
            None => write!(f, "{asked} cannot have returned"),
            Some(answered) if allowed.is_empty() => write!(f, "{asked} cannot have answered {answered}"),
            Some(answered) => write!(f, "{asked} may answer {allowed}, and answered {answered}"),
        }
    }
}

/// Why no order explains `history`; `label` says an operation, as [`Spec::op_text`] does.
///
/// # Panics
///
/// Where `violation` is not of this history.
///
/// # Examples
///
/// ```
/// use raceproof::linearize::{History, Limits, Outcome, check, explain};
/// use raceproof::spec::Spec;
/// use raceproof::spec::counter::{Counter, Op, Ret};
///
/// let mut history = History::new();
/// for _ in 0..2 {
///     let inc = history.invoke(1, Op::Add(1));
///     history.ret(inc, Ret::Done);
/// }
/// let get = history.invoke(2, Op::Get);
/// history.ret(get, Ret::Value(1));
/// let Outcome::Violation(violation) = check(&Counter(0), &history, Limits::default()) else {
///     panic!("one inc is lost");
/// };
/// let why = explain::why(&history, &violation, Counter::op_text);
/// assert_eq!(why.to_string(), "after two inc returned, get may answer 2, and answered 1");
/// ```
pub fn why<S: Spec>(history: &History<S>, violation: &Violation<S>, label: impl Fn(&S::Op) -> String) -> Why {
    let last = history.call(violation.call);
    let others = violation.core.iter().filter(|core| core.call != violation.call);
    let (loose, firm): (Vec<&CoreCall>, Vec<&CoreCall>) = others.partition(|core| core.any_time);
    let firm = firm.into_iter().map(|core| history.call(core.call));
    let (before, beside): (Vec<_>, Vec<_>) =
        firm.partition(|call| call.returned.is_some_and(|at| at < last.invoked));
    let loose = loose.into_iter().map(|core| label(&history.call(core.call).op)).collect();
    let given = [
        clause("after ", &said::<S>(&before, &label)),
        clause("while ", &said::<S>(&beside, &label)),
        whenever(loose),
    ];
    Why {
        given: given.concat(),
        asked: label(&last.op),
        allowed: allowed(violation),
        answered: last.ret.as_ref().map(S::ret_text),
    }
}

fn clause(how: &str, said: &str) -> String {
    if said.is_empty() { String::new() } else { format!("{how}{said}, ") }
}

fn whenever(loose: Vec<String>) -> String {
    match loose.len() {
        0 => String::new(),
        1..=LOOSE_MAX => format!("whether and whenever {} took effect, ", listed(loose, LISTED_MAX)),
        others => format!("whether and whenever {others} others took effect, "),
    }
}

/// `set(x, 0) and two inc(x) returned and get(x) answered 2`: what is answered matters only
/// where it tells more than that the call was done.
fn said<S: Spec>(calls: &[&Call<S>], label: &impl Fn(&S::Op) -> String) -> String {
    let (mut done, mut answered) = (Vec::new(), Vec::new());
    for call in calls {
        match call.ret.as_ref().map(S::ret_text).filter(|ret| !matches!(ret.as_str(), "ok" | "()")) {
            Some(ret) => answered.push(format!("{} answered {ret}", label(&call.op))),
            None => done.push(label(&call.op)),
        }
    }
    let mut said = Vec::new();
    if !done.is_empty() {
        said.push(format!("{} returned", listed(done, LISTED_MAX)));
    }
    if !answered.is_empty() {
        said.push(listed(answered, LISTED_MAX));
    }
    said.join(" and ")
}

/// `1, 2 or something else`; nothing where no answer is known to be right.
fn allowed<S: Spec>(violation: &Violation<S>) -> String {
    let mut answers: Vec<String> = violation.allowed.answers.iter().map(S::ret_text).collect();
    answers.sort_by_key(|answer| (answer.len(), answer.clone()));
    let more = answers.len().saturating_sub(LISTED_MAX);
    answers.truncate(LISTED_MAX);
    if more > 0 {
        answers.push(format!("one of {more} others"));
    } else if !violation.allowed.all && !answers.is_empty() {
        answers.push("something else".to_owned());
    }
    joined(&answers, "or")
}

/// `a, b and two c`: texts that stand there more than once are counted, and so are those
/// past `most`.
pub fn listed(texts: Vec<String>, most: usize) -> String {
    let mut counted: Vec<(String, usize)> = Vec::new();
    for text in texts {
        match counted.iter_mut().find(|(other, _)| *other == text) {
            Some((_, times)) => *times += 1,
            None => counted.push((text, 1)),
        }
    }
    let left: usize = counted.iter().skip(most).map(|(_, times)| times).sum();
    let one = |(text, times): (String, usize)| match times {
        1 => text,
        times => format!("{} {text}", in_words(times)),
    };
    let mut names: Vec<String> = counted.into_iter().take(most).map(one).collect();
    if left > 0 {
        names.push(format!("{left} more"));
    }
    joined(&names, "and")
}

fn joined(names: &[String], last: &str) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., end] => format!("{} {last} {end}", first.join(", ")),
    }
}

fn in_words(number: usize) -> String {
    let words = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    let word = number.checked_sub(2).and_then(|index| words.get(index));
    word.map_or_else(|| number.to_string(), |word| (*word).to_owned())
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
