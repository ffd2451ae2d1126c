//! What a check may cost, and what it answers.

use super::history::CallId;
use crate::spec::Spec;

/// How much a check may cost; past it, [`Outcome::Undecided`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Questions put to the spec, for each part of the history that is judged apart.
    pub steps_max: u64,
    /// Configurations and states kept at one time: some 50 bytes each, and what a state owns.
    pub kept_max: usize,
    /// Which search.
    pub method: Method,
    /// Whether a violation comes with its core and what would have been right.
    pub core: bool,
}

/// Which search a check uses; the answer is the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// Both, by turns, until one is done.
    #[default]
    Both,
    /// Only the one that keeps every configuration that a prefix can be in.
    Frontier,
    /// Only the one that follows one order as far as it goes.
    Descent,
}

impl Default for Limits {
    /// 100 million steps, and 8 million configurations and states.
    fn default() -> Self {
        Self { steps_max: 100_000_000, kept_max: 8_000_000, method: Method::Both, core: true }
    }
}

impl Limits {
    /// At most so many questions put to the spec.
    #[must_use]
    pub fn steps_max(mut self, steps_max: u64) -> Self {
        self.steps_max = steps_max;
        self
    }

    /// At most so many configurations and states at one time.
    #[must_use]
    pub fn kept_max(mut self, kept_max: usize) -> Self {
        self.kept_max = kept_max;
        self
    }

    /// Without a core, a violation is one call and the calls under way or before it, which
    /// takes no time.
    #[must_use]
    pub fn core(mut self, core: bool) -> Self {
        self.core = core;
        self
    }

    /// That search alone, to measure or to test it.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }
}

/// What a check found.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<S: Spec> {
    /// The spec explains the history, and this order of the calls shows it. Calls that
    /// never returned are in it only where they happened.
    Linearizable(Vec<CallId>),
    /// No order explains the history.
    Violation(Violation<S>),
    /// The limits were reached first.
    Undecided(Reached),
}

/// Why no order explains a history.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation<S: Spec> {
    /// The call whose return is the first that no order explains.
    pub call: CallId,
    /// What that call may have answered, for all that the core tells.
    pub allowed: Allowed<S>,
    /// The calls that show it, by invocation; `call` is among them.
    pub core: Vec<CoreCall>,
}

/// What the decisive call of a [`Violation`] may have answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Allowed<S: Spec> {
    /// Answers with which the core is linearizable.
    pub answers: Vec<S::Ret>,
    /// Whether there are no others. `false` too where the spec leaves a choice.
    pub all: bool,
}

/// A call of the core of a [`Violation`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoreCall {
    /// Which call.
    pub call: CallId,
    /// Its answer and its return do not matter: whenever it happened after its
    /// invocation, or if it never did, the core is a violation all the same.
    pub any_time: bool,
}

/// How far a check came before its limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Questions that were put to the spec.
    pub steps: u64,
    /// Configurations and states that were kept at the end.
    pub kept: usize,
}
