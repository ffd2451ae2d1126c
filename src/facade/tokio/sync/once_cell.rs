//! `tokio::sync::OnceCell`: tokio's own, beside its part in the world that made it.
//!
//! Whoever initializes it holds the one permit, and closes it when it has; so a closed one is initialized.

use super::permits::{Permits, Tried};
use crate::facade::statics::made::ConstNew;
use crate::world::{self, operation::At};
use ::tokio::sync as real;
pub use ::tokio::sync::SetError;
use std::panic::Location;

/// As tokio's own [`OnceCell`](::tokio::sync::OnceCell).
pub struct OnceCell<T> {
    real: real::OnceCell<T>,
    permits: Permits,
}

/// The permit of whoever initializes it: if that panics or is dropped, another does.
struct Initializing<'a>(Option<&'a Permits>, At);

impl Drop for Initializing<'_> {
    fn drop(&mut self) {
        if let Some(permits) = self.0 {
            permits.release(1, self.1);
        }
    }
}

impl<T> OnceCell<T> {
    /// As tokio's `new`.
    #[track_caller]
    pub fn new() -> Self {
        Self::new_with(None)
    }

    /// As tokio's `new_with`.
    #[track_caller]
    pub fn new_with(value: Option<T>) -> Self {
        let at = Location::caller();
        let this = Self { real: real::OnceCell::const_new(), permits: Permits::new(at, "OnceCell", 1) };
        match value {
            Some(value) if world::is_real() => drop(this.real.set(value)),
            Some(value) => drop(this.initialize(value, at)),
            None => {}
        }
        this
    }

    /// As tokio's `const_new`: of the real world, but in [`statics!`](crate::statics).
    #[track_caller]
    pub const fn const_new() -> Self {
        Self { real: real::OnceCell::const_new(), permits: Permits::real(Location::caller()) }
    }

    /// As tokio's `const_new_with`: of the real world, but in [`statics!`](crate::statics).
    #[track_caller]
    pub const fn const_new_with(value: T) -> Self {
        Self { real: real::OnceCell::const_new_with(value), permits: Permits::real(Location::caller()) }
    }

    /// As tokio's `initialized`.
    #[track_caller]
    pub fn initialized(&self) -> bool {
        if self.permits.part.is_real() {
            self.real.initialized()
        } else {
            self.permits.is_closed(Location::caller())
        }
    }

    /// As tokio's `get`.
    #[track_caller]
    pub fn get(&self) -> Option<&T> {
        self.initialized().then(|| self.real.get()).flatten()
    }

    /// As tokio's `get_mut`.
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.real.get_mut()
    }

    /// As tokio's `set`.
    #[track_caller]
    pub fn set(&self, value: T) -> Result<(), SetError<T>> {
        if self.permits.part.is_real() {
            return self.real.set(value);
        }
        let at = Location::caller();
        if self.permits.is_closed(at) {
            return Err(SetError::AlreadyInitializedError(value));
        }
        match self.permits.try_acquire(1, at) {
            Tried::Got => self.initialize(value, at),
            Tried::TooFew => Err(SetError::InitializingError(value)),
            Tried::Closed => Err(SetError::AlreadyInitializedError(value)),
        }
    }

    /// As tokio's `get_or_init`: if what initializes it is dropped or panics, another that waits begins anew.
    #[track_caller]
    pub fn get_or_init<F, Fut>(&self, f: F) -> impl Future<Output = &T> + use<'_, T, F, Fut>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = T>,
    {
        let at = Location::caller();
        async move {
            if self.permits.part.is_real_at(at) {
                if let Some(value) = self.real.get() {
                    return value;
                }
                return self.real.get_or_init(f).await;
            }
            let value = async { Ok::<T, std::convert::Infallible>(f().await) };
            let Ok(value) = self.init_in_model(move || value, at).await;
            value
        }
    }

    /// As tokio's `get_or_try_init`.
    #[track_caller]
    pub fn get_or_try_init<E, F, Fut>(
        &self,
        f: F,
    ) -> impl Future<Output = Result<&T, E>> + use<'_, T, E, F, Fut>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let at = Location::caller();
        async move {
            if self.permits.part.is_real_at(at) {
                return self.real.get_or_try_init(f).await;
            }
            self.init_in_model(f, at).await
        }
    }

    async fn init_in_model<E, F, Fut>(&self, f: F, at: At) -> Result<&T, E>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        if !self.permits.is_closed(at) && self.permits.acquire(1, at).await.is_ok() {
            let mut initializing = Initializing(Some(&self.permits), at);
            let value = f().await?;
            initializing.0 = None;
            let _ = self.initialize(value, at);
        }
        Ok(self.real.get().expect("a closed one is initialized"))
    }

    /// Whoever holds the permit puts the value in.
    fn initialize(&self, value: T, at: At) -> Result<(), SetError<T>> {
        self.permits.close(at);
        self.real.set(value)
    }

    /// As tokio's `into_inner`.
    pub fn into_inner(self) -> Option<T> {
        self.real.into_inner()
    }

    /// As tokio's `take`.
    #[track_caller]
    pub fn take(&mut self) -> Option<T> {
        std::mem::take(self).into_inner()
    }
}

impl<T> ConstNew for OnceCell<T> {
    fn made(&self) -> Option<At> {
        self.permits.part.made()
    }

    fn renew(&mut self, made: At) {
        self.permits = Permits::new(made, "OnceCell", 1);
        if self.real.initialized() {
            self.permits.close(made);
        }
    }
}

super::once_value::like_a_value!(OnceCell);
