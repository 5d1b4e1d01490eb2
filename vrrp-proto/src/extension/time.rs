use core::time::Duration;

/// The time of day in Coordinated Universal Time, as the trailer tells it. The caller reads the clock.
///
/// ```
/// use core::time::Duration;
/// use vrrp_proto::TimeOfDay;
/// // `SystemTime::UNIX_EPOCH.elapsed()` where there is std.
/// let time = TimeOfDay::since_epoch(Duration::from_millis(1_750_000_000_250));
/// assert_eq!(time, TimeOfDay::new(1_750_000_000, 0x4000));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay {
    seconds: u32,
    fraction: u16,
}

impl TimeOfDay {
    /// Seconds since 1970, and 65536ths of a second.
    pub const fn new(seconds: u32, fraction: u16) -> Self {
        Self { seconds, fraction }
    }

    /// The time so long after the beginning of 1970. From 2106 on it is the last second that the 32
    /// bits can tell.
    pub fn since_epoch(elapsed: Duration) -> Self {
        let seconds = u32::try_from(elapsed.as_secs()).unwrap_or(u32::MAX);
        let fraction = (u64::from(elapsed.subsec_nanos()) << 16) / 1_000_000_000;
        let fraction = u16::try_from(fraction).expect("the rest is less than a second");
        Self { seconds, fraction }
    }

    /// Seconds since 1970.
    pub const fn seconds(self) -> u32 {
        self.seconds
    }

    /// 65536ths of a second.
    pub const fn fraction(self) -> u16 {
        self.fraction
    }
}
