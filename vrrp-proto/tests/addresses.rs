//! Lists of addresses, as given and as received.

use std::net::{Ipv4Addr, Ipv6Addr};

use vrrp_proto::{
    AddressList, Addresses, Advertisement, Centiseconds, ChecksumForm, Datagram, Demands,
    Endpoints, MULTICAST_IPV6, Packet, Priority, Vrid,
};

const LINK_LOCAL: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);
const GLOBAL: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);

/// Calls with the list as it was given and as it came over the wire.
fn both(addresses: &[Ipv6Addr], look: impl Fn(AddressList<'_, Ipv6Addr>)) {
    let list = AddressList::new(addresses).unwrap();
    look(list);
    let (vrid, interval) = (Vrid::new(51).unwrap(), Centiseconds::DEFAULT);
    let advertisement = Advertisement::v3_ipv6(vrid, Priority::DEFAULT, interval, list);
    let endpoints = Endpoints::V6 { source: LINK_LOCAL, destination: MULTICAST_IPV6 };
    let mut buffer = [0; 128];
    let length = advertisement.encode(endpoints, ChecksumForm::default(), &mut buffer).unwrap();
    let datagram = Datagram::from_message(endpoints, 255, &buffer[..length]);
    let packet = Packet::decode(&datagram, &Demands::new()).unwrap();
    let Addresses::V6(received) = packet.addresses() else { panic!("{packet:?}") };
    assert_eq!(received, list);
    look(received);
}

#[test]
fn lists_know_their_length_and_what_is_left() {
    both(&[LINK_LOCAL, GLOBAL, GLOBAL], |list| {
        assert_eq!((list.len(), list.is_empty()), (3, false));
        let mut left = list.iter();
        assert_eq!((left.len(), left.size_hint()), (3, (3, Some(3))));
        assert_eq!(left.next(), Some(LINK_LOCAL));
        assert_eq!((left.len(), left.size_hint()), (2, (2, Some(2))));
        assert_eq!(format!("{left:?}"), "[2001:db8::1, 2001:db8::1]");
        assert_eq!(left.collect::<Vec<_>>(), [GLOBAL, GLOBAL]);
        assert_eq!(format!("{list:?}"), "[fe80::1, 2001:db8::1, 2001:db8::1]");
    });
    assert!(AddressList::<Ipv4Addr>::NONE.is_empty());
    assert_eq!(AddressList::<Ipv4Addr>::NONE.iter().next(), None);
}

#[test]
fn lists_are_equal_when_all_addresses_are() {
    both(&[LINK_LOCAL, GLOBAL], |list| {
        assert_ne!(list, AddressList::new(&[GLOBAL, LINK_LOCAL]).unwrap());
        assert_ne!(list, AddressList::new(&[LINK_LOCAL]).unwrap());
    });
}

/// RFC 9568 section 5.2.9.
#[test]
fn the_link_local_address_comes_first() {
    both(&[LINK_LOCAL, GLOBAL], |list| assert!(list.starts_link_local()));
    both(&[GLOBAL, LINK_LOCAL], |list| assert!(!list.starts_link_local()));
}
