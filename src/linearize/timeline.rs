//! Calls as bars, time from left to right.
//!
//! ```text
//!   3  write(2)   |── ok ──|
//!   1  read            |── 2 ──|
//! ▶ 1  read                      |── 0 ──|  line 141
//! ```

/// A call, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Who called.
    pub client: String,
    /// What was called.
    pub op: String,
    /// What was answered.
    pub ret: Option<String>,
    /// When: any clock that all rows share.
    pub invoked: u64,
    /// When it had returned; `None` where it may have happened at any time since, or never.
    pub returned: Option<u64>,
    /// The row that decides is marked.
    pub decisive: bool,
    /// What is to be read behind the bar.
    pub note: String,
}

/// How a timeline is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Columns of text.
    pub width: usize,
    /// Nothing but ASCII.
    pub ascii: bool,
}

impl Default for Style {
    /// 80 columns, with lines of box-drawing characters.
    fn default() -> Self {
        Self { width: 80, ascii: false }
    }
}

/// An operation longer than this is cut.
const OP_MAX: usize = 28;

/// Columns for an event, where there is room and the answers stand elsewhere.
const STRETCH_MAX: usize = 4;

/// Draws a row a line, by invocation; each ends with a line feed.
///
/// Answers stand in the bars, or behind the operations where that is too wide; where the
/// bars themselves are too many for the width, several events share a column.
pub fn timeline(mut rows: Vec<Row>, style: Style) -> String {
    rows.sort_by_key(|row| row.invoked);
    let roomy = Layout::new(&rows, true);
    let note = rows.iter().map(|row| row.note.chars().count()).max().unwrap_or(0);
    let left = |rows: &[Row]| 2 + widest(rows, |row| &row.client) + 2 + widest(rows, |row| &row.op) + 2;
    for row in &mut rows {
        row.op = cut(&row.op, style);
    }
    if left(&rows) + roomy.width + 2 + note <= style.width {
        return draw(&rows, &roomy, style);
    }
    for row in &mut rows {
        if let Some(ret) = row.ret.take() {
            let arrow = if style.ascii { "->" } else { "→" };
            row.op = cut(&format!("{} {arrow} {ret}", row.op), style);
        }
    }
    let mut tight = Layout::new(&rows, false);
    let room = style.width.saturating_sub(left(&rows) + 2 + note).max(8);
    tight.fit(room);
    draw(&rows, &tight, style)
}

fn widest(rows: &[Row], of: impl Fn(&Row) -> &String) -> usize {
    rows.iter().map(|row| of(row).chars().count()).max().unwrap_or(0)
}

fn cut(op: &str, style: Style) -> String {
    if op.chars().count() <= OP_MAX {
        return op.to_owned();
    }
    let dots = if style.ascii { "..." } else { "…" };
    op.chars().take(OP_MAX - dots.chars().count()).collect::<String>() + dots
}

/// The columns of each row's ends.
struct Layout {
    bars: Vec<(usize, usize)>,
    width: usize,
}

impl Layout {
    /// One column an event at least, and room for the answers where they are `inside`.
    fn new(rows: &[Row], inside: bool) -> Self {
        let mut events: Vec<(u64, bool, usize)> = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            events.push((row.invoked, false, index));
            events.extend(row.returned.map(|at| (at, true, index)));
        }
        events.sort_unstable();
        let mut bars = vec![(0, usize::MAX); rows.len()];
        let mut next = 0;
        for (_, is_return, index) in events {
            if is_return {
                let ret = rows[index].ret.as_deref().filter(|_| inside);
                let room = ret.map_or(1, |ret| ret.chars().count() + 7);
                bars[index].1 = next.max(bars[index].0 + room);
                next = bars[index].1 + 1;
            } else {
                bars[index].0 = next;
                next += 1;
            }
        }
        let width = next + 8;
        for bar in &mut bars {
            bar.1 = bar.1.min(width - 1);
        }
        Self { bars, width }
    }

    /// Takes no more than `room`, and no less than makes it easy to read, where there is room.
    fn fit(&mut self, room: usize) {
        let width = room.min(STRETCH_MAX * self.width);
        if self.width > 1 && self.width != width {
            let scaled = |column: usize| column * (width - 1) / (self.width - 1);
            for bar in &mut self.bars {
                *bar = (scaled(bar.0), scaled(bar.1));
            }
            self.width = width;
        }
    }
}

fn draw(rows: &[Row], layout: &Layout, style: Style) -> String {
    let client = widest(rows, |row| &row.client);
    let op = widest(rows, |row| &row.op);
    let mut text = String::new();
    for (row, (from, to)) in rows.iter().zip(&layout.bars) {
        let mark = match (row.decisive, style.ascii) {
            (false, _) => " ",
            (true, true) => ">",
            (true, false) => "▶",
        };
        let bar = bar(row, to - from, style);
        let line =
            format!("{mark} {:>client$}  {:<op$}  {:from$}{bar}  {}", row.client, row.op, "", row.note);
        text += line.trim_end();
        text.push('\n');
    }
    text
}

/// A bar of `length` columns and one.
fn bar(row: &Row, length: usize, style: Style) -> String {
    let line = if style.ascii { '-' } else { '─' };
    if row.returned.is_none() {
        let dashes: String = (0..length).map(|at| if at % 2 == 0 { line } else { ' ' }).collect();
        return format!("|{dashes}").trim_end().to_owned();
    }
    let inside = row.ret.as_deref().map_or(String::new(), |ret| format!(" {ret} "));
    let dashes = length.saturating_sub(inside.chars().count() + 1);
    let lines = |n: usize| line.to_string().repeat(n);
    if length == 0 {
        return "|".to_owned();
    }
    format!("|{}{inside}{}|", lines(dashes - dashes / 2), lines(dashes / 2))
}
