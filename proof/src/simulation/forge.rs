//! Packets that nobody honest sends, and that every check refuses.

use std::net::IpAddr;

use vrrp_fsm::VirtualRouter;
use vrrp_fsm::proto::{HOP_LIMIT, Priority};

use crate::described::{Delivery, Described};
use crate::packet::{encode, endpoints};

/// What is wrong with one.
enum Wrong {
    HopLimit,
    Checksum,
    Type,
    Version,
    Length,
    /// Nothing, but it is from a stranger.
    Source,
    /// Nothing, but it is to the group.
    Destination,
}

const EVERYWHERE: [Wrong; 5] =
    [Wrong::HopLimit, Wrong::Checksum, Wrong::Type, Wrong::Version, Wrong::Length];
const AMONG_PEERS: [Wrong; 7] = [
    Wrong::HopLimit,
    Wrong::Checksum,
    Wrong::Type,
    Wrong::Version,
    Wrong::Length,
    Wrong::Source,
    Wrong::Destination,
];

/// One against a router, or by multicast against its election: of the highest priority or with priority 0, with something
/// wrong. With it the machine that it goes to, if only one.
pub(super) fn forge(all: &[Described], router: usize, number: u8) -> (Vec<u8>, Option<usize>) {
    let described = &all[router];
    let advertiser = VirtualRouter::new(described.config());
    let priority = if number & 1 == 0 { Priority::MAX_NOT_OWNER } else { Priority::STOPPED };
    let advertisement = advertiser.advertisement(priority);
    let number = usize::from(number >> 1);
    let stranger: IpAddr = match described.address {
        IpAddr::V4(_) => [10, 255, 255, 254].into(),
        IpAddr::V6(_) => [0xfe80, 0, 0, 0, 0xffff, 0, 0, 1].into(),
    };
    let (wrong, source, to, least) = match described.delivery {
        Delivery::Multicast => (&EVERYWHERE[number % EVERYWHERE.len()], stranger, None, HOP_LIMIT),
        Delivery::Unicast { least_hop_limit } => {
            let is_peer = |other: &&Described| {
                other.election == described.election && other.machine != described.machine
            };
            let peer = all.iter().find(is_peer).map_or(stranger, |peer| peer.address);
            let wrong = &AMONG_PEERS[number % AMONG_PEERS.len()];
            let source = if matches!(wrong, Wrong::Source) { stranger } else { peer };
            (wrong, source, Some(described.machine), least_hop_limit)
        }
    };
    let is_unicast = to.is_some() && !matches!(wrong, Wrong::Destination);
    let hop_limit = if matches!(wrong, Wrong::HopLimit) { least - 1 } else { HOP_LIMIT };
    let destination = is_unicast.then_some(described.address);
    let mut octets = encode(&advertisement, endpoints(source, destination), hop_limit);
    let start = if source.is_ipv6() { 40 } else { 20 };
    match wrong {
        Wrong::HopLimit | Wrong::Source | Wrong::Destination => {}
        Wrong::Checksum => octets[start + 6] ^= 0x40,
        Wrong::Type => octets[start] ^= 0x03,
        Wrong::Version => octets[start] = (octets[start] & 0x0f) | 0x40,
        Wrong::Length => {
            const HEADER: u16 = 8;
            octets.truncate(start + usize::from(HEADER));
            match source {
                IpAddr::V4(_) => octets[2..4].copy_from_slice(&(20 + HEADER).to_be_bytes()),
                IpAddr::V6(_) => octets[4..6].copy_from_slice(&HEADER.to_be_bytes()),
            }
        }
    }
    (octets, to)
}
