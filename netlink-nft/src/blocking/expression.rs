//! What the rules look at.

use netlink_conn::Request;

use super::elements::Set;
use crate::attribute::{number, text};
use crate::expression::{compare, expression, load_meta, load_payload};
use crate::family::Family;
use crate::uapi;

/// Which way packets go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// To this machine.
    In,
    /// From this machine.
    Out,
}

impl Direction {
    pub(crate) const ALL: [Self; 2] = [Self::In, Self::Out];

    /// Name of the chain.
    pub(crate) fn chain(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }

    pub(crate) fn hook(self) -> u32 {
        match self {
            Self::In => uapi::NF_INET_LOCAL_IN,
            Self::Out => uapi::NF_INET_LOCAL_OUT,
        }
    }
}

/// Loads our side's address: the destination of what comes in, the source of what goes out.
pub(crate) fn load_address(list: &mut Request<'_>, family: Family, direction: Direction) {
    let offset = match (family, direction) {
        // RFC 791 section 3.1.
        (Family::Ipv4, Direction::In) => 16,
        (Family::Ipv4, Direction::Out) => 12,
        // RFC 8200 section 3.
        (Family::Ipv6, Direction::In) => 24,
        (Family::Ipv6, Direction::Out) => 8,
    };
    let length = family.address_length();
    load_payload(list, uapi::NFT_PAYLOAD_NETWORK_HEADER, offset, length, uapi::NFT_REG_1);
}

/// Loads the interface into the register after that of an IPv6 address.
pub(crate) fn load_interface(list: &mut Request<'_>, direction: Direction, by_index: bool) {
    let key = match (direction, by_index) {
        (Direction::In, true) => uapi::NFT_META_IIF,
        (Direction::In, false) => uapi::NFT_META_IIFNAME,
        (Direction::Out, true) => uapi::NFT_META_OIF,
        (Direction::Out, false) => uapi::NFT_META_OIFNAME,
    };
    load_meta(list, key, uapi::NFT_REG_2);
}

/// Goes on with the rule only when what was loaded is in the set.
pub(crate) fn lookup(list: &mut Request<'_>, set: Set) {
    expression(list, "lookup", |data| {
        text(data, uapi::NFTA_LOOKUP_SET, set.name());
        number(data, uapi::NFTA_LOOKUP_SREG, uapi::NFT_REG_1);
    });
}

/// Goes on with the rule only for neighbour discovery (RFC 4861 section 4).
pub(crate) fn is_neighbour_discovery(list: &mut Request<'_>) {
    load_meta(list, uapi::NFT_META_L4PROTO, uapi::NFT_REG_1);
    compare(list, uapi::NFT_CMP_EQ, uapi::IPPROTO_ICMPV6);
    load_payload(list, uapi::NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, uapi::NFT_REG_1);
    compare(list, uapi::NFT_CMP_GTE, uapi::ND_ROUTER_SOLICIT);
    compare(list, uapi::NFT_CMP_LTE, uapi::ND_NEIGHBOR_ADVERT);
}
