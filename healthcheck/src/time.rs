use core::ops::Add;
use core::time::Duration;

/// A point in time, counted from an epoch that the caller picks. The core cannot read a clock.
///
/// Feed it from a monotonic one. It lasts 584 years; what goes beyond is clamped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The epoch itself.
    pub const EPOCH: Self = Self(0);

    /// The point that lies `elapsed` after the epoch.
    pub const fn from_epoch(elapsed: Duration) -> Self {
        Self(nanoseconds(elapsed))
    }

    /// The time since the epoch.
    pub const fn since_epoch(self) -> Duration {
        Duration::from_nanos(self.0)
    }

    /// The time from `earlier` to this point, zero when it lies the other way.
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(nanoseconds(span)))
    }
}

const fn nanoseconds(span: Duration) -> u64 {
    let nanoseconds = span.as_nanos();
    if nanoseconds > u64::MAX as u128 {
        return u64::MAX;
    }
    // Checked above.
    #[expect(clippy::cast_possible_truncation, reason = "it fits")]
    let nanoseconds = nanoseconds as u64;
    nanoseconds
}
