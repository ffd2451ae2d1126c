//! `raceproof check`: recorded histories, judged.

mod judge;
mod report;

use crate::counter::counters::Counters;
use crate::linearize::Limits;
use crate::linearize::format::{Format, Value};
use crate::spec::cas_register::CasRegister;
use crate::spec::counter::Counter;
use crate::spec::keyed::Keyed;
use crate::spec::kv::Kv;
use crate::spec::limiter::Limiter;
use crate::spec::lock::Lock;
use crate::spec::queue::Queue;
use crate::spec::register::Register;
use crate::spec::semaphore::Semaphore;
use crate::spec::set::Set;
use crate::spec::stack::Stack;
use anyhow::Context;
use judge::Judged;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// Judge recorded histories: is there an order of the calls that explains the answers?
///
/// Exit code: 0 holds, 1 refuted, 2 a malformed history or flag, 3 undecided.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files with a history each; `-` is stdin.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// What the calls mean, one at a time.
    #[arg(long, value_enum)]
    model: Model,
    /// What it holds at first: nil, an integer, a text, `[1 2]`, or `i=0,j=0` for counters.
    ///
    /// When not given: nil for registers (0 in EDN), 0 for counters, 1 permit, else empty.
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    initial: Option<String>,
    /// How the histories are written, when the first line does not tell.
    #[arg(long, value_enum)]
    input: Option<Input>,
    /// The promise that is checked.
    #[arg(long, value_enum, default_value = "linearizable")]
    consistency: Consistency,
    /// How the answer is written; `json` is an object a line, one a file.
    #[arg(long, value_enum, default_value = "text")]
    format: Output,
    /// Questions to the model before a part of a history is left undecided.
    #[arg(long, value_name = "N", default_value_t = Limits::default().steps_max)]
    steps_max: u64,
    /// Configurations kept in memory (some 50 bytes each) before it is left undecided.
    #[arg(long, value_name = "N", default_value_t = Limits::default().kept_max)]
    kept_max: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
enum Model {
    Register,
    CasRegister,
    Counter,
    /// The counters of `raceproof serve`: inc creates nothing.
    Counters,
    /// A map from text to text, with append.
    Kv,
    Set,
    Queue,
    Stack,
    /// Held by one owner at a time, and given back by the same.
    Lock,
    /// Held once at a time, and given back by anybody: a semaphore with one permit.
    Mutex,
    Semaphore,
    Limiter,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Input {
    /// Jepsen's log.
    Jepsen,
    /// Maps as Knossos and Porcupine's tests have them.
    #[value(alias = "knossos", alias = "porcupine")]
    Edn,
    /// A JSON object a line.
    #[value(alias = "jsonl")]
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
enum Consistency {
    Linearizable,
    /// An order that keeps each client's own.
    Sequential,
    /// An order that keeps what silence separates.
    Quiescent,
    /// Each client's reads of a counter never go backwards.
    Monotone,
}

#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
enum Output {
    Text,
    Json,
}

/// Judges every file, and prints what was found in the order of the files.
///
/// # Errors
///
/// Where the flags do not fit together, or stdout cannot be written to.
// By value, as every subcommand's.
#[allow(clippy::needless_pass_by_value)]
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    if args.consistency == Consistency::Monotone {
        let counts = matches!(args.model, Model::Counter | Model::Counters);
        anyhow::ensure!(counts, "--consistency monotone is for --model counter and counters");
    }
    let stdin = args.files.iter().filter(|file| *file == "-").count();
    anyhow::ensure!(stdin < 2, "stdin can be read once");
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(args.files.len());
    let next = AtomicUsize::new(0);
    let (send, receive) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let (send, next, args) = (send.clone(), &next, &args);
            scope.spawn(move || {
                // Relaxed: the counter alone is shared, and each number is taken once.
                while let Some(file) = args.files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let index = args.files.iter().position(|other| std::ptr::eq(other, file));
                    if send.send((index, judge_file(args, file))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        print(&args, receive.into_iter().filter_map(|(index, judged)| Some((index?, judged))))
    })
}

/// Prints what arrives, in order; the exit code is that of the worst.
fn print(args: &Args, arriving: impl Iterator<Item = (usize, Judged)>) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout().lock();
    let mut waiting = BTreeMap::new();
    let (mut next, mut worst) = (0, 0);
    for (index, judged) in arriving {
        waiting.insert(index, judged);
        while let Some(judged) = waiting.remove(&next) {
            worst = [worst, judged.exit_code()].into_iter().max_by_key(|code| badness(*code)).unwrap_or(2);
            let many = args.files.len() > 1;
            let written = match args.format {
                Output::Json => writeln!(out, "{}", report::json(args, &args.files[next], &judged)),
                Output::Text => report::text(&mut out, args, &args.files[next], &judged, many),
            }
            .and_then(|()| out.flush());
            match written {
                // Whoever reads it may have read enough: the exit code says the rest.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
                other => other.context("cannot write")?,
            }
            next += 1;
        }
    }
    Ok(ExitCode::from(worst))
}

/// A history that was not read outweighs one that is refuted, since nobody judged it.
fn badness(code: u8) -> u8 {
    match code {
        0 => 0,
        3 => 1,
        1 => 2,
        _ => 3,
    }
}

fn judge_file(args: &Args, file: &str) -> Judged {
    if file == "-" {
        return judge_text(args, io::stdin().lock());
    }
    match File::open(file) {
        Ok(text) => judge_text(args, BufReader::with_capacity(1 << 16, text)),
        Err(error) => Judged::Unread(error.to_string()),
    }
}

fn judge_text(args: &Args, text: impl io::BufRead) -> Judged {
    match args.model {
        Model::Register => judge::judge::<Keyed<Value, Register<Value>>>(args, text),
        Model::CasRegister => judge::judge::<Keyed<Value, CasRegister<Value>>>(args, text),
        Model::Counter => judge::judge::<Keyed<Value, Counter>>(args, text),
        Model::Counters => judge::judge::<Counters>(args, text),
        Model::Kv => judge::judge::<Kv>(args, text),
        Model::Set => judge::judge::<Keyed<Value, Set<Value>>>(args, text),
        Model::Queue => judge::judge::<Keyed<Value, Queue<Value>>>(args, text),
        Model::Stack => judge::judge::<Keyed<Value, Stack<Value>>>(args, text),
        Model::Lock => judge::judge::<Keyed<Value, Lock<Value>>>(args, text),
        Model::Mutex | Model::Semaphore => judge::judge::<Keyed<Value, Semaphore>>(args, text),
        Model::Limiter => judge::judge::<Keyed<Value, Limiter>>(args, text),
    }
}

impl From<Input> for Format {
    fn from(input: Input) -> Self {
        match input {
            Input::Jepsen => Self::Jepsen,
            Input::Edn => Self::Edn,
            Input::Json => Self::Json,
        }
    }
}
