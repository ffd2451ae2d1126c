//! The command line: one file a subcommand.

mod check;
mod serve;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Proves concurrent Rust free of races within named bounds, or shows the smallest program that breaks it.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = false)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Args),
    Check(check::Args),
}

/// Runs the command that the process's arguments name.
///
/// An error is one line on stderr, and exit code 2.
pub fn main() -> ExitCode {
    let done = match Args::parse().command {
        Some(Command::Serve(args)) => serve::run(args),
        Some(Command::Check(args)) => check::run(args),
        None => Ok(ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|error| {
        eprintln!("raceproof: {error:#}");
        ExitCode::from(2)
    })
}
