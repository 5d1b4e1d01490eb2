//! Packets that nobody honest sends, and that every check refuses.

use std::net::IpAddr;

use vrrp_fsm::VirtualRouter;
use vrrp_fsm::proto::{HOP_LIMIT, Priority};

use crate::described::Described;
use crate::packet::encode;

/// One against an election: of the highest priority or with priority 0, from a high address, with something wrong.
pub(super) fn forge(described: &Described, number: u8) -> Vec<u8> {
    let router = VirtualRouter::new(described.config(None));
    let priority = if number & 1 == 0 { Priority::MAX_NOT_OWNER } else { Priority::STOPPED };
    let advertisement = router.advertisement(priority);
    let wrong = (number >> 1) % 5;
    let hop_limit = if wrong == 0 { HOP_LIMIT - 1 } else { HOP_LIMIT };
    let (source, start): (IpAddr, usize) = match described.address {
        IpAddr::V4(_) => ([10, 255, 255, 254].into(), 20),
        IpAddr::V6(_) => ([0xfe80, 0, 0, 0, 0xffff, 0, 0, 1].into(), 40),
    };
    let mut octets = encode(&advertisement, source, hop_limit);
    match wrong {
        0 => {}
        // The checksum, the type, the version, the end.
        1 => octets[start + 6] ^= 0x40,
        2 => octets[start] ^= 0x03,
        3 => octets[start] = (octets[start] & 0x0f) | 0x40,
        _ => {
            octets.truncate(start + 8);
            let message = 8u16;
            match described.address {
                IpAddr::V4(_) => octets[2..4].copy_from_slice(&(20 + message).to_be_bytes()),
                IpAddr::V6(_) => octets[4..6].copy_from_slice(&message.to_be_bytes()),
            }
        }
    }
    octets
}
