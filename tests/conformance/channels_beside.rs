//! The model's channels beside tokio's own, poll for poll, as in `tokio_beside`.

use crate::tokio_beside::{Chance, Futures, in_model, polled, word};
use std::fmt::Write;

beside! {
    mpsc: |sync, chance, said| {
        let (sender, mut receiver) = sync::mpsc::channel(1 + chance.below(3));
        let weak = sender.downgrade();
        let mut senders = vec![sender];
        let (mut sends, mut permits) = (Futures::new(), Futures::new());
        for value in 0..40 {
            let (n, many) = (chance.below(4), chance.below(4));
            let what = match (chance.below(20), senders.last()) {
                (0..3, Some(sender)) => {
                    let sender = sender.clone();
                    sends.add(n, async move { sender.send(value).await });
                    sends.poll(n, word)
                }
                (3 | 4, Some(sender)) => {
                    permits.add(n, sender.clone().reserve_owned());
                    permits.poll(n, word)
                }
                (5, Some(sender)) => {
                    let sender = sender.clone();
                    sends.add(n, async move {
                        let mut permits = sender.reserve_many(many).await.map_err(|_| sync::mpsc::error::SendError(value))?;
                        permits.by_ref().take(1).for_each(|permit| permit.send(value));
                        Ok(())
                    });
                    sends.poll(n, word)
                }
                (6, Some(sender)) => format!("{:?}", sender.try_send(value)),
                (7, Some(sender)) => match sender.try_reserve_many(many) {
                    Ok(mut permits) => {
                        permits.by_ref().take(1).for_each(|permit| permit.send(value));
                        permits.len().to_string()
                    }
                    Err(error) => error.to_string(),
                },
                (8, Some(sender)) => format!("{:?} {}", polled(&mut Box::pin(sender.closed())), sender.is_closed()),
                (9, _) => sends.poll(n, word),
                (10, _) => permits.poll(n, word),
                (11, _) => match permits.ready.remove(&n) {
                    Some(Ok(permit)) if many > 1 => {
                        permit.send(value);
                        "sent".to_owned()
                    }
                    Some(Ok(permit)) if many > 0 => {
                        senders.push(permit.release());
                        "released".to_owned()
                    }
                    _ => String::new(),
                },
                (12, _) => {
                    sends.drop(n);
                    permits.drop(many);
                    String::new()
                }
                (13 | 14, _) => format!("{:?}", polled(&mut Box::pin(receiver.recv()))),
                (15, _) => {
                    let mut received = Vec::new();
                    let polled = polled(&mut Box::pin(receiver.recv_many(&mut received, many)));
                    format!("{polled:?} {received:?}")
                }
                (16, _) => format!("{:?}", receiver.try_recv()),
                (17, _) => weak.upgrade().map_or("ended".to_owned(), |sender| sender.capacity().to_string()),
                (18, _) if many == 0 => {
                    senders.pop();
                    String::new()
                }
                (19, _) if many == 0 && n == 0 => {
                    receiver.close();
                    String::new()
                }
                _ => String::new(),
            };
            let (capacity, len, closed) = (receiver.capacity(), receiver.len(), receiver.is_closed());
            let (strong, weak) = (weak.strong_count(), receiver.sender_weak_count());
            writeln!(said, "{what} {capacity} {len} {closed} {strong} {weak}").unwrap();
        }
    }
    unbounded: |sync, chance, said| {
        let (sender, mut receiver) = sync::mpsc::unbounded_channel();
        let weak = sender.downgrade();
        let mut senders = vec![sender];
        for value in 0..30 {
            let many = chance.below(4);
            let what = match (chance.below(10), senders.last()) {
                (0..3, Some(sender)) => format!("{:?}", sender.send(value)),
                (3, Some(sender)) => format!("{:?} {}", polled(&mut Box::pin(sender.closed())), sender.is_closed()),
                (4, Some(_)) if many == 0 => {
                    senders.pop();
                    String::new()
                }
                (5, _) => format!("{:?}", polled(&mut Box::pin(receiver.recv()))),
                (6, _) => {
                    let mut received = Vec::new();
                    let polled = polled(&mut Box::pin(receiver.recv_many(&mut received, many)));
                    format!("{polled:?} {received:?}")
                }
                (7, _) => format!("{:?}", receiver.try_recv()),
                (8, _) => {
                    senders.extend(weak.upgrade());
                    String::new()
                }
                (9, _) if many == 0 => {
                    receiver.close();
                    String::new()
                }
                _ => String::new(),
            };
            let (len, closed) = (receiver.len(), receiver.is_closed());
            writeln!(said, "{what} {len} {closed} {}", receiver.sender_strong_count()).unwrap();
        }
    }
    broadcast: |sync, chance, said| {
        let (sender, receiver) = sync::broadcast::channel(1 + chance.below(4));
        let weak = sender.downgrade();
        let (mut senders, mut receivers) = (vec![sender], vec![receiver]);
        for value in 0..40 {
            let n = chance.below(3);
            let what = match (chance.below(14), senders.last()) {
                (0..4, Some(sender)) => format!("{:?}", sender.send(value)),
                (4, Some(sender)) => {
                    receivers.push(sender.subscribe());
                    String::new()
                }
                (5, Some(sender)) => {
                    let closed = polled(&mut Box::pin(sender.closed()));
                    format!("{closed:?} {} {} {}", sender.len(), sender.is_empty(), sender.receiver_count())
                }
                (6, _) => match weak.upgrade() {
                    Some(sender) => {
                        senders.push(sender);
                        format!("{} {}", weak.strong_count(), weak.weak_count())
                    }
                    None => "ended".to_owned(),
                },
                (7, _) if n == 0 => {
                    senders.pop();
                    String::new()
                }
                (8, _) if n < receivers.len() => {
                    receivers.swap_remove(n);
                    String::new()
                }
                (9, _) if n < receivers.len() => {
                    let again = receivers[n].resubscribe();
                    receivers.push(again);
                    String::new()
                }
                (10, _) => receivers.get_mut(n).map_or(String::new(), |receiver| format!("{:?}", receiver.try_recv())),
                _ => receivers.get_mut(n).map_or(String::new(), |receiver| {
                    let received = polled(&mut Box::pin(receiver.recv()));
                    format!("{received:?} {} {}", receiver.len(), receiver.is_closed())
                }),
            };
            writeln!(said, "{what}").unwrap();
        }
    }
}
