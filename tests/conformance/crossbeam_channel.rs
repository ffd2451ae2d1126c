//! What `crossbeam-channel`'s documentation promises. Loom's world has none of it.

use crate::{Loom, beside, check};
use raceproof::crossbeam_channel::{
    Receiver, RecvError, RecvTimeoutError, Select, SendError, SendTimeoutError, TryRecvError, TrySendError,
    after, at, bounded, never, select, select_biased, tick, unbounded,
};
use raceproof::sync::Arc;
use raceproof::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use raceproof::time::Instant;
use std::collections::BTreeSet;
use std::panic::resume_unwind;
use std::sync::Mutex;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

fn promise(body: fn()) {
    check(Loom::Lacks, body);
}

/// As `promise`; in the model all these are seen, and nothing else anywhere.
fn promise_of_any(seen: &'static Mutex<BTreeSet<u32>>, all: &[u32], body: fn()) {
    promise(body);
    assert_eq!(seen.lock().unwrap().iter().copied().collect::<Vec<_>>(), all);
}

#[test]
fn an_unbounded_channel_holds_any_number_of_messages() {
    promise(|| {
        let (s, r) = unbounded();
        let sends = beside(move || (0..4).for_each(|i| s.send(i).unwrap()));
        sends.join().unwrap();
        assert_eq!((r.len(), r.capacity(), r.is_full()), (4, None, false));
        assert_eq!(r.try_iter().collect::<Vec<_>>(), [0, 1, 2, 3]);
    });
}

#[test]
fn a_bounded_channel_blocks_a_send_until_there_is_room() {
    promise(|| {
        let (s, r) = bounded(1);
        s.send(1).unwrap();
        assert_eq!(s.try_send(2), Err(TrySendError::Full(2)));
        let sends = beside(move || s.send(3));
        assert_eq!((r.recv(), r.recv()), (Ok(1), Ok(3)));
        assert_eq!(sends.join().unwrap(), Ok(()));
    });
}

#[test]
fn in_a_zero_capacity_channel_send_and_receive_pair_up() {
    promise(|| {
        let ((s, r), received) = (bounded(0), Arc::new(AtomicUsize::new(0)));
        assert_eq!((s.capacity(), s.is_empty(), s.is_full()), (Some(0), true, true));
        assert_eq!(r.try_recv(), Err(TryRecvError::Empty));
        assert_eq!(s.try_send(0), Err(TrySendError::Full(0)));
        let counts = received.clone();
        let sends = beside(move || {
            counts.fetch_add(1, SeqCst);
            s.send(1)
        });
        assert_eq!(r.recv(), Ok(1));
        assert_eq!(received.load(SeqCst), 1);
        assert_eq!(sends.join().unwrap(), Ok(()));
    });
}

#[test]
fn a_receive_of_a_zero_capacity_channel_is_met_by_one_send() {
    promise(|| {
        let (s, r) = bounded(0);
        let sends = [s.clone(), s].map(|s| beside(move || usize::from(s.send(()).is_ok())));
        r.recv().unwrap();
        drop(r);
        assert_eq!(sends.map(|sent| sent.join().unwrap()).iter().sum::<usize>(), 1);
    });
}

#[test]
fn try_send_of_a_zero_capacity_channel_needs_a_receive_at_the_same_time() {
    static SEEN: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());
    promise_of_any(&SEEN, &[1, 2], || {
        let (s, r) = bounded(0);
        let receives = beside(move || r.recv().unwrap());
        match s.try_send(1) {
            Err(TrySendError::Full(1)) => s.send(2).unwrap(),
            sent => assert_eq!(sent, Ok(())),
        }
        let seen = receives.join().unwrap();
        SEEN.lock().unwrap().insert(seen);
    });
}

#[test]
fn cloning_creates_a_handle_to_the_same_side_and_no_stream_of_its_own() {
    promise(|| {
        let (s1, r1) = unbounded();
        let (s2, r2) = (s1.clone(), r1.clone());
        let other = beside(move || s1.send(10));
        assert_eq!(other.join().unwrap(), Ok(()));
        s2.send(20).unwrap();
        assert_eq!((r2.recv(), r1.recv()), (Ok(10), Ok(20)));
        let (s3, r3) = unbounded::<i32>();
        assert!(s2.same_channel(&s2.clone()) && !s2.same_channel(&s3));
        assert!(r1.same_channel(&r2) && !r1.same_channel(&r3));
    });
}

#[test]
fn each_message_is_received_by_one_of_the_receivers() {
    promise(|| {
        let (s, r) = bounded(1);
        let takers = [r.clone(), r].map(|r| beside(move || r.iter().sum::<u32>()));
        s.send(1).unwrap();
        s.send(2).unwrap();
        drop(s);
        assert_eq!(takers.map(|taker| taker.join().unwrap()).iter().sum::<u32>(), 3);
    });
}

#[test]
fn messages_that_remain_are_received_when_all_senders_are_dropped() {
    promise(|| {
        let (s, r) = bounded(2);
        let sends = beside(move || (1..=2).for_each(|i| s.send(i).unwrap()));
        assert_eq!(r.iter().collect::<Vec<_>>(), [1, 2]);
        sends.join().unwrap();
        assert_eq!((r.recv(), r.try_recv()), (Err(RecvError), Err(TryRecvError::Disconnected)));
        assert_eq!(r.recv_timeout(MS), Err(RecvTimeoutError::Disconnected));
    });
}

#[test]
fn a_send_gives_its_message_back_when_all_receivers_are_dropped() {
    promise(|| {
        let (s, r) = bounded(1);
        s.send(1).unwrap();
        let drops = beside(move || drop(r));
        assert_eq!(s.send(2), Err(SendError(2)));
        drops.join().unwrap();
        assert_eq!(s.try_send(3), Err(TrySendError::Disconnected(3)));
        assert_eq!(s.send_timeout(4, MS), Err(SendTimeoutError::Disconnected(4)));
    });
}

#[test]
fn a_disconnect_wakes_all_who_receive() {
    promise(|| {
        let (s, r) = unbounded::<u32>();
        let wait = [r.clone(), r].map(|r| beside(move || r.recv()));
        drop(s);
        assert_eq!(wait.map(|thread| thread.join().unwrap()), [Err(RecvError); 2]);
    });
}

#[test]
fn a_disconnect_wakes_all_who_send() {
    promise(|| {
        let (s, r) = bounded(0);
        let wait = [s.clone(), s].map(|s| beside(move || s.send(1)));
        drop(r);
        assert_eq!(wait.map(|thread| thread.join().unwrap()), [Err(SendError(1)); 2]);
    });
}

#[test]
fn a_thread_that_panics_disconnects_what_it_held() {
    promise(|| {
        let (s, r) = bounded::<u32>(0);
        let panics = beside(move || {
            let _held = s;
            resume_unwind(Box::new("on purpose"));
        });
        assert_eq!(r.recv(), Err(RecvError));
        assert!(panics.join().is_err());
    });
}

#[test]
fn send_timeout_gives_the_message_back_when_time_is_up_and_sends_it_where_there_is_room() {
    promise(|| {
        let (s, r) = bounded(1);
        let sends = beside(move || {
            let first = s.send_timeout(1, Duration::ZERO);
            (first, s.send_deadline(2, Instant::now() + MS), s.send_timeout(3, MS))
        });
        let timeout = |message| Err(SendTimeoutError::Timeout(message));
        assert_eq!(sends.join().unwrap(), (Ok(()), timeout(2), timeout(3)));
        assert_eq!(r.try_iter().collect::<Vec<_>>(), [1]);
    });
}

#[test]
fn recv_timeout_takes_a_message_that_is_there_and_else_says_that_time_is_up() {
    promise(|| {
        let (s, r) = unbounded();
        beside(move || s.send(1).map(|()| s)).join().unwrap().unwrap();
        assert_eq!(r.recv_timeout(Duration::ZERO), Ok(1));
        let (_s, r) = bounded::<u32>(0);
        let waits = beside(move || (r.recv_timeout(MS), r.recv_deadline(Instant::now() + MS)));
        assert_eq!(waits.join().unwrap(), (Err(RecvTimeoutError::Timeout), Err(RecvTimeoutError::Timeout)));
    });
}

#[test]
fn iter_ends_when_the_channel_is_empty_and_disconnected_and_try_iter_when_it_is_empty() {
    promise(|| {
        let (s, r) = unbounded();
        let takes = r.clone();
        let takes = beside(move || takes.into_iter().count());
        s.send(1).unwrap();
        let here = r.try_iter().count();
        drop(s);
        assert_eq!(here + r.iter().count() + takes.join().unwrap(), 1);
    });
}

#[test]
fn len_and_is_full_say_how_many_messages_wait() {
    promise(|| {
        let (s, r) = bounded(2);
        assert!(s.is_empty() && r.is_empty() && !s.is_full());
        let sends = beside(move || (1..=2).for_each(|i| s.send(i).unwrap()));
        assert!(r.len() <= 2);
        sends.join().unwrap();
        assert_eq!((r.len(), r.is_full(), r.capacity()), (2, true, Some(2)));
    });
}

/// Counts when it is dropped.
struct Counts(Arc<AtomicUsize>);

impl Drop for Counts {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[test]
fn messages_that_nobody_takes_are_dropped_with_the_channel() {
    promise(|| {
        let count = Arc::new(AtomicUsize::new(0));
        for (s, r) in [bounded(1), unbounded()] {
            s.send(Counts(count.clone())).unwrap();
            let drops = beside(move || drop(r));
            drop(s);
            drops.join().unwrap();
        }
        assert_eq!(count.load(SeqCst), 2);
    });
}

#[test]
fn select_executes_any_of_the_operations_that_are_ready() {
    static SEEN: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());
    promise_of_any(&SEEN, &[1, 2, 3], || {
        let ((s1, r1), (s2, r2), (s3, r3)) = (unbounded(), unbounded(), bounded(1));
        s1.send(1).unwrap();
        beside(move || s2.send(2).map(|()| s2)).join().unwrap().unwrap();
        let seen = select! {
            recv(r1) -> message => message.unwrap(),
            recv(r2) -> message => message.unwrap(),
            send(s3, 3) -> sent => {
                sent.unwrap();
                r3.recv().unwrap()
            }
        };
        SEEN.lock().unwrap().insert(seen);
        assert_eq!(r1.len() + r2.len() + r3.len(), if seen == 3 { 2 } else { 1 });
    });
}

#[test]
fn select_waits_until_one_of_its_operations_is_ready() {
    promise(|| {
        let ((_s1, r1), (s2, r2)) = (unbounded::<u32>(), bounded(0));
        let sends = beside(move || s2.send(2));
        let received = select! {
            recv(r1) -> message => message,
            recv(r2) -> message => message,
        };
        assert_eq!((received, sends.join().unwrap()), (Ok(2), Ok(())));
    });
}

#[test]
fn select_takes_an_operation_for_ready_whose_channel_is_disconnected() {
    promise(|| {
        let ((s1, r1), (s2, r2)) = (unbounded::<u32>(), bounded::<u32>(0));
        let drops = beside(move || drop((s1, r2)));
        let ended = select! {
            recv(r1) -> message => message == Err(RecvError),
            send(s2, 1) -> sent => sent == Err(SendError(1)),
        };
        assert!(ended);
        drops.join().unwrap();
    });
}

#[test]
fn select_executes_default_if_no_operation_is_ready() {
    promise(|| {
        let ((s1, r1), (s2, r2)) = (bounded(1), bounded::<u32>(0));
        let pick = |r1: &Receiver<u32>| {
            select! {
                recv(r1) -> message => message.ok(),
                send(s2, 7) -> _ => unreachable!("nobody receives"),
                default => None,
            }
        };
        assert_eq!(pick(&r1), None);
        let sends = beside(move || s1.send(1).unwrap());
        let before = pick(&r1);
        sends.join().unwrap();
        assert_eq!(before.or_else(|| pick(&r1)), Some(1));
        drop(r2);
    });
}

#[test]
fn select_executes_default_with_a_time_when_that_is_up() {
    static SEEN: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());
    promise_of_any(&SEEN, &[0, 1], || {
        let ((s1, r1), r2) = (bounded(1), never::<u32>());
        let sends = beside(move || s1.send(1).map(|()| s1));
        let seen = select! {
            recv(r1) -> message => message.unwrap(),
            recv(r2) -> _ => unreachable!("it never comes"),
            default(MS) => 0,
        };
        SEEN.lock().unwrap().insert(seen);
        sends.join().unwrap().unwrap();
    });
}

#[test]
fn select_evaluates_a_message_only_if_it_is_sent() {
    promise(|| {
        let ((s1, r1), count) = (bounded(1), Arc::new(AtomicUsize::new(0)));
        let other = s1.clone();
        let sends = beside(move || {
            let message = || count.fetch_add(1, SeqCst);
            select! { send(s1, message()) -> sent => sent.is_ok(), default => count.load(SeqCst) == 1 }
        });
        let _ = other.try_send(9);
        let first = r1.recv().unwrap();
        let sent = sends.join().unwrap();
        assert_eq!(sent, first == 0 || r1.try_recv() == Ok(0));
    });
}

#[test]
fn select_biased_takes_the_first_that_is_ready() {
    promise(|| {
        let ((s1, r1), (s2, r2)) = (unbounded(), unbounded());
        let sends = beside(move || {
            s1.send(1).unwrap();
            s2.send(2).unwrap();
        });
        let take = || {
            select_biased! {
                recv(r1) -> message => message,
                recv(r2) -> message => message,
            }
        };
        sends.join().unwrap();
        assert_eq!((take(), take()), (Ok(1), Err(RecvError)));
        assert_eq!(r2.try_recv(), Ok(2));
    });
}

#[test]
fn two_selections_on_a_zero_capacity_channel_meet() {
    promise(|| {
        let (s, r) = bounded(0);
        let (other_s, other_r) = (s.clone(), r.clone());
        let meets = beside(move || {
            select! { send(other_s, 1) -> sent => Err(sent), recv(other_r) -> message => Ok(message) }
        });
        let mine = select! { send(s, 2) -> sent => Err(sent), recv(r) -> message => Ok(message) };
        match meets.join().unwrap() {
            Ok(message) => assert_eq!((message, mine), (Ok(2), Err(Ok(())))),
            Err(sent) => assert_eq!((sent, mine), (Ok(()), Ok(Ok(1)))),
        }
    });
}

#[test]
fn a_selection_waits_where_try_send_of_another_thread_finds_it() {
    static SEEN: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());
    promise_of_any(&SEEN, &[1, 2], || {
        let ((s1, r1), (s2, r2)) = (bounded(0), bounded(0));
        let waits = beside(move || {
            select! { recv(r1) -> message => message, recv(r2) -> message => message }
        });
        if s1.try_send(1).is_err() {
            s2.send(2).unwrap();
        }
        let seen = waits.join().unwrap().unwrap();
        SEEN.lock().unwrap().insert(seen);
    });
}

#[test]
fn select_completes_the_operation_of_its_index_and_leaves_out_what_was_removed() {
    promise(|| {
        let ((s1, r1), (s2, r2)) = (bounded(1), bounded(1));
        let sends = beside(move || (s1.send(1), s2.send(2)).0.map(|()| (s1, s2)));
        let mut select = Select::new();
        let (first, second) = (select.recv(&r1), select.recv(&r2));
        select.remove(first);
        let selected = select.select();
        assert_eq!((selected.index(), selected.recv(&r2)), (second, Ok(2)));
        let left = sends.join().unwrap();
        assert!(select.try_select().is_err() && select.select_timeout(MS).is_err());
        drop(left);
        assert_eq!(r1.recv(), Ok(1));
    });
}

#[test]
fn ready_says_which_operation_would_not_block_and_leaves_it_to_the_caller() {
    promise(|| {
        let ((s1, r1), (_s2, r2)) = (bounded(1), bounded::<u32>(0));
        let mut select = Select::new();
        let first = select.recv(&r1);
        select.recv(&r2);
        assert!(select.try_ready().is_err());
        let sends = beside(move || s1.send(1).map(|()| s1));
        // It may say so without a reason.
        let received = loop {
            if select.ready() == first
                && let Ok(message) = r1.try_recv()
            {
                break message;
            }
        };
        assert_eq!(received, 1);
        sends.join().unwrap().unwrap();
    });
}

#[test]
fn after_delivers_one_message_the_instant_and_never_disconnects() {
    promise(|| {
        let begin = Instant::now();
        let timeout = after(MS);
        assert_eq!(timeout.capacity(), Some(1));
        let other = timeout.clone();
        let waits = beside(move || other.recv().map(Instant::from));
        let up = waits.join().unwrap().unwrap();
        assert!(up >= begin + MS && Instant::now() >= up);
        assert_eq!(timeout.try_recv(), Err(TryRecvError::Empty));
    });
}

#[test]
fn at_delivers_its_instant_and_at_once_if_that_is_past() {
    promise(|| {
        let (now, late) = (Instant::now(), Instant::now() + MS);
        let (past, future) = (at(now), at(late));
        let waits = beside(move || (past.recv().map(Instant::from), future.recv().map(Instant::from)));
        assert_eq!(waits.join().unwrap(), (Ok(now), Ok(late)));
    });
}

#[test]
fn tick_delivers_messages_in_intervals() {
    promise(|| {
        let ticker = tick(MS);
        let waits = beside(move || (ticker.recv().unwrap(), ticker.recv().unwrap()));
        let (first, second) = waits.join().unwrap();
        assert!(second >= first + MS);
    });
}

#[test]
fn never_adds_no_timeout_to_a_selection_and_after_adds_one() {
    promise(|| {
        let (s, r) = unbounded();
        let waits = beside(move || {
            let timeout = never();
            let first = select! { recv(r) -> message => message.ok(), recv(timeout) -> up => up.ok() };
            let timeout = after(MS);
            let second = select! { recv(r) -> message => message.ok(), recv(timeout) -> _ => None };
            (first.is_some(), second)
        });
        let now = std::time::Instant::now();
        s.send(now).unwrap();
        assert_eq!(waits.join().unwrap(), (true, None));
    });
}

#[test]
fn select_deadline_and_ready_in_time_give_up_when_time_is_up() {
    promise(|| {
        let ((s1, r1), (_s2, r2)) = (bounded(1), bounded::<u32>(0));
        let mut select = Select::new();
        let (first, _) = (select.recv(&r1), select.recv(&r2));
        assert!(select.select_deadline(Instant::now() + MS).is_err());
        let sends = beside(move || s1.send(1).map(|()| s1));
        let s1 = sends.join().unwrap().unwrap();
        assert_eq!(s1.len(), 1);
        // It may say without a reason that an operation is ready, and which one.
        let ready = [select.ready_timeout(MS), select.ready_deadline(Instant::now() + MS)];
        assert!(ready.iter().all(|ready| ready.is_err() || ready.is_ok_and(|index| index <= first + 1)));
        assert_eq!((r1.try_recv(), s1.len()), (Ok(1), 0));
    });
}
