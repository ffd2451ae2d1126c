//! What the server says, byte for byte, over a plain socket.

use raceproof::counter::{
    CounterStore, FromCounters, StoreError,
    counters::Counters,
    mutex::MutexStore,
    server::{Limits, NAME_BYTES_MAX, listen, run_within},
};
use std::{future::pending, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Far beyond what anything here takes: it turns a hang into a failure.
const HANGS: Duration = Duration::from_mins(2);

fn start<S: CounterStore>(store: S, limits: Limits) -> SocketAddr {
    let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(run_within(limits, listener, Arc::new(store), pending()));
    address
}

fn mutex() -> SocketAddr {
    start(MutexStore::new(Counters::from_iter([("i", 0), ("j", 0)])), Limits::default())
}

/// Everything the server says to a client that says `request` and then no more, without the dates.
async fn say(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    rest(&mut stream).await
}

/// What the server says until it closes the connection, without the dates.
async fn rest(stream: &mut TcpStream) -> String {
    let mut said = String::new();
    timeout(HANGS, stream.read_to_string(&mut said)).await.expect("the server closes").unwrap();
    said.split_inclusive('\n').filter(|line| !line.starts_with("date: ")).collect()
}

/// A whole response of ours; `more` are header lines.
fn response(status: &str, more: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\n\
         x-content-type-options: nosniff\r\ncache-control: no-store\r\n{more}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Sends `request`, a method and a target, and expects that response and then the end.
async fn check(address: SocketAddr, request: &str, status: &str, more: &str, body: &str) {
    let said = say(address, &format!("{request} HTTP/1.1\r\nhost: x\r\n\r\n")).await;
    assert_eq!(said, response(status, more, body), "{request}");
}

#[tokio::test]
async fn the_articles_conversation() {
    let address = mutex();
    let said = say(address, "GET /get?name=i HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(
        said,
        "HTTP/1.1 200 OK\r\n\
         content-type: text/plain; charset=utf-8\r\n\
         x-content-type-options: nosniff\r\n\
         cache-control: no-store\r\n\
         content-length: 5\r\n\
         \r\n\
         i: 0\n"
    );
    check(address, "GET /get?name=j", "200 OK", "", "j: 0\n").await;
    check(address, "GET /get?name=x", "404 Not Found", "", "x not found\n").await;
    check(address, "GET /inc?name=x", "404 Not Found", "", "x not found\n").await;
    check(address, "GET /get?name=x", "404 Not Found", "", "x not found\n").await;
    check(address, "GET /set?name=x&val=0", "200 OK", "", "ok\n").await;
    check(address, "GET /get?name=x", "200 OK", "", "x: 0\n").await;
    check(address, "GET /inc?name=x", "200 OK", "", "ok\n").await;
    check(address, "GET /get?name=x", "200 OK", "", "x: 1\n").await;
    check(address, "POST /set?val=-7&name=x", "200 OK", "", "ok\n").await;
    check(address, "POST /inc?name=x", "200 OK", "", "ok\n").await;
    check(address, "GET http://elsewhere/get?name=x", "200 OK", "", "x: -6\n").await;
}

#[tokio::test]
async fn names_are_decoded() {
    let address = mutex();
    check(address, "GET /set?name=a%20b%26%E2%82%AC&val=%37", "200 OK", "", "ok\n").await;
    check(address, "GET /get?name=a+b%26%e2%82%ac", "200 OK", "", "a b&€: 7\n").await;
    check(address, "GET /get?name=%3Cb%3E", "404 Not Found", "", "<b> not found\n").await;
}

#[tokio::test]
async fn a_request_that_is_no_call_gets_one_clear_line() {
    let address = mutex();
    for request in ["GET /get", "GET /get?", "GET /get?name", "GET /inc?name=", "GET /set?val=1"] {
        check(address, request, "400 Bad Request", "", "name is missing\n").await;
    }
    check(address, "GET /set?name=i", "400 Bad Request", "", "val is missing\n").await;
    check(address, "GET /get?name=%ff", "400 Bad Request", "", "name is not UTF-8\n").await;
    for val in ["abc", "1.5", "9223372036854775808", "+1", "0x1"] {
        let line = "val is not an integer from -9223372036854775808 to 9223372036854775807\n";
        check(address, &format!("GET /set?name=i&val={val}"), "400 Bad Request", "", line).await;
    }
    for request in ["GET /", "GET /gets?name=i", "GET /get/?name=i", "OPTIONS *"] {
        let line = "no such path: there are /get, /set and /inc\n";
        check(address, request, "404 Not Found", "", line).await;
    }
    check(address, "GET /get?name=i", "200 OK", "", "i: 0\n").await;
}

#[tokio::test]
async fn a_wrong_method_learns_the_right_ones_and_changes_nothing() {
    let address = mutex();
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "BREW"] {
        let line = "method not allowed: use GET, HEAD\n";
        let request = format!("{method} /get?name=i");
        check(address, &request, "405 Method Not Allowed", "allow: GET, HEAD\r\n", line).await;
    }
    for method in ["PUT", "DELETE", "PATCH"] {
        for path in ["/inc?name=i", "/set?name=i&val=9"] {
            let line = "method not allowed: use GET, POST\n";
            let request = format!("{method} {path}");
            check(address, &request, "405 Method Not Allowed", "allow: GET, POST\r\n", line).await;
        }
    }
    check(address, "GET /get?name=i", "200 OK", "", "i: 0\n").await;
}

#[tokio::test]
async fn head_is_told_what_get_would_be_and_changes_nothing() {
    let address = mutex();
    let got = response("200 OK", "", "i: 0\n");
    let head = say(address, "HEAD /get?name=i HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(head, got.strip_suffix("i: 0\n").unwrap());
    for path in ["/inc?name=i", "/set?name=i&val=9"] {
        let head = say(address, &format!("HEAD {path} HTTP/1.1\r\nhost: x\r\n\r\n")).await;
        assert!(head.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"), "{head}");
        assert!(head.ends_with("allow: GET, POST\r\ncontent-length: 34\r\n\r\n"), "{head}");
    }
    check(address, "GET /get?name=i", "200 OK", "", "i: 0\n").await;
}

#[tokio::test]
async fn an_overflow_is_a_conflict_and_changes_nothing() {
    let address = mutex();
    check(address, "GET /set?name=i&val=9223372036854775807", "200 OK", "", "ok\n").await;
    check(address, "GET /inc?name=i", "409 Conflict", "", "the counter is at its maximum\n").await;
    check(address, "GET /get?name=i", "200 OK", "", "i: 9223372036854775807\n").await;
}

/// A store that refuses every call.
struct Refusing(StoreError);

impl CounterStore for Refusing {
    async fn get(&self, _: &str) -> Result<i64, StoreError> {
        Err(self.0)
    }
    async fn set(&self, _: &str, _: i64) -> Result<(), StoreError> {
        Err(self.0)
    }
    async fn inc(&self, _: &str) -> Result<(), StoreError> {
        Err(self.0)
    }
}

#[tokio::test]
async fn what_a_store_refuses_has_its_status() {
    for (error, status, line) in [
        (StoreError::NotFound, "404 Not Found", "i not found\n"),
        (StoreError::Overflow, "409 Conflict", "the counter is at its maximum\n"),
        (StoreError::Full, "507 Insufficient Storage", "there are too many counters\n"),
        (StoreError::Gone, "503 Service Unavailable", "the store has ended\n"),
    ] {
        let address = start(Refusing(error), Limits::default());
        for request in ["GET /get?name=i", "GET /set?name=i&val=1", "GET /inc?name=i"] {
            check(address, request, status, "", line).await;
        }
    }
}

#[tokio::test]
async fn a_name_has_a_bounded_length() {
    let address = mutex();
    let longest = "n".repeat(NAME_BYTES_MAX);
    check(address, &format!("GET /set?name={longest}&val=1"), "200 OK", "", "ok\n").await;
    check(address, &format!("GET /get?name={longest}"), "200 OK", "", &format!("{longest}: 1\n")).await;
    for path in ["get?", "inc?", "set?val=1&"] {
        let line = "name is longer than 256 bytes\n";
        check(address, &format!("GET /{path}name={longest}n"), "414 URI Too Long", "", line).await;
    }
}

/// What hyper says by itself: a status, no body, and the end of the connection.
fn from_hyper(status: &str) -> String {
    format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
}

#[tokio::test]
async fn a_head_that_does_not_fit_ends_the_connection() {
    let address = mutex();
    let too_large = from_hyper("431 Request Header Fields Too Large");
    // No byte more than the server reads: it closes, and a byte left over would be an error of TCP's.
    let uri = format!("{:n<16384}", "GET /get?name=");
    assert_eq!(say(address, &uri).await, too_large);
    let headers = "a: b\r\n".repeat(101);
    assert_eq!(say(address, &format!("GET / HTTP/1.1\r\n{headers}\r\n")).await, too_large);
    assert_eq!(say(address, "hello?\r\n\r\n").await, from_hyper("400 Bad Request"));
}

#[tokio::test]
async fn an_old_client_is_answered_and_left() {
    let said = say(mutex(), "GET /get?name=i HTTP/1.0\r\n\r\n").await;
    assert_eq!(said, response("200 OK", "", "i: 0\n").replace("HTTP/1.1", "HTTP/1.0"));
}

#[tokio::test]
async fn requests_sent_at_once_are_answered_in_their_order() {
    let get = "GET /get?name=i HTTP/1.1\r\nhost: x\r\n\r\n";
    let inc = "GET /inc?name=i HTTP/1.1\r\nhost: x\r\n\r\n";
    let said = say(mutex(), &[get, inc, inc, get].concat()).await;
    let [zero, ok, two] = ["i: 0\n", "ok\n", "i: 2\n"].map(|body| response("200 OK", "", body));
    assert_eq!(said, [&*zero, &*ok, &*ok, &*two].concat());
}

#[tokio::test]
async fn an_answer_does_not_wait_for_the_end_of_the_next_request() {
    let mut stream = TcpStream::connect(mutex()).await.unwrap();
    stream.write_all(&[GET_I, GET_I, b"GET /inc?na"].concat()).await.unwrap();
    let mut said = String::new();
    while said.matches("i: 0\n").count() < 2 {
        let mut more = [0; 512];
        let read = timeout(HANGS, stream.read(&mut more)).await.expect("both are answered").unwrap();
        said += std::str::from_utf8(&more[..read]).unwrap();
    }
    stream.write_all(b"me=i HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(rest(&mut stream).await, response("200 OK", "", "ok\n"));
}

#[tokio::test]
async fn an_answer_is_not_lost_before_a_bad_request() {
    let said = say(mutex(), "GET /inc?name=i HTTP/1.1\r\nhost: x\r\n\r\nhello?\r\n\r\n").await;
    assert_eq!(said, response("200 OK", "", "ok\n") + &from_hyper("400 Bad Request"));
}

#[tokio::test]
async fn a_body_is_passed_over() {
    let post = "POST /inc?name=i HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello";
    let get = "GET /get?name=i HTTP/1.1\r\nhost: x\r\n\r\n";
    let said = say(mutex(), &[post, get].concat()).await;
    assert_eq!(said, [response("200 OK", "", "ok\n"), response("200 OK", "", "i: 1\n")].concat());
}

/// The client says nothing more, and does not close: the server does, rather than wait for the rest.
#[tokio::test]
async fn a_body_that_does_not_end_is_not_waited_for() {
    let mut stream = TcpStream::connect(mutex()).await.unwrap();
    let head = "POST /inc?name=i HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000000\r\n\r\nhello";
    stream.write_all(head.as_bytes()).await.unwrap();
    assert_eq!(rest(&mut stream).await, response("200 OK", "", "ok\n"));
}

#[tokio::test]
async fn a_head_that_does_not_come_is_not_waited_for() {
    let limits = Limits { header_timeout: Duration::from_millis(50), ..Limits::default() };
    let address = start(MutexStore::new(Counters::default()), limits);
    let mut silent = TcpStream::connect(address).await.unwrap();
    let mut stopped = TcpStream::connect(address).await.unwrap();
    stopped.write_all(b"GET /get?na").await.unwrap();
    assert_eq!(rest(&mut silent).await, "");
    assert_eq!(rest(&mut stopped).await, "");
}

const GET_I: &[u8] = b"GET /get?name=i HTTP/1.1\r\nhost: x\r\n\r\n";

/// Once the client that never reads is stuck, another is still answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_reads_stalls_nobody_else() {
    let address = mutex();
    let stuck = TcpStream::connect(address).await.unwrap();
    let mut other = TcpStream::connect(address).await.unwrap();
    let requests = GET_I.repeat(1_000);
    let mut unwritable = 0;
    // This ends: the answers fill buffers that are bounded, and nobody empties them. A request that
    // was written in part only is refused, which is as good an answer not to read.
    while unwritable < 200 {
        unwritable = if stuck.try_write(&requests).is_ok() { 0 } else { unwritable + 1 };
        other.write_all(GET_I).await.unwrap();
        let mut answer = [0; 512];
        let read = timeout(HANGS, other.read(&mut answer)).await.expect("it is answered").unwrap();
        assert!(answer[..read].ends_with(b"\r\n\r\ni: 0\n"));
    }
}

/// The client that never reads has the only place: the other is answered once it has lost it.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_reads_loses_its_place() {
    let store = MutexStore::new(Counters::from_iter([("i", 0)]));
    let unread_timeout = Duration::from_millis(50);
    let limits = Limits { connections_max: 1, unread_timeout, ..Limits::default() };
    let address = start(store, limits);
    let mut stuck = TcpStream::connect(address).await.unwrap();
    let requests = GET_I.repeat(1_000);
    let cut_off = async { while stuck.write_all(&requests).await.is_ok() {} };
    timeout(HANGS, cut_off).await.expect("its connection is ended");
    check(address, "GET /get?name=i", "200 OK", "", "i: 0\n").await;
}
