//! What is of the real world alone. In a model a program that uses it is undecided.

use crate::page;
use raceproof::explore::{Engine, Explorer};

/// It holds in the real world, and no model pretends to have it.
pub fn check(body: fn()) {
    body();
    let [exhaustive, loom] =
        [Engine::Exhaustive, Engine::Loom].map(|engine| Explorer::new(engine).explore(body));
    for verdict in [&exhaustive, &loom] {
        assert_eq!(verdict.word(), "undecided", "{verdict}");
    }
    page::keep(&exhaustive, &loom);
}
