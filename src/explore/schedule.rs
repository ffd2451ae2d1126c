//! Schedules as short printable strings: who made each step, and which way each choice went.
//!
//! `r1:` says the version; then a tilde if every future makes its step in every poll (`world::task`); then, if
//! not all threads are spawned by the main one, who spawns each, in the order of their numbers, and a plus;
//! then, for one of several scenarios, its number and a stroke; then a character a step, the thread in base
//! 36 (in brackets from 36 on), and behind a step that was a choice a point and the way it took.

use crate::world::execution::Known;
use crate::world::operation::ThreadId;
use crate::world::task::Eager;
use std::fmt;
use std::str::FromStr;

/// Who makes a step, and which way if it is a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pick {
    /// Who.
    pub thread: ThreadId,
    /// Which way.
    pub choice: u32,
}

/// The picks of one execution.
///
/// ```
/// use raceproof::explore::Schedule;
///
/// let schedule: Schedule = "r1:12/0112".parse()?;
/// assert_eq!((schedule.scenario(), schedule.len()), (Some(12), 4));
/// assert!("r2:0112".parse::<Schedule>().is_err());
/// # Ok::<(), raceproof::explore::ParseScheduleError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    scenario: Option<usize>,
    eager: bool,
    parents: Vec<ThreadId>,
    picks: Vec<(Pick, bool)>,
}

const VERSION: &str = "r1:";

const EAGER: &str = "~";

const PARENTS: &str = "+";

impl Schedule {
    /// One step more; `chooses` says that it is a choice.
    pub fn push(&mut self, pick: Pick, chooses: bool) {
        self.picks.push((pick, chooses));
    }

    /// Forgets all steps.
    pub fn clear(&mut self) {
        self.picks.clear();
    }

    /// The pick of step `i`.
    pub fn get(&self, i: usize) -> Option<Pick> {
        self.picks.get(i).map(|(pick, _)| *pick)
    }

    /// Which scenario it is of, counted from 1, if it is of one of several.
    pub fn scenario(&self) -> Option<usize> {
        self.scenario
    }

    /// The same steps, of a scenario.
    #[must_use]
    pub fn of_scenario(self, scenario: usize) -> Self {
        Self { scenario: Some(scenario), ..self }
    }

    /// What it says of the program: whether every future makes its step in every poll, and who spawns whom.
    pub(crate) fn known(&self) -> Known {
        Known { eager: Eager::everywhere(self.eager), parents: self.parents.clone(), ..Known::default() }
    }

    /// Who spawns each thread but the main one.
    pub(crate) fn set_parents(&mut self, parents: Vec<ThreadId>) {
        self.parents = parents;
    }

    /// Every future makes its step in every poll, or only those of which it matters.
    pub fn set_eager(&mut self, eager: bool) {
        self.eager = eager;
    }

    /// The number of steps.
    pub fn len(&self) -> usize {
        self.picks.len()
    }

    /// Whether there is no step.
    pub fn is_empty(&self) -> bool {
        self.picks.is_empty()
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(VERSION)?;
        f.write_str(if self.eager { EAGER } else { "" })?;
        if self.parents.iter().any(|parent| *parent != ThreadId::MAIN) {
            self.parents.iter().try_for_each(|parent| digit(f, u32::from(parent.0)))?;
            f.write_str(PARENTS)?;
        }
        if let Some(scenario) = self.scenario {
            write!(f, "{scenario}/")?;
        }
        for (pick, chooses) in &self.picks {
            digit(f, u32::from(pick.thread.0))?;
            if *chooses {
                f.write_str(".")?;
                digit(f, pick.choice)?;
            }
        }
        Ok(())
    }
}

fn digit(f: &mut fmt::Formatter<'_>, number: u32) -> fmt::Result {
    match char::from_digit(number, 36) {
        Some(digit) => write!(f, "{digit}"),
        None => write!(f, "({number})"),
    }
}

/// Why a string is no schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseScheduleError(String);

impl fmt::Display for ParseScheduleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ParseScheduleError {}

impl FromStr for Schedule {
    type Err = ParseScheduleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some(mut rest) = text.trim().strip_prefix(VERSION) else {
            let what = format!("{text:?} is not a schedule of this version: one begins with {VERSION:?}");
            return Err(ParseScheduleError(what));
        };
        let mut schedule = Self::default();
        if let Some(steps) = rest.strip_prefix(EAGER) {
            (schedule.eager, rest) = (true, steps);
        }
        if let Some((mut parents, steps)) = rest.split_once(PARENTS) {
            while !parents.is_empty() {
                schedule.parents.push(thread(&mut parents)?);
            }
            rest = steps;
        }
        if let Some((scenario, steps)) = rest.split_once('/') {
            schedule.scenario = Some(scenario.parse().map_err(|_| bad(rest))?);
            rest = steps;
        }
        while !rest.is_empty() {
            let thread = thread(&mut rest)?;
            let chooses = rest.starts_with('.');
            let choice = if chooses {
                rest = &rest[1..];
                number(&mut rest)?
            } else {
                0
            };
            schedule.push(Pick { thread, choice }, chooses);
        }
        Ok(schedule)
    }
}

fn thread(rest: &mut &str) -> Result<ThreadId, ParseScheduleError> {
    let number = number(rest)?;
    u16::try_from(number).map(ThreadId).map_err(|_| bad(rest))
}

fn number(rest: &mut &str) -> Result<u32, ParseScheduleError> {
    if let Some(bracketed) = rest.strip_prefix('(') {
        let (number, behind) = bracketed.split_once(')').ok_or_else(|| bad(rest))?;
        let parsed = number.parse().map_err(|_| bad(rest))?;
        *rest = behind;
        return Ok(parsed);
    }
    let digit = rest.chars().next().and_then(|c| c.to_digit(36)).ok_or_else(|| bad(rest))?;
    *rest = &rest[1..];
    Ok(digit)
}

fn bad(rest: &str) -> ParseScheduleError {
    ParseScheduleError(format!("a schedule cannot go on with {:?}", rest.chars().take(8).collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::Schedule;

    #[track_caller]
    fn is_kept(text: &str) {
        assert_eq!(text.parse::<Schedule>().map(|schedule| schedule.to_string()), Ok(text.to_owned()));
    }

    #[test]
    fn what_is_printed_is_read_again() {
        is_kept("r1:");
        is_kept("r1:0121.12.(40)(36)z");
        is_kept("r1:214/0121");
        is_kept("r1:~0121");
        is_kept("r1:~3/0121");
        is_kept("r1:~0012(40)+3/0121");
    }

    #[test]
    fn what_is_no_schedule_is_refused_with_the_place() {
        let refused = |text: &str| text.parse::<Schedule>().unwrap_err().to_string();
        assert!(refused("0121").contains("begins with \"r1:\""));
        assert!(refused("r2:0121").contains("begins with \"r1:\""));
        assert!(refused("r1:01 21").contains("cannot go on with \" 21\""));
        assert!(refused("r1:01(4").contains("cannot go on with \"(4\""));
        assert!(refused("r1:x/01").contains("cannot go on with"));
    }
}
