//! Two transfers between two accounts take their locks in opposite orders: a deadlock that few schedules meet.
//!
//! `cargo run --release -F cli --example transfer`

use raceproof::explore::{Engine, Explorer};
use raceproof::sync::{Arc, Mutex};
use raceproof::thread;
use raceproof::verdict::Verdict;

struct Bank {
    savings: Mutex<i64>,
    current: Mutex<i64>,
}

impl Bank {
    fn save(&self, amount: i64) {
        let mut from = self.current.lock().unwrap();
        let mut to = self.savings.lock().unwrap();
        *from -= amount;
        *to += amount;
    }

    fn spend(&self, amount: i64) {
        let mut from = self.savings.lock().unwrap();
        let mut to = self.current.lock().unwrap();
        *from -= amount;
        *to += amount;
    }
}

/// What the engine finds.
///
/// # Panics
///
/// Never: what the program under test panics with is part of the verdict.
pub fn verdict() -> Verdict {
    Explorer::new(Engine::Exhaustive).explore(|| {
        let bank = Arc::new(Bank { savings: Mutex::new(10), current: Mutex::new(10) });
        let saving = {
            let bank = Arc::clone(&bank);
            thread::spawn(move || bank.save(1))
        };
        bank.spend(1);
        saving.join().unwrap();
    })
}

fn main() {
    println!("{}", verdict());
}
