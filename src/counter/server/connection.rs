//! One connection: hyper's HTTP/1 with everything bounded.

use super::{
    CounterStore, Limits, answer,
    gate::{Admission, Phase},
    socket::Socket,
};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{convert::Infallible, pin::pin, sync::Arc};
use tokio::net::TcpStream;

/// The bytes of a request's head, and of answers that wait to be written. Also the most that is ever
/// read of a body, which nobody asks for: hyper closes the connection instead.
const BUFFER_BYTES_MAX: usize = 16 * 1024;

/// What all connections share.
#[derive(Debug)]
pub struct Server<S> {
    store: Arc<S>,
    http: http1::Builder,
    limits: Limits,
}

impl<S: CounterStore> Server<S> {
    pub fn new(store: Arc<S>, limits: Limits) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(limits.header_timeout)
            .max_buf_size(BUFFER_BYTES_MAX)
            // A client that has said all it wants to say still gets its answers. It also keeps hyper from
            // reading while a call is under way, on which the socket relies.
            .half_close(true);
        Self { store, http, limits }
    }

    /// Answers the requests of one client until it leaves, or the server ends.
    ///
    /// A connection's error is its client's doing, who has been told or is gone.
    pub async fn converse(self: Arc<Self>, stream: TcpStream, mut admission: Admission) {
        let store = &*self.store;
        let service = service_fn(move |request| async move {
            Ok::<_, Infallible>(answer::answer(store, request.method(), request.uri()).await)
        });
        let stream = Socket::new(stream, self.limits.unread_timeout);
        let mut connection = pin!(self.http.serve_connection(TokioIo::new(stream), service));
        tokio::select! {
            biased;
            _ = connection.as_mut() => return,
            () = admission.reached(Phase::Draining) => connection.as_mut().graceful_shutdown(),
        }
        tokio::select! {
            biased;
            _ = connection => {}
            () = admission.reached(Phase::Ended) => {}
        }
    }
}
