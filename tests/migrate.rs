//! `raceproof migrate` as a process: what becomes of imports, and what it says of files that it cannot read.

use std::path::PathBuf;
use std::process::{Command, Output};

/// A folder of its own, that goes with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("raceproof-migrate-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    fn migrate(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_raceproof"));
        command.arg("migrate").args(args).current_dir(&self.0);
        command.output().expect("the binary that was built")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a file becomes, and what is said of what stays.
#[track_caller]
fn migrated(name: &str, text: &str) -> (String, String) {
    let folder = Folder::new(name);
    let path = folder.file("a.rs", text);
    let output = folder.migrate(&["--write", "a.rs"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    (std::fs::read_to_string(path).unwrap(), said)
}

#[track_caller]
fn check(name: &str, before: &str, after: &str) {
    assert_eq!(migrated(name, before).0, after);
}

#[test]
fn imports_of_std_that_raceproof_has_are_its_own() {
    check(
        "std",
        "use std::sync::{Arc, Mutex, atomic::{AtomicU32, Ordering::SeqCst}, mpsc};\nuse std::{thread, time};\n\
         use std::cell::UnsafeCell as Plain;\npub(crate) use ::std::hint::spin_loop;\nuse core::sync::atomic::*;\n",
        "use raceproof::sync::{Arc, Mutex, atomic::{AtomicU32, Ordering::SeqCst}, mpsc};\n\
         use raceproof::{thread, time};\nuse raceproof::cell::UnsafeCell as Plain;\n\
         pub(crate) use ::raceproof::hint::spin_loop;\nuse raceproof::sync::atomic::*;\n",
    );
}

#[test]
fn a_group_is_split_where_raceproof_has_only_a_part_of_it() {
    check(
        "split",
        "mod a {\n    #[allow(unused)]\n    pub use std::{collections::{HashMap, self}, sync::{self, Arc}, thread::{self as t}};\n}\n",
        "mod a {\n    #[allow(unused)]\n    pub use raceproof::{sync::{self, Arc}, thread as t};\n    #[allow(unused)]\n    \
         pub use std::collections::{HashMap, self};\n}\n",
    );
    check(
        "a_root_group",
        "use {std::sync::Mutex, std::fmt};\n",
        "use raceproof::sync::Mutex;\nuse std::fmt;\n",
    );
}

#[test]
fn statics_whose_constructor_is_not_const_in_a_model_go_into_statics() {
    check(
        "statics",
        "use std::sync::{self, Mutex, OnceLock as Cell, LazyLock, atomic};\n/// A.\n#[used]\npub(crate) static A: Mutex<u32> =\n    \
         Mutex::new(0);\nstatic B: LazyLock<Mutex<u32>> = LazyLock::new(|| Mutex::new(0));\nstatic C: u32 = 1;\n\
         static D: [atomic::AtomicU8; 1] = [atomic::AtomicU8::new(0)];\nstatic mut E: Mutex<u32> = Mutex::new(0);\n\
         thread_local! { static F: Mutex<u32> = Mutex::new(0); }\nfn f() { static G: sync::Once = sync::Once::new(); }\n\
         static H: std::sync::Condvar = std::sync::Condvar::new();\nstatic I: spin::RwLock<u8> = RwLock::new(0);\n",
        "use raceproof::sync::{self, Mutex, OnceLock as Cell, LazyLock, atomic};\nraceproof::statics! { /// A.\n#[used]\n\
         pub(crate) static A: Mutex<u32> =\n    Mutex::new(0); }\n\
         static B: LazyLock<Mutex<u32>> = LazyLock::new(|| Mutex::new(0));\nstatic C: u32 = 1;\n\
         raceproof::statics! { static D: [atomic::AtomicU8; 1] = [atomic::AtomicU8::new(0)]; }\n\
         static mut E: Mutex<u32> = Mutex::new(0);\n\
         raceproof::thread_local! { static F: Mutex<u32> = Mutex::new(0); }\n\
         fn f() { raceproof::statics! { static G: sync::Once = sync::Once::new(); } }\n\
         raceproof::statics! { static H: raceproof::sync::Condvar = raceproof::sync::Condvar::new(); }\n\
         static I: spin::RwLock<u8> = RwLock::new(0);\n",
    );
}

#[test]
fn what_raceproof_has_not_and_what_is_the_same_there_stays() {
    let text = "use std::cell::{Cell, RefCell};\nuse std::collections::HashMap;\nuse std::time::Duration;\n\
                use std::hint::black_box;\nuse std::*;\nuse tokio::sync::NotOfTokio;\n\
                fn f() -> std::time::Duration {\n    std::hint::black_box(std::time::Duration::ZERO)\n}\n";
    check("stays", text, text);
}

#[test]
fn paths_in_code_are_rewritten_and_comments_and_strings_are_not() {
    check(
        "paths",
        "//! std::sync::Mutex\n#[tokio::main]\n#[tokio::other]\nasync fn main() {\n    // std::thread::spawn\n    let lock = \
         std::sync::Mutex::<u8>::new(1);\n    println!(\"std::sync {}\", std::thread::panicking());\n    \
         tokio::spawn(async {}).await.unwrap();\n    x.tokio::<u8>();\n    <a as b>::std::sync::Mutex::new(\"é\");\n    \
         let begun = std::time::Instant::now();\n}\nthread_local! {\n    static A: u8 = 1;\n}\n",
        "//! std::sync::Mutex\n#[tokio::main]\n#[tokio::other]\nasync fn main() {\n    // std::thread::spawn\n    let lock = \
         raceproof::sync::Mutex::<u8>::new(1);\n    println!(\"std::sync {}\", raceproof::thread::panicking());\n    \
         raceproof::tokio::spawn(async {}).await.unwrap();\n    x.tokio::<u8>();\n    <a as b>::std::sync::Mutex::new(\"é\");\n    \
         let begun = raceproof::time::Instant::now();\n}\nraceproof::thread_local! {\n    static A: u8 = 1;\n}\n",
    );
}

#[test]
fn tokio_parking_lot_and_crossbeam_channel_are_raceproofs() {
    check(
        "crates",
        "use tokio::{net::TcpListener, select, sync::{Mutex, mpsc::{self, Sender}}};\nuse tokio;\n\
         use parking_lot::{Mutex as Lock, RwLock};\nuse crossbeam_channel::{select, unbounded};\n",
        "use raceproof::tokio::{net::TcpListener, select, sync::{Mutex, mpsc::{self, Sender}}};\n\
         use raceproof::tokio;\nuse raceproof::parking_lot::{Mutex as Lock, RwLock};\n\
         use raceproof::crossbeam_channel::{select, unbounded};\n",
    );
}

#[test]
fn a_pair_of_cfg_loom_is_one_import() {
    check(
        "pairs",
        "#[cfg(loom)]\nuse loom::sync::Mutex;\n#[cfg(loom)]\npub(crate) use loom::thread;\n\
         #[cfg(not(loom))]\nuse std::sync::Mutex;\n#[cfg(not(loom))]\npub(crate) use std::thread;\n\nfn f() {}\n",
        "use raceproof::sync::Mutex;\npub(crate) use raceproof::thread;\n\nfn f() {}\n",
    );
    // Where the two differ, each stays under its own.
    check(
        "no_pair",
        "#[cfg(loom)]\nuse loom::sync::RwLock;\n#[cfg(not(loom))]\nuse std::sync::Mutex;\n",
        "#[cfg(loom)]\nuse raceproof::sync::RwLock;\n#[cfg(not(loom))]\nuse raceproof::sync::Mutex;\n",
    );
}

#[test]
fn entry_points_of_loom_and_shuttle_are_raceproofs() {
    check(
        "entries",
        "fn a() {\n    loom::model(|| { loom::thread::spawn(f); });\n    shuttle::check_dfs(|| shuttle::thread::yield_now(), None);\n    \
         shuttle::check_random(move || f(1, 2), 100);\n    shuttle::check_pct(f, std::thread::available_parallelism(), 3,);\n    shuttle::check_dfs(f, Some(9));\n}\n",
        "fn a() {\n    raceproof::prove(|| { raceproof::thread::spawn(f); });\n    \
         raceproof::prove(|| raceproof::thread::yield_now());\n    \
         raceproof::explore::Explorer::new(raceproof::explore::Engine::Random { seed: 0 }).executions_max(100)\
         .explore(move || f(1, 2)).assert_passed();\n    \
         raceproof::explore::Explorer::new(raceproof::explore::Engine::Pct { seed: 0, depth: 3 })\
         .executions_max((std::thread::available_parallelism()) as u64).explore(f,).assert_passed();\n    \
         raceproof::explore::Explorer::new(raceproof::explore::Engine::Exhaustive).executions_max(9)\
         .explore(f).assert_passed();\n}\n",
    );
}

#[test]
fn what_is_left_of_loom_and_shuttle_is_said_with_its_line() {
    let (text, said) = migrated(
        "left",
        "use loom::sync::{Mutex, Notify};\n\nuse shuttle::rand;\nfn f() { loom::stop_exploring() }\n",
    );
    assert_eq!(
        text,
        "use raceproof::sync::Mutex;\nuse loom::sync::Notify;\n\nuse shuttle::rand;\nfn f() { loom::stop_exploring() }\n"
    );
    assert_eq!(
        said,
        "a.rs:1: left as it is: loom::sync::Notify\na.rs:3: left as it is: shuttle::rand\n\
         a.rs:4: left as it is: loom::stop_exploring\n"
    );
}

#[test]
fn without_write_it_only_prints_the_diff() {
    let folder = Folder::new("diff");
    let path = folder.file("src/a.rs", "use std::sync::Mutex;\nfn f() {}\n");
    folder.file("src/target/b.rs", "use std::sync::Mutex;\n");
    folder.file("src/c.txt", "use std::sync::Mutex;\n");
    let output = folder.migrate(&["src"]);
    assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]));
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "--- a/src/a.rs\n+++ b/src/a.rs\n@@ -1,2 +1,2 @@\n-use std::sync::Mutex;\n+use raceproof::sync::Mutex;\n fn f() {}\n"
    );
    assert_eq!(std::fs::read_to_string(path).unwrap(), "use std::sync::Mutex;\nfn f() {}\n");
    let again = folder.migrate(&["src", "--write"]);
    assert!(!again.stdout.is_empty());
    assert!(folder.migrate(&["src"]).stdout.is_empty(), "there is nothing more to move");
}

#[test]
fn a_file_that_is_missing_or_no_rust_is_one_line_and_nothing_is_written() {
    let folder = Folder::new("errors");
    let good = folder.file("good.rs", "use std::sync::Mutex;\n");
    folder.file("bad.rs", "fn f() {\n    let = 1;\n}\n");
    for (file, said) in
        [("bad.rs", "raceproof: bad.rs:2: not Rust: "), ("none.rs", "raceproof: cannot read none.rs: ")]
    {
        let output = folder.migrate(&["--write", "good.rs", file]);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.starts_with(said) && error.lines().count() == 1, "{error}");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
        assert_eq!(std::fs::read_to_string(&good).unwrap(), "use std::sync::Mutex;\n");
    }
    assert_eq!(folder.migrate(&[]).status.code(), Some(2));
}
