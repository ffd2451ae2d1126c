//! How random programs put what their tasks await together.

use crate::world::{spawn, task};
use std::panic::Location;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

/// Something that a task awaits, and what it says then.
pub type Said<'a> = Pin<Box<dyn Future<Output = String> + 'a>>;

/// Polled once, and dropped.
pub fn once(mut a: Said<'_>) -> Said<'_> {
    Box::pin(async move {
        let polled = a.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(said) = polled { said } else { "none".to_owned() }
    })
}

/// The first of two that is ready, beginning with the first.
pub fn either<'a>(a: Said<'a>, b: Said<'a>) -> Said<'a> {
    Box::pin(async move {
        ::tokio::select! { biased; a = a => format!("l{a}"), b = b => format!("r{b}") }
    })
}

/// Both.
pub fn join<'a>(a: Said<'a>, b: Said<'a>) -> Said<'a> {
    Box::pin(async move {
        let (a, b) = ::tokio::join!(biased; a, b);
        format!("({a} {b})")
    })
}

/// What a future has taken out of its task's place, and puts back, also when it is dropped.
pub struct Borrowed<'a, T>(&'a Mutex<Option<T>>, pub Option<T>);

impl<'a, T> Borrowed<'a, T> {
    /// What is there; one future at a time takes it.
    pub fn of(place: &'a Mutex<Option<T>>) -> Self {
        Self(place, place.lock().unwrap().take())
    }
}

impl<T> Drop for Borrowed<'_, T> {
    fn drop(&mut self) {
        *self.0.lock().unwrap() = self.1.take();
    }
}

/// Tasks that do one thing after the other with what each has, and what each says in the end.
pub fn run_all<A: 'static, O: 'static>(
    tasks: impl IntoIterator<Item = (Vec<A>, O)>,
    run: fn(A, &O) -> Said<'_>,
) -> Vec<String> {
    let at = Location::caller();
    let spawned = tasks.into_iter().map(|(acts, own)| {
        let all = async move {
            let mut said = Vec::new();
            for act in acts {
                said.push(run(act, &own).await);
            }
            said.join(",")
        };
        spawn::spawn(None, at, move || task::run_spawned(all, at))
    });
    let spawned: Vec<_> = spawned.collect();
    spawned.into_iter().map(|task| task.join(at).unwrap().unwrap_or_default()).collect()
}
