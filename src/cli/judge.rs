//! The cells of a matrix, spread over the cores.
//!
//! What a cell shows does not depend on how many cores there are: its programs are cut into parts of a fixed
//! length, and the parts are put together in their order, up to the first that is refuted.

use super::called;
use super::cell::{self, Column, Size};
use super::programs::{self, Programs};
use crate::counter::kind::Kind;
use crate::report::matrix::Cell;
use crate::report::progress::Line;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Programs of a part.
const PART: usize = 128;

/// A store against an engine, and what the engine is given.
struct Wanted {
    store: Kind,
    column: Column,
    programs: Programs,
    /// The first part that ended the search; nobody asks for the parts behind it.
    ended_at: AtomicUsize,
    parts: Vec<Mutex<Option<anyhow::Result<Cell>>>>,
}

/// The cells in the order in which they are wanted. Models share the cores; what runs for real comes
/// after them, one at a time.
pub fn judge_all(wanted: &[(Kind, Column)], size: &Size) -> anyhow::Result<Vec<Cell>> {
    let wanted: Vec<Wanted> =
        wanted.iter().map(|(store, column)| Wanted::new(*store, *column, size)).collect();
    let parts = |wanted: &Wanted| 0..wanted.parts.len();
    let all = wanted.iter().flat_map(|wanted| parts(wanted).map(move |part| (wanted, part)));
    let (real, models): (VecDeque<_>, VecDeque<_>) = all.partition(|(wanted, _)| wanted.column.is_real());
    let line = Line::new(real.len() + models.len());
    let queue = Mutex::new(models);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                while let Some((wanted, part)) = next() {
                    wanted.judge(part, size, &line);
                }
            });
        }
    });
    for (wanted, part) in real {
        wanted.judge(part, size, &line);
    }
    drop(line);
    wanted.into_iter().map(|wanted| wanted.together(size)).collect()
}

impl Wanted {
    fn new(store: Kind, column: Column, size: &Size) -> Self {
        let programs = programs::of(column, size);
        let parts = if programs.is_every { programs.scenarios.len().div_ceil(PART) } else { 1 };
        let parts = (0..parts).map(|_| Mutex::new(None)).collect();
        Self { store, column, programs, ended_at: AtomicUsize::new(usize::MAX), parts }
    }

    fn judge(&self, part: usize, size: &Size, line: &Line) {
        line.begins(&format!("{} by {}", self.store, self.column.name()));
        // Relaxed: a part that is judged in vain is left out when they are put together.
        if part <= self.ended_at.load(Ordering::Relaxed) {
            let cell = self.judged(part, size);
            if !cell.as_ref().is_ok_and(|cell| matches!(&*cell.verdict, "proved" | "passed")) {
                self.ended_at.fetch_min(part, Ordering::Relaxed);
            }
            *self.parts[part].lock().unwrap_or_else(PoisonError::into_inner) = Some(cell);
        }
        line.ends();
    }

    fn judged(&self, part: usize, size: &Size) -> anyhow::Result<Cell> {
        if self.column.is_real() {
            return cell::in_a_child(self.store, self.column, size);
        }
        let all = self.programs.scenarios.len();
        let part = if self.parts.len() > 1 { part * PART..all.min((part + 1) * PART) } else { 0..all };
        cell::here(self.store, self.column, size, &self.programs, part)
    }

    /// The cell that its parts are.
    fn together(self, size: &Size) -> anyhow::Result<Cell> {
        let judged = |part: Mutex<Option<_>>| part.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut parts = self.parts.into_iter().filter_map(judged);
        let mut cell = parts.next().expect("the first part is never passed over")?;
        for part in parts {
            if !matches!(&*cell.verdict, "proved" | "passed") {
                break;
            }
            cell.add(part?);
        }
        cell.again = cell.counterexample.as_ref().map(|shown| {
            let flags = size.flags(shown.seed);
            format!("{} prove --store {} --engine {}{flags}", called(), cell.store, cell.engine)
        });
        Ok(cell)
    }
}
