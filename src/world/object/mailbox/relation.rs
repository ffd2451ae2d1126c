//! Whether the order of two steps on one mailbox makes a difference.

use super::{Mail, Outcome};
use crate::world::operation::Relation;

/// How two steps on one mailbox relate, the first of them made first.
///
/// - Messages come one behind the other, so whoever puts one in meets all who do.
/// - A receive names the send of the last message that it took, and a send that found a place the step that gave it
///   back. So a receive and a send commute, if the one had not to wait for a message and the other found a place.
/// - A turn that has come names the step that brought it. So going on meets nothing but the end.
/// - Senders are only counted: that meets whoever asks for their number, and who wants to be one more the drop of
///   the last.
/// - All else meets: who takes places and who gives some back, and the end.
pub fn relation(first: (Mail, Outcome), second: (Mail, Outcome)) -> Relation {
    if meets(first, second) || meets(second, first) {
        return if is_ordered(first.0, second.0) { Relation::Ordered } else { Relation::Racing };
    }
    Relation::Independent
}

/// Nobody but the receiver closes, and it does not receive meanwhile.
fn is_ordered(first: Mail, second: Mail) -> bool {
    first == Mail::Close && matches!(second, Mail::Recv(_) | Mail::TryRecv(_))
}

fn gives(kind: Mail) -> bool {
    matches!(kind, Mail::Leave(_) | Mail::GiveBack(_))
}

fn is_turn(kind: Mail) -> bool {
    matches!(kind, Mail::SendInTurn(_) | Mail::SendIfTurn(_) | Mail::Wake(_) | Mail::Look(_))
}

fn counts(kind: Mail) -> bool {
    use Mail::{SenderDrop, SenderNew, Upgrade, WeakDrop, WeakNew};
    matches!(kind, SenderNew | Upgrade | SenderDrop | WeakNew | WeakDrop)
}

/// Whether it puts a message in, as far as is known.
fn pushes((kind, outcome): (Mail, Outcome)) -> bool {
    let sends = matches!(kind, Mail::Send(_) | Mail::SendInTurn(_) | Mail::SendIfTurn(_) | Mail::TrySend);
    let may = matches!(kind, Mail::Put | Mail::Fill) || sends;
    may && matches!(outcome, Outcome::Done | Outcome::Pending)
}

/// Whether the two meet, in the one way or the other.
fn meets((a, a_out): (Mail, Outcome), (b, b_out): (Mail, Outcome)) -> bool {
    use Mail::{
        AwaitClosed, Close, Count, Fill, Look, LookClosed, Put, Query, ReceiverDrop, Recv, SendIfTurn,
        SenderDrop, TryRecv, Upgrade,
    };
    let may_fail = a_out != Outcome::Done;
    let both_failed = a_out == Outcome::Failed && b_out == Outcome::Failed;
    match (a, b) {
        (a, b) if a.enters() && b.enters() => !both_failed,
        (Recv(_) | TryRecv(_), Recv(_) | TryRecv(_)) => true,
        (Recv(1), b) if pushes((b, b_out)) => a_out == Outcome::Failed,
        (Recv(_) | TryRecv(_), b) if pushes((b, b_out)) && may_fail => true,
        // It is for its place that it meets a receive.
        (Put, Recv(_) | TryRecv(_)) => false,
        (a, Recv(_) | TryRecv(_)) if a.enters() => may_fail,
        (TryRecv(_), SenderDrop) => !matches!(a_out, Outcome::Done | Outcome::Together),
        (Recv(_), SenderDrop) => a_out == Outcome::Failed,
        (Look(_) | SendIfTurn(_), Recv(_) | TryRecv(_)) => may_fail,
        (Look(_) | SendIfTurn(_), b) if gives(b) => may_fail,
        (a, b) if gives(a) => gives(b) || b.enters() || matches!(b, Recv(_) | TryRecv(_)),
        (a, b) if pushes((a, a_out)) && pushes((b, b_out)) => true,
        (Close | ReceiverDrop, b) => {
            let asks = matches!(b, Recv(_) | TryRecv(_) | AwaitClosed | LookClosed | Close | ReceiverDrop);
            asks || b.enters() || is_turn(b) || gives(b) || (a, b) == (ReceiverDrop, Fill)
        }
        (Upgrade, SenderDrop) => true,
        (Count, b) => counts(b),
        (Query, Query | AwaitClosed | LookClosed | Count) => false,
        (Query, b) => !matches!(b, Mail::SenderNew | Mail::WeakNew | Mail::WeakDrop),
        _ => false,
    }
}
