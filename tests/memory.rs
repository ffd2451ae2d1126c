//! What a search keeps does not grow with the executions that it has run. Alone in its process.

use raceproof::sync::{Arc, Mutex};
use raceproof::thread;

/// The pages of this process that are in memory, in bytes; none where the system does not say.
fn resident() -> Option<usize> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(pages.split_whitespace().nth(1)?.parse::<usize>().ok()? * 4096)
}

fn explore() {
    raceproof::prove(|| {
        let count = Arc::new(Mutex::new(0));
        let adds = [0, 1, 2].map(|_| {
            let count = Arc::clone(&count);
            thread::spawn(move || (0..3).for_each(|_| *count.lock().unwrap() += 1))
        });
        for adds in adds {
            adds.join().unwrap();
        }
    });
}

#[test]
fn ten_thousand_executions_more_take_no_memory_more() {
    explore();
    let Some(before) = resident() else { return println!("the system does not say") };
    for _ in 0..6 {
        explore();
    }
    let grown = resident().expect("it has said").saturating_sub(before);
    // As little as 64 bytes a thread and execution would be 2.6 MB.
    assert!(grown < 1_000_000, "{grown} bytes");
}
