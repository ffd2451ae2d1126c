//! `tokio::sync::watch`: tokio's own, beside its part in the world that made it.
//!
//! The value is in tokio's channel; how often it was sent, and what a receiver has seen of that, is the model's.

use super::posts::Board;
use crate::world::object::posts::{Post, Posts};
use crate::world::operation::{At, Outcome};
use ::tokio::sync::watch as real;
pub use ::tokio::sync::watch::error;
use error::{RecvError, SendError};
use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::panic::Location;

/// As tokio's own [`channel`](::tokio::sync::watch::channel).
#[track_caller]
pub fn channel<T>(init: T) -> (Sender<T>, Receiver<T>) {
    let at = Location::caller();
    let (sender, receiver) = real::channel(init);
    let board = Board::new(at, "watch", 1);
    let receiver = Receiver { real: receiver, board: board.clone(), seen: 0, made: at };
    (Sender { real: sender, board, made: at }, receiver)
}

/// As tokio's.
pub struct Sender<T> {
    real: real::Sender<T>,
    board: Board,
    made: At,
}

/// As tokio's.
pub struct Receiver<T> {
    real: real::Receiver<T>,
    board: Board,
    /// How often it was sent when this one looked last; in a model alone.
    seen: usize,
    made: At,
}

/// As tokio's: as long as it is held, a send waits.
pub struct Ref<'a, T> {
    /// Dropped once, in `drop`.
    real: ManuallyDrop<real::Ref<'a, T>>,
    held: Option<Held<'a>>,
}

struct Held<'a> {
    board: &'a Board,
    at: At,
    has_changed: bool,
}

impl<T> Ref<'_, T> {
    /// As tokio's `has_changed`.
    pub fn has_changed(&self) -> bool {
        self.held.as_ref().map_or_else(|| self.real.has_changed(), |held| held.has_changed)
    }
}

impl<T> Deref for Ref<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.real
    }
}

impl<T> Drop for Ref<'_, T> {
    fn drop(&mut self) {
        if let Some(held) = &self.held {
            held.board.drop_step(Post::Return, held.at);
        }
        // SAFETY: dropped once, here, and not used again: behind the step, before which nobody sends.
        unsafe { ManuallyDrop::drop(&mut self.real) }
    }
}

impl<T: fmt::Debug> fmt::Debug for Ref<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.real.fmt(f)
    }
}

/// Tokio makes this error, and nobody else can.
fn ended() -> RecvError {
    let (sender, receiver) = real::channel(());
    drop(sender);
    receiver.has_changed().expect_err("its sender is gone")
}

/// What was taken to be changed is given back, also if the closure that changes it panics.
struct Taken<'a>(&'a Board, At, bool);

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.0.step(if self.2 { Post::Give } else { Post::Leave }, self.1);
    }
}

impl<T> Sender<T> {
    /// As tokio's `new`.
    #[track_caller]
    pub fn new(init: T) -> Self {
        let at = Location::caller();
        Self { real: real::Sender::new(init), board: Board::new(at, "watch", 0), made: at }
    }

    /// As tokio's `send`.
    #[track_caller]
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        if !self.board.part.is_real() {
            self.board.step(Post::Send, Location::caller());
        }
        self.real.send(value)
    }

    /// As tokio's `send_replace`.
    #[track_caller]
    pub fn send_replace(&self, value: T) -> T {
        if !self.board.part.is_real() {
            self.board.step(Post::Put, Location::caller());
        }
        self.real.send_replace(value)
    }

    /// As tokio's `send_modify`.
    #[track_caller]
    pub fn send_modify(&self, modify: impl FnOnce(&mut T)) {
        self.send_if_modified(|value| {
            modify(value);
            true
        });
    }

    /// As tokio's `send_if_modified`.
    #[track_caller]
    pub fn send_if_modified(&self, modify: impl FnOnce(&mut T) -> bool) -> bool {
        if self.board.part.is_real() {
            return self.real.send_if_modified(modify);
        }
        let at = Location::caller();
        self.board.step(Post::Take, at);
        let mut taken = Taken(&self.board, at, false);
        taken.2 = self.real.send_if_modified(modify);
        taken.2
    }

    /// As tokio's `borrow`.
    #[track_caller]
    pub fn borrow(&self) -> Ref<'_, T> {
        let held = hold(&self.board, None, Location::caller());
        Ref { real: ManuallyDrop::new(self.real.borrow()), held }
    }

    /// As tokio's `is_closed`.
    #[track_caller]
    pub fn is_closed(&self) -> bool {
        self.query(Location::caller()).is_closed()
    }

    /// As tokio's `receiver_count`.
    #[track_caller]
    pub fn receiver_count(&self) -> usize {
        self.query(Location::caller()).receiver_count()
    }

    /// As tokio's `sender_count`.
    #[track_caller]
    pub fn sender_count(&self) -> usize {
        self.query(Location::caller()).sender_count()
    }

    fn query(&self, at: At) -> &real::Sender<T> {
        if !self.board.part.is_real_at(at) {
            self.board.step(Post::Query, at);
        }
        &self.real
    }

    /// As tokio's `closed`.
    #[track_caller]
    pub fn closed(&self) -> impl Future<Output = ()> {
        let at = Location::caller();
        async move {
            if self.board.part.is_real_at(at) {
                return self.real.closed().await;
            }
            self.board.wait(Post::AwaitClosed, Post::LookClosed, at).await;
        }
    }

    /// As tokio's `subscribe`.
    #[track_caller]
    pub fn subscribe(&self) -> Receiver<T> {
        let at = Location::caller();
        if !self.board.part.is_real_at(at) {
            self.board.step(Post::ReceiverNew, at);
        }
        let seen = self.board.read(Posts::count);
        Receiver { real: self.real.subscribe(), board: self.board.clone(), seen, made: at }
    }

    /// As tokio's `same_channel`.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.real.same_channel(&other.real)
    }
}

/// Holds what was sent last, in a model; with what was seen of it before.
fn hold(board: &Board, seen: Option<usize>, at: At) -> Option<Held<'_>> {
    (!board.part.is_real_at(at)).then(|| {
        board.step(Post::Borrow, at);
        let has_changed = seen.is_some_and(|seen| board.read(Posts::count) != seen);
        Held { board, at, has_changed }
    })
}

impl<T> Receiver<T> {
    /// As tokio's `borrow`.
    #[track_caller]
    pub fn borrow(&self) -> Ref<'_, T> {
        let held = hold(&self.board, Some(self.seen), Location::caller());
        Ref { real: ManuallyDrop::new(self.real.borrow()), held }
    }

    /// As tokio's `borrow_and_update`.
    #[track_caller]
    pub fn borrow_and_update(&mut self) -> Ref<'_, T> {
        self.update(Location::caller())
    }

    fn update(&mut self, at: At) -> Ref<'_, T> {
        let held = hold(&self.board, Some(self.seen), at);
        self.seen = self.board.read(Posts::count);
        Ref { real: ManuallyDrop::new(self.real.borrow_and_update()), held }
    }

    /// As tokio's `has_changed`.
    #[track_caller]
    pub fn has_changed(&self) -> Result<bool, RecvError> {
        if self.board.part.is_real() {
            return self.real.has_changed();
        }
        self.board.step(Post::Query, Location::caller());
        if self.board.read(Posts::is_ended) {
            return Err(ended());
        }
        Ok(self.board.read(Posts::count) != self.seen)
    }

    /// As tokio's `is_closed`.
    #[track_caller]
    pub fn is_closed(&self) -> bool {
        if self.board.part.is_real() {
            return self.real.is_closed();
        }
        self.board.step(Post::Query, Location::caller());
        self.board.read(Posts::is_ended)
    }

    /// As tokio's `mark_changed`.
    pub fn mark_changed(&mut self) {
        self.seen = self.seen.wrapping_sub(1);
        self.real.mark_changed();
    }

    /// As tokio's `mark_unchanged`.
    #[track_caller]
    pub fn mark_unchanged(&mut self) {
        if !self.board.part.is_real() {
            self.board.step(Post::Query, Location::caller());
        }
        self.seen = self.board.read(Posts::count);
        self.real.mark_unchanged();
    }

    /// As tokio's `changed`: if it is dropped before it is ready, nothing is seen.
    #[track_caller]
    pub fn changed(&mut self) -> impl Future<Output = Result<(), RecvError>> {
        let at = Location::caller();
        async move {
            if self.board.part.is_real_at(at) {
                return self.real.changed().await;
            }
            self.change(at).await
        }
    }

    async fn change(&mut self, at: At) -> Result<(), RecvError> {
        let (wait, look) = (Post::Await(self.seen), Post::Look(self.seen));
        if self.board.wait(wait, look, at).await == Outcome::Ended {
            return Err(ended());
        }
        self.seen = self.board.read(Posts::count);
        self.real.mark_unchanged();
        Ok(())
    }

    /// As tokio's `wait_for`.
    #[track_caller]
    pub fn wait_for(
        &mut self,
        mut f: impl FnMut(&T) -> bool,
    ) -> impl Future<Output = Result<Ref<'_, T>, RecvError>> {
        let at = Location::caller();
        async move {
            if self.board.part.is_real_at(at) {
                let real = ManuallyDrop::new(self.real.wait_for(f).await?);
                return Ok(Ref { real, held: None });
            }
            let mut is_ended = false;
            loop {
                {
                    // In a block of its own, so that the future is `Send`, which a borrow is not.
                    let value = self.update(at);
                    if (!is_ended || value.has_changed()) && f(&value) {
                        // SAFETY: only its lifetime is changed, to that for which `self` is borrowed: it is not used
                        // again here.
                        return Ok(unsafe { std::mem::transmute::<Ref<'_, T>, Ref<'_, T>>(value) });
                    }
                }
                if is_ended {
                    return Err(ended());
                }
                is_ended = self.change(at).await.is_err();
            }
        }
    }

    /// As tokio's `same_channel`.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.real.same_channel(&other.real)
    }
}

impl<T> Clone for Sender<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        if !self.board.part.is_real() {
            self.board.step(Post::SenderNew, Location::caller());
        }
        Self { real: self.real.clone(), board: self.board.clone(), made: self.made }
    }
}

impl<T> Clone for Receiver<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        if !self.board.part.is_real() {
            self.board.step(Post::ReceiverNew, Location::caller());
        }
        let (real, board) = (self.real.clone(), self.board.clone());
        Self { real, board, seen: self.seen, made: self.made }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.board.drop_step(Post::SenderDrop, self.made);
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.board.drop_step(Post::ReceiverDrop, self.made);
    }
}

impl<T: Default> Default for Sender<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: fmt::Debug> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.board.printed();
        self.real.fmt(f)
    }
}

impl<T: fmt::Debug> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.board.printed();
        self.real.fmt(f)
    }
}
