//! `tokio::sync::Barrier`: tokio's own, beside its part in the world that made it.

use super::posts::Board;
use crate::world::object::posts::{Post, Posts};
use crate::world::operation::Outcome;
use ::tokio::sync as real;
use std::panic::Location;

/// As tokio's own [`Barrier`](::tokio::sync::Barrier).
#[derive(Debug)]
pub struct Barrier {
    real: real::Barrier,
    size: usize,
    board: Board,
}

/// As tokio's own [`BarrierWaitResult`](::tokio::sync::BarrierWaitResult).
#[derive(Clone, Debug)]
pub struct BarrierWaitResult(bool);

impl BarrierWaitResult {
    /// As tokio's `is_leader`.
    pub fn is_leader(&self) -> bool {
        self.0
    }
}

impl Barrier {
    /// As tokio's `new`.
    #[track_caller]
    pub fn new(n: usize) -> Self {
        let board = Board::new(Location::caller(), "Barrier", 0);
        Self { real: real::Barrier::new(n), size: n.max(1), board }
    }

    /// As tokio's `wait`. In a model it arrives in the step of its first poll, and it stays so if it is dropped.
    #[track_caller]
    pub fn wait(&self) -> impl Future<Output = BarrierWaitResult> {
        let at = Location::caller();
        async move {
            if self.board.part.is_real_at(at) {
                return BarrierWaitResult(self.real.wait().await.is_leader());
            }
            let arrive = Post::Arrive(self.size);
            if self.board.wait(arrive, arrive, at).await == Outcome::Together {
                return BarrierWaitResult(true);
            }
            let generation = self.board.read(Posts::count);
            self.board.wait(Post::Await(generation), Post::Look(generation), at).await;
            BarrierWaitResult(false)
        }
    }
}
