//! The Internet checksum over a VRRP message, in the forms that the RFCs and their readers gave it.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::{IP_PROTOCOL, MULTICAST_IPV4};

/// Which octets the checksum of a VRRPv3 advertisement over IPv4 covers.
///
/// RFC 9568 section 5.2.8 says the message alone; RFC 5798 was read as message and pseudo-header, and
/// that is what keepalived, FRR, Wireshark and tcpdump expect. VRRPv2 has no pseudo-header, IPv6
/// always has one: this choice changes neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the readings of the RFCs that are deployed")]
pub enum ChecksumForm {
    /// With the IPv4 pseudo-header (RFC 5798, as deployed).
    #[default]
    Rfc5798,
    /// The VRRP message alone (RFC 9568).
    Rfc9568,
    /// With the pseudo-header of a multicast packet, whatever the destination: keepalived before
    /// 1.3.7 to unicast peers.
    ToGroup,
}

/// Which checksum of a received VRRPv3 advertisement over IPv4 is taken as valid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "one of the forms, two, or all")]
pub enum AcceptedChecksum {
    /// That of either RFC, so that peers of both readings are heard.
    #[default]
    Either,
    /// Any form.
    Any,
    /// Only this form.
    Only(ChecksumForm),
}

/// Source and destination of the IP packet around a message; the pseudo-header needs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "VRRP has the two address families")]
pub enum Endpoints {
    /// An IPv4 packet.
    V4 {
        /// Who sent it.
        source: Ipv4Addr,
        /// The multicast group, or this router.
        destination: Ipv4Addr,
    },
    /// An IPv6 packet.
    V6 {
        /// Who sent it, a link-local address.
        source: Ipv6Addr,
        /// The multicast group, or this router.
        destination: Ipv6Addr,
    },
}

impl Endpoints {
    /// Who sent the packet.
    pub const fn source(&self) -> IpAddr {
        match *self {
            Self::V4 { source, .. } => IpAddr::V4(source),
            Self::V6 { source, .. } => IpAddr::V6(source),
        }
    }

    /// Whom it was sent to.
    pub const fn destination(&self) -> IpAddr {
        match *self {
            Self::V4 { destination, .. } => IpAddr::V4(destination),
            Self::V6 { destination, .. } => IpAddr::V6(destination),
        }
    }

    /// The same packet as it would be to the multicast group.
    pub(crate) fn to_group(self) -> Self {
        match self {
            Self::V4 { source, .. } => Self::V4 { source, destination: MULTICAST_IPV4 },
            Self::V6 { .. } => self,
        }
    }

    /// The pseudo-header's sum: RFC 1071 / RFC 9293 section 3.1 for IPv4, RFC 8200 section 8.1 for IPv6.
    #[inline]
    pub(crate) fn pseudo_header(&self, message_length: usize) -> u64 {
        let addresses = match self {
            Self::V4 { source, destination } => {
                u64::from(source.to_bits()) + u64::from(destination.to_bits())
            }
            Self::V6 { source, destination } => sum(&source.octets()) + sum(&destination.octets()),
        };
        addresses + u64::from(IP_PROTOCOL) + message_length as u64
    }
}

/// Sum of big-endian 32-bit words; congruent modulo 2^16 - 1 to the sum of 16-bit words.
///
/// An advertisement is at most 4096 octets, so 64 bits cannot overflow.
#[inline]
pub(crate) fn sum(octets: &[u8]) -> u64 {
    let mut total = sum_words(octets);
    let (_, rest) = octets.as_chunks::<4>();
    if !rest.is_empty() {
        let mut last = [0; 4];
        last[..rest.len()].copy_from_slice(rest);
        total += u64::from(u32::from_be_bytes(last));
    }
    total
}

/// As [`sum`], of octets whose number is a multiple of four: every part of a VRRP message.
#[inline]
pub(crate) fn sum_words(octets: &[u8]) -> u64 {
    let (words, _) = octets.as_chunks::<4>();
    words.iter().map(|word| u64::from(u32::from_be_bytes(*word))).sum()
}

/// Whether a sum over everything, the checksum included, is all ones once it is folded (RFC 1071
/// section 1). Folding is taking the remainder modulo 2^16 - 1, where all ones are zero; a sum that is
/// zero itself would be a message of zeros, which has no version.
#[inline]
pub(crate) fn is_valid(sum: u64) -> bool {
    sum.is_multiple_of(0xffff) && sum != 0
}

/// Folds a sum to 16 bits with end-around carry: each fold leaves at most one bit more, and the one after it none.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "it is folded to 16 bits")]
pub(crate) fn fold(sum: u64) -> u16 {
    let sum = (sum >> 32) + (sum & 0xffff_ffff);
    let sum = (sum >> 32) + (sum & 0xffff_ffff);
    let sum = (sum >> 16) + (sum & 0xffff);
    let sum = (sum >> 16) + (sum & 0xffff);
    sum as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_definition(octets: &[u8]) -> u16 {
        let mut total = 0u64;
        for pair in octets.chunks(2) {
            total += u64::from(pair[0]) << 8 | pair.get(1).copied().map_or(0, u64::from);
        }
        while total > 0xffff {
            total = (total >> 16) + (total & 0xffff);
        }
        u16::try_from(total).unwrap()
    }

    #[test]
    fn wide_words_give_the_sum_of_rfc_1071() {
        // RFC 1071 section 3: 00 01 f2 03 f4 f5 f6 f7 sums to ddf2.
        assert_eq!(fold(sum(&[0, 1, 0xf2, 3, 0xf4, 0xf5, 0xf6, 0xf7])), 0xddf2);
    }

    proptest::proptest! {
        #[test]
        fn equals_the_definition(octets in proptest::collection::vec(proptest::num::u8::ANY, 0..4100)) {
            proptest::prop_assert_eq!(fold(sum(&octets)), by_definition(&octets));
        }

        #[test]
        fn valid_is_all_ones(total in 0..=u64::MAX >> 8, exactly in 0..1u64 << 40) {
            for total in [total, exactly * 0xffff] {
                proptest::prop_assert_eq!(is_valid(total), fold(total) == 0xffff);
            }
        }
    }
}
