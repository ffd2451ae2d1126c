//! An order that a search found, checked by itself before anybody hears of it.
//!
//! Deliberately simple, and shares nothing with the searches: it is what makes their
//! cleverness safe to believe.

use super::history::{Call, CallId};
use super::part::Moment;
use crate::spec::Spec;

/// Does `order` hold every call that returns in `moments`, no call twice, none before one
/// that had returned when it was invoked, and does the spec explain it step by step?
///
/// A call whose return is not in `moments` counts as one that never returned.
pub(super) fn is_explained<S: Spec>(
    initial: &S,
    calls: &[&Call<S>],
    moments: &[Moment],
    order: &[u32],
) -> bool {
    let mut times: Vec<Option<(u32, Option<u32>)>> = vec![None; calls.len()];
    for moment in moments.iter().filter(|moment| !moment.is_return) {
        times[moment.call as usize] = Some((moment.at, None));
    }
    for moment in moments.iter().filter(|moment| moment.is_return) {
        times[moment.call as usize].as_mut().expect("a return follows an invocation").1 = Some(moment.at);
    }
    let mut states = vec![initial.clone()];
    let mut invoked_last = 0;
    for call in order {
        let Some((invoked, returned)) = times[*call as usize].take() else { return false };
        if returned.is_some_and(|at| at < invoked_last) {
            return false;
        }
        invoked_last = invoked_last.max(invoked);
        let call = calls[*call as usize];
        states = after(&states, &call.op, returned.and(call.ret.as_ref()));
    }
    !states.is_empty() && times.iter().flatten().all(|(_, returned)| returned.is_none())
}

/// The states that a call may leave behind, from any of these.
pub(crate) fn after<S: Spec>(states: &[S], op: &S::Op, ret: Option<&S::Ret>) -> Vec<S> {
    let mut next: Vec<S> = Vec::with_capacity(1);
    for state in states.iter().flat_map(|state| state.next(op, ret)) {
        if !next.contains(&state) {
            next.push(state);
        }
    }
    next
}

/// Is no call of `order` before one that had returned when it was invoked?
pub(super) fn respects_time(calls: usize, moments: &[Moment], order: &[CallId]) -> bool {
    let mut times = vec![(0, u32::MAX); calls];
    for moment in moments {
        let times = &mut times[moment.call as usize];
        *(if moment.is_return { &mut times.1 } else { &mut times.0 }) = moment.at;
    }
    let mut invoked_last = 0;
    order.iter().all(|id| {
        let (invoked, returned) = times[id.0];
        invoked_last = invoked_last.max(invoked);
        returned >= invoked_last
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linearize::moments::moments;
    use crate::spec::register::{Op, Register, Ret};

    type Calls = Vec<Call<Register<i64>>>;

    /// write(1) and a read of it beside each other, a later read of it, and a write that never returned.
    fn calls() -> Calls {
        let call = |op, ret, invoked, returned| Call { client: 0, op, ret, invoked, returned };
        vec![
            call(Op::Write(1), Some(Ret::Done), 0, Some(3)),
            call(Op::Read, Some(Ret::Value(1)), 1, Some(2)),
            call(Op::Read, Some(Ret::Value(1)), 4, Some(5)),
            call(Op::Write(2), None, 0, None),
        ]
    }

    fn explained(calls: &Calls, order: &[u32]) -> bool {
        let borrowed: Vec<&Call<_>> = calls.iter().collect();
        is_explained(&Register(0), &borrowed, &moments(calls), order)
    }

    #[test]
    fn an_order_holds_what_returned_once_in_time_and_as_the_spec_has_it() {
        let calls = calls();
        assert!(explained(&calls, &[0, 1, 2]));
        assert!(explained(&calls, &[0, 1, 2, 3]), "what never returned may have happened last");
        assert!(explained(&calls, &[3, 0, 1, 2]), "or first");
        assert!(!explained(&calls, &[0, 3, 1, 2]), "1 was read after 2 was written");
        assert!(!explained(&calls, &[1, 0, 2]), "1 was read before it was written");
        assert!(!explained(&calls, &[0, 1]), "a call that returned is missing");
        assert!(!explained(&calls, &[0, 1, 2, 2]), "a call is there twice");
        let mut late = self::calls();
        late[0].invoked = 3;
        assert!(!explained(&late, &[0, 1, 2]), "the first read had returned before the write began");
    }

    #[test]
    fn an_order_of_all_parts_respects_time() {
        let calls = calls();
        let ids = |order: &[usize]| order.iter().map(|call| CallId(*call)).collect::<Vec<_>>();
        let respects = |order: &[usize]| respects_time(calls.len(), &moments(&calls), &ids(order));
        assert!(respects(&[0, 1, 2]) && respects(&[1, 0, 2, 3]));
        assert!(!respects(&[0, 2, 1]) && !respects(&[2, 0, 1]));
    }
}
