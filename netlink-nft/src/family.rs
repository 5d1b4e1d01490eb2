//! IPv4 and IPv6.

use std::fmt;

use crate::uapi;

/// A family of tables. Displayed as `nft` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "addresses have no other")]
pub enum Family {
    /// `ip`.
    Ipv4,
    /// `ip6`.
    Ipv6,
}

impl Family {
    pub(crate) const ALL: [Self; 2] = [Self::Ipv4, Self::Ipv6];

    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Ipv4 => uapi::NFPROTO_IPV4,
            Self::Ipv6 => uapi::NFPROTO_IPV6,
        }
    }

    /// Length of an address in octets.
    pub(crate) fn address_length(self) -> u32 {
        match self {
            Self::Ipv4 => 4,
            Self::Ipv6 => 16,
        }
    }

    /// What an address is for `nft`.
    pub(crate) fn address_type(self) -> u32 {
        match self {
            Self::Ipv4 => uapi::TYPE_IPADDR,
            Self::Ipv6 => uapi::TYPE_IP6ADDR,
        }
    }

    pub(crate) fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.number() == number)
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ipv4 => "ip",
            Self::Ipv6 => "ip6",
        })
    }
}
