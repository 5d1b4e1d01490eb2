//! A route: `struct rtmsg` and its attributes.

mod encapsulation;
mod kind;
mod message;
mod metrics;
mod next_hop;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::address::Scope;
use crate::attribute::{Prefix, check_prefix_length, narrowing};
use crate::error::OutOfRange;

pub use encapsulation::Encapsulation;
pub use kind::{Insertion, Preference, RouteKind};
pub use metrics::{Metric, MetricSet, Metrics};
pub use next_hop::NextHop;

/// A route.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Route {
    /// The network that it leads to; all bits zero and a length of 0 for the default route.
    pub destination: IpAddr,
    /// Bits of the network: 0 to 32, or 0 to 128.
    pub prefix_length: u8,
    /// What it does with packets.
    pub kind: RouteKind,
    /// The next router. One of the other family than the destination needs an interface.
    pub gateway: Option<IpAddr>,
    /// Index of the interface that packets leave through.
    pub interface: Option<u32>,
    /// Several next routers or interfaces, between which packets are shared out; then there is no other
    /// gateway, interface and encapsulation.
    pub next_hops: Vec<NextHop>,
    /// What packets are wrapped in.
    pub encapsulation: Option<Encapsulation>,
    /// It is for packets from this network alone; IPv6 only.
    pub from: Option<(IpAddr, u8)>,
    /// The source address of this machine's own packets.
    pub source: Option<IpAddr>,
    /// The table; 254 is `main`.
    pub table: u32,
    /// Among routes to the same network the lowest is taken. 0 is the kernel's own choice: 0 in IPv4,
    /// 1024 in IPv6.
    pub metric: u32,
    /// Type of service that it is for.
    pub tos: u8,
    /// How far away the destination is; IPv4 only. `None` is what follows from the rest.
    pub scope: Option<Scope>,
    /// Who put it there (`RTPROT_…`).
    pub protocol: u8,
    /// The gateway is on the link, whatever the addresses say.
    pub is_on_link: bool,
    /// The MTU towards the destination, in octets.
    pub mtu: Option<u32>,
    /// What else connections begin with.
    pub metrics: Metrics,
    /// The realm of the source and, in the lower 16 bits, that of the destination (`RTA_FLOW`); IPv4 only.
    pub realms: Option<u32>,
    /// How much the router is preferred; IPv6 only. `None` is medium.
    pub preference: Option<Preference>,
    /// For how many seconds it stays; IPv6 only. `None` is for ever.
    pub expires: Option<u32>,
    /// Whether the TTL goes over into the labels and back, where the kernel has MPLS; it is not read back.
    pub ttl_propagate: Option<bool>,
    /// Where it goes among those that it equals in rank; it is not read back.
    pub insertion: Insertion,
}

impl Route {
    /// The table `main`.
    pub const MAIN: u32 = 254;

    /// A route in the table `main` that is still without a gateway or an interface.
    ///
    /// # Errors
    /// [`OutOfRange`] for a prefix length that the family does not have.
    pub fn new(destination: IpAddr, prefix_length: u8) -> Result<Self, OutOfRange> {
        check_prefix_length(destination, prefix_length)?;
        Ok(Self {
            destination: network(destination, prefix_length),
            prefix_length,
            kind: RouteKind::Unicast,
            gateway: None,
            interface: None,
            next_hops: Vec::new(),
            encapsulation: None,
            from: None,
            source: None,
            table: Self::MAIN,
            metric: 0,
            tos: 0,
            scope: None,
            protocol: 0,
            is_on_link: false,
            mtu: None,
            metrics: Metrics::default(),
            realms: None,
            preference: None,
            expires: None,
            ttl_propagate: None,
            insertion: Insertion::Usual,
        })
    }

    /// Whether both are the same entry of the routing tables: what the kernel tells routes apart by.
    ///
    /// An IPv6 route that was put before or behind another one is the same as one of its next hops.
    pub fn is_same(&self, other: &Self) -> bool {
        let metric = |route: &Self| match (route.metric, route.destination) {
            (0, IpAddr::V6(_)) => 1024,
            (metric, _) => metric,
        };
        let from = |route: &Self| -> Option<Prefix> {
            let (address, length) = narrowing(route.from)?;
            route.destination.is_ipv6().then(|| (network(address, length), length))
        };
        let key = |route: &Self| {
            (route.destination, route.prefix_length, route.table, metric(route), route.tos)
        };
        key(self) == key(other)
            && self.kind == other.kind
            && from(self) == from(other)
            && self.has_hops_of(other)
    }

    /// Whether both lead the same ways, in whatever order.
    fn has_hops_of(&self, other: &Self) -> bool {
        let (mut fewer, mut more) = (self.hops(), other.hops());
        if fewer.len() > more.len() {
            (fewer, more) = (more, fewer);
        }
        let are_among = |some: &[NextHop], all: &[NextHop]| {
            some.iter().all(|hop| all.iter().any(|other| other.is_same(hop)))
        };
        let joins =
            |route: &Self| matches!(route.insertion, Insertion::Prepend | Insertion::Append);
        let is_joined = self.destination.is_ipv6() && (joins(self) || joins(other));
        are_among(&fewer, &more)
            && (is_joined || (fewer.len() == more.len() && are_among(&more, &fewer)))
    }

    /// All its ways; the gateway and the interface are one.
    fn hops(&self) -> Vec<NextHop> {
        match self.next_hops.as_slice() {
            [] => {
                let encapsulation = self.encapsulation.clone();
                vec![NextHop { encapsulation, ..NextHop::new(self.gateway, self.interface) }]
            }
            // The only one has no share, and the kernel tells it like a gateway.
            [hop] => vec![NextHop { weight: 1, ..hop.clone() }],
            hops => hops.to_vec(),
        }
    }
}

/// The address with the bits of the host cleared: the kernel refuses others.
fn network(address: IpAddr, length: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32u32.saturating_sub(length.into())).unwrap_or(0);
            Ipv4Addr::from(u32::from(address) & mask).into()
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128u32.saturating_sub(length.into())).unwrap_or(0);
            Ipv6Addr::from(u128::from(address) & mask).into()
        }
    }
}
