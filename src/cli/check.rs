//! `raceproof check` (skeleton).

use std::process::ExitCode;

/// (skeleton)
#[derive(Debug, clap::Args)]
pub struct Args {}

pub fn run(_args: Args) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not here yet")
}
