//! What the operations of a type mean one at a time, on a plain value.
//!
//! A [`Spec`] is the sequential half of a claim: "this concurrent type behaves as if
//! its calls happened one after another, each as `apply` has it". It knows nothing of
//! threads, histories or searches; those read it.
//!
//! The ready specs, one a file, are plain values that can be used as they are:
//! [`register`], [`cas_register`], [`counter`], [`kv`], [`set`], [`queue`], [`stack`],
//! [`lock`], [`semaphore`] and [`limiter`]; [`keyed`] makes many objects out of one.

pub mod cas_register;
pub mod counter;
mod entries;
pub mod keyed;
pub mod kv;
pub mod limiter;
pub mod lock;
mod programs;
pub mod queue;
pub mod register;
mod scenario;
pub mod semaphore;
pub mod set;
pub mod stack;
mod subject;

#[cfg(feature = "model")]
pub(crate) use programs::Random;
#[cfg(feature = "model")]
pub(crate) use programs::{Part, Sequences};
pub use scenario::{Bounds, Scenario};
pub use subject::Subject;

use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher};

/// What the operations mean one at a time. The value that implements it is the state.
///
/// # Examples
///
/// ```
/// use raceproof::spec::Spec;
///
/// #[derive(Clone, Debug, PartialEq, Eq, Hash)]
/// struct Shelf(u32);
///
/// #[derive(Clone, Debug, PartialEq, Eq, Hash)]
/// enum Op { Put(u32), Take }
///
/// impl Spec for Shelf {
///     type Op = Op;
///     type Ret = Option<u32>;
///     fn apply(&mut self, op: &Op) -> Option<u32> {
///         match op {
///             Op::Put(n) => { self.0 += n; None }
///             Op::Take => { let left = self.0.checked_sub(1)?; self.0 = left; Some(left) }
///         }
///     }
/// }
///
/// let mut shelf = Shelf(0);
/// assert_eq!(shelf.apply(&Op::Take), None);
/// shelf.apply(&Op::Put(2));
/// assert_eq!(shelf.next(&Op::Take, Some(&Some(1))), [Shelf(1)]);
/// assert_eq!(shelf.next(&Op::Take, Some(&Some(7))), []);
/// ```
pub trait Spec: Clone + Debug + Eq + Hash + Send + Sync + 'static {
    /// One operation with its arguments.
    type Op: Clone + Debug + Eq + Hash + Send + Sync + 'static;
    /// What an operation answers.
    type Ret: Clone + Debug + PartialEq + Send + Sync + 'static;

    /// Does `op`, and says what it answers.
    fn apply(&mut self, op: &Self::Op) -> Self::Ret;

    /// Every state that `op` may leave behind when it answers `ret`, or anything at all
    /// where `ret` is `None`.
    ///
    /// Empty: that answer is not possible now. More than one: the spec leaves a choice.
    /// What is allowed with an answer must be allowed with `None` too. By default one
    /// [`apply`](Self::apply); a spec that overrides this should have `apply` make one of
    /// the choices.
    fn next(&self, op: &Self::Op, ret: Option<&Self::Ret>) -> Vec<Self> {
        let mut next = self.clone();
        let answer = next.apply(op);
        if ret.is_none_or(|ret| *ret == answer) { vec![next] } else { Vec::new() }
    }

    /// The part of the state that `op` touches: operations with different keys never
    /// meet, so their calls can be judged apart. `None`: it touches everything.
    ///
    /// Two parts may share a key (a hash will do); one part must not have two.
    fn key(_op: &Self::Op) -> Option<u64> {
        None
    }

    /// The same operation on another key, where keys are interchangeable: renaming them
    /// changes nothing but the names. `None`: they are not.
    fn on_key(_op: &Self::Op, _key: u64) -> Option<Self::Op> {
        None
    }

    /// What operations with this key can see of the state: a spec of many parts returns
    /// the one, so that judging it does not copy the others.
    #[must_use]
    fn part(&self, _key: u64) -> Self {
        self.clone()
    }

    /// Whether a call of `op` that answers `ret` leaves every state as it is.
    ///
    /// A hint: `false` is always right, and `true` lets a search take such a call as soon
    /// as its answer fits. A failed compare-and-set is such a call, and so is a read.
    fn reads(_op: &Self::Op, _ret: Option<&Self::Ret>) -> bool {
        false
    }

    /// `op` for people, such as `write(2)`.
    fn op_text(op: &Self::Op) -> String {
        format!("{op:?}")
    }

    /// `ret` for people, such as `ok`.
    fn ret_text(ret: &Self::Ret) -> String {
        format!("{ret:?}")
    }
}

/// A key for [`Spec::key`] out of any part of an operation; the same in every run.
pub fn key_of(part: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    part.hash(&mut hasher);
    hasher.finish()
}
