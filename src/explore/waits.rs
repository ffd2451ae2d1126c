//! Why the threads of a deadlock never go on, in words.

use super::finding::line;
use super::names::name_of;
use crate::world::execution::Execution;
use crate::world::failure::Wait;
use crate::world::object::State;
use crate::world::object::belt::Belt;
use crate::world::object::broadcast::Cast;
use crate::world::object::mailbox::Mail;
use crate::world::object::meeting::Meet;
use crate::world::object::oneshot::Shot;
use crate::world::object::semaphore::Sem;
use crate::world::operation::{Kind, ObjectId, Outcome, ThreadId};

/// Who holds what, and waits for what, in columns.
pub fn lines(execution: &Execution, waits: &[Wait]) -> Vec<String> {
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
    let mut lines: Vec<String> = texts.iter().map(line).collect();
    lines.extend(abandoned(execution, waits));
    lines
}

/// Futures whose turn has come and that nobody polls: what they were handed is lost to all who wait for it
/// (a futurelock).
fn abandoned(execution: &Execution, waits: &[Wait]) -> Vec<String> {
    let turns = execution.objects.iter().zip(0..).flat_map(|(object, slot)| match &object.state {
        State::Semaphore(semaphore) => semaphore.turns().map(|name| (slot, name)).collect(),
        State::Mailbox(mailbox) => mailbox.turns().map(|name| (slot, name)).collect(),
        _ => Vec::new(),
    });
    let text = |(slot, name): (u32, ObjectId)| {
        let queued = execution
            .trace
            .iter()
            .rev()
            .find(|event| event.slot == slot && queues_as(event.operation.kind) == Some(name))?;
        let who = execution.thread_name(queued.thread);
        let room = if matches!(queued.operation.kind, Kind::Mail(_)) { "room in " } else { "" };
        let object = format!("{room}{}", name_of(execution, slot));
        let instead = waits.iter().find(|wait| wait.thread == queued.thread)?;
        Some(format!(
            "{object} was handed to a future of {who} ({}), which does not poll it: it waits at {}",
            line(queued.operation.at),
            line(instead.operation.at)
        ))
    };
    turns.filter_map(text).collect()
}

/// The name by which a step joins a queue.
fn queues_as(kind: Kind) -> Option<ObjectId> {
    match kind {
        Kind::Sem(Sem::Acquire(_, name)) | Kind::Mail(Mail::Send(name) | Mail::Reserve(_, name)) => {
            Some(name)
        }
        _ => None,
    }
}

fn awaited(execution: &Execution, wait: &Wait, waits: &[Wait]) -> String {
    let (object, at) = (name_of(execution, wait.slot), line(wait.operation.at));
    match (wait.operation.kind, wait.held_by) {
        (Kind::Join, _) => format!("the end of {object} ({at})"),
        (Kind::Repoll, _) => format!("a wake behind {at}, and nobody wakes it"),
        (
            Kind::Recv
            | Kind::Mail(Mail::Recv(_))
            | Kind::Cast(Cast::Recv { .. })
            | Kind::Shot(Shot::Recv)
            | Kind::Belt(Belt::Recv | Belt::AwaitMessage),
            _,
        ) => {
            format!("a message in {object} ({at}), which nobody sends")
        }
        (
            Kind::Send
            | Kind::Mail(Mail::SendInTurn(_) | Mail::Wake(_))
            | Kind::Belt(Belt::Send(_) | Belt::AwaitRoom),
            _,
        ) => {
            format!("room in {object} ({at}), which nobody makes")
        }
        (Kind::Meet(Meet::Asked | Meet::Take | Meet::AwaitSender), _) => {
            format!("a sender at {object} ({at}), and none comes")
        }
        (Kind::Meet(Meet::Offered | Meet::Give | Meet::AwaitReceiver), _) => {
            format!("a receiver at {object} ({at}), and none comes")
        }
        (Kind::Parking(_), _) => format!("an unpark ({at}), which nobody makes"),
        (_, Some((holder, _))) if holder == wait.thread => format!("{object} ({at}), which it holds itself"),
        (_, Some((holder, _))) if waits.iter().all(|other| other.thread != holder) => {
            format!("{object} ({at}), which {} never gives back", execution.thread_name(holder))
        }
        (Kind::Sem(_), _) => match taken(execution, wait.slot) {
            Some((who, since)) => {
                format!("{object} ({at}), which {who} took ({since}) and has not given back")
            }
            None => format!("{object} ({at})"),
        },
        _ => format!("{object} ({at})"),
    }
}

/// Who took a lock of tokio's that was not given back, and at which line: a guard may be anywhere since.
fn taken(execution: &Execution, slot: u32) -> Option<(String, String)> {
    if execution.objects[slot as usize].noun != "Mutex" {
        return None;
    }
    let mut taken = None;
    for event in execution.trace.iter().filter(|event| event.slot == slot) {
        match (event.operation.kind, event.outcome) {
            (Kind::Sem(Sem::Release(_)), _) => taken = None,
            (
                Kind::Sem(Sem::Acquire(..) | Sem::TryAcquire(_) | Sem::Wake(_) | Sem::Look(_)),
                Outcome::Done,
            ) => {
                taken = Some((execution.thread_name(event.thread), line(event.operation.at)));
            }
            _ => {}
        }
    }
    taken
}

fn held(execution: &Execution, thread: ThreadId) -> String {
    let holds = execution.objects.iter().zip(0..).filter_map(|(object, slot)| {
        let since = object.state.taken(thread)?;
        Some(format!("{} ({})", name_of(execution, slot), line(since)))
    });
    let holds: Vec<String> = holds.collect();
    if holds.is_empty() { String::new() } else { format!("holds {}", holds.join(" and ")) }
}
