//! What tokio's documentation promises of its channels, a body each, as in `tokio_sync`.

use crate::Loom;
use crate::tokio_sync::check;
use futures_util::FutureExt;
use raceproof::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use raceproof::tokio;
use raceproof::tokio::sync::broadcast;
use raceproof::tokio::sync::mpsc::{self, error::TryRecvError, error::TrySendError};
use std::pin::pin;

#[test]
fn mpsc_send_waits_until_there_is_capacity_and_senders_are_served_first_come_first_served() {
    check(Loom::Lacks, async || {
        let (sender, mut receiver) = mpsc::channel(1);
        sender.try_send(0).unwrap();
        let mut first = Box::pin(sender.send(1));
        assert!(first.as_mut().now_or_never().is_none());
        let other = sender.clone();
        let second = tokio::spawn(async move { other.send(2).await.unwrap() });
        assert_eq!(receiver.recv().await, Some(0));
        first.await.unwrap();
        assert_eq!((receiver.recv().await, receiver.recv().await), (Some(1), Some(2)));
        second.await.unwrap();
    });
}

#[test]
fn mpsc_a_cancelled_send_was_not_sent_and_loses_its_place_in_the_queue() {
    check(Loom::Lacks, async || {
        let (sender, mut receiver) = mpsc::channel(1);
        sender.try_send(0).unwrap();
        let mut cancelled = Box::pin(sender.send(1));
        assert!(cancelled.as_mut().now_or_never().is_none());
        let other = sender.clone();
        let sends = tokio::spawn(async move { other.send(2).await.unwrap() });
        assert_eq!(receiver.recv().await, Some(0));
        drop(cancelled);
        assert_eq!(receiver.recv().await, Some(2));
        sends.await.unwrap();
    });
}

#[test]
fn mpsc_recv_is_cancel_safe_so_that_no_message_is_lost() {
    check(Loom::Lacks, async || {
        let (sender, mut receiver) = mpsc::channel(1);
        let sends = tokio::spawn(async move { sender.send(1).await.unwrap() });
        let received = receiver.recv().now_or_never().flatten();
        assert_eq!(received.or(receiver.recv().await), Some(1));
        sends.await.unwrap();
    });
}

#[test]
fn mpsc_recv_many_receives_at_least_one_and_at_most_the_limit() {
    check(Loom::Lacks, async || {
        let (sender, mut receiver) = mpsc::channel(2);
        let sends = tokio::spawn(async move {
            for value in 0..3 {
                sender.send(value).await.unwrap();
            }
        });
        let mut received = Vec::new();
        loop {
            let n = receiver.recv_many(&mut received, 2).await;
            assert!(n <= 2);
            if n == 0 {
                break;
            }
        }
        assert_eq!((received, receiver.recv_many(&mut Vec::new(), 0).await), (vec![0, 1, 2], 0));
        sends.await.unwrap();
    });
}

#[test]
fn mpsc_close_still_waits_for_outstanding_permits_and_recv_gives_what_was_sent() {
    check(Loom::Lacks, async || {
        let (sender, mut receiver) = mpsc::channel(2);
        let permit = sender.reserve_owned().await.unwrap();
        receiver.close();
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
        let sends = tokio::spawn(async move { permit.send(1) });
        assert_eq!((receiver.recv().await, receiver.recv().await), (Some(1), None));
        assert!(sends.await.unwrap().try_send(2).is_err());
    });
}

#[test]
fn mpsc_a_permit_that_is_dropped_gives_its_capacity_back_without_a_receive() {
    check(Loom::Lacks, async || {
        let (sender, mut receiver) = mpsc::channel(1);
        let permit = sender.clone().reserve_owned().await.unwrap();
        assert_eq!(sender.try_reserve().map(drop).unwrap_err(), TrySendError::Full(()));
        let drops = tokio::spawn(async move { drop(permit) });
        sender.send(1).await.unwrap();
        drops.await.unwrap();
        assert_eq!((receiver.recv().await, sender.capacity()), (Some(1), 1));
    });
}

#[test]
fn mpsc_reserve_many_takes_its_places_at_once_and_gives_back_what_was_not_used() {
    check(Loom::Lacks, async || {
        let (sender, mut receiver) = mpsc::channel(2);
        sender.try_send(0).unwrap();
        let other = sender.clone();
        let reserves = tokio::spawn(async move {
            let mut permits = other.reserve_many(2).await.unwrap();
            permits.next().unwrap().send(1);
            assert_eq!(permits.len(), 1);
        });
        assert_eq!((receiver.recv().await, receiver.recv().await), (Some(0), Some(1)));
        reserves.await.unwrap();
        assert_eq!((sender.capacity(), sender.max_capacity()), (2, 2));
        assert!(sender.reserve_many(3).await.is_err());
    });
}

#[test]
fn mpsc_weak_senders_keep_no_channel_open_and_upgrade_while_a_sender_is_left() {
    check(Loom::Lacks, async || {
        let (sender, mut receiver) = mpsc::channel(2);
        let weak = sender.downgrade();
        let upgrades = tokio::spawn(async move {
            let Some(sender) = weak.upgrade() else { return false };
            sender.send(1).await.is_ok()
        });
        drop(sender);
        let received = receiver.recv().await;
        assert_eq!(upgrades.await.unwrap(), received == Some(1));
        assert_eq!(receiver.recv().await, None);
    });
}

#[test]
fn mpsc_strong_count_counts_the_senders_and_weak_count_the_weak_ones() {
    check(Loom::Lacks, async || {
        let (sender, receiver) = mpsc::unbounded_channel::<()>();
        let (other, weak) = (sender.clone(), sender.downgrade());
        assert_eq!((sender.strong_count(), sender.weak_count()), (2, 1));
        let drops = tokio::spawn(async move { drop(other) });
        assert!((1..=2).contains(&receiver.sender_strong_count()));
        drops.await.unwrap();
        assert_eq!(weak.strong_count(), 1);
    });
}

#[test]
fn mpsc_closed_completes_when_the_receiver_is_closed_or_dropped() {
    check(Loom::Lacks, async || {
        let (sender, mut receiver) = mpsc::channel::<()>(1);
        let closes = tokio::spawn(async move {
            receiver.close();
            receiver
        });
        sender.closed().await;
        assert!(sender.is_closed() && sender.send(()).await.is_err());
        assert!(closes.await.unwrap().recv().await.is_none());
    });
}

#[test]
fn mpsc_send_timeout_gives_the_message_back_if_the_time_is_up_or_the_channel_closed() {
    use mpsc::error::SendTimeoutError::Timeout;
    check(Loom::Lacks, async || {
        let (sender, mut receiver) = mpsc::channel(1);
        sender.try_send(0).unwrap();
        let receives = tokio::spawn(async move { receiver.recv().await.map(|_| receiver) });
        let sent = sender.send_timeout(1, tokio::time::Duration::from_millis(1)).await;
        let mut receiver = receives.await.unwrap().unwrap();
        match sent {
            Ok(()) => assert_eq!(receiver.try_recv(), Ok(1)),
            Err(error) => assert_eq!((error, receiver.try_recv()), (Timeout(1), Err(TryRecvError::Empty))),
        }
    });
}

#[test]
fn mpsc_blocking_send_and_recv_block_their_thread() {
    check(Loom::Too, async || {
        let (sender, mut receiver) = mpsc::channel(2);
        let sends = tokio::task::spawn_blocking(move || sender.blocking_send(1).unwrap());
        let receives = tokio::task::spawn_blocking(move || {
            let first = receiver.blocking_recv();
            (first, receiver.blocking_recv())
        });
        assert_eq!(receives.await.unwrap(), (Some(1), None));
        sends.await.unwrap();
    });
}

#[test]
fn mpsc_poll_recv_is_pending_until_there_is_a_message_or_the_channel_is_closed() {
    check(Loom::Too, async || {
        let (sender, mut receiver) = mpsc::channel(1);
        let sends = tokio::spawn(async move { sender.send(1).await.unwrap() });
        let mut polls = pin!(std::future::poll_fn(|context| receiver.poll_recv(context)));
        assert_eq!((polls.as_mut().await, polls.await), (Some(1), None));
        sends.await.unwrap();
    });
}

#[test]
fn mpsc_same_channel_is_told_by_its_senders_and_permits() {
    check(Loom::Lacks, async || {
        let ((sender, _receiver), (other, _others)) = (mpsc::channel::<()>(2), mpsc::channel::<()>(2));
        let (mine, permit) = (sender.clone(), sender.clone().try_reserve_owned().unwrap());
        let asks = tokio::spawn(async move { mine.same_channel(&other) });
        assert!(permit.same_channel_as_sender(&sender) && !asks.await.unwrap());
        assert_eq!(permit.release().capacity(), 2);
    });
}

#[test]
fn broadcast_each_receiver_receives_each_message_that_is_sent_after_it_subscribed() {
    check(Loom::Lacks, async || {
        let (sender, mut first) = broadcast::channel(2);
        sender.send(0).unwrap();
        let mut second = sender.subscribe();
        let sends = tokio::spawn(async move { sender.send(1) });
        assert_eq!((first.recv().await, first.recv().await), (Ok(0), Ok(1)));
        assert_eq!(second.recv().await, Ok(1));
        assert_eq!(sends.await.unwrap().unwrap(), 2);
        assert_eq!(second.recv().await, Err(broadcast::error::RecvError::Closed));
    });
}

#[test]
fn broadcast_a_receiver_that_lags_is_told_how_many_it_missed_and_goes_on_with_the_oldest_that_is_kept() {
    check(Loom::Lacks, async || {
        let (sender, mut receiver) = broadcast::channel(2);
        let sends = tokio::spawn(async move { (0..3).for_each(|value| drop(sender.send(value))) });
        let (mut next, mut missed) = (0, 0);
        loop {
            match receiver.recv().await {
                Ok(value) => assert_eq!(value, next),
                Err(broadcast::error::RecvError::Lagged(n)) => {
                    missed += n;
                    next += n;
                    continue;
                }
                Err(broadcast::error::RecvError::Closed) => break,
            }
            next += 1;
        }
        assert_eq!(next, 3);
        assert!(missed <= 1);
        sends.await.unwrap();
    });
}

#[test]
fn broadcast_send_fails_if_there_are_no_receivers_and_later_ones_make_it_succeed_again() {
    check(Loom::Lacks, async || {
        let (sender, receiver) = broadcast::channel(1);
        let drops = tokio::spawn(async move { drop(receiver) });
        sender.closed().await;
        assert_eq!(sender.send(1).unwrap_err().0, 1);
        let mut receiver = sender.subscribe();
        assert_eq!((sender.send(2).unwrap(), receiver.recv().await), (1, Ok(2)));
        drops.await.unwrap();
    });
}

#[test]
fn broadcast_recv_is_cancel_safe_so_that_no_message_is_missed() {
    check(Loom::Lacks, async || {
        let (sender, mut receiver) = broadcast::channel(2);
        let sends = tokio::spawn(async move { sender.send(1).map(drop) });
        let received = receiver.recv().now_or_never();
        assert_eq!(received.unwrap_or(receiver.recv().await), Ok(1));
        sends.await.unwrap().unwrap();
    });
}

#[test]
fn broadcast_weak_senders_upgrade_only_while_a_sender_is_left() {
    check(Loom::Lacks, async || {
        let (sender, mut receiver) = broadcast::channel(1);
        let weak = sender.downgrade();
        let upgrades =
            tokio::spawn(async move { weak.upgrade().is_some_and(|sender| sender.send(1).is_ok()) });
        drop(sender);
        let received = receiver.recv().await;
        assert_eq!(upgrades.await.unwrap(), received == Ok(1));
    });
}

#[test]
fn broadcast_a_message_is_dropped_when_all_receivers_have_received_it() {
    /// Counts those that are left.
    #[derive(Clone)]
    struct Counted(std::sync::Arc<AtomicUsize>);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    check(Loom::Lacks, async || {
        let (sender, mut first) = broadcast::channel(1);
        let mut second = sender.subscribe();
        let drops = std::sync::Arc::new(AtomicUsize::new(0));
        sender.send(Counted(drops.clone())).map_err(drop).unwrap();
        let receives = tokio::spawn(async move { second.recv().await.map(drop).is_ok() });
        assert!(first.recv().await.map(drop).is_ok() && receives.await.unwrap());
        assert_eq!((drops.load(SeqCst), sender.len()), (3, 0));
    });
}

#[test]
fn broadcast_resubscribe_begins_with_what_is_sent_from_then_on() {
    check(Loom::Lacks, async || {
        let (sender, receiver) = broadcast::channel(2);
        sender.send(1).unwrap();
        let mut again = receiver.resubscribe();
        let sends = tokio::spawn(async move { sender.send(2).unwrap() });
        assert_eq!((again.recv().await, receiver.len()), (Ok(2), 2));
        assert_eq!(sends.await.unwrap(), 2);
    });
}
