//! The model's state machines beside tokio's own objects, poll for poll: random sequences of calls, polls and drops
//! of one thread have the same answers from both.

use raceproof::explore::{Engine, Explorer};
use std::collections::BTreeMap;
use std::fmt::{Debug, Write};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// A generator with a fixed seed (xorshift; Marsaglia, J. Stat. Softw. 8(14), 2003).
#[derive(Clone)]
pub struct Chance(pub u64);

impl Chance {
    pub fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }
}

pub fn polled<F: Future + ?Sized>(future: &mut Pin<Box<F>>) -> Poll<F::Output> {
    future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

/// Futures of one kind by small numbers, and what became of those that are ready.
pub struct Futures<T> {
    pub pending: BTreeMap<usize, Pin<Box<dyn Future<Output = T>>>>,
    pub ready: BTreeMap<usize, T>,
}

impl<T> Futures<T> {
    pub fn new() -> Self {
        Self { pending: BTreeMap::new(), ready: BTreeMap::new() }
    }

    pub fn add(&mut self, n: usize, future: impl Future<Output = T> + 'static) {
        self.drop(n);
        self.pending.insert(n, Box::pin(future));
    }

    pub fn poll(&mut self, n: usize, said: impl FnOnce(&T) -> String) -> String {
        let Some(future) = self.pending.get_mut(&n) else { return String::new() };
        let Poll::Ready(output) = polled(future) else { return "pending".to_owned() };
        self.pending.remove(&n);
        let said = said(&output);
        self.ready.insert(n, output);
        said
    }

    pub fn drop(&mut self, n: usize) {
        self.pending.remove(&n);
        self.ready.remove(&n);
    }
}

pub fn word<T, E: Debug>(result: &Result<T, E>) -> String {
    result.as_ref().map_or_else(|error| format!("{error:?}"), |_| "got".to_owned())
}

/// Runs a sequence in the model, as one thread.
pub fn in_model(sequence: impl Fn() -> String + Send + Sync + 'static) -> String {
    let said = Arc::new(Mutex::new(String::new()));
    let noted = Arc::clone(&said);
    let _ = Explorer::new(Engine::Exhaustive).explore(move || *noted.lock().unwrap() = sequence());
    let said = said.lock().unwrap();
    said.clone()
}

macro_rules! beside {
    ($($name:ident: |$sync:ident, $chance:ident, $said:ident| $body:block)*) => {
        mod tokios {
            use super::*;
            use ::tokio::sync as sync_of_this;
            $(pub fn $name(mut $chance: Chance) -> String {
                use sync_of_this as $sync;
                let mut $said = String::new();
                $body
                $said
            })*
        }

        mod ours {
            use super::*;
            use raceproof::tokio::sync as sync_of_this;
            $(pub fn $name(mut $chance: Chance) -> String {
                use sync_of_this as $sync;
                let mut $said = String::new();
                $body
                $said
            })*
        }

        $(#[test]
        fn $name() {
            for seed in 1..=400_u64 {
                let chance = Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
                let (expected, given) = (tokios::$name(chance.clone()), chance);
                assert_eq!(in_model(move || ours::$name(given.clone())), expected, "seed {seed}");
            }
            crate::page::keep_beside();
        })*
    };
}

beside! {
    semaphore: |sync, chance, said| {
        let semaphore = Arc::new(sync::Semaphore::new(chance.below(4)));
        let mut futures = Futures::new();
        for _ in 0..30 {
            let (n, many) = (chance.below(4), chance.below(4));
            let what = match chance.below(16) {
                0..4 => {
                    futures.add(n, semaphore.clone().acquire_many_owned(many as u32));
                    futures.poll(n, word)
                }
                4..7 => futures.poll(n, word),
                7..10 => {
                    futures.drop(n);
                    String::new()
                }
                10 => word(&semaphore.try_acquire_many(many as u32)),
                11 => {
                    let _ = semaphore.try_acquire_many(many as u32).map(sync::SemaphorePermit::forget);
                    String::new()
                }
                12 | 13 => {
                    semaphore.add_permits(many);
                    String::new()
                }
                14 => semaphore.forget_permits(many).to_string(),
                _ if chance.below(5) == 0 => {
                    semaphore.close();
                    semaphore.is_closed().to_string()
                }
                _ => String::new(),
            };
            writeln!(said, "{what} {}", semaphore.available_permits()).unwrap();
        }
    }
    rwlock: |sync, chance, said| {
        let lock = Arc::new(sync::RwLock::with_max_readers(0, 1 + chance.below(3) as u32));
        let (mut readers, mut writers) = (Futures::new(), Futures::new());
        for _ in 0..30 {
            let n = chance.below(3);
            let what = match chance.below(14) {
                0 | 1 => {
                    readers.add(n, lock.clone().read_owned());
                    readers.poll(n, ToString::to_string)
                }
                2 | 3 => {
                    writers.add(n, lock.clone().write_owned());
                    writers.poll(n, ToString::to_string)
                }
                4 | 5 => readers.poll(n, ToString::to_string),
                6 | 7 => writers.poll(n, ToString::to_string),
                8 => {
                    readers.drop(n);
                    String::new()
                }
                9 => {
                    writers.drop(n);
                    String::new()
                }
                10 => lock.try_read().map_or_else(|error| error.to_string(), |value| value.to_string()),
                11 => match lock.try_write() {
                    Ok(mut value) => {
                        *value += 1;
                        value.downgrade().to_string()
                    }
                    Err(error) => error.to_string(),
                },
                12 => match writers.ready.remove(&n) {
                    Some(mut value) => {
                        *value += 1;
                        readers.drop(n);
                        readers.ready.insert(n, value.downgrade());
                        "downgraded".to_owned()
                    }
                    None => String::new(),
                },
                _ => format!("{lock:?}").contains("data").to_string(),
            };
            writeln!(said, "{what}").unwrap();
        }
    }
    mutex: |sync, chance, said| {
        let lock = Arc::new(sync::Mutex::new(0));
        let mut futures = Futures::new();
        for _ in 0..30 {
            let n = chance.below(4);
            let what = match chance.below(8) {
                0..2 => {
                    futures.add(n, lock.clone().lock_owned());
                    futures.poll(n, ToString::to_string)
                }
                2..4 => futures.poll(n, ToString::to_string),
                4..6 => {
                    futures.drop(n);
                    String::new()
                }
                _ => match lock.try_lock() {
                    Ok(mut value) => {
                        *value += 1;
                        value.to_string()
                    }
                    Err(error) => error.to_string(),
                },
            };
            writeln!(said, "{what}").unwrap();
        }
    }
    notify: |sync, chance, said| {
        let notify = Arc::new(sync::Notify::new());
        let mut futures: BTreeMap<usize, Pin<Box<_>>> = BTreeMap::new();
        for _ in 0..30 {
            let n = chance.below(5);
            let what = match chance.below(14) {
                0..3 => {
                    futures.insert(n, Box::pin(notify.clone().notified_owned()));
                    String::new()
                }
                3..7 => futures.get_mut(&n).map_or_else(String::new, |future| format!("{:?}", polled(future))),
                7 => futures.get_mut(&n).map_or_else(String::new, |future| future.as_mut().enable().to_string()),
                8 | 9 => futures.remove(&n).is_some().to_string(),
                10 | 11 => {
                    notify.notify_one();
                    String::new()
                }
                12 => {
                    notify.notify_last();
                    String::new()
                }
                _ => {
                    notify.notify_waiters();
                    String::new()
                }
            };
            writeln!(said, "{what}").unwrap();
        }
    }
    watch: |sync, chance, said| {
        let (sender, receiver) = sync::watch::channel(0);
        let mut senders = vec![sender];
        let mut receivers = vec![receiver];
        for value in 1..30 {
            let n = chance.below(3);
            let what = match (senders.first(), receivers.get_mut(n)) {
                (Some(sender), _) if chance.below(3) == 0 => match chance.below(8) {
                    0..2 => format!("{:?}", sender.send(value)),
                    2 => sender.send_replace(value).to_string(),
                    3 => {
                        let even = chance.below(2) == 0;
                        let modified = sender.send_if_modified(|value| {
                            *value += usize::from(even);
                            even
                        });
                        modified.to_string()
                    }
                    4 => {
                        receivers.push(sender.subscribe());
                        String::new()
                    }
                    5 => format!("{} {} {}", sender.receiver_count(), sender.is_closed(), *sender.borrow()),
                    6 => format!("{:?}", polled(&mut Box::pin(sender.closed()))),
                    _ => {
                        if chance.below(4) == 0 {
                            senders.clear();
                        }
                        String::new()
                    }
                },
                (_, Some(receiver)) => match chance.below(9) {
                    0..3 => format!("{:?}", polled(&mut Box::pin(receiver.changed()))),
                    3 => format!("{:?}", receiver.has_changed()),
                    4 => receiver.borrow().to_string(),
                    5 => {
                        let value = receiver.borrow_and_update();
                        format!("{} {}", *value, value.has_changed())
                    }
                    6 => {
                        receiver.mark_changed();
                        String::new()
                    }
                    7 => {
                        let polled = polled(&mut Box::pin(receiver.wait_for(|value| value % 2 == 0)));
                        format!("{:?}", polled.map(|found| found.map(|value| (*value, value.has_changed()))))
                    }
                    _ => {
                        let dropped = receivers.swap_remove(n);
                        if chance.below(2) == 0 {
                            receivers.push(dropped.clone());
                            receivers.push(dropped);
                        }
                        String::new()
                    }
                },
                _ => String::new(),
            };
            writeln!(said, "{what}").unwrap();
        }
    }
    barrier: |sync, chance, said| {
        let barrier = Arc::new(sync::Barrier::new(chance.below(4)));
        let mut futures = Futures::new();
        for _ in 0..30 {
            let n = chance.below(4);
            let what = match chance.below(6) {
                0..2 => {
                    let barrier = barrier.clone();
                    futures.add(n, async move { barrier.wait().await.is_leader() });
                    futures.poll(n, ToString::to_string)
                }
                2..5 => futures.poll(n, ToString::to_string),
                _ => {
                    futures.drop(n);
                    String::new()
                }
            };
            writeln!(said, "{what}").unwrap();
        }
    }
    once_cell: |sync, chance, said| {
        let cell = Arc::new(sync::OnceCell::new());
        let gate = Arc::new(sync::Semaphore::new(0));
        let mut futures = Futures::new();
        for value in 0..20 {
            let n = chance.below(3);
            let what = match chance.below(9) {
                0..3 => {
                    let (cell, gate, fails) = (cell.clone(), gate.clone(), chance.below(3) == 0);
                    futures.add(n, async move {
                        let init = async || {
                            let _ = gate.acquire().await;
                            if fails { Err("failed") } else { Ok(value) }
                        };
                        cell.get_or_try_init(init).await.copied()
                    });
                    futures.poll(n, |value| format!("{value:?}"))
                }
                3..6 => futures.poll(n, |value| format!("{value:?}")),
                6 => {
                    futures.drop(n);
                    String::new()
                }
                7 => {
                    gate.add_permits(1);
                    format!("{:?} {}", cell.get(), cell.initialized())
                }
                _ if chance.below(4) == 0 => format!("{:?}", cell.set(value)),
                _ => String::new(),
            };
            writeln!(said, "{what}").unwrap();
        }
    }
}
