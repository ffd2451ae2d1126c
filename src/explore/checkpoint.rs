//! A search that was put down: what is done of it, and where it goes on.
//!
//! A checkpoint stands for the whole rest of a search. So it is of one build of the program and of one call
//! of the explorer, and of no other: a search that went on in a program that has changed would prove nothing.

use super::driver::Counts;
use super::exhaustive::Begun;
use crate::world::operation::At;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::OnceLock;

/// The version of what is written.
const VERSION: u32 = 1;

/// An exhaustive search that a bound or Ctrl-C ended before it was over.
///
/// It is text ([`Display`](fmt::Display), [`FromStr`]), and goes on by
/// [`Explorer::resume`](super::Explorer::resume): to the verdict, and with the counts, that the search would
/// have had.
///
/// ```
/// use raceproof::explore::{Engine, Explorer};
/// use raceproof::sync::{Arc, atomic::{AtomicU32, Ordering::SeqCst}};
///
/// fn explore(explorer: &Explorer) -> raceproof::verdict::Verdict {
///     explorer.explore(|| {
///         let hits = Arc::new(AtomicU32::new(0));
///         let add = || {
///             let hits = Arc::clone(&hits);
///             raceproof::thread::spawn(move || hits.fetch_add(1, SeqCst))
///         };
///         let _ = (add(), add());
///     })
/// }
///
/// let explorer = Explorer::new(Engine::Exhaustive);
/// let passed = explore(&explorer.clone().executions_max(1));
/// let checkpoint = passed.coverage().checkpoint.as_ref().unwrap().to_string();
/// let proved = explore(&explorer.resume(checkpoint.parse()?));
/// assert_eq!(proved.coverage().executions, 2);
/// proved.assert_proved();
/// # Ok::<(), raceproof::explore::ParseCheckpointError>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Checkpoint {
    #[serde(rename = "raceproof_checkpoint")]
    version: u32,
    /// Whose search it is.
    pub(super) of: Of,
    /// The executable that explored, as a hash.
    build: String,
    /// What is counted over the programs that are done.
    pub(super) counts: Counts,
    /// Whether ways of choices were left out in those.
    pub(super) choices_left_out: bool,
    /// The programs that were begun, by their position.
    pub(super) begun: BTreeMap<usize, Begun>,
    /// The programs from here on were not begun.
    pub(super) next: usize,
}

/// Whose search a checkpoint is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Of {
    /// What the caller calls it, or else the line that explores.
    pub name: String,
    /// The program's type; of a subject also a hash of what is called, in which programs.
    pub program: String,
    /// How many searches of that name and program this one's thread had made before, which may differ in what
    /// they hold. The caller knows which one it goes on with; a variable of the environment does not.
    pub nth: u64,
    /// The test that makes it, if it is one.
    pub test: Option<String>,
    /// How many programs there are.
    pub programs: usize,
    pub choices_max: usize,
    pub steps_max: usize,
}

impl Of {
    /// Whether a checkpoint that the environment names is meant for this search, as far as can be told.
    pub fn is_meant(&self, checkpoint: &Self) -> bool {
        let place = |of: &Self| (of.name.clone(), of.program.clone(), of.nth, of.test.clone());
        place(self) == place(checkpoint)
    }

    fn bounds(&self) -> (usize, usize, usize) {
        (self.programs, self.choices_max, self.steps_max)
    }
}

impl Checkpoint {
    /// A search of which nothing is done.
    pub(super) fn new(of: Of) -> Self {
        let (counts, begun) = (Counts::default(), BTreeMap::new());
        Self { version: VERSION, of, build: String::new(), counts, choices_left_out: false, begun, next: 0 }
    }

    /// The same, put down by this process; none where nobody could tell that it is of this build.
    pub(super) fn of_this_build(self) -> Option<Self> {
        Some(Self { build: build()?, ..self })
    }

    /// Why a search cannot go on here.
    pub(super) fn refuses(&self, of: &Of) -> Option<String> {
        if self.of.name != of.name {
            return Some(format!("it is of {}, and this is {}", self.of.name, of.name));
        }
        if build().is_none_or(|build| build != self.build) {
            return Some("it is of another build of this program, which may have changed".to_owned());
        }
        if self.of.program != of.program {
            return Some(format!("it is of another program at {}", of.name));
        }
        (self.of.bounds() != of.bounds()).then(|| "it is of a search within other bounds".to_owned())
    }

    /// Reads the file that a search was put down in.
    pub fn read(file: &Path) -> Result<Self, ParseCheckpointError> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| ParseCheckpointError(format!("{}: {error}", file.display())))?;
        text.parse()
            .map_err(|ParseCheckpointError(why)| ParseCheckpointError(format!("{}: {why}", file.display())))
    }

    /// Puts it into a file beside what cargo builds, or among temporary files. None where neither can be written.
    pub(crate) fn keep(&self) -> Option<PathBuf> {
        let plain = |c: char| if c.is_alphanumeric() { c } else { '-' };
        let search = format!("{} {}", self.of.name, hash(&self.of));
        let name = format!("raceproof-{}.checkpoint", search.chars().map(plain).collect::<String>());
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let target = manifest.map(|manifest| manifest.join("target")).filter(|target| target.is_dir());
        let folders = target.into_iter().chain([std::env::temp_dir()]);
        folders.map(|folder| folder.join(&name)).find(|file| std::fs::write(file, self.to_string()).is_ok())
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

/// Why a text is no checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseCheckpointError(String);

impl fmt::Display for ParseCheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ParseCheckpointError {}

impl FromStr for Checkpoint {
    type Err = ParseCheckpointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = |error| ParseCheckpointError(format!("this is no checkpoint of this version: {error}"));
        let checkpoint: Self = serde_json::from_str(text).map_err(refused)?;
        if checkpoint.version != VERSION {
            let what = format!("checkpoints of version {} are not read: {VERSION} is", checkpoint.version);
            return Err(ParseCheckpointError(what));
        }
        Ok(checkpoint)
    }
}

/// The line that explores, as a checkpoint names it.
pub fn name_of(at: At) -> String {
    format!("{}:{}:{}", at.file(), at.line(), at.column())
}

/// How many searches of that name and program the current thread has made before, and one more is made.
pub fn nth(name: &str, program: &str) -> u64 {
    thread_local! {
        static MADE: RefCell<HashMap<(String, String), u64>> = RefCell::default();
    }
    MADE.with_borrow_mut(|made| {
        let made = made.entry((name.to_owned(), program.to_owned())).or_default();
        *made += 1;
        *made - 1
    })
}

/// A hash that is the same in every process of a build.
pub fn hash<T: Hash + ?Sized>(value: &T) -> String {
    // Its keys are fixed.
    let mut hasher = std::hash::DefaultHasher::new();
    value.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// The build of the program that runs, if its executable can be read.
fn build() -> Option<String> {
    static BUILD: OnceLock<Option<String>> = OnceLock::new();
    BUILD.get_or_init(|| Some(hash(&std::fs::read(std::env::current_exe().ok()?).ok()?))).clone()
}
