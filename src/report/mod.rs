//! The one place where words for people are written. Reporters read verdicts; they never touch an engine.

mod text;
