use core::fmt;
use core::time::Duration;

/// A point in time, counted from an epoch that the caller picks. This crate cannot read a clock.
///
/// Feed it from a monotonic one. It lasts 292 years; what goes beyond is clamped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The epoch itself.
    pub const EPOCH: Self = Self(0);

    /// The point that lies `elapsed` after the epoch.
    pub const fn from_epoch(elapsed: Duration) -> Self {
        // Half of the range, so that a deadline after the last moment still lies ahead of it.
        const LAST: u64 = u64::MAX / 2;
        let nanoseconds = nanoseconds(elapsed);
        Self(if nanoseconds > LAST { LAST } else { nanoseconds })
    }

    /// The time since the epoch.
    pub const fn since_epoch(self) -> Duration {
        Duration::from_nanos(self.0)
    }

    /// The time from `earlier` to this point, zero when it lies the other way.
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    pub(crate) const fn after(self, nanoseconds: u64) -> Self {
        Self(self.0.saturating_add(nanoseconds))
    }

    pub(crate) const fn shifted(self, from: u64, to: u64) -> Self {
        Self(self.0.saturating_add(to).saturating_sub(from))
    }
}

impl core::ops::Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        self.after(nanoseconds(span))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.since_epoch())
    }
}

/// Spans beyond 584 years are as good as that.
pub(crate) const fn nanoseconds(span: Duration) -> u64 {
    let nanoseconds = span.as_nanos();
    if nanoseconds > u64::MAX as u128 {
        return u64::MAX;
    }
    #[expect(clippy::cast_possible_truncation, reason = "compared just above")]
    {
        nanoseconds as u64
    }
}
