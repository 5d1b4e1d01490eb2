//! Whole packets to the group, as a router sends them without authentication.

use std::net::IpAddr;

use vrrp_fsm::proto::{
    Advertisement, Authentication, ChecksumForm, Ipv4Envelope, MAX_IPV6_PACKET, MULTICAST_IPV4,
    MULTICAST_IPV6, Signer,
};

/// Where IPv6 has its hop limit (RFC 8200 section 3).
const HOP_LIMIT_AT: usize = 7;

/// # Panics
/// When the source is of another family than the virtual addresses.
pub(crate) fn encode(advertisement: &Advertisement<'_>, source: IpAddr, hop_limit: u8) -> Vec<u8> {
    let mut octets = vec![0; MAX_IPV6_PACKET];
    let length = match source {
        IpAddr::V4(source) => {
            let (destination, identification) = (MULTICAST_IPV4, 1);
            let envelope = Ipv4Envelope { source, destination, ttl: hop_limit, identification };
            let mut signer = Signer::new(Authentication::None, 0);
            signer.encode_ipv4(advertisement, &envelope, ChecksumForm::default(), &mut octets)
        }
        IpAddr::V6(source) => {
            let length = advertisement.encode_ipv6(source, MULTICAST_IPV6, &mut octets);
            octets[HOP_LIMIT_AT] = hop_limit;
            length
        }
    };
    octets.truncate(length.expect("an address is of its router's family"));
    octets
}
