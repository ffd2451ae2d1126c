//! `raceproof prove`, and plain `raceproof`: the matrix of stores and engines.

use super::cell::{self, Column, Size};
use super::{called, write_report};
use crate::counter::kind::Kind;
use crate::explore::{ctrl_c_is_pressed, listen_to_ctrl_c};
use crate::report::matrix::{Cell, Matrix};
use crate::report::progress::Line;
use std::process::ExitCode;
use std::time::Instant;

/// Each store of the counter service against each engine: proved, passed, refuted or undecided
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only this store
    #[arg(long, value_enum)]
    store: Option<Kind>,
    /// Only these engines
    #[arg(long, value_enum, value_delimiter = ',')]
    engine: Vec<Column>,
    #[command(flatten)]
    size: Size,
    /// How to print the matrix
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// The exit code where nothing is judged.
const NO_VERDICT: u8 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A table, and why a store is refuted if one is asked for
    Text,
    /// `{"cells": [..]}`
    Json,
}

/// Prints the matrix. Exit code 0 when every cell is what its store's kind allows, 1 otherwise.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let start = Instant::now();
    if let (Some(_), Some(column)) = (&args.size.replay, args.engine.iter().find(|c| !c.has_schedules())) {
        anyhow::bail!("{} has no schedules to replay", column.name());
    }
    let stores: Vec<Kind> =
        Kind::ALL.into_iter().filter(|kind| args.store.is_none_or(|only| only == *kind)).collect();
    let chosen = |column: &Column| args.engine.is_empty() || args.engine.contains(column);
    let columns: Vec<Column> = Column::ALL.into_iter().filter(chosen).collect();
    let wanted: Vec<(Kind, Column)> =
        stores.iter().flat_map(|store| columns.iter().map(|column| (*store, *column))).collect();
    if args.size.resume.is_some() && columns != [Column::Exhaustive] {
        anyhow::bail!("--resume goes on with a search by exhaustive, and by nothing else");
    }
    listen_to_ctrl_c();
    let matrix = Matrix { cells: judge_all(&wanted, &args.size)? };
    let wrong = if ctrl_c_is_pressed() { Vec::new() } else { unexpected(&wanted, &matrix.cells) };
    match args.format {
        Format::Json => write_report(&format!("{}\n", serde_json::to_string_pretty(&matrix)?))?,
        Format::Text => write_report(&text(args, &matrix, start))?,
    }
    for wrong in &wrong {
        eprintln!("raceproof: unexpected: {wrong}");
    }
    for resume in matrix.cells.iter().filter_map(|cell| cell.resume.as_deref()) {
        eprintln!("raceproof: put down; goes on with: {resume}");
    }
    if ctrl_c_is_pressed() {
        return Ok(ExitCode::from(NO_VERDICT));
    }
    Ok(ExitCode::from(u8::from(!wrong.is_empty())))
}

/// The cells in the order in which they are wanted, one at a time: the programs of a cell share the cores.
/// Ctrl-C ends them.
fn judge_all(wanted: &[(Kind, Column)], size: &Size) -> anyhow::Result<Vec<Cell>> {
    let line = Line::new(wanted.len());
    let mut cells = Vec::new();
    for (i, (store, column)) in wanted.iter().enumerate() {
        line.begins(i, &format!("{store} by {}", column.name()));
        let judge = if column.is_real() { cell::in_a_child } else { cell::here };
        let cell = judge(*store, *column, size);
        // A child hears it too, and has no more to say.
        if ctrl_c_is_pressed() {
            cells.extend(cell);
            break;
        }
        cells.push(cell?);
    }
    Ok(cells)
}

/// The cells that are not what their store's kind allows: a sound store is never refuted, and proved by
/// the exhaustive engines; a racy one is refuted by them and by the random walk.
fn unexpected(wanted: &[(Kind, Column)], cells: &[Cell]) -> Vec<String> {
    let mut wrong = Vec::new();
    for ((store, column), cell) in wanted.iter().zip(cells) {
        let must_prove = matches!(column, Column::Exhaustive | Column::Loom);
        let must_refute = must_prove || *column == Column::Random;
        let allowed = match cell.verdict.as_str() {
            "refuted" => !store.is_sound(),
            "proved" => store.is_sound(),
            "passed" => {
                if store.is_sound() {
                    !must_prove
                } else {
                    !must_refute
                }
            }
            _ => false,
        };
        if !allowed {
            let why = cell.undecided.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
            wrong.push(format!("{store} is {} by {}{why}", cell.verdict, column.name()));
        }
    }
    wrong
}

fn text(args: &Args, matrix: &Matrix, start: Instant) -> String {
    let mut parts = vec![matrix.table(), matrix.legend(args.size.threads, args.size.calls, start.elapsed())];
    if args.store.is_none() {
        parts.push(matrix.summary(&called()));
    } else if args.engine.is_empty() {
        parts.extend(matrix.first_counterexample());
    } else {
        parts.extend(matrix.cells.iter().filter_map(Cell::counterexample_text));
    }
    format!("{}\n", parts.join("\n\n"))
}
