//! The HTTP server: the article's conversation over any store.
//!
//! ```text
//! listen ─▶ accept ─▶ gate ─▶ connection ─▶ call ─▶ store ─▶ answer
//! ```
//!
//! It knows the stores through [`CounterStore`] alone, and it holds nothing of theirs while an answer
//! is written: a client that never reads stalls itself and nobody else.

mod answer;
mod call;
mod connection;
mod gate;
mod listen;
mod query;
mod socket;

pub use call::NAME_BYTES_MAX;
pub use gate::CutOff;
pub use listen::listen;

use super::CounterStore;
use connection::Server;
use gate::Gate;
use std::{pin::pin, sync::Arc, time::Duration};
use tokio::net::TcpListener;

/// What bounds a server: no client may hold on to more of it than this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections that are served at once; more wait in the listener's backlog.
    pub connections_max: u32,
    /// How long a client may take for a request's head, and so also how long it may stay idle.
    pub header_timeout: Duration,
    /// How long a client may leave answers unread once there is no more room for them.
    pub unread_timeout: Duration,
    /// How long connections may take to finish once the server is told to end.
    pub drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 8_192,
            header_timeout: Duration::from_secs(30),
            unread_timeout: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(10),
        }
    }
}

/// Serves `store` to whoever connects to `listener`, until `shutdown` is ready; then finishes what is in
/// flight. When it returns, no call of this server's is running or will ever run.
///
/// # Errors
///
/// [`CutOff`] when connections were still busy at the end of [`Limits::drain_timeout`].
pub async fn run<S: CounterStore>(
    listener: TcpListener,
    store: Arc<S>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), CutOff> {
    run_within(Limits::default(), listener, store, shutdown).await
}

/// [`run`], within limits of the caller's.
///
/// # Errors
///
/// As [`run`].
pub async fn run_within<S: CounterStore>(
    limits: Limits,
    listener: TcpListener,
    store: Arc<S>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), CutOff> {
    let gate = Gate::new(limits.connections_max);
    let server = Arc::new(Server::new(store, limits));
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = async {
            let admission = gate.admit().await;
            (listen::accept(&listener).await, admission)
        };
        let (stream, admission) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = accepted => accepted,
        };
        tokio::spawn(Arc::clone(&server).converse(stream, admission));
    }
    drop(listener);
    gate.drain(limits.drain_timeout).await
}
