use super::TimeOfDay;
use super::sequence::Sequence;
use crate::fields::{Interval, OutOfRange};

/// What keeps an old packet from being accepted again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "keepalived's two ways")]
pub enum HmacReplay {
    /// A sender's numbers increase, and are near the receiver's clock. A clock that was ahead by more
    /// than the window and was set right does not silence the sender: what it sent before is forgotten.
    Time(TimeWindow),
    /// A sender's numbers increase; nobody's clock has to be right.
    Monotonic,
}

impl HmacReplay {
    /// The window that `sequence` is outside of.
    pub(super) fn missed_window(self, sequence: Sequence, now: TimeOfDay) -> Option<TimeWindow> {
        match self {
            Self::Time(window) => {
                let distance = sequence.seconds().abs_diff(now.seconds());
                (distance > u32::from(window.get())).then_some(window)
            }
            Self::Monotonic => None,
        }
    }

    /// Whether `sequence` comes from a clock that was set back since. Numbers between now and then
    /// are no longer used by anyone: they would be refused as too far ahead.
    pub(super) fn is_stranded(self, sequence: Sequence, now: TimeOfDay) -> bool {
        self.missed_window(sequence, now).is_some() && sequence.seconds() > now.seconds()
    }
}

/// How far the clocks of sender and receiver may be apart: 1 to 300 seconds.
///
/// ```
/// use vrrp_proto::{Centiseconds, Interval, TimeWindow};
/// let interval = Interval::V3(Centiseconds::new(250)?);
/// assert_eq!(TimeWindow::for_interval(interval).get(), 8);
/// assert!(TimeWindow::new(301).is_err());
/// # Ok::<(), vrrp_proto::OutOfRange>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeWindow(u16);

impl TimeWindow {
    /// One second.
    pub const MIN: Self = Self(1);
    /// Five minutes.
    pub const MAX: Self = Self(300);

    /// Checks the range.
    pub const fn new(seconds: u16) -> Result<Self, OutOfRange> {
        if seconds < Self::MIN.0 || seconds > Self::MAX.0 {
            return Err(OutOfRange {
                field: "time window (seconds)",
                value: seconds as u64,
                min: Self::MIN.0 as u64,
                max: Self::MAX.0 as u64,
            });
        }
        Ok(Self(seconds))
    }

    /// keepalived's default: three advertisement intervals, but at least five seconds.
    pub fn for_interval(interval: Interval) -> Self {
        let three = interval.duration() * 3;
        let seconds = three.as_secs() + u64::from(three.subsec_nanos() > 0);
        let seconds = u16::try_from(seconds).unwrap_or(u16::MAX);
        Self(seconds.clamp(5, Self::MAX.0))
    }

    /// Seconds.
    pub const fn get(self) -> u16 {
        self.0
    }
}
