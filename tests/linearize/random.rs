//! Random small histories: what an atomic object may have answered, and then some lies.

use raceproof::linearize::{Call, History};
use raceproof::spec::Spec;

/// A small generator of numbers, the same in every run (xorshift64*).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % n
    }

    /// A number below `n`.
    pub fn int(&mut self, n: u32) -> i64 {
        i64::try_from(self.below(u64::from(n))).expect("it is below a small one")
    }

    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// A history of up to `calls_max` calls by up to four clients.
///
/// Calls take effect at random times while they are under way. Some never return, whether
/// they took effect or not, some return without an answer, and in every other history some
/// answers are those of another state.
pub fn history<S: Spec>(
    random: &mut Random,
    initial: &S,
    calls_max: u64,
    op: impl Fn(&mut Random) -> S::Op,
    scramble: impl Fn(&mut Random) -> S,
) -> History<S> {
    let mut state = initial.clone();
    let clients = 1 + random.below(4);
    let calls = 1 + random.below(calls_max).max(random.below(calls_max));
    let lies = random.one_in(2);
    let mut calls_left = calls;
    let mut history: Vec<Call<S>> = Vec::new();
    // For each client its call under way, and the answer once it took effect.
    let mut running: Vec<Option<(usize, Option<S::Ret>)>> = vec![None; clients as usize];
    let mut now = 0;
    let mut last = vec![0; clients as usize];
    while calls_left > 0 || running.iter().any(Option::is_some) {
        let client = random.below(clients) as usize;
        // Now and then two events of different clients at one time, which orders nothing.
        now += u64::from(last[client] == now || !random.one_in(10));
        last[client] = now;
        match &mut running[client] {
            None if calls_left > 0 => {
                calls_left -= 1;
                running[client] = Some((history.len(), None));
                let op = op(random);
                history.push(Call { client: client as u64, op, ret: None, invoked: now, returned: None });
            }
            None => {}
            Some((call, answer @ None)) => {
                if random.one_in(16) {
                    running[client] = None;
                    continue;
                }
                let call = &history[*call];
                let states = state.next(&call.op, None);
                // A nondeterministic spec chooses; its answer is any that leads there.
                let Some(next) = states.get(random.below(states.len().max(1) as u64) as usize) else {
                    continue;
                };
                let ret = state.clone().apply(&call.op);
                let fits = state.next(&call.op, Some(&ret)).contains(next);
                state = if fits { next.clone() } else { applied(&state, &call.op) };
                *answer = Some(ret);
            }
            Some((call, Some(ret))) => {
                let (call, ret) = (*call, ret.clone());
                running[client] = None;
                if random.one_in(16) {
                    continue;
                }
                let call = &mut history[call];
                call.returned = Some(now);
                call.ret = match random.below(20) {
                    0 => None,
                    1..8 if lies => Some(scramble(random).apply(&call.op)),
                    _ => Some(ret),
                };
            }
        }
    }
    let mut out = History::new();
    for call in history {
        out.push(call);
    }
    out
}

fn applied<S: Spec>(state: &S, op: &S::Op) -> S {
    let mut state = state.clone();
    state.apply(op);
    state
}
