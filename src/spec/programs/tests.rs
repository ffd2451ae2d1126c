use super::symmetry::permutations;
use crate::spec::{Bounds, Scenario, Spec};
use std::collections::{BTreeMap, HashSet};

/// A map from keys to numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Map(BTreeMap<u64, u64>);

/// An operation of a kind on a key; `a` reads, others leave their name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Op(char, u64);

impl Spec for Map {
    type Op = Op;
    type Ret = Option<u64>;
    fn apply(&mut self, op: &Op) -> Option<u64> {
        match op {
            Op('a', key) => self.0.get(key).copied(),
            Op(kind, key) => self.0.insert(*key, u64::from(*kind)),
        }
    }
    fn key(op: &Op) -> Option<u64> {
        Some(op.1)
    }
    fn on_key(op: &Op, key: u64) -> Option<Op> {
        Some(Op(op.0, key))
    }
}

fn ops(kinds: &str, keys: u64) -> Vec<Op> {
    (0..keys).flat_map(|key| kinds.chars().map(move |kind| Op(kind, key))).collect()
}

fn bounds(kinds: &str, keys: u64, threads: usize, calls: usize) -> Bounds<Map> {
    Bounds::new(Map::default(), ops(kinds, keys)).threads(threads).calls_per_thread(calls)
}

/// Every program, by brute force.
fn every_program(ops: &[Op], threads: usize, calls: usize) -> Vec<Vec<Vec<Op>>> {
    let mut sequences = vec![vec![]];
    let mut threads_of_all = Vec::new();
    for _ in 0..calls {
        let longer =
            |s: &Vec<Op>| ops.iter().map(|op| [s.clone(), vec![op.clone()]].concat()).collect::<Vec<_>>();
        sequences = sequences.iter().flat_map(longer).collect();
        threads_of_all.extend(sequences.clone());
    }
    let mut programs: Vec<Vec<Vec<Op>>> = vec![vec![]];
    let mut all = Vec::new();
    for n in 1..=threads {
        let longer = |p: &Vec<Vec<Op>>| {
            threads_of_all.iter().map(|s| [p.clone(), vec![s.clone()]].concat()).collect::<Vec<_>>()
        };
        programs = programs.iter().flat_map(longer).collect();
        if n >= 2 {
            all.extend(programs.clone());
        }
    }
    all
}

/// What programs have in common that differ in names and the order of threads alone.
fn class(program: &[Vec<Op>], keys: u64) -> Vec<Vec<Op>> {
    let names: Vec<u64> = (0..keys).collect();
    let renamed = permutations(&names).into_iter().map(|to| {
        let rename = |op: &Op| Op(op.0, to[op.1 as usize]);
        let mut threads: Vec<Vec<Op>> = program.iter().map(|t| t.iter().map(rename).collect()).collect();
        threads.sort();
        threads
    });
    renamed.min().expect("there is the identity")
}

/// There is one program of each class, and as many as were counted.
#[track_caller]
fn check(kinds: &str, keys: u64, threads: usize, calls: usize) {
    let all = every_program(&ops(kinds, keys), threads, calls);
    let classes: HashSet<_> = all.iter().map(|program| class(program, keys)).collect();
    let bounds = bounds(kinds, keys, threads, calls);
    let scenarios = bounds.scenarios();
    let found: HashSet<_> = scenarios.iter().map(|scenario| class(&scenario.threads, keys)).collect();
    assert_eq!(found, classes);
    assert_eq!(scenarios.len(), classes.len());
    assert_eq!(bounds.count(), classes.len() as u128);
    let bounds = bounds.symmetry(false);
    let every: HashSet<_> = bounds.scenarios().into_iter().map(|scenario| scenario.threads).collect();
    assert_eq!(bounds.count(), all.len() as u128);
    assert_eq!(every, all.into_iter().collect());
}

#[test]
fn there_is_one_program_of_each_class() {
    check("a", 2, 2, 1);
    check("ab", 2, 2, 2);
    check("abc", 2, 2, 2);
    check("ab", 2, 3, 1);
    check("abc", 2, 3, 1);
    check("a", 2, 3, 2);
    check("ab", 2, 3, 2);
    check("a", 3, 2, 2);
    check("a", 3, 3, 2);
    check("ab", 3, 3, 1);
    check("a", 4, 4, 1);
    check("abc", 1, 2, 2);
}

#[test]
fn counts_what_is_too_many_to_make() {
    // The sets with repetition of 3 out of 258 threads and of 2, half of them but for those that stay the same.
    let (three, two) = (258 * 259 * 260 / 6, 258 * 259 / 2);
    // Renaming both keys pairs all 258 threads: 129 pairs stay in a program of two, and none in three.
    assert_eq!(bounds("abc", 2, 3, 3).count(), (three + two + 129) / 2);
    assert_eq!(bounds("abc", 2, 3, 3).symmetry(false).count(), 258 * 258 * 258 + 258 * 258);
    assert_eq!(bounds("abcdefgh", 3, 64, 64).count(), u128::MAX);
    assert_eq!(bounds("", 0, 3, 3).count(), 0);
    assert_eq!(bounds("ab", 1, 1, 3).count(), 0);
    assert_eq!(bounds("ab", 1, 3, 0).count(), 0);
    assert!(bounds("", 0, 3, 3).scenarios().is_empty());
}

#[test]
fn programs_come_smallest_first() {
    for symmetry in [true, false] {
        let bounds = bounds("ab", 1, 3, 2).symmetry(symmetry);
        let sizes: Vec<_> = bounds.scenarios().iter().map(|s| (s.calls(), s.threads.len())).collect();
        assert!(sizes.is_sorted());
        assert_eq!(sizes[0], (2, 2));
    }
}

#[test]
fn an_operation_that_is_named_twice_is_one() {
    let twice = [ops("ab", 2), ops("ba", 2)].concat();
    let bounds = Bounds::new(Map::default(), twice).threads(2).calls_per_thread(2);
    assert_eq!(bounds.count(), self::bounds("ab", 2, 2, 2).count());
}

#[test]
fn keys_that_begin_differently_are_not_interchangeable() {
    let differ = Map([(0, 7)].into());
    let bounds = Bounds::new(differ, ops("ab", 2)).threads(2).calls_per_thread(2);
    let without_names = (20 * 21) / 2;
    assert_eq!(bounds.count(), without_names);
    assert_eq!(bounds.scenarios().len() as u128, without_names);
    // Three keys of which two begin alike.
    let differ = Map([(0, 7)].into());
    let bounds = Bounds::new(differ, ops("a", 3)).threads(2);
    assert_eq!(bounds.count(), 4, "00, 01 or 02, 11 or 22, 12");
}

#[test]
fn a_sample_is_of_the_scenarios_and_the_same_for_its_seed() {
    let bounds = bounds("abc", 2, 3, 2);
    let all: HashSet<Scenario<Op>> = bounds.scenarios().into_iter().collect();
    for many in [1, 100, 2_000, 100_000] {
        let sample = bounds.sample(many, 7);
        assert_eq!(sample, bounds.sample(many, 7));
        assert_eq!(sample.len(), many.min(all.len()), "{many} of {}", all.len());
        assert!(sample.iter().all(|scenario| all.contains(scenario)));
        let different: HashSet<_> = sample.iter().collect();
        assert_eq!(different.len(), sample.len());
        let sizes: Vec<_> = sample.iter().map(|s| (s.calls(), s.threads.len())).collect();
        assert!(sizes.is_sorted());
    }
    assert_ne!(bounds.sample(100, 7), bounds.sample(100, 8));
}

/// The smallest of the sequences that are this one under other names.
fn class_of(calls: &[Op], keys: u64) -> Vec<Op> {
    let keys: Vec<u64> = (0..keys).collect();
    let renamed = |names: Vec<u64>| calls.iter().map(|op| Op(op.0, names[op.1 as usize])).collect::<Vec<_>>();
    permutations(&keys).into_iter().map(renamed).min().expect("there is the identity")
}

#[test]
fn sequences_are_one_of_each_class() {
    for (kinds, keys, threads, calls) in [("a", 1, 2, 3), ("ab", 2, 2, 2), ("ab", 3, 2, 2), ("abc", 2, 2, 2)]
    {
        let (bounds, ops) = (bounds(kinds, keys, threads, calls), ops(kinds, keys));
        let sequences = bounds.sequences();
        let parts = sequences.parts(7).expect("they are few");
        let all: Vec<Vec<usize>> =
            parts.into_iter().flat_map(|part| sequences.clone().of_part(part)).collect();
        assert!(all.is_sorted_by_key(Vec::len));
        let named = |calls: &Vec<usize>| calls.iter().map(|op| ops[*op].clone()).collect::<Vec<_>>();
        let classes: HashSet<_> = all.iter().map(|calls| class_of(&named(calls), keys)).collect();
        assert_eq!(all.len(), classes.len(), "a class twice");
        let mut longer = vec![vec![]];
        let mut every = HashSet::new();
        for _ in 0..threads * calls {
            let more = |calls: &Vec<Op>| {
                ops.iter().map(|op| [calls.clone(), vec![op.clone()]].concat()).collect::<Vec<_>>()
            };
            longer = longer.iter().flat_map(more).collect();
            every.extend(longer.iter().map(|calls| class_of(calls, keys)));
        }
        assert_eq!(classes, every);
        assert_eq!(sequences.count(), every.len() as u128);
    }
}

#[test]
fn a_sequence_can_be_made_by_one_of_the_programs() {
    let bounds = bounds("ab", 2, 3, 2);
    let (sequences, scenarios) = (bounds.sequences(), bounds.scenarios());
    for part in sequences.parts(100).expect("they are few") {
        for calls in sequences.clone().of_part(part).filter(|calls| calls.len() > 1) {
            let scenario = bounds.scenario_of(&calls).expect("it has calls");
            assert_eq!(scenario.calls(), calls.len());
            assert!(scenarios.contains(&scenario), "{scenario:?}");
        }
    }
}
