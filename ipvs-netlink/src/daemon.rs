//! The sync daemon, which tells other directors of connections.

use std::net::IpAddr;

use crate::name::Name;

/// Which side of the sync daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the two sides")]
pub enum DaemonRole {
    /// It sends what it has.
    Master,
    /// It receives.
    Backup,
}

/// A sync daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Daemon {
    /// Which side.
    pub role: DaemonRole,
    /// The interface that it uses.
    pub interface: Name,
    /// What others are to have as well, 0 to 255.
    pub id: u8,
    /// Octets of a packet; `None` for what the interface takes.
    pub longest: Option<u16>,
    /// The multicast group (default: 224.0.0.81).
    pub group: Option<IpAddr>,
    /// The port (default: 8848).
    pub port: Option<u16>,
    /// The TTL (default: 1).
    pub ttl: Option<u8>,
}

impl Daemon {
    /// One with the kernel's defaults.
    pub fn new(role: DaemonRole, interface: Name, id: u8) -> Self {
        Self { role, interface, id, longest: None, group: None, port: None, ttl: None }
    }
}
