//! The matrix: each store against each engine.

use super::style::{Style, grouped};
use super::table::{columns, wrapped};
use super::text::{counterexample, plural};
use crate::verdict::Counterexample;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One store against one engine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cell {
    /// The store's name.
    pub store: String,
    /// The engine's name.
    pub engine: String,
    /// `proved`, `passed`, `refuted` or `undecided`.
    pub verdict: String,
    /// Executions, or calls over HTTP.
    pub executions: u64,
    /// How long it took.
    pub elapsed_ms: u64,
    /// What refutes it.
    pub counterexample: Option<Counterexample>,
    /// Why nothing can be said, where that is so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub undecided: Option<String>,
    /// Programs that it was given; none where the load is one of its own.
    #[serde(default)]
    pub programs: u64,
    /// Whether those are every program of the size, and not only what contends.
    #[serde(default)]
    pub every_program: bool,
    /// Whether its executions are sequences of calls, each of which is as one step.
    #[serde(default)]
    pub by_sequences: bool,
    /// The command that goes on with the search, if it was put down.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub resume: Option<String>,
    /// What a proof leaves out.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub limits: Vec<String>,
}

/// All cells.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Matrix {
    /// Store by store, in the order of the engines.
    pub cells: Vec<Cell>,
}

impl Matrix {
    /// The table, as text.
    pub fn table(&self) -> String {
        let style = Style::of_environment();
        let engines = self.engines(|_| true);
        let mut stores: Vec<&str> = self.cells.iter().map(|cell| &*cell.store).collect();
        stores.dedup();
        let mut rows =
            vec![[&["store"], &*engines].concat().into_iter().map(str::to_owned).collect::<Vec<_>>()];
        for store in stores {
            let of =
                |engine: &str| self.cells.iter().find(|cell| cell.store == store && cell.engine == engine);
            let cells = engines.iter().map(|engine| of(engine).map(|cell| cell_text(cell, style)));
            rows.push(
                std::iter::once(store.to_owned()).chain(cells.map(Option::unwrap_or_default)).collect(),
            );
        }
        columns(&rows)
    }

    /// What the signs and the numbers mean.
    pub fn legend(&self, threads: u8, calls: u8, elapsed: Duration) -> String {
        let style = Style::of_environment();
        let words = [
            ("proved", "proved: every execution of every program"),
            ("refuted", "refuted"),
            ("passed", "passed: no proof"),
            ("undecided", "undecided"),
        ];
        let seen = words.iter().filter(|(word, _)| self.cells.iter().any(|cell| cell.verdict == *word));
        let signs: Vec<String> = seen.map(|(word, text)| format!("{} {text}", style.sign(word))).collect();
        let mut lines = vec![signs.join("   ")];
        lines.extend(self.programs(threads, calls));
        lines.extend(self.limits());
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let cores = plural(cores as u64, "core");
        lines.push(format!(
            "the numbers are executions, for http calls; {:.1} s on {cores}",
            elapsed.as_secs_f64()
        ));
        lines.iter().map(|line| wrapped(line, "", "  ")).collect::<Vec<_>>().join("\n")
    }

    /// What each engine was given.
    fn programs(&self, threads: u8, calls: u8) -> Vec<String> {
        let size = format!("{} with {} each", up_to(2, threads, "client"), up_to(1, calls, "call"));
        let every = self.engines(|cell| cell.every_program);
        let contended = self.engines(|cell| !cell.every_program && cell.programs > 0);
        let most = |cell: &&Cell| every.contains(&&*cell.engine);
        let count =
            |of: &dyn Fn(&&Cell) -> bool| self.cells.iter().filter(of).map(|cell| cell.programs).max();
        let mut lines = Vec::new();
        if let Some(programs) = count(&most) {
            lines.push(format!(
                "{}: {} programs, every one of {size}: get, set and inc over 2 counters",
                every.join(", "),
                grouped(programs)
            ));
        }
        let by_sequences = self.cells.iter().filter(|cell| cell.by_sequences);
        let by_sequences: Vec<&str> = by_sequences.map(|cell| &*cell.store).collect();
        if !by_sequences.is_empty() {
            lines.push(format!(
                "of {} each call is as one step, in whatever order: its executions are the sequences of calls",
                by_sequences.join(" and ")
            ));
        }
        if let Some(programs) = count(&|cell| contended.contains(&&*cell.engine)) {
            lines.push(format!(
                "{}: {} programs of {size} that contend for a counter: inc with inc, inc with get, set with inc",
                contended.join(", "),
                grouped(programs)
            ));
        }
        lines
    }

    fn engines(&self, of: impl Fn(&Cell) -> bool) -> Vec<&str> {
        let mut engines: Vec<&str> = Vec::new();
        for cell in self.cells.iter().filter(|cell| of(cell)) {
            if !engines.contains(&&*cell.engine) {
                engines.push(&cell.engine);
            }
        }
        engines
    }

    fn limits(&self) -> Vec<String> {
        let mut limits = Vec::new();
        for cell in self.cells.iter().filter(|cell| cell.verdict == "proved") {
            for limit in &cell.limits {
                let line = format!("not covered by {}: {limit}", cell.engine);
                if !limits.contains(&line) {
                    limits.push(line);
                }
            }
        }
        limits
    }

    /// How many stores are proved, and where to read more about those that are refuted; `command` is ours.
    pub fn summary(&self, command: &str) -> String {
        let mut stores: Vec<&str> = self.cells.iter().map(|cell| &*cell.store).collect();
        stores.dedup();
        let has = |store: &str, verdict: &str| {
            self.cells.iter().any(|cell| cell.store == store && cell.verdict == verdict)
        };
        let proved = stores.iter().filter(|store| has(store, "proved") && !has(store, "refuted")).count();
        let mut lines = vec![format!(
            "{proved} of {} are proved free of races within these bounds",
            plural(stores.len() as u64, "store")
        )];
        let refuted = stores.iter().filter(|store| has(store, "refuted"));
        lines.extend(refuted.map(|store| format!("why {store} is not:  {command} prove --store {store}")));
        lines.join("\n")
    }

    /// The counterexample of the first engine that has one, and who has more.
    pub fn first_counterexample(&self) -> Option<String> {
        let mut refuted = self.cells.iter().filter(|cell| cell.counterexample.is_some());
        let first = refuted.next()?.counterexample_text()?;
        let replays = refuted.filter_map(|cell| cell.counterexample.as_ref()?.replay.as_ref());
        let more: Vec<String> = replays.map(|replay| format!("also       {replay}")).collect();
        Some([vec![first], more].concat().join("\n"))
    }
}

impl Cell {
    /// Its counterexample, as text.
    pub fn counterexample_text(&self) -> Option<String> {
        let found = format!("{}, {}", self.engine, plural(self.executions, "execution"));
        Some(counterexample(&self.store, self.counterexample.as_ref()?, &found))
    }
}

/// `2 to 3 clients`, or `2 clients`.
fn up_to(least: u8, most: u8, noun: &str) -> String {
    let most_text = plural(most.into(), noun);
    if least == most { most_text } else { format!("{least} to {most_text}") }
}

fn cell_text(cell: &Cell, style: Style) -> String {
    let sign = style.sign(&cell.verdict);
    let died =
        cell.counterexample.as_ref().is_some_and(|shown| shown.finding == crate::verdict::Finding::Died);
    if died { format!("{sign} died") } else { format!("{sign} {}", grouped(cell.executions)) }
}
