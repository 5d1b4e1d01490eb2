//! Destinations: the servers of a service.

use std::net::IpAddr;

/// What tells a destination of a service apart: all that a deletion needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_structs, reason = "what the kernel has")]
pub struct DestinationKey {
    /// Its address.
    pub address: IpAddr,
    /// Its port; 0 for that of the connection.
    pub port: u16,
}

impl DestinationKey {
    /// An address and a port.
    pub fn new(address: impl Into<IpAddr>, port: u16) -> Self {
        Self { address: address.into(), port }
    }
}

/// A destination with its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destination {
    /// What tells it apart.
    pub key: DestinationKey,
    /// How packets reach it.
    pub forwarding: Forwarding,
    /// Its share; 0 for no new connections. The kernel refuses what is negative
    /// ([`ChangeError::Weight`](crate::ChangeError::Weight)).
    pub weight: i32,
    /// From so many connections on it gets no new ones; 0 for no limit.
    pub upper_threshold: u32,
    /// Until it has so few again; 0 for three quarters of the upper one.
    pub lower_threshold: u32,
}

impl Destination {
    /// A destination of weight 1 without thresholds.
    pub fn new(key: DestinationKey, forwarding: Forwarding) -> Self {
        Self { key, forwarding, weight: 1, upper_threshold: 0, lower_threshold: 0 }
    }

    /// With another weight.
    #[must_use]
    pub fn weight(mut self, weight: i32) -> Self {
        self.weight = weight;
        self
    }
}

/// How packets reach a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Forwarding {
    /// Its address is written into them, and the answers come back this way.
    Masquerade,
    /// This machine itself.
    Local,
    /// They are packed into packets to it.
    Tunnel(Tunnel),
    /// They are sent to its link-layer address as they are.
    DirectRouting,
    /// They go on to where they were sent, for transparent caches.
    Bypass,
}

/// How packets are packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Tunnel {
    /// In IP.
    #[default]
    Ipip,
    /// In UDP (generic UDP encapsulation; Linux 5.3).
    Gue {
        /// To this port.
        port: u16,
        /// With this checksum.
        checksum: TunnelChecksum,
    },
    /// In GRE (Linux 5.3).
    Gre {
        /// With this checksum; [`TunnelChecksum::Remote`] is for GUE only, and refused.
        checksum: TunnelChecksum,
    },
}

/// The checksum of a tunnel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the flags of the kernel")]
pub enum TunnelChecksum {
    /// None.
    #[default]
    None,
    /// One over the outer packet.
    Checksum,
    /// Made by the receiver (remote checksum offload).
    Remote,
}
