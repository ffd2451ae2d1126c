//! The events of a history in order.

use super::history::Call;
use super::part::Moment;
use crate::spec::Spec;

/// How many times there may be for each event, for a table of all times to be the quicker way.
const TIMES_MAX: u64 = 8;

/// The events of `calls` in order. An invocation comes before a return at the same time,
/// which orders less.
///
/// # Panics
///
/// Beyond 2³¹ calls: their events have no numbers.
pub(super) fn moments<S: Spec>(calls: &[Call<S>]) -> Vec<Moment> {
    assert!(u32::try_from(2 * calls.len()).is_ok(), "a history of at most 2^31 calls");
    let first = calls.iter().map(|call| call.invoked).min().unwrap_or(0);
    let last = calls.iter().map(|call| call.returned.unwrap_or(call.invoked)).max().unwrap_or(0);
    let mut moments = if last - first < TIMES_MAX * calls.len() as u64 {
        by_table(calls, first, last)
    } else {
        by_sort(calls)
    };
    for (at, moment) in moments.iter_mut().enumerate() {
        moment.at = at as u32;
    }
    moments
}

/// The events of a call: times, and whether it is the return.
fn events<S: Spec>((index, call): (usize, &Call<S>)) -> impl Iterator<Item = (u64, Moment)> {
    let moment = move |is_return| Moment { call: index as u32, is_return, at: 0 };
    std::iter::once((call.invoked, moment(false))).chain(call.returned.map(|at| (at, moment(true))))
}

fn by_sort<S: Spec>(calls: &[Call<S>]) -> Vec<Moment> {
    let mut events: Vec<(u64, Moment)> = calls.iter().enumerate().flat_map(events).collect();
    events.sort_unstable_by_key(|(time, moment)| (*time, moment.is_return, moment.call));
    events.into_iter().map(|(_, moment)| moment).collect()
}

/// Counts the events of each time from `first` to `last`, and puts each into its place.
fn by_table<S: Spec>(calls: &[Call<S>], first: u64, last: u64) -> Vec<Moment> {
    let place = |time: u64, moment: &Moment| 2 * (time - first) as usize + usize::from(moment.is_return);
    let mut next = vec![0_u32; 2 * (last - first) as usize + 3];
    for (time, moment) in calls.iter().enumerate().flat_map(events) {
        next[place(time, &moment) + 1] += 1;
    }
    let mut before = 0;
    for events in &mut next {
        before += *events;
        *events = before;
    }
    let mut moments = vec![Moment { call: 0, is_return: false, at: 0 }; before as usize];
    for (time, moment) in calls.iter().enumerate().flat_map(events) {
        let at = &mut next[place(time, &moment)];
        moments[*at as usize] = moment;
        *at += 1;
    }
    moments
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::register::{Op, Register};

    fn call(invoked: u64, returned: Option<u64>) -> Call<Register<i64>> {
        Call { client: 0, op: Op::Read, ret: None, invoked, returned }
    }

    #[test]
    fn by_table_as_by_sort() {
        let calls = [
            call(9, Some(11)),
            call(7, Some(9)),
            call(9, Some(9)),
            call(7, None),
            call(8, Some(8)),
            call(11, Some(30)),
        ];
        let order = |moments: Vec<Moment>| -> Vec<(u32, bool)> {
            moments.iter().map(|moment| (moment.call, moment.is_return)).collect()
        };
        let sorted = order(by_sort(&calls));
        assert_eq!(sorted.len(), 11);
        assert_eq!(order(by_table(&calls, 7, 30)), sorted);
        assert_eq!(order(moments(&calls)), sorted);
        assert_eq!(moments(&calls)[10].at, 10);
        assert!(moments::<Register<i64>>(&[]).is_empty());
    }
}
