use raceproof::explore::{Engine, Explorer};
use std::process::{ExitCode, Termination};

/// Runs one example: on real threads, or explored.
fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let how = args.next().expect("real or exhaustive");
    let example = EXAMPLES[args.next().and_then(|nth| nth.parse::<usize>().ok()).expect("which") - 1];
    if how == "real" {
        return example();
    }
    let verdict = Explorer::new(Engine::Exhaustive)
        .executions_max(5_000)
        .explore(move || assert_eq!(format!("{:?}", example()), format!("{:?}", ExitCode::SUCCESS)));
    println!("{}", verdict.word());
    println!("{verdict}");
    ExitCode::SUCCESS
}
