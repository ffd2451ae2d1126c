//! `std::println` and `std::eprintln`. In a model, which runs a program thousands of times, what is printed is
//! shown once: in the table of the execution that fails, where it was printed.

#[cfg(feature = "model")]
#[doc(inline)]
pub use crate::{__eprintln as eprintln, __println as println};
#[cfg(not(feature = "model"))]
pub use std::{eprintln, println};

/// As [`std::println`]; in a model a row of the execution that fails.
///
/// ```
/// use raceproof::explore::{Engine, Explorer};
/// use raceproof::sync::{Arc, atomic::{AtomicU32, Ordering::SeqCst}};
/// use raceproof::{println, thread};
///
/// let verdict = Explorer::new(Engine::Exhaustive).explore(|| {
///     let hits = Arc::new(AtomicU32::new(0));
///     let other = {
///         let hits = Arc::clone(&hits);
///         thread::spawn(move || hits.store(hits.load(SeqCst) + 1, SeqCst))
///     };
///     let seen = hits.load(SeqCst);
///     println!("main has seen {seen}");
///     hits.store(seen + 1, SeqCst);
///     other.join().unwrap();
///     assert_eq!(hits.load(SeqCst), 2);
/// });
/// let rows = &verdict.assert_refuted().rows;
/// assert_eq!(rows.iter().filter(|row| row.text == "prints main has seen 0").count(), 1);
/// ```
#[cfg(feature = "model")]
#[doc(hidden)]
#[macro_export]
macro_rules! __println {
    ($($arg:tt)*) => {
        if !$crate::facade::print::in_a_model(::std::format_args!($($arg)*)) {
            ::std::println!($($arg)*)
        }
    };
}

/// As [`std::eprintln`]; in a model a row of the execution that fails.
#[cfg(feature = "model")]
#[doc(hidden)]
#[macro_export]
macro_rules! __eprintln {
    ($($arg:tt)*) => {
        if !$crate::facade::print::in_a_model(::std::format_args!($($arg)*)) {
            ::std::eprintln!($($arg)*)
        }
    };
}

/// Keeps what is printed with the execution of a model. False if there is none.
#[cfg(feature = "model")]
#[doc(hidden)]
pub fn in_a_model(text: std::fmt::Arguments<'_>) -> bool {
    if crate::world::is_real() {
        return false;
    }
    let text = text.to_string();
    crate::world::execution::with(|e| e.prints(text));
    true
}
