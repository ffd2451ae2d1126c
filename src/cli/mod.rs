//! The command line: one file a subcommand.

mod cell;
mod check;
mod hammer;
mod migrate;
mod programs;
mod prove;
mod serve;

use anyhow::Context;
use clap::{Parser, Subcommand};
use std::io::Write;
use std::process::ExitCode;

const AFTER_HELP: &str = "\
Without a command, it is prove.
Exit codes: 0 holds, 1 refuted or lost or not what was asked for, 2 misuse, 3 no verdict";

/// Proves concurrent Rust free of races within named bounds, or shows the smallest program that breaks it.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = false, after_help = AFTER_HELP)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Prove(prove::Args),
    Serve(serve::Args),
    Check(check::Args),
    Migrate(migrate::Args),
    #[command(hide = true)]
    Cell(cell::Args),
}

/// Runs the command that the process's arguments name.
///
/// An error is one line on stderr, and exit code 2.
///
/// # Panics
///
/// Never of itself: the subcommand that it falls back to is named.
pub fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) if error.use_stderr() => return misuse(&error),
        Err(help) => {
            let _ = help.print();
            return ExitCode::SUCCESS;
        }
    };
    let command = args
        .command
        .unwrap_or_else(|| Args::parse_from(["raceproof", "prove"]).command.expect("it is named"));
    let done = match command {
        Command::Prove(args) => prove::run(&args),
        Command::Cell(args) => cell::run(&args),
        Command::Serve(args) => serve::run(args),
        Command::Check(args) => check::run(args),
        Command::Migrate(args) => migrate::run(&args),
    };
    done.unwrap_or_else(|error| {
        say(&format!("{error:#}"));
        ExitCode::from(2)
    })
}

/// One line, as every error is: what clap says, without how the command is used.
fn misuse(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    let says = |paragraph: &&str| !paragraph.starts_with("Usage:") && !paragraph.starts_with("For more");
    let lines: Vec<String> = text
        .trim()
        .split("\n\n")
        .filter(says)
        .map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    let line = lines.join("; ");
    say(&format!("{}; see --help", line.strip_prefix("error: ").unwrap_or(&line)));
    ExitCode::from(2)
}

/// A line on stderr. The exit code is the same where nobody reads it, so that it is no panic.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "raceproof: {line}");
}

/// Writes a report. Whoever reads it may have read enough: a pipe that is closed is no error.
fn write_report(report: &str) -> anyhow::Result<()> {
    match std::io::stdout().lock().write_all(report.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write the report")
        }
        _ => Ok(()),
    }
}

/// How this command is called: by its path where that is a relative one, as from `cargo run`.
fn called() -> String {
    let by = std::env::args().next().unwrap_or_default();
    let is_relative = by.contains('/') && !by.starts_with('/');
    if is_relative { by } else { "raceproof".to_owned() }
}
