//! `raceproof serve` as a process: what it prints, how it ends, and with which exit code.
#![cfg(unix)]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Output, Stdio},
    thread,
    time::Duration,
};

/// Far beyond what anything here takes: it turns a hang into a failure.
const HANGS: Duration = Duration::from_mins(2);

const GET_I: &str = "GET /get?name=i HTTP/1.1\r\nhost: x\r\n\r\n";

fn raceproof() -> Command {
    Command::new(env!("CARGO_BIN_EXE_raceproof"))
}

/// A server in a child process, which ends with it.
struct Serving {
    child: Child,
    address: String,
}

impl Serving {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.strip_prefix("listening on http://").expect(&line).trim_end().to_owned();
        Self { child, address }
    }

    fn store(store: &str) -> Self {
        Self::start(raceproof().args(["serve", "--listen", "127.0.0.1:0", "--store", store]))
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(HANGS)).unwrap();
        stream
    }

    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Waits until nobody is let in any more.
    fn door_is_shut(&self) {
        while TcpStream::connect(&self.address).is_ok() {}
    }

    /// Waits for the end: the exit code, and what was said on stderr.
    fn ended(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().unwrap().code();
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (code, said)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The body of the next answer.
fn ask(stream: &mut TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = [0; 1024];
    let read = stream.read(&mut answer).unwrap();
    let answer = std::str::from_utf8(&answer[..read]).unwrap();
    answer.split_once("\r\n\r\n").expect("an answer").1.to_owned()
}

fn said(output: Output) -> (Option<i32>, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn serves_each_store() {
    for store in ["unsynchronized", "lost-update", "lost_update", "mutex", "channel"] {
        let serving = Serving::store(store);
        assert_eq!(ask(&mut serving.connect(), GET_I), "i: 0\n", "{store}");
        assert_eq!(ask(&mut serving.connect(), &GET_I.replace("=i", "=j")), "j: 0\n", "{store}");
    }
}

#[test]
fn a_port_in_use_is_one_line_and_misuse() {
    let serving = Serving::store("mutex");
    let address = &serving.address;
    let expected =
        format!("raceproof: cannot listen on {address}: address already in use; try --listen 127.0.0.1:0\n");
    let output = raceproof().args(["serve", "--listen", address]).output().unwrap();
    assert_eq!(said(output), (Some(2), String::new(), expected));
}

#[test]
fn an_address_that_is_none_is_one_line_and_misuse() {
    let expected = "raceproof: cannot listen on 8000: \
                    it should be an address and a port, as in 127.0.0.1:8000\n";
    let output = raceproof().args(["serve", "--listen", "8000"]).output().unwrap();
    assert_eq!(said(output), (Some(2), String::new(), expected.to_owned()));
}

#[test]
fn a_bad_flag_is_misuse() {
    for (flags, names) in [(["--store", "rwlock"], "lost_update"), (["--port", "8000"], "--port")] {
        let (code, out, err) = said(raceproof().arg("serve").args(flags).output().unwrap());
        assert_eq!((code, &*out), (Some(2), ""));
        assert!(err.contains(names), "{err}");
    }
}

#[test]
fn a_signal_ends_an_idle_server_well() {
    for signal in ["TERM", "INT"] {
        let serving = Serving::store("channel");
        let mut kept = serving.connect();
        assert_eq!(ask(&mut kept, GET_I), "i: 0\n");
        serving.signal(signal);
        assert_eq!(kept.read(&mut [0]).unwrap(), 0, "the connection is closed");
        assert_eq!(serving.ended(), (Some(0), String::new()), "{signal}");
    }
}

/// Starts a request, has the server read what there is of it, and sends SIGTERM.
///
/// Nothing says that the server has read it; that it has answered another client 500 times since is as
/// good as certain, and [`until_it_was_read`] covers the rest.
fn terminate_within_a_request() -> (Serving, TcpStream) {
    let serving = Serving::store("mutex");
    let mut begun = serving.connect();
    begun.write_all(b"GET /inc?na").unwrap();
    let mut other = serving.connect();
    for _ in 0..500 {
        assert_eq!(ask(&mut other, GET_I), "i: 0\n");
    }
    serving.signal("TERM");
    serving.door_is_shut();
    (serving, begun)
}

/// Tries again where the server had not read the request before it was told to end.
fn until_it_was_read<T>(attempt: impl Fn() -> Option<T>) -> T {
    (0..20).find_map(|_| attempt()).expect("the server never reads")
}

#[test]
fn a_request_that_has_begun_is_answered_before_the_end() {
    let (answer, ended) = until_it_was_read(|| {
        let (serving, mut begun) = terminate_within_a_request();
        let mut answer = String::new();
        begun.write_all(b"me=i HTTP/1.1\r\nhost: x\r\n\r\n").ok()?;
        begun.read_to_string(&mut answer).ok().filter(|read| *read > 0)?;
        Some((answer, serving.ended()))
    });
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nok\n"), "{answer}");
    assert_eq!(ended, (Some(0), String::new()));
}

#[test]
fn a_second_signal_ends_at_once() {
    let (code, said) = until_it_was_read(|| {
        let (serving, _begun) = terminate_within_a_request();
        serving.signal("TERM");
        Some(serving.ended()).filter(|(code, _)| *code != Some(0))
    });
    let expected = "raceproof: ended by a second signal: what was in flight is cut off\n";
    assert_eq!((code, &*said), (Some(1), expected));
}

/// Forty clients are connected before the first has left, and the server may hold about ten.
#[test]
fn running_out_of_descriptors_ends_nothing() {
    let serve = "ulimit -n 24 && exec \"$0\" serve --listen 127.0.0.1:0";
    let serving = Serving::start(Command::new("sh").args(["-c", serve, env!("CARGO_BIN_EXE_raceproof")]));
    let clients: Vec<_> = (0..40).map(|_| serving.connect()).collect();
    for mut client in clients {
        assert_eq!(ask(&mut client, GET_I), "i: 0\n");
    }
}

/// Two accesses overlap for as long as the accesses are long: so the map gets many long names, which
/// makes looking one up slow, and four threads of the server look one up all the time. Each attempt
/// then overlaps with a probability far from 0, and attempts are repeated until one does.
#[test]
fn unsynchronized_dies_with_gos_words() {
    let flags = ["serve", "--listen", "127.0.0.1:0", "--store", "unsynchronized"];
    let serving = Serving::start(raceproof().args(flags).env("TOKIO_WORKER_THREADS", "4"));
    fill(serving.connect());
    let died = thread::scope(|scope| {
        let hammers = [(); 8].map(|()| scope.spawn(|| hammer(&serving.address)));
        hammers.map(|hammer| hammer.join().unwrap()).contains(&true)
    });
    assert!(died, "no two accesses ever overlapped");
    let (code, said) = serving.ended();
    assert_eq!(code, Some(2));
    let words = ["fatal error: concurrent map writes\n", "fatal error: concurrent map read and map write\n"];
    assert!(words.contains(&&*said), "{said}");
}

/// Names of which all but the last bytes are the same.
fn long_name(number: usize) -> String {
    format!("{number:n>250}")
}

/// Sets 5,000 names, from one connection: no two of its calls overlap.
fn fill(mut stream: TcpStream) {
    for first in (0..5_000).step_by(50) {
        let sets = (first..first + 50)
            .map(|number| format!("GET /set?name={}&val=0 HTTP/1.1\r\nhost: x\r\n\r\n", long_name(number)));
        stream.write_all(sets.collect::<String>().as_bytes()).unwrap();
        read_answers(&mut stream, 50).unwrap();
    }
}

/// Reads that many answers of `ok`, each of which is of the same length.
fn read_answers(stream: &mut TcpStream, count: usize) -> std::io::Result<()> {
    let mut one = Vec::new();
    while !one.ends_with(b"\r\n\r\nok\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        one.push(byte[0]);
    }
    stream.read_exact(&mut vec![0; one.len() * (count - 1)])
}

/// Loads of 50 requests; all together some millions of requests, where thousands are enough.
const LOADS_MAX: usize = 10_000;

/// Whether the server died of it.
fn hammer(address: &str) -> bool {
    let incs = format!("GET /inc?name={} HTTP/1.1\r\nhost: x\r\n\r\n", long_name(4_999)).repeat(50);
    let load = |stream: &mut TcpStream| {
        stream.write_all(incs.as_bytes())?;
        read_answers(stream, 50)
    };
    let Ok(mut stream) = TcpStream::connect(address) else { return true };
    (0..LOADS_MAX).any(|_| load(&mut stream).is_err())
}
