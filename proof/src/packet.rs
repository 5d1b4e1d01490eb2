//! Whole packets as a router sends them.

use std::net::IpAddr;

use vrrp_fsm::proto::{
    Advertisement, ChecksumForm, Endpoints, Ipv4Envelope, MAX_IPV6_PACKET, MULTICAST_IPV4,
    MULTICAST_IPV6, Signer,
};

/// Where the hop limit is (RFC 791 section 3.1, RFC 8200 section 3).
pub(crate) fn hop_limit_of(packet: &mut [u8], is_ipv6: bool) -> &mut u8 {
    &mut packet[if is_ipv6 { 7 } else { 8 }]
}

/// From an address to another, or to the group.
///
/// # Panics
/// When one is of another family than the other, or than the virtual addresses.
pub(crate) fn endpoints(source: IpAddr, destination: Option<IpAddr>) -> Endpoints {
    match (source, destination) {
        (IpAddr::V4(source), None) => Endpoints::V4 { source, destination: MULTICAST_IPV4 },
        (IpAddr::V6(source), None) => Endpoints::V6 { source, destination: MULTICAST_IPV6 },
        (IpAddr::V4(source), Some(IpAddr::V4(destination))) => {
            Endpoints::V4 { source, destination }
        }
        (IpAddr::V6(source), Some(IpAddr::V6(destination))) => {
            Endpoints::V6 { source, destination }
        }
        (source, Some(destination)) => panic!("{source} cannot send to {destination}"),
    }
}

/// A packet; or the one before again, for somebody else.
///
/// # Panics
/// When the endpoints are of another family than the virtual addresses.
pub(crate) fn encode(
    advertisement: &Advertisement<'_>,
    endpoints: Endpoints,
    hop_limit: u8,
    signer: &mut Signer,
    is_again: bool,
) -> Vec<u8> {
    let mut octets = vec![0; MAX_IPV6_PACKET];
    let length = match endpoints {
        Endpoints::V4 { source, destination } => {
            let identification = 1;
            let envelope = Ipv4Envelope { source, destination, ttl: hop_limit, identification };
            let form = ChecksumForm::default();
            match is_again {
                false => signer.encode_ipv4(advertisement, &envelope, form, &mut octets),
                true => signer.encode_ipv4_again(advertisement, &envelope, form, &mut octets),
            }
        }
        Endpoints::V6 { source, destination } => {
            let length = advertisement.encode_ipv6(source, destination, &mut octets);
            *hop_limit_of(&mut octets, true) = hop_limit;
            length
        }
    };
    octets.truncate(length.expect("an address is of its router's family"));
    octets
}
