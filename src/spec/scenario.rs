//! Small concurrent programs: per thread, the calls it makes.

use super::Spec;
use std::collections::HashMap;

/// A small concurrent program: per thread, the calls it makes, one after another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scenario<Op> {
    /// The calls of each thread.
    pub threads: Vec<Vec<Op>>,
}

impl<Op> Scenario<Op> {
    /// The number of calls, over all threads.
    pub fn calls(&self) -> usize {
        self.threads.iter().map(Vec::len).sum()
    }
}

/// How large the programs are that are tried: their state at the start, their calls and their threads.
#[derive(Clone, Debug)]
#[must_use = "bounds do nothing until a subject is explored within them"]
pub struct Bounds<S: Spec> {
    /// The state at the start.
    pub initial: S,
    ops: Vec<S::Op>,
    threads: usize,
    calls_per_thread: usize,
}

impl<S: Spec> Bounds<S> {
    /// Programs of these operations, from this state: two threads with one call each, unless told
    /// otherwise.
    pub fn new(initial: S, ops: impl IntoIterator<Item = S::Op>) -> Self {
        Self { initial, ops: ops.into_iter().collect(), threads: 2, calls_per_thread: 1 }
    }

    /// At most so many threads.
    pub fn threads(mut self, max: usize) -> Self {
        self.threads = max;
        self
    }

    /// At most so many calls in each thread.
    pub fn calls_per_thread(mut self, max: usize) -> Self {
        self.calls_per_thread = max;
        self
    }

    /// At most so many threads, and calls in each.
    pub fn size(&self) -> (usize, usize) {
        (self.threads, self.calls_per_thread)
    }

    /// Every program of two threads or more within the bounds, from the smallest up: by calls, then by
    /// threads. Of programs that are the same but for the order of their threads and the names of
    /// interchangeable keys ([`Spec::on_key`]), there is one.
    pub fn scenarios(&self) -> Vec<Scenario<S::Op>> {
        let programs = Programs::new::<S>(&self.ops);
        let mut found = Vec::new();
        for calls in 2..=self.threads * self.calls_per_thread {
            for threads in 2..=self.threads.min(calls) {
                programs.of_size(threads, calls, self.calls_per_thread, &mut found);
            }
        }
        let ops = |thread: Vec<usize>| thread.into_iter().map(|op| self.ops[op].clone()).collect();
        let scenario =
            |threads: Vec<Vec<usize>>| Scenario { threads: threads.into_iter().map(ops).collect() };
        found.into_iter().map(scenario).collect()
    }
}

/// Programs over operations by number, and what renaming keys makes of each operation.
struct Programs {
    ops: usize,
    /// Each a map from operations to operations; the identity is not among them.
    renamings: Vec<Vec<usize>>,
}

impl Programs {
    fn new<S: Spec>(ops: &[S::Op]) -> Self {
        Self { ops: ops.len(), renamings: renamings::<S>(ops) }
    }

    /// Appends the programs of exactly so many threads and calls that stand for their class.
    fn of_size(&self, threads: usize, calls: usize, per_thread: usize, found: &mut Vec<Vec<Vec<usize>>>) {
        let mut program: Vec<Vec<usize>> = Vec::new();
        self.extend(threads, calls, per_thread, &mut program, found);
    }

    /// Threads in ascending order, longest first, so that each set of threads is built once.
    fn extend(
        &self,
        threads: usize,
        calls: usize,
        per_thread: usize,
        program: &mut Vec<Vec<usize>>,
        found: &mut Vec<Vec<Vec<usize>>>,
    ) {
        if threads == 0 {
            if calls == 0 && self.stands_for_its_class(program) {
                found.push(program.clone());
            }
            return;
        }
        let longest = per_thread.min(calls - (threads - 1)).min(program.last().map_or(per_thread, Vec::len));
        for len in (1..=longest).rev().filter(|len| len * threads >= calls) {
            let first = program.last().filter(|last| last.len() == len).cloned();
            let mut thread = first.unwrap_or_else(|| vec![0; len]);
            loop {
                program.push(thread.clone());
                self.extend(threads - 1, calls - len, per_thread, program, found);
                program.pop();
                if !self.next(&mut thread) {
                    break;
                }
            }
        }
    }

    /// The next thread of the same length, in lexicographic order.
    fn next(&self, thread: &mut [usize]) -> bool {
        for op in thread.iter_mut().rev() {
            *op += 1;
            if *op < self.ops {
                return true;
            }
            *op = 0;
        }
        false
    }

    /// Whether no renaming of keys makes a smaller program of it.
    fn stands_for_its_class(&self, program: &[Vec<usize>]) -> bool {
        self.renamings.iter().all(|renaming| {
            let rename = |thread: &Vec<usize>| thread.iter().map(|op| renaming[*op]).collect::<Vec<_>>();
            let mut renamed: Vec<Vec<usize>> = program.iter().map(rename).collect();
            renamed.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
            program <= renamed.as_slice()
        })
    }
}

/// Every permutation of the keys of `ops` that maps these operations onto themselves.
fn renamings<S: Spec>(ops: &[S::Op]) -> Vec<Vec<usize>> {
    let numbers: HashMap<&S::Op, usize> = ops.iter().enumerate().map(|(i, op)| (op, i)).collect();
    let mut keys: Vec<u64> = ops.iter().filter_map(S::key).collect();
    keys.sort_unstable();
    keys.dedup();
    let renamed = |permuted: &[u64]| -> Option<Vec<usize>> {
        let to = |key: u64| keys.iter().position(|k| *k == key).map(|i| permuted[i]);
        let rename = |op: &S::Op| S::on_key(op, to(S::key(op)?)?);
        ops.iter().map(|op| numbers.get(&rename(op)?).copied()).collect()
    };
    let identity: Vec<usize> = (0..ops.len()).collect();
    permutations(&keys)
        .iter()
        .filter_map(|permuted| renamed(permuted))
        .filter(|map| *map != identity)
        .collect()
}

fn permutations(keys: &[u64]) -> Vec<Vec<u64>> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    struct Nothing;

    /// An operation of a kind on a key.
    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    struct Op(char, u64);

    impl Spec for Nothing {
        type Op = Op;
        type Ret = ();
        fn apply(&mut self, _: &Op) {}
        fn key(op: &Op) -> Option<u64> {
            Some(op.1)
        }
        fn on_key(op: &Op, key: u64) -> Option<Op> {
            Some(Op(op.0, key))
        }
    }

    /// Every program, by brute force, as the set of its classes.
    fn classes(ops: &[Op], threads: usize, calls: usize) -> usize {
        let mut sequences = vec![vec![]];
        let mut all = Vec::new();
        for _ in 0..calls {
            let longer =
                |s: &Vec<Op>| ops.iter().map(|op| [s.clone(), vec![op.clone()]].concat()).collect::<Vec<_>>();
            sequences = sequences.iter().flat_map(longer).collect();
            all.extend(sequences.clone());
        }
        let mut programs: Vec<Vec<Vec<Op>>> = vec![vec![]];
        let mut classes = HashSet::new();
        for n in 1..=threads {
            let longer = |p: &Vec<Vec<Op>>| {
                all.iter().map(|s| [p.clone(), vec![s.clone()]].concat()).collect::<Vec<_>>()
            };
            programs = programs.iter().flat_map(longer).collect();
            if n >= 2 {
                classes.extend(programs.iter().map(|program| canonical(program)));
            }
        }
        classes.len()
    }

    fn canonical(program: &[Vec<Op>]) -> Vec<Vec<Op>> {
        let renamed = permutations(&[0, 1]).into_iter().map(|to| {
            let rename = |op: &Op| Op(op.0, to[op.1 as usize]);
            let mut threads: Vec<Vec<Op>> = program.iter().map(|t| t.iter().map(rename).collect()).collect();
            threads.sort();
            threads
        });
        renamed.min().expect("there is the identity")
    }

    #[track_caller]
    fn check(kinds: &str, threads: usize, calls: usize) {
        let ops: Vec<Op> = (0..2).flat_map(|key| kinds.chars().map(move |kind| Op(kind, key))).collect();
        let bounds = Bounds::new(Nothing, ops.clone()).threads(threads).calls_per_thread(calls);
        assert_eq!(bounds.scenarios().len(), classes(&ops, threads, calls));
    }

    #[test]
    fn there_is_one_program_of_each_class() {
        check("a", 2, 1);
        check("ab", 2, 2);
        check("abc", 2, 2);
        check("ab", 3, 1);
        check("abc", 3, 1);
        check("a", 3, 2);
        check("ab", 3, 2);
    }

    #[test]
    fn programs_come_smallest_first() {
        let bounds = Bounds::new(Nothing, [Op('a', 0), Op('b', 0)]).threads(3).calls_per_thread(2);
        let sizes: Vec<_> = bounds.scenarios().iter().map(|s| (s.calls(), s.threads.len())).collect();
        assert!(sizes.is_sorted());
        assert_eq!(sizes[0], (2, 2));
    }
}
