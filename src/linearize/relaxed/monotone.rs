//! Monotone reads of counters that only grow.

use crate::linearize::{CallId, History};
use crate::spec::Spec;
use std::collections::HashMap;

/// What a call means to a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// It answered this value of the counter with this key.
    Read(u64, i64),
    /// It adds this to the counter with this key, and answers nothing of it.
    Add(u64, i64),
    /// It is none of a counter that only grows.
    Foreign,
}

/// Why reads are not monotone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backwards {
    /// This read answered less than the same client had read before.
    Less {
        /// The read.
        read: CallId,
        /// What the client read before.
        before: CallId,
    },
    /// This read answered less than the counter held at first.
    BelowInitial(CallId),
    /// This read answered more than all that could have been added by then.
    TooMuch {
        /// The read.
        read: CallId,
        /// The most that it may answer.
        most: i64,
    },
    /// A call that makes the question meaningless, such as one that sets a counter.
    Meaningless(CallId),
}

/// Do the reads of each client never go backwards, and never answer more than was added?
///
/// `initial` is what the counter with a key holds at first, and `reading` says what a call
/// means; one that never returned and adds, may have. Linear in the calls, but for a sort.
///
/// # Errors
///
/// The first call, by return, at which the promise is broken.
///
/// # Panics
///
/// Never on counters whose sums fit an `i64`; others saturate.
pub fn monotone<S: Spec>(
    history: &History<S>,
    initial: impl Fn(u64) -> i64,
    reading: impl Fn(&S::Op, Option<&S::Ret>) -> Reading,
) -> Result<(), Backwards> {
    let mut most: HashMap<u64, i64> = HashMap::new();
    let mut last: HashMap<(u64, u64), (i64, CallId)> = HashMap::new();
    for (at, is_return, id) in events(history) {
        let call = history.call(id);
        match reading(&call.op, call.ret.as_ref()) {
            Reading::Add(_, more) if more < 0 => return Err(Backwards::Meaningless(id)),
            Reading::Foreign => return Err(Backwards::Meaningless(id)),
            Reading::Add(key, more) if !is_return => {
                let most = most.entry(key).or_insert_with(|| initial(key));
                *most = most.saturating_add(more);
            }
            Reading::Read(key, value) if is_return => {
                debug_assert_eq!(call.returned, Some(at));
                let most = *most.entry(key).or_insert_with(|| initial(key));
                if value > most {
                    return Err(Backwards::TooMuch { read: id, most });
                }
                if value < initial(key) {
                    return Err(Backwards::BelowInitial(id));
                }
                if let Some((before, earlier)) = last.insert((call.client, key), (value, id))
                    && value < before
                {
                    return Err(Backwards::Less { read: id, before: earlier });
                }
            }
            Reading::Add(..) | Reading::Read(..) => {}
        }
    }
    Ok(())
}

fn events<S: Spec>(history: &History<S>) -> Vec<(u64, bool, CallId)> {
    let mut events = Vec::new();
    for (index, call) in history.calls().iter().enumerate() {
        events.push((call.invoked, false, CallId(index)));
        events.extend(call.returned.map(|at| (at, true, CallId(index))));
    }
    events.sort_unstable();
    events
}
