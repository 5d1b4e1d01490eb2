//! Where things are in a VRRP message.

use crate::fields::Addressing;

/// Octets before the addresses, in both versions.
pub(crate) const HEADER_LENGTH: usize = 8;
/// Octets of authentication data after the addresses in VRRPv2 (RFC 3768 section 5.3.10).
pub(crate) const AUTH_DATA_LENGTH: usize = 8;

/// Octets of the HMAC trailer that can follow a message (draft-cassen-vrrp-auth-hmac).
pub const HMAC_TRAILER_LENGTH: usize = 28;

pub(crate) const TYPE_ADVERTISEMENT: u8 = 1;

/// Octets of the header, as in RFC 9568 section 5.1 and RFC 3768 section 5.1.
///
/// ```text
///  0       1        2         3       4                5               6
/// |Ver|Type| Vrtl ID|Priority | Count | v2 Auth Type   | v2 Adver Int  | Checksum |
///                                     | v3 rsvd(4) Max Advertise Interval(12)     |
/// ```
pub(crate) mod field {
    pub(crate) const VERSION_TYPE: usize = 0;
    pub(crate) const VRID: usize = 1;
    pub(crate) const PRIORITY: usize = 2;
    pub(crate) const COUNT: usize = 3;
    pub(crate) const AUTH_TYPE: usize = 4;
    pub(crate) const ADVER_INT: usize = 5;
    pub(crate) const CHECKSUM: core::ops::Range<usize> = 6..8;
}

/// Octets of the HMAC trailer.
///
/// ```text
///  0      1        2          4         8                       10        12
/// | Type | Key ID | Reserved | Seconds | Fraction of a second | Counter | MAC, 16 octets |
/// ```
pub(crate) mod hmac_trailer {
    pub(crate) const TYPE: usize = 0;
    pub(crate) const KEY_ID: usize = 1;
    /// Seconds, fraction and counter: one number of 64 bits.
    pub(crate) const SEQUENCE: core::ops::Range<usize> = 4..12;
    /// Where the MAC begins.
    pub(crate) const MAC: usize = 12;
}

/// The version of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the two versions of the protocol")]
pub enum Version {
    /// VRRPv2, RFC 3768; IPv4 only.
    V2,
    /// VRRPv3, RFC 9568 and RFC 5798.
    V3,
}

/// Octets of a whole VRRP message with `count` addresses.
pub(crate) const fn message_length<A: Addressing>(count: usize, trailer: usize) -> usize {
    HEADER_LENGTH + count * A::OCTETS + trailer
}
