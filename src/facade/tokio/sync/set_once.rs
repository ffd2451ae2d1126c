//! `tokio::sync::SetOnce`: tokio's own, in which the value stays, beside what a model knows of it: whether it is set.

use super::posts::Board;
use crate::facade::statics::made::ConstNew;
use crate::world;
use crate::world::object::posts::{Post, Posts};
use crate::world::operation::{At, Outcome};
use ::tokio::sync as real;
pub use ::tokio::sync::SetOnceError;
use std::panic::Location;

const NOUN: &str = "SetOnce";

/// As tokio's.
pub struct SetOnce<T> {
    real: real::SetOnce<T>,
    board: Board,
}

impl<T> SetOnce<T> {
    /// As tokio's `new`.
    #[track_caller]
    pub fn new() -> Self {
        Self::new_with(None)
    }

    /// As tokio's `new_with`.
    #[track_caller]
    pub fn new_with(value: Option<T>) -> Self {
        let at = Location::caller();
        let board = Board::new(at, NOUN, 0);
        if value.is_some() && !world::is_real() {
            board.step(Post::Set, at);
        }
        Self { real: real::SetOnce::new_with(value), board }
    }

    /// As tokio's `const_new`: of the real world, but in [`statics!`](crate::statics).
    #[track_caller]
    pub const fn const_new() -> Self {
        Self { real: real::SetOnce::const_new(), board: Board::real(Location::caller(), NOUN) }
    }

    /// As tokio's `const_new_with`: of the real world, but in [`statics!`](crate::statics).
    #[track_caller]
    pub const fn const_new_with(value: T) -> Self {
        Self { real: real::SetOnce::const_new_with(value), board: Board::real(Location::caller(), NOUN) }
    }

    /// As tokio's `initialized`.
    #[track_caller]
    pub fn initialized(&self) -> bool {
        self.is_set(Location::caller())
    }

    fn is_set(&self, at: At) -> bool {
        if self.board.part.is_real_at(at) {
            return self.real.initialized();
        }
        self.board.step(Post::Query, at);
        self.board.read(Posts::count) > 0
    }

    /// As tokio's `get`.
    #[track_caller]
    pub fn get(&self) -> Option<&T> {
        self.is_set(Location::caller()).then(|| self.real.get()).flatten()
    }

    /// As tokio's `set`.
    #[track_caller]
    pub fn set(&self, value: T) -> Result<(), SetOnceError<T>> {
        if !self.board.part.is_real() && self.board.step(Post::Set, Location::caller()) == Outcome::Failed {
            return Err(SetOnceError(value));
        }
        self.real.set(value)
    }

    /// As tokio's `into_inner`.
    pub fn into_inner(self) -> Option<T> {
        self.real.into_inner()
    }

    /// As tokio's `wait`.
    ///
    /// # Panics
    ///
    /// Never: it waits until there is a value.
    #[track_caller]
    pub fn wait(&self) -> impl Future<Output = &T> {
        let at = Location::caller();
        async move {
            if self.board.part.is_real_at(at) {
                return self.real.wait().await;
            }
            self.board.wait(Post::Await(0), Post::Look(0), at).await;
            self.real.get().expect("the step waited until it was set")
        }
    }
}

impl<T> ConstNew for SetOnce<T> {
    fn made(&self) -> Option<At> {
        self.board.part.part().is_none().then(|| self.board.part.made())
    }

    fn renew(&mut self, made: At) {
        self.board = Board::new(made, NOUN, 0);
        if self.real.initialized() {
            self.board.step(Post::Set, made);
        }
    }
}

super::once_value::like_a_value!(SetOnce);
