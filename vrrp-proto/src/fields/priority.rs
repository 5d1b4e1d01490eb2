use core::fmt;

use super::OutOfRange;

/// The priority octet of an advertisement (RFC 9568 section 5.2.4).
///
/// All 256 values have a meaning on the wire, and two of them one of their own: 255 is the
/// router that owns the virtual addresses, 0 says that the Active router stops.
///
/// ```
/// use vrrp_proto::Priority;
/// assert!(Priority::OWNER > Priority::DEFAULT);
/// assert_eq!(Priority::new(0).unwrap_err().to_string(), "priority is 0, allowed are 1 to 255");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Priority(u8);

impl Priority {
    /// 0: the sender stops taking part; a Backup takes over after its skew time.
    pub const STOPPED: Self = Self(0);
    /// 1: the lowest priority a router can have.
    pub const MIN: Self = Self(1);
    /// 100: what a router has that was given none.
    pub const DEFAULT: Self = Self(100);
    /// 254: the highest priority of a router that does not own the addresses.
    pub const MAX_NOT_OWNER: Self = Self(254);
    /// 255: the virtual addresses are the router's own.
    pub const OWNER: Self = Self(255);

    /// The priority of a router: 1 to 255.
    pub const fn new(value: u8) -> Result<Self, OutOfRange> {
        if value == 0 {
            return Err(OutOfRange { field: "priority", value: 0, min: 1, max: 255 });
        }
        Ok(Self(value))
    }

    /// The priority that an octet on the wire stands for; any octet is one.
    pub const fn from_wire(octet: u8) -> Self {
        Self(octet)
    }

    /// The octet on the wire.
    pub const fn get(self) -> u8 {
        self.0
    }

    /// Whether the sender says that it stops.
    pub const fn is_stopped(self) -> bool {
        self.0 == 0
    }

    /// Whether this is the address owner's priority.
    pub const fn is_owner(self) -> bool {
        self.0 == 255
    }
}

impl Default for Priority {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl TryFrom<u8> for Priority {
    type Error = OutOfRange;

    fn try_from(value: u8) -> Result<Self, OutOfRange> {
        Self::new(value)
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
