use core::fmt;
use core::num::NonZeroU8;

use super::OutOfRange;

/// Virtual Router Identifier, 1 to 255 (RFC 9568 section 5.2.3).
///
/// ```
/// use vrrp_proto::Vrid;
/// assert_eq!(Vrid::new(51)?.get(), 51);
/// assert_eq!(Vrid::new(0).unwrap_err().to_string(), "VRID is 0, allowed are 1 to 255");
/// # Ok::<(), vrrp_proto::OutOfRange>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Vrid(NonZeroU8);

impl Vrid {
    /// The lowest.
    pub const MIN: Self = Self(NonZeroU8::MIN);

    /// Checks that the value is not zero.
    pub const fn new(value: u8) -> Result<Self, OutOfRange> {
        match NonZeroU8::new(value) {
            Some(value) => Ok(Self(value)),
            None => Err(OutOfRange { field: "VRID", value: 0, min: 1, max: 255 }),
        }
    }

    /// The octet on the wire.
    pub const fn get(self) -> u8 {
        self.0.get()
    }
}

impl TryFrom<u8> for Vrid {
    type Error = OutOfRange;

    fn try_from(value: u8) -> Result<Self, OutOfRange> {
        Self::new(value)
    }
}

impl fmt::Display for Vrid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
