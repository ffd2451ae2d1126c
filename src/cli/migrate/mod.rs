//! `raceproof migrate`: the imports of programs that exist, as the diff that makes them raceproof's.

mod constants;
mod entry;
mod known;
mod pairs;
mod rewrite;
mod uses;

use anyhow::Context;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Prints what of the paths of Rust files becomes raceproof's, as a diff that `patch -p1` takes.
///
/// Paths of std, tokio, loom, shuttle, `parking_lot` and `crossbeam_channel` are rewritten as far as raceproof has what
/// they name. What is left of loom and shuttle is said on stderr.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Rust files, or folders of them.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Writes the files, too.
    #[arg(long)]
    write: bool,
}

/// A file that changes.
struct Changed {
    path: PathBuf,
    text: String,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let (mut report, mut changed) = (String::new(), Vec::new());
    for path in files(&args.paths)? {
        let before =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let migrated = rewrite::migrated(&before)
            .map_err(|(line, why)| anyhow::anyhow!("{}:{line}: not Rust: {why}", path.display()))?;
        for (line, left) in migrated.left {
            eprintln!("{}:{line}: left as it is: {left}", path.display());
        }
        if migrated.text != before {
            report += &diff(&path, &before, &migrated.text);
            changed.push(Changed { path, text: migrated.text });
        }
    }
    super::write_report(&report)?;
    // All or none: behind the last file that could not be read.
    for Changed { path, text } in changed.iter().filter(|_| args.write) {
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn diff(path: &Path, before: &str, after: &str) -> String {
    let path = path.display().to_string();
    let name = path.trim_start_matches("./").trim_start_matches('/');
    let diff = similar::TextDiff::from_lines(before, after);
    let mut text = String::new();
    let _ = write!(text, "{}", diff.unified_diff().header(&format!("a/{name}"), &format!("b/{name}")));
    text
}

/// The files that are named, and the `.rs` files of the folders, but for what is hidden or built.
fn files(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            add_folder(path, &mut files)?;
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn add_folder(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let paths: Result<Vec<PathBuf>, _> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut paths = paths.with_context(|| format!("cannot read {}", folder.display()))?;
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_source = !name.starts_with('.') && name != "target";
        if path.is_dir() && !path.is_symlink() && is_source {
            add_folder(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}
