//! Pairs of `use` lines, one under `cfg(loom)` and one not: of the same names they are one line here.

use super::rewrite::{Edit, is_punct};
use super::uses::Split;
use proc_macro2::{Delimiter, TokenTree};
use std::collections::BTreeSet;
use std::ops::Range;

/// A `use` that moves, with what stands before it.
#[derive(Debug)]
pub struct UseLine {
    /// Where its first attribute begins, or it.
    pub begin: usize,
    end: usize,
    /// Its `cfg(loom)` or `cfg(not(loom))`, and which of them.
    cfg: Option<(Range<usize>, bool)>,
    /// None if something of it stays.
    moved: Option<BTreeSet<String>>,
}

impl UseLine {
    pub fn new(tokens: &[TokenTree], begin: usize, end: usize, split: &Split) -> Self {
        let (first, attributes) = before(tokens, begin);
        let cfg = attributes.into_iter().find_map(|at| {
            let whole = tokens[at - 1].span().byte_range().start..tokens[at].span().byte_range().end;
            let said: String = tokens[at].to_string().split_whitespace().collect();
            match &*said {
                "[cfg(loom)]" => Some((whole, true)),
                "[cfg(not(loom))]" => Some((whole, false)),
                _ => None,
            }
        });
        Self {
            begin: tokens[first].span().byte_range().start,
            end: tokens[end].span().byte_range().end,
            cfg,
            moved: split.moved.as_ref().filter(|_| split.left.is_none()).map(|_| split.names.clone()),
        }
    }
}

/// The first token of what belongs to the item whose `use` is at `begin`, and its attributes.
pub fn before(tokens: &[TokenTree], begin: usize) -> (usize, Vec<usize>) {
    let mut first = begin;
    let word = |i: usize| matches!(tokens.get(i), Some(TokenTree::Ident(word)) if word == "pub");
    let group = |i: usize, delimiter| matches!(tokens.get(i), Some(TokenTree::Group(group)) if group.delimiter() == delimiter);
    if first >= 2 && group(first - 1, Delimiter::Parenthesis) && word(first - 2) {
        first -= 2;
    } else if first >= 1 && word(first - 1) {
        first -= 1;
    }
    let mut attributes = Vec::new();
    while first >= 2 && group(first - 1, Delimiter::Bracket) && is_punct(tokens.get(first - 2), '#') {
        attributes.push(first - 1);
        first -= 2;
    }
    (first, attributes)
}

/// Where the names under `cfg(loom)` are all there under `cfg(not(loom))`, too, the latter are for every build.
pub fn merge(text: &str, lines: &[UseLine], edits: &mut Vec<Edit>) {
    let of = |loom: bool| lines.iter().filter(move |line| line.cfg.as_ref().is_some_and(|cfg| cfg.1 == loom));
    let names = |loom: bool| {
        let names: Option<Vec<&BTreeSet<String>>> = of(loom).map(|line| line.moved.as_ref()).collect();
        names.map(|names| names.into_iter().flatten().collect::<BTreeSet<_>>())
    };
    let (Some(under_loom), Some(otherwise)) = (names(true), names(false)) else { return };
    if under_loom.is_empty() || !under_loom.is_subset(&otherwise) {
        return;
    }
    for line in of(true) {
        edits.retain(|edit| edit.at.start < line.begin || edit.at.start >= line.end);
        let from = line.begin - indent(text, line.begin).len();
        edits.push(Edit { at: from..behind_line(text, line.end), to: String::new() });
    }
    for (at, _) in of(false).filter_map(|line| line.cfg.clone()) {
        let blank = text[at.end..].len() - text[at.end..].trim_start().len();
        edits.push(Edit { at: at.start..at.end + blank, to: String::new() });
    }
}

/// What stands before it in its line, if that is blank.
pub fn indent(text: &str, at: usize) -> &str {
    let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let before = &text[line..at];
    if before.trim().is_empty() { before } else { "" }
}

/// Behind the end of its line, if nothing more stands there.
fn behind_line(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    let line = rest.find('\n').map_or(rest.len(), |newline| newline + 1);
    if rest[..line].trim().is_empty() { at + line } else { at }
}
