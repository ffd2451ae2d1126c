//! The matrix: each store against each engine.

use super::style::{Style, grouped};
use super::table::padded;
use super::text::counterexample;
use crate::verdict::Counterexample;
use serde::{Deserialize, Serialize};

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

const STORE_WIDTH: usize = 16;
const ENGINE_WIDTH: usize = 11;

impl Matrix {
    /// The table, as text.
    pub fn table(&self) -> String {
        let style = Style::of_environment();
        let mut engines: Vec<&str> = Vec::new();
        let mut stores: Vec<&str> = Vec::new();
        for cell in &self.cells {
            if !engines.contains(&cell.engine.as_str()) {
                engines.push(&cell.engine);
            }
            if !stores.contains(&cell.store.as_str()) {
                stores.push(&cell.store);
            }
        }
        let head = engines.iter().map(|engine| padded(engine, ENGINE_WIDTH)).collect::<String>();
        let mut lines = vec![format!("{}{head}", padded("store", STORE_WIDTH)).trim_end().to_owned()];
        for store in stores {
            let cells = engines.iter().map(|engine| {
                let cell = self.cells.iter().find(|cell| cell.store == store && cell.engine == *engine);
                padded(&cell.map(|cell| cell_text(cell, style)).unwrap_or_default(), ENGINE_WIDTH)
            });
            lines.push(
                format!("{}{}", padded(store, STORE_WIDTH), cells.collect::<String>()).trim_end().to_owned(),
            );
        }
        lines.join("\n")
    }

    /// What the signs mean.
    pub fn legend(&self) -> String {
        let style = Style::of_environment();
        let words = [
            ("proved", "proved: every execution"),
            ("refuted", "refuted"),
            ("passed", "passed: nothing found, which is no proof"),
            ("undecided", "undecided"),
        ];
        let seen = words.iter().filter(|(word, _)| self.cells.iter().any(|cell| cell.verdict == *word));
        let signs: Vec<String> = seen.map(|(word, text)| format!("{} {text}", style.sign(word))).collect();
        signs.join("     ")
    }
}

impl Cell {
    /// The command that judges it again, from the same seed.
    fn again(&self) -> String {
        let seed = self.counterexample.as_ref().and_then(|shown| shown.seed);
        let seed = seed.map(|seed| format!(" --seed {seed}")).unwrap_or_default();
        format!("raceproof prove --store {} --engine {}{seed}", self.store, self.engine)
    }

    /// Its counterexample, as text.
    pub fn counterexample_text(&self) -> Option<String> {
        let found = format!("{}, {}", self.engine, super::text::plural(self.executions, "execution"));
        let again = self.again();
        let text = |shown| format!("{}\n\nagain       {again}", counterexample(&self.store, shown, &found));
        self.counterexample.as_ref().map(text)
    }
}

fn cell_text(cell: &Cell, style: Style) -> String {
    let sign = style.sign(&cell.verdict);
    let died =
        cell.counterexample.as_ref().is_some_and(|shown| shown.finding == crate::verdict::Finding::Died);
    if died { format!("{sign} died") } else { format!("{sign} {}", grouped(cell.executions)) }
}
