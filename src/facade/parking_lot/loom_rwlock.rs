//! Loom's lock as one that is raw: it can be read and written, and no more.

use crate::world;
use crate::world::object::rwlock::Rw;
use crate::world::operation::{At, ThreadId};
use std::cell::RefCell;
use std::mem::ManuallyDrop;

type Reading = loom::sync::RwLockReadGuard<'static, ()>;
type Writing = loom::sync::RwLockWriteGuard<'static, ()>;

/// Loom's lock with the guards of those who hold it. Loom takes two reads of one thread for one.
pub struct LoomRwLock {
    lock: loom::sync::RwLock<()>,
    readers: RefCell<Vec<(ThreadId, ManuallyDrop<Reading>)>>,
    writer: RefCell<Option<ManuallyDrop<Writing>>>,
}

// SAFETY: every coroutine of a loom exploration runs on the one thread that explores, and loom's objects panic
// when they are used outside of it.
unsafe impl Send for LoomRwLock {}
// SAFETY: as above.
unsafe impl Sync for LoomRwLock {}

impl LoomRwLock {
    /// In a box, so that it stays where the guards find it.
    #[expect(clippy::unnecessary_box_returns, reason = "guards point into it")]
    pub fn new() -> Box<Self> {
        let (readers, writer) = (RefCell::default(), RefCell::default());
        Box::new(Self { lock: loom::sync::RwLock::new(()), readers, writer })
    }

    fn reads(&self, guard: Option<loom::sync::RwLockReadGuard<'_, ()>>) -> bool {
        // SAFETY: only the lifetime is changed. The lock lies in a box, and a guard that is still there when that
        // goes is not dropped.
        let guard = unsafe {
            std::mem::transmute::<Option<loom::sync::RwLockReadGuard<'_, ()>>, Option<Reading>>(guard)
        };
        let got = guard.is_some();
        self.readers.borrow_mut().extend(guard.map(|it| (world::current_thread(), ManuallyDrop::new(it))));
        got
    }

    fn writes(&self, guard: Option<loom::sync::RwLockWriteGuard<'_, ()>>) -> bool {
        // SAFETY: as above.
        let guard = unsafe {
            std::mem::transmute::<Option<loom::sync::RwLockWriteGuard<'_, ()>>, Option<Writing>>(guard)
        };
        let got = guard.is_some();
        if let Some(guard) = guard {
            *self.writer.borrow_mut() = Some(ManuallyDrop::new(guard));
        }
        got
    }

    fn is_read_by_me(&self) -> bool {
        let me = world::current_thread();
        self.readers.borrow().iter().any(|(reader, _)| *reader == me)
    }

    /// One that the current thread reads is given back.
    pub fn end_reading(&self) {
        let me = world::current_thread();
        let mut readers = self.readers.borrow_mut();
        let mine = readers.iter().position(|(reader, _)| *reader == me);
        let guard = mine.map(|mine| readers.swap_remove(mine).1);
        drop(readers);
        drop(guard.map(ManuallyDrop::into_inner));
    }

    /// What is written is given back.
    pub fn end_writing(&self) {
        let guard = self.writer.borrow_mut().take();
        drop(guard.map(ManuallyDrop::into_inner));
    }

    /// Takes it, as far as loom can. False if it is not to be had.
    pub fn take(&self, kind: Rw, at: At) -> bool {
        match kind {
            Rw::Write => self.writes(self.lock.write().ok()),
            Rw::TryWrite => self.writes(self.lock.try_write().ok()),
            Rw::Read | Rw::TryRead if self.is_read_by_me() => {
                world::not_in_loom("a thread that reads what it reads already", at);
                false
            }
            Rw::Read => self.reads(self.lock.read().ok()),
            Rw::TryRead => self.reads(self.lock.try_read().ok()),
            _ => {
                world::not_in_loom("an upgradable or recursive read", at);
                false
            }
        }
    }
}
