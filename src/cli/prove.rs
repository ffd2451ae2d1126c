//! `raceproof prove`, and plain `raceproof`: the matrix of stores and engines.

use super::cell::{self, Column, Size};
use crate::counter::kind::Kind;
use crate::report::matrix::{Cell, Matrix};
use crate::report::progress::Line;
use std::collections::VecDeque;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
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
    let stores: Vec<Kind> =
        Kind::ALL.into_iter().filter(|kind| args.store.is_none_or(|only| only == *kind)).collect();
    let chosen = |column: &Column| args.engine.is_empty() || args.engine.contains(column);
    let columns: Vec<Column> = Column::ALL.into_iter().filter(chosen).collect();
    let wanted: Vec<(Kind, Column)> =
        stores.iter().flat_map(|store| columns.iter().map(|column| (*store, *column))).collect();
    let matrix = Matrix { cells: judge_all(&wanted, &args.size)? };
    let wrong = unexpected(&wanted, &matrix.cells);
    match args.format {
        Format::Json => println!("{}", serde_json::to_string_pretty(&matrix)?),
        Format::Text => print_text(args, &stores, &matrix, &wrong, start),
    }
    Ok(ExitCode::from(u8::from(!wrong.is_empty())))
}

/// The cells in the order in which they are wanted. Models share the cores; what runs for real comes
/// after them, one at a time.
fn judge_all(wanted: &[(Kind, Column)], size: &Size) -> anyhow::Result<Vec<Cell>> {
    let (real, models): (Vec<usize>, Vec<usize>) = (0..wanted.len()).partition(|i| wanted[*i].1.is_real());
    let cells: Vec<Mutex<Option<anyhow::Result<Cell>>>> = wanted.iter().map(|_| Mutex::new(None)).collect();
    let line = Line::new(wanted.len());
    let judge = |i: usize, column_judge: fn(Kind, Column, &Size) -> anyhow::Result<Cell>| {
        let (store, column) = wanted[i];
        line.begins(&format!("{store} by {}", column.name()));
        let cell = column_judge(store, column, size);
        *cells[i].lock().unwrap_or_else(PoisonError::into_inner) = Some(cell);
        line.ends();
    };
    let queue = Mutex::new(VecDeque::from(models));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                while let Some(i) = next() {
                    judge(i, cell::here);
                }
            });
        }
    });
    for i in real {
        judge(i, cell::in_a_child);
    }
    drop(line);
    let judged = |cell: Mutex<Option<_>>| cell.into_inner().unwrap_or_else(PoisonError::into_inner);
    cells.into_iter().map(|cell| judged(cell).expect("each cell was judged")).collect()
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

fn print_text(args: &Args, stores: &[Kind], matrix: &Matrix, wrong: &[String], start: Instant) {
    println!("{}\n\n{}", matrix.table(), matrix.legend());
    println!(
        "the numbers are executions; programs of 2 to {} clients with up to {} calls each; {:.1} s",
        args.size.threads,
        args.size.calls,
        start.elapsed().as_secs_f64()
    );
    let mut limits: Vec<&String> = matrix.cells.iter().flat_map(|cell| &cell.limits).collect();
    limits.dedup();
    for limit in limits {
        println!("not covered by exhaustive: {limit}");
    }
    if args.store.is_some() {
        for text in matrix.cells.iter().filter_map(Cell::counterexample_text) {
            println!("\n{text}");
        }
    } else {
        summary(stores, matrix);
    }
    for wrong in wrong {
        println!("\nunexpected: {wrong}");
    }
}

/// How many stores nothing refutes, and where to read more about the others.
fn summary(stores: &[Kind], matrix: &Matrix) {
    let is_refuted = |store: &&Kind| {
        matrix.cells.iter().any(|cell| cell.store == store.name() && cell.verdict == "refuted")
    };
    let refuted: Vec<&Kind> = stores.iter().filter(is_refuted).collect();
    println!(
        "\n{} of {} stores are free of races within these bounds",
        stores.len() - refuted.len(),
        stores.len()
    );
    for store in refuted {
        println!("why {store} is not:  raceproof prove --store {store}");
    }
}
