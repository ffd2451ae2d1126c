//! The spec in numbers: states, kinds of calls, and what leads where.
//!
//! A search asks the same question many times over ("what may this call leave behind in
//! this state?"). Every state and every pair of operation and answer gets a number here,
//! and every question is put to the spec once.

use super::hash::{Map, hash};
use crate::spec::Spec;
use std::hash::BuildHasherDefault;
use std::slice;

/// The states that a call may leave behind.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Next {
    /// Nobody asked yet.
    Unknown,
    Nowhere,
    One(u32),
    /// An index of [`Automaton::many`].
    Many(u32),
}

/// How many answers of one operation are compared before a new class is made: answers
/// can only be compared, and a second class for the same answer costs time alone.
const ANSWERS_COMPARED_MAX: usize = 32;

pub(super) struct Automaton<S: Spec> {
    ops: Map<S::Op, u32>,
    /// By operation, with answers in the order in which they were met.
    classes_of_op: Vec<Vec<u32>>,
    /// By operation, the one without an answer.
    unanswered: Vec<Option<u32>>,
    /// An operation with its answer: calls of one class are interchangeable.
    classes: Vec<(S::Op, Option<S::Ret>)>,
    states: Vec<S>,
    state_by_hash: Map<u64, u32>,
    /// The next state with the same hash, or `NONE`.
    same_hash: Vec<u32>,
    /// Answers for the first states and classes, by state and class.
    rows: Vec<Vec<Next>>,
    /// All other answers.
    next: Map<u64, Next>,
    answers: usize,
    many: Vec<Box<[u32]>>,
    /// The questions since [`record`](Self::record), in order.
    asked: Option<Vec<u64>>,
}

/// Answers in tables rather than in a map: so many states by so many classes.
const ROWS_MAX: u32 = 256;
const ROW_MAX: u32 = 256;

const NONE: u32 = u32::MAX;

/// Operations and states for which there is room from the beginning.
const ROOM: usize = 28;

impl<S: Spec> Automaton<S> {
    /// The number of `initial` is 0.
    pub(super) fn new(initial: S) -> Self {
        let mut automaton = Self {
            ops: Map::with_capacity_and_hasher(ROOM, BuildHasherDefault::default()),
            classes_of_op: Vec::new(),
            unanswered: Vec::new(),
            classes: Vec::new(),
            states: Vec::new(),
            state_by_hash: Map::with_capacity_and_hasher(ROOM, BuildHasherDefault::default()),
            same_hash: Vec::new(),
            rows: Vec::new(),
            next: Map::default(),
            answers: 0,
            many: Vec::new(),
            asked: None,
        };
        automaton.state_id(initial);
        automaton
    }

    /// The numbers of an operation, and of its class with that answer.
    pub(super) fn class_id(&mut self, op: &S::Op, ret: Option<&S::Ret>) -> (u32, u32) {
        let op_id = self.ops.get(op).copied().unwrap_or_else(|| {
            self.classes_of_op.push(Vec::new());
            self.unanswered.push(None);
            let fresh = self.ops.len() as u32;
            self.ops.insert(op.clone(), fresh);
            fresh
        });
        let next = self.classes.len() as u32;
        let class = if ret.is_none() {
            *self.unanswered[op_id as usize].get_or_insert(next)
        } else {
            let known = &mut self.classes_of_op[op_id as usize];
            let mut recent = known.iter().rev().take(ANSWERS_COMPARED_MAX).copied();
            let same = recent.find(|class| self.classes[*class as usize].1.as_ref() == ret);
            same.unwrap_or_else(|| {
                known.push(next);
                next
            })
        };
        if class == next {
            self.classes.push((op.clone(), ret.cloned()));
        }
        (op_id, class)
    }

    /// What a call of `class` may leave behind in `state`.
    ///
    /// # Panics
    ///
    /// Where the spec says that the call only reads, and it changes the state.
    pub(super) fn next(&mut self, state: u32, class: u32) -> Next {
        let question = u64::from(state) << 32 | u64::from(class);
        if let Some(asked) = &mut self.asked {
            asked.push(question);
        }
        let in_table = state < ROWS_MAX && class < ROW_MAX;
        let known = if in_table {
            self.rows[state as usize].get(class as usize).copied()
        } else {
            self.next.get(&question).copied()
        };
        if let Some(next) = known.filter(|next| *next != Next::Unknown) {
            return next;
        }
        let next = self.ask(state, class);
        if in_table {
            let row = &mut self.rows[state as usize];
            if row.len() <= class as usize {
                row.resize(self.classes.len().min(ROW_MAX as usize), Next::Unknown);
            }
            row[class as usize] = next;
            self.answers += 1;
        } else {
            self.next.insert(question, next);
        }
        next
    }

    /// The numbers of the states in `next`.
    pub(super) fn targets<'n>(&'n self, next: &'n Next) -> &'n [u32] {
        match next {
            Next::Unknown | Next::Nowhere => &[],
            Next::One(state) => slice::from_ref(state),
            Next::Many(index) => &self.many[*index as usize],
        }
    }

    /// Remembers from now on what is asked.
    pub(super) fn record(&mut self) {
        self.asked = Some(Vec::new());
    }

    /// The questions since [`record`](Self::record), which ends: states and classes, each
    /// pair once, by number.
    pub(super) fn recorded(&mut self) -> Vec<(u32, u32)> {
        let mut asked = self.asked.take().unwrap_or_default();
        asked.sort_unstable();
        asked.dedup();
        asked.into_iter().map(|question| ((question >> 32) as u32, question as u32)).collect()
    }

    pub(super) fn state(&self, id: u32) -> &S {
        &self.states[id as usize]
    }

    /// States and answers that are kept: what this costs in memory.
    pub(super) fn kept(&self) -> usize {
        self.states.len() + self.answers + self.next.len()
    }

    fn ask(&mut self, state: u32, class: u32) -> Next {
        let (op, ret) = &self.classes[class as usize];
        let states = self.states[state as usize].next(op, ret.as_ref());
        let mut ids: Vec<u32> = Vec::with_capacity(states.len());
        for next in states {
            let id = self.state_id(next);
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        let (op, ret) = &self.classes[class as usize];
        assert!(
            !S::reads(op, ret.as_ref()) || ids.iter().all(|id| *id == state),
            "the spec says that {op:?} with {ret:?} changes nothing, and it changed {:?}",
            self.states[state as usize],
        );
        match ids[..] {
            [] => Next::Nowhere,
            [one] => Next::One(one),
            _ => {
                self.many.push(ids.into());
                Next::Many(self.many.len() as u32 - 1)
            }
        }
    }

    /// The number of `state`.
    pub(super) fn state_id(&mut self, state: S) -> u32 {
        let fresh = self.states.len() as u32;
        let first = *self.state_by_hash.entry(hash(&state)).or_insert(fresh);
        if first != fresh {
            let mut id = first;
            loop {
                if self.states[id as usize] == state {
                    return id;
                }
                match self.same_hash[id as usize] {
                    NONE => break,
                    next => id = next,
                }
            }
            self.same_hash[id as usize] = fresh;
        }
        self.states.push(state);
        if fresh < ROWS_MAX {
            self.rows.push(Vec::new());
        }
        self.same_hash.push(NONE);
        fresh
    }
}
