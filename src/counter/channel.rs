//! Part 3: one task owns the map, and is sent commands.

use super::{CounterStore, FromCounters, StoreError, counters::Counters};
use crate::tokio;
use crate::tokio::sync::{mpsc, oneshot};

/// Commands that may wait for the owner; one more waits for room.
const WAITING_MAX: usize = 1_024;

/// A handle on the task that owns the counters. Dropping the last one ends the task.
#[derive(Debug)]
pub struct ChannelStore {
    owner: mpsc::Sender<Command>,
}

/// What a client asks of the owner, and where the answer goes.
#[derive(Debug)]
enum Command {
    Get { name: String, answer: oneshot::Sender<Result<i64, StoreError>> },
    Set { name: String, value: i64, answer: oneshot::Sender<Result<(), StoreError>> },
    Inc { name: String, answer: oneshot::Sender<Result<(), StoreError>> },
}

impl ChannelStore {
    async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Command,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.owner.send(command(answer)).await.map_err(|_| StoreError::Gone)?;
        answered.await.unwrap_or(Err(StoreError::Gone))
    }
}

/// Applies each command, then answers it. An answer that nobody waits for is no error.
async fn own(mut counters: Counters, mut commands: mpsc::Receiver<Command>) {
    while let Some(command) = commands.recv().await {
        match command {
            Command::Get { name, answer } => {
                let _ = answer.send(counters.get(&name));
            }
            Command::Set { name, value, answer } => {
                let _ = answer.send(counters.set(&name, value));
            }
            Command::Inc { name, answer } => {
                let _ = answer.send(counters.inc(&name));
            }
        }
    }
}

impl FromCounters for ChannelStore {
    fn new(counters: Counters) -> Self {
        let (owner, commands) = mpsc::channel(WAITING_MAX);
        tokio::spawn(own(counters, commands));
        Self { owner }
    }
}

impl CounterStore for ChannelStore {
    async fn get(&self, name: &str) -> Result<i64, StoreError> {
        self.ask(|answer| Command::Get { name: name.to_owned(), answer }).await
    }

    async fn set(&self, name: &str, value: i64) -> Result<(), StoreError> {
        self.ask(|answer| Command::Set { name: name.to_owned(), value, answer }).await
    }

    async fn inc(&self, name: &str) -> Result<(), StoreError> {
        self.ask(|answer| Command::Inc { name: name.to_owned(), answer }).await
    }
}
