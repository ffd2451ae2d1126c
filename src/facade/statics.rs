//! `statics!`: statics as std's and tokio's `const` constructors make them, fresh in each execution of a model.

/// For `statics!`. A method of a type itself goes before one of a trait: so what has a `const_new` gets a part in the
/// world that makes it, and all else stays as it is.
#[cfg(feature = "model")]
#[doc(hidden)]
pub mod made {
    use crate::world::is_real;
    use crate::world::operation::At;

    /// A value that was made now.
    #[derive(Debug)]
    pub struct Made<'a, T>(pub &'a mut T);

    /// What has a `const_new`, which makes one of the real world, whatever the current one.
    pub trait ConstNew {
        /// The line that made it, if it is one of the real world.
        fn made(&self) -> Option<At>;

        /// Makes it one of the current world, of that line.
        fn renew(&mut self, made: At);
    }

    impl<T: ConstNew> Made<'_, T> {
        pub fn is_of_now(&mut self) {
            if !is_real()
                && let Some(made) = self.0.made()
            {
                self.0.renew(made);
            }
        }
    }

    /// What its constructor has made as one of the current world already.
    pub trait OfAnyWorld {
        fn is_of_now(&mut self) {}
    }

    impl<T> OfAnyWorld for Made<'_, T> {}
}

/// Statics with a `const` constructor of std's or tokio's, fresh in each execution of a model.
///
/// Without the feature `model` each is the plain static that it looks like. With it, it is a
/// [`LazyLock`](crate::sync::LazyLock), which is used in the same way. What `const_new` makes within something else, as
/// a field or behind a pointer, is still of the real world.
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
        $vis static $name: $crate::sync::LazyLock<$type> = $crate::sync::LazyLock::__named(
            || {
                #[allow(unused_imports)]
                use $crate::__statics::OfAnyWorld as _;
                let mut value: $type = $value;
                $crate::__statics::Made(&mut value).is_of_now();
                value
            },
            stringify!($name),
        );
    )*};
}

/// Statics with a `const` constructor of std's or tokio's, fresh in each execution of a model.
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
