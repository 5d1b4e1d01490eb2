//! Packets: whose are taken, and what they say.

use std::net::IpAddr;

use vrrp_fsm::Input;
use vrrp_fsm::proto::{Datagram, Demands, Endpoints, HOP_LIMIT, Packet};

use super::authenticity::Authenticity;
use super::{Machine, Sent};
use crate::described::{Delivery, Described};
use crate::mistake::Mistake;
use crate::observer::{Moment, Observer};
use crate::packet::endpoints;

/// A packet that a machine receives.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "what a world knows of it")]
pub struct Arrived<'a> {
    /// The packet.
    pub octets: &'a [u8],
    /// Whether it has to be refused.
    pub is_forged: bool,
}

/// Another router, on its machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer {
    pub(super) machine: usize,
    pub(super) address: IpAddr,
}

/// To whom a router sends, when not to the group.
pub(super) fn peers(all: &[Described], router: &Described) -> Vec<Peer> {
    match router.delivery {
        Delivery::Multicast => Vec::new(),
        Delivery::Unicast { .. } => {
            let peer = |other: &Described| Peer { machine: other.machine, address: other.address };
            router.peers(all).map(peer).collect()
        }
    }
}

impl Machine {
    /// A packet has arrived from a LAN.
    pub fn receive(
        &mut self,
        lan: u8,
        arrived: Arrived<'_>,
        at: Moment,
        observer: &mut Observer,
    ) -> Vec<Sent> {
        let mut sent = Vec::new();
        let Ok(datagram) = Datagram::from_ip(arrived.octets) else { return sent };
        let endpoints = datagram.endpoints();
        let is_ipv6 = endpoints.source().is_ipv6();
        let Some(vrid) = datagram.claimed_vrid() else { return sent };
        let Some(router) = self.router((lan, is_ipv6, vrid)) else { return sent };
        let Some(demands) = self.demands(router, &endpoints) else { return sent };
        let Some(place) = self.place(router) else { return sent };
        let authenticity = self.authenticities[place].as_deref_mut();
        let decoded = Packet::decode(&datagram, &demands)
            .and_then(|packet| Authenticity::advertisement(authenticity, &packet));
        match decoded {
            Ok(advertisement) => {
                if arrived.is_forged {
                    observer.moved_by_rejected(router, at);
                }
                let (source, advertisement) = (endpoints.source(), &advertisement);
                let input = Input::Advertisement { source, advertisement };
                self.give(router, at, input, observer, &mut sent);
            }
            Err(error) => {
                let input = Input::Rejected(error.kind());
                self.give(router, at, input, observer, &mut sent);
            }
        }
        sent
    }

    /// What is demanded of a packet; `None` when it is not for this router, or from a stranger.
    fn demands(&self, router: usize, between: &Endpoints) -> Option<Demands> {
        let described = &self.all[router];
        let least = match (self.mistake, described.delivery) {
            (Some(Mistake::IgnoresHopLimit), _) => 0,
            (_, Delivery::Unicast { least_hop_limit }) => least_hop_limit,
            (_, Delivery::Multicast) => HOP_LIMIT,
        };
        let is_to = |own| *between == endpoints(between.source(), own);
        match described.delivery {
            Delivery::Multicast => is_to(None).then(|| Demands::new().hop_limit(least, u8::MAX)),
            Delivery::Unicast { .. } => {
                let peers = &self.peers[self.place(router)?];
                let is_known = peers.iter().any(|peer| peer.address == between.source())
                    || self.mistake == Some(Mistake::BelievesStrangers);
                let is_ours = is_to(Some(described.address))
                    || is_to(None) && self.mistake == Some(Mistake::HearsTheGroup);
                (is_ours && is_known).then(|| Demands::new().hop_limit(least, u8::MAX))
            }
        }
    }
}
