//! Quiescent consistency: an order that respects real time only across moments at which
//! nothing was under way (Aspnes, Herlihy & Shavit 1994; Herlihy & Shavit, "The Art of
//! Multiprocessor Programming", section 3.3).

use crate::linearize::check::judge;
use crate::linearize::moments::moments;
use crate::linearize::part::Moment;
use crate::linearize::{History, Limits, Outcome};
use crate::spec::Spec;

/// Is `history` quiescently consistent?
///
/// Between two moments at which no call is under way, calls may be explained in any order,
/// those of one client too. A call that never returns is under way for ever: nothing after
/// it is ordered. This is linearizability of a history in which every call lasts as long
/// as the busy period it falls into, and costs as much.
///
/// # Panics
///
/// As [`check`](crate::linearize::check) does.
pub fn quiescent<S: Spec>(initial: &S, history: &History<S>, limits: Limits) -> Outcome<S> {
    judge(initial, history.calls(), &stretched(&moments(history.calls())), limits)
}

/// The same events, with the invocations of each busy period first.
fn stretched(moments: &[Moment]) -> Vec<Moment> {
    let mut out: Vec<Moment> = Vec::with_capacity(moments.len());
    let (mut from, mut under_way) = (0, 0);
    for (at, moment) in moments.iter().enumerate() {
        under_way = if moment.is_return { under_way - 1 } else { under_way + 1 };
        if under_way == 0 || at + 1 == moments.len() {
            let period = &moments[from..=at];
            out.extend(period.iter().filter(|moment| !moment.is_return));
            out.extend(period.iter().filter(|moment| moment.is_return));
            from = at + 1;
        }
    }
    for (at, moment) in out.iter_mut().enumerate() {
        moment.at = at as u32;
    }
    out
}
