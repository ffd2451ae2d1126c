//! The one place where words for people are written. Reporters read verdicts; they never touch an engine.

#[cfg(feature = "cli")]
pub mod matrix;
#[cfg(feature = "cli")]
pub mod progress;
mod style;
mod table;
pub mod text;
