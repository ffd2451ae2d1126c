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
    /// Anything else, as it is written: compared, and never looked into.
    Other(String),
}

impl Value {
    /// What kind of value it is, for messages: `"abc"`, or `nil`.
    pub fn shown(&self) -> String {
        match self {
            Self::Text(text) => format!("{text:?}"),
            other => other.to_string(),
        }
    }

    /// The value that a flag of the command line means: `nil`, a truth, an integer, a list
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
            _ => text.parse().map_or_else(|_| Self::Text(text.to_owned()), Self::Int),
        }
    }
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
