//! The command line: one file a subcommand.

mod cell;
mod check;
mod hammer;
mod programs;
mod prove;
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
    Prove(prove::Args),
    Serve(serve::Args),
    Check(check::Args),
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
    let command = Args::parse()
        .command
        .unwrap_or_else(|| Args::parse_from(["raceproof", "prove"]).command.expect("it is named"));
    let done = match command {
        Command::Prove(args) => prove::run(&args),
        Command::Cell(args) => cell::run(&args),
        Command::Serve(args) => serve::run(args),
        Command::Check(args) => check::run(args),
    };
    done.unwrap_or_else(|error| {
        eprintln!("raceproof: {error:#}");
        ExitCode::from(2)
    })
}
