//! What tokio's documentation promises of its oneshot and of `SetOnce`, a body each, as in `tokio_sync`; and both
//! beside tokio's own, poll for poll.

use crate::Loom;
use crate::tokio_beside::{Chance, in_model, polled};
use crate::tokio_sync::check;
use futures_util::FutureExt;
use raceproof::cell::UnsafeCell;
use raceproof::explore::{Engine, Explorer};
use raceproof::sync::Arc;
use raceproof::thread;
use raceproof::tokio;
use raceproof::tokio::sync::SetOnce;
use raceproof::tokio::sync::oneshot::{self, error::TryRecvError};
use raceproof::verdict::Finding;
use std::fmt::Write;
use std::task::Poll;

#[test]
fn send_returns_the_value_if_the_receiver_is_gone() {
    check(Loom::Lacks, async || {
        let (sender, receiver) = oneshot::channel();
        let drops = tokio::spawn(async move { drop(receiver) });
        let sent = sender.send(1);
        assert!(sent == Ok(()) || sent == Err(1));
        drops.await.unwrap();
    });
}

#[test]
fn send_after_close_is_guaranteed_to_fail_and_a_value_sent_before_is_received() {
    check(Loom::Lacks, async || {
        let (sender, mut receiver) = oneshot::channel();
        let sends = tokio::spawn(async move { sender.send(1) });
        receiver.close();
        match receiver.try_recv() {
            Ok(value) => assert_eq!((value, sends.await.unwrap()), (1, Ok(()))),
            Err(error) => assert_eq!((error, sends.await.unwrap()), (TryRecvError::Closed, Err(1))),
        }
    });
}

#[test]
fn recv_after_close_is_an_error_if_nothing_was_sent_before() {
    check(Loom::Lacks, async || {
        let (sender, mut receiver) = oneshot::channel();
        let sends = tokio::spawn(async move { sender.send(1).is_ok() });
        assert!(receiver.is_empty() || receiver.try_recv() == Ok(1));
        receiver.close();
        let received = if receiver.is_terminated() { Ok(1) } else { receiver.await };
        assert_eq!(received.is_ok(), sends.await.unwrap());
    });
}

#[test]
fn closed_completes_when_the_receiver_is_closed() {
    check(Loom::Lacks, async || {
        let (mut sender, mut receiver) = oneshot::channel::<()>();
        let closes = tokio::spawn(async move {
            receiver.close();
            receiver.try_recv()
        });
        sender.closed().await;
        assert!(sender.is_closed());
        assert_eq!((sender.send(()), closes.await.unwrap()), (Err(()), Err(TryRecvError::Closed)));
    });
}

#[test]
fn closed_completes_when_the_receiver_is_dropped() {
    check(Loom::Lacks, async || {
        let (mut sender, receiver) = oneshot::channel::<u32>();
        let drops = tokio::spawn(async move { drop(receiver) });
        sender.closed().await;
        drops.await.unwrap();
    });
}

#[test]
fn closed_beside_work_ends_that_when_nobody_waits_for_its_result() {
    check(Loom::Lacks, async || {
        let (mut sender, receiver) = oneshot::channel();
        let works = tokio::spawn(async move {
            tokio::select! {
                () = sender.closed() => None,
                () = tokio::task::yield_now() => Some(sender.send(1)),
            }
        });
        let received = receiver.now_or_never();
        let sent = works.await.unwrap();
        assert!(!matches!((&received, sent), (Some(Ok(_)), None | Some(Err(_)))));
    });
}

#[test]
fn poll_closed_is_pending_until_the_receiver_closes_and_wakes_its_task() {
    check(Loom::Lacks, async || {
        let (mut sender, mut receiver) = oneshot::channel::<()>();
        let waits = tokio::spawn(async move {
            let mut polls = 0;
            std::future::poll_fn(|context| {
                polls += 1;
                assert!(polls < 3);
                sender.poll_closed(context)
            })
            .await;
            sender.is_closed()
        });
        receiver.close();
        assert!(waits.await.unwrap());
    });
}

#[test]
fn is_closed_tells_whether_the_receiver_has_been_dropped() {
    check(Loom::Lacks, async || {
        let (sender, receiver) = oneshot::channel::<()>();
        let drops = tokio::spawn(async move { drop(receiver) });
        let before = sender.is_closed();
        drops.await.unwrap();
        assert!(sender.is_closed() >= before && sender.is_closed());
    });
}

#[test]
fn try_recv_is_empty_before_the_value_is_sent_and_closed_behind_it() {
    check(Loom::Lacks, async || {
        let (sender, mut receiver) = oneshot::channel();
        let sends = tokio::spawn(async move { sender.send(1).unwrap() });
        let first = receiver.try_recv();
        sends.await.unwrap();
        if first == Err(TryRecvError::Empty) {
            assert_eq!(receiver.try_recv(), Ok(1));
        } else {
            assert_eq!(first, Ok(1));
        }
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
    });
}

#[test]
fn try_recv_is_closed_once_the_sender_is_dropped_without_sending() {
    check(Loom::Lacks, async || {
        let (sender, mut receiver) = oneshot::channel::<()>();
        let drops = tokio::spawn(async move { drop(sender) });
        let first = receiver.try_recv().unwrap_err();
        assert_eq!(receiver.is_terminated(), first == TryRecvError::Closed);
        assert!(receiver.is_terminated() || receiver.await.is_err());
        drops.await.unwrap();
    });
}

#[test]
fn receiver_is_terminated_once_it_has_its_value_and_empty_again() {
    check(Loom::Too, async || {
        let (sender, mut receiver) = oneshot::channel();
        let sends = tokio::spawn(async move { sender.send(1) });
        assert!(!receiver.is_terminated());
        assert_eq!((&mut receiver).await, Ok(1));
        assert!(receiver.is_terminated() && receiver.is_empty());
        sends.await.unwrap().unwrap();
    });
}

#[test]
fn receiver_by_reference_in_a_select_loses_nothing() {
    check(Loom::Lacks, async || {
        let (sender, mut receiver) = oneshot::channel();
        let sends = tokio::spawn(async move { sender.send(1) });
        let first = tokio::select! {
            biased;
            received = &mut receiver => Some(received),
            () = std::future::ready(()) => None,
        };
        let received = if let Some(received) = first { received } else { receiver.await };
        assert_eq!(received, Ok(1));
        sends.await.unwrap().unwrap();
    });
}

#[test]
fn blocking_recv_is_for_threads_and_waits_for_the_value_or_the_end() {
    check(Loom::Too, async || {
        let ((sender, receiver), (dropped, ended)) = (oneshot::channel(), oneshot::channel::<()>());
        let receives = thread::spawn(move || (receiver.blocking_recv(), ended.blocking_recv().is_err()));
        sender.send(1).unwrap();
        drop(dropped);
        assert_eq!(receives.join().unwrap(), (Ok(1), true));
    });
}

#[test]
fn blocking_recv_panics_in_a_task() {
    check(Loom::Lacks, async || {
        let (sender, receiver) = oneshot::channel::<()>();
        let panics = tokio::spawn(async move { receiver.blocking_recv() });
        assert!(panics.await.unwrap_err().is_panic());
        assert!(sender.is_closed());
    });
}

#[test]
fn set_once_is_set_by_one_and_all_others_get_their_value_back() {
    check(Loom::Lacks, async || {
        let value = Arc::new(SetOnce::new());
        let other = Arc::clone(&value);
        let sets = tokio::spawn(async move { other.set(1) });
        let mine = value.set(2);
        assert_eq!(mine.is_ok(), sets.await.unwrap().is_err());
        assert!(value.initialized());
        assert_eq!(value.get(), Some(if mine.is_ok() { &2 } else { &1 }));
    });
}

#[test]
fn set_once_wait_returns_when_it_is_set_and_wakes_all_who_wait() {
    check(Loom::Lacks, async || {
        let value = Arc::new(SetOnce::new());
        let waits = |value: &Arc<SetOnce<u32>>| {
            let value = Arc::clone(value);
            tokio::spawn(async move { *value.wait().await })
        };
        let (first, second) = (waits(&value), waits(&value));
        value.set(3).unwrap();
        assert_eq!((first.await.unwrap(), second.await.unwrap()), (3, 3));
        assert_eq!(Arc::try_unwrap(value).ok().and_then(SetOnce::into_inner), Some(3));
    });
}

#[test]
fn set_once_wait_is_cancel_safe() {
    check(Loom::Lacks, async || {
        let value = Arc::new(SetOnce::new());
        let other = Arc::clone(&value);
        let sets = tokio::spawn(async move { other.set(1).unwrap() });
        assert!(matches!(value.wait().now_or_never(), None | Some(1)));
        assert_eq!(value.wait().await, &1);
        assert_eq!(SetOnce::from(1), SetOnce::clone(&value));
        assert_eq!(SetOnce::new_with(None::<u32>).get(), None);
        sets.await.unwrap();
    });
}

beside! {
    oneshot: |sync, chance, said| {
        let (sender, mut receiver) = sync::oneshot::channel();
        let (mut sender, mut dropped) = (Some(sender), false);
        for value in 0..12 {
            let many = chance.below(4);
            let what = match (chance.below(10), sender.as_mut()) {
                (0, Some(_)) => format!("{:?}", sender.take().unwrap().send(value)),
                (1, Some(sender)) => {
                    let closed = polled(&mut Box::pin(sender.closed()));
                    format!("{closed:?} {}", sender.is_closed())
                }
                (2, Some(_)) if many == 0 => {
                    sender = None;
                    String::new()
                }
                (3 | 4, _) if !receiver.is_terminated() => {
                    let Poll::Ready(received) = polled(&mut Box::pin(&mut receiver)) else { continue };
                    format!("{received:?}")
                }
                (5 | 6, _) => format!("{:?}", receiver.try_recv()),
                (7, _) if many < 2 => {
                    receiver.close();
                    String::new()
                }
                (8, _) if many == 0 && !dropped => {
                    // As good as dropped: its sender's fate is another channel's.
                    receiver = sync::oneshot::channel().1;
                    dropped = true;
                    String::new()
                }
                _ => String::new(),
            };
            writeln!(said, "{what} {} {}", receiver.is_terminated(), receiver.is_empty()).unwrap();
        }
    }
    set_once: |sync, chance, said| {
        let value = sync::SetOnce::new();
        for n in 0..8 {
            let what = match chance.below(4) {
                0 => format!("{:?}", value.set(n)),
                1 => format!("{:?}", polled(&mut Box::pin(value.wait()))),
                2 => format!("{:?}", value.get()),
                _ => value.initialized().to_string(),
            };
            writeln!(said, "{what}").unwrap();
        }
        writeln!(said, "{:?}", value.into_inner()).unwrap();
    }
}

struct Plain(UnsafeCell<u32>);

// SAFETY: whether its users are alone is what is asked.
unsafe impl Sync for Plain {}

/// Plain memory that one end writes before `leaves`, and the other reads behind `sees`: whether that is a data race.
fn is_racy(leaves: fn(oneshot::Sender<()>), sees: fn(oneshot::Receiver<()>) -> bool) -> bool {
    let verdict = Explorer::new(Engine::Exhaustive).explore(move || {
        let cell = Arc::new(Plain(UnsafeCell::new(0)));
        let (written, (sender, receiver)) = (Arc::clone(&cell), oneshot::channel());
        let writes = thread::spawn(move || {
            // SAFETY: as above.
            written.0.with_mut(|value| unsafe { *value = 1 });
            leaves(sender);
        });
        if sees(receiver) {
            // SAFETY: as above.
            assert_eq!(cell.0.with(|value| unsafe { *value }), 1);
        }
        writes.join().unwrap();
    });
    assert!(verdict.is_proved() || verdict.assert_refuted().finding == Finding::DataRace, "{verdict}");
    verdict.is_refuted()
}

#[test]
fn what_the_sender_wrote_is_known_behind_its_value_or_its_end_and_not_behind_a_close_that_came_before() {
    let sends = |sender: oneshot::Sender<()>| sender.send(()).unwrap_or_default();
    assert!(!is_racy(sends, |mut receiver| receiver.try_recv().is_ok()));
    assert!(!is_racy(sends, |receiver| !receiver.is_empty()));
    assert!(!is_racy(drop, |mut receiver| receiver.try_recv() == Err(TryRecvError::Closed)));
    assert!(!is_racy(drop, |receiver| receiver.blocking_recv().is_err()));
    assert!(is_racy(drop, |mut receiver| {
        receiver.close();
        receiver.try_recv() == Err(TryRecvError::Closed)
    }));
}
