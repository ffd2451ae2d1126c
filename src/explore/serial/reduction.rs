//! Whether the calls of an execution, made one after another, are each as one step: then every way in which
//! threads could make them comes to the same as some order of them.
//!
//! It is Lipton's reduction (CACM 18(12), 1975), asked of executions and not of program text, in the terms of
//! the search. Take all programs of so many calls, and of each the executions in which a call begins only when
//! those before it have returned and nobody else can go on. The search (`exhaustive`) is complete where
//! the reversal of every race of an execution that it has run begins another one that it has run. So it would
//! be with these executions alone, if this holds in each of them:
//!
//! 1. Every call makes a step. Two steps that race are the first steps of two calls.
//! 2. If the first step of a call happens before any step of a later call, it happens before its first.
//! 3. It happens before every later step that is of no call (of a server's thread, say).
//!
//! For then the steps that must be run to reverse a race of calls `a` and `b` are the calls before `a`,
//! whole; those between that do not depend on `a`, whole (2, and none of a server's, 3); and the first step of
//! `b` (1). That is how the execution begins in which `b` comes behind those calls, and that is one of these.
//! So every execution of the programs is one of these, with steps that commute in another order.
//!
//! And the answers are explained in all of them if they are in these, one call after another: whatever the order
//! of the steps, take the calls in the order of their first steps. What returned before another began had
//! its first step earlier; and calls that depend on each other keep their order, so that they answer what
//! they answered here.
//!
//! Each call is made by a thread of its own, so that nothing but the type under test orders them. With fewer
//! threads more is ordered, and whatever holds here holds there, unless a call can tell who makes it: that
//! is refused (`Thread::knows_itself`), and so is whatever else is of a thread or a task and not of a call:
//! choices, wakers, waits that end by themselves.

use crate::explore::names::name_of;
use crate::explore::order::{Order, Step};
use crate::world::execution::Execution;
use crate::world::operation::{Kind, ThreadId};

/// Why the calls that `clients` made one after another, one each, are not each as one step. None if they are.
pub fn why_not(order: &Order, execution: &Execution, clients: &[ThreadId]) -> Option<String> {
    let first = |client: &ThreadId| order.first_of(*client);
    let firsts: Vec<usize> = clients.iter().filter_map(first).collect();
    if firsts.len() < clients.len() || firsts.iter().any(|first| order.steps[*first].kind == Kind::Exit) {
        return Some("a call makes no step".to_owned());
    }
    let calls = Calls { order, execution, firsts };
    calls.of_a_thread().or_else(|| calls.in_between()).or_else(|| calls.race())
}

struct Calls<'a> {
    order: &'a Order,
    execution: &'a Execution,
    /// The first step of each.
    firsts: Vec<usize>,
}

impl Calls<'_> {
    /// What depends on who makes a call, or on what else its thread has done.
    fn of_a_thread(&self) -> Option<String> {
        let steps = &self.order.steps;
        if self.firsts.iter().any(|first| self.execution.threads[steps[*first].thread.index()].knows_itself) {
            return Some("a call asks which thread makes it".to_owned());
        }
        let kept = steps.iter().find(|step| {
            let of_task =
                matches!(step.kind, Kind::Repoll | Kind::Wake(_) | Kind::CallWaker(_) | Kind::Abort);
            let way = matches!(step.kind, Kind::Choose(_) | Kind::InVain | Kind::Timer(_) | Kind::Yield);
            of_task || way || step.announced.listens || step.announced.members.is_some()
        });
        kept.map(|step| format!("a call makes a step that is more than one of its own: {}", step.kind.verb()))
    }

    /// Conditions 2 and 3.
    fn in_between(&self) -> Option<String> {
        let order = self.order;
        // The main thread waits for the others, and where it does more it comes behind them.
        let waits = |step: &Step| step.thread == ThreadId::MAIN && step.kind == Kind::Join;
        for (at, step) in order.steps.iter().enumerate().filter(|(_, step)| !waits(step)) {
            let own = self.firsts.iter().find(|first| order.steps[**first].thread == step.thread);
            let others = self.firsts.iter().filter(|first| **first < at && Some(*first) != own);
            for first in others {
                let must = own.is_none_or(|own| order.happens_before(*first, *own));
                if order.happens_before(*first, at) != must {
                    return Some(self.about(*first, at));
                }
            }
        }
        None
    }

    /// Condition 1. No race stands for another here, so that all are looked at.
    fn race(&self) -> Option<String> {
        let mut found = None;
        self.order.races(self.execution, |first, later| {
            let is_first = |step: &usize| self.firsts.contains(step);
            let both = is_first(&first) && later.at.as_ref().is_some_and(is_first);
            if !both && found.is_none() {
                found = Some(match later.at {
                    Some(later) => self.about(first, later),
                    None => "somebody waits for ever, and might not".to_owned(),
                });
            }
            false
        });
        found
    }

    fn about(&self, first: usize, later: usize) -> String {
        let text = |at: usize| {
            let step = &self.order.steps[at];
            let slot = self.execution.objects.iter().position(|object| object.id == step.object);
            let name = slot.map(|slot| name_of(self.execution, slot as u32)).unwrap_or_default();
            format!("{} {name}", step.kind.verb())
        };
        format!("others may come between the steps of a call: {} and {}", text(first), text(later))
    }
}
