//! Whether the order of two steps on one channel with several receivers makes a difference.

use super::{Belt, Outcome};
use crate::world::operation::Relation;

/// How two steps on one channel relate, whichever was made first.
///
/// - Messages come one behind the other, and so do those who take them: sends meet sends, receives meet receives,
///   also where both came to nothing: elsewhere they do not.
/// - A receive names the send of its message, and a send that waited for room the receive that made it. So a receive
///   and a send commute, unless the time of one of them was up. An attempt meets the other side whatever it came to:
///   several on one side depend on each other, and then that it would have found nothing cannot be read off the one
///   step that it names.
/// - The end names all that brought it about. A receive that finds nothing meets the drops of senders, and a send
///   those of receivers.
/// - Handles are only counted, unless it is seen who drops the messages that are left.
/// - A message that comes behind its send is named by who waits for it.
pub fn relation(first: (Belt, Outcome), second: (Belt, Outcome)) -> Relation {
    if meets(first, second) || meets(second, first) { Relation::Racing } else { Relation::Independent }
}

/// Whether it is an attempt, or something whose time was up.
fn may_find_nothing(kind: Belt, outcome: Outcome) -> bool {
    matches!(kind, Belt::TrySend(_) | Belt::TryRecv) || outcome == Outcome::Failed
}

/// Whether the two meet, in the one way or the other.
fn meets((a, a_out): (Belt, Outcome), (b, b_out): (Belt, Outcome)) -> bool {
    use Belt::{Fire, ReceiverDrop, SenderDrop};
    match (a, b) {
        (a, b) if a.sends() && b.sends() || a.receives() && b.receives() => true,
        (a, b) if a.sends() && b.receives() => may_find_nothing(a, a_out) || may_find_nothing(b, b_out),
        // Time is up whether or not anybody looks.
        (ReceiverDrop(_), Fire(_)) => false,
        (ReceiverDrop(_), b) if b.sends() => true,
        (SenderDrop(_), b) if b.receives() => may_find_nothing(b, b_out),
        (SenderDrop(true) | ReceiverDrop(true), SenderDrop(true) | ReceiverDrop(true)) => true,
        (a, ReceiverDrop(_)) if a.looks() => true,
        (a, SenderDrop(_)) if a.looks_for_a_message() => true,
        (a, b) if a.looks() => b.sends() || b.receives(),
        _ => false,
    }
}
