//! Many objects of one kind, each under a key: calls on different keys never meet.

use super::entries::Entries;
use super::{Spec, key_of};
use std::fmt::{Debug, Display};
use std::hash::Hash;

/// Objects of the spec `S`, one for each key, all of them at first as [`new`](Self::new)
/// was told.
///
/// # Examples
///
/// ```
/// use raceproof::spec::Spec;
/// use raceproof::spec::counter::{Counter, Op, Ret};
/// use raceproof::spec::keyed::{Keyed, On};
///
/// let mut counters = Keyed::<&str, Counter>::new(Counter(0));
/// counters.apply(&On("i", Op::Add(1)));
/// assert_eq!(counters.apply(&On("i", Op::Get)), Ret::Value(1));
/// assert_eq!(counters.apply(&On("j", Op::Get)), Ret::Value(0));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Keyed<K: Ord, S> {
    initial: S,
    /// The objects that differ from `initial`, so that equal states are equal.
    objects: Entries<K, S>,
}

impl<K: Ord, S> Keyed<K, S> {
    /// Every object is `initial`.
    pub fn new(initial: S) -> Self {
        Self { initial, objects: Entries::default() }
    }
}

/// An operation on the object under a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct On<K, O>(pub K, pub O);

impl<K, S> Keyed<K, S>
where
    K: Clone + Ord,
    S: Spec,
{
    fn object(&self, key: &K) -> &S {
        self.objects.get(key).unwrap_or(&self.initial)
    }

    fn with(&self, key: &K, object: S) -> Self {
        let object = Some(object).filter(|object| *object != self.initial);
        Self { initial: self.initial.clone(), objects: self.objects.with(key, object, || key.clone()) }
    }
}

impl<K, S> Spec for Keyed<K, S>
where
    K: Clone + Debug + Display + Hash + Ord + Send + Sync + 'static,
    S: Spec,
{
    type Op = On<K, S::Op>;
    type Ret = S::Ret;

    fn apply(&mut self, On(key, op): &Self::Op) -> S::Ret {
        let mut object = self.object(key).clone();
        let answer = object.apply(op);
        *self = self.with(key, object);
        answer
    }

    fn next(&self, On(key, op): &Self::Op, ret: Option<&S::Ret>) -> Vec<Self> {
        self.object(key).next(op, ret).into_iter().map(|object| self.with(key, object)).collect()
    }

    fn key(On(key, _): &Self::Op) -> Option<u64> {
        Some(key_of(key))
    }

    fn part(&self, key: u64) -> Self {
        Self { initial: self.initial.clone(), objects: self.objects.only(|other| key_of(other) == key) }
    }

    fn reads(On(_, op): &Self::Op, ret: Option<&S::Ret>) -> bool {
        S::reads(op, ret)
    }

    fn op_text(On(key, op): &Self::Op) -> String {
        format!("{key}.{}", S::op_text(op))
    }

    fn ret_text(ret: &S::Ret) -> String {
        S::ret_text(ret)
    }
}
