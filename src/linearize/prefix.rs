//! The shortest part of a history, from its beginning, that is a violation.
//!
//! A search fails at a return that nothing explains *given how the calls under way ended*.
//! Cut off there, the history may still be linearizable: nobody had seen those answers. The
//! shortest violation ends there or later, and not later than the last of those returns.

use super::part::Moment;
use super::trial::Trial;
use crate::spec::Spec;

/// How many of `moments`, whose search failed at the place `failed`, are the shortest
/// violation, as far as the limits of `trial` can tell. The last of them is a return.
pub(super) fn shortest<S: Spec>(trial: &mut Trial<S>, moments: &[Moment], failed: usize) -> usize {
    let ends: Vec<usize> =
        (failed..moments.len()).filter(|at| moments[*at].is_return).map(|at| at + 1).collect();
    let mut violates = |end: usize| trial.violates(&moments[..ends[end]]);
    // Most often nothing has to be known of the calls under way.
    if ends.len() == 1 || violates(0) {
        return ends[0];
    }
    let (mut low, mut high) = (0, known_by(moments, failed, &ends));
    if high + 1 < ends.len() && !violates(high) {
        high = ends.len() - 1;
    }
    // The one at `low` is no violation, or that was too much to find out; the one at
    // `high` is, since the whole is.
    while high - low > 1 {
        let middle = usize::midpoint(low, high);
        if violates(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    ends[high]
}

/// The first of `ends` by which every call under way at the place `failed`, and that ever
/// returns, has returned.
fn known_by(moments: &[Moment], failed: usize, ends: &[usize]) -> usize {
    let mut under_way: Vec<u32> = Vec::new();
    for moment in &moments[..failed] {
        if moment.is_return {
            under_way.retain(|call| *call != moment.call);
        } else {
            under_way.push(moment.call);
        }
    }
    let known = |end: &usize| under_way.contains(&moments[end - 1].call);
    ends.iter().rposition(known).unwrap_or(0).clamp(1, ends.len() - 1)
}
