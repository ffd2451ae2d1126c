//! Who may come in, and how everybody is seen out.

use std::{error::Error, fmt, sync::Arc, time::Duration};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// Bounds the connections that are served at once, and waits for them at the end.
#[derive(Debug)]
pub struct Gate {
    room: Arc<Semaphore>,
    connections_max: u32,
    phase: watch::Sender<Phase>,
}

/// The stages of a server's life; each connection follows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Requests are answered as they come.
    Serving,
    /// What has begun is finished; nothing begins.
    Draining,
    /// Whatever is left ends now.
    Ended,
}

/// A connection's place. Dropping it gives the place to the next.
#[derive(Debug)]
pub struct Admission {
    phase: watch::Receiver<Phase>,
    _place: OwnedSemaphorePermit,
}

/// Connections were still busy when the time to drain them was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CutOff {
    /// How many.
    pub connections: usize,
}

impl Gate {
    pub fn new(connections_max: u32) -> Self {
        Self {
            room: Arc::new(Semaphore::new(connections_max as usize)),
            connections_max,
            phase: watch::Sender::new(Phase::Serving),
        }
    }

    /// Waits for a place.
    pub async fn admit(&self) -> Admission {
        let place = Arc::clone(&self.room).acquire_owned().await.expect("nobody closes the semaphore");
        Admission { phase: self.phase.subscribe(), _place: place }
    }

    /// Lets every connection finish, and ends those that have not within `timeout`.
    pub async fn drain(self, timeout: Duration) -> Result<(), CutOff> {
        self.phase.send_replace(Phase::Draining);
        if tokio::time::timeout(timeout, self.emptied()).await.is_ok() {
            return Ok(());
        }
        let connections = self.connections_max as usize - self.room.available_permits();
        self.phase.send_replace(Phase::Ended);
        self.emptied().await;
        if connections == 0 { Ok(()) } else { Err(CutOff { connections }) }
    }

    /// Waits until every place has been given back.
    async fn emptied(&self) {
        let all = self.room.acquire_many(self.connections_max).await;
        drop(all.expect("nobody closes the semaphore"));
    }
}

impl Admission {
    /// Waits until the server has come to `phase`.
    pub async fn reached(&mut self, phase: Phase) {
        // The gate lives until every admission is gone; were it dropped earlier, that is an end too.
        let _ = self.phase.wait_for(|current| *current >= phase).await;
    }
}

impl fmt::Display for CutOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.connections == 1 { "connection was" } else { "connections were" };
        write!(f, "{} {what} cut off: still busy when the time to finish was over", self.connections)
    }
}

impl Error for CutOff {}
