//! The stores by name, for those who choose one at run time.

use std::fmt;

/// A store, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// Part 1: nothing guards the map; the process dies where accesses overlap
    Unsynchronized,
    /// Each access is guarded, but inc is two of them: the count is wrong
    #[value(name = "lost_update", alias = "lost-update")]
    LostUpdate,
    /// Part 2: one lock around each call
    Mutex,
    /// Part 3: one task owns the map and is sent commands
    Channel,
}

impl Kind {
    /// Every store, in the order of the lessons.
    pub const ALL: [Self; 4] = [Self::Unsynchronized, Self::LostUpdate, Self::Mutex, Self::Channel];

    /// Its name, as the command line has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unsynchronized => "unsynchronized",
            Self::LostUpdate => "lost_update",
            Self::Mutex => "mutex",
            Self::Channel => "channel",
        }
    }

    /// Whether it ought to be free of races. It decides what is asked of a verdict, never a verdict.
    pub fn is_sound(self) -> bool {
        matches!(self, Self::Mutex | Self::Channel)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Evaluates an expression with a type name that stands for the store of that kind.
#[macro_export]
#[doc(hidden)]
macro_rules! with_store {
    ($kind:expr, $store:ident => $body:expr) => {
        match $kind {
            $crate::counter::kind::Kind::Unsynchronized => {
                type $store = $crate::counter::unsynchronized::UnsynchronizedStore;
                $body
            }
            $crate::counter::kind::Kind::LostUpdate => {
                type $store = $crate::counter::lost_update::LostUpdateStore;
                $body
            }
            $crate::counter::kind::Kind::Mutex => {
                type $store = $crate::counter::mutex::MutexStore;
                $body
            }
            $crate::counter::kind::Kind::Channel => {
                type $store = $crate::counter::channel::ChannelStore;
                $body
            }
        }
    };
}
