//! What the calls of a [`CounterStore`](super::CounterStore) mean one at a time: the plain map is the spec.

use super::StoreError;
use super::counters::Counters;
use crate::spec::{Spec, key_of};

/// A call of a counter store.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// The value of a counter.
    Get(String),
    /// Gives a counter a value, and creates it where there is none.
    Set(String, i64),
    /// Adds one to a counter; creates nothing.
    Inc(String),
}

impl Op {
    /// The counter that it is on.
    pub fn name(&self) -> &str {
        let (Self::Get(name) | Self::Set(name, _) | Self::Inc(name)) = self;
        name
    }
}

/// What a counter store answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ret {
    /// The counter has this value.
    Value(i64),
    /// It was done.
    Done,
    /// It was refused, and nothing changed.
    Refused(StoreError),
}

impl From<Result<i64, StoreError>> for Ret {
    fn from(got: Result<i64, StoreError>) -> Self {
        got.map_or_else(Self::Refused, Self::Value)
    }
}

impl From<Result<(), StoreError>> for Ret {
    fn from(done: Result<(), StoreError>) -> Self {
        done.map_or_else(Self::Refused, |()| Self::Done)
    }
}

impl Spec for Counters {
    type Op = Op;
    type Ret = Ret;

    fn apply(&mut self, op: &Op) -> Ret {
        match op {
            Op::Get(name) => self.get(name).into(),
            Op::Set(name, value) => self.set(name, *value).into(),
            Op::Inc(name) => self.inc(name).into(),
        }
    }

    /// Names never meet, but for [`StoreError::Full`]: a history of more names than
    /// [`NAMES_MAX`](super::counters::NAMES_MAX) cannot be judged by this spec.
    fn key(op: &Op) -> Option<u64> {
        Some(packed(op.name()).unwrap_or_else(|| key_of(op.name()) | LONG))
    }

    fn on_key(op: &Op, key: u64) -> Option<Op> {
        let name = unpacked(key)?;
        Some(match op {
            Op::Get(_) => Op::Get(name),
            Op::Set(_, value) => Op::Set(name, *value),
            Op::Inc(_) => Op::Inc(name),
        })
    }

    fn part(&self, key: u64) -> Self {
        let of_key = |(name, _): &(&str, i64)| Self::key(&Op::Get((*name).to_owned())) == Some(key);
        self.iter().filter(of_key).collect()
    }

    fn reads(op: &Op, ret: Option<&Ret>) -> bool {
        matches!(op, Op::Get(_)) || matches!(ret, Some(Ret::Refused(_) | Ret::Value(_)))
    }

    fn op_text(op: &Op) -> String {
        match op {
            Op::Get(name) => format!("get({name})"),
            Op::Set(name, value) => format!("set({name}, {value})"),
            Op::Inc(name) => format!("inc({name})"),
        }
    }

    fn ret_text(ret: &Ret) -> String {
        match ret {
            Ret::Value(value) => value.to_string(),
            Ret::Done => "ok".to_owned(),
            Ret::Refused(error) => error.to_string(),
        }
    }
}

/// The keys of names that do not fit into a number.
const LONG: u64 = 1 << 63;

/// A name of up to seven bytes as a number, so that it can be read back: the length in the
/// highest byte, which leaves its highest bit for the others.
fn packed(name: &str) -> Option<u64> {
    let mut bytes = [0; 8];
    bytes[..name.len().min(8)].copy_from_slice(&name.as_bytes()[..name.len().min(8)]);
    (name.len() < 8).then(|| (name.len() as u64) << 56 | u64::from_le_bytes(bytes))
}

fn unpacked(key: u64) -> Option<String> {
    let len = (key >> 56) as usize;
    let bytes = key.to_le_bytes().get(..len).filter(|_| len < 8)?.to_vec();
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::{Op, Spec, packed, unpacked};
    use crate::counter::counters::Counters;

    #[test]
    fn a_short_name_is_read_back_from_its_key() {
        for name in ["", "i", "j", "ü", "seven77"] {
            assert_eq!(packed(name).and_then(unpacked).as_deref(), Some(name));
        }
        assert_eq!(packed("eight888"), None);
        assert_eq!(Counters::on_key(&Op::Inc("i".into()), packed("j").unwrap()), Some(Op::Inc("j".into())));
    }

    #[test]
    fn names_of_any_length_have_keys_of_their_own() {
        let key = |name: &str| Counters::key(&Op::Get(name.into()));
        let names = ["", "\0", "i", "i\0", "seven77", "eight888", "eight889"];
        for (index, name) in names.iter().enumerate() {
            assert!(names[..index].iter().all(|other| key(other) != key(name)), "{name:?}");
        }
    }

    #[test]
    fn a_part_holds_the_counters_of_its_key() {
        let all: Counters = [("i", 1), ("j", 2), ("a longer name", 3)].into_iter().collect();
        let part = |name: &str| all.part(Counters::key(&Op::Get(name.into())).unwrap());
        assert_eq!(part("j"), [("j", 2)].into_iter().collect());
        assert_eq!(part("a longer name"), [("a longer name", 3)].into_iter().collect());
        assert_eq!(part("none"), Counters::default());
    }
}
