//! The raw lock for readers and writers: `parking_lot`'s own, beside its part in the world that made it.

use super::lock_api::{self, RawRwLock as _, RawRwLockRecursive as _, RawRwLockUpgrade as _};
use super::loom_rwlock::LoomRwLock;
use super::raw::{Until, asked_at, give_back, is_lost, line, lose, without};
use crate::world::object::{State, rwlock::Rw};
use crate::world::operation::{At, Kind, Outcome};
use crate::world::{self, Part, Stepped, World};
use ::parking_lot as real;
use std::fmt;
use std::panic::Location;
use std::time::{Duration, Instant};

/// As `parking_lot`'s own [`RawRwLock`](::parking_lot::RawRwLock).
pub struct RawRwLock {
    part: Part<Box<LoomRwLock>>,
    real: real::RwLock<()>,
}

impl RawRwLock {
    /// One of the current world.
    #[inline]
    #[track_caller]
    pub(super) fn new() -> Self {
        let part = Part::new(Location::caller(), "RwLock", State::rwlock, LoomRwLock::new);
        Self { part, real: real::RwLock::new(()) }
    }

    /// One of the real world, whatever the current one.
    pub(super) const fn of_real_world(at: At) -> Self {
        Self { part: Part::Real(at), real: real::RwLock::new(()) }
    }

    /// `Parking_lot`'s own lock, for those that look who holds it.
    pub(super) fn own(&self) -> &real::RwLock<()> {
        &self.real
    }

    /// What `Debug` does before it looks.
    pub(super) fn printed(&self) {
        world::printed(&self.part, Location::caller());
    }

    #[inline]
    fn raw(&self) -> &real::RawRwLock {
        // SAFETY: it is given back by those that have taken it alone.
        unsafe { self.real.raw() }
    }

    fn address(&self) -> *const () {
        std::ptr::from_ref(self).cast()
    }

    /// Takes it in one step of a model, and `parking_lot`'s own by `take`. False if the step failed.
    #[expect(clippy::borrowed_box, reason = "what `step` hands on")]
    fn takes(&self, kind: Rw, at: At, take: fn(&real::RawRwLock) -> bool) -> bool {
        let in_loom = |loom: &Box<LoomRwLock>| loom.take(kind, line(at));
        let stepped = world::step(&self.part, Kind::Rw(kind), line(at), in_loom);
        if matches!(stepped, Stepped::Model(Outcome::Failed) | Stepped::Loom(false)) {
            return false;
        }
        let taken = take(self.raw());
        if !taken && kind.may_wait() {
            lose(self.address(), at);
        }
        taken || kind.may_wait()
    }

    /// Takes it by a step that waits, until time is up.
    fn takes_until(
        &self,
        (now, wait): (Rw, Rw),
        until: Until,
        at: At,
        take: fn(&real::RawRwLock) -> bool,
    ) -> bool {
        let patient = |patience| world::with_patience(patience, || self.takes(wait, at, take));
        until.wait(line(at), || self.takes(now, at, take), patient)
    }

    #[cold]
    fn write_in_model(&self, at: At) -> bool {
        self.queue(at);
        self.takes(Rw::Write, at, real::RawRwLock::try_lock_exclusive)
    }

    fn queue(&self, at: At) {
        if world::current() == World::Model {
            world::step(&self.part, Kind::Rw(Rw::Queue), line(at), |_| ());
        }
    }

    #[cold]
    fn write_until(&self, until: Until, at: At) -> bool {
        self.queue(at);
        self.takes_until((Rw::WriteOrLeave, Rw::Write), until, at, real::RawRwLock::try_lock_exclusive)
    }

    #[cold]
    fn upgrade_in_model(&self, kind: Rw, at: At, until: Option<Until>) -> bool {
        // SAFETY: the caller holds it upgradably, and in the model nobody reads beside it.
        let take = |raw: &real::RawRwLock| unsafe { raw.try_upgrade() };
        let stepped = world::step(&self.part, Kind::Rw(kind), at, |_| world::not_in_loom("upgrade", at));
        match (stepped, until) {
            (Stepped::Model(Outcome::Failed), _) => false,
            (Stepped::Model(Outcome::Queued), None) => self.takes(Rw::Upgraded, at, take),
            (Stepped::Model(Outcome::Queued), Some(until)) => {
                self.takes_until((Rw::UpgradedOrNot, Rw::Upgraded), until, at, take)
            }
            _ => take(self.raw()),
        }
    }

    #[cold]
    #[expect(clippy::borrowed_box, reason = "what `step` hands on")]
    fn gives_back(&self, kind: Rw, release: unsafe fn(&real::RawRwLock)) {
        if is_lost(self.address()) {
            return;
        }
        let in_loom = |loom: &Box<LoomRwLock>| match kind {
            Rw::ReadUnlock => loom.end_reading(),
            _ => loom.end_writing(),
        };
        // SAFETY: whoever gives it back has taken it, and parking_lot's own with it.
        give_back(&self.part, Kind::Rw(kind), in_loom, || unsafe { release(self.raw()) });
    }

    /// A holder goes on to hold it otherwise.
    #[cold]
    fn changes(&self, kind: Rw, at: At) {
        world::step(&self.part, Kind::Rw(kind), at, |_| world::not_in_loom("downgrade", at));
    }

    fn asks(&self, at: At) {
        if !self.part.is_real() {
            world::step(&self.part, Kind::Query, at, |_| world::not_in_loom("is_locked", at));
        }
    }
}

/// A method that takes it: in the real world `parking_lot`'s own, else a step by which it is taken.
macro_rules! takes {
    ($($method:ident($kind:ident), by $try_own:ident;)*) => {$(
        #[inline]
        #[track_caller]
        fn $method(&self) -> takes!(@returns $kind) {
            if self.part.is_real() {
                return self.raw().$method();
            }
            let taken = self.takes(Rw::$kind, Location::caller(), real::RawRwLock::$try_own);
            takes!(@result $kind taken)
        }
    )*};
    (@returns Read) => { () };
    (@returns ReadRecursive) => { () };
    (@returns Upgradable) => { () };
    (@returns $kind:ident) => { bool };
    (@result Read $taken:ident) => { { let _ = $taken; } };
    (@result ReadRecursive $taken:ident) => { { let _ = $taken; } };
    (@result Upgradable $taken:ident) => { { let _ = $taken; } };
    (@result $kind:ident $taken:ident) => { $taken };
}

/// A method that gives it back.
macro_rules! gives_back {
    ($($method:ident($kind:ident), as $own:ident;)*) => {$(
        #[inline]
        unsafe fn $method(&self) {
            if self.part.is_real() {
                // SAFETY: the caller's promise.
                return unsafe { self.raw().$method() };
            }
            self.gives_back(Rw::$kind, real::RawRwLock::$own);
        }
    )*};
}

/// Two methods that take it if they can in time.
macro_rules! takes_until {
    ($($for:ident, $till:ident($try:ident, $kind:ident), by $try_own:ident;)*) => {$(
        #[inline]
        #[track_caller]
        fn $for(&self, timeout: Duration) -> bool {
            if self.part.is_real() {
                return self.raw().$for(timeout);
            }
            let (until, at) = (Until::For(timeout), Location::caller());
            self.takes_until((Rw::$try, Rw::$kind), until, at, real::RawRwLock::$try_own)
        }

        #[inline]
        #[track_caller]
        fn $till(&self, timeout: Instant) -> bool {
            if self.part.is_real() {
                return self.raw().$till(timeout);
            }
            let (until, at) = (Until::Till(timeout), Location::caller());
            self.takes_until((Rw::$try, Rw::$kind), until, at, real::RawRwLock::$try_own)
        }
    )*};
}

/// A method that gives it to a waiting thread and takes it again.
macro_rules! bumps {
    ($bump:ident: $unlock:ident, $lock:ident) => {
        #[inline]
        #[track_caller]
        unsafe fn $bump(&self) {
            if self.part.is_real() {
                // SAFETY: the caller's promise.
                return unsafe { self.raw().$bump() };
            }
            let bump = || {
                // SAFETY: the caller's promise.
                unsafe { self.$unlock() };
                self.$lock();
            };
            asked_at(Location::caller(), || without(self.address(), bump));
        }
    };
}

// SAFETY: in every world parking_lot's own lock is held by whoever holds it, in the same way.
unsafe impl lock_api::RawRwLock for RawRwLock {
    #[allow(clippy::declare_interior_mutable_const)]
    const INIT: Self = Self::of_real_world(Location::caller());

    type GuardMarker = <real::RawRwLock as lock_api::RawRwLock>::GuardMarker;

    takes! {
        lock_shared(Read), by try_lock_shared_recursive;
        try_lock_shared(TryRead), by try_lock_shared_recursive;
        try_lock_exclusive(TryWrite), by try_lock_exclusive;
    }

    #[inline]
    #[track_caller]
    fn lock_exclusive(&self) {
        if self.part.is_real() {
            return self.raw().lock_exclusive();
        }
        self.write_in_model(Location::caller());
    }

    gives_back! {
        unlock_shared(ReadUnlock), as unlock_shared;
        unlock_exclusive(WriteUnlock), as unlock_exclusive;
    }

    #[inline]
    #[track_caller]
    fn is_locked(&self) -> bool {
        self.asks(Location::caller());
        self.raw().is_locked()
    }

    #[inline]
    #[track_caller]
    fn is_locked_exclusive(&self) -> bool {
        self.asks(Location::caller());
        let held = |state: &State| match state {
            State::RwLock(lock) => Some(lock.is_held_to_write()),
            _ => None,
        };
        world::look(&self.part, held).unwrap_or_else(|| self.raw().is_locked_exclusive())
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawRwLockFair for RawRwLock {
    gives_back! {
        unlock_shared_fair(ReadUnlock), as unlock_shared;
        unlock_exclusive_fair(WriteUnlock), as unlock_exclusive;
    }
    bumps!(bump_shared: unlock_shared_fair, lock_shared);
    bumps!(bump_exclusive: unlock_exclusive_fair, lock_exclusive);
}

// SAFETY: as above.
unsafe impl lock_api::RawRwLockDowngrade for RawRwLock {
    #[inline]
    #[track_caller]
    unsafe fn downgrade(&self) {
        if !self.part.is_real() {
            self.changes(Rw::Downgrade, Location::caller());
        }
        // SAFETY: the caller's promise.
        unsafe { self.raw().downgrade() }
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawRwLockTimed for RawRwLock {
    type Duration = Duration;
    type Instant = Instant;

    takes_until!(try_lock_shared_for, try_lock_shared_until(TryRead, Read), by try_lock_shared_recursive;);

    #[inline]
    #[track_caller]
    fn try_lock_exclusive_for(&self, timeout: Duration) -> bool {
        if self.part.is_real() {
            return self.raw().try_lock_exclusive_for(timeout);
        }
        self.write_until(Until::For(timeout), Location::caller())
    }

    #[inline]
    #[track_caller]
    fn try_lock_exclusive_until(&self, timeout: Instant) -> bool {
        if self.part.is_real() {
            return self.raw().try_lock_exclusive_until(timeout);
        }
        self.write_until(Until::Till(timeout), Location::caller())
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawRwLockRecursive for RawRwLock {
    takes! {
        lock_shared_recursive(ReadRecursive), by try_lock_shared_recursive;
        try_lock_shared_recursive(TryReadRecursive), by try_lock_shared_recursive;
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawRwLockRecursiveTimed for RawRwLock {
    takes_until! {
        try_lock_shared_recursive_for, try_lock_shared_recursive_until(TryReadRecursive, ReadRecursive),
            by try_lock_shared_recursive;
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawRwLockUpgrade for RawRwLock {
    takes! {
        lock_upgradable(Upgradable), by try_lock_upgradable;
        try_lock_upgradable(TryUpgradable), by try_lock_upgradable;
    }
    gives_back!(unlock_upgradable(UpgradableUnlock), as unlock_upgradable;);

    #[inline]
    #[track_caller]
    unsafe fn upgrade(&self) {
        if self.part.is_real() {
            // SAFETY: the caller's promise.
            return unsafe { self.raw().upgrade() };
        }
        self.upgrade_in_model(Rw::Upgrade, Location::caller(), None);
    }

    #[inline]
    #[track_caller]
    unsafe fn try_upgrade(&self) -> bool {
        if self.part.is_real() {
            // SAFETY: the caller's promise.
            return unsafe { self.raw().try_upgrade() };
        }
        self.upgrade_in_model(Rw::TryUpgrade, Location::caller(), None)
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawRwLockUpgradeFair for RawRwLock {
    gives_back!(unlock_upgradable_fair(UpgradableUnlock), as unlock_upgradable;);
    bumps!(bump_upgradable: unlock_upgradable_fair, lock_upgradable);
}

// SAFETY: as above.
unsafe impl lock_api::RawRwLockUpgradeDowngrade for RawRwLock {
    #[inline]
    #[track_caller]
    unsafe fn downgrade_upgradable(&self) {
        if !self.part.is_real() {
            self.changes(Rw::DowngradeUpgradable, Location::caller());
        }
        // SAFETY: the caller's promise.
        unsafe { self.raw().downgrade_upgradable() }
    }

    #[inline]
    #[track_caller]
    unsafe fn downgrade_to_upgradable(&self) {
        if !self.part.is_real() {
            self.changes(Rw::DowngradeToUpgradable, Location::caller());
        }
        // SAFETY: the caller's promise.
        unsafe { self.raw().downgrade_to_upgradable() }
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawRwLockUpgradeTimed for RawRwLock {
    takes_until! {
        try_lock_upgradable_for, try_lock_upgradable_until(TryUpgradable, Upgradable), by try_lock_upgradable;
    }

    #[inline]
    #[track_caller]
    unsafe fn try_upgrade_for(&self, timeout: Duration) -> bool {
        if self.part.is_real() {
            // SAFETY: the caller's promise.
            return unsafe { self.raw().try_upgrade_for(timeout) };
        }
        self.upgrade_in_model(Rw::Upgrade, Location::caller(), Some(Until::For(timeout)))
    }

    #[inline]
    #[track_caller]
    unsafe fn try_upgrade_until(&self, timeout: Instant) -> bool {
        if self.part.is_real() {
            // SAFETY: the caller's promise.
            return unsafe { self.raw().try_upgrade_until(timeout) };
        }
        self.upgrade_in_model(Rw::Upgrade, Location::caller(), Some(Until::Till(timeout)))
    }
}

impl fmt::Debug for RawRwLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRwLock").finish_non_exhaustive()
    }
}
