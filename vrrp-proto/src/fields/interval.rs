use core::fmt;
use core::time::Duration;

use super::OutOfRange;

/// `Adver Int` of VRRPv2: 1 to 255 whole seconds (RFC 3768 section 5.3.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seconds(u8);

impl Seconds {
    /// One second, the default of the RFC.
    pub const DEFAULT: Self = Self(1);

    /// Checks that the value is not zero.
    pub const fn new(seconds: u8) -> Result<Self, OutOfRange> {
        if seconds == 0 {
            return Err(OutOfRange { field: "Adver Int", value: 0, min: 1, max: 255 });
        }
        Ok(Self(seconds))
    }

    /// The octet on the wire.
    pub const fn get(self) -> u8 {
        self.0
    }

    /// The interval as a span of time.
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.0 as u64)
    }
}

/// `Max Advertise Interval` of VRRPv3: 1 to 4095 hundredths of a second (RFC 9568 section 5.2.7).
///
/// Zero fits the 12 bits, but an interval of nothing makes every timer collapse; it is refused.
///
/// ```
/// use core::time::Duration;
/// use vrrp_proto::Centiseconds;
/// assert_eq!(Centiseconds::new(10)?.duration(), Duration::from_millis(100));
/// assert!(Centiseconds::new(4096).is_err());
/// # Ok::<(), vrrp_proto::OutOfRange>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Centiseconds(u16);

impl Centiseconds {
    /// One second, the default of the RFC.
    pub const DEFAULT: Self = Self(100);
    /// The largest value of the 12-bit field, 40.95 seconds.
    pub const MAX: Self = Self(0x0fff);

    /// Checks the range.
    pub const fn new(centiseconds: u16) -> Result<Self, OutOfRange> {
        if centiseconds == 0 || centiseconds > Self::MAX.0 {
            return Err(OutOfRange {
                field: "Max Advertise Interval",
                value: centiseconds as u64,
                min: 1,
                max: Self::MAX.0 as u64,
            });
        }
        Ok(Self(centiseconds))
    }

    /// The 12 bits on the wire.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// The interval as a span of time.
    pub const fn duration(self) -> Duration {
        Duration::from_millis(self.0 as u64 * 10)
    }
}

/// The advertisement interval in the unit of its protocol version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the two versions of the protocol")]
pub enum Interval {
    /// VRRPv2.
    V2(Seconds),
    /// VRRPv3.
    V3(Centiseconds),
}

impl Interval {
    /// The interval as a span of time.
    pub const fn duration(self) -> Duration {
        match self {
            Self::V2(seconds) => seconds.duration(),
            Self::V3(centiseconds) => centiseconds.duration(),
        }
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V2(seconds) => write!(f, "{}s", seconds.get()),
            Self::V3(centiseconds) => write!(f, "{}cs", centiseconds.get()),
        }
    }
}
