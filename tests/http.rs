//! The server under load: every acknowledged call counts, and no other.

use http_body_util::Empty;
use hyper::{Request, StatusCode, body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use raceproof::counter::{
    CounterStore, FromCounters, StoreError,
    channel::ChannelStore,
    counters::Counters,
    mutex::MutexStore,
    server::{CutOff, Limits, listen, run, run_within},
};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Notify, Semaphore},
    task::JoinSet,
};

const REQUESTS: u32 = 20_000;
const CONNECTIONS: u32 = 200;

/// Far beyond what anything here takes: it turns a hang into a failure.
const HANGS: Duration = Duration::from_mins(2);

fn local() -> (TcpListener, SocketAddr) {
    let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn zero() -> Counters {
    Counters::from_iter([("i", 0)])
}

#[tokio::test(flavor = "multi_thread")]
async fn mutex_counts_every_inc_on_kept_connections() {
    hammer(MutexStore::new(zero()), CONNECTIONS as usize).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mutex_counts_every_inc_on_new_connections() {
    hammer(MutexStore::new(zero()), 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn channel_counts_every_inc_on_kept_connections() {
    hammer(ChannelStore::new(zero()), CONNECTIONS as usize).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn channel_counts_every_inc_on_new_connections() {
    hammer(ChannelStore::new(zero()), 0).await;
}

/// 20,000 incs by 200 clients at once, each of which is acknowledged: the counter is at 20,000.
async fn hammer<S: CounterStore>(store: S, idle_max: usize) {
    let (listener, address) = local();
    let store = Arc::new(store);
    tokio::spawn(run(listener, Arc::clone(&store), std::future::pending()));
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(HANGS)
        .pool_max_idle_per_host(idle_max)
        .build()
        .unwrap();
    let mut clients = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (client, url) = (client.clone(), format!("http://{address}/inc?name=i"));
        clients.spawn(async move {
            for _ in 0..REQUESTS / CONNECTIONS {
                let answer = client.get(&url).send().await.unwrap();
                assert_eq!((answer.status().as_u16(), &*answer.text().await.unwrap()), (200, "ok\n"));
            }
        });
    }
    clients.join_all().await;
    let answer = client.get(format!("http://{address}/get?name=i")).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), format!("i: {REQUESTS}\n"));
    assert_eq!(store.get("i").await, Ok(i64::from(REQUESTS)));
}

#[tokio::test(flavor = "multi_thread")]
async fn mutex_loses_no_acknowledged_inc_when_it_drains() {
    drain_under_load(MutexStore::new(zero())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn channel_loses_no_acknowledged_inc_when_it_drains() {
    drain_under_load(ChannelStore::new(zero())).await;
}

/// 64 clients inc until the server, told to end in the midst of it, has gone.
async fn drain_under_load<S: CounterStore>(store: S) {
    let (listener, address) = local();
    let store = Arc::new(store);
    let end = Arc::new(Notify::new());
    let limits = Limits { drain_timeout: HANGS, ..Limits::default() };
    let server = tokio::spawn({
        let (store, end) = (Arc::clone(&store), Arc::clone(&end));
        async move { run_within(limits, listener, store, end.notified()).await }
    });
    let acknowledged = Arc::new(AtomicU32::new(0));
    let mut connected = Vec::new();
    for _ in 0..64 {
        connected.push(connect(address).await.unwrap());
    }
    let mut clients = JoinSet::new();
    for client in connected {
        clients.spawn(inc_until_gone(client, Arc::clone(&acknowledged), Arc::clone(&end)));
    }
    server.await.unwrap().expect("nothing is cut off");
    let value = store.get("i").await.unwrap();
    let sent: u32 = clients.join_all().await.iter().sum();
    let acknowledged = acknowledged.load(Ordering::Relaxed);
    assert!(acknowledged >= 2_000, "the server ended before it was told to");
    assert!(i64::from(acknowledged) <= value, "{acknowledged} acknowledged, and the counter is at {value}");
    assert!(value <= i64::from(sent), "{sent} sent, and the counter is at {value}");
    // Each client waits for each answer, so what was applied was answered, too.
    assert_eq!(value, i64::from(acknowledged));
    assert_eq!(store.get("i").await.unwrap(), value, "a call was made after the end");
}

/// The requests sent. The one that brings the acknowledged ones to 2,000 tells the server to end.
async fn inc_until_gone(mut client: Client, acknowledged: Arc<AtomicU32>, end: Arc<Notify>) -> u32 {
    let mut sent = 0;
    while client.ready().await.is_ok() {
        sent += 1;
        match client.send_request(request("/inc?name=i")).await {
            Ok(answer) => assert_eq!(answer.status(), StatusCode::OK),
            Err(_) => break,
        }
        if acknowledged.fetch_add(1, Ordering::Relaxed) + 1 == 2_000 {
            end.notify_one();
        }
    }
    sent
}

/// A client that never sends a request twice.
type Client = http1::SendRequest<Empty<Bytes>>;

async fn connect(address: SocketAddr) -> Result<Client, hyper::Error> {
    let stream = TcpStream::connect(address).await.expect("the server listens");
    let (client, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(client)
}

fn request(path: &str) -> Request<Empty<Bytes>> {
    Request::get(path).header("host", "x").body(Empty::new()).unwrap()
}

/// A store whose inc announces itself, then waits until it is let go.
#[derive(Debug, Clone)]
struct Held {
    entered: Arc<Notify>,
    let_go: Arc<Semaphore>,
}

impl Held {
    fn new() -> Self {
        Self { entered: Arc::default(), let_go: Arc::new(Semaphore::new(0)) }
    }
}

impl CounterStore for Held {
    async fn get(&self, _: &str) -> Result<i64, StoreError> {
        Ok(0)
    }
    async fn set(&self, _: &str, _: i64) -> Result<(), StoreError> {
        Ok(())
    }
    async fn inc(&self, _: &str) -> Result<(), StoreError> {
        self.entered.notify_one();
        self.let_go.acquire().await.expect("open").forget();
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_has_begun_is_answered_after_the_door_is_shut() {
    let (listener, address) = local();
    let (store, end) = (Held::new(), Arc::new(Notify::new()));
    let limits = Limits { drain_timeout: HANGS, ..Limits::default() };
    let server = tokio::spawn({
        let (store, end) = (Arc::new(store.clone()), Arc::clone(&end));
        async move { run_within(limits, listener, store, end.notified()).await }
    });
    let mut client = connect(address).await.unwrap();
    let answer = tokio::spawn(client.send_request(request("/inc?name=i")));
    store.entered.notified().await;
    end.notify_one();
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    store.let_go.add_permits(1);
    let answer = answer.await.unwrap().expect("the call had begun");
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(server.await.unwrap(), Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_never_ends_is_cut_off() {
    let (listener, address) = local();
    let (store, end) = (Held::new(), Arc::new(Notify::new()));
    let limits = Limits { drain_timeout: Duration::from_millis(20), ..Limits::default() };
    let server = tokio::spawn({
        let (store, end) = (Arc::new(store.clone()), Arc::clone(&end));
        async move { run_within(limits, listener, store, end.notified()).await }
    });
    let mut client = connect(address).await.unwrap();
    let answer = tokio::spawn(client.send_request(request("/inc?name=i")));
    store.entered.notified().await;
    end.notify_one();
    let ended = tokio::time::timeout(HANGS, server).await.expect("the drain is bounded").unwrap();
    assert_eq!(ended, Err(CutOff { connections: 1 }));
    assert!(answer.await.unwrap().is_err());
}

/// The second client's inc may not happen while the first, who has the only place, is there.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_beyond_the_bound_waits() {
    let (listener, address) = local();
    let store = Arc::new(MutexStore::new(zero()));
    let limits = Limits { connections_max: 1, ..Limits::default() };
    tokio::spawn(run_within(limits, listener, Arc::clone(&store), std::future::pending()));
    let mut first = connect(address).await.unwrap();
    first.send_request(request("/get?name=i")).await.unwrap();
    let mut second = connect(address).await.unwrap();
    let answer = tokio::spawn(second.send_request(request("/inc?name=i")));
    for _ in 0..1_000 {
        first.ready().await.unwrap();
        first.send_request(request("/get?name=i")).await.unwrap();
        assert_eq!(store.get("i").await, Ok(0));
    }
    drop(first);
    let answered = tokio::time::timeout(HANGS, answer).await.expect("its turn comes").unwrap();
    assert_eq!(answered.unwrap().status(), StatusCode::OK);
    assert_eq!(store.get("i").await, Ok(1));
}
