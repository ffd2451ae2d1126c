//! What an object is called: by the variable or field that holds it, read off the line that made it, or
//! else by its type and that line.

use super::finding::line;
use crate::world::execution::Execution;
use crate::world::object::State;
use crate::world::operation::ThreadId;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The name of the object in a slot of an execution: a thread's own, where it stands for one.
pub fn name_of(execution: &Execution, slot: u32) -> String {
    let object = &execution.objects[slot as usize];
    if let State::Thread(_) = object.state {
        let thread = execution.started.iter().find(|id| execution.thread_place(**id).slot == slot);
        return thread.map_or_else(|| object.noun.to_owned(), |id| execution.thread_name(*id));
    }
    if object.id.creator == ThreadId::STATICS && object.noun != "LazyLock" {
        return object.noun.to_owned();
    }
    let at = object.created;
    name_at(at.file(), at.line(), at.column()).unwrap_or_else(|| format!("{} {}", object.noun, line(at)))
}

/// The name that is bound to what is made at a place of a source file, where the file can be read.
fn name_at(file: &str, number: u32, column: u32) -> Option<String> {
    /// By file, line and column; none where no name is bound.
    type Names = HashMap<(String, u32, u32), Option<String>>;
    static NAMES: Mutex<Option<Names>> = Mutex::new(None);
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    let names = names.get_or_insert_with(HashMap::new);
    names
        .entry((file.to_owned(), number, column))
        .or_insert_with(|| {
            let source = std::fs::read_to_string(file).ok()?;
            let line = source.lines().nth(number as usize - 1)?;
            let field = line.get(..column as usize - 1).and_then(field_name);
            static_name(line).or(field).or_else(|| bound_name(line))
        })
        .clone()
}

/// `savings` of `Bank { current: .., savings: `, and of `savings: Arc::new(`.
fn field_name(before: &str) -> Option<String> {
    let in_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let mut before = before.trim_end();
    // What the object is put into: `Arc::new(`.
    while let Some(call) = before.strip_suffix('(') {
        before = call.trim_end_matches(in_path).trim_end();
    }
    let name = before.strip_suffix(':')?.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next()?;
    is_name(name).then(|| name.to_owned())
}

/// `COUNT` of `pub static COUNT: LazyLock<..> = LazyLock::new(..)`.
fn static_name(line: &str) -> Option<String> {
    let (_, name) = line.split_once("static ")?;
    let name = name.split(':').next()?.trim();
    let is_one = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    is_one.then(|| name.to_owned())
}

fn is_name(name: &str) -> bool {
    name.chars().next().is_some_and(|c| c.is_lowercase() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// `counters` of `let counters = Mutex::new(..)`, of `counters: Mutex::new(..)` and of
/// `let (tx, rx) = channel()`.
fn bound_name(line: &str) -> Option<String> {
    let before = line.split("::new(").next()?;
    let (before, made) = before.split_once("= ").unwrap_or((before, ""));
    // Several are made on this line, and which name is whose cannot be told.
    if made.starts_with('(') {
        return None;
    }
    let before = before.trim();
    let before = before.rsplit(['{', ',']).find(|part| !part.trim().is_empty()).unwrap_or(before).trim();
    let before = before.strip_prefix("let ").unwrap_or(before).trim_start_matches("mut ").trim();
    let name = before.split(':').next()?.trim_matches(|c: char| !c.is_alphanumeric() && c != '_');
    is_name(name).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{bound_name, field_name};

    #[track_caller]
    fn check(line: &str, name: Option<&str>) {
        assert_eq!(bound_name(line).as_deref(), name);
    }

    #[test]
    fn a_field_is_read_off_what_stands_before_the_object() {
        let check = |before: &str, name: Option<&str>| assert_eq!(field_name(before).as_deref(), name);
        check("    let bank = Arc::new(Bank { current: ", Some("current"));
        check("    Bank { current: Mutex::new(1), savings: ", Some("savings"));
        check("        savings: Arc::new(", Some("savings"));
        check("    let x = Arc::new(", None);
        check("    ", None);
    }

    #[test]
    fn a_name_is_read_off_the_line() {
        check("        Self { counters: Mutex::new(counters) }", Some("counters"));
        check("    let left = Arc::new(Mutex::new(0));", Some("left"));
        check("    let mut x = AtomicUsize::new(0);", Some("x"));
        check("        let (answer, answered) = oneshot::channel();", Some("answered"));
        check("    Arc::new(Mutex::new(0))", None);
        check("    let (a, b) = (Mutex::new(0), Mutex::new(0));", None);
        check("        (Mutex::new(1), Mutex::new(2))", None);
    }
}
