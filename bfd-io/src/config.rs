//! What a session is told to be.

use std::net::IpAddr;

use bfd::{Config, HOP_LIMIT};

/// One session with one peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionConfig {
    pub(crate) peer: IpAddr,
    pub(crate) source: Option<IpAddr>,
    pub(crate) timers: Config,
    pub(crate) is_multihop: bool,
    pub(crate) hop_limit: u8,
    pub(crate) least_hop_limit: u8,
}

impl SessionConfig {
    /// A session over one hop: packets leave with TTL 255, and only those that arrive with it count.
    pub fn new(peer: IpAddr, timers: Config) -> Self {
        Self {
            peer,
            source: None,
            timers,
            is_multihop: false,
            hop_limit: HOP_LIMIT,
            least_hop_limit: HOP_LIMIT,
        }
    }

    /// The peer may be several hops away (RFC 5883): packets go to another port. How many routers may be
    /// between is said by [`hop_limits`](Self::hop_limits).
    #[must_use]
    pub fn multihop(mut self) -> Self {
        self.is_multihop = true;
        self
    }

    /// The peer.
    pub fn peer(&self) -> IpAddr {
        self.peer
    }

    /// Whether the peer may be several hops away.
    pub fn is_multihop(&self) -> bool {
        self.is_multihop
    }

    /// The address that packets leave from (default: what the routing tables say).
    #[must_use]
    pub fn source(mut self, source: IpAddr) -> Self {
        self.source = Some(source);
        self
    }

    /// The TTL or hop limit of our packets, and the least one with which those of the peer count (default: 255
    /// for both). Each router on the way takes one.
    #[must_use]
    pub fn hop_limits(mut self, ours: u8, least: u8) -> Self {
        self.hop_limit = ours;
        self.least_hop_limit = least;
        self
    }
}
