//! What gets a mark.

use std::net::IpAddr;
use std::num::{NonZeroU16, NonZeroU32};

use crate::uapi;

/// A protocol with ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

impl Transport {
    /// Its map in the table.
    pub(crate) fn map(self) -> &'static str {
        match self {
            Self::Tcp => "tcp_map",
            Self::Udp => "udp_map",
            Self::Sctp => "sctp_map",
        }
    }

    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Tcp => uapi::IPPROTO_TCP,
            Self::Udp => uapi::IPPROTO_UDP,
            Self::Sctp => uapi::IPPROTO_SCTP,
        }
    }
}

/// Packets that get a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Marked {
    /// Their protocol.
    pub transport: Transport,
    /// The first of the addresses that they go to.
    pub first: IpAddr,
    /// The last of these addresses, of the same family and not below the first.
    pub last: IpAddr,
    /// The port that they go to; `None` for every port.
    pub port: Option<NonZeroU16>,
    /// The mark.
    pub mark: NonZeroU32,
}

impl Marked {
    /// Packets to these addresses.
    pub fn new(
        transport: Transport,
        first: IpAddr,
        last: IpAddr,
        port: Option<NonZeroU16>,
        mark: NonZeroU32,
    ) -> Self {
        Self { transport, first, last, port, mark }
    }
}
