//! A `use` line: which of its names raceproof has, and the lines that it becomes.

use super::known::{self, Has};
use std::collections::BTreeSet;
use syn::UseTree;

/// What a `use` becomes.
#[derive(Debug, Default)]
pub struct Split {
    /// What is raceproof's now.
    pub moved: Option<String>,
    /// What stays as it was.
    pub left: Option<String>,
    /// The paths that stay.
    pub paths: Vec<String>,
    /// What is raceproof's, name by name.
    pub names: BTreeSet<String>,
}

/// A tree that is split, with no more than is needed to print it.
#[derive(Clone, Debug)]
enum Tree {
    Path(String, Box<Self>),
    /// A name, with its alias; or a glob.
    Leaf(String),
    Group(Vec<Self>),
}

/// Splits a tree by what raceproof has. None if it has nothing of it.
pub fn split(tree: &UseTree) -> Option<Split> {
    let mut parts = Parts::default();
    let (moved, left) = parts.split(tree, &mut Vec::new());
    if !parts.moves {
        return None;
    }
    let text = |tree: Option<Tree>| tree.map(|tree| shown(&simple(tree)));
    Some(Split { moved: text(moved), left: text(left), paths: parts.left, names: parts.names })
}

#[derive(Debug, Default)]
struct Parts {
    /// Whether there is a reason to move: a name that is not std's own in raceproof, too.
    moves: bool,
    left: Vec<String>,
    names: BTreeSet<String>,
}

impl Parts {
    /// What is raceproof's of a tree behind `path`, and what is not.
    fn split(&mut self, tree: &UseTree, path: &mut Vec<String>) -> (Option<Tree>, Option<Tree>) {
        match tree {
            UseTree::Path(inner) => {
                let root = inner.ident.to_string();
                path.push(root.clone());
                let (moved, left) = self.split(&inner.tree, path);
                path.pop();
                let place = known::place(&root).filter(|_| path.is_empty()).map(str::to_owned);
                let new = place.unwrap_or_else(|| root.clone());
                let under = |name: String| move |tree: Tree| Tree::Path(name, Box::new(tree));
                (moved.map(under(new)), left.map(under(root)))
            }
            UseTree::Group(group) => {
                let parts = group.items.iter().map(|tree| self.split(tree, path));
                let (moved, left): (Vec<_>, Vec<_>) = parts.unzip();
                let all = |trees: Vec<Option<Tree>>| {
                    let trees: Vec<Tree> = trees.into_iter().flatten().collect();
                    (!trees.is_empty()).then_some(Tree::Group(trees))
                };
                (all(moved), all(left))
            }
            UseTree::Name(name) => self.leaf(path, &name.ident.to_string(), ""),
            UseTree::Rename(name) => {
                self.leaf(path, &name.ident.to_string(), &format!(" as {}", name.rename))
            }
            UseTree::Glob(_) => self.leaf(path, "*", ""),
        }
    }

    fn leaf(&mut self, path: &[String], name: &str, alias: &str) -> (Option<Tree>, Option<Tree>) {
        let whole: Vec<&str> = path.iter().map(String::as_str).chain([name]).collect();
        let has = known::has(&whole);
        self.moves |= has == Has::Same;
        let place = if path.is_empty() { known::place(name) } else { None };
        let shown = |name: &str| format!("{name}{alias}");
        if has == Has::Nothing {
            self.left.push(whole.join("::"));
            return (None, Some(Tree::Leaf(shown(name))));
        }
        let [root, inner @ ..] = &*whole else { return (None, None) };
        let new = known::place(root).map_or_else(|| (*root).to_owned(), str::to_owned);
        let names: Vec<&str> = [&*new].into_iter().chain(inner.iter().copied()).collect();
        self.names.insert(shown(&names.join("::")));
        (Some(Tree::Leaf(shown(place.unwrap_or(name)))), None)
    }
}

/// Without groups of one, and with `self` for the only name of a group said by its path.
fn simple(tree: Tree) -> Tree {
    match tree {
        Tree::Path(name, inner) => match simple(*inner) {
            Tree::Leaf(leaf) if leaf == "self" => Tree::Leaf(name),
            Tree::Leaf(leaf) if leaf.starts_with("self as ") => {
                Tree::Leaf(format!("{name}{}", &leaf["self".len()..]))
            }
            inner => Tree::Path(name, Box::new(inner)),
        },
        Tree::Group(trees) if trees.len() == 1 => simple(trees.into_iter().next().expect("there is one")),
        Tree::Group(trees) => Tree::Group(trees.into_iter().map(simple_in_group).collect()),
        leaf @ Tree::Leaf(_) => leaf,
    }
}

/// As `simple`; a `self` of this group stays.
fn simple_in_group(tree: Tree) -> Tree {
    if let Tree::Leaf(_) = &tree { tree } else { simple(tree) }
}

fn shown(tree: &Tree) -> String {
    match tree {
        Tree::Path(name, inner) => format!("{name}::{}", shown(inner)),
        Tree::Leaf(leaf) => leaf.clone(),
        Tree::Group(trees) => {
            let shown: Vec<String> = trees.iter().map(shown).collect();
            format!("{{{}}}", shown.join(", "))
        }
    }
}
