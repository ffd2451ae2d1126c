//! What an object is called: by the variable or field that holds it, read off the line that made it, or
//! else by its type and that line.

use super::finding::line;
use crate::world::object::Object;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The name of an object.
pub fn name_of(object: &Object) -> String {
    let at = object.created;
    name_at(at.file(), at.line()).unwrap_or_else(|| format!("{} {}", object.noun, line(at)))
}

/// The name that is bound on a line of a source file, where the file can be read.
fn name_at(file: &str, number: u32) -> Option<String> {
    /// By file and line; none where a line binds no name.
    type Names = HashMap<(String, u32), Option<String>>;
    static NAMES: Mutex<Option<Names>> = Mutex::new(None);
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    let names = names.get_or_insert_with(HashMap::new);
    names
        .entry((file.to_owned(), number))
        .or_insert_with(|| {
            let source = std::fs::read_to_string(file).ok()?;
            bound_name(source.lines().nth(number as usize - 1)?)
        })
        .clone()
}

/// `counters` of `let counters = Mutex::new(..)`, of `counters: Mutex::new(..)` and of
/// `let (tx, rx) = channel()`.
fn bound_name(line: &str) -> Option<String> {
    let before = line.split("::new(").next()?;
    let before = before.split_once("= ").map_or(before, |(name, _)| name).trim();
    let before = before.rsplit(['{', ',']).find(|part| !part.trim().is_empty()).unwrap_or(before).trim();
    let before = before.strip_prefix("let ").unwrap_or(before).trim_start_matches("mut ").trim();
    let name = before.split(':').next()?.trim_matches(|c: char| !c.is_alphanumeric() && c != '_');
    let is_name = name.chars().next().is_some_and(|c| c.is_lowercase() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    is_name.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::bound_name;

    #[track_caller]
    fn check(line: &str, name: Option<&str>) {
        assert_eq!(bound_name(line).as_deref(), name);
    }

    #[test]
    fn a_name_is_read_off_the_line() {
        check("        Self { counters: Mutex::new(counters) }", Some("counters"));
        check("    let left = Arc::new(Mutex::new(0));", Some("left"));
        check("    let mut x = AtomicUsize::new(0);", Some("x"));
        check("        let (answer, answered) = oneshot::channel();", Some("answered"));
        check("    Arc::new(Mutex::new(0))", None);
        check("        (Mutex::new(1), Mutex::new(2))", None);
    }
}
