//! How a model selects one of several operations: as a choice of the search, and then one step on one channel.
//!
//! The real `select!` tries its operations one after the other, by chance, and when none is ready it puts itself down
//! at each of their channels. Here the search tries each operation in a branch of its own, in which the thread waits
//! for that one alone: whatever the real one takes, it takes at a moment at which the operation was ready, and until
//! then it might not have begun. Where nothing else can go on and another operation is ready, the branch shows
//! nothing. Three things are to be seen by others, or by the thread itself:
//!
//! - that it finds nothing ready (`default`, a time that is up): it has tried all, twice, in some order;
//! - that it stands at a channel without room, where an attempt of another thread finds it: it has tried the others;
//! - that a biased one takes an operation only when it has tried those before it.

use super::line::{last, step};
use super::receiver::nothing;
use crate::facade::until::Until;
use crate::world::object::belt::{Belt, When};
use crate::world::object::meeting::Meet;
use crate::world::operation::{At, Kind, Operation, Outcome, Patience};
use crate::world::{self, Part, World, choice, execution};

/// An operation that may be selected.
#[derive(Clone, Copy)]
pub struct Arm<'a> {
    pub index: usize,
    /// Where its sender or receiver is.
    pub address: usize,
    /// Its channel, and whether that is without room; none if nothing ever comes.
    pub channel: Option<(&'a Part<()>, bool)>,
    pub sends: bool,
}

/// How long a selection waits.
#[derive(Clone, Copy)]
pub enum Wait {
    Now,
    ForEver,
    Until(Until),
}

/// An operation that was selected.
pub struct Chosen {
    pub index: usize,
    pub address: usize,
    /// The number of its message, and when it is there; none if its channel has ended.
    pub message: Option<(usize, When)>,
}

impl<'a> Arm<'a> {
    /// Its channel; one that waits for nothing is not tried.
    fn part(&self) -> &'a Part<()> {
        self.channel.expect("it waits for something").0
    }

    fn kind(&self, with_room: [Belt; 2], without: [Meet; 2]) -> Kind {
        let which = usize::from(!self.sends);
        match self.channel {
            Some((_, true)) => Kind::Meet(without[which]),
            _ => Kind::Belt(with_room[which]),
        }
    }

    /// Its operation, which waits for it.
    fn waits(&self) -> Kind {
        self.kind([Belt::Send(When::Later), Belt::Recv], [Meet::Give, Meet::Take])
    }

    fn tries(&self) -> Kind {
        self.kind([Belt::TrySend(When::Later), Belt::TryRecv], [Meet::TryGive(When::Later), Meet::TryTake])
    }

    /// Waits until its operation is ready.
    fn awaits(&self) -> Kind {
        self.kind([Belt::AwaitRoom, Belt::AwaitMessage], [Meet::AwaitReceiver, Meet::AwaitSender])
    }

    /// Whether its operation is ready.
    fn looks(&self) -> Kind {
        self.kind([Belt::LookRoom, Belt::LookMessage], [Meet::LookReceiver, Meet::LookSender])
    }

    fn is_without_room(&self) -> bool {
        self.channel.is_some_and(|(_, without)| without)
    }

    /// What it comes to, if that was not nothing.
    fn chosen(&self, outcome: Outcome) -> Option<Chosen> {
        let message = match outcome {
            Outcome::Failed => return None,
            Outcome::Done | Outcome::Together => Some(last(self.part())),
            _ => None,
        };
        Some(Chosen { index: self.index, address: self.address, message })
    }
}

/// A selection.
struct Selection<'a> {
    arms: Vec<Arm<'a>>,
    biased: bool,
    at: At,
}

/// One of the operations, or none if time is up.
pub fn select(arms: &[Arm<'_>], biased: bool, wait: Wait, at: At) -> Option<Chosen> {
    let selection = Selection::new(arms, biased, at);
    if selection.arms.is_empty() {
        wait_for_nothing(wait, at);
        return None;
    }
    if biased && let Some(chosen) = selection.tries_in_order() {
        return Some(chosen);
    }
    match wait {
        Wait::Now if biased => selection.tries_in_order(),
        Wait::Now if choice::choose_as(2, at, choice::DEFAULT) == 1 => selection.finds_nothing(),
        // Ready, or else another branch shows what it does.
        Wait::Now if every_way() => selection.waits(false, Some(Patience::Covered)),
        Wait::Now => selection.waits(false, Some(Patience::Bounded)),
        Wait::ForEver => selection.waits(true, None),
        Wait::Until(until) => {
            let begin = world::time::begin();
            let chosen = match Until::patience("select!", at) {
                None => selection.finds_nothing(),
                patience => selection.waits(true, patience),
            };
            if chosen.is_none() {
                until.pass(begin);
            }
            chosen
        }
    }
}

/// An operation that is ready, or that may have been; none if time is up.
pub fn ready(arms: &[Arm<'_>], biased: bool, wait: Wait, at: At) -> Option<usize> {
    let selection = Selection::new(arms, biased, at);
    if selection.arms.is_empty() {
        wait_for_nothing(wait, at);
        return None;
    }
    // It is told of what comes to be ready, and does not look whether it still is.
    if !matches!(wait, Wait::Now) && choice::once(2, at, choice::SPURIOUS_WAKEUP) == Some(1) {
        return Some(selection.any().index);
    }
    match wait {
        Wait::Now => selection.looks_once(),
        Wait::ForEver => selection.looks(None),
        Wait::Until(until) => {
            let begin = world::time::begin();
            let ready = match Until::patience("Select::ready_timeout", at) {
                None => selection.looks_once(),
                patience => selection.looks(patience),
            };
            if ready.is_none() {
                until.pass(begin);
            }
            ready
        }
    }
}

fn every_way() -> bool {
    execution::with(|e| e.every_way)
}

fn wait_for_nothing(wait: Wait, at: At) {
    match wait {
        Wait::Now => {}
        Wait::ForEver => {
            let _ = nothing::<()>(at).recv(None, at);
        }
        Wait::Until(until) => until.pass(world::time::begin()),
    }
}

impl<'a> Selection<'a> {
    fn new(arms: &[Arm<'a>], biased: bool, at: At) -> Self {
        if world::current() == World::Loom {
            world::not_in_loom("select!", at);
        }
        let arms = arms.iter().filter(|arm| arm.channel.is_some()).copied().collect();
        Self { arms, biased, at }
    }

    fn attempt(&self, arm: &Arm<'_>) -> Option<Chosen> {
        arm.chosen(step(arm.part(), arm.tries(), self.at))
    }

    fn tries_in_order(&self) -> Option<Chosen> {
        self.arms.iter().find_map(|arm| self.attempt(arm))
    }

    /// Any of them: a branch of the search for each.
    fn any(&self) -> Arm<'a> {
        self.arms[choice::choose(self.arms.len() as u32, self.at) as usize]
    }

    /// What another branch of the search shows, if each way is run.
    fn shown_elsewhere<R>(&self, chosen: R) -> R {
        if every_way() { world::instead::in_vain(self.at) } else { chosen }
    }

    /// Tries these in some order, and again in that: nothing, unless it is shown elsewhere.
    fn tries_all(&self, mut left: Vec<Arm<'a>>, twice: bool) -> Option<Chosen> {
        let mut order = Vec::with_capacity(left.len());
        while !left.is_empty() {
            let next = if self.biased { 0 } else { choice::choose(left.len() as u32, self.at) as usize };
            let arm = left.remove(next);
            if let Some(chosen) = self.attempt(&arm) {
                return Some(self.shown_elsewhere(chosen));
            }
            order.push(arm);
        }
        // Of one alone both could be made at the same moment.
        let again = if twice && order.len() > 1 { &*order } else { &[] };
        let chosen = again.iter().find_map(|arm| self.attempt(arm))?;
        Some(self.shown_elsewhere(chosen))
    }

    fn finds_nothing(&self) -> Option<Chosen> {
        self.tries_all(self.arms.clone(), true)
    }

    /// None if time is up. One that does not wait stands nowhere.
    fn waits(&self, may_stand: bool, patience: Option<Patience>) -> Option<Chosen> {
        let mut arm = self.any();
        let may_stand = may_stand && arm.is_without_room();
        let mut stands = may_stand && choice::choose_as(2, self.at, choice::STAND) == 1;
        if stands && !self.biased {
            let others = self.arms.iter().filter(|other| other.index != arm.index).copied().collect();
            if let Some(chosen) = self.tries_all(others, false) {
                return Some(chosen);
            }
        }
        loop {
            let chosen = if stands { self.stand(&arm, patience) } else { self.wait(&arm, patience) };
            if chosen.is_some() {
                return chosen;
            }
            // Time is up, or another could go on instead.
            let instead: Vec<Arm<'a>> = self.arms.iter().filter(|arm| may_do(arm)).copied().collect();
            if instead.is_empty() {
                return None;
            }
            arm = instead[choice::choose(instead.len() as u32, self.at) as usize];
            stands = !is_ready(&arm);
        }
    }

    /// What it could do.
    fn instead(&self, kind: fn(&Arm<'a>) -> Kind) -> Vec<(Operation, u32)> {
        let operation = |arm: &Arm<'a>| {
            let Part::Model(place) = arm.part() else { return None };
            Some((Operation { object: place.id, kind: kind(arm), at: self.at }, place.slot))
        };
        self.arms.iter().filter_map(operation).collect()
    }

    fn among(
        &self,
        kind: fn(&Arm<'a>) -> Kind,
        patience: Option<Patience>,
        f: impl FnOnce() -> Outcome,
    ) -> Outcome {
        world::instead::among(self.instead(kind), || match patience {
            Some(patience) => world::with_patience(patience, f),
            None => f(),
        })
    }

    /// Waits for one of them.
    fn wait(&self, arm: &Arm<'_>, patience: Option<Patience>) -> Option<Chosen> {
        let wait = || step(arm.part(), arm.waits(), self.at);
        arm.chosen(self.among(Arm::waits, patience, wait))
    }

    /// Stands at the channel of one of them until somebody comes.
    fn stand(&self, arm: &Arm<'_>, patience: Option<Patience>) -> Option<Chosen> {
        let (stand, stood) =
            if arm.sends { (Meet::Offer(When::Later), Meet::Offered) } else { (Meet::Ask, Meet::Asked) };
        let outcome = step(arm.part(), Kind::Meet(stand), self.at);
        if outcome != Outcome::Queued {
            return arm.chosen(outcome).map(|chosen| self.shown_elsewhere(chosen));
        }
        let wait = || step(arm.part(), Kind::Meet(stood), self.at);
        match self.among(Arm::waits, patience, wait) {
            Outcome::Ended => arm.chosen(Outcome::Ended).map(|chosen| self.shown_elsewhere(chosen)),
            outcome => arm.chosen(outcome),
        }
    }

    /// Waits until one of them is ready. None if time is up.
    fn looks(&self, patience: Option<Patience>) -> Option<usize> {
        let mut arm = self.any();
        loop {
            let wait = || step(arm.part(), arm.awaits(), self.at);
            if self.among(Arm::awaits, patience, wait) != Outcome::Failed {
                return Some(arm.index);
            }
            arm = *self.arms.iter().find(|arm| is_ready(arm))?;
        }
    }

    /// One that is ready, having looked at them one after the other.
    fn looks_once(&self) -> Option<usize> {
        let mut left = self.arms.clone();
        while !left.is_empty() {
            let next = if self.biased { 0 } else { choice::choose(left.len() as u32, self.at) as usize };
            let arm = left.remove(next);
            if step(arm.part(), arm.looks(), self.at) != Outcome::Failed {
                return Some(arm.index);
            }
        }
        None
    }
}

/// Whether a selection could do this instead, and no other branch shows it.
fn may_do(arm: &Arm<'_>) -> bool {
    let may = |slot| execution::with(|e| e.may_do_instead(e.current, slot, arm.waits()));
    !every_way() && slot(arm).is_some_and(may)
}

fn slot(arm: &Arm<'_>) -> Option<u32> {
    if let Part::Model(place) = arm.part() { Some(place.slot) } else { None }
}

fn is_ready(arm: &Arm<'_>) -> bool {
    slot(arm).is_some_and(|slot| execution::with(|e| e.may_go_on(slot, arm.awaits())))
}
