//! The recorded histories beside the repository, each with the verdict that is known.
//!
//! They belong to others and are not part of this repository: where they are absent, this
//! says so and tests nothing.

use raceproof::linearize::format::{Model, Recording, Value};
use raceproof::linearize::{Limits, Method, Outcome, check};
use raceproof::spec::cas_register::CasRegister;
use raceproof::spec::kv::Kv;
use std::fs;
use std::path::{Path, PathBuf};

/// A line of `EXPECTED.tsv`.
struct Expected {
    file: PathBuf,
    model: String,
    linearizable: bool,
    calls: usize,
    clients: usize,
    never_returned: usize,
}

fn expected(folder: &Path) -> Option<Vec<Expected>> {
    let table = fs::read_to_string(folder.join("EXPECTED.tsv")).ok()?;
    let rows = table.lines().skip(1).filter(|line| !line.is_empty()).map(|line| {
        let [file, model, _initial, verdict, calls, clients, never] =
            line.split('\t').collect::<Vec<_>>().try_into().expect("seven columns");
        let number = |text: &str| text.parse().expect("a number");
        Expected {
            file: folder.join(file),
            model: model.to_owned(),
            linearizable: verdict == "linearizable",
            calls: number(calls),
            clients: number(clients),
            never_returned: number(never),
        }
    });
    Some(rows.collect())
}

fn judge<M: Model>(expected: &Expected, initial: &M) {
    let file = expected.file.display();
    let text = fs::read(&expected.file).expect("a file that can be read");
    let recording = Recording::<M>::read(None, &text[..]).expect("a history that is well formed");
    let calls = recording.history.calls();
    let dropped = expected.calls - calls.len();
    let never = calls.iter().filter(|call| call.returned.is_none()).count();
    assert_eq!(never, expected.never_returned, "{file}: calls that never returned");
    assert_eq!(recording.clients.len(), expected.clients, "{file}: clients");
    // Reads that failed say nothing, and are left out.
    assert!(dropped <= 20, "{file}: {dropped} of {} calls are missing", expected.calls);
    for method in [Method::Both, Method::Frontier, Method::Descent] {
        let limits = Limits::default().core(method == Method::Both).method(method);
        match check(initial, &recording.history, limits) {
            Outcome::Linearizable(_) if expected.linearizable => {}
            Outcome::Violation(violation) if !expected.linearizable => {
                assert!(violation.core.len() <= calls.len());
            }
            outcome => panic!("{file}: {method:?} found {outcome:?}"),
        }
    }
}

#[test]
fn judges_every_recorded_history_as_it_is_known_to_be() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/histories");
    let Some(all) = expected(&folder) else {
        println!("no recorded histories at {}: nothing is tested", folder.display());
        return;
    };
    for expected in &all {
        match expected.model.as_str() {
            "cas-register" => judge(expected, &CasRegister(Value::Nil)),
            "kv" => judge(expected, &Kv::default()),
            other => panic!("no model {other}"),
        }
    }
    println!("{} recorded histories, all as expected", all.len());
}
