//! A client's socket: it sends answers together where it can, and gives up on a client that does not read.
//!
//! Hyper flushes each answer, and a write costs more than the rest of a request. Its own remedy, `pipeline_flush`,
//! holds answers back while any byte is unparsed: behind the beginning of a next request they wait
//! for its end, and behind a bad one they are lost. Here answers wait until hyper wants to read, which
//! it does once it has answered every whole request that has arrived.
//!
//! Nor does hyper bound how long a write may wait: a client that sends requests and never reads would
//! hold on to its connection for ever.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};

/// Answers that wait to be sent together.
const UNSENT_BYTES_MAX: usize = 16 * 1024;

/// A stream that writes before it reads, and waits for room to write no longer than `timeout`.
#[derive(Debug)]
pub struct Socket {
    stream: TcpStream,
    unsent: Vec<u8>,
    /// The bytes of `unsent` that are sent nevertheless: the last write was a short one.
    sent: usize,
    timeout: Duration,
    /// There while a write waits: most never do, and cost nothing.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Socket {
    pub fn new(stream: TcpStream, timeout: Duration) -> Self {
        Self { stream, unsent: Vec::new(), sent: 0, timeout, waiting: None }
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.sent < self.unsent.len() {
            let Poll::Ready(sent) = Pin::new(&mut self.stream).poll_write(cx, &self.unsent[self.sent..])
            else {
                return self.poll_patience(cx);
            };
            self.waiting = None;
            self.sent += sent?;
        }
        self.unsent.clear();
        self.sent = 0;
        Poll::Ready(Ok(()))
    }

    /// Pending, until a write has waited for too long.
    fn poll_patience(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(self.timeout)));
        ready!(waiting.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx))?;
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        if self.unsent.len() + from.len() > UNSENT_BYTES_MAX {
            ready!(self.poll_send(cx))?;
        }
        self.unsent.extend_from_slice(from);
        Poll::Ready(Ok(from.len()))
    }

    /// Sends nothing yet: hyper goes on to read or to shut down, and both send.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
