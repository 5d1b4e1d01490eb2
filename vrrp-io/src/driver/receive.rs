//! From sockets to routers.

use vrrp_fsm::Input;
use vrrp_fsm::proto::{
    Datagram, DecodeError, Demands, Endpoints, ErrorKind, MULTICAST_IPV4, MULTICAST_IPV6, Packet,
    Vrid,
};

use super::{Driver, Key};
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
    /// Refused: sent to this machine alone, and not by a unicast peer.
    pub unexpected_unicast: u64,
}

impl Driver {
    /// Takes what is in the socket with this token.
    pub(super) fn receive_from(&mut self, token: u64) {
        let (place, kind) = ((token / 4) as usize, (token % 4) as usize);
        for _ in 0..CALLS {
            let now = self.now();
            // Performed in their order after the call, because it borrows the buffers. Most packets
            // bring about nothing, and an empty vector has no memory.
            let mut duties = Vec::new();
            let Some(interface) = self.interfaces.get(place) else { return };
            let Some(socket) = interface.sockets.receiving(kind) else { return };
            let (routers, instances, counters) =
                (&mut self.routers, &mut self.instances, &mut self.counters);
            let received = self.receiver.receive(socket, |datagram| {
                counters.received += 1;
                let mut handle = |key: Key, input: Input<'_>| {
                    if let Some(actions) = routers.handle(now, &key, input)
                        && !actions.is_empty()
                    {
                        duties.push((key, actions));
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
                    return;
                };
                if !is_for_the_group(&datagram) {
                    counters.unexpected_unicast += 1;
                    return;
                }
                let demands = Demands::new().checksum(instance.config.accepted_checksum);
                let advertisement = Packet::decode(&datagram, &demands)
                    .and_then(|packet| instance.verifier.advertisement(&packet));
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
            for (key, actions) in duties {
                self.perform(key, actions);
            }
            match received {
                Ok(Received::Some(_)) => {}
                Ok(Received::Empty) => return,
                Err(error) => {
                    // An interface that goes down says so here as well as by netlink.
                    tracing::debug!(%error, "receive");
                    return;
                }
            }
        }
    }
}

fn is_for_the_group(datagram: &Datagram<'_>) -> bool {
    match datagram.endpoints() {
        Endpoints::V4 { destination, .. } => destination == MULTICAST_IPV4,
        Endpoints::V6 { destination, .. } => destination == MULTICAST_IPV6,
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
