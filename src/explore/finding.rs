//! Turns an execution that was given up into a counterexample, or into the reason why nothing can be said.

use super::names::name_of;
use super::schedule::Schedule;
use super::waits;
use crate::verdict::{Counterexample, Finding as What, Row};
use crate::world::choice::{DEFAULT, DROP, MARK, SPURIOUS_WAKEUP, STAND, TIMEOUT, WEAK_FAILURE};
use crate::world::execution::{Call, Event, Execution};
use crate::world::failure::{Failure, Reason, Wait};
use crate::world::object::DataRace;
use crate::world::operation::{At, Kind, Outcome, ThreadId, Value};

/// What an execution that was given up shows.
#[derive(Clone, Debug)]
pub enum Finding {
    /// The program is wrong.
    Wrong(Box<Counterexample>),
    /// Nothing can be said.
    Undecided(String),
}

impl Finding {
    /// The same, where its schedule cannot be run again.
    pub fn without_schedule(mut self) -> Self {
        if let Self::Wrong(shown) = &mut self {
            shown.schedule = None;
        }
        self
    }

    /// What `execution` shows, which `picks` led to. Nothing if it ran to its end, or was given up because
    /// another one shows the same.
    pub fn of(execution: &Execution, picks: &Schedule) -> Option<Self> {
        let failure = execution.failure.as_ref()?;
        let finding = match failure {
            Failure::DataRace { .. } => What::DataRace,
            Failure::Deadlock { .. } => What::Deadlock,
            Failure::Livelock { .. } => What::Livelock,
            Failure::Panic(_) => What::Panic,
            Failure::Violation(_) => What::NotLinearizable,
            Failure::Undecided(reason) => return Some(Self::Undecided(reason_text(reason))),
            Failure::Cut => return None,
        };
        let mut shown = Counterexample {
            finding,
            threads: execution.started.iter().map(|id| execution.thread_name(*id)).collect(),
            program: Vec::new(),
            rows: [rows(execution), waiting_rows(execution, failure)].concat(),
            preemptions: execution.preemptions,
            why: why(execution, failure),
            schedule: (!picks.is_empty()).then(|| picks.to_string()),
            replay: None,
            seed: None,
        };
        mark(execution, failure, &mut shown);
        Some(Self::Wrong(Box::new(shown)))
    }
}

fn column(execution: &Execution, id: ThreadId) -> usize {
    execution.started.iter().position(|started| *started == id).unwrap_or(0)
}

/// One row a call, a step, a printed line and a return, in the order in which they happened.
fn rows(execution: &Execution) -> Vec<Row> {
    let mut rows = Vec::new();
    for i in 0..=execution.trace.len() {
        call_rows(execution, i, &mut rows);
        for (thread, _, text) in execution.printed.iter().filter(|(_, before, _)| *before == i) {
            let (thread, text) = (column(execution, *thread), format!("prints {text}"));
            rows.push(Row { thread, text, at: None, decisive: false });
        }
        let Some(event) = execution.trace.get(i) else { break };
        if let Some(text) = step_text(execution, event) {
            let thread = column(execution, event.thread);
            rows.push(Row { thread, text, at: Some(line(event.operation.at)), decisive: false });
        }
    }
    rows
}

/// One decisive row for each thread of a deadlock: the step that it cannot make.
fn waiting_rows(execution: &Execution, failure: &Failure) -> Vec<Row> {
    let Failure::Deadlock { waits } = failure else { return Vec::new() };
    let row = |wait: &Wait| {
        let verb = wait.operation.kind.verb();
        let object = match wait.operation.kind {
            Kind::Join => String::new(),
            _ => format!(" {}", name_of(execution, wait.slot)),
        };
        Row {
            thread: column(execution, wait.thread),
            text: format!("{verb}{object} waits"),
            at: Some(line(wait.operation.at)),
            decisive: true,
        }
    };
    waits.iter().map(row).collect()
}

/// The returns and then the invocations between the steps `i - 1` and `i`.
fn call_rows(execution: &Execution, i: usize, rows: &mut Vec<Row>) {
    let Some(narrator) = &execution.narrator else { return };
    let mut row = |call: &Call, text| {
        rows.push(Row { thread: column(execution, call.thread), text, at: None, decisive: false });
    };
    for (id, call) in execution.calls.iter().enumerate() {
        if call.returned == Some(i) && call.invoked != Some(i) {
            row(call, narrator.answer(id));
        }
    }
    for (id, call) in execution.calls.iter().enumerate() {
        if call.invoked == Some(i) {
            row(call, narrator.call(id));
            if call.returned == Some(i) {
                row(call, narrator.answer(id));
            }
        }
    }
}

/// What a step did; none for the ends of threads, which say nothing.
fn step_text(execution: &Execution, event: &Event) -> Option<String> {
    let verb = event.operation.kind.verb();
    match (event.operation.kind, event.outcome) {
        (Kind::Exit, _) => return None,
        (Kind::Join, _) => return Some(verb.to_owned()),
        (Kind::Choose(_), Outcome::Chose(way)) => {
            let noun = execution.objects[event.slot as usize].noun;
            return choice_text(noun, way);
        }
        _ => {}
    }
    let object = name_of(execution, event.slot);
    let result = match (event.value, event.outcome) {
        (Value::None, Outcome::Failed) => " failed".to_owned(),
        (Value::None, Outcome::Ended) => " ended".to_owned(),
        (Value::None, _) => String::new(),
        (value, Outcome::Failed) => format!(" = {value} failed"),
        (value, _) => format!(" = {value}"),
    };
    Some(format!("{verb} {object}{result}"))
}

/// What a choice came to; none where nothing out of the ordinary was chosen.
fn choice_text(noun: &str, way: u32) -> Option<String> {
    let text = match (noun, way) {
        (MARK, _) | (DEFAULT | STAND | DROP | WEAK_FAILURE | SPURIOUS_WAKEUP | TIMEOUT, 0) => return None,
        (DEFAULT, _) => "finds nothing ready".to_owned(),
        (STAND, _) => "waits to be met".to_owned(),
        (DROP, _) => "dropped at this await".to_owned(),
        (WEAK_FAILURE, _) => "fails without a reason".to_owned(),
        (TIMEOUT, 1) => "time is up".to_owned(),
        (SPURIOUS_WAKEUP | TIMEOUT, _) => "wakes without a reason".to_owned(),
        _ => format!("begins with branch {}", way + 1),
    };
    Some(text)
}

/// `file.rs:12`, without the folders that every line of a program shares.
pub fn line(at: At) -> String {
    let file = at.file().rsplit(['/', '\\']).next().unwrap_or(at.file());
    format!("{file}:{}", at.line())
}

fn why(execution: &Execution, failure: &Failure) -> Vec<String> {
    match failure {
        Failure::DataRace { object, race } => race_lines(execution, *object, race),
        Failure::Deadlock { waits } => waits::lines(execution, waits),
        Failure::Livelock { waits } => {
            let lines = waits.iter().map(|wait| {
                let name = execution.thread_name(wait.thread);
                format!("{name} goes round at {} and nothing changes", line(wait.operation.at))
            });
            lines.collect()
        }
        Failure::Panic(panic) => {
            let name = execution.thread_name(panic.thread);
            let at = panic.at.as_deref().map(|at| format!(" at {at}")).unwrap_or_default();
            vec![format!("{name} panicked{at}:"), panic.message.clone()]
        }
        Failure::Violation(why) => why.lines().map(str::to_owned).collect(),
        Failure::Undecided(_) | Failure::Cut => Vec::new(),
    }
}

fn race_lines(execution: &Execution, object: u32, race: &DataRace) -> Vec<String> {
    let access = |access: &crate::world::object::Access| {
        let does = if access.writes { "writes" } else { "reads" };
        format!("{}  {does}  {}", execution.thread_name(access.thread), line(access.at))
    };
    vec![
        format!("two accesses to {} that nothing orders:", name_of(execution, object)),
        access(&race.first),
        access(&race.second),
        "no lock, join, message or Release/Acquire pair lies between the two".to_owned(),
    ]
}

/// Marks the rows that decide.
fn mark(execution: &Execution, failure: &Failure, shown: &mut Counterexample) {
    let decisive: Vec<(usize, String)> = match failure {
        Failure::DataRace { race, .. } => [&race.first, &race.second]
            .map(|access| (column(execution, access.thread), line(access.at)))
            .into_iter()
            .collect(),
        _ => Vec::new(),
    };
    for (thread, at) in decisive {
        let row =
            shown.rows.iter_mut().rev().find(|row| row.thread == thread && row.at.as_ref() == Some(&at));
        if let Some(row) = row {
            row.decisive = true;
        }
    }
}

fn reason_text(reason: &Reason) -> String {
    match reason {
        Reason::Stranger { created, used } => {
            format!(
                "an object that was made at {created}, outside of this execution, was used at {used}; make it inside the \
                 program, or a static in raceproof::statics!"
            )
        }
        Reason::Steps { max } => {
            format!("an execution had more than {max} steps; raise steps_max, or bound the program's loops")
        }
        Reason::NotDeterministic { step } => {
            format!("the program does not do the same under the same schedule: {step}")
        }
        Reason::NothingShared => {
            "no two threads met in an object of raceproof; is something still on std::sync?".to_owned()
        }
        Reason::NothingRan => "not one execution was completed".to_owned(),
        Reason::NotModelled(what) => what.clone(),
    }
}

/// The text of a reason that an engine gives without an execution.
pub fn undecided(reason: &Reason) -> String {
    reason_text(reason)
}
