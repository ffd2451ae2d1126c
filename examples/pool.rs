//! A connection pool, as deadpool and bb8 have it at their core: places that a semaphore counts, connections
//! that wait in a queue, and a checkout that gives both back when it is dropped.
//!
//! `cargo run --release --example pool`; `examples/README.md` says more.

use raceproof::explore::{Engine, Explorer};
use raceproof::spec::{Bounds, Spec, Subject};
use raceproof::sync::Mutex;
use raceproof::tokio::sync::{Mutex as AsyncMutex, Semaphore, SemaphorePermit};
use std::collections::VecDeque;

/// So many connections at once.
const PLACES: usize = 1;

/// What the pool promises: each query is answered, and in the end every place is free again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Plain {
    answered: u32,
    free: usize,
}

/// A query, on whatever connection there is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Query;

impl Spec for Plain {
    type Op = Query;
    type Ret = ();

    fn apply(&mut self, _: &Query) {
        self.answered += 1;
    }
}

/// The server, far away: whatever is asked of it takes an await.
#[derive(Default)]
struct Server(AsyncMutex<Counts>);

#[derive(Default)]
struct Counts {
    connections: usize,
    answered: u32,
}

struct Connection;

impl Server {
    async fn connect(&self) -> Connection {
        let mut counts = self.0.lock().await;
        counts.connections += 1;
        assert!(counts.connections <= PLACES, "the server refuses the connection");
        Connection
    }

    async fn answer(&self, _: &Connection) {
        self.0.lock().await.answered += 1;
    }
}

// The pool itself.

/// Whoever holds a permit has a place; the queue is locked for a moment, and never across an await.
struct Pool {
    places: Semaphore,
    idle: Mutex<VecDeque<Connection>>,
    server: Server,
}

/// A connection that is in use. Its place is given back behind it: fields are dropped in their order.
struct Checkout<'a> {
    connection: Returned<'a>,
    _place: SemaphorePermit<'a>,
}

/// Goes back into the queue when it is dropped.
struct Returned<'a>(&'a Pool, Option<Connection>);

impl Drop for Returned<'_> {
    fn drop(&mut self) {
        self.0.idle.lock().unwrap().extend(self.1.take());
    }
}

impl Pool {
    fn new() -> Self {
        Self { places: Semaphore::new(PLACES), idle: Mutex::default(), server: Server::default() }
    }

    /// Dropped at either await, it has its permit or none, and nothing of its own.
    async fn get(&self) -> Checkout<'_> {
        let place = self.places.acquire().await.expect("it is never closed");
        let connection = self.idle_or_new().await;
        Checkout { connection: Returned(self, Some(connection)), _place: place }
    }

    async fn idle_or_new(&self) -> Connection {
        let idle = self.idle.lock().unwrap().pop_front();
        match idle {
            Some(connection) => connection,
            None => self.server.connect().await,
        }
    }

    async fn plain(&self) -> Option<Plain> {
        let answered = self.server.0.lock().await.answered;
        Some(Plain { answered, free: self.places.available_permits() })
    }
}

impl Subject for Pool {
    type Spec = Plain;

    async fn new() -> Self {
        Self::new()
    }

    async fn call(&self, _: &Query) {
        let checkout = self.get().await;
        let connection = checkout.connection.1.as_ref().expect("it goes back later");
        self.server.answer(connection).await;
    }

    async fn state(&self) -> Option<Plain> {
        self.plain().await
    }
}

/// The mistake: the place is counted by hand until there is a connection, so that whoever is dropped while it
/// connects takes the place along.
struct Leaky(Pool);

impl Subject for Leaky {
    type Spec = Plain;

    async fn new() -> Self {
        Self(Pool::new())
    }

    async fn call(&self, _: &Query) {
        self.0.places.acquire().await.expect("it is never closed").forget();
        let connection = self.0.idle_or_new().await;
        // From here on it is right: whatever becomes of the answer, the connection goes back, and then the place.
        let _place = GivesBack(&self.0);
        let returned = Returned(&self.0, Some(connection));
        self.0.server.answer(returned.1.as_ref().expect("it goes back later")).await;
    }

    async fn state(&self) -> Option<Plain> {
        self.0.plain().await
    }
}

struct GivesBack<'a>(&'a Pool);

impl Drop for GivesBack<'_> {
    fn drop(&mut self) {
        self.0.places.add_permits(1);
    }
}

/// Two clients with up to two queries each, of which one is dropped at any of its awaits.
fn bounds() -> Bounds<Plain> {
    let initial = Plain { answered: 0, free: PLACES };
    Bounds::new(initial, [Query]).threads(2).calls_per_thread(2).cancellations(1)
}

#[test]
fn a_query_that_is_dropped_gives_its_place_back() {
    Explorer::new(Engine::Exhaustive).explore_subject::<Pool>(&bounds()).assert_proved();
}

#[test]
fn a_place_that_is_lost_while_connecting_is_found() {
    let verdict = Explorer::new(Engine::Exhaustive).explore_subject::<Leaky>(&bounds());
    let shown = verdict.assert_refuted();
    assert!(shown.rows.iter().any(|row| row.text == "dropped at this await"), "{verdict}");
}

fn main() {
    let explorer = Explorer::new(Engine::Exhaustive);
    println!("Pool: {}", explorer.explore_subject::<Pool>(&bounds()));
    println!("Leaky: {}", explorer.explore_subject::<Leaky>(&bounds()));
}
