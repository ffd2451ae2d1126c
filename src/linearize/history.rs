//! Calls and returns, with the order in real time that they must respect.

use crate::spec::Spec;

/// One call of a history.
#[derive(Clone, Debug, PartialEq)]
pub struct Call<S: Spec> {
    /// Who made it; only relaxed models and reports care.
    pub client: u64,
    /// What was asked.
    pub op: S::Op,
    /// What was answered; `None` where that is unknown.
    pub ret: Option<S::Ret>,
    /// When it was invoked: any clock that all calls share.
    pub invoked: u64,
    /// When it had returned. `None`: it never did, and may have happened at any time
    /// after its invocation, or never.
    pub returned: Option<u64>,
}

/// Names a call of a [`History`]: its index in [`History::calls`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub usize);

/// What clients saw: calls, answers, and which call had returned before which began.
///
/// Built event by event, in the order in which the events happened, or from calls with
/// times of their own by [`push`](Self::push). A return and an invocation at the same
/// time do not order their calls.
///
/// # Examples
///
/// ```
/// use raceproof::linearize::History;
/// use raceproof::spec::register::{Op, Register, Ret};
///
/// let mut history = History::<Register<i64>>::new();
/// let write = history.invoke(1, Op::Write(4));
/// let read = history.invoke(2, Op::Read);
/// history.ret(read, Ret::Value(4));
/// // `write` never returns: it may have happened at any time since, or never.
/// assert_eq!(history.calls().len(), 2);
/// assert_eq!(history.calls()[write.0].returned, None);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct History<S: Spec> {
    calls: Vec<Call<S>>,
    now: u64,
}

impl<S: Spec> Default for History<S> {
    fn default() -> Self {
        Self { calls: Vec::new(), now: 0 }
    }
}

impl<S: Spec> History<S> {
    /// No calls.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next event: `client` calls `op`.
    pub fn invoke(&mut self, client: u64, op: S::Op) -> CallId {
        let invoked = self.tick();
        self.push(Call { client, op, ret: None, invoked, returned: None })
    }

    /// The next event: `call` returns `ret`.
    ///
    /// # Panics
    ///
    /// Where this history has no such call, or it returned before.
    pub fn ret(&mut self, call: CallId, ret: S::Ret) {
        self.done(call);
        self.calls[call.0].ret = Some(ret);
    }

    /// The next event: `call` returns, and nobody knows what.
    ///
    /// # Panics
    ///
    /// Where this history has no such call, or it returned before.
    pub fn done(&mut self, call: CallId) {
        let now = self.tick();
        let call = &mut self.calls[call.0];
        assert!(call.returned.is_none(), "a call returns once: {call:?}");
        call.returned = Some(now);
    }

    /// A call with times of its own. Later events come after it.
    ///
    /// # Panics
    ///
    /// Where it returned before it was invoked, or carries an answer and never returned.
    pub fn push(&mut self, call: Call<S>) -> CallId {
        assert!(call.returned.is_none_or(|at| at >= call.invoked), "returned before it began: {call:?}");
        assert!(call.ret.is_none() || call.returned.is_some(), "an answer without a return: {call:?}");
        self.now = self.now.max(call.returned.unwrap_or(call.invoked).saturating_add(1));
        self.calls.push(call);
        CallId(self.calls.len() - 1)
    }

    /// The calls, by [`CallId`].
    pub fn calls(&self) -> &[Call<S>] {
        &self.calls
    }

    /// The call that `id` names.
    ///
    /// # Panics
    ///
    /// Where this history has no such call.
    pub fn call(&self, id: CallId) -> &Call<S> {
        &self.calls[id.0]
    }

    fn tick(&mut self) -> u64 {
        let now = self.now;
        self.now += 1;
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::register::{Op, Register, Ret};

    fn call(invoked: u64, returned: Option<u64>) -> Call<Register<i64>> {
        Call { client: 0, op: Op::Read, ret: None, invoked, returned }
    }

    #[test]
    fn later_events_come_after_a_call_with_times_of_its_own() {
        let mut history = History::new();
        history.push(call(3, Some(9)));
        history.push(call(5, Some(5)));
        let next = history.invoke(0, Op::Read);
        assert_eq!(history.call(next).invoked, 10);
        history.push(call(20, None));
        history.done(next);
        assert_eq!(history.call(next).returned, Some(21));
    }

    #[test]
    #[should_panic(expected = "returned before it began")]
    fn no_call_returns_before_it_began() {
        History::new().push(call(3, Some(2)));
    }

    #[test]
    #[should_panic(expected = "an answer without a return")]
    fn no_call_answers_that_never_returned() {
        History::new().push(Call { ret: Some(Ret::Value(1)), ..call(3, None) });
    }

    #[test]
    #[should_panic(expected = "a call returns once")]
    fn no_call_returns_twice() {
        let mut history = History::<Register<i64>>::new();
        let read = history.invoke(0, Op::Read);
        history.done(read);
        history.done(read);
    }
}
