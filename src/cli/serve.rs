//! `raceproof serve`: a store behind HTTP, until a signal comes.

use crate::counter::{
    CounterStore, FromCounters,
    counters::Counters,
    kind::Kind,
    server::{self, CutOff},
};
use crate::with_store;
use anyhow::{Context, anyhow};
use std::{
    io::{self, ErrorKind, Write},
    net::{SocketAddr, ToSocketAddrs},
    process::ExitCode,
    sync::Arc,
};
use tokio::{net::TcpListener, sync::oneshot};

/// Serves a store of counters over HTTP: /get?name=i, /set?name=i&val=5 and /inc?name=i
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The store behind the server
    #[arg(long, value_enum, default_value_t = Kind::Mutex)]
    store: Kind,
    /// The address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8000")]
    listen: String,
}

/// Serves until a signal comes: 0 when everything in flight was answered, 1 when something was cut off.
///
/// # Errors
///
/// When it cannot listen.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let code = runtime.block_on(serve(args));
    // What a second signal has cut off is not waited for.
    runtime.shutdown_background();
    code
}

async fn serve(args: Args) -> anyhow::Result<ExitCode> {
    let counters = Counters::from_iter([("i", 0), ("j", 0)]);
    let listener = listen(&args.listen)?;
    with_store!(args.store, S => until_signalled(listener, S::new(counters)).await)
}

fn listen(address: &str) -> anyhow::Result<TcpListener> {
    let cannot = || format!("cannot listen on {address}");
    let addresses = address.to_socket_addrs().map_err(|error| explain(&error, None)).with_context(cannot)?;
    let mut failure = anyhow!("the name has no address");
    for address in addresses {
        match server::listen(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => failure = explain(&error, Some(address)),
        }
    }
    Err(failure).with_context(cannot)
}

/// The system's error in our words, with what to do about it.
fn explain(error: &io::Error, address: Option<SocketAddr>) -> anyhow::Error {
    match (error.kind(), address) {
        (ErrorKind::AddrInUse, Some(mut free)) => {
            free.set_port(0);
            anyhow!("address already in use; try --listen {free}")
        }
        (ErrorKind::AddrNotAvailable, _) => anyhow!("the address is not this machine's"),
        (ErrorKind::PermissionDenied, _) => anyhow!("permission denied; try a port above 1023"),
        (ErrorKind::InvalidInput, _) => anyhow!("it should be an address and a port, as in 127.0.0.1:8000"),
        _ => anyhow!("{error}"),
    }
}

/// The first signal drains; a second one ends at once.
async fn until_signalled<S: CounterStore>(listener: TcpListener, store: S) -> anyhow::Result<ExitCode> {
    let mut signals = Signals::new()?;
    let (drain, draining) = oneshot::channel();
    let address = listener.local_addr()?;
    // As a task of its own it accepts on the threads that serve, and hands nothing over to them.
    let running = tokio::spawn(server::run(listener, Arc::new(store), async {
        let _ = draining.await;
    }));
    announce(address);
    let twice = async {
        signals.next().await;
        // Fails only where the server has ended already.
        let _ = drain.send(());
        signals.next().await;
    };
    tokio::select! {
        ran = running => Ok(ended(ran?)),
        () = twice => {
            eprintln!("raceproof: ended by a second signal: what was in flight is cut off");
            Ok(ExitCode::from(1))
        }
    }
}

fn ended(ran: Result<(), CutOff>) -> ExitCode {
    let Err(cut_off) = ran else { return ExitCode::SUCCESS };
    eprintln!("raceproof: {cut_off}");
    ExitCode::from(1)
}

/// The one line that says where. A reader that has gone away is no reason not to serve.
fn announce(address: SocketAddr) {
    let mut stdout = io::stdout();
    let _ = writeln!(stdout, "listening on http://{address}").and_then(|()| stdout.flush());
}

/// The signals that ask a process to end.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// The signals that ask a process to end.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        // Without a handler the default one ends the process, which is all that is left to do.
        let _ = tokio::signal::ctrl_c().await;
    }
}
