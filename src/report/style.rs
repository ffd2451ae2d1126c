//! What the terminal can show.

use std::env;

/// The signs of a report: Unicode where the locale has it, ASCII otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Whether signs outside of ASCII may be used.
    pub unicode: bool,
}

impl Style {
    /// As the environment asks: `LC_ALL`, `LC_CTYPE`, `LANG`.
    pub fn of_environment() -> Self {
        let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG"));
        let unicode = locale.is_none_or(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        });
        Self { unicode }
    }

    /// The sign of a verdict.
    #[cfg(feature = "cli")]
    pub fn sign(self, verdict: &str) -> &'static str {
        match (verdict, self.unicode) {
            ("proved", true) => "✓",
            ("proved", false) => "+",
            ("refuted", true) => "✗",
            ("refuted", false) => "x",
            ("passed", true) => "·",
            ("passed", false) => ".",
            _ => "?",
        }
    }

    /// `text` with no arrow that the terminal cannot show.
    pub fn plain(self, text: &str) -> String {
        if self.unicode { text.to_owned() } else { text.replace('→', "->") }
    }

    /// The mark before a row that decides.
    pub fn mark(self) -> &'static str {
        if self.unicode { "▶" } else { ">" }
    }

    /// A line of such a width where threads switch.
    pub fn switch(self, width: usize) -> String {
        let dash = if self.unicode { "─ " } else { "- " };
        dash.repeat(width / 2).trim_end().to_owned()
    }
}

/// A number with a comma between thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
