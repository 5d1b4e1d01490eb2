//! IP headers that say other than what there is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use vrrp_proto::{
    AddressList, Advertisement, Authentication, Centiseconds, ChecksumForm, Datagram, DecodeError,
    Ipv4Envelope, MULTICAST_IPV4, MULTICAST_IPV6, Priority, Signer, Vrid,
};

const SOURCE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const HEADER: usize = 20;
const VRRP: usize = 8;

fn ipv4() -> Vec<u8> {
    let addresses = [Ipv4Addr::new(192, 0, 2, 100)];
    let list = AddressList::new(&addresses).unwrap();
    let (vrid, interval) = (Vrid::new(51).unwrap(), Centiseconds::DEFAULT);
    let advertisement = Advertisement::v3_ipv4(vrid, Priority::DEFAULT, interval, list);
    let (destination, identification) = (MULTICAST_IPV4, 1);
    let envelope = Ipv4Envelope { source: SOURCE, destination, ttl: 255, identification };
    let mut buffer = [0; 64];
    let length = Signer::new(Authentication::None, 0)
        .encode_ipv4(&advertisement, &envelope, ChecksumForm::default(), &mut buffer)
        .unwrap();
    buffer[..length].to_vec()
}

fn ipv6() -> Vec<u8> {
    let addresses = [Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1)];
    let list = AddressList::new(&addresses).unwrap();
    let (vrid, interval) = (Vrid::new(51).unwrap(), Centiseconds::DEFAULT);
    let advertisement = Advertisement::v3_ipv6(vrid, Priority::DEFAULT, interval, list);
    let mut buffer = [0; 128];
    let length = advertisement.encode_ipv6(addresses[0], MULTICAST_IPV6, &mut buffer).unwrap();
    buffer[..length].to_vec()
}

/// With this total length, and so many octets of padding behind the packet.
fn with_length(length: usize, received: usize) -> Vec<u8> {
    let mut octets = ipv4();
    octets.resize(received, 0);
    octets[2..4].copy_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
    octets
}

#[track_caller]
fn refused(octets: &[u8], field: &str, value: u64) {
    match Datagram::from_ip(octets) {
        Err(DecodeError::IpHeader { field: refused, value: told, .. }) => {
            assert_eq!((refused, told), (field, value));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn packets_are_what_their_headers_say() {
    let octets = ipv4();
    let datagram = Datagram::from_ip(&octets).unwrap();
    assert_eq!((datagram.hop_limit(), datagram.claimed_vrid()), (255, Some(51)));
    assert_eq!(datagram.endpoints().source(), IpAddr::from(SOURCE));
    assert_eq!(datagram.endpoints().destination(), IpAddr::from(MULTICAST_IPV4));
    let octets = ipv6();
    let datagram = Datagram::from_ip(&octets).unwrap();
    assert_eq!((datagram.hop_limit(), datagram.claimed_vrid()), (255, Some(51)));
    assert_eq!(datagram.endpoints().destination(), IpAddr::from(MULTICAST_IPV6));
}

#[test]
fn total_lengths_that_lie_are_refused() {
    let whole = ipv4().len();
    for length in [0, 1, HEADER - 1, whole + 1, 65_535] {
        refused(&with_length(length, whole), "IPv4 total length", length as u64);
    }
    // Less than a message while there are octets for it: the length is to blame.
    for length in [HEADER, HEADER + VRRP - 1] {
        refused(&with_length(length, whole), "IPv4 total length", length as u64);
    }
    // A header with nothing behind it is one, and so is a message without addresses before padding.
    for (length, received) in [(HEADER, HEADER), (HEADER + VRRP, whole)] {
        let octets = with_length(length, received);
        let datagram = Datagram::from_ip(&octets).unwrap();
        assert_eq!(datagram.claimed_vrid(), (length > HEADER).then_some(51));
    }
}

#[test]
fn versions_and_header_lengths_that_cannot_be_are_refused() {
    let mut octets = ipv4();
    for (first, value) in [(0x55, 5), (0xf5, 15), (0x05, 0)] {
        octets[0] = first;
        refused(&octets, "IP version", value);
    }
    for words in 0..5 {
        octets[0] = 0x40 | words;
        refused(&octets, "IPv4 header length (words)", words.into());
    }
    octets[0] = 0x45;
    octets[9] = 17;
    refused(&octets, "IPv4 protocol", 17);
    let mut octets = ipv6();
    octets[0] = 0x45;
    let wrong = Datagram::from_ipv6(&octets).unwrap_err();
    assert!(matches!(wrong, DecodeError::IpHeader { field: "IP version", value: 4, .. }));
    let mut octets = ipv6();
    octets[6] = 17;
    refused(&octets, "IPv6 next header", 17);
    let mut octets = ipv6();
    octets[5] += 1;
    refused(&octets, "IPv6 payload length", u64::from(octets[5]));
}

#[test]
fn what_is_cut_off_is_told_by_its_length() {
    for (octets, header, needed) in [(ipv4(), "IPv4 header", 20), (ipv6(), "IPv6 header", 40)] {
        for length in 1..needed {
            let wrong = Datagram::from_ip(&octets[..length]).unwrap_err();
            assert_eq!(wrong, DecodeError::Truncated { header, needed, received: length });
        }
    }
}
