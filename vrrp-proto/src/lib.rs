#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![warn(clippy::unwrap_used)]

mod advertisement;
mod ah;
mod authentication;
mod checksum;
mod datagram;
mod envelope;
mod error;
mod extension;
mod fields;
mod layout;
mod packet;
mod secret;

use core::net::{Ipv4Addr, Ipv6Addr};

pub use advertisement::Advertisement;
pub use authentication::{Authentication, ReplayGuard, ReplayWindow, Signer, Verifier};
pub use checksum::{AcceptedChecksum, ChecksumForm, Endpoints};
pub use datagram::Datagram;
pub use envelope::Ipv4Envelope;
pub use error::{AuthFailure, DecodeError, EncodeError, ErrorKind, HmacFailure};
pub use extension::{
    HmacKey, HmacKeys, HmacKeysError, HmacMode, HmacReplay, HmacSigner, HmacVerifier, TimeOfDay,
    TimeWindow,
};
pub use fields::{
    AddressList, Addresses, Addressing, Centiseconds, Interval, Iter, OutOfRange, Priority,
    Seconds, Vrid,
};
pub use layout::{HMAC_TRAILER_LENGTH, Version};
pub use packet::{Demands, Packet};
pub use secret::Secret;

/// The IP protocol number of VRRP (RFC 9568 section 5.1.1.4).
pub const IP_PROTOCOL: u8 = 112;
/// The IP protocol number of the Authentication Header (RFC 2402 section 2).
pub const AH_IP_PROTOCOL: u8 = 51;
/// The IPv4 multicast group (RFC 9568 section 5.1.1.2).
pub const MULTICAST_IPV4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 18);
/// The IPv6 multicast group (RFC 9568 section 5.1.2.2).
pub const MULTICAST_IPV6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12);
/// TTL and hop limit of every multicast advertisement (RFC 9568 sections 5.1.1.3 and 5.1.2.3).
pub const HOP_LIMIT: u8 = 255;
/// Octets that hold any IPv4 packet of ours: header, 255 addresses, and the HMAC trailer, which is longer
/// than the Authentication Header that it excludes.
pub const MAX_IPV4_PACKET: usize = 20 + 8 + 255 * 4 + 8 + HMAC_TRAILER_LENGTH;
/// Octets that hold any IPv6 packet of ours: header, 255 addresses and the HMAC trailer.
pub const MAX_IPV6_PACKET: usize = 40 + 8 + 255 * 16 + HMAC_TRAILER_LENGTH;
