//! `LazyLock`, `thread_local!` and `statics!`: as std has them, and fresh in each execution of a model.

use crate::{Loom, beside, check};
use raceproof::explore::{Engine, Explorer};
use raceproof::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use raceproof::sync::{Arc, LazyLock, Mutex, OnceLock, mpsc};
use raceproof::thread;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};

#[test]
fn lazy_lock_is_initialized_on_the_first_access_and_other_threads_block_until_it_is() {
    check(Loom::Lacks, || {
        let made = Arc::new(AtomicUsize::new(0));
        let (counts, theirs) = (Arc::clone(&made), Arc::clone(&made));
        let lazy = Arc::new(LazyLock::new(move || counts.fetch_add(1, SeqCst) + 1));
        let other = Arc::clone(&lazy);
        let forces = beside(move || (**other, theirs.load(SeqCst)));
        assert_eq!(**lazy, 1);
        assert_eq!(forces.join().unwrap(), (1, 1));
    });
}

#[test]
fn lazy_lock_is_poisoned_if_its_initialization_panics_and_all_further_accesses_panic() {
    fn refuses() -> u32 {
        std::panic::resume_unwind(Box::new("on purpose"))
    }
    check(Loom::Lacks, || {
        let lazy: Arc<LazyLock<u32>> = Arc::new(LazyLock::new(refuses));
        let other = Arc::clone(&lazy);
        let forces = beside(move || catch_unwind(AssertUnwindSafe(|| **other)).is_err());
        assert!(catch_unwind(AssertUnwindSafe(|| **lazy)).is_err());
        assert!(forces.join().unwrap());
        assert!(catch_unwind(AssertUnwindSafe(|| **lazy)).is_err());
    });
}

#[test]
fn lazy_lock_gives_its_value_to_be_changed_to_whoever_has_it_alone() {
    check(Loom::Lacks, || {
        let mut lazy = LazyLock::new(|| vec![AtomicUsize::new(1)]);
        assert_eq!(format!("{lazy:?}"), "LazyLock(<uninit>)");
        lazy.push(AtomicUsize::new(2));
        assert_eq!(format!("{lazy:?}"), "LazyLock([1, 2])");
        let lazy = Arc::new(lazy);
        let other = Arc::clone(&lazy);
        beside(move || other[1].fetch_add(1, SeqCst)).join().unwrap();
        assert_eq!(lazy[1].load(SeqCst), 3);
    });
}

#[test]
fn lazy_lock_drops_its_value_with_itself() {
    check(Loom::Lacks, || {
        let (sender, receiver) = mpsc::channel::<()>();
        let lazy = LazyLock::new(move || sender);
        let waits = beside(move || receiver.recv().is_err());
        LazyLock::force(&lazy);
        drop(lazy);
        assert!(waits.join().unwrap());
    });
}

static HITS: LazyLock<Mutex<u32>> = LazyLock::new(|| Mutex::new(0));
static FIRST: LazyLock<OnceLock<u32>> = LazyLock::new(OnceLock::new);

raceproof::statics! {
    /// As it would be written with std's.
    static NAMES: Mutex<Vec<u32>> = Mutex::new(Vec::new());
    static CALLS: AtomicUsize = AtomicUsize::new(0);
}

#[test]
fn statics_are_fresh_in_each_execution_and_shared_by_its_threads() {
    let program = || {
        let hit = |name| {
            *HITS.lock().unwrap() += 1;
            NAMES.lock().unwrap().push(name);
            CALLS.fetch_add(1, SeqCst);
            *FIRST.get_or_init(|| name)
        };
        let other = thread::spawn(move || hit(1));
        let mine = hit(2);
        assert_eq!(other.join().unwrap(), mine);
        assert_eq!((*HITS.lock().unwrap(), CALLS.load(SeqCst)), (2, 2));
        let mut names = NAMES.lock().unwrap().clone();
        names.sort_unstable();
        assert_eq!(names, [1, 2]);
    };
    let verdict = Explorer::new(Engine::Exhaustive).explore(program);
    verdict.assert_proved();
    assert!(verdict.coverage().executions > 1);
    Explorer::new(Engine::Random { seed: 1 }).executions_max(50).explore(program).assert_passed();
}

#[test]
fn statics_of_two_explorations_at_a_time_have_nothing_to_do_with_each_other() {
    static COUNT: LazyLock<Mutex<u32>> = LazyLock::new(|| Mutex::new(0));
    let explore = || {
        Explorer::new(Engine::Exhaustive).explore(|| {
            let adds = || (0..2).for_each(|_| *COUNT.lock().unwrap() += 1);
            let other = thread::spawn(adds);
            adds();
            other.join().unwrap();
            assert_eq!(*COUNT.lock().unwrap(), 4);
        })
    };
    let others: Vec<_> = (0..2).map(|_| std::thread::spawn(explore)).collect();
    let mine = explore();
    mine.assert_proved();
    for other in others {
        let verdict = other.join().unwrap();
        verdict.assert_proved();
        assert_eq!(verdict.coverage().executions, mine.coverage().executions);
    }
}

#[test]
fn a_race_in_a_static_is_refuted_with_its_name() {
    static TOTAL: LazyLock<Mutex<u32>> = LazyLock::new(|| Mutex::new(0));
    let verdict = Explorer::new(Engine::Exhaustive).explore(|| {
        let adds = || {
            let read = *TOTAL.lock().unwrap();
            *TOTAL.lock().unwrap() = read + 1;
        };
        let other = thread::spawn(adds);
        adds();
        other.join().unwrap();
        assert_eq!(*TOTAL.lock().unwrap(), 2);
    });
    verdict.assert_refuted();
    assert!(verdict.to_string().contains("TOTAL"), "{verdict}");
}

#[test]
fn two_lazy_locks_of_one_line_in_one_execution_are_undecided() {
    let verdict = Explorer::new(Engine::Exhaustive).explore(|| {
        let both: Vec<LazyLock<u32>> = (0..2).map(|_| LazyLock::<u32>::new(|| 1)).collect();
        let total: u32 = both.iter().map(|lazy| **lazy).sum();
        assert_eq!(total, 2);
    });
    assert_eq!(verdict.word(), "undecided");
    assert!(verdict.to_string().contains("OnceLock"), "{verdict}");
}

#[test]
fn a_lazy_lock_whose_closure_an_earlier_execution_has_taken_is_undecided() {
    let lazy = Arc::new(LazyLock::new({
        let text = String::from("captured");
        move || text
    }));
    let verdict = Explorer::new(Engine::Exhaustive).explore(move || {
        let lock = Arc::new(Mutex::new(0));
        let other = Arc::clone(&lock);
        let adds = thread::spawn(move || *other.lock().unwrap() += 1);
        *lock.lock().unwrap() += lazy.len();
        adds.join().unwrap();
    });
    assert_eq!(verdict.word(), "undecided");
    assert!(verdict.to_string().contains("std_statics.rs"), "{verdict}");
}

raceproof::thread_local! {
    static MINE: Cell<u32> = const { Cell::new(1) };
    static LIST: RefCell<Vec<u32>> = RefCell::new(vec![0]);
}

#[test]
fn local_key_is_initialized_lazily_for_each_thread() {
    // Loom has them: only a thread can reach its own.
    check(Loom::Too, || {
        let met = Arc::new(Mutex::new(0));
        let other = Arc::clone(&met);
        MINE.set(1);
        let theirs = beside(move || {
            *other.lock().unwrap() += 1;
            let before = MINE.replace(5);
            LIST.with_borrow_mut(|list| list.push(7));
            (before, MINE.get(), LIST.with_borrow(Vec::len))
        });
        *met.lock().unwrap() += 1;
        MINE.set(MINE.get() + 1);
        assert_eq!(theirs.join().unwrap(), (1, 5, 2));
        assert_eq!((MINE.get(), LIST.take()), (2, vec![0]));
        LIST.set(vec![0]);
    });
}

#[test]
fn local_key_is_destroyed_when_its_thread_exits_and_is_no_more_to_be_had() {
    struct Says(Arc<Mutex<Vec<&'static str>>>);
    impl Drop for Says {
        fn drop(&mut self) {
            let word = if SAYS.try_with(|_| ()).is_err() { "gone" } else { "there" };
            self.0.lock().unwrap().push(word);
        }
    }
    raceproof::thread_local! {
        static SAYS: RefCell<Option<Says>> = const { RefCell::new(None) };
    }
    check(Loom::Too, || {
        let said = Arc::new(Mutex::new(Vec::new()));
        let other = Arc::clone(&said);
        let thread = beside(move || SAYS.set(Some(Says(other))));
        assert!(said.lock().unwrap().len() < 2);
        thread.join().unwrap();
        assert_eq!(*said.lock().unwrap(), ["gone"]);
    });
}

#[test]
fn thread_local_set_does_not_make_the_value_first() {
    check(Loom::Too, || {
        raceproof::thread_local! {
            static CELL: Cell<u32> = panic!("made");
            static REF: RefCell<u32> = panic!("made");
        }
        let sets = || {
            CELL.set(1);
            REF.set(2);
            CELL.set(CELL.get() + 1);
            REF.set(REF.take() + 1);
            (CELL.get(), REF.with_borrow(|value| *value))
        };
        let lock = Arc::new(Mutex::new(0));
        let other = Arc::clone(&lock);
        let theirs = thread::spawn(move || {
            *other.lock().unwrap() += 1;
            sets()
        });
        *lock.lock().unwrap() += 1;
        assert_eq!((sets(), theirs.join().unwrap()), ((2, 3), (2, 3)));
    });
}
