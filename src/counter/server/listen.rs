//! The listener: what a burst of clients needs, and what must not end the server.

use std::{io, net::SocketAddr, time::Duration};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// Connections that may wait to be accepted. Tokio's own 1,024 would just do for `ab -c 1000`, std's
/// 128 would not; the system may allow fewer.
const BACKLOG: u32 = 4_096;

/// How long to leave a failing `accept` alone: long enough to spare the CPU while descriptors are
/// used up, short enough that nobody notices.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// A listener on `address` with a long backlog. Port 0 takes a free port.
///
/// # Errors
///
/// As the system's `bind` and `listen`: a port in use, an address that is not this machine's.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // On Unix this takes over a port whose last connections linger in TIME_WAIT, never one in use;
    // elsewhere it would.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// The next connection. An error is the fate of one client, or a shortage that will pass: neither ends
/// the server.
pub async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Otherwise an answer could wait for the acknowledgement of the one before it.
                let _ = stream.set_nodelay(true);
                return stream;
            }
            Err(error) if is_one_clients(&error) => {}
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

fn is_one_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted)
}
