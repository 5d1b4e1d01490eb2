//! Packets that nobody honest sends, and that every check refuses.

use std::net::IpAddr;

use vrrp_fsm::VirtualRouter;
use vrrp_fsm::proto::{Authentication, HOP_LIMIT, Priority, Secret, Signer};

use crate::described::{Delivery, Described};
use crate::packet::{encode, endpoints};

/// What is wrong with a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "each is made somewhere")]
pub enum Wrong {
    /// It came from too far away.
    HopLimit,
    /// The checksum.
    Checksum,
    /// It is of another type than ADVERTISEMENT.
    Type,
    /// There is no such version.
    Version,
    /// The addresses are cut off.
    Length,
    /// Nothing, but it proves nothing where that is demanded.
    Unproved,
    /// Nothing, but it is proved with another secret.
    Secret,
    /// Nothing, but its sender is no peer.
    Source,
    /// Nothing, but it is to the group where peers send to each other.
    Destination,
}

impl Wrong {
    /// What can be wrong with a packet for a router.
    pub(super) fn with(described: &Described) -> Vec<Self> {
        let mut all = vec![Self::HopLimit, Self::Checksum, Self::Type, Self::Version, Self::Length];
        if described.authentication != Authentication::None {
            all.extend([Self::Unproved, Self::Secret]);
        }
        if described.delivery != Delivery::Multicast {
            all.extend([Self::Source, Self::Destination]);
        }
        all
    }
}

/// One against a router, or by multicast against its election; with it the machine that it goes to, if only one.
pub(super) fn forge(
    all: &[Described],
    router: usize,
    wrong: Wrong,
    priority: Priority,
) -> (Vec<u8>, Option<usize>) {
    let described = &all[router];
    let advertiser = VirtualRouter::new(described.config());
    let stranger: IpAddr = match described.address {
        IpAddr::V4(_) => [198, 18, 255, 254].into(),
        IpAddr::V6(_) => [0xfe80, 0, 0, 0, 0xffff, 0, 0, 1].into(),
    };
    let (source, to, least) = match described.delivery {
        Delivery::Multicast => (stranger, None, HOP_LIMIT),
        Delivery::Unicast { least_hop_limit } => {
            let peer = described.peers(all).next().filter(|_| wrong != Wrong::Source);
            let source = peer.map_or(stranger, |peer| peer.address);
            (source, Some(described.machine), least_hop_limit)
        }
    };
    let is_unicast = to.is_some() && wrong != Wrong::Destination;
    let hop_limit = if wrong == Wrong::HopLimit { least - 1 } else { HOP_LIMIT };
    let between = endpoints(source, is_unicast.then_some(described.address));
    let authentication = match (wrong, described.authentication.clone()) {
        (Wrong::Unproved, _) => Authentication::None,
        (Wrong::Secret, Authentication::Password(_)) => Authentication::Password(another()),
        (Wrong::Secret, Authentication::AuthenticationHeader(_)) => {
            Authentication::AuthenticationHeader(another())
        }
        (_, right) => right,
    };
    let mut signer = Signer::new(authentication, u32::MAX / 2);
    let advertisement = advertiser.advertisement(priority);
    let mut octets = encode(&advertisement, between, hop_limit, &mut signer, false);
    let is_proved = octets[IPV4_PROTOCOL] == AUTHENTICATION_HEADER && source.is_ipv4();
    let start = match (source.is_ipv6(), is_proved) {
        (true, _) => 40,
        (false, true) => 20 + 24,
        (false, false) => 20,
    };
    match wrong {
        Wrong::Checksum => octets[start + 6] ^= 0x40,
        Wrong::Type => octets[start] ^= 0x03,
        Wrong::Version => octets[start] = (octets[start] & 0x0f) | 0x40,
        Wrong::Length => {
            const HEADER: usize = 8;
            octets.truncate(start + HEADER);
            let length = |octets: usize| u16::try_from(octets).expect("it is short").to_be_bytes();
            match source {
                IpAddr::V4(_) => octets[2..4].copy_from_slice(&length(start + HEADER)),
                IpAddr::V6(_) => octets[4..6].copy_from_slice(&length(HEADER)),
            }
        }
        _ => {}
    }
    (octets, to)
}

/// Where IPv4 has the protocol (RFC 791 section 3.1), and that of RFC 2402.
const IPV4_PROTOCOL: usize = 9;
const AUTHENTICATION_HEADER: u8 = 51;

fn another() -> Secret {
    Secret::new(b"another").expect("it is short")
}
