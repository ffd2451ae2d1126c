//! Part 1: nothing guards the map.

use super::{CounterStore, FromCounters, StoreError, counters::Counters};
use crate::cell::UnsafeCell;

/// Counters that nothing guards: a data race, as in the article.
#[derive(Debug)]
pub struct UnsynchronizedStore {
    counters: UnsafeCell<Counters>,
    overlap: overlap::Detector,
}

// SAFETY: the map is reached through `read` and `write` alone. In a model no two of their closures
// overlap, since model threads switch only at steps. On real threads the detector ends the
// process before a second access that overlaps a write could begin.
unsafe impl Sync for UnsynchronizedStore {}

impl UnsynchronizedStore {
    #[track_caller]
    fn read<R>(&self, f: impl FnOnce(&Counters) -> R) -> R {
        let _reading = self.overlap.read();
        // SAFETY: no write overlaps, or the process has ended; the reference does not leave `f`.
        self.counters.with(|counters| f(unsafe { &*counters }))
    }

    #[track_caller]
    fn write<R>(&self, f: impl FnOnce(&mut Counters) -> R) -> R {
        let _writing = self.overlap.write();
        // SAFETY: no access overlaps, or the process has ended; the reference does not leave `f`.
        self.counters.with_mut(|counters| f(unsafe { &mut *counters }))
    }
}

impl FromCounters for UnsynchronizedStore {
    fn new(counters: Counters) -> Self {
        Self { counters: UnsafeCell::new(counters), overlap: overlap::Detector::default() }
    }
}

impl CounterStore for UnsynchronizedStore {
    async fn get(&self, name: &str) -> Result<i64, StoreError> {
        self.read(|counters| counters.get(name))
    }

    async fn set(&self, name: &str, value: i64) -> Result<(), StoreError> {
        self.write(|counters| counters.set(name, value))
    }

    async fn inc(&self, name: &str) -> Result<(), StoreError> {
        self.write(|counters| counters.inc(name))
    }
}

/// What Go's runtime does for its maps: it ends the process when two accesses overlap and one writes.
///
/// Its atomic is std's own and not the facade's, so that no model sees an order that the store lacks.
mod overlap {
    use std::{
        io::Write,
        sync::atomic::{AtomicUsize, Ordering},
    };

    const WRITER: usize = 1 << (usize::BITS - 1);

    /// The number of readers inside, or `WRITER`.
    #[derive(Debug, Default)]
    pub struct Detector(AtomicUsize);

    /// Leaves when it is dropped.
    #[derive(Debug)]
    pub struct Inside<'a>(&'a Detector, usize);

    impl Detector {
        pub fn read(&self) -> Inside<'_> {
            // Acquire, with the Release of leaving: what an earlier, finished write left is seen whole.
            if self.0.fetch_add(1, Ordering::Acquire) & WRITER != 0 {
                fatal("concurrent map read and map write");
            }
            Inside(self, 1)
        }

        pub fn write(&self) -> Inside<'_> {
            match self.0.compare_exchange(0, WRITER, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => Inside(self, WRITER),
                Err(inside) if inside & WRITER != 0 => fatal("concurrent map writes"),
                Err(_) => fatal("concurrent map read and map write"),
            }
        }
    }

    impl Drop for Inside<'_> {
        fn drop(&mut self) {
            self.0.0.fetch_sub(self.1, Ordering::Release);
        }
    }

    fn fatal(what: &str) -> ! {
        // Never given back: whoever comes second waits here for the end, and says nothing.
        let mut stderr = std::io::stderr().lock();
        let _ = writeln!(stderr, "fatal error: {what}");
        std::process::exit(2)
    }
}
