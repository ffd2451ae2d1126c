//! Every order, one after another: slow, and too simple to be wrong.

use raceproof::linearize::{Call, History};
use raceproof::spec::Spec;

/// Does the spec explain some order of the calls that respects real time?
pub fn explains<S: Spec>(initial: &S, history: &History<S>) -> bool {
    let mut left: Vec<&Call<S>> = history.calls().iter().collect();
    extend(initial, &mut left)
}

fn extend<S: Spec>(state: &S, left: &mut Vec<&Call<S>>) -> bool {
    if left.iter().all(|call| call.returned.is_none()) {
        return true;
    }
    for index in 0..left.len() {
        let call = left[index];
        if left.iter().any(|other| other.returned.is_some_and(|at| at < call.invoked)) {
            continue;
        }
        left.remove(index);
        let explained = state.next(&call.op, call.ret.as_ref()).iter().any(|next| extend(next, left));
        left.insert(index, call);
        if explained {
            return true;
        }
    }
    false
}
