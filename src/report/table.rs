//! The table of steps: a column a thread, a row a step, time from top to bottom, at 80 columns.

use super::style::Style;
use crate::verdict::{Counterexample, Row};

/// The width that every report keeps to.
pub const WIDTH: usize = 80;

/// The space before a row, in which it may be marked.
const MARGIN: usize = 4;

/// The table's lines; none where there are no steps.
pub fn table(shown: &Counterexample, style: Style) -> Vec<String> {
    let rows: Vec<&Row> = shown.rows.iter().filter(|row| tells(shown, row)).collect();
    let mut columns: Vec<usize> = rows.iter().map(|row| row.thread).collect();
    columns.sort_unstable();
    columns.dedup();
    if rows.is_empty() {
        return Vec::new();
    }
    let width = (WIDTH - MARGIN) / columns.len();
    let fits = rows.iter().all(|row| row.text.chars().count() + at_width(row) < width)
        && columns.iter().all(|column| shown.threads[*column].chars().count() < width);
    if fits {
        side_by_side(shown, &rows, &columns, width, style)
    } else {
        one_below_the_other(shown, &rows, style)
    }
}

/// Where the program is known, the main thread only sets it up and looks at its end.
fn tells(shown: &Counterexample, row: &Row) -> bool {
    shown.program.is_empty() || shown.threads[row.thread] != "main"
}

fn at_width(row: &Row) -> usize {
    row.at.as_ref().map_or(0, |at| at.chars().count() + 2)
}

fn side_by_side(
    shown: &Counterexample,
    rows: &[&Row],
    columns: &[usize],
    width: usize,
    style: Style,
) -> Vec<String> {
    let column_of = |row: &Row| columns.iter().position(|column| *column == row.thread).unwrap_or(0);
    let texts: Vec<usize> = columns
        .iter()
        .map(|column| {
            rows.iter().filter(|row| row.thread == *column).map(|row| row.text.chars().count()).max()
        })
        .map(Option::unwrap_or_default)
        .collect();
    let title = columns.iter().map(|column| padded(&shown.threads[*column], width)).collect::<String>();
    let mut lines = vec![format!("{}{}", " ".repeat(MARGIN), title).trim_end().to_owned()];
    let mut last = None;
    for row in rows {
        let column = column_of(row);
        let switched = last.is_some_and(|last| last != column);
        last = Some(column);
        if switched {
            lines.push(format!("  {}", style.switch(WIDTH - MARGIN)));
        }
        let mark = if row.decisive { format!("  {} ", style.mark()) } else { " ".repeat(MARGIN) };
        let cell = match &row.at {
            Some(at) => format!("{}  {at}", padded(&row.text, texts[column])),
            None => row.text.clone(),
        };
        lines.push(format!("{mark}{}{cell}", " ".repeat(column * width)).trim_end().to_owned());
    }
    lines
}

fn one_below_the_other(shown: &Counterexample, rows: &[&Row], style: Style) -> Vec<String> {
    let longest = |of: &dyn Fn(&Row) -> usize| rows.iter().map(|row| of(row)).max().unwrap_or(0);
    let names = longest(&|row| shown.threads[row.thread].chars().count());
    let texts = longest(&|row| if row.at.is_some() { row.text.chars().count() } else { 0 });
    let mut lines = Vec::new();
    let mut last = None;
    for row in rows {
        let name = if last == Some(row.thread) { "" } else { &shown.threads[row.thread] };
        last = Some(row.thread);
        let mark = if row.decisive { format!("  {} ", style.mark()) } else { " ".repeat(MARGIN) };
        let text = match &row.at {
            Some(at) => format!("{}  {at}", padded(&row.text, texts)),
            None => row.text.clone(),
        };
        lines.push(format!("{mark}{}  {text}", padded(name, names)).trim_end().to_owned());
    }
    lines
}

/// `text` with spaces behind it up to `width`.
pub fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.chars().count())))
}

/// `text` in lines of at most the width that every report keeps to; those behind the first are indented.
#[cfg(feature = "cli")]
pub fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is always one");
        if !line.trim().is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(format!("  {word}"));
        } else {
            let space = if line.is_empty() { "" } else { " " };
            line.extend([space, word]);
        }
    }
    lines.join("\n")
}
