//! What the operations mean one at a time (skeleton).
