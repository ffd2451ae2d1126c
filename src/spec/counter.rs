//! One number that is added to. With [`Keyed`](super::keyed::Keyed), a map of counters.

use super::Spec;

/// A counter. Arithmetic wraps, so that no history can make the spec panic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Counter(pub i64);

/// What can be asked of a [`Counter`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// Where does it stand?
    Get,
    /// Stand there.
    Set(i64),
    /// Add this, and answer nothing but that it was done.
    Add(i64),
    /// Add this, and answer where it stood before.
    FetchAdd(i64),
}

/// What a [`Counter`] answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ret {
    /// It stands, or stood, there.
    Value(i64),
    /// It was done.
    Done,
}

impl Spec for Counter {
    type Op = Op;
    type Ret = Ret;

    fn apply(&mut self, op: &Op) -> Ret {
        match op {
            Op::Get => Ret::Value(self.0),
            Op::Set(value) => {
                self.0 = *value;
                Ret::Done
            }
            Op::Add(more) => {
                self.0 = self.0.wrapping_add(*more);
                Ret::Done
            }
            Op::FetchAdd(more) => {
                let before = self.0;
                self.0 = before.wrapping_add(*more);
                Ret::Value(before)
            }
        }
    }

    fn reads(op: &Op, _ret: Option<&Ret>) -> bool {
        matches!(op, Op::Get | Op::Add(0) | Op::FetchAdd(0))
    }

    fn op_text(op: &Op) -> String {
        match op {
            Op::Get => "get".to_owned(),
            Op::Set(value) => format!("set({value})"),
            Op::Add(1) => "inc".to_owned(),
            Op::Add(more) => format!("add({more})"),
            Op::FetchAdd(more) => format!("fetch_add({more})"),
        }
    }

    fn ret_text(ret: &Ret) -> String {
        match ret {
            Ret::Value(value) => value.to_string(),
            Ret::Done => "ok".to_owned(),
        }
    }
}
