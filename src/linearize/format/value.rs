//! What a recorded history holds: integers, texts, nothing, and lists of them.

use super::{At, Place, edn};
use std::fmt;

/// A value of a recorded history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Value {
    /// `nil`, or `null`.
    #[default]
    Nil,
    /// `true` or `false`.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A text.
    Text(String),
    /// A keyword or symbol of EDN, without its colon, such as `timed-out`.
    Word(String),
    /// `[1 4]`, or `[1, 4]`.
    List(Vec<Value>),
    /// Anything else, as a number that is no integer, or a map: compared, and never looked into.
    Other(String),
}

impl Value {
    /// The number that `text` is; `None` where it is none.
    ///
    /// A number is what it is worth: `1`, `1.0` and `10e-1` are one, and no digit of a long one is lost.
    pub(super) fn number(text: &str) -> Option<Self> {
        if let Ok(integer) = text.parse() {
            return Some(Self::Int(integer));
        }
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (sign, digits) = match mantissa.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let digits = format!("{whole}{part}");
        if whole.is_empty() || !digits.chars().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let significant = digits.trim_end_matches('0');
        let zeros = i64::try_from(digits.len() - significant.len()).ok()?;
        let shift = zeros - i64::try_from(part.len()).ok()?;
        let exponent = exponent.parse::<i64>().ok()?.checked_add(shift)?;
        Some(shortest(sign, significant.trim_start_matches('0'), exponent))
    }

    /// A map, which is the same in whatever order its keys are written.
    pub(super) fn map(mut entries: Vec<(Self, Self)>) -> Self {
        entries.sort();
        let entry = |(key, value): &(Self, Self)| format!("{} {}", key.written(), value.written());
        Self::Other(format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", ")))
    }

    /// As it is written: values that differ, differ in this.
    fn written(&self) -> String {
        match self {
            Self::Word(word) => format!(":{word}"),
            Self::List(values) => {
                let texts: Vec<String> = values.iter().map(Self::written).collect();
                format!("[{}]", texts.join(" "))
            }
            other => other.shown(),
        }
    }

    /// What kind of value it is, for messages: `"abc"`, or `nil`.
    pub fn shown(&self) -> String {
        match self {
            Self::Text(text) => format!("{text:?}"),
            other => other.to_string(),
        }
    }

    /// The value that a flag of the command line means: `nil`, a truth, a number, a list
    /// such as `[1 2]`, or a text.
    pub fn from_flag(text: &str) -> Self {
        let place = Place { line: 1, column: 1 };
        match text {
            _ if text.starts_with('[') => {
                let list = edn::value(&At { place, it: text.to_owned() });
                list.map_or_else(|_| Self::Text(text.to_owned()), |list| list.it)
            }
            "nil" => Self::Nil,
            "true" => Self::Bool(true),
            "false" => Self::Bool(false),
            _ => Self::number(text).unwrap_or_else(|| Self::Text(text.to_owned())),
        }
    }
}

/// The number of these digits, which neither begin nor end with a zero, times ten to the `exponent`.
fn shortest(sign: &str, digits: &str, exponent: i64) -> Value {
    if digits.is_empty() {
        return Value::Int(0);
    }
    let places = exponent.unsigned_abs() as usize;
    let text = match exponent {
        0..20 => format!("{sign}{digits}{}", "0".repeat(places)),
        -20..0 => {
            let digits = format!("{digits:0>width$}", width = 1 + places);
            let (whole, part) = digits.split_at(digits.len() - places);
            format!("{sign}{whole}.{part}")
        }
        _ => format!("{sign}{digits}e{exponent}"),
    };
    text.parse().map_or(Value::Other(text), Value::Int)
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nil => f.write_str("nil"),
            Self::Bool(truth) => write!(f, "{truth}"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Text(text) | Self::Word(text) | Self::Other(text) => f.write_str(text),
            Self::List(values) => {
                let texts: Vec<String> = values.iter().map(Self::to_string).collect();
                write!(f, "[{}]", texts.join(" "))
            }
        }
    }
}
