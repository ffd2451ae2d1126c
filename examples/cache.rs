//! From nothing to a proof: a bounded cache, what it promises, and a mistake in it.
//!
//! `cargo run --release --example cache`; `examples/README.md` tells the story.

use raceproof::explore::{Engine, Explorer};
use raceproof::spec::{Bounds, Spec, Subject};
use raceproof::sync::Mutex;
use std::collections::{HashMap, VecDeque};

// What a cache with room for two promises, one call at a time.

const ROOM: usize = 2;

/// The entries, the oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Plain(Vec<(char, u32)>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Op {
    Put(char, u32),
    Get(char),
}

#[derive(Clone, Debug, PartialEq)]
enum Ret {
    /// What had to go to make room.
    Evicted(Option<char>),
    Found(Option<u32>),
}

impl Spec for Plain {
    type Op = Op;
    type Ret = Ret;

    fn apply(&mut self, op: &Op) -> Ret {
        match *op {
            Op::Get(key) => Ret::Found(self.0.iter().find(|entry| entry.0 == key).map(|entry| entry.1)),
            Op::Put(key, value) => {
                self.0.retain(|entry| entry.0 != key);
                self.0.push((key, value));
                Ret::Evicted((self.0.len() > ROOM).then(|| self.0.remove(0).0))
            }
        }
    }
}

// The cache itself: a map to look things up, and a queue that knows which is the oldest.

#[derive(Default)]
struct Entries {
    values: HashMap<char, u32>,
    oldest: VecDeque<char>,
}

impl Entries {
    fn put(&mut self, key: char, value: u32) {
        self.values.insert(key, value);
        self.oldest.retain(|other| *other != key);
        self.oldest.push_back(key);
    }

    fn make_room(&mut self, room: usize) -> Option<char> {
        let evicted = if self.values.len() > room { self.oldest.pop_front() } else { None };
        evicted.inspect(|key| {
            self.values.remove(key);
        })
    }
}

/// One lock around each call.
struct Cache(Mutex<Entries>);

impl Subject for Cache {
    type Spec = Plain;

    async fn new() -> Self {
        Self(Mutex::default())
    }

    async fn call(&self, op: &Op) -> Ret {
        let mut entries = self.0.lock().unwrap();
        match *op {
            Op::Get(key) => Ret::Found(entries.values.get(&key).copied()),
            Op::Put(key, value) => {
                entries.put(key, value);
                Ret::Evicted(entries.make_room(ROOM))
            }
        }
    }
}

/// The mistake: room is made first and taken later, so that two puts can take the same room.
struct Overfull(Mutex<Entries>);

impl Subject for Overfull {
    type Spec = Plain;

    async fn new() -> Self {
        Self(Mutex::default())
    }

    async fn call(&self, op: &Op) -> Ret {
        match *op {
            Op::Get(key) => Ret::Found(self.0.lock().unwrap().values.get(&key).copied()),
            Op::Put(key, value) => {
                let known = self.0.lock().unwrap().values.contains_key(&key);
                let evicted = if known { None } else { self.0.lock().unwrap().make_room(ROOM - 1) };
                self.0.lock().unwrap().put(key, value);
                Ret::Evicted(evicted)
            }
        }
    }
}

/// Every program of two clients with up to two calls each.
fn bounds() -> Bounds<Plain> {
    let ops = [Op::Put('a', 1), Op::Put('b', 2), Op::Put('c', 3), Op::Get('a')];
    Bounds::new(Plain(Vec::new()), ops).threads(2).calls_per_thread(2)
}

fn main() {
    let explorer = Explorer::new(Engine::Exhaustive);
    println!("{} programs of 2 clients with up to 2 calls each\n", bounds().count());
    println!("Cache: {}", explorer.explore_subject::<Cache>(&bounds()));
    println!("Overfull: {}", explorer.explore_subject::<Overfull>(&bounds()));
}

#[test]
fn the_cache_keeps_its_promise() {
    Explorer::new(Engine::Exhaustive).explore_subject::<Cache>(&bounds()).assert_proved();
}

#[test]
fn the_overfull_cache_is_refuted() {
    let verdict = Explorer::new(Engine::Exhaustive).explore_subject::<Overfull>(&bounds());
    let shown = verdict.assert_refuted();
    assert!(
        shown.program.iter().map(|(_, calls)| calls.split("; ").count()).sum::<usize>() == 3,
        "{verdict}"
    );
}

#[test]
fn the_story_tells_this_code() {
    let (story, code) = (include_str!("README.md"), include_str!("cache.rs"));
    let mut in_code = false;
    for line in story.lines() {
        if line.starts_with("```") {
            in_code = line.starts_with("```rust");
        } else if in_code {
            let line = line.trim();
            assert!(code.contains(line), "{line} is not in cache.rs");
        }
    }
}
