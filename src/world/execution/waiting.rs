//! Which threads could go on, and which never can.

use super::{Execution, Phase};
use crate::world::failure::{Failure, Wait};
use crate::world::object::rwlock::Rw;
use crate::world::operation::{Kind, Operation, Patience, ThreadId};

impl Execution {
    /// Whether a thread is before a step that it could make now.
    pub fn is_enabled(&self, id: ThreadId) -> bool {
        let thread = &self.threads[id.index()];
        let Some((operation, slot)) = thread.next.as_ref().filter(|_| thread.phase == Phase::AtStep) else {
            return false;
        };
        let on_object = self.objects[*slot as usize].state.enabled_for(id, operation.kind);
        match operation.kind {
            Kind::Yield => thread.idle_yields == 0 || self.sees_news(id),
            Kind::Repoll => on_object || self.may_poll_again(id),
            _ => on_object,
        }
    }

    /// Whether a task that is to be polled again is for what it waits for, or by its own wish.
    fn may_poll_again(&self, id: ThreadId) -> bool {
        let thread = &self.threads[id.index()];
        let mut members = thread.task.members.iter().filter(|member| member.is_own());
        thread.task.begins
            || members.any(|member| self.may_go_on(member.slot, member.kind))
            || thread.task.yielded && (thread.idle_yields == 0 || self.sees_news(id))
    }

    /// Whether an operation that waits on an object could be done now.
    pub fn may_go_on(&self, slot: u32, kind: Kind) -> bool {
        self.objects[slot as usize].state.enabled(kind)
    }

    /// Whether a thread waits for one of several things, of which another would let it go on.
    pub fn may_choose_again(&self, id: ThreadId) -> bool {
        let thread = &self.threads[id.index()];
        let mut instead = thread.instead.iter();
        thread.phase == Phase::AtStep
            && instead.any(|(operation, slot)| self.may_do_instead(id, *slot, operation.kind))
    }

    /// Whether a thread that waits for one of several things could do this, or would meet another one that could.
    pub fn may_do_instead(&self, id: ThreadId, slot: u32, kind: Kind) -> bool {
        self.objects[slot as usize].state.enabled_for(id, kind) || self.would_meet(id, slot, kind)
    }

    /// Whether another thread that waits for one of several things would meet this one, if one of the two stood there.
    fn would_meet(&self, id: ThreadId, slot: u32, kind: Kind) -> bool {
        let meets = |(operation, at): &(Operation, u32)| match (kind, operation.kind) {
            (Kind::Meet(kind), Kind::Meet(other)) => *at == slot && kind.would_meet(other),
            _ => false,
        };
        let others = self.started.iter().filter(|other| **other != id);
        others.flat_map(|other| &self.threads[other.index()].instead).any(meets)
    }

    /// Whether a thread waits only for others to go first, and may go on if nobody else can.
    ///
    /// A few rounds in which nothing changes are allowed: straight code may yield more than once.
    pub fn may_yield_idly(&self, id: ThreadId) -> bool {
        const IDLE_YIELDS_MAX: u32 = 16;
        let thread = &self.threads[id.index()];
        thread.phase == Phase::AtStep && self.is_before_a_yield(id) && thread.idle_yields < IDLE_YIELDS_MAX
    }

    fn is_before_a_yield(&self, id: ThreadId) -> bool {
        let thread = &self.threads[id.index()];
        match &thread.next {
            Some((operation, _)) if operation.kind == Kind::Repoll => thread.task.yielded,
            Some((operation, _)) => operation.kind == Kind::Yield,
            None => false,
        }
    }

    /// Whether a thread waits for a time, which is up if nobody else can go on.
    pub fn may_time_out(&self, id: ThreadId) -> bool {
        self.patience(id) == Some(Patience::Bounded)
    }

    /// Whether a thread waits for a time, and another branch of the search shows what follows when it is up.
    pub fn times_out_elsewhere(&self) -> bool {
        self.started.iter().any(|id| self.patience(*id) == Some(Patience::Covered))
    }

    fn patience(&self, id: ThreadId) -> Option<Patience> {
        let thread = &self.threads[id.index()];
        let (operation, _) = thread.next.as_ref().filter(|_| thread.phase == Phase::AtStep)?;
        Some(thread.patience.unwrap_or(operation.kind.patience()))
    }

    /// Whether another thread has changed anything since this one's last step: nothing else can end its loop.
    pub(super) fn sees_news(&self, id: ThreadId) -> bool {
        let since = self.threads[id.index()].last.map_or(0, |last| last + 1);
        self.trace[since..]
            .iter()
            .any(|event| event.thread != id && event.operation.kind.changes(event.outcome))
    }

    /// Whether a thread is before a step for which it has no time, nor any writer that might keep readers out for
    /// a time alone.
    fn waits_for_ever(&self, id: ThreadId) -> bool {
        let endless = |id: &ThreadId| self.patience(*id) == Some(Patience::Endless);
        let reads = |id: &ThreadId| {
            let next = self.threads[id.index()].next.as_ref();
            next.is_some_and(|(operation, _)| matches!(operation.kind, Kind::Rw(Rw::Read | Rw::Upgradable)))
        };
        let is_timed = |id: &ThreadId| self.patience(*id).is_some_and(|it| it != Patience::Endless);
        endless(&id) && !(reads(&id) && self.started.iter().any(is_timed))
    }

    /// Threads of which each waits for a lock that the next one holds: whatever the others do, these can
    /// never go on.
    pub fn cycle(&self) -> Option<Failure> {
        let wait = |id: ThreadId| {
            let (operation, slot) = self.threads[id.index()].next.as_ref()?;
            let held_by = self.objects[*slot as usize].state.holder(operation.kind)?;
            let waits = self.waits_for_ever(id) && !self.is_enabled(id);
            waits.then_some(Wait { thread: id, operation: *operation, slot: *slot, held_by: Some(held_by) })
        };
        let next = |id: &ThreadId| Some(wait(*id)?.held_by?.0);
        // The thread that has just come to wait closes the cycle, if there is one.
        let round = std::iter::successors(next(&self.current), next).take(self.threads.len());
        let len = round.take_while(|id| *id != self.current).count() + 1;
        let cycle = std::iter::successors(Some(self.current), next).take(len);
        let waits: Option<Vec<Wait>> = cycle.map(wait).collect();
        let waits = waits.filter(|waits| {
            waits.len() == len && waits.last().and_then(|wait| Some(wait.held_by?.0)) == Some(self.current)
        });
        Some(Failure::Deadlock { waits: waits? })
    }

    /// No thread can make a step, and some have not finished: who waits for what.
    pub fn stuck(&self) -> Failure {
        let ids = || (0..self.threads.len()).map(|i| ThreadId(i as u16));
        let before_step = |id: &ThreadId| self.threads[id.index()].next.is_some();
        let waits: Vec<Wait> = ids().flat_map(|id| self.waits_of(id)).collect();
        let yields = ids().filter(before_step).all(|id| self.is_before_a_yield(id));
        if yields { Failure::Livelock { waits } } else { Failure::Deadlock { waits } }
    }

    /// What a thread waits for: a task may wait for several things.
    fn waits_of(&self, thread: ThreadId) -> Vec<Wait> {
        let Some((operation, slot)) = self.threads[thread.index()].next else { return Vec::new() };
        let wait = |operation: Operation, slot: u32| {
            let held_by = self.objects[slot as usize].state.holder(operation.kind);
            Wait { thread, operation, slot, held_by }
        };
        let instead = &self.threads[thread.index()].instead;
        if !instead.is_empty() {
            return instead.iter().map(|(operation, slot)| wait(*operation, *slot)).collect();
        }
        let members = self.threads[thread.index()].task.members.iter();
        let waits: Vec<Wait> = members
            .filter(|_| operation.kind == Kind::Repoll)
            .map(|member| {
                wait(Operation { object: member.object, kind: member.kind, at: member.at }, member.slot)
            })
            .collect();
        if waits.is_empty() { vec![wait(operation, slot)] } else { waits }
    }
}
