//! The programs that the matrix tries: what contends, from the smallest up.

use crate::counter::spec::Op;
use crate::spec::Scenario;

/// For 2 and up to `threads` threads: inc with inc, inc with get, set with inc, in turn among the threads,
/// with 1 and up to `calls` calls each.
pub fn contended(threads: usize, calls: usize) -> Vec<Scenario<Op>> {
    let i = || "i".to_owned();
    let pairs = [[Op::Inc(i()), Op::Inc(i())], [Op::Inc(i()), Op::Get(i())], [Op::Set(i(), 7), Op::Inc(i())]];
    let mut sizes: Vec<(usize, usize)> =
        (1..=calls).flat_map(|calls| (2..=threads).map(move |threads| (threads, calls))).collect();
    sizes.sort_by_key(|(threads, calls)| (threads * calls, *threads));
    let scenario = |(threads, calls): (usize, usize), pair: &[Op; 2]| Scenario {
        threads: (0..threads).map(|thread| vec![pair[thread % 2].clone(); calls]).collect(),
    };
    sizes.iter().flat_map(|size| pairs.iter().map(|pair| scenario(*size, pair))).collect()
}
