//! The command `raceproof`: parse, call, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    raceproof::cli::main()
}
