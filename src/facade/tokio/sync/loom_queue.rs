//! A queue of tokens in loom's world, in which a send and a receive are one loom operation each.
//!
//! The messages themselves stay in tokio's channel; a token says that one is there, or that a sender
//! is gone. Loom's own channel does not tell its receiver that, so each drop of a sender is a token
//! too. What that cannot express, a channel that fills or a receiver that leaves while senders
//! remain, is noted, and the exploration is undecided: a wrong answer would be worse.

use crate::world::not_in_loom;
use crate::world::operation::At;
use std::cell::{Cell, RefCell};

#[derive(Debug)]
enum Token {
    Message,
    SenderGone,
}

/// The loom part of a channel. Its cells are touched by coroutines of one operating system thread.
#[derive(Debug)]
pub struct LoomQueue {
    tokens: loom::sync::mpsc::Sender<Token>,
    received: RefCell<Option<loom::sync::mpsc::Receiver<Token>>>,
    senders: Cell<usize>,
    waiting: Cell<usize>,
    capacity: usize,
    closed: Cell<bool>,
}

// SAFETY: every coroutine of a loom exploration runs on the one thread that explores, and loom's
// objects panic when they are used outside of it.
unsafe impl Send for LoomQueue {}
// SAFETY: as above.
unsafe impl Sync for LoomQueue {}

impl LoomQueue {
    /// An empty queue with one sender.
    pub fn new(capacity: Option<usize>) -> Self {
        let (tokens, received) = loom::sync::mpsc::channel();
        Self {
            tokens,
            received: RefCell::new(Some(received)),
            senders: Cell::new(1),
            waiting: Cell::new(0),
            capacity: capacity.unwrap_or(usize::MAX),
            closed: Cell::new(false),
        }
    }

    pub fn sender_clone(&self) {
        self.senders.set(self.senders.get() + 1);
    }

    /// One message more.
    pub fn send(&self, at: At) {
        // Loom switches before it sends: what is checked here holds when the token is in.
        let _ = self.tokens.send(Token::Message);
        if self.closed.get() {
            not_in_loom("a send to a receiver that is gone", at);
        }
        self.waiting.set(self.waiting.get() + 1);
        if self.waiting.get() > self.capacity {
            not_in_loom("a channel that is full", at);
        }
    }

    /// One sender fewer.
    pub fn sender_drop(&self) {
        if !self.closed.get() {
            let _ = self.tokens.send(Token::SenderGone);
        }
    }

    /// Waits for a message, or for the end of all senders.
    pub fn recv(&self) {
        let received = self.received.borrow();
        let received = received.as_ref().expect("a closed channel is not received from");
        while self.senders.get() > 0 {
            match received.recv() {
                Ok(Token::Message) => return self.waiting.set(self.waiting.get() - 1),
                _ => self.senders.set(self.senders.get() - 1),
            }
        }
    }

    /// The receiver is dropped. `done` says that no sender can still send.
    pub fn close(&self, done: bool, at: At) {
        self.closed.set(true);
        let received = self.received.take();
        if std::thread::panicking() {
            // Its drop may panic again, which would end the process.
            return std::mem::forget(received);
        }
        drop(received);
        if !done && self.senders.get() > 0 {
            not_in_loom("a receiver that is dropped before its senders", at);
        }
    }
}
