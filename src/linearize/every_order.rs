//! Every order of returns that one execution of a model stands for, judged together.
//!
//! An execution stands for all that differ from it by the order of steps that commute. Those steps order
//! its calls only in part, and linearizability depends on the whole real-time order: two calls that
//! share no step may return in either order, and an answer may fit one of them alone. So the search
//! goes over orders of the returns that the steps allow, and lets each call be invoked as late as the
//! steps before those returns do, which orders the calls most strictly. Beside each order it keeps the
//! configurations that a just-in-time linearization can be in (Lowe, "Testing for linearizability",
//! 2017, section 6).
//!
//! Exponential in the calls that share no step; linear in those that all meet.

use super::automaton::{Automaton, Next};
use super::hash::Set;
use crate::spec::Spec;

/// Calls of one execution that are judged together, at the most.
pub const CALLS_MAX: usize = 64;

/// A call, and which steps it lies between.
#[derive(Clone, Debug)]
pub struct Span {
    /// The thread that makes it.
    pub thread: usize,
    /// Steps of its thread before it was invoked.
    pub before: u32,
    /// Steps of its thread before it returned; none if it never does.
    pub after: Option<u32>,
    /// For each thread, how many of its steps happen before the return.
    pub past: Vec<u32>,
}

/// One end of a call, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It begins.
    Invoked(usize),
    /// It returns.
    Returned(usize),
}

/// Judges executions of one program, one after another.
pub struct EveryOrder<S: Spec> {
    automaton: Automaton<S>,
    calls: Vec<Call>,
    /// The calls of each thread, in order.
    threads: Vec<Vec<u32>>,
    seen: Set<(u64, Vec<Configuration>)>,
    /// The returns of the order that is looked at.
    path: Vec<u32>,
}

/// A call as the search has it: sets of calls are bits.
struct Call {
    class: u32,
    returns: bool,
    /// Those that are invoked when it returns.
    need: u64,
    /// Those that have returned when it returns.
    behind: u64,
}

/// Which calls have taken effect, and the state that they left.
type Configuration = (u64, u32);

impl<S: Spec> std::fmt::Debug for EveryOrder<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EveryOrder").field("calls", &self.calls.len()).finish_non_exhaustive()
    }
}

impl<S: Spec> EveryOrder<S> {
    /// For executions that begin in the state `initial`.
    pub fn new(initial: S) -> Self {
        Self {
            automaton: Automaton::new(initial),
            calls: Vec::new(),
            threads: Vec::new(),
            seen: Set::default(),
            path: Vec::new(),
        }
    }

    /// Whether the answers fit every order of the calls that the execution stands for, and `state` fits
    /// as what is left behind. `calls` are in the order in which each thread made them.
    ///
    /// # Errors
    ///
    /// An order that they do not fit: every invocation and every return.
    ///
    /// # Panics
    ///
    /// Beyond [`CALLS_MAX`] calls.
    pub fn judge<'c>(
        &mut self,
        calls: impl Iterator<Item = (&'c S::Op, Option<&'c S::Ret>)>,
        spans: &[Span],
        state: Option<&S>,
    ) -> Result<(), Vec<End>> {
        assert!(spans.len() <= CALLS_MAX, "at most {CALLS_MAX} calls");
        self.take_in(calls, spans);
        let state = state.map(|state| self.automaton.state_id(state.clone()));
        if self.explains(0, 0, &[(0, 0)], state) {
            return Ok(());
        }
        Err(self.order())
    }

    fn take_in<'c>(&mut self, calls: impl Iterator<Item = (&'c S::Op, Option<&'c S::Ret>)>, spans: &[Span]) {
        self.calls.clear();
        self.seen.clear();
        self.path.clear();
        self.threads.iter_mut().for_each(Vec::clear);
        for (id, ((op, ret), span)) in calls.zip(spans).enumerate() {
            if self.threads.len() <= span.thread {
                self.threads.resize_with(span.thread + 1, Vec::new);
            }
            let class = self.automaton.class_id(op, ret).1;
            let (need, behind) = bounds(id, spans);
            self.calls.push(Call { class, returns: span.after.is_some(), need, behind });
            self.threads[span.thread].push(id as u32);
        }
    }

    /// Whether the spec explains every order that begins with these returns, from these configurations.
    fn explains(&mut self, returned: u64, invoked: u64, from: &[Configuration], state: Option<u32>) -> bool {
        let next = self.next_returns(returned, invoked);
        if next == 0 {
            return state.is_none_or(|state| self.can_end_in(from, state));
        }
        let mut left = next;
        while left != 0 {
            let call = left.trailing_zeros() as usize;
            left &= left - 1;
            let invoked = invoked | self.calls[call].need;
            let after = self.after_return(from, invoked, call);
            self.path.push(call as u32);
            if after.is_empty() {
                return false;
            }
            let returned = returned | 1 << call;
            if self.seen.insert((returned, after.clone())) && !self.explains(returned, invoked, &after, state)
            {
                return false;
            }
            self.path.pop();
        }
        true
    }

    /// The calls that may return next, as far as they order most strictly: those that want the fewest
    /// invocations, of calls that want the same the first thread's.
    fn next_returns(&self, returned: u64, invoked: u64) -> u64 {
        let mut found: [(u64, u32); CALLS_MAX] = [(0, 0); CALLS_MAX];
        let mut len = 0;
        for thread in &self.threads {
            let due = |call: &&u32| {
                let call = **call as usize;
                returned >> call & 1 == 0 && self.calls[call].returns
            };
            let Some(call) = thread.iter().find(due) else { continue };
            let Call { need, behind, .. } = self.calls[*call as usize];
            if behind & !returned == 0 {
                found[len] = (need & !invoked, *call);
                len += 1;
            }
        }
        let found = &found[..len];
        let least = found.iter().enumerate().filter(|(i, (need, _))| {
            found.iter().enumerate().all(|(j, (other, _))| {
                let fewer = other & !need == 0 && other != need;
                !(fewer || (other == need && j < *i))
            })
        });
        least.fold(0, |set, (_, (_, call))| set | 1 << call)
    }

    /// Where the return of `call` leaves the configurations: it has taken effect in each.
    fn after_return(&mut self, from: &[Configuration], invoked: u64, call: usize) -> Vec<Configuration> {
        let mut after: Vec<Configuration> =
            from.iter().copied().filter(|(done, _)| done >> call & 1 == 1).collect();
        let mut open: Vec<Configuration> =
            from.iter().copied().filter(|(done, _)| done >> call & 1 == 0).collect();
        let mut met: Vec<Configuration> = open.clone();
        while let Some((done, state)) = open.pop() {
            let mut left = invoked & !done;
            while left != 0 {
                let taken = left.trailing_zeros() as usize;
                left &= left - 1;
                let next: Next = self.automaton.next(state, self.calls[taken].class);
                for state in self.automaton.targets(&next) {
                    let reached = (done | 1 << taken, *state);
                    if taken == call {
                        after.push(reached);
                    } else if !met.contains(&reached) {
                        met.push(reached);
                        open.push(reached);
                    }
                }
            }
        }
        after.sort_unstable();
        after.dedup();
        after
    }

    /// Whether calls that never returned can lead from one of the configurations to the state.
    fn can_end_in(&mut self, from: &[Configuration], wanted: u32) -> bool {
        let all = u64::MAX >> (64 - self.calls.len().max(1));
        let mut met: Vec<Configuration> = from.to_vec();
        let mut at = 0;
        while let Some((done, state)) = met.get(at).copied() {
            if state == wanted {
                return true;
            }
            at += 1;
            let mut left = all & !done;
            while left != 0 && !self.calls.is_empty() {
                let taken = left.trailing_zeros() as usize;
                left &= left - 1;
                let next = self.automaton.next(state, self.calls[taken].class);
                for state in self.automaton.targets(&next) {
                    let reached = (done | 1 << taken, *state);
                    if !met.contains(&reached) {
                        met.push(reached);
                    }
                }
            }
        }
        false
    }

    /// The order that was looked at last, with the rest of its calls behind it.
    fn order(&self) -> Vec<End> {
        let mut order = Vec::new();
        let (mut returned, mut invoked) = (0, 0);
        let mut path = self.path.iter().copied();
        loop {
            let next = path.next().or_else(|| {
                let next = self.next_returns(returned, invoked);
                (next != 0).then(|| next.trailing_zeros())
            });
            let Some(call) = next else { break };
            self.invoke(self.calls[call as usize].need, &mut invoked, &mut order);
            order.push(End::Returned(call as usize));
            returned |= 1 << call;
        }
        let all = self.calls.iter().enumerate().fold(0, |all, (call, _)| all | 1 << call);
        self.invoke(all, &mut invoked, &mut order);
        order
    }

    fn invoke(&self, need: u64, invoked: &mut u64, order: &mut Vec<End>) {
        let fresh = need & !*invoked;
        order.extend((0..self.calls.len()).filter(|call| fresh >> call & 1 == 1).map(End::Invoked));
        *invoked |= need;
    }
}

/// Which calls are invoked, and which have returned, whenever call `id` returns.
fn bounds(id: usize, spans: &[Span]) -> (u64, u64) {
    let span = &spans[id];
    let (mut need, mut behind) = (1 << id, 0);
    for (other, of) in spans.iter().enumerate().filter(|(other, _)| *other != id) {
        let (began, ended) = if of.thread == span.thread {
            (other < id, other < id && of.after.is_some())
        } else {
            let steps = span.past.get(of.thread).copied().unwrap_or(0);
            (steps > of.before, of.after.is_some_and(|after| steps > after))
        };
        need |= u64::from(began) << other;
        behind |= u64::from(ended) << other;
    }
    (need, behind)
}
