//! Packets that nobody honest sends, and that every check refuses.

use std::net::IpAddr;

use vrrp_fsm::VirtualRouter;
use vrrp_fsm::proto::{
    Authentication, ChecksumForm, Ipv4Envelope, MAX_IPV6_PACKET, MULTICAST_IPV4, MULTICAST_IPV6,
    Priority, Signer,
};

use crate::described::Described;

/// One against an election: of the highest priority or with priority 0, from a high address, with something wrong.
pub(super) fn forge(described: &Described, number: u8) -> Vec<u8> {
    let router = VirtualRouter::new(described.config(None));
    let priority = if number & 1 == 0 { Priority::MAX_NOT_OWNER } else { Priority::STOPPED };
    let advertisement = router.advertisement(priority);
    let wrong = (number >> 1) % 5;
    let mut octets = vec![0; MAX_IPV6_PACKET];
    let (length, start) = match described.address {
        IpAddr::V4(_) => {
            let ttl = if wrong == 0 { 254 } else { 255 };
            let source = [10, 255, 255, 254].into();
            let envelope =
                Ipv4Envelope { source, destination: MULTICAST_IPV4, ttl, identification: 1 };
            let mut signer = Signer::new(Authentication::None, 0);
            let form = ChecksumForm::default();
            (signer.encode_ipv4(&advertisement, &envelope, form, &mut octets), 20)
        }
        IpAddr::V6(_) => {
            let source = [0xfe80, 0, 0, 0, 0xffff, 0, 0, 1].into();
            let length = advertisement.encode_ipv6(source, MULTICAST_IPV6, &mut octets);
            // Hop limit.
            octets[7] = if wrong == 0 { 254 } else { 255 };
            (length, 40)
        }
    };
    octets.truncate(length.unwrap_or(0));
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
