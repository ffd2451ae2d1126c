//! Turns an execution that was given up into a counterexample, or into the reason why nothing can be said.

use super::names::name_of;
use super::schedule::Schedule;
use crate::verdict::{Counterexample, Finding as What, Row};
use crate::world::dropping::{DROP, MARK};
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

/// One row a call, a step and a return, in the order in which they happened.
fn rows(execution: &Execution) -> Vec<Row> {
    let mut rows = Vec::new();
    for i in 0..=execution.trace.len() {
        call_rows(execution, i, &mut rows);
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
            _ => format!(" {}", name_of(&execution.objects[wait.slot as usize])),
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
        (Kind::Choose(_), outcome) if is_about_a_drop(execution, event) => {
            let dropped = noun(execution, event) == DROP && outcome == Outcome::Chose(1);
            return dropped.then(|| "dropped at this await".to_owned());
        }
        (Kind::Choose(_), Outcome::Chose(way)) => return Some(format!("{verb} way {way}")),
        _ => {}
    }
    let object = name_of(&execution.objects[event.slot as usize]);
    let result = match (event.value, event.outcome) {
        (Value::None, Outcome::Failed) => " failed".to_owned(),
        (Value::None, Outcome::Ended) => " ended".to_owned(),
        (Value::None, _) => String::new(),
        (value, Outcome::Failed) => format!(" = {value} failed"),
        (value, _) => format!(" = {value}"),
    };
    Some(format!("{verb} {object}{result}"))
}

fn noun(execution: &Execution, event: &Event) -> &'static str {
    execution.objects[event.slot as usize].noun
}

fn is_about_a_drop(execution: &Execution, event: &Event) -> bool {
    [DROP, MARK].contains(&noun(execution, event))
}

/// `file.rs:12`, without the folders that every line of a program shares.
pub fn line(at: At) -> String {
    let file = at.file().rsplit(['/', '\\']).next().unwrap_or(at.file());
    format!("{file}:{}", at.line())
}

fn why(execution: &Execution, failure: &Failure) -> Vec<String> {
    match failure {
        Failure::DataRace { object, race } => race_lines(execution, *object, race),
        Failure::Deadlock { waits } => wait_lines(execution, waits),
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
        format!("two accesses to {} that nothing orders:", name_of(&execution.objects[object as usize])),
        access(&race.first),
        access(&race.second),
        "no lock, join, message or Release/Acquire pair lies between the two".to_owned(),
    ]
}

/// Who holds what, and waits for what, in columns.
fn wait_lines(execution: &Execution, waits: &[Wait]) -> Vec<String> {
    let texts: Vec<[String; 3]> = waits
        .iter()
        .map(|wait| {
            let name = execution.thread_name(wait.thread);
            [name, held(execution, wait.thread), format!("waits for {}", awaited(execution, wait, waits))]
        })
        .collect();
    let width = |i: usize| texts.iter().map(|text| text[i].chars().count()).max().unwrap_or(0);
    let (names, holds) = (width(0), width(1));
    let line = |[name, held, waits]: &[String; 3]| {
        let held = if holds == 0 { String::new() } else { format!("{held:holds$}  ") };
        format!("{name:names$}  {held}{waits}")
    };
    texts.iter().map(line).collect()
}

fn awaited(execution: &Execution, wait: &Wait, waits: &[Wait]) -> String {
    let object = &execution.objects[wait.slot as usize];
    let at = line(wait.operation.at);
    match (wait.operation.kind, wait.held_by) {
        (Kind::Join, _) => format!("the end of {} ({at})", joined(execution, wait)),
        (Kind::Repoll, _) => format!("a wake behind {at}, and nobody wakes it"),
        (Kind::Recv, _) => format!("a message in {} ({at}), which nobody sends", name_of(object)),
        (Kind::Send, _) => format!("room in {} ({at}), which nobody makes", name_of(object)),
        (_, Some((holder, _))) if holder == wait.thread => {
            format!("{} ({at}), which it holds itself", name_of(object))
        }
        (_, Some((holder, _))) if waits.iter().all(|other| other.thread != holder) => {
            format!("{} ({at}), which {} never gives back", name_of(object), execution.thread_name(holder))
        }
        _ => format!("{} ({at})", name_of(object)),
    }
}

/// The thread whose end a join waits for.
fn joined(execution: &Execution, wait: &Wait) -> String {
    let is_it = |id: &&ThreadId| execution.thread_place(**id).slot == wait.slot;
    let joined = execution.started.iter().skip(1).find(is_it);
    joined.map_or_else(|| "a thread".to_owned(), |id| execution.thread_name(*id))
}

fn held(execution: &Execution, thread: ThreadId) -> String {
    let holds = execution.objects.iter().filter_map(|object| {
        let (holder, since) = object.state.holder()?;
        (holder == thread).then(|| format!("{} ({})", name_of(object), line(since)))
    });
    let holds: Vec<String> = holds.collect();
    if holds.is_empty() { String::new() } else { format!("holds {}", holds.join(" and ")) }
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
                "an object that was made at {created}, outside of this execution, was used at {used}; make it inside the program"
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
