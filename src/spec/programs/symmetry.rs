//! Renamings of keys that change nothing but the names.

use crate::spec::Spec;
use std::collections::{HashMap, HashSet, VecDeque};

/// Pairs of states that are compared before the rest is believed.
const PAIRS_MAX: usize = 1_000;

/// Keys of one class that are renamed; others keep their names, since there are as many renamings as
/// the factorial of this.
const KEYS_MAX: usize = 6;

/// Those renamings of the keys of `ops` that leave each of the operations `around` as it is.
pub(super) fn renamings_around<S: Spec>(initial: &S, ops: &[S::Op], around: &[S::Op]) -> Vec<Vec<usize>> {
    let mut all = ops.to_vec();
    let place = |op: &S::Op| {
        let known = all.iter().position(|other| other == op);
        known.unwrap_or_else(|| {
            all.push(op.clone());
            all.len() - 1
        })
    };
    let fixed: Vec<usize> = around.iter().map(place).collect();
    let mut renamings = renamings(initial, &all);
    renamings.retain(|map| fixed.iter().all(|op| map[*op] == *op));
    // What is left maps the others onto themselves.
    for map in &mut renamings {
        map.truncate(ops.len());
    }
    renamings
}

/// Renamings of the keys of `ops` that map these operations onto themselves, and do not show in what they
/// answer from `initial` on; but for the one that changes nothing. They are a group with it.
fn renamings<S: Spec>(initial: &S, ops: &[S::Op]) -> Vec<Vec<usize>> {
    let numbers: HashMap<&S::Op, usize> = ops.iter().enumerate().map(|(i, op)| (op, i)).collect();
    let mut keys: Vec<u64> = ops.iter().filter_map(S::key).collect();
    keys.sort_unstable();
    keys.dedup();
    let renamed = |names: &HashMap<u64, u64>| -> Option<Vec<usize>> {
        let rename = |op: &S::Op| {
            let key = S::key(op)?;
            names.get(&key).map_or_else(|| Some(op.clone()), |name| S::on_key(op, *name))
        };
        let map: Vec<usize> =
            ops.iter().map(|op| numbers.get(&rename(op)?).copied()).collect::<Option<_>>()?;
        // Two operations that become one would be two again on the way back.
        let images: HashSet<usize> = map.iter().copied().collect();
        (images.len() == map.len()).then_some(map)
    };
    let alike = |one: u64, two: u64| {
        let names = HashMap::from([(one, two), (two, one)]);
        renamed(&names).is_some_and(|map| shows_nowhere(initial, ops, &map))
    };
    let mut classes: Vec<Vec<u64>> = Vec::new();
    for key in keys {
        match classes.iter_mut().find(|class| alike(class[0], key)) {
            Some(class) => class.push(key),
            None => classes.push(vec![key]),
        }
    }
    let identity: Vec<usize> = (0..ops.len()).collect();
    let mut all = vec![HashMap::new()];
    for class in classes {
        let names = permutations(&class[..class.len().min(KEYS_MAX)]);
        let with = |before: &HashMap<u64, u64>| {
            let to = |names: &Vec<u64>| class.iter().copied().zip(names.iter().copied()).collect::<Vec<_>>();
            names
                .iter()
                .map(|names| before.clone().into_iter().chain(to(names)).collect())
                .collect::<Vec<_>>()
        };
        all = all.iter().flat_map(with).collect();
    }
    all.iter().filter_map(renamed).filter(|map| *map != identity).collect()
}

/// Whether operations and renamed ones answer the same, one after another, from `initial` on.
///
/// That keys are interchangeable is what the spec says of its operations; what the state at the start
/// holds under them is told apart by the first answers.
fn shows_nowhere<S: Spec>(initial: &S, ops: &[S::Op], renaming: &[usize]) -> bool {
    let start = (initial.clone(), initial.clone());
    let mut seen = HashSet::from([start.clone()]);
    let mut work = VecDeque::from([start]);
    while let Some((own, other)) = work.pop_front() {
        for (op, renamed) in ops.iter().zip(renaming) {
            let (mut own, mut other) = (own.clone(), other.clone());
            if own.apply(op) != other.apply(&ops[*renamed]) {
                return false;
            }
            let next = (own, other);
            if seen.len() < PAIRS_MAX && seen.insert(next.clone()) {
                work.push_back(next);
            }
        }
    }
    true
}

pub(super) fn permutations(keys: &[u64]) -> Vec<Vec<u64>> {
    let Some((first, rest)) = keys.split_first() else { return vec![Vec::new()] };
    let mut all = Vec::new();
    for shorter in permutations(rest) {
        for at in 0..=shorter.len() {
            let mut longer = shorter.clone();
            longer.insert(at, *first);
            all.push(longer);
        }
    }
    all
}
