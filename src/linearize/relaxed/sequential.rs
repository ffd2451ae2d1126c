//! Sequential consistency: an order that respects each client's own, and no other time
//! (Lamport 1979).

use crate::linearize::automaton::{Automaton, Next};
use crate::linearize::hash::Set;
use crate::linearize::{CallId, History, Limits, Reached};
use crate::spec::Spec;

/// What [`sequential`] found.
#[derive(Clone, Debug, PartialEq)]
pub enum Sequential {
    /// This order of the calls is explained, and keeps each client's own.
    Holds(Vec<CallId>),
    /// There is none. The most calls that one explains, and the next call of each client
    /// where it stood then.
    Refuted {
        /// Calls that returned, explained at the most.
        explained: usize,
        /// What could not follow.
        stuck: Vec<CallId>,
    },
    /// The limits were reached first.
    Undecided(Reached),
}

/// Is `history` sequentially consistent?
///
/// A call that never returned may come anywhere after what its client called before, or
/// nowhere. Exponential in the number of clients in the worst case: there is no
/// partition by key, since sequential consistency of each part does not add up to that of
/// the whole.
///
/// # Panics
///
/// As [`check`](crate::linearize::check) does.
pub fn sequential<S: Spec>(initial: &S, history: &History<S>, limits: Limits) -> Sequential {
    let mut automaton = Automaton::new(initial.clone());
    let lanes = lanes(history, &mut automaton);
    let returned = history.calls().iter().filter(|call| call.returned.is_some()).count();
    let mut search = Search {
        lanes,
        automaton,
        steps: 0,
        seen: Set::default(),
        frames: Vec::new(),
        path: Vec::new(),
        explained: 0,
        stuck: Vec::new(),
        returned,
    };
    search.run(limits)
}

/// The calls of one client that returned, in order; or one call that never did.
struct Lane {
    calls: Vec<Step>,
    /// The lane of the same client, and how many of its calls come before this one.
    after: Option<(usize, u32)>,
}

struct Step {
    id: CallId,
    class: u32,
    reads: bool,
    invoked: u64,
}

fn lanes<S: Spec>(history: &History<S>, automaton: &mut Automaton<S>) -> Vec<Lane> {
    let mut order: Vec<usize> = (0..history.calls().len()).collect();
    order.sort_by_key(|index| (history.calls()[*index].invoked, *index));
    let mut lane_of = std::collections::HashMap::new();
    let (mut lanes, mut loose): (Vec<Lane>, Vec<Lane>) = (Vec::new(), Vec::new());
    for index in order {
        let call = &history.calls()[index];
        let (_, class) = automaton.class_id(&call.op, call.ret.as_ref());
        let reads = S::reads(&call.op, call.ret.as_ref());
        let step = Step { id: CallId(index), class, reads, invoked: call.invoked };
        let own = *lane_of.entry(call.client).or_insert_with(|| {
            lanes.push(Lane { calls: Vec::new(), after: None });
            lanes.len() - 1
        });
        if call.returned.is_some() {
            lanes[own].calls.push(step);
        } else if !reads {
            let after = Some((own, lanes[own].calls.len() as u32));
            loose.push(Lane { calls: vec![step], after });
        }
    }
    lanes.extend(loose);
    lanes
}

/// How far each lane has come, and the state.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Place {
    done: Vec<u32>,
    state: u32,
}

struct Frame {
    place: Place,
    /// Untried (lane, state), the next one last.
    moves: Vec<(usize, u32)>,
    path_len: usize,
}

struct Search<S: Spec> {
    lanes: Vec<Lane>,
    automaton: Automaton<S>,
    steps: u64,
    seen: Set<Place>,
    frames: Vec<Frame>,
    path: Vec<CallId>,
    explained: usize,
    stuck: Vec<CallId>,
    returned: usize,
}

impl<S: Spec> Search<S> {
    fn run(&mut self, limits: Limits) -> Sequential {
        let start = Place { done: vec![0; self.lanes.len()], state: 0 };
        let mut next = Some(start);
        loop {
            if let Some(place) = next
                && self.enter(place)
            {
                return Sequential::Holds(std::mem::take(&mut self.path));
            }
            let kept = self.seen.len() + self.frames.len() + self.automaton.kept();
            if self.steps >= limits.steps_max || kept >= limits.kept_max {
                return Sequential::Undecided(Reached { steps: self.steps, kept });
            }
            let Some(frame) = self.frames.last_mut() else {
                let stuck = std::mem::take(&mut self.stuck);
                return Sequential::Refuted { explained: self.explained, stuck };
            };
            self.path.truncate(frame.path_len);
            next = frame.moves.pop().map(|(lane, state)| {
                let mut place = frame.place.clone();
                self.path.push(self.lanes[lane].calls[place.done[lane] as usize].id);
                place.done[lane] += 1;
                place.state = state;
                place
            });
            if next.is_none() {
                self.frames.pop();
            }
        }
    }

    /// Takes every read that fits, and lists what may come next; `true` where all calls that
    /// returned are explained.
    fn enter(&mut self, mut place: Place) -> bool {
        self.settle(&mut place);
        let firm = self.lanes.iter().zip(&place.done).filter(|(lane, _)| lane.after.is_none());
        let explained: usize = firm.map(|(_, done)| *done as usize).sum();
        if explained == self.returned {
            return true;
        }
        if explained > self.explained || self.stuck.is_empty() {
            self.explained = explained;
            self.stuck = self.heads(&place).map(|(_, step)| step.id).collect();
        }
        if !self.seen.insert(place.clone()) {
            return false;
        }
        let mut heads: Vec<(usize, u32, u64)> =
            self.heads(&place).map(|(lane, step)| (lane, step.class, step.invoked)).collect();
        heads.sort_by_key(|(lane, _, invoked)| std::cmp::Reverse((*invoked, *lane)));
        // Calls that never returned come first in this list, so that they are tried last.
        heads.sort_by_key(|(lane, ..)| self.lanes[*lane].after.is_none());
        let mut moves = Vec::new();
        let mut loose_classes = Vec::new();
        for (lane, class, _) in heads {
            let loose = self.lanes[lane].after.is_some();
            // Calls that never returned and ask the same are interchangeable from here on.
            if loose && loose_classes.contains(&class) {
                continue;
            }
            loose_classes.extend(loose.then_some(class));
            self.steps += 1;
            let next = self.automaton.next(place.state, class);
            let states = self.automaton.targets(&next).iter();
            moves.extend(
                states.filter(|state| !(loose && **state == place.state)).map(|state| (lane, *state)),
            );
        }
        self.frames.push(Frame { place, moves, path_len: self.path.len() });
        false
    }

    fn settle(&mut self, place: &mut Place) {
        let mut lane = 0;
        while lane < self.lanes.len() {
            match self.lanes[lane].calls.get(place.done[lane] as usize) {
                Some(step) if step.reads => {
                    self.steps += 1;
                    if self.automaton.next(place.state, step.class) == Next::Nowhere {
                        lane += 1;
                    } else {
                        self.path.push(step.id);
                        place.done[lane] += 1;
                    }
                }
                _ => lane += 1,
            }
        }
    }

    /// The calls that are next in their lanes.
    fn heads<'s>(&'s self, place: &'s Place) -> impl Iterator<Item = (usize, &'s Step)> {
        self.lanes.iter().enumerate().filter_map(|(index, lane)| {
            let step = lane.calls.get(place.done[index] as usize)?;
            let ready = lane.after.is_none_or(|(own, calls)| place.done[own] >= calls);
            ready.then_some((index, step))
        })
    }
}
