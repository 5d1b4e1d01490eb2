//! How an interface is, for the routers on it.

use std::collections::BTreeSet;
use std::net::IpAddr;

use netlink_addr::Address;

use super::interfaces::Interface;
use crate::config::{Delivery, RouterConfig};

/// How an interface is, for the routers on it. Made once for all of them.
pub(super) struct Outlook {
    pub(super) is_operational: bool,
    own: [Option<IpAddr>; 3],
    any: [Option<IpAddr>; 3],
    /// Those that VRRP did not put there.
    usable: BTreeSet<IpAddr>,
}

/// Among which addresses the source of advertisements is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Ipv4,
    Ipv6Link,
    /// Only to unicast peers with such addresses.
    Ipv6Global,
}

impl Scope {
    const ALL: [Self; 3] = [Self::Ipv4, Self::Ipv6Link, Self::Ipv6Global];

    fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::Ipv4,
            IpAddr::V6(address) if address.is_unicast_link_local() => Self::Ipv6Link,
            IpAddr::V6(_) => Self::Ipv6Global,
        }
    }

    /// That of the peers; of the group it is the link.
    fn for_router(config: &RouterConfig) -> Self {
        let peer = match &config.delivery {
            Delivery::Unicast(unicast) => unicast.peers.first().map(|peer| peer.address),
            Delivery::Multicast(_) => None,
        };
        match (config.router.is_ipv6(), peer) {
            (false, _) => Self::Ipv4,
            (true, Some(peer)) => Self::of(peer),
            (true, None) => Self::Ipv6Link,
        }
    }
}

impl Outlook {
    /// The first address that VRRP did not put there and the first of all, by family. Advertisements
    /// are sent from the former, for IPv6 a link-local one (RFC 9568 sections 5.1.1.1 and 5.1.2.1);
    /// the owner of the virtual addresses sends from the latter when it has no other. `installed` are
    /// virtual addresses that the kernel does not tell from others.
    pub(super) fn new(interface: &Interface, installed: &BTreeSet<IpAddr>) -> Self {
        let is_own = |address: &&Address| !installed.contains(&address.local);
        let others = || interface.others.iter().filter(|address| address.is_usable());
        let of = |scope: Scope| move |address: &IpAddr| Scope::of(*address) == scope;
        let own = |scope| others().filter(is_own).map(|a| a.local).find(of(scope));
        let any = |scope| {
            let all = interface.addresses().filter(|address| address.is_usable());
            all.map(|address| address.local).find(of(scope))
        };
        Self {
            is_operational: interface.is_operational(),
            own: Scope::ALL.map(own),
            any: Scope::ALL.map(any),
            usable: others().filter(is_own).map(|address| address.local).collect(),
        }
    }

    /// A source that serves is kept: the kernel lists addresses in an order of its own, and peers may know
    /// this one.
    pub(super) fn primary(
        &self,
        interface: &Interface,
        config: &RouterConfig,
        current: Option<IpAddr>,
    ) -> Option<IpAddr> {
        if let Some(source) = config.source {
            return (!config.tracks_source || interface.has_ip(source)).then_some(source);
        }
        let scope = Scope::for_router(config);
        if let Some(current) = current.filter(|current| Scope::of(*current) == scope)
            && self.usable.contains(&current)
        {
            return Some(current);
        }
        let scope = scope as usize;
        let is_owner = config.router.priority().is_owner();
        self.own[scope].or(self.any[scope].filter(|_| is_owner))
    }
}
