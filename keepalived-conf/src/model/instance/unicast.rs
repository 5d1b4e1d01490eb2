//! `unicast_peer` and what belongs to it.

use std::net::IpAddr;

use super::reading::Reading;
use crate::tree::{Entry, Value};

/// `unicast_peer` and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unicast {
    /// The other routers.
    pub peers: Vec<Peer>,
    /// `unicast_ttl`.
    pub ttl: u8,
    /// `unicast_fault_no_peer`.
    pub needs_peer: bool,
    /// `old_unicast_checksum`: the checksum of VRRPv3 is that of a multicast packet.
    pub has_old_checksum: bool,
}

/// A line of `unicast_peer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Peer {
    /// Its address.
    pub address: IpAddr,
    /// `min_ttl`.
    pub min_ttl: u8,
    /// `max_ttl`.
    pub max_ttl: u8,
}

impl Reading<'_> {
    pub(super) fn unicast(&mut self) -> Option<Unicast> {
        let section = self.section;
        let is_unicast = section.has("unicast_peer")
            || section.has("unicast_src_ip")
            || section.has("unicast_fault_no_peer");
        if !is_unicast {
            return None;
        }
        let mut peers: Vec<Peer> = Vec::new();
        for line in section.lines("unicast_peer") {
            let Some(address) = line.at(0).and_then(Value::address) else { continue };
            let ttl = |option: &str, default: u8| {
                let value = line.option(option).and_then(Value::integer);
                value.and_then(|value| value.try_into().ok()).unwrap_or(default)
            };
            let peer = Peer { address, min_ttl: ttl("min_ttl", 0), max_ttl: ttl("max_ttl", 255) };
            if peer.min_ttl > peer.max_ttl {
                let message = format!("min_ttl {} is above max_ttl {}", peer.min_ttl, peer.max_ttl);
                self.diagnostics.error(line.span, message, "the peer is left out");
                continue;
            }
            if peers.iter().any(|other| other.address == address) {
                let message = format!("{address} is there twice");
                self.diagnostics.error(line.span, message, "the second line is left out");
                continue;
            }
            peers.push(peer);
        }
        if peers.is_empty() && !section.has("unicast_fault_no_peer") {
            // A source address alone is that of a multicast router.
            return None;
        }
        let ttl = section.integer("unicast_ttl").and_then(|ttl| ttl.try_into().ok());
        let old = section.get("old_unicast_checksum").and_then(Entry::values);
        Some(Unicast {
            peers,
            ttl: ttl.unwrap_or(255),
            needs_peer: section.has("unicast_fault_no_peer"),
            has_old_checksum: old.is_some_and(|values| values.at(0).is_none()),
        })
    }

    pub(super) fn check_peers(&mut self, is_ipv6: bool, peers: &mut Vec<Peer>) {
        peers.retain(|peer| {
            let is_ours = peer.address.is_ipv6() == is_ipv6;
            if !is_ours {
                let message =
                    format!("peer {} is of another family than the addresses", peer.address);
                self.diagnostics.error(self.span, message, "the peer is left out");
            }
            is_ours
        });
    }
}
