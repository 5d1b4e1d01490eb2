//! The advertisement as a router means it, and its encoding.

use core::net::{Ipv4Addr, Ipv6Addr};

use crate::checksum::{ChecksumForm, Endpoints, fold, sum_words};
use crate::envelope::{IPV6_HEADER_LENGTH, write_ipv6_header};
use crate::error::EncodeError;
use crate::fields::{
    AddressList, Addresses, Addressing, Centiseconds, Interval, Priority, Seconds, Vrid,
};
use crate::layout::{
    AUTH_DATA_LENGTH, HEADER_LENGTH, TYPE_ADVERTISEMENT, Version, field, message_length,
};

/// An ADVERTISEMENT: valid by construction, whether received or about to be sent.
///
/// ```
/// use core::net::Ipv4Addr;
/// use vrrp_proto::*;
///
/// let addresses = [Ipv4Addr::new(192, 0, 2, 10)];
/// let advertisement = Advertisement::v3_ipv4(
///     Vrid::new(51)?,
///     Priority::DEFAULT,
///     Centiseconds::DEFAULT,
///     AddressList::new(&addresses)?,
/// );
/// let endpoints =
///     Endpoints::V4 { source: Ipv4Addr::new(192, 0, 2, 1), destination: MULTICAST_IPV4 };
/// let mut buffer = [0; 64];
/// let length = advertisement.encode(endpoints, ChecksumForm::Rfc5798, &mut buffer)?;
///
/// let datagram = Datagram::from_message(endpoints, 255, &buffer[..length]);
/// let packet = Packet::decode(&datagram, &Demands::new())?;
/// assert_eq!(packet.advertisement()?, advertisement);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advertisement<'a> {
    vrid: Vrid,
    priority: Priority,
    body: Body<'a>,
}

/// What depends on version and family, so that a version 2 packet with IPv6 addresses cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Body<'a> {
    V2 { interval: Seconds, addresses: AddressList<'a, Ipv4Addr> },
    V3Ipv4 { interval: Centiseconds, addresses: AddressList<'a, Ipv4Addr> },
    V3Ipv6 { interval: Centiseconds, addresses: AddressList<'a, Ipv6Addr> },
}

impl<'a> Advertisement<'a> {
    /// A VRRPv2 advertisement.
    pub const fn v2(
        vrid: Vrid,
        priority: Priority,
        interval: Seconds,
        addresses: AddressList<'a, Ipv4Addr>,
    ) -> Self {
        Self { vrid, priority, body: Body::V2 { interval, addresses } }
    }

    /// A VRRPv3 advertisement over IPv4.
    pub const fn v3_ipv4(
        vrid: Vrid,
        priority: Priority,
        interval: Centiseconds,
        addresses: AddressList<'a, Ipv4Addr>,
    ) -> Self {
        Self { vrid, priority, body: Body::V3Ipv4 { interval, addresses } }
    }

    /// A VRRPv3 advertisement over IPv6; RFC 9568 section 5.2.9 wants the link-local address first.
    pub const fn v3_ipv6(
        vrid: Vrid,
        priority: Priority,
        interval: Centiseconds,
        addresses: AddressList<'a, Ipv6Addr>,
    ) -> Self {
        Self { vrid, priority, body: Body::V3Ipv6 { interval, addresses } }
    }

    #[inline]
    pub(crate) const fn from_parts(vrid: Vrid, priority: Priority, body: Body<'a>) -> Self {
        Self { vrid, priority, body }
    }

    /// The virtual router that is advertised.
    #[inline]
    pub const fn vrid(&self) -> Vrid {
        self.vrid
    }

    /// The sender's priority, or that it stops.
    #[inline]
    pub const fn priority(&self) -> Priority {
        self.priority
    }

    /// The version of the protocol.
    #[inline]
    pub const fn version(&self) -> Version {
        match self.body {
            Body::V2 { .. } => Version::V2,
            Body::V3Ipv4 { .. } | Body::V3Ipv6 { .. } => Version::V3,
        }
    }

    /// The sender's advertisement interval.
    #[inline]
    pub const fn interval(&self) -> Interval {
        match self.body {
            Body::V2 { interval, .. } => Interval::V2(interval),
            Body::V3Ipv4 { interval, .. } | Body::V3Ipv6 { interval, .. } => Interval::V3(interval),
        }
    }

    /// The virtual addresses.
    #[inline]
    pub const fn addresses(&self) -> Addresses<'a> {
        match self.body {
            Body::V2 { addresses, .. } | Body::V3Ipv4 { addresses, .. } => Addresses::V4(addresses),
            Body::V3Ipv6 { addresses, .. } => Addresses::V6(addresses),
        }
    }

    /// Octets of the encoded message, without IP header.
    #[inline]
    pub const fn encoded_length(&self) -> usize {
        match self.body {
            Body::V2 { addresses, .. } => {
                message_length::<Ipv4Addr>(addresses.len(), AUTH_DATA_LENGTH)
            }
            Body::V3Ipv4 { addresses, .. } => message_length::<Ipv4Addr>(addresses.len(), 0),
            Body::V3Ipv6 { addresses, .. } => message_length::<Ipv6Addr>(addresses.len(), 0),
        }
    }

    /// Writes the message without authentication into the front of `buffer` and returns its length.
    ///
    /// Every octet of the message is written, whatever was in the buffer.
    ///
    /// # Errors
    /// [`EncodeError::BufferTooShort`] and [`EncodeError::FamilyMismatch`]; nothing is written then.
    #[inline]
    pub fn encode(
        &self,
        endpoints: Endpoints,
        form: ChecksumForm,
        buffer: &mut [u8],
    ) -> Result<usize, EncodeError> {
        self.encode_with_auth(endpoints, form, 0, &[0; AUTH_DATA_LENGTH], buffer)
    }

    /// Writes a whole IPv6 packet into the front of `buffer` and returns its length.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub fn encode_ipv6(
        &self,
        source: Ipv6Addr,
        destination: Ipv6Addr,
        buffer: &mut [u8],
    ) -> Result<usize, EncodeError> {
        let length = self.encoded_length();
        let needed = IPV6_HEADER_LENGTH + length;
        let available = buffer.len();
        let Some((header, message)) = buffer.split_first_chunk_mut::<IPV6_HEADER_LENGTH>() else {
            return Err(EncodeError::BufferTooShort { needed, available });
        };
        let endpoints = Endpoints::V6 { source, destination };
        self.encode(endpoints, ChecksumForm::Rfc5798, message).map_err(|error| match error {
            EncodeError::BufferTooShort { .. } => EncodeError::BufferTooShort { needed, available },
            other => other,
        })?;
        write_ipv6_header(header, source, destination, length);
        Ok(needed)
    }

    #[inline]
    pub(crate) fn encode_with_auth(
        &self,
        endpoints: Endpoints,
        form: ChecksumForm,
        auth_type: u8,
        auth_data: &[u8; AUTH_DATA_LENGTH],
        buffer: &mut [u8],
    ) -> Result<usize, EncodeError> {
        let length = self.encoded_length();
        let available = buffer.len();
        let Some(message) = buffer.get_mut(..length) else {
            return Err(EncodeError::BufferTooShort { needed: length, available });
        };
        // The sum is taken while writing: what was just written octet by octet is slow to read as words.
        let sum = match (&self.body, endpoints) {
            (Body::V2 { interval, addresses }, Endpoints::V4 { .. }) => {
                let start = length - AUTH_DATA_LENGTH;
                message[start..].copy_from_slice(auth_data);
                let octets_4_and_5 = [auth_type, interval.get()];
                self.write(message, 2, octets_4_and_5, addresses) + sum_words(auth_data)
            }
            (Body::V3Ipv4 { interval, addresses }, Endpoints::V4 { .. }) => {
                let sum = self.write(message, 3, interval.get().to_be_bytes(), addresses);
                match form {
                    ChecksumForm::Rfc5798 => sum + endpoints.pseudo_header(length),
                    ChecksumForm::Rfc9568 => sum,
                    ChecksumForm::ToGroup => sum + endpoints.to_group().pseudo_header(length),
                }
            }
            (Body::V3Ipv6 { interval, addresses }, Endpoints::V6 { .. }) => {
                let sum = self.write(message, 3, interval.get().to_be_bytes(), addresses);
                sum + endpoints.pseudo_header(length)
            }
            _ => return Err(EncodeError::FamilyMismatch),
        };
        let checksum = !fold(sum);
        message[field::CHECKSUM].copy_from_slice(&checksum.to_be_bytes());
        Ok(length)
    }

    /// Header with a checksum of zero, then the addresses. Returns their sum.
    #[inline]
    fn write<A: Addressing>(
        &self,
        message: &mut [u8],
        version: u8,
        octets_4_and_5: [u8; 2],
        addresses: &AddressList<'_, A>,
    ) -> u64 {
        let (header, rest) = message.split_at_mut(HEADER_LENGTH);
        let count = addresses.len();
        let fields = [
            version << 4 | TYPE_ADVERTISEMENT,
            self.vrid.get(),
            self.priority.get(),
            u8::try_from(count).expect("an address list has at most 255 entries"),
            octets_4_and_5[0],
            octets_4_and_5[1],
            0,
            0,
        ];
        header.copy_from_slice(&fields);
        sum_words(&fields) + addresses.write(&mut rest[..count * A::OCTETS])
    }
}
