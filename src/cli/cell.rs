//! One cell of the matrix: one store against one engine.

use super::called;
use super::hammer;
use super::programs::{self, Programs};
use crate::counter::kind::Kind;
use crate::counter::spec::{START, Stored};
use crate::explore::{Checkpoint, Engine, Explorer, Schedule};
use crate::report::matrix::Cell;
use crate::verdict::{Counterexample, Coverage, Finding, Verdict};
use crate::with_store;
use anyhow::Context;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

/// Who judges a column of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Column {
    /// every order of steps, once
    Exhaustive,
    /// loom: every execution, weak memory included
    Loom,
    /// shuttle's random walk
    Random,
    /// shuttle's probabilistic concurrency testing
    Pct,
    /// shuttle's uniform random walk
    Urw,
    /// real threads
    Stress,
    /// the server on loopback, hammered
    Http,
}

impl Column {
    /// Every column, in the order of the table.
    pub const ALL: [Self; 7] =
        [Self::Exhaustive, Self::Loom, Self::Random, Self::Pct, Self::Urw, Self::Stress, Self::Http];

    /// Its name, as the command line has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exhaustive => "exhaustive",
            Self::Loom => "loom",
            Self::Random => "random",
            Self::Pct => "pct",
            Self::Urw => "urw",
            Self::Stress => "stress",
            Self::Http => "http",
        }
    }

    /// Whether an execution of it can be told by a schedule.
    pub fn has_schedules(self) -> bool {
        !self.is_real() && self != Self::Loom
    }

    /// Whether the store runs for real there, and may take its process with it.
    pub fn is_real(self) -> bool {
        matches!(self, Self::Stress | Self::Http)
    }
}

/// Threads of a program, unless it is told otherwise.
const THREADS: u8 = 3;

/// Calls of a thread, unless it is told otherwise.
const CALLS: u8 = 2;

/// Where chance comes from, unless it is told otherwise.
const SEED: u64 = 1;

/// What a cell is asked for.
#[derive(Clone, Debug, clap::Args)]
pub struct Size {
    /// Threads of a program, at the most
    #[arg(long, default_value_t = THREADS, value_parser = clap::value_parser!(u8).range(2..=4))]
    pub threads: u8,
    /// Calls of each thread, at the most
    #[arg(long, default_value_t = CALLS, value_parser = clap::value_parser!(u8).range(1..=8))]
    pub calls: u8,
    /// Executions of a cell, at the most; a proof that is cut short is no proof
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub executions_max: Option<u64>,
    /// Where the samplers' chance comes from
    #[arg(long, value_name = "N", default_value_t = SEED)]
    pub seed: u64,
    /// Runs the one execution of this schedule, of one store by one engine
    #[arg(long, value_name = "SCHEDULE", requires = "store", requires = "engine")]
    pub replay: Option<Schedule>,
    /// Goes on with the search that was put down in this file, of one store by exhaustive
    #[arg(long, value_name = "FILE", requires = "store", requires = "engine", conflicts_with = "replay")]
    pub resume: Option<PathBuf>,
}

impl Size {
    /// The flags that choose the programs, where they are not as they are by default.
    fn flags(&self) -> String {
        let flag = |name: &str, value: u8, default: u8| {
            if value == default { String::new() } else { format!(" --{name} {value}") }
        };
        flag("threads", self.threads, THREADS) + &flag("calls", self.calls, CALLS)
    }
}

/// Runs one cell and prints it as JSON; for cells that may end their process.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long, value_enum)]
    store: Kind,
    #[arg(long, value_enum)]
    engine: Column,
    #[command(flatten)]
    size: Size,
}

/// Prints the cell.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let cell = here(args.store, args.engine, &args.size)?;
    println!("{}", serde_json::to_string(&cell)?);
    Ok(ExitCode::SUCCESS)
}

/// Judges a cell in this process.
pub fn here(store: Kind, column: Column, size: &Size) -> anyhow::Result<Cell> {
    let seed = size.seed;
    let engine = match column {
        Column::Exhaustive => Engine::Exhaustive,
        Column::Loom => Engine::Loom,
        Column::Random => Engine::Random { seed },
        Column::Pct => Engine::Pct { seed, depth: 3 },
        Column::Urw => Engine::Urw { seed },
        Column::Stress => Engine::Stress,
        Column::Http => return hammer::cell(store, size.executions_max),
    };
    let name = format!("{store} by {}, {} threads x {} calls", column.name(), size.threads, size.calls);
    let mut explorer = Explorer::new(engine).named(name);
    let programs = programs::of(column, size);
    if let Programs::Chosen { share: Some(share), .. } = programs {
        explorer = explorer.executions_max(share * programs.count());
    }
    if let Some(schedule) = &size.replay {
        explorer = explorer.replay(schedule.clone());
    }
    if let Some(file) = &size.resume {
        explorer = explorer.resume(Checkpoint::read(file).context("--resume")?);
    }
    let initial = START.into_iter().collect();
    let verdict = with_store!(store, S => match &programs {
        Programs::Every(bounds) => explorer.explore_subject::<Stored<S>>(bounds),
        Programs::Chosen { scenarios, .. } => explorer.explore_scenarios::<Stored<S>>(&initial, scenarios),
    });
    let mut cell = of_verdict(store, column, &verdict);
    if matches!(programs, Programs::Chosen { is_cut: true, .. }) && cell.verdict == "proved" {
        // Of the programs that are left; the others were not tried.
        "passed".clone_into(&mut cell.verdict);
    }
    cell.programs = programs.count();
    cell.every_program = programs.is_every();
    cell.resume =
        verdict.coverage().checkpoint.as_ref().and_then(|checkpoint| checkpoint.keep()).map(|file| {
            format!("{}{} --resume {}", command(store, column, size), bound(size), file.display())
        });
    if let Some(shown) = &mut cell.counterexample {
        shown.replay = Some(replay(store, column, size, shown));
    }
    Ok(cell)
}

/// The command that shows it again.
fn replay(store: Kind, column: Column, size: &Size, shown: &Counterexample) -> String {
    let schedule = shown.schedule.as_deref();
    let how = schedule.map_or_else(|| bound(size), |schedule| format!(" --replay {schedule}"));
    let seed = shown.seed.filter(|seed| schedule.is_none() && *seed != SEED);
    let seed = seed.map(|seed| format!(" --seed {seed}")).unwrap_or_default();
    format!("{}{how}{seed}", command(store, column, size))
}

/// The command that judges a cell.
fn command(store: Kind, column: Column, size: &Size) -> String {
    format!("{} prove --store {store} --engine {}{}", called(), column.name(), size.flags())
}

fn bound(size: &Size) -> String {
    size.executions_max.map(|max| format!(" --executions-max {max}")).unwrap_or_default()
}

fn of_verdict(store: Kind, column: Column, verdict: &Verdict) -> Cell {
    let coverage: &Coverage = verdict.coverage();
    Cell {
        store: store.name().to_owned(),
        engine: column.name().to_owned(),
        verdict: verdict.word().to_owned(),
        executions: coverage.executions,
        elapsed_ms: coverage.elapsed.as_millis() as u64,
        limits: coverage.limits.iter().map(|limit| limit.what.clone()).collect(),
        undecided: match verdict {
            Verdict::Undecided(_, why) => Some(why.clone()),
            _ => None,
        },
        counterexample: verdict.counterexample().cloned(),
        programs: 0,
        every_program: false,
        by_sequences: coverage.by_sequences_of.is_some(),
        resume: None,
    }
}

/// Judges a cell in a process of its own, which the store may end.
pub fn in_a_child(store: Kind, column: Column, size: &Size) -> anyhow::Result<Cell> {
    let start = Instant::now();
    let program = std::env::current_exe().context("cannot find the program of this process")?;
    let mut command = Command::new(program);
    command.args(["cell", "--store", store.name(), "--engine", column.name()]);
    command.args(["--threads", &size.threads.to_string(), "--calls", &size.calls.to_string()]);
    command.args(["--seed", &size.seed.to_string()]);
    if let Some(max) = size.executions_max {
        command.args(["--executions-max", &max.to_string()]);
    }
    let output = command.stdin(Stdio::null()).output().context("cannot start a process for a cell")?;
    let last_words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if output.status.success() {
        return serde_json::from_slice(&output.stdout).context("a cell's process did not print its cell");
    }
    anyhow::ensure!(last_words.starts_with("fatal error: "), "a cell's process failed: {last_words}");
    Ok(Cell {
        store: store.name().to_owned(),
        engine: column.name().to_owned(),
        verdict: "refuted".to_owned(),
        executions: 0,
        elapsed_ms: start.elapsed().as_millis() as u64,
        undecided: None,
        limits: Vec::new(),
        programs: 0,
        every_program: false,
        by_sequences: false,
        resume: None,
        counterexample: Some(died(&last_words, output.status.code())),
    })
}

fn died(last_words: &str, code: Option<i32>) -> Counterexample {
    let code = code.map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"));
    Counterexample {
        finding: Finding::Died,
        threads: Vec::new(),
        program: Vec::new(),
        rows: Vec::new(),
        preemptions: None,
        why: vec![last_words.to_owned(), format!("and the process ended with {code}")],
        schedule: None,
        replay: None,
        seed: None,
    }
}
