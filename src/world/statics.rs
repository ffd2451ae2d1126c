//! What a program keeps in statics, fresh in each execution: `LazyLock` and `thread_local!`.
//!
//! A static is made before there is any execution, so its object is made at its first use, by whichever thread
//! comes first. Its identity is therefore the line that made it and not the thread that came first
//! (`ObjectId`): the search must know it by one name whatever the schedule.

use super::execution::{self, Place};
use super::object::State;
use super::operation::{At, ThreadId};
use super::panic::message;
use super::{World, enter};
use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

thread_local! {
    static STATICS: RefCell<Statics> = const { RefCell::new(Statics::new()) };
}

/// The statics of the execution on this operating system thread.
#[derive(Debug)]
struct Statics {
    lazy: Vec<Lazy>,
    /// In the order in which they were made.
    locals: Vec<Local>,
}

#[derive(Debug)]
struct Local {
    thread: ThreadId,
    /// The address of its key.
    key: usize,
    /// None once it was destroyed.
    value: Option<Rc<dyn Any>>,
}

#[derive(Debug)]
struct Lazy {
    /// Which object of the process.
    instance: u64,
    made: Made,
    value: Rc<dyn Any>,
}

/// The line that has made one, and its name if that line makes several.
type Made = (At, &'static str);

/// Two objects that one line has made, and that are used in one execution, cannot be told apart in another.
#[derive(Debug)]
pub struct Ambiguous;

/// A thread local that was destroyed with its thread.
#[derive(Debug)]
pub struct Destroyed;

impl Statics {
    const fn new() -> Self {
        Self { lazy: Vec::new(), locals: Vec::new() }
    }
}

/// The identity of what a line has made: the same in every process, whatever was used first there (FNV-1a).
fn nth(made: Made) -> u32 {
    let (at, name) = made;
    let place = [at.line().to_le_bytes(), at.column().to_le_bytes()].concat();
    let bytes = at.file().bytes().chain(place).chain(name.bytes());
    bytes.fold(0x811C_9DC5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// What the object `instance`, made by the line `made`, is in this execution: `make` makes it at its first use.
pub fn lazy<V: 'static>(
    instance: u64,
    made: Made,
    state: impl FnOnce() -> State,
    make: impl FnOnce(Place) -> V,
) -> Result<Rc<V>, Ambiguous> {
    let known = STATICS.with_borrow(|statics| {
        let lazy = statics.lazy.iter().find(|lazy| lazy.made == made);
        lazy.map(|lazy| (lazy.instance == instance).then(|| Rc::clone(&lazy.value)).ok_or(Ambiguous))
    });
    if let Some(known) = known {
        return known.map(|value| value.downcast().expect("an object keeps its type"));
    }
    let nth = nth(made);
    // Two lines with one identity: as unlikely as it is unwelcome.
    if STATICS.with_borrow(|statics| statics.lazy.iter().any(|lazy| self::nth(lazy.made) == nth)) {
        return Err(Ambiguous);
    }
    let noun = if made.1.is_empty() { "LazyLock" } else { made.1 };
    let place = execution::with(|e| e.create_static(noun, made.0, nth, state()));
    let value = Rc::new(make(place));
    let lazy = Lazy { instance, made, value: value.clone() };
    STATICS.with_borrow_mut(|statics| statics.lazy.push(lazy));
    Ok(value)
}

/// An object goes, and what it is in this execution with it.
pub fn drop_lazy(instance: u64) {
    let lazy = STATICS.with_borrow_mut(|statics| {
        let at = statics.lazy.iter().position(|lazy| lazy.instance == instance);
        at.map(|at| statics.lazy.remove(at))
    });
    // Out here, since it may be code of the program.
    drop(lazy);
}

/// What a thread local is for the current thread: `make` makes it at its first use.
pub fn local<V: 'static>(key: usize, make: impl FnOnce() -> V) -> Result<Rc<V>, Destroyed> {
    let thread = super::itself();
    let known = STATICS.with_borrow(|statics| {
        let mut locals = statics.locals.iter();
        locals.find(|local| (local.thread, local.key) == (thread, key)).map(|local| local.value.clone())
    });
    match known {
        Some(Some(value)) => return Ok(value.downcast().expect("a key keeps its type")),
        Some(None) => return Err(Destroyed),
        None => {}
    }
    let value = Rc::new(make());
    let local = Local { thread, key, value: Some(value.clone()) };
    STATICS.with_borrow_mut(|statics| statics.locals.push(local));
    Ok(value)
}

/// A thread ends: its locals go, the last one first. They may make others.
pub fn drop_locals(thread: ThreadId) {
    let next = || {
        STATICS.with_borrow_mut(|statics| {
            let mut locals = statics.locals.iter_mut().rev();
            locals.find(|local| local.thread == thread && local.value.is_some())?.value.take()
        })
    };
    while let Some(value) = next() {
        drop(value);
    }
}

/// The execution is over: what its statics held is dropped, as nothing of a model.
pub fn forget() {
    let old = STATICS
        .with_borrow_mut(|statics| (std::mem::take(&mut statics.lazy), std::mem::take(&mut statics.locals)));
    if old.0.is_empty() && old.1.is_empty() {
        return;
    }
    let _real = enter(World::Real);
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(old))) {
        eprintln!("raceproof: a static panicked as it was dropped: {}", message(&*payload));
    }
}
