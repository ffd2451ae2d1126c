//! The table of steps: a column a thread, a row a step, time from top to bottom, at 80 columns.

use super::style::Style;
use crate::verdict::{Counterexample, Row};

/// The width that every report keeps to.
const WIDTH: usize = 80;

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

/// Where the program is known, the main thread only sets it up and looks at its end, unless it makes calls
/// before or after the others.
fn tells(shown: &Counterexample, row: &Row) -> bool {
    let makes_calls = |(who, _): &(String, String)| who == "before" || who == "after";
    // That it waits for the others says nothing.
    let tells = row.text != "join" && shown.program.iter().any(makes_calls);
    shown.program.is_empty() || shown.threads[row.thread] != "main" || tells
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

/// Rows of cells below each other, as far apart as the width allows.
#[cfg(feature = "cli")]
pub fn columns(rows: &[Vec<String>]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..count).map(|column| widest(column).unwrap_or(0)).collect();
    let gaps = count.saturating_sub(1).max(1);
    let gap = (WIDTH.saturating_sub(widths.iter().sum()) / gaps).clamp(1, 3);
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| padded(cell, width + gap));
        cells.collect::<String>().trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// `text` in lines of at most the width that every report keeps to, with `first` before the first and
/// `more` before the others.
pub fn wrapped(text: &str, first: &str, more: &str) -> String {
    let mut lines = vec![first.to_owned()];
    let mut begins = true;
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is always one");
        if !begins && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(format!("{more}{word}"));
        } else {
            line.extend([if begins { "" } else { " " }, word]);
        }
        begins = false;
    }
    lines.join("\n")
}
