//! The text of a Rust file with raceproof's paths. Tokens are read, so that comments and strings stay as they are, and
//! only what changes is printed anew.

use super::constants::Static;
use super::entry::entry;
use super::known::{self, Has};
use super::pairs::{self, UseLine};
use super::uses;
use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use std::collections::BTreeSet;
use std::ops::Range;
use syn::UseTree;

/// What a file becomes.
#[derive(Debug)]
pub struct Migrated {
    pub text: String,
    /// Lines of what raceproof has not, where nothing of its crate is to stay.
    pub left: Vec<(usize, String)>,
}

/// What stands in place of a part of the text.
#[derive(Debug)]
pub struct Edit {
    pub at: Range<usize>,
    pub to: String,
}

/// The text with raceproof's paths, or the line and the reason why it is not Rust.
pub fn migrated(text: &str) -> Result<Migrated, (usize, String)> {
    let error = |at: Span, why: String| (at.start().line, why);
    syn::parse_file(text).map_err(|why| error(why.span(), why.to_string()))?;
    // As syn does: a mark at the beginning is no token.
    let begin = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let tokens: TokenStream =
        text[begin..].parse().map_err(|why: proc_macro2::LexError| error(why.span(), why.to_string()))?;
    let mut rewrite = Rewrite { text: &text[begin..], ..Rewrite::default() };
    rewrite.walk(&tokens.into_iter().collect::<Vec<_>>(), false);
    let Rewrite { mut edits, left, statics, moved, .. } = rewrite;
    edits.extend(statics.iter().filter_map(|one| one.edits(&moved)).flatten());
    edits.sort_by_key(|edit| (edit.at.start, edit.at.end));
    // What is within a part that goes need not be rewritten.
    let mut end = 0;
    edits.retain(|edit| {
        let begins_behind = edit.at.start >= end;
        end = end.max(edit.at.end);
        begins_behind
    });
    let mut migrated = text.to_owned();
    for Edit { at, to } in edits.iter().rev() {
        migrated.replace_range(at.start + begin..at.end + begin, to);
    }
    Ok(Migrated { text: migrated, left })
}

#[derive(Default)]
struct Rewrite<'a> {
    text: &'a str,
    edits: Vec<Edit>,
    left: Vec<(usize, String)>,
    statics: Vec<Static>,
    /// The names that are raceproof's now.
    moved: BTreeSet<String>,
}

impl Rewrite<'_> {
    fn walk(&mut self, tokens: &[TokenTree], of_macro: bool) {
        let mut lines = Vec::new();
        let mut i = 0;
        while i < tokens.len() {
            i = match &tokens[i] {
                TokenTree::Ident(word) if word == "use" && !is_punct(tokens.get(i + 1), '<') => {
                    self.use_line(tokens, i, &mut lines)
                }
                // What a macro makes of a `static` is its own affair.
                TokenTree::Ident(word) if word == "static" && !of_macro && !is_lifetime(tokens, i) => {
                    self.statics.extend(Static::new(tokens, i));
                    i + 1
                }
                TokenTree::Ident(_) if begins_path(tokens, i) => self.path(tokens, i),
                // An attribute names what it expands to by itself.
                TokenTree::Group(_) if is_attribute(tokens, i) => i + 1,
                TokenTree::Group(group) => {
                    let of_macro = of_macro || i > 0 && is_punct(tokens.get(i - 1), '!');
                    self.walk(&group.stream().into_iter().collect::<Vec<_>>(), of_macro);
                    i + 1
                }
                _ => i + 1,
            };
        }
        pairs::merge(self.text, &lines, &mut self.edits);
    }

    /// A path in an expression or a type; returns where it ends.
    fn path(&mut self, tokens: &[TokenTree], begin: usize) -> usize {
        let (names, end) = path_at(tokens, begin);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let at = tokens[begin].span().byte_range();
        if names == ["thread_local"] && is_punct(tokens.get(end), '!') {
            self.edits.push(Edit { at: at.start..at.start, to: "raceproof::".to_owned() });
            return end;
        }
        let Some(place) = known::place(names[0]).filter(|_| names.len() > 1) else { return end };
        if let Some(TokenTree::Group(group)) = tokens.get(end)
            && group.delimiter() == Delimiter::Parenthesis
            && let Some(entry) = entry(&names, group, self.text)
        {
            let whole = at.start..tokens[end - 1].span().byte_range().end;
            let behind = group.span_close().byte_range().end;
            self.edits.push(Edit { at: whole, to: entry.path });
            self.edits.extend(entry.cut.map(|at| Edit { at, to: String::new() }));
            self.edits.push(Edit { at: behind..behind, to: entry.behind.to_owned() });
            return end;
        }
        match known::has(&names) {
            Has::Same => self.edits.push(Edit { at, to: place.to_owned() }),
            Has::Nothing => self.stays(tokens[begin].span(), names[0], names.join("::")),
            Has::Stds => {}
        }
        end
    }

    fn stays(&mut self, at: Span, root: &str, path: String) {
        if known::is_model_of_others(root) {
            self.left.push((at.start().line, path));
        }
    }

    /// A `use`; returns where it ends.
    fn use_line(&mut self, tokens: &[TokenTree], begin: usize, lines: &mut Vec<UseLine>) -> usize {
        let end = (begin..tokens.len()).find(|i| is_punct(tokens.get(*i), ';'));
        let Some(end) = end else { return begin + 1 };
        let line: TokenStream = tokens[begin..=end].iter().cloned().collect();
        // It may be one of a macro, with variables in it.
        let Ok(line) = syn::parse2::<syn::ItemUse>(line) else { return begin + 1 };
        let Some(split) = uses::split(&line.tree) else {
            for name in roots(&line.tree).iter().filter(|name| known::is_model_of_others(&name.to_string())) {
                self.left.push((name.span().start().line, self.said(tokens, begin + 1, end)));
            }
            return end + 1;
        };
        for path in &split.paths {
            self.stays(tokens[begin].span(), path.split("::").next().unwrap_or_default(), path.clone());
        }
        self.moved.extend(split.names.iter().map(|name| local(name).to_owned()));
        let use_line = UseLine::new(tokens, begin, end, &split);
        match &split.left {
            None => {
                let place = |name: &proc_macro2::Ident| {
                    let to = known::place(&name.to_string())?;
                    Some(Edit { at: name.span().byte_range(), to: to.to_owned() })
                };
                self.edits.extend(roots(&line.tree).into_iter().filter_map(place));
            }
            Some(left) => {
                let from = tokens[begin + 1].span().byte_range().start;
                let at = from..tokens[end].span().byte_range().start;
                let before = &self.text[use_line.begin..tokens[begin].span().byte_range().start];
                let indent = pairs::indent(self.text, use_line.begin);
                let moved = split.moved.as_deref().expect("something moves");
                let colons = if line.leading_colon.is_some() { "::" } else { "" };
                let to = format!("{colons}{moved};\n{indent}{before}use {colons}{left}");
                self.edits.push(Edit { at, to });
            }
        }
        lines.push(use_line);
        end + 1
    }

    fn said(&self, tokens: &[TokenTree], from: usize, to: usize) -> String {
        self.text[tokens[from].span().byte_range().start..tokens[to].span().byte_range().start].to_owned()
    }
}

/// What a path that is used is called.
fn local(path: &str) -> &str {
    let names = path.strip_suffix("::self").unwrap_or(path);
    names.rsplit([' ', ':']).next().unwrap_or_default()
}

/// The first names of a tree's paths.
fn roots(tree: &UseTree) -> Vec<&proc_macro2::Ident> {
    match tree {
        UseTree::Path(path) => vec![&path.ident],
        UseTree::Name(name) => vec![&name.ident],
        UseTree::Rename(name) => vec![&name.ident],
        UseTree::Group(group) => group.items.iter().flat_map(roots).collect(),
        UseTree::Glob(_) => Vec::new(),
    }
}

pub fn is_punct(token: Option<&TokenTree>, sign: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

/// Whether a name is the first of a path, and no field or method.
pub fn begins_path(tokens: &[TokenTree], i: usize) -> bool {
    let before = |n: usize| i.checked_sub(n).and_then(|i| tokens.get(i));
    if is_punct(before(1), '.') && !is_punct(before(2), '.') || is_punct(before(1), '$') {
        return false;
    }
    let behind_colons = is_punct(before(1), ':') && is_punct(before(2), ':');
    let goes_on = match before(3) {
        Some(TokenTree::Ident(word)) => word != "return" && word != "in" && word != "as",
        token => is_punct(token, '>'),
    };
    !(behind_colons && goes_on)
}

/// The names of the path that begins here, and where it ends.
pub fn path_at(tokens: &[TokenTree], begin: usize) -> (Vec<String>, usize) {
    let (mut names, mut end) = (vec![tokens[begin].to_string()], begin + 1);
    while is_punct(tokens.get(end), ':')
        && is_punct(tokens.get(end + 1), ':')
        && let Some(TokenTree::Ident(name)) = tokens.get(end + 2)
    {
        names.push(name.to_string());
        end += 3;
    }
    (names, end)
}

fn is_lifetime(tokens: &[TokenTree], i: usize) -> bool {
    i > 0 && is_punct(tokens.get(i - 1), '\'')
}

fn is_attribute(tokens: &[TokenTree], i: usize) -> bool {
    let before = |n: usize| i.checked_sub(n).and_then(|i| tokens.get(i));
    is_punct(before(1), '#') || is_punct(before(1), '!') && is_punct(before(2), '#')
}
