//! A queue of messages with many senders and one receiver: std's mpsc.
//!
//! A send and its receive are matched by position. So sends and receives commute, and only sends of
//! different senders race with each other.

use super::{Kind, Outcome, Step};
use crate::world::clock::Clock;
use std::collections::VecDeque;

/// Where a channel stands.
#[derive(Debug)]
pub struct Channel {
    capacity: Option<usize>,
    /// The sends whose messages wait, and what their senders knew.
    waiting: VecDeque<(usize, Clock)>,
    sent: usize,
    /// The receives so far, with what was known then, to match the sends that they made room for.
    receives: Vec<(usize, Clock)>,
    senders: usize,
    /// The drops of senders, and what they knew.
    drops: Vec<usize>,
    dropped: Clock,
    closed: Option<(usize, Clock)>,
}

impl Channel {
    pub fn new(capacity: Option<usize>) -> Self {
        Self {
            capacity,
            waiting: VecDeque::new(),
            sent: 0,
            receives: Vec::new(),
            senders: 1,
            drops: Vec::new(),
            dropped: Clock::default(),
            closed: None,
        }
    }

    /// One sender more: no step, since whoever clones a sender holds one.
    pub fn sender_clone(&mut self) {
        self.senders += 1;
    }

    fn has_room(&self) -> bool {
        self.capacity.is_none_or(|capacity| self.waiting.len() < capacity)
    }

    pub fn enabled(&self, kind: Kind) -> bool {
        match kind {
            Kind::Send => self.closed.is_some() || self.has_room(),
            Kind::Recv => !self.waiting.is_empty() || self.senders == 0 || self.closed.is_some(),
            _ => true,
        }
    }

    /// What they knew who let a waiting receive or send go on.
    pub fn news(&self, kind: Kind) -> Option<&Clock> {
        let closed = self.closed.as_ref().map(|(_, clock)| clock);
        match kind {
            Kind::Recv => {
                let message = self.waiting.front().map(|(_, clock)| clock);
                message.or(closed).or_else(|| (self.senders == 0).then_some(&self.dropped))
            }
            _ => closed.or_else(|| {
                self.receives.get(self.sent.checked_sub(self.capacity?)?).map(|(_, clock)| clock)
            }),
        }
    }

    pub fn apply(&mut self, step: &mut Step<'_>) -> Outcome {
        match step.kind {
            Kind::Send | Kind::TrySend => self.send(step),
            Kind::Recv | Kind::TryRecv => self.receive(step),
            Kind::SenderDrop => {
                self.senders -= 1;
                self.drops.push(step.event);
                self.dropped.join(&step.knowledge.clock);
                // Not told apart from the last: which one is that depends on an order that nobody can see.
                Outcome::Done
            }
            Kind::ReceiverClose => {
                if self.closed.is_none() {
                    self.closed = Some((step.event, step.knowledge.clock.clone()));
                }
                Outcome::Done
            }
            _ => Outcome::Done,
        }
    }

    fn send(&mut self, step: &mut Step<'_>) -> Outcome {
        if let Some((close, clock)) = &self.closed {
            step.after.push(*close);
            step.knowledge.clock.join(clock);
            return Outcome::Ended;
        }
        if !self.has_room() {
            return Outcome::Failed;
        }
        // The receive that made room: tokio's senders wait on a semaphore that receives release.
        if let Some(i) = self.capacity.and_then(|capacity| self.sent.checked_sub(capacity)) {
            let (receive, known) = &self.receives[i];
            step.after.push(*receive);
            step.knowledge.clock.join(known);
        }
        self.sent += 1;
        self.waiting.push_back((step.event, step.knowledge.clock.clone()));
        Outcome::Done
    }

    fn receive(&mut self, step: &mut Step<'_>) -> Outcome {
        if let Some((send, clock)) = self.waiting.pop_front() {
            step.after.push(send);
            step.knowledge.clock.join(&clock);
            if self.capacity.is_some() {
                self.receives.push((step.event, step.knowledge.clock.clone()));
            }
            return Outcome::Done;
        }
        // First, since it waits for nobody then: whoever drops a sender may do so before or after.
        if let Some((close, _)) = &self.closed {
            step.after.push(*close);
            return Outcome::Ended;
        }
        if self.senders == 0 {
            step.after.extend_from_slice(&self.drops);
            step.knowledge.clock.join(&self.dropped);
            return Outcome::Ended;
        }
        Outcome::Failed
    }
}
