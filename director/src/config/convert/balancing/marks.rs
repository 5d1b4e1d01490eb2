//! `nftables_ipvs`: a group becomes one service, by a mark.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::num::NonZeroU16;

use ipvs_netlink::{Family, Service, ServiceKey};
use keepalived_conf::model::{
    NftablesIpvs, ServerGroup, ServiceName, TransportProtocol, VirtualServer,
};
use keepalived_conf::{Diagnostics, Severity};
use netlink_nft::Transport;

use super::{Shared, service};
use crate::config::marks::{MarkedRange, PlannedMarking};

/// Which addresses and ports have a group already.
pub(super) struct Marks<'a> {
    nftables: Option<&'a NftablesIpvs>,
    groups: &'a [ServerGroup],
    claimed: BTreeMap<Transport, Claimed>,
}

/// Ranges by their port, each from its first address to its last.
#[derive(Default)]
struct Claimed(BTreeMap<Option<NonZeroU16>, BTreeMap<IpAddr, IpAddr>>);

/// What a block gets.
pub(super) enum Marking {
    /// One service for each family, by a mark, and what is marked.
    Marked(Vec<Service>, Box<PlannedMarking>),
    /// What it says.
    Plain,
    /// Nothing, which was told.
    Refused,
}

impl<'a> Marks<'a> {
    pub(super) fn new(shared: &Shared<'a>) -> Self {
        let nftables = shared.lvs.nftables.as_ref();
        Self { nftables, groups: shared.groups, claimed: BTreeMap::new() }
    }

    /// What a block gets. A group with a mark in it gets no other, as in keepalived.
    pub(super) fn of(&mut self, line: &VirtualServer, diagnostics: &mut Diagnostics) -> Marking {
        let Some(nftables) = self.nftables else { return Marking::Plain };
        let names = service::names(line, self.groups);
        let address = |name: &ServiceName| match name {
            ServiceName::Address { address, port } => Some((*address, NonZeroU16::new(*port))),
            _ => None,
        };
        let addresses: Vec<_> = names.iter().filter_map(address).collect();
        let is_marked =
            matches!(line.name, ServiceName::Group(_)) && addresses.len() == names.len();
        let transport = match line.protocol {
            Some(TransportProtocol::Tcp) => Transport::Tcp,
            Some(TransportProtocol::Sctp) => Transport::Sctp,
            _ => Transport::Udp,
        };
        let ranges = ranges(&addresses);
        let mut refuse = |message: String, help: &str| {
            diagnostics.add(Severity::Error, Some(line.span), message, Some(help.to_owned()));
        };
        let name = &line.name;
        let claimed = self.claimed.entry(transport).or_default();
        // A packet has one mark, and IPVS looks for that first: of two blocks one would get nothing.
        if let Some(range) = ranges.iter().find(|range| claimed.has(range)) {
            let message = format!("virtual_server {name}: {range} is in another virtual_server");
            refuse(message, "with nftables_ipvs it can be in one; it is left out");
            return Marking::Refused;
        }
        ranges.iter().for_each(|range| claimed.add(range));
        if !is_marked {
            return Marking::Plain;
        }
        if line.persistence.is_none() && ranges.iter().any(|range| range.port.is_none()) {
            let message = format!("virtual_server {name} has port 0 and no persistence_timeout");
            refuse(message, "IPVS has all ports for persistent services only; it is left out");
            return Marking::Refused;
        }
        let families: BTreeSet<Family> = ranges
            .iter()
            .map(|range| if range.first.is_ipv4() { Family::Ipv4 } else { Family::Ipv6 })
            .collect();
        let key = |family| ServiceKey::FirewallMark { family, mark: nftables.first_mark };
        let services = families
            .into_iter()
            .filter_map(|family| service::service(line, key(family), diagnostics))
            .collect();
        let group = name.to_string();
        Marking::Marked(services, Box::new(PlannedMarking { group, transport, ranges }))
    }
}

impl Claimed {
    fn has(&self, range: &MarkedRange) -> bool {
        let meets = |ranges: &BTreeMap<IpAddr, IpAddr>| {
            let before = ranges.range(..=range.last).next_back();
            before.is_some_and(|(_, last)| *last >= range.first)
        };
        match range.port {
            None => self.0.values().any(meets),
            port => [None, port].iter().filter_map(|port| self.0.get(port)).any(meets),
        }
    }

    fn add(&mut self, range: &MarkedRange) {
        self.0.entry(range.port).or_default().insert(range.first, range.last);
    }
}

/// Neighbours come together, and nothing is there twice.
fn ranges(addresses: &[(IpAddr, Option<NonZeroU16>)]) -> Vec<MarkedRange> {
    let mut by_port: BTreeMap<Option<NonZeroU16>, BTreeSet<IpAddr>> = BTreeMap::new();
    for (address, port) in addresses {
        by_port.entry(*port).or_default().insert(*address);
    }
    let everywhere = by_port.get(&None).cloned().unwrap_or_default();
    let mut ranges: Vec<MarkedRange> = Vec::new();
    for (port, addresses) in by_port {
        for address in addresses {
            if port.is_some() && everywhere.contains(&address) {
                continue;
            }
            match ranges.last_mut() {
                Some(range) if range.port == port && next(range.last) == Some(address) => {
                    range.last = address;
                }
                _ => ranges.push(MarkedRange { first: address, last: address, port }),
            }
        }
    }
    ranges
}

fn next(address: IpAddr) -> Option<IpAddr> {
    Some(match address {
        IpAddr::V4(address) => IpAddr::V4(address.to_bits().checked_add(1)?.into()),
        IpAddr::V6(address) => IpAddr::V6(address.to_bits().checked_add(1)?.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(first: &str, last: &str, port: u16) -> MarkedRange {
        let (first, last) = (first.parse().unwrap(), last.parse().unwrap());
        MarkedRange { first, last, port: NonZeroU16::new(port) }
    }

    #[test]
    fn neighbours_come_together() {
        let addresses = [
            ("10.0.0.2", 80),
            ("10.0.0.1", 80),
            ("10.0.0.4", 80),
            ("10.0.0.5", 81),
            ("10.0.0.1", 80),
            ("255.255.255.255", 80),
            ("::", 80),
            ("10.0.0.7", 0),
            ("10.0.0.7", 81),
        ];
        let addresses =
            addresses.map(|(text, port)| (text.parse().unwrap(), NonZeroU16::new(port)));
        let expected = [
            range("10.0.0.7", "10.0.0.7", 0),
            range("10.0.0.1", "10.0.0.2", 80),
            range("10.0.0.4", "10.0.0.4", 80),
            range("255.255.255.255", "255.255.255.255", 80),
            range("::", "::", 80),
            range("10.0.0.5", "10.0.0.5", 81),
        ];
        assert_eq!(ranges(&addresses), expected);
    }

    #[test]
    fn ranges_that_meet_are_found() {
        let mut claimed = Claimed::default();
        claimed.add(&range("10.0.0.10", "10.0.0.20", 80));
        claimed.add(&range("10.0.0.30", "10.0.0.30", 0));
        for (first, last, port, meets) in [
            ("10.0.0.1", "10.0.0.9", 80, false),
            ("10.0.0.1", "10.0.0.10", 80, true),
            ("10.0.0.12", "10.0.0.13", 80, true),
            ("10.0.0.1", "10.0.0.99", 80, true),
            ("10.0.0.20", "10.0.0.99", 0, true),
            ("10.0.0.21", "10.0.0.29", 0, false),
            ("10.0.0.12", "10.0.0.13", 81, false),
            ("10.0.0.30", "10.0.0.30", 81, true),
        ] {
            assert_eq!(claimed.has(&range(first, last, port)), meets, "{first}-{last} {port}");
        }
    }
}
