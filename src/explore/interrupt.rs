//! Ctrl-C: the first puts searches down, the second ends the process.

use std::io::IsTerminal;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

/// The exit code of a process that Ctrl-C ended, as shells have it.
const ENDED: i32 = 130;

static CALLED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C is heard. A program that has a handler of its own keeps it.
pub fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Nothing is passed on by it but itself.
        let _ = ctrlc::try_set_handler(|| {
            if CALLED.swap(true, Ordering::Relaxed) {
                std::process::exit(ENDED);
            }
        });
    });
}

/// As `listen`, where a person watches.
pub fn listen_on_a_terminal() {
    if std::io::stderr().is_terminal() {
        listen();
    }
}

/// Whether Ctrl-C was pressed.
pub fn is_called() -> bool {
    // A search that sees it an execution later is put down an execution later.
    CALLED.load(Ordering::Relaxed)
}
