//! The IP packet around a VRRP message.

use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};

use crate::ah::AuthenticationHeader;
use crate::checksum::Endpoints;
use crate::error::DecodeError;
use crate::layout::{HEADER_LENGTH, field};
use crate::{AH_IP_PROTOCOL, IP_PROTOCOL};

/// A received IP packet that carries a VRRP message, its headers checked and its message not yet:
/// [`Packet::decode`](crate::Packet::decode) does that.
#[derive(Clone, Copy)]
pub struct Datagram<'a> {
    pub(crate) endpoints: Endpoints,
    pub(crate) hop_limit: u8,
    pub(crate) message: &'a [u8],
    /// The IPv4 header with its options and the Authentication Header after it, where there is one.
    pub(crate) authentication: Option<(&'a [u8], AuthenticationHeader<'a>)>,
}

impl<'a> Datagram<'a> {
    /// A message whose IP header the kernel has taken off, as it does on raw IPv6 sockets.
    pub const fn from_message(endpoints: Endpoints, hop_limit: u8, message: &'a [u8]) -> Self {
        Self { endpoints, hop_limit, message, authentication: None }
    }

    /// A whole IPv4 packet (RFC 791), as raw IPv4 sockets deliver it.
    ///
    /// Octets after the total length are link-layer padding and ignored. The kernel has verified the
    /// header checksum and put fragments together, so neither is looked at here.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] and [`DecodeError::IpHeader`].
    pub fn from_ipv4(packet: &'a [u8]) -> Result<Self, DecodeError> {
        const HEADER: usize = 20;
        let Some(fixed) = packet.first_chunk::<HEADER>() else {
            return Err(truncated("IPv4 header", HEADER, packet.len()));
        };
        if fixed[0] >> 4 != 4 {
            return Err(header_field("IP version", fixed[0] >> 4, "4"));
        }
        let header_length = usize::from(fixed[0] & 0x0f) * 4;
        if header_length < HEADER {
            return Err(header_field("IPv4 header length (words)", fixed[0] & 0x0f, "5 to 15"));
        }
        let total_length = usize::from(u16::from_be_bytes([fixed[2], fixed[3]]));
        if total_length < header_length || total_length > packet.len() {
            return Err(DecodeError::IpHeader {
                field: "IPv4 total length",
                value: total_length as u64,
                allowed: "the header's length to the octets received",
            });
        }
        let (header, payload) = packet[..total_length].split_at(header_length);
        let endpoints = Endpoints::V4 {
            source: Ipv4Addr::new(fixed[12], fixed[13], fixed[14], fixed[15]),
            destination: Ipv4Addr::new(fixed[16], fixed[17], fixed[18], fixed[19]),
        };
        let (message, authentication) = match fixed[9] {
            IP_PROTOCOL => (payload, None),
            AH_IP_PROTOCOL => {
                let (ah, message) = AuthenticationHeader::parse(payload)?;
                (message, Some((header, ah)))
            }
            other => return Err(header_field("IPv4 protocol", other, "112 (VRRP) and 51 (AH)")),
        };
        if message.len() < HEADER_LENGTH && total_length < packet.len() {
            // The octets are there, it is the length field that cuts them off.
            return Err(DecodeError::IpHeader {
                field: "IPv4 total length",
                value: total_length as u64,
                allowed: "room for the VRRP header",
            });
        }
        Ok(Self { endpoints, hop_limit: fixed[8], message, authentication })
    }

    /// A whole IPv6 packet (RFC 8200) without extension headers, as captures hold it.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] and [`DecodeError::IpHeader`].
    pub fn from_ipv6(packet: &'a [u8]) -> Result<Self, DecodeError> {
        const HEADER: usize = 40;
        let Some((fixed, payload)) = packet.split_first_chunk::<HEADER>() else {
            return Err(truncated("IPv6 header", HEADER, packet.len()));
        };
        if fixed[0] >> 4 != 6 {
            return Err(header_field("IP version", fixed[0] >> 4, "6"));
        }
        if fixed[6] != IP_PROTOCOL {
            return Err(header_field("IPv6 next header", fixed[6], "112 (VRRP)"));
        }
        let payload_length = usize::from(u16::from_be_bytes([fixed[4], fixed[5]]));
        let Some(message) = payload.get(..payload_length) else {
            return Err(DecodeError::IpHeader {
                field: "IPv6 payload length",
                value: payload_length as u64,
                allowed: "up to the octets received",
            });
        };
        let (source, destination) = fixed[8..].split_at(16);
        let address = |octets: &[u8]| <Ipv6Addr as crate::fields::Addressing>::read(octets);
        let endpoints =
            Endpoints::V6 { source: address(source), destination: address(destination) };
        Ok(Self::from_message(endpoints, fixed[7], message))
    }

    /// A whole IP packet of the version that its first nibble says.
    ///
    /// # Errors
    /// As [`Datagram::from_ipv4`] and [`Datagram::from_ipv6`].
    pub fn from_ip(packet: &'a [u8]) -> Result<Self, DecodeError> {
        match packet.first().map(|octet| octet >> 4) {
            Some(6) => Self::from_ipv6(packet),
            _ => Self::from_ipv4(packet),
        }
    }

    /// Source and destination.
    pub const fn endpoints(&self) -> Endpoints {
        self.endpoints
    }

    /// The octet where the VRID stands, before anything was verified: good for charging a counter of
    /// refused packets to a router, and for nothing else.
    pub fn claimed_vrid(&self) -> Option<u8> {
        self.message.get(field::VRID).copied()
    }

    /// TTL or hop limit.
    pub const fn hop_limit(&self) -> u8 {
        self.hop_limit
    }
}

/// Without the message, which can hold a password.
impl fmt::Debug for Datagram<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Datagram")
            .field("endpoints", &self.endpoints)
            .field("hop_limit", &self.hop_limit)
            .field("message_length", &self.message.len())
            .finish_non_exhaustive()
    }
}

fn truncated(header: &'static str, needed: usize, received: usize) -> DecodeError {
    DecodeError::Truncated { header, needed, received }
}

fn header_field(field: &'static str, value: u8, allowed: &'static str) -> DecodeError {
    DecodeError::IpHeader { field, value: value.into(), allowed }
}
