//! Which programs a search has still to explore: all, or what a checkpoint has left.

use super::checkpoint::{Checkpoint, Of};
use super::ended::Ended;
use super::exhaustive::Begun;
use super::{Engine, Explorer};
use crate::verdict::Cut;
use std::path::Path;

/// The variable that names the checkpoint to go on from.
pub const RESUME: &str = "RACEPROOF_RESUME";

/// The programs of a search, by their position.
#[derive(Debug)]
pub struct Agenda {
    /// What was done before.
    before: Checkpoint,
    /// What is to be done, in this order.
    todo: Vec<usize>,
    /// Whether what is left can be put down.
    keeps: bool,
}

impl Agenda {
    /// What `explorer` has to do of a search.
    pub fn new(explorer: &Explorer, of: Of) -> Result<Self, String> {
        let keeps = explorer.engine == Engine::Exhaustive && explorer.preemptions_max.is_none();
        let before = match wanted(explorer, &of)? {
            Some(_) if !keeps => {
                return Err("only a whole search by exhaustive goes on from a checkpoint".to_owned());
            }
            Some(checkpoint) => checkpoint,
            None => Checkpoint::new(of),
        };
        let todo = before.begun.keys().copied().chain(before.next..before.of.programs).collect();
        Ok(Self { before, todo, keeps })
    }

    /// The programs to be explored, in this order.
    pub fn todo(&self) -> &[usize] {
        &self.todo
    }

    /// The search of a program, if it was begun.
    pub fn begun(&self, program: usize) -> Option<Begun> {
        self.before.begun.get(&program).cloned()
    }

    /// What the whole search comes to, of whose programs so many have ended, in order; `cut` says what kept it
    /// from the others.
    pub fn close(self, ended: Vec<Ended>, cut: impl FnOnce() -> Cut) -> Ended {
        let Self { before: mut left, todo, keeps } = self;
        let unseen = todo.get(ended.len()).copied();
        let mut all =
            Ended { counts: left.counts.clone(), limits: left.counts.limits.list(), ..Ended::default() };
        if left.choices_left_out {
            all.cut = Some(Cut::Choices { max: left.of.choices_max });
        }
        for (program, mut ended) in todo.iter().zip(ended) {
            if let Some(begun) = ended.put_down.take() {
                left.begun.insert(*program, begun);
            } else {
                left.begun.remove(program);
                left.counts.add(ended.counts.clone());
                left.choices_left_out |= matches!(ended.cut, Some(Cut::Choices { .. }));
            }
            left.next = left.next.max(program + 1);
            all.add(ended);
        }
        if all.finding.is_some() {
            return all;
        }
        if unseen.is_some() {
            all.cut = Some(cut());
        }
        let is_left = unseen.is_some() || !left.begun.is_empty();
        all.checkpoint = (keeps && is_left).then(|| left.of_this_build()).flatten().map(Box::new);
        all
    }
}

/// The checkpoint that is asked for, if it is of this search.
fn wanted(explorer: &Explorer, of: &Of) -> Result<Option<Checkpoint>, String> {
    if let Some(checkpoint) = &explorer.resume {
        return accepted(checkpoint.clone(), of).map(Some);
    }
    let Ok(file) = std::env::var(RESUME) else { return Ok(None) };
    let checkpoint = Checkpoint::read(Path::new(&file)).map_err(|error| format!("{RESUME}: {error}"))?;
    if !of.is_meant(&checkpoint.of) {
        // Of another exploration of the same run.
        return Ok(None);
    }
    accepted(checkpoint, of).map(Some).map_err(|why| format!("{RESUME}: {file}: {why}"))
}

fn accepted(checkpoint: Checkpoint, of: &Of) -> Result<Checkpoint, String> {
    let refused = |why| Err(format!("a search cannot go on from this checkpoint: {why}"));
    checkpoint.refuses(of).map_or(Ok(checkpoint), refused)
}
