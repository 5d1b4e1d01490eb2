//! A VRRP message that was verified.

use core::fmt;

use crate::advertisement::{Advertisement, Body};
use crate::checksum::{AcceptedChecksum, ChecksumForm, Endpoints, fold, is_valid, sum_words};
use crate::datagram::Datagram;
use crate::error::{AuthFailure, DecodeError, HmacFailure};
use crate::fields::{AddressList, Addresses, Addressing, Centiseconds, Priority, Seconds, Vrid};
use crate::layout::{
    AUTH_DATA_LENGTH, HEADER_LENGTH, HMAC_TRAILER_LENGTH, TYPE_ADVERTISEMENT, Version, field,
    hmac_trailer,
};

/// What a receiver demands of a packet before anything in it may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demands {
    checksum: AcceptedChecksum,
    hop_limit: (u8, u8),
    allows_trailer: bool,
    allows_no_addresses: bool,
}

impl Default for Demands {
    fn default() -> Self {
        Self::new()
    }
}

impl Demands {
    /// TTL or hop limit 255 (RFC 9568 section 7.1) and a checksum of [either](AcceptedChecksum::Either) form.
    pub const fn new() -> Self {
        Self {
            checksum: AcceptedChecksum::Either,
            hop_limit: (255, 255),
            allows_trailer: false,
            allows_no_addresses: false,
        }
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

    /// Whether an HMAC trailer may follow the message. Whether it has to is up to
    /// [`HmacVerifier`](crate::HmacVerifier), which then has to be asked.
    #[must_use]
    pub const fn hmac_trailer(mut self, is_allowed: bool) -> Self {
        self.allows_trailer = is_allowed;
        self
    }

    /// Whether an advertisement may name no address (default: it is refused, as section 5.2.5 of RFC 9568
    /// demands). keepalived sends such when it is told to.
    #[must_use]
    pub const fn no_addresses(mut self, is_allowed: bool) -> Self {
        self.allows_no_addresses = is_allowed;
        self
    }

    /// The octets before the trailer, and the trailer: when both have the right length.
    fn split_trailer<'a>(
        &self,
        body: &'a [u8],
        length: usize,
    ) -> Option<(&'a [u8], &'a [u8; HMAC_TRAILER_LENGTH])> {
        let (body, trailer) = body.split_last_chunk()?;
        (self.allows_trailer && body.len() == length).then_some((body, trailer))
    }
}

/// An ADVERTISEMENT whose hop limit, version, type, length and checksum hold.
///
/// This is the packet as it is on the wire. What it means to a router, and in VRRPv2 whether its
/// sender may be believed, is the next step: [`Packet::advertisement`] where there is no
/// authentication, [`Verifier::advertisement`](crate::Verifier::advertisement) where there is, and
/// [`HmacVerifier::advertisement`](crate::HmacVerifier::advertisement) where packets have a trailer.
#[derive(Clone, Copy)]
pub struct Packet<'a> {
    pub(crate) datagram: &'a Datagram<'a>,
    header: &'a [u8; HEADER_LENGTH],
    /// Addresses, and in VRRPv2 the authentication data.
    body: &'a [u8],
    trailer: Option<&'a [u8; HMAC_TRAILER_LENGTH]>,
    format: Format,
}

/// Version and family: the three forms that a message can have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    V2,
    V3Ipv4,
    V3Ipv6,
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
        let (format, address_octets, auth_data) = match (&datagram.endpoints, version) {
            (Endpoints::V4 { .. }, 3) => (Format::V3Ipv4, 4, 0),
            (Endpoints::V4 { .. }, 2) => (Format::V2, 4, AUTH_DATA_LENGTH),
            (Endpoints::V6 { .. }, 3) => (Format::V3Ipv6, 16, 0),
            (endpoints, _) => return Err(wrong_version(endpoints, version)),
        };
        let kind = header[field::VERSION_TYPE] & 0x0f;
        if kind != TYPE_ADVERTISEMENT {
            return Err(DecodeError::Type { received: kind });
        }
        let count = header[field::COUNT];
        let expected = usize::from(count) * address_octets + auth_data;
        let (body, trailer) = if body.len() == expected {
            (body, None)
        } else if let Some((body, trailer)) = demands.split_trailer(body, expected) {
            (body, Some(trailer))
        } else {
            let expected = HEADER_LENGTH + expected;
            return Err(DecodeError::Length { count, expected, received: message.len() });
        };
        if count == 0 && !demands.allows_no_addresses {
            return Err(DecodeError::NoAddresses);
        }
        let packet = Self { datagram, header, body, trailer, format };
        packet.verify_checksum(demands.checksum)?;
        if format == Format::V2 && header[field::AUTH_TYPE] > 2 {
            return Err(DecodeError::UnsupportedAuthType { received: header[field::AUTH_TYPE] });
        }
        Ok(packet)
    }

    #[inline]
    fn verify_checksum(&self, accepted: AcceptedChecksum) -> Result<(), DecodeError> {
        let plain = sum_words(self.header) + sum_words(self.body);
        let length = HEADER_LENGTH + self.body.len();
        let pseudo_header = match self.format {
            Format::V2 => 0,
            Format::V3Ipv4 => self.datagram.endpoints.pseudo_header(length),
            // keepalived lets the kernel compute it (IPV6_CHECKSUM), over the whole payload.
            Format::V3Ipv6 => {
                let payload = self.datagram.message.len();
                let trailer = self.trailer.map_or(0, |trailer| sum_words(trailer));
                self.datagram.endpoints.pseudo_header(payload) + trailer
            }
        };
        let (preferred, other) = match (self.format, accepted) {
            (Format::V3Ipv4, AcceptedChecksum::Either | AcceptedChecksum::Any) => {
                (plain + pseudo_header, plain)
            }
            (Format::V3Ipv4, AcceptedChecksum::Only(ChecksumForm::Rfc9568)) => (plain, plain),
            (Format::V3Ipv4, AcceptedChecksum::Only(ChecksumForm::ToGroup)) => {
                let sum = plain + self.datagram.endpoints.to_group().pseudo_header(length);
                (sum, sum)
            }
            _ => (plain + pseudo_header, plain + pseudo_header),
        };
        if is_valid(preferred) || is_valid(other) {
            return Ok(());
        }
        if accepted == AcceptedChecksum::Any
            && self.format == Format::V3Ipv4
            && is_valid(plain + self.datagram.endpoints.to_group().pseudo_header(length))
        {
            return Ok(());
        }
        Err(wrong_checksum(self.checksum(), preferred))
    }

    /// The version of the protocol.
    #[inline]
    pub const fn version(&self) -> Version {
        match self.format {
            Format::V2 => Version::V2,
            Format::V3Ipv4 | Format::V3Ipv6 => Version::V3,
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

    /// The HMAC trailer, where the packet has one. Nothing in it was verified.
    #[inline]
    pub const fn trailer(&self) -> Option<&'a [u8; HMAC_TRAILER_LENGTH]> {
        self.trailer
    }

    /// The VRRP message, without a trailer.
    pub(crate) fn message(&self) -> &'a [u8] {
        let length = HEADER_LENGTH + self.body.len();
        self.datagram.message.get(..length).unwrap_or_default()
    }

    /// Source and destination of the IP packet.
    #[inline]
    pub const fn endpoints(&self) -> Endpoints {
        self.datagram.endpoints
    }

    /// The virtual addresses.
    #[inline]
    pub fn addresses(&self) -> Addresses<'a> {
        match self.format {
            Format::V2 | Format::V3Ipv4 => Addresses::V4(self.list()),
            Format::V3Ipv6 => Addresses::V6(self.list()),
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
    /// [`DecodeError::AuthTypeMismatch`] when the packet is authenticated, [`DecodeError::Extension`]
    /// when it has an HMAC trailer, [`DecodeError::Vrid`] and [`DecodeError::Interval`] when these fields
    /// are zero.
    #[inline]
    pub fn advertisement(&self) -> Result<Advertisement<'a>, DecodeError> {
        self.without_trailer()?;
        self.without_authentication()
    }

    /// Refuses a packet with a trailer: whoever asks has no key to verify it.
    #[inline]
    pub(crate) fn without_trailer(&self) -> Result<(), DecodeError> {
        match self.trailer {
            None => Ok(()),
            Some(trailer) => {
                let key_id = trailer[hmac_trailer::KEY_ID];
                Err(DecodeError::Extension(HmacFailure::UnknownKey(key_id)))
            }
        }
    }

    /// What the packet says, whatever its trailer.
    #[inline]
    pub(crate) fn without_authentication(&self) -> Result<Advertisement<'a>, DecodeError> {
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
        let interval = || Centiseconds::new(self.interval()).map_err(DecodeError::Interval);
        let body = match self.format {
            Format::V2 => Body::V2 {
                interval: Seconds::new(self.header[field::ADVER_INT])
                    .map_err(DecodeError::Interval)?,
                addresses: self.list(),
            },
            Format::V3Ipv4 => Body::V3Ipv4 { interval: interval()?, addresses: self.list() },
            Format::V3Ipv6 => Body::V3Ipv6 { interval: interval()?, addresses: self.list() },
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

#[cold]
fn wrong_version(endpoints: &Endpoints, received: u8) -> DecodeError {
    let allowed = match endpoints {
        Endpoints::V4 { .. } => "2 and 3",
        Endpoints::V6 { .. } => "3",
    };
    DecodeError::Version { received, allowed }
}

#[cold]
fn wrong_checksum(received: u16, sum: u64) -> DecodeError {
    // Take the field's own share out of the sum to tell what it should have been.
    let computed = !fold(sum + u64::from(!received));
    DecodeError::Checksum { received, computed }
}
