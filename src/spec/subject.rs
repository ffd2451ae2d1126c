//! The type under test, and how to call it.

use super::Spec;

/// A concurrent type that claims to behave as a [`Spec`] says.
///
/// Its calls may block or await; both kinds go through the same trait. It is made afresh in every
/// execution, by `new`, and must be written with the facade (`raceproof::sync` and so on): what is not
/// is not seen.
///
/// ```
/// use raceproof::spec::{Spec, Subject};
/// use raceproof::sync::Mutex;
///
/// #[derive(Clone, Debug, PartialEq, Eq, Hash)]
/// struct Count(i64);
///
/// #[derive(Clone, Debug, PartialEq, Eq, Hash)]
/// enum Op { Add(i64), Read }
///
/// impl Spec for Count {
///     type Op = Op;
///     type Ret = i64;
///     fn apply(&mut self, op: &Op) -> i64 {
///         if let Op::Add(n) = op { self.0 += n; }
///         self.0
///     }
/// }
///
/// struct Shared(Mutex<i64>);
///
/// impl Subject for Shared {
///     type Spec = Count;
///     async fn new() -> Self { Self(Mutex::new(0)) }
///     async fn call(&self, op: &Op) -> i64 {
///         let mut count = self.0.lock().unwrap();
///         if let Op::Add(n) = op { *count += n; }
///         *count
///     }
/// }
/// # let _ = Shared(Mutex::new(0));
/// ```
pub trait Subject: Send + Sync + Sized + 'static {
    /// What it claims.
    type Spec: Spec;

    /// A fresh one, in the state with which the bounds begin.
    fn new() -> impl Future<Output = Self> + Send;

    /// One call.
    fn call(&self, op: &<Self::Spec as Spec>::Op) -> impl Future<Output = <Self::Spec as Spec>::Ret> + Send;

    /// The state after all calls have returned, where it can be told: it must then be explained too.
    fn state(&self) -> impl Future<Output = Option<Self::Spec>> + Send {
        async { None }
    }
}
