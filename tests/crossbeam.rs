//! What crossbeam's channels order in a model: plain memory that one thread hands to another by them, and looks at a
//! channel whose other side goes.

use raceproof::cell::UnsafeCell;
use raceproof::crossbeam_channel::{Receiver, Select, Sender, bounded, unbounded};
use raceproof::explore::{Engine, Explorer};
use raceproof::sync::Arc;
use raceproof::thread;
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

/// Memory that its users order by a channel.
#[derive(Default)]
struct Memory(UnsafeCell<u8>);

// SAFETY: the model says whether they do.
unsafe impl Sync for Memory {}

impl Memory {
    fn write(&self) {
        // SAFETY: as above; a model has one thread run at a time.
        self.0.with_mut(|value| unsafe { *value += 1 });
    }
}

/// One thread writes and then does `first`, another does `then` and then writes: no data race.
#[track_caller]
fn orders(
    channel: fn() -> (Sender<u8>, Receiver<u8>),
    first: fn(&mut Option<Sender<u8>>, &Memory),
    then: fn(&Receiver<u8>, &Memory),
) {
    let verdict = Explorer::new(Engine::Exhaustive).explore(move || {
        let (sender, receiver) = channel();
        let memory = Arc::new(Memory::default());
        let theirs = Arc::clone(&memory);
        let mut sender = Some(sender);
        let other = thread::spawn(move || first(&mut sender, &theirs));
        then(&receiver, &memory);
        other.join().unwrap();
    });
    verdict.assert_proved();
}

fn written_and_sent(sender: &mut Option<Sender<u8>>, memory: &Memory) {
    memory.write();
    sender.as_ref().unwrap().send(1).unwrap();
}

fn received_and_written(receiver: &Receiver<u8>, memory: &Memory) {
    assert_eq!(receiver.recv(), Ok(1));
    memory.write();
}

#[test]
fn a_message_comes_behind_what_its_sender_has_done() {
    for channel in [|| bounded(1), || bounded(0), unbounded] {
        orders(channel, written_and_sent, received_and_written);
    }
}

/// Between the selection of a send and the send its sender runs.
#[test]
fn a_message_comes_behind_what_is_done_between_its_selection_and_its_send() {
    for channel in [|| bounded(1), || bounded(0)] {
        orders(
            channel,
            |sender, memory| {
                let sender = sender.as_ref().unwrap();
                let mut select = Select::new();
                select.send(sender);
                let selected = select.select();
                memory.write();
                selected.send(sender, 1).unwrap();
            },
            received_and_written,
        );
    }
}

#[test]
fn a_disconnect_comes_behind_what_the_last_sender_has_done() {
    for channel in [|| bounded(1), || bounded(0), unbounded] {
        orders(
            channel,
            |sender, memory| {
                memory.write();
                *sender = None;
            },
            |receiver, memory| {
                assert!(receiver.recv().is_err());
                memory.write();
            },
        );
    }
}

#[test]
fn a_send_comes_behind_the_receive_that_has_made_room() {
    orders(
        || bounded(1),
        |sender, memory| {
            let sender = sender.as_ref().unwrap();
            sender.send(1).unwrap();
            sender.send(2).unwrap();
            memory.write();
        },
        |receiver, memory| {
            memory.write();
            assert_eq!(receiver.recv(), Ok(1));
            assert_eq!(receiver.recv(), Ok(2));
        },
    );
}

/// Without room the two meet: each comes behind what the other has done.
#[test]
fn a_send_without_room_comes_behind_what_its_receiver_has_done() {
    orders(
        || bounded(0),
        |sender, memory| {
            sender.as_ref().unwrap().send(1).unwrap();
            memory.write();
        },
        |receiver, memory| {
            memory.write();
            assert_eq!(receiver.recv(), Ok(1));
        },
    );
}

/// What one thread sees by `look` while another drops the receiver.
fn seen(channel: fn() -> (Sender<u8>, Receiver<u8>), look: fn(&Sender<u8>) -> usize) -> Vec<usize> {
    let all = std::sync::Arc::new(Mutex::new(BTreeSet::new()));
    let noted = std::sync::Arc::clone(&all);
    let verdict = Explorer::new(Engine::Exhaustive).explore(move || {
        let (sender, receiver) = channel();
        sender.send(1).unwrap();
        let drops = thread::spawn(move || drop(receiver));
        noted.lock().unwrap().insert(look(&sender));
        drops.join().unwrap();
    });
    verdict.assert_proved();
    all.lock().unwrap().iter().copied().collect()
}

#[test]
fn a_look_at_a_channel_comes_before_or_behind_the_drop_of_its_receiver() {
    assert_eq!(seen(unbounded, Sender::len), [0, 1]);
    let ready = |sender: &Sender<u8>| {
        let mut select = Select::new();
        select.send(sender);
        usize::from(select.try_ready().is_ok())
    };
    assert_eq!(seen(|| bounded(1), ready), [0, 1]);
}

/// Who waits first is met first: the second to wait is there or not when the first message comes.
#[test]
fn a_channel_without_room_meets_who_waits_first() {
    let verdict = Explorer::new(Engine::Exhaustive).explore(|| {
        let (sender, receiver) = bounded(0);
        let receives = |receiver: &Receiver<u8>| {
            let receiver = receiver.clone();
            thread::spawn(move || receiver.recv())
        };
        let first = receives(&receiver);
        let mut waits = Select::new();
        waits.send(&sender);
        // It returns without a reason once a thread and line.
        (0..2).for_each(|_| _ = waits.ready());
        let second = receives(&receiver);
        sender.send(1).unwrap();
        sender.send(2).unwrap();
        assert_eq!((first.join().unwrap(), second.join().unwrap()), (Ok(1), Ok(2)));
    });
    verdict.assert_proved();
}

#[test]
fn a_channel_without_room_takes_first_from_who_offers_first() {
    let verdict = Explorer::new(Engine::Exhaustive).explore(|| {
        let (sender, receiver) = bounded(0);
        let sends = |message: u8| {
            let sender = sender.clone();
            thread::spawn(move || sender.send(message).unwrap())
        };
        let first = sends(1);
        let mut waits = Select::new();
        waits.recv(&receiver);
        // It returns without a reason once a thread and line.
        (0..2).for_each(|_| _ = waits.ready());
        let second = sends(2);
        assert_eq!((receiver.recv(), receiver.recv()), (Ok(1), Ok(2)));
        first.join().unwrap();
        second.join().unwrap();
    });
    verdict.assert_proved();
}

/// Whose time is up waits no more: nobody meets them.
#[test]
fn who_has_timed_out_at_a_channel_without_room_is_gone() {
    let verdict = Explorer::new(Engine::Exhaustive).explore(|| {
        let (sender, receiver) = bounded::<u8>(0);
        for _ in 0..2 {
            assert!(receiver.recv_timeout(Duration::from_millis(1)).is_err());
            assert!(sender.try_send(1).is_err());
            assert!(sender.send_timeout(2, Duration::from_millis(1)).is_err());
            assert!(receiver.try_recv().is_err());
        }
    });
    let shown = verdict.to_string();
    assert!(!verdict.is_refuted() && verdict.coverage().executions > 0, "{shown}");
}

/// Its handles go while the panic unwinds, and that is no panic of its messages.
#[test]
fn a_thread_that_panics_with_the_last_handle_of_a_channel_is_refuted() {
    for room in [None, Some(1)] {
        let verdict = Explorer::new(Engine::Exhaustive).explore(move || {
            let (sender, receiver) = room.map_or_else(unbounded::<u8>, bounded::<u8>);
            thread::spawn(move || {
                let _ = sender.send(1);
                sender.try_send(2).expect("someone receives");
            });
            let _ = receiver.recv();
        });
        verdict.assert_refuted();
        assert!(verdict.to_string().contains("someone receives"), "{verdict}");
    }
}
