//! The IP headers around an advertisement.

use core::net::{Ipv4Addr, Ipv6Addr};

use crate::checksum::{fold, sum};
use crate::{HOP_LIMIT, IP_PROTOCOL};

pub(crate) const IPV4_HEADER_LENGTH: usize = 20;
pub(crate) const IPV6_HEADER_LENGTH: usize = 40;

/// The IPv4 header around an advertisement. The sender builds it because the AH proof covers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the fields of the header that vary")]
pub struct Ipv4Envelope {
    /// The sender's primary address.
    pub source: Ipv4Addr,
    /// The multicast group or a unicast peer.
    pub destination: Ipv4Addr,
    /// 255, unless a unicast peer is told otherwise (RFC 9568 section 5.1.1.3).
    pub ttl: u8,
    /// Identification; must not be 0 with AH, because the kernel replaces 0 by a number of its own.
    pub identification: u16,
}

impl Ipv4Envelope {
    /// Writes the header of a packet of `length` octets; `header` has 20.
    pub(crate) fn write(&self, header: &mut [u8], protocol: u8, length: usize) {
        /// Version 4, five words.
        const VERSION_IHL: u8 = 0x45;
        /// Class selector 6, internetwork control (RFC 9568 section 5.1.1 leaves it open, routers use this).
        const TOS: u8 = 0xc0;
        let length = u16::try_from(length).expect("any IPv4 packet of ours is short");
        let [length_high, length_low] = length.to_be_bytes();
        let [id_high, id_low] = self.identification.to_be_bytes();
        header[..12].copy_from_slice(&[
            VERSION_IHL,
            TOS,
            length_high,
            length_low,
            id_high,
            id_low,
            0,
            0,
            self.ttl,
            protocol,
            0,
            0,
        ]);
        header[12..16].copy_from_slice(&self.source.octets());
        header[16..20].copy_from_slice(&self.destination.octets());
        let checksum = !fold(sum(header));
        header[10..12].copy_from_slice(&checksum.to_be_bytes());
    }
}

/// Writes the IPv6 header of a packet with `payload` octets after it.
pub(crate) fn write_ipv6_header(
    header: &mut [u8; IPV6_HEADER_LENGTH],
    source: Ipv6Addr,
    destination: Ipv6Addr,
    payload: usize,
) {
    /// Version 6, traffic class 0xc0 (internetwork control), flow label 0.
    const VERSION_CLASS_FLOW: [u8; 4] = [0x6c, 0, 0, 0];
    let payload = u16::try_from(payload).expect("any IPv6 packet of ours is short");
    header[..4].copy_from_slice(&VERSION_CLASS_FLOW);
    header[4..6].copy_from_slice(&payload.to_be_bytes());
    header[6] = IP_PROTOCOL;
    header[7] = HOP_LIMIT;
    header[8..24].copy_from_slice(&source.octets());
    header[24..].copy_from_slice(&destination.octets());
}
