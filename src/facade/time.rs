//! `std::time`, whose clocks stand still in a model but for what is slept and waited there.

#[cfg(feature = "model")]
pub use modelled::{Instant, SystemTime, UNIX_EPOCH};
#[cfg(not(feature = "model"))]
pub use std::time::*;
#[cfg(feature = "model")]
pub use std::time::{Duration, SystemTimeError, TryFromFloatSecsError};

#[cfg(feature = "model")]
mod modelled {
    use super::{Duration, SystemTimeError};
    use crate::world;
    use std::ops::{Add, AddAssign, Sub, SubAssign};
    use std::panic::Location;
    use std::sync::OnceLock;

    macro_rules! clock {
        ($clock:ident, $std:path) => {
            impl $clock {
                /// As std's `now`. In a model it reads what the sleeps and timeouts before it make up.
                #[track_caller]
                pub fn now() -> Self {
                    if world::is_real() {
                        return Self(<$std>::now());
                    }
                    Self(Self::base() + Duration::from_nanos(world::time::now(Location::caller())))
                }

                /// As std's `checked_add`.
                pub fn checked_add(&self, duration: Duration) -> Option<Self> {
                    self.0.checked_add(duration).map(Self)
                }

                /// As std's `checked_sub`.
                pub fn checked_sub(&self, duration: Duration) -> Option<Self> {
                    self.0.checked_sub(duration).map(Self)
                }
            }

            impl From<$std> for $clock {
                fn from(real: $std) -> Self {
                    Self(real)
                }
            }

            impl From<$clock> for $std {
                fn from(ours: $clock) -> Self {
                    ours.0
                }
            }

            impl Add<Duration> for $clock {
                type Output = Self;

                fn add(self, other: Duration) -> Self {
                    Self(self.0 + other)
                }
            }

            impl AddAssign<Duration> for $clock {
                fn add_assign(&mut self, other: Duration) {
                    self.0 += other;
                }
            }

            impl Sub<Duration> for $clock {
                type Output = Self;

                fn sub(self, other: Duration) -> Self {
                    Self(self.0 - other)
                }
            }

            impl SubAssign<Duration> for $clock {
                fn sub_assign(&mut self, other: Duration) {
                    self.0 -= other;
                }
            }
        };
    }

    /// As [`std::time::Instant`].
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct Instant(std::time::Instant);

    /// As [`std::time::SystemTime`]. In a model its clock begins 50 years after the Unix epoch.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct SystemTime(std::time::SystemTime);

    /// As [`std::time::UNIX_EPOCH`].
    pub const UNIX_EPOCH: SystemTime = SystemTime(std::time::UNIX_EPOCH);

    clock!(Instant, std::time::Instant);
    clock!(SystemTime, std::time::SystemTime);

    impl Instant {
        /// The same for all models of the process: only what lies between two of them can be seen.
        fn base() -> std::time::Instant {
            static BASE: OnceLock<std::time::Instant> = OnceLock::new();
            *BASE.get_or_init(std::time::Instant::now)
        }

        /// The instant of a model's clock.
        #[cfg(any(feature = "tokio", feature = "crossbeam-channel"))]
        pub(crate) fn of_model(nanos: u64) -> std::time::Instant {
            let base = Self::base();
            // For ever is a long time from now.
            let for_ever = base + Duration::from_hours(24 * 365 * 30);
            base.checked_add(Duration::from_nanos(nanos)).unwrap_or(for_ever).min(for_ever)
        }

        /// The time of a model's clock at this instant.
        #[cfg(any(feature = "tokio", feature = "crossbeam-channel", feature = "parking_lot"))]
        pub(crate) fn in_model(real: std::time::Instant) -> u64 {
            world::time::after(0, real.saturating_duration_since(Self::base()))
        }

        /// As std's `duration_since`.
        #[must_use]
        pub fn duration_since(&self, earlier: Self) -> Duration {
            self.0.duration_since(earlier.0)
        }

        /// As std's `checked_duration_since`.
        pub fn checked_duration_since(&self, earlier: Self) -> Option<Duration> {
            self.0.checked_duration_since(earlier.0)
        }

        /// As std's `saturating_duration_since`.
        #[must_use]
        pub fn saturating_duration_since(&self, earlier: Self) -> Duration {
            self.0.saturating_duration_since(earlier.0)
        }

        /// As std's `elapsed`.
        #[must_use]
        #[track_caller]
        pub fn elapsed(&self) -> Duration {
            Self::now() - *self
        }
    }

    impl Sub<Instant> for Instant {
        type Output = Duration;

        fn sub(self, earlier: Self) -> Duration {
            self.0 - earlier.0
        }
    }

    impl SystemTime {
        /// As std's `UNIX_EPOCH`.
        pub const UNIX_EPOCH: Self = UNIX_EPOCH;

        fn base() -> std::time::SystemTime {
            std::time::UNIX_EPOCH + Duration::from_hours(24 * 365 * 50)
        }

        /// As std's `duration_since`.
        pub fn duration_since(&self, earlier: Self) -> Result<Duration, SystemTimeError> {
            self.0.duration_since(earlier.0)
        }

        /// As std's `elapsed`.
        #[track_caller]
        pub fn elapsed(&self) -> Result<Duration, SystemTimeError> {
            Self::now().0.duration_since(self.0)
        }
    }
}
