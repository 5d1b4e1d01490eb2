//! Services: what clients connect to.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;

use crate::flags::ServiceFlags;
use crate::name::Name;
use crate::scheduler::Scheduler;

/// The protocol of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

/// `TCP`, `UDP`, `SCTP`.
impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
        })
    }
}

/// The family of a service by firewall mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the two families of IPVS")]
pub enum Family {
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
}

/// What tells a service apart: all that a deletion needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the two kinds of services")]
pub enum ServiceKey {
    /// By address.
    Address {
        /// Its protocol.
        protocol: Protocol,
        /// Its address.
        address: IpAddr,
        /// Its port; 0 for all ports, which makes sense for a persistent service only.
        port: u16,
    },
    /// All packets that netfilter has marked with this number.
    FirewallMark {
        /// Of this family.
        family: Family,
        /// The mark.
        mark: NonZeroU32,
    },
}

impl ServiceKey {
    /// A service of TCP.
    pub fn tcp(address: impl Into<IpAddr>, port: u16) -> Self {
        Self::Address { protocol: Protocol::Tcp, address: address.into(), port }
    }

    /// A service of UDP.
    pub fn udp(address: impl Into<IpAddr>, port: u16) -> Self {
        Self::Address { protocol: Protocol::Udp, address: address.into(), port }
    }

    /// Whether it is by mark and not by address.
    pub fn is_by_mark(&self) -> bool {
        matches!(self, Self::FirewallMark { .. })
    }

    /// Its family.
    pub fn family(&self) -> Family {
        match self {
            Self::Address { address: IpAddr::V4(_), .. } => Family::Ipv4,
            Self::Address { address: IpAddr::V6(_), .. } => Family::Ipv6,
            Self::FirewallMark { family, .. } => *family,
        }
    }
}

/// A service with its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// What tells it apart.
    pub key: ServiceKey,
    /// How it chooses; `None` for not at all, so that connections fail (Linux 4.4).
    pub scheduler: Option<Scheduler>,
    /// Its flags.
    pub flags: ServiceFlags,
    /// That connections of a client go where those before went.
    pub persistence: Option<Persistence>,
    /// The engine that tells connections apart by more than addresses, such as `sip`.
    pub engine: Option<Name>,
}

impl Service {
    /// A service with a scheduler and nothing else.
    pub fn new(key: ServiceKey, scheduler: Scheduler) -> Self {
        let (flags, persistence, engine) = (ServiceFlags::NONE, None, None);
        Self { key, scheduler: Some(scheduler), flags, persistence, engine }
    }
}

/// That connections of a client go where those before went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "what the kernel has")]
pub struct Persistence {
    /// For so many seconds after the last one, 1 to 2,678,400.
    pub seconds: u32,
    /// Which clients are taken for one.
    pub granularity: Granularity,
}

/// Which clients are taken for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the two families of IPVS")]
pub enum Granularity {
    /// IPv4: those whose addresses are the same under this mask.
    Netmask(Ipv4Addr),
    /// IPv6: those whose addresses begin with so many same bits, 1 to 128.
    PrefixLength(u8),
}

impl Granularity {
    /// Every client for itself.
    pub fn host(family: Family) -> Self {
        match family {
            Family::Ipv4 => Self::Netmask(Ipv4Addr::BROADCAST),
            Family::Ipv6 => Self::PrefixLength(128),
        }
    }
}
