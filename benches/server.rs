//! What a store costs behind HTTP: each sound one beside a bare hyper service that answers the same bytes.
//!
//! Compare within one run, as ratios: the network stack and the client are in every number alike.

use criterion::{BenchmarkGroup, Criterion, Throughput, measurement::WallTime};
use http_body_util::{BodyExt, Empty, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    client::conn::http1::SendRequest,
    header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use raceproof::counter::{
    CounterStore, FromCounters,
    channel::ChannelStore,
    counters::Counters,
    mutex::MutexStore,
    server::{listen, run},
};
use std::{
    convert::Infallible,
    future::pending,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::{Builder, Runtime},
    task::JoinSet,
};

/// One client shows what an answer takes, many show how many answers fit into a second.
const CLIENTS: [u64; 2] = [1, 32];

fn servers(criterion: &mut Criterion) {
    let server = Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let _inside = server.enter();
    let counters = Counters::from_iter([("i", 0)]);
    let addresses = [
        ("bare hyper", serve_bare(&server)),
        ("mutex", serve(&server, MutexStore::new(counters.clone()))),
        ("channel", serve(&server, ChannelStore::new(counters))),
    ];
    for clients in CLIENTS {
        let mut group = criterion.benchmark_group(format!("inc over HTTP, {clients} clients"));
        group.throughput(Throughput::Elements(1));
        for (name, address) in addresses {
            measure(&mut group, name, address, clients);
        }
        group.finish();
    }
}

fn serve<S: CounterStore>(server: &Runtime, store: S) -> SocketAddr {
    let listener = local();
    let address = listener.local_addr().expect("it is bound");
    server.spawn(run(listener, Arc::new(store), pending()));
    address
}

fn local() -> TcpListener {
    listen(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port")
}

/// No store, no limits, no drain: what hyper and the network cost.
fn serve_bare(server: &Runtime) -> SocketAddr {
    let listener = local();
    let address = listener.local_addr().expect("it is bound");
    server.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).expect("a socket of ours");
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service_fn(|_| async { Ok::<_, Infallible>(ok()) }));
            tokio::spawn(connection);
        }
    });
    address
}

fn ok() -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(Bytes::from_static(b"ok\n")));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn measure(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, address: SocketAddr, clients: u64) {
    // The clients share one thread of their own, so that their cost does not depend on the server's.
    let load = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut connected = Some(load.block_on(connect(address, clients)));
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|requests| {
            let idle = connected.take().expect("given back by the last sample");
            let (taken, idle) = load.block_on(send(idle, requests));
            connected = Some(idle);
            taken
        });
    });
}

type Client = SendRequest<Empty<Bytes>>;

async fn connect(address: SocketAddr, clients: u64) -> Vec<Client> {
    let mut connected = Vec::new();
    for _ in 0..clients {
        let stream = TcpStream::connect(address).await.expect("it listens");
        stream.set_nodelay(true).expect("a socket of ours");
        let (client, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("it speaks HTTP");
        tokio::spawn(connection);
        connected.push(client);
    }
    connected
}

/// Sends that many requests in all, and gives the clients back.
async fn send(clients: Vec<Client>, requests: u64) -> (Duration, Vec<Client>) {
    let (each, rest) = (requests / clients.len() as u64, requests % clients.len() as u64);
    let from = Instant::now();
    let mut sending = JoinSet::new();
    for (client, number) in clients.into_iter().zip(0..) {
        sending.spawn(send_some(client, each + u64::from(number < rest)));
    }
    let clients = sending.join_all().await;
    (from.elapsed(), clients)
}

async fn send_some(mut client: Client, requests: u64) -> Client {
    for _ in 0..requests {
        inc(&mut client).await;
    }
    client
}

async fn inc(client: &mut Client) {
    client.ready().await.expect("the connection is kept");
    let request = Request::get("/inc?name=i").header("host", "localhost").body(Empty::new());
    let answer = client.send_request(request.expect("a request")).await.expect("it is answered");
    assert_eq!(answer.status(), 200);
    read(answer.into_body()).await;
}

async fn read(body: Incoming) {
    let body = body.collect().await.expect("it is whole").to_bytes();
    assert_eq!(body, "ok\n");
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    servers(&mut criterion);
    criterion.final_summary();
}
