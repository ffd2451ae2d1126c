//! `statics!`: statics as std's constructors make them, fresh in each execution of a model.

/// Statics whose types have a `const` constructor in std or tokio, which they have not in a model.
///
/// Without the feature `model` each is the plain static that it looks like. With it, it is a
/// [`LazyLock`](crate::sync::LazyLock), which is used in the same way, and fresh in each execution.
///
/// ```
/// use raceproof::sync::{Mutex, atomic::{AtomicUsize, Ordering::SeqCst}};
///
/// raceproof::statics! {
///     static NAMES: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
///     static CALLS: AtomicUsize = AtomicUsize::new(0);
/// }
///
/// NAMES.lock().unwrap().push("i");
/// assert_eq!((NAMES.lock().unwrap().len(), CALLS.fetch_add(1, SeqCst)), (1, 0));
/// ```
#[cfg(feature = "model")]
#[macro_export]
macro_rules! statics {
    ($($(#[$attr:meta])* $vis:vis static $name:ident: $type:ty = $value:expr;)*) => {$(
        $(#[$attr])*
        $vis static $name: $crate::sync::LazyLock<$type> = $crate::sync::LazyLock::__named(|| $value, stringify!($name));
    )*};
}

/// Statics whose types have a `const` constructor in std or tokio, which they have not in a model.
///
/// Without the feature `model` each is the plain static that it looks like.
#[cfg(not(feature = "model"))]
#[macro_export]
macro_rules! statics {
    ($($(#[$attr:meta])* $vis:vis static $name:ident: $type:ty = $value:expr;)*) => {$(
        $(#[$attr])*
        $vis static $name: $type = $value;
    )*};
}
