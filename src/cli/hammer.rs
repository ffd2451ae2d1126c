//! The server under load, in this process: every acknowledged inc must be in the final count.

use crate::counter::kind::Kind;
use crate::counter::spec::START;
use crate::counter::{FromCounters, server};
use crate::report::matrix::Cell;
use crate::verdict::{Counterexample, Finding};
use crate::with_store;
use anyhow::Context;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// Connections that hammer at once.
const CONNECTIONS: u64 = 64;

/// Calls in all, unless fewer are asked for.
const CALLS: u64 = 20_000;

/// Serves `store` on loopback, hammers it, and compares what was acknowledged with the final count.
pub fn cell(store: Kind, executions_max: Option<u64>) -> anyhow::Result<Cell> {
    let start = Instant::now();
    let per_connection = executions_max.unwrap_or(CALLS).div_ceil(CONNECTIONS);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (acknowledged, counted) =
        runtime.block_on(async { with_store!(store, S => hammer::<S>(per_connection).await) })?;
    let lost = acknowledged != counted;
    Ok(Cell {
        store: store.name().to_owned(),
        engine: "http".to_owned(),
        verdict: if lost { "refuted" } else { "passed" }.to_owned(),
        executions: acknowledged,
        elapsed_ms: start.elapsed().as_millis() as u64,
        undecided: None,
        limits: Vec::new(),
        resume: None,
        programs: 0,
        every_program: false,
        by_sequences: false,
        counterexample: lost.then(|| wrong(acknowledged, counted)),
    })
}

fn wrong(acknowledged: u64, counted: u64) -> Counterexample {
    Counterexample {
        finding: Finding::NotLinearizable,
        threads: Vec::new(),
        program: vec![(format!("{CONNECTIONS} clients"), "inc(i), again and again".to_owned())],
        rows: Vec::new(),
        preemptions: None,
        why: vec![format!(
            "{acknowledged} inc(i) answered ok, so get(i) must answer {acknowledged}; it answered {counted}"
        )],
        schedule: None,
        replay: None,
        seed: None,
    }
}

/// How many incs were acknowledged, and the counter behind them.
async fn hammer<S: FromCounters>(per_connection: u64) -> anyhow::Result<(u64, u64)> {
    let store = Arc::new(S::new(START.into_iter().collect()));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(server::run(listener, store, async {
        let _ = stopped.await;
    }));
    let clients: Vec<_> = (0..CONNECTIONS).map(|_| tokio::spawn(client(address, per_connection))).collect();
    let mut acknowledged = 0;
    for client in clients {
        acknowledged += client.await??;
    }
    let mut connection = TcpStream::connect(address).await?;
    let answer = ask(&mut connection, "/get?name=i").await?;
    let counted = answer.strip_prefix("i: ").and_then(|value| value.trim().parse().ok());
    drop((stop, connection));
    let _ = serving.await?;
    Ok((acknowledged, counted.context("the server did not say what i is")?))
}

async fn client(address: SocketAddr, calls: u64) -> anyhow::Result<u64> {
    let mut connection = TcpStream::connect(address).await?;
    let mut acknowledged = 0;
    for _ in 0..calls {
        acknowledged += u64::from(ask(&mut connection, "/inc?name=i").await? == "ok\n");
    }
    Ok(acknowledged)
}

/// One call over a connection that is kept: the body of its answer.
async fn ask(connection: &mut TcpStream, target: &str) -> anyhow::Result<String> {
    let request = format!("GET {target} HTTP/1.1\r\nhost: counter\r\n\r\n");
    connection.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    loop {
        anyhow::ensure!(connection.read_buf(&mut answer).await? > 0, "the server closed a connection");
        if let Some(body) = body(&answer) {
            return Ok(body);
        }
    }
}

/// The body of an answer, once all of it is there.
fn body(answer: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(answer).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let of_line =
        |line: &str| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok();
    let length = head.lines().find_map(of_line);
    (body.len() == length?).then(|| body.to_owned())
}
