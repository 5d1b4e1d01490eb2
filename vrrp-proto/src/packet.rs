//! A VRRP message that was verified.

use core::fmt;

use crate::advertisement::{Advertisement, Body};
use crate::checksum::{AcceptedChecksum, ChecksumForm, Endpoints, fold, is_valid, sum};
use crate::datagram::Datagram;
use crate::error::{AuthFailure, DecodeError};
use crate::fields::{AddressList, Addresses, Addressing, Centiseconds, Priority, Seconds, Vrid};
use crate::layout::{AUTH_DATA_LENGTH, HEADER_LENGTH, TYPE_ADVERTISEMENT, Version, field};

/// What a receiver demands of a packet before anything in it may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demands {
    checksum: AcceptedChecksum,
    hop_limit: (u8, u8),
}

impl Default for Demands {
    fn default() -> Self {
        Self::new()
    }
}

impl Demands {
    /// TTL or hop limit 255 (RFC 9568 section 7.1) and a checksum of [either](AcceptedChecksum::Either) form.
    pub const fn new() -> Self {
        Self { checksum: AcceptedChecksum::Either, hop_limit: (255, 255) }
    }

    /// Which checksum is valid for VRRPv3 over IPv4.
    #[must_use]
    pub const fn checksum(mut self, accepted: AcceptedChecksum) -> Self {
        self.checksum = accepted;
        self
    }

    /// The smallest and largest TTL or hop limit, for unicast peers that are routed.
    #[must_use]
    pub const fn hop_limit(mut self, min: u8, max: u8) -> Self {
        self.hop_limit = (min, max);
        self
    }
}

/// An ADVERTISEMENT whose hop limit, version, type, length and checksum hold.
///
/// This is the packet as it is on the wire. What it means to a router, and in VRRPv2 whether its
/// sender may be believed, is the next step: [`Packet::advertisement`] where there is no
/// authentication, [`Verifier::advertisement`](crate::Verifier::advertisement) where there is.
#[derive(Clone, Copy)]
pub struct Packet<'a> {
    pub(crate) datagram: &'a Datagram<'a>,
    header: &'a [u8; HEADER_LENGTH],
    /// Addresses, and in VRRPv2 the authentication data.
    body: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Verifies the message in `datagram` (RFC 9568 section 7.1, RFC 3768 section 7.1).
    ///
    /// # Errors
    /// The first check that fails: hop limit, header length, version, type, count, length, checksum.
    #[inline]
    pub fn decode(datagram: &'a Datagram<'a>, demands: &Demands) -> Result<Self, DecodeError> {
        let (min, max) = demands.hop_limit;
        if datagram.hop_limit < min || datagram.hop_limit > max {
            return Err(DecodeError::HopLimit { received: datagram.hop_limit, min, max });
        }
        let message = datagram.message;
        let Some((header, body)) = message.split_first_chunk::<HEADER_LENGTH>() else {
            return Err(DecodeError::Truncated {
                header: "VRRP header",
                needed: HEADER_LENGTH,
                received: message.len(),
            });
        };
        let version = header[field::VERSION_TYPE] >> 4;
        let (address_octets, trailer, allowed) = match (datagram.endpoints, version) {
            (Endpoints::V4 { .. }, 2) => (4, AUTH_DATA_LENGTH, ""),
            (Endpoints::V4 { .. }, 3) => (4, 0, ""),
            (Endpoints::V6 { .. }, 3) => (16, 0, ""),
            (Endpoints::V4 { .. }, _) => (0, 0, "2 and 3"),
            (Endpoints::V6 { .. }, _) => (0, 0, "3"),
        };
        if address_octets == 0 {
            return Err(DecodeError::Version { received: version, allowed });
        }
        let kind = header[field::VERSION_TYPE] & 0x0f;
        if kind != TYPE_ADVERTISEMENT {
            return Err(DecodeError::Type { received: kind });
        }
        let count = header[field::COUNT];
        let split = usize::from(count) * address_octets;
        if body.len() != split + trailer {
            return Err(DecodeError::Length {
                count,
                expected: HEADER_LENGTH + split + trailer,
                received: message.len(),
            });
        }
        if count == 0 {
            return Err(DecodeError::NoAddresses);
        }
        verify_checksum(version, datagram.endpoints, message, demands.checksum)?;
        if version == 2 && header[field::AUTH_TYPE] > 2 {
            return Err(DecodeError::UnsupportedAuthType { received: header[field::AUTH_TYPE] });
        }
        Ok(Self { datagram, header, body })
    }

    /// The version of the protocol.
    #[inline]
    pub const fn version(&self) -> Version {
        match self.header[field::VERSION_TYPE] >> 4 {
            2 => Version::V2,
            _ => Version::V3,
        }
    }

    /// The VRID octet; 0 is none that a router could have.
    #[inline]
    pub const fn vrid(&self) -> u8 {
        self.header[field::VRID]
    }

    /// The priority.
    #[inline]
    pub const fn priority(&self) -> Priority {
        Priority::from_wire(self.header[field::PRIORITY])
    }

    /// The advertisement interval: seconds in VRRPv2, hundredths of a second in VRRPv3, where it can be 0.
    #[inline]
    pub const fn interval(&self) -> u16 {
        match self.version() {
            Version::V2 => self.header[field::ADVER_INT] as u16,
            Version::V3 => u16::from_be_bytes([self.header[4], self.header[5]]) & 0x0fff,
        }
    }

    /// The four reserved bits of VRRPv3, ignored on receipt (RFC 9568 section 5.2.6).
    pub const fn reserved(&self) -> u8 {
        match self.version() {
            Version::V2 => 0,
            Version::V3 => self.header[4] >> 4,
        }
    }

    /// The checksum field, which was found right.
    pub const fn checksum(&self) -> u16 {
        u16::from_be_bytes([self.header[6], self.header[7]])
    }

    /// The authentication type of VRRPv2; `None` in VRRPv3.
    #[inline]
    pub const fn auth_type(&self) -> Option<u8> {
        match self.version() {
            Version::V2 => Some(self.header[field::AUTH_TYPE]),
            Version::V3 => None,
        }
    }

    /// The eight octets of authentication data of VRRPv2; with Auth Type 1 they are the password in
    /// clear, so do not log them.
    #[inline]
    pub fn auth_data(&self) -> Option<&'a [u8; AUTH_DATA_LENGTH]> {
        match self.version() {
            Version::V2 => self.body.last_chunk(),
            Version::V3 => None,
        }
    }

    /// Source and destination of the IP packet.
    #[inline]
    pub const fn endpoints(&self) -> Endpoints {
        self.datagram.endpoints
    }

    /// The virtual addresses.
    #[inline]
    pub fn addresses(&self) -> Addresses<'a> {
        match self.datagram.endpoints {
            Endpoints::V4 { .. } => Addresses::V4(self.list()),
            Endpoints::V6 { .. } => Addresses::V6(self.list()),
        }
    }

    #[inline]
    fn list<A: Addressing>(&self) -> AddressList<'a, A> {
        let length = usize::from(self.header[field::COUNT]) * A::OCTETS;
        AddressList::from_wire(self.body.get(..length).unwrap_or_default())
    }

    /// What the packet says to a router that uses no authentication.
    ///
    /// # Errors
    /// [`DecodeError::AuthTypeMismatch`] when the packet is authenticated, [`DecodeError::Vrid`] and
    /// [`DecodeError::Interval`] when these fields are zero.
    #[inline]
    pub fn advertisement(&self) -> Result<Advertisement<'a>, DecodeError> {
        if self.auth_type().is_some_and(|auth_type| auth_type != 0) {
            return Err(DecodeError::AuthTypeMismatch {
                received: self.header[field::AUTH_TYPE],
                configured: 0,
            });
        }
        if self.datagram.authentication.is_some() {
            return Err(DecodeError::Authentication(AuthFailure::NoKey));
        }
        self.believed()
    }

    /// The typed fields, once the sender is believed.
    #[inline]
    pub(crate) fn believed(&self) -> Result<Advertisement<'a>, DecodeError> {
        let vrid = Vrid::new(self.vrid()).map_err(DecodeError::Vrid)?;
        let body = match (self.version(), self.addresses()) {
            (Version::V2, Addresses::V4(addresses)) => Body::V2 {
                interval: Seconds::new(self.header[field::ADVER_INT])
                    .map_err(DecodeError::Interval)?,
                addresses,
            },
            (_, addresses) => {
                let interval = Centiseconds::new(self.interval()).map_err(DecodeError::Interval)?;
                match addresses {
                    Addresses::V4(addresses) => Body::V3Ipv4 { interval, addresses },
                    Addresses::V6(addresses) => Body::V3Ipv6 { interval, addresses },
                }
            }
        };
        Ok(Advertisement::from_parts(vrid, self.priority(), body))
    }
}

/// Without the authentication data, which can be a password.
impl fmt::Debug for Packet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packet")
            .field("endpoints", &self.endpoints())
            .field("version", &self.version())
            .field("vrid", &self.vrid())
            .field("priority", &self.priority())
            .field("interval", &self.interval())
            .field("auth_type", &self.auth_type())
            .field("addresses", &self.addresses())
            .finish_non_exhaustive()
    }
}

#[inline]
fn verify_checksum(
    version: u8,
    endpoints: Endpoints,
    message: &[u8],
    accepted: AcceptedChecksum,
) -> Result<(), DecodeError> {
    let plain = sum(message);
    let with_pseudo_header = || plain + endpoints.pseudo_header(message.len());
    let (valid, preferred) = match (version, endpoints, accepted) {
        (2, ..) | (_, Endpoints::V4 { .. }, AcceptedChecksum::Only(ChecksumForm::Rfc9568)) => {
            (is_valid(plain), plain)
        }
        (_, Endpoints::V4 { .. }, AcceptedChecksum::Either) => {
            let total = with_pseudo_header();
            (is_valid(total) || is_valid(plain), total)
        }
        _ => {
            let total = with_pseudo_header();
            (is_valid(total), total)
        }
    };
    if valid { Ok(()) } else { Err(wrong_checksum(message, preferred)) }
}

#[cold]
fn wrong_checksum(message: &[u8], sum: u64) -> DecodeError {
    let received = u16::from_be_bytes([message[6], message[7]]);
    // Take the field's own share out of the sum to tell what it should have been.
    let computed = !fold(sum + u64::from(!received));
    DecodeError::Checksum { received, computed }
}
