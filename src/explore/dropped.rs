//! A call that may be dropped at each of its awaits.

use crate::world::dropping;
use crate::world::operation::At;
use std::pin::Pin;
use std::task::{Context, Poll};

/// What a call came to.
#[derive(Debug)]
pub enum Called<R> {
    /// It returned.
    Returned(R),
    /// It was dropped at this await.
    Dropped(At),
}

/// A call that is dropped where a choice says so.
#[derive(Debug)]
pub struct MayBeDropped<F>(Option<Pin<Box<F>>>);

impl<F: Future> MayBeDropped<F> {
    /// May be dropped at each of its awaits.
    pub fn new(call: F) -> Self {
        Self(Some(Box::pin(call)))
    }
}

impl<F: Future> Future for MayBeDropped<F> {
    type Output = Called<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let call = self.0.as_mut().expect("a call that is over is not polled");
        if let Poll::Ready(ret) = call.as_mut().poll(context) {
            return Poll::Ready(Called::Returned(ret));
        }
        let Some(at) = dropping::is_dropped() else { return Poll::Pending };
        self.0 = None;
        Poll::Ready(Called::Dropped(at))
    }
}
