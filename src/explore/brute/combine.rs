//! How random programs put what their tasks await together.

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
