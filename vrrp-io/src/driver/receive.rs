//! From sockets to routers.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use vrrp_fsm::proto::{Datagram, DecodeError, Demands, Endpoints, ErrorKind, Packet, Vrid};
use vrrp_fsm::{Input, Timestamp};

use super::{Driver, Key};
use crate::config::{Delivery, RouterConfig};
use crate::socket::Received;

/// A flood is taken in pieces of so many calls of 32 datagrams. That is more than the receive buffer
/// holds, so an advertisement that was there when a timer expired is found before it.
const CALLS: usize = 64;

/// Received packets, and those that were refused before a router could be found (the global
/// counters of RFC 8347). The routers' own are in [`Stats`](vrrp_fsm::Stats).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Datagrams received.
    pub received: u64,
    /// Refused: checksum.
    pub checksum_errors: u64,
    /// Refused: version.
    pub version_errors: u64,
    /// Refused: no router has this VRID here.
    pub vrid_errors: u64,
    /// Refused: TTL or hop limit.
    pub ttl_errors: u64,
    /// Refused: any other check of the packet.
    pub other_errors: u64,
    /// Refused: sent to this machine alone and the router speaks to a group, or the other way round.
    pub unexpected_unicast: u64,
    /// Refused: not sent by one of the router's unicast peers.
    pub unknown_peers: u64,
}

impl Driver {
    /// Takes what is in the socket with this token.
    pub(super) fn receive_from(&mut self, token: u64) {
        let (place, kind) = ((token / 4) as usize, (token % 4) as usize);
        for _ in 0..CALLS {
            let now = self.now();
            if place >= self.interfaces.len() {
                return;
            }
            let Some(socket) = self.interfaces[place].sockets.receiving(kind) else { return };
            let (routers, instances, counters, duties) =
                (&mut self.routers, &mut self.instances, &mut self.counters, &mut self.duties);
            let (unknown, interface) = (&mut self.unknown, &self.interfaces[place].name);
            let received = self.receiver.receive(socket, |datagram| {
                counters.received += 1;
                let mut handle = |key: Key, input: Input<'_>| {
                    if let Some(actions) = routers.handle(now, &key, input)
                        && !actions.is_empty()
                    {
                        duties.add(key, actions);
                    }
                    // Before the next packet: it may be for one that is to follow.
                    while let Some((key, actions)) = routers.follow_up(now) {
                        duties.add(key, actions);
                    }
                };
                let datagram = match datagram {
                    Ok(datagram) => datagram,
                    Err(error) => return count(counters, &error),
                };
                let key = |vrid: u8| {
                    let vrid = Vrid::new(vrid).ok()?;
                    let is_ipv6 = matches!(datagram.endpoints(), Endpoints::V6 { .. });
                    Some(Key { interface: place, is_ipv6, vrid })
                };
                let Some((key, instance)) = datagram
                    .claimed_vrid()
                    .and_then(key)
                    .and_then(|key| Some((key, instances.get_mut(&key)?)))
                else {
                    counters.vrid_errors += 1;
                    if let (Some(unknown), Some(vrid)) = (unknown.as_mut(), datagram.claimed_vrid())
                    {
                        let source = datagram.endpoints().source();
                        tell_unknown(unknown, (place, vrid), source, interface, now);
                    }
                    return;
                };
                let demands = match demands(&instance.config, &datagram) {
                    Ok(demands) => instance.proof.demands(demands),
                    Err(NotForUs::Destination) => {
                        counters.unexpected_unicast += 1;
                        return;
                    }
                    Err(NotForUs::Source) => {
                        counters.unknown_peers += 1;
                        return;
                    }
                };
                let advertisement = Packet::decode(&datagram, &demands)
                    .and_then(|packet| instance.proof.advertisement(&packet));
                match advertisement {
                    Ok(advertisement) => {
                        let source = datagram.endpoints().source();
                        handle(key, Input::Advertisement { source, advertisement: &advertisement });
                    }
                    Err(error) => {
                        count(counters, &error);
                        handle(key, Input::Rejected(error.kind()));
                    }
                }
            });
            match received {
                Ok(Received::Some) => {}
                Ok(Received::All) => return,
                Err(error) => {
                    // An interface that goes down says so here as well as by netlink.
                    tracing::debug!(%error, "receive");
                    return;
                }
            }
        }
    }
}

/// Once a minute is enough, and there are at most 255 of an interface.
fn tell_unknown(
    unknown: &mut BTreeMap<(usize, u8), Timestamp>,
    router: (usize, u8),
    source: IpAddr,
    interface: &str,
    now: Timestamp,
) {
    const PAUSE: Duration = Duration::from_secs(60);
    if unknown.get(&router).is_none_or(|told| *told + PAUSE <= now) {
        unknown.insert(router, now);
        let vrid = router.1;
        tracing::info!(interface, vrid, %source, "a virtual router that is not here");
    }
}

enum NotForUs {
    Destination,
    Source,
}

/// What is demanded of a packet, by whom it is from and to.
fn demands(config: &RouterConfig, datagram: &Datagram<'_>) -> Result<Demands, NotForUs> {
    let demands = Demands::new().checksum(config.accepted_checksum);
    let demands = demands.no_addresses(config.router.only_elects());
    let destination = datagram.endpoints().destination();
    match &config.delivery {
        Delivery::Multicast(group) if *group == destination => Ok(demands),
        Delivery::Multicast(_) => Err(NotForUs::Destination),
        Delivery::Unicast(_) if destination.is_multicast() => Err(NotForUs::Destination),
        Delivery::Unicast(unicast) => match unicast.peer(datagram.endpoints().source()) {
            Some(peer) => Ok(demands.hop_limit(*peer.ttl.start(), *peer.ttl.end())),
            None if !unicast.checks_source => Ok(demands.hop_limit(0, u8::MAX)),
            None => Err(NotForUs::Source),
        },
    }
}

fn count(counters: &mut Counters, error: &DecodeError) {
    let counter = match error.kind() {
        ErrorKind::Checksum => &mut counters.checksum_errors,
        ErrorKind::Version => &mut counters.version_errors,
        ErrorKind::HopLimit => &mut counters.ttl_errors,
        ErrorKind::Vrid => &mut counters.vrid_errors,
        _ => &mut counters.other_errors,
    };
    *counter += 1;
}
