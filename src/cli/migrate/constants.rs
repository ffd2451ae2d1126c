//! Statics of types whose constructors are not `const` in a model: they go into `statics!`.

use super::known::{self, Has};
use super::pairs;
use super::rewrite::{Edit, begins_path, is_punct, path_at};
use proc_macro2::TokenTree;
use std::collections::BTreeSet;

/// Constructors that are `const` in std, `parking_lot` and tokio.
const CONSTRUCTORS: &str = "Mutex::new RwLock::new Condvar::new Once::new OnceLock::new FairMutex::new \
                            ReentrantMutex::new AtomicBool::new AtomicPtr::new AtomicU8::new AtomicU16::new \
                            AtomicU32::new AtomicU64::new AtomicUsize::new AtomicI8::new AtomicI16::new AtomicI32::new \
                            AtomicI64::new AtomicIsize::new const_mutex const_fair_mutex const_reentrant_mutex \
                            const_rwlock const_new const_new_with const_with_max_readers";

/// A `static`, and the paths that its value calls.
#[derive(Debug)]
pub struct Static {
    begin: usize,
    end: usize,
    calls: Vec<Vec<String>>,
}

impl Static {
    /// The one whose `static` is at `begin`.
    pub fn new(tokens: &[TokenTree], begin: usize) -> Option<Self> {
        let is_plain =
            matches!(tokens.get(begin + 1), Some(TokenTree::Ident(name)) if name != "mut" && name != "ref");
        let colon = is_plain && is_punct(tokens.get(begin + 2), ':');
        let end = (begin..tokens.len()).find(|i| is_punct(tokens.get(*i), ';')).filter(|_| colon)?;
        let equals = (begin..end).find(|i| is_punct(tokens.get(*i), '='))?;
        let (first, _) = pairs::before(tokens, begin);
        let mut calls = Vec::new();
        add_calls(&tokens[equals + 1..end], &mut calls);
        let of = |i: usize| tokens[i].span().byte_range();
        Some(Self { begin: of(first).start, end: of(end).end, calls })
    }

    /// What it becomes, if a value in it is made by a constructor of what has moved: `moved` are the names that are
    /// raceproof's now.
    pub fn edits(&self, moved: &BTreeSet<String>) -> Option<[Edit; 2]> {
        let is_moved = |call: &Vec<String>| {
            let names: Vec<&str> = call.iter().map(String::as_str).collect();
            let constructor = names[names.len().saturating_sub(2)..].join("::");
            let is_known = |name: &str| CONSTRUCTORS.split_whitespace().any(|known| known == name);
            let last = names.last().copied().unwrap_or_default();
            (is_known(&constructor) || is_known(last))
                && (moved.contains(names[0])
                    || moved.contains("*")
                    || known::place(names[0]).is_some() && known::has(&names) != Has::Nothing)
        };
        self.calls.iter().any(is_moved).then(|| {
            let put = |at: usize, to: &str| Edit { at: at..at, to: to.to_owned() };
            [put(self.begin, "raceproof::statics! { "), put(self.end, " }")]
        })
    }
}

/// The paths that are called, but for those in closures: what they make is made when they are called.
fn add_calls(tokens: &[TokenTree], calls: &mut Vec<Vec<String>>) {
    let mut i = 0;
    while i < tokens.len() && !is_punct(tokens.get(i), '|') {
        i = match &tokens[i] {
            TokenTree::Ident(_) if begins_path(tokens, i) => {
                let (names, end) = path_at(tokens, i);
                calls.push(names);
                end
            }
            TokenTree::Group(group) => {
                add_calls(&group.stream().into_iter().collect::<Vec<_>>(), calls);
                i + 1
            }
            _ => i + 1,
        };
    }
}
