//! `Select`: the crate's own, or in a model the operations that may be selected.

use super::selection::{Arm, Chosen, Wait, ready, select};
use super::{
    ReadyTimeoutError, Receiver, RecvError, SelectTimeoutError, SendError, Sender, TryReadyError,
    TrySelectError, receiver, sender,
};
use crate::facade::until::Until;
use crate::world;
use crate::world::operation::At;
use ::crossbeam_channel as real;
use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;
use std::time::{Duration, Instant};

/// As crossbeam's [`Select`](::crossbeam_channel::Select).
///
/// In a model each of several operations that are ready is selected in a branch of the search.
#[derive(Clone)]
pub struct Select<'a> {
    real: real::Select<'a>,
    arms: Vec<Arm<'a>>,
    /// How many were added.
    added: usize,
    biased: bool,
}

impl<'a> Select<'a> {
    /// As crossbeam's [`new`](::crossbeam_channel::Select::new).
    pub fn new() -> Self {
        Self { real: real::Select::new(), arms: Vec::new(), added: 0, biased: false }
    }

    /// As crossbeam's [`new_biased`](::crossbeam_channel::Select::new_biased).
    pub fn new_biased() -> Self {
        Self { real: real::Select::new_biased(), arms: Vec::new(), added: 0, biased: true }
    }

    /// As crossbeam's [`send`](::crossbeam_channel::Select::send).
    #[track_caller]
    pub fn send<T>(&mut self, s: &'a Sender<T>) -> usize {
        let at = Location::caller();
        let line = match s.way(at) {
            sender::Way::Real(real) => return self.real.send(real),
            sender::Way::Model(line) => line.of_this_world(at),
        };
        self.add(address(s), Some((&line.part, line.is_zero())), true)
    }

    /// As crossbeam's [`recv`](::crossbeam_channel::Select::recv).
    #[track_caller]
    pub fn recv<T>(&mut self, r: &'a Receiver<T>) -> usize {
        let at = Location::caller();
        let channel = match r.way(at) {
            receiver::Way::Real(real) => return self.real.recv(real),
            receiver::Way::Model(line) => Some((&line.of_this_world(at).part, line.is_zero())),
            receiver::Way::Never => None,
        };
        self.add(address(r), channel, false)
    }

    fn add(&mut self, address: usize, channel: Option<(&'a world::Part<()>, bool)>, sends: bool) -> usize {
        let index = self.added;
        self.added += 1;
        self.arms.push(Arm { index, address, channel, sends });
        index
    }

    /// As crossbeam's [`remove`](::crossbeam_channel::Select::remove).
    ///
    /// # Panics
    ///
    /// If there is no operation with this index.
    pub fn remove(&mut self, index: usize) {
        if world::is_real() {
            return self.real.remove(index);
        }
        assert!(index < self.added, "index out of bounds; {index} >= {}", self.added);
        let place = self.arms.iter().position(|arm| arm.index == index);
        self.arms.swap_remove(place.expect("no operation with this index"));
    }

    /// As crossbeam's [`try_select`](::crossbeam_channel::Select::try_select).
    #[track_caller]
    pub fn try_select(&mut self) -> Result<SelectedOperation<'a>, TrySelectError> {
        if world::is_real() {
            return self.real.try_select().map(SelectedOperation::of_real_world);
        }
        self.selected(Wait::Now, Location::caller()).ok_or(TrySelectError)
    }

    /// As crossbeam's [`select`](::crossbeam_channel::Select::select).
    ///
    /// # Panics
    ///
    /// If no operations have been added.
    #[track_caller]
    pub fn select(&mut self) -> SelectedOperation<'a> {
        if world::is_real() {
            return SelectedOperation::of_real_world(self.real.select());
        }
        self.is_not_empty();
        let selected = self.selected(Wait::ForEver, Location::caller());
        // Only an execution that is over lets it go on without one.
        selected.unwrap_or_else(|| crate::world::panic::give_up())
    }

    /// As crossbeam's [`select_timeout`](::crossbeam_channel::Select::select_timeout). In a model time is up once a thread
    /// and line whatever the timeout is, and from then on when nothing else can go on.
    #[track_caller]
    pub fn select_timeout(&mut self, timeout: Duration) -> Result<SelectedOperation<'a>, SelectTimeoutError> {
        if world::is_real() {
            return self.real.select_timeout(timeout).map(SelectedOperation::of_real_world);
        }
        let wait = Wait::Until(Until::For(timeout));
        self.selected(wait, Location::caller()).ok_or(SelectTimeoutError)
    }

    /// As crossbeam's [`select_deadline`](::crossbeam_channel::Select::select_deadline), by std's clock or the facade's.
    #[track_caller]
    pub fn select_deadline(
        &mut self,
        deadline: impl Into<Instant>,
    ) -> Result<SelectedOperation<'a>, SelectTimeoutError> {
        let deadline = deadline.into();
        if world::is_real() {
            return self.real.select_deadline(deadline).map(SelectedOperation::of_real_world);
        }
        let wait = Wait::Until(Until::Till(deadline));
        self.selected(wait, Location::caller()).ok_or(SelectTimeoutError)
    }

    /// As crossbeam's [`try_ready`](::crossbeam_channel::Select::try_ready).
    #[track_caller]
    pub fn try_ready(&mut self) -> Result<usize, TryReadyError> {
        if world::is_real() {
            return self.real.try_ready();
        }
        ready(&self.arms, self.biased, Wait::Now, Location::caller()).ok_or(TryReadyError)
    }

    /// As crossbeam's [`ready`](::crossbeam_channel::Select::ready). In a model it returns without a reason once a thread
    /// and line.
    ///
    /// # Panics
    ///
    /// If no operations have been added.
    #[track_caller]
    pub fn ready(&mut self) -> usize {
        if world::is_real() {
            return self.real.ready();
        }
        self.is_not_empty();
        let ready = ready(&self.arms, self.biased, Wait::ForEver, Location::caller());
        ready.unwrap_or_else(|| crate::world::panic::give_up())
    }

    /// As crossbeam's [`ready_timeout`](::crossbeam_channel::Select::ready_timeout).
    #[track_caller]
    pub fn ready_timeout(&mut self, timeout: Duration) -> Result<usize, ReadyTimeoutError> {
        if world::is_real() {
            return self.real.ready_timeout(timeout);
        }
        let wait = Wait::Until(Until::For(timeout));
        ready(&self.arms, self.biased, wait, Location::caller()).ok_or(ReadyTimeoutError)
    }

    /// As crossbeam's [`ready_deadline`](::crossbeam_channel::Select::ready_deadline), by std's clock or the facade's.
    #[track_caller]
    pub fn ready_deadline(&mut self, deadline: impl Into<Instant>) -> Result<usize, ReadyTimeoutError> {
        let deadline = deadline.into();
        if world::is_real() {
            return self.real.ready_deadline(deadline);
        }
        let wait = Wait::Until(Until::Till(deadline));
        ready(&self.arms, self.biased, wait, Location::caller()).ok_or(ReadyTimeoutError)
    }

    fn is_not_empty(&self) {
        assert!(!self.arms.is_empty(), "no operations have been added to `Select`");
    }

    fn selected(&self, wait: Wait, at: At) -> Option<SelectedOperation<'a>> {
        let chosen = select(&self.arms, self.biased, wait, at)?;
        Some(SelectedOperation { real: None, model: Some(chosen), of: PhantomData })
    }
}

impl Default for Select<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Select<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Select { .. }")
    }
}

fn address<T>(of: &T) -> usize {
    std::ptr::from_ref(of) as usize
}

/// As crossbeam's [`SelectedOperation`](::crossbeam_channel::SelectedOperation).
#[must_use]
pub struct SelectedOperation<'a> {
    /// Whose drop says that the operation was not completed.
    real: Option<real::SelectedOperation<'a>>,
    model: Option<Chosen>,
    of: PhantomData<&'a ()>,
}

impl<'a> SelectedOperation<'a> {
    fn of_real_world(selected: real::SelectedOperation<'a>) -> Self {
        Self { real: Some(selected), model: None, of: PhantomData }
    }

    /// As crossbeam's [`index`](::crossbeam_channel::SelectedOperation::index).
    pub fn index(&self) -> usize {
        match (&self.real, &self.model) {
            (Some(selected), _) => selected.index(),
            (None, Some(chosen)) => chosen.index,
            (None, None) => unreachable!("it is not completed yet"),
        }
    }

    /// As crossbeam's [`send`](::crossbeam_channel::SelectedOperation::send).
    ///
    /// # Panics
    ///
    /// If another sender was selected.
    #[track_caller]
    pub fn send<T>(mut self, s: &Sender<T>, msg: T) -> Result<(), SendError<T>> {
        let at = Location::caller();
        match (s.way(at), self.real.take(), self.model.as_ref()) {
            (sender::Way::Real(real), Some(selected), _) => selected.send(real, msg),
            (sender::Way::Model(line), None, Some(chosen)) => {
                assert!(chosen.address == address(s), "passed a sender that wasn't selected");
                let message = self.model.take().and_then(|chosen| chosen.message);
                let Some((number, _)) = message else { return Err(SendError(msg)) };
                line.fill(number, msg, at);
                Ok(())
            }
            _ => panic!("passed a sender that wasn't selected"),
        }
    }

    /// As crossbeam's [`recv`](::crossbeam_channel::SelectedOperation::recv).
    ///
    /// # Panics
    ///
    /// If another receiver was selected.
    #[track_caller]
    pub fn recv<T>(mut self, r: &Receiver<T>) -> Result<T, RecvError> {
        let at = Location::caller();
        match (r.way(at), self.real.take(), self.model.as_ref()) {
            (receiver::Way::Real(real), Some(selected), _) => selected.recv(real),
            (receiver::Way::Model(line), None, Some(chosen)) => {
                assert!(chosen.address == address(r), "passed a receiver that wasn't selected");
                let message = self.model.take().and_then(|chosen| chosen.message);
                message.and_then(|message| line.fetch(message, at)).ok_or(RecvError)
            }
            _ => panic!("passed a receiver that wasn't selected"),
        }
    }
}

impl Drop for SelectedOperation<'_> {
    fn drop(&mut self) {
        assert!(
            self.model.is_none() || std::thread::panicking(),
            "dropped `SelectedOperation` without completing the operation"
        );
    }
}

impl fmt::Debug for SelectedOperation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("SelectedOperation { .. }")
    }
}
