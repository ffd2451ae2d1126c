//! The ends of a channel, as far as a model counts them. Each stands before tokio's own in its owner, so that a model
//! sees it go before that is gone.

use super::pipe::Pipe;
use crate::world::object::mailbox::{Mail, Mailbox};
use crate::world::operation::{At, Outcome};
use std::panic::Location;

/// One sender.
#[derive(Debug)]
pub struct SenderEnd(pub Pipe);

/// One weak sender.
#[derive(Debug)]
pub struct WeakEnd(pub Pipe);

/// The receiver.
#[derive(Debug)]
pub struct ReceiverEnd(pub Pipe);

impl SenderEnd {
    /// One weak sender more.
    pub fn downgrade(&self, at: At) -> WeakEnd {
        WeakEnd::new(&self.0, at)
    }
}

impl Clone for SenderEnd {
    #[inline]
    #[track_caller]
    fn clone(&self) -> Self {
        self.0.counted(Mail::SenderNew, Mailbox::sender_new, Location::caller());
        Self(self.0.clone())
    }
}

impl Drop for SenderEnd {
    #[inline]
    fn drop(&mut self) {
        self.0.drop_step(Mail::SenderDrop);
    }
}

impl WeakEnd {
    fn new(pipe: &Pipe, at: At) -> Self {
        pipe.counted(Mail::WeakNew, |mailbox| mailbox.weak_change(true), at);
        Self(pipe.clone())
    }

    /// One sender more, if there is still one, as `real` knows in the real world.
    pub fn upgrade<S>(&self, real: impl FnOnce() -> Option<S>, at: At) -> Option<(SenderEnd, S)> {
        if !self.0.part.is_real_at(at) && self.0.step(Mail::Upgrade, at) != Outcome::Done {
            return None;
        }
        // Tokio's own may be gone already, while a panic unwinds: then this drop says so.
        let end = SenderEnd(self.0.clone());
        Some((end, real()?))
    }
}

impl Clone for WeakEnd {
    #[track_caller]
    fn clone(&self) -> Self {
        Self::new(&self.0, Location::caller())
    }
}

impl Drop for WeakEnd {
    fn drop(&mut self) {
        if self.0.is_modelled() {
            self.0.counted(Mail::WeakDrop, |mailbox| mailbox.weak_change(false), self.0.made());
        }
    }
}

impl Drop for ReceiverEnd {
    #[inline]
    fn drop(&mut self) {
        self.0.drop_step(Mail::ReceiverDrop);
    }
}

/// What senders have in common, and their weak ones.
macro_rules! sender {
    ($sender:ident, $weak:ident) => {
        impl<T> $sender<T> {
            /// As tokio's `closed`.
            #[track_caller]
            pub fn closed(&self) -> impl Future<Output = ()> {
                let at = Location::caller();
                async move {
                    if self.end.0.part.is_real_at(at) {
                        return self.real.closed().await;
                    }
                    self.end.0.await_closed(at).await;
                }
            }

            /// As tokio's `is_closed`.
            #[track_caller]
            pub fn is_closed(&self) -> bool {
                if self.end.0.part.is_real() {
                    return self.real.is_closed();
                }
                self.end.0.look(Mail::Query, Location::caller(), Mailbox::is_closed)
            }

            /// As tokio's `same_channel`.
            pub fn same_channel(&self, other: &Self) -> bool {
                self.real.same_channel(&other.real)
            }

            /// As tokio's `downgrade`.
            #[must_use = "it takes nothing away from the sender that it is made of"]
            #[track_caller]
            pub fn downgrade(&self) -> $weak<T> {
                $weak { end: self.end.downgrade(Location::caller()), real: self.real.downgrade() }
            }
        }

        impl<T> $weak<T> {
            /// As tokio's `upgrade`.
            #[track_caller]
            pub fn upgrade(&self) -> Option<$sender<T>> {
                let (end, real) = self.end.upgrade(|| self.real.upgrade(), Location::caller())?;
                Some($sender { end, real })
            }
        }

        sender!(counts $sender);
        sender!(counts $weak);
    };
    (counts $end:ident) => {
        impl<T> $end<T> {
            /// As tokio's `strong_count`.
            #[track_caller]
            pub fn strong_count(&self) -> usize {
                if self.end.0.part.is_real() {
                    return self.real.strong_count();
                }
                self.end.0.count(Location::caller(), Mailbox::senders)
            }

            /// As tokio's `weak_count`.
            #[track_caller]
            pub fn weak_count(&self) -> usize {
                if self.end.0.part.is_real() {
                    return self.real.weak_count();
                }
                self.end.0.count(Location::caller(), Mailbox::weak)
            }
        }

        impl<T> Clone for $end<T> {
            #[track_caller]
            fn clone(&self) -> Self {
                Self { end: self.end.clone(), real: self.real.clone() }
            }
        }

        impl<T> fmt::Debug for $end<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.real.fmt(f)
            }
        }
    };
}

pub(super) use sender;
