//! What is encoded decodes to the same, whatever the buffer held before; what is damaged is refused.

use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::collection::vec;
use proptest::prelude::*;
use vrrp_proto::{
    AcceptedChecksum, AddressList, Advertisement, Authentication, Centiseconds, ChecksumForm,
    Datagram, Demands, EncodeError, Endpoints, Ipv4Envelope, MULTICAST_IPV4, MULTICAST_IPV6,
    Packet, Priority, Seconds, Secret, Signer, Verifier, Vrid,
};

const SOURCE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const V4: Endpoints = Endpoints::V4 { source: SOURCE, destination: MULTICAST_IPV4 };

fn vrid() -> impl Strategy<Value = Vrid> {
    (1..=255u8).prop_map(|value| Vrid::new(value).unwrap())
}

fn form() -> impl Strategy<Value = ChecksumForm> {
    prop_oneof![Just(ChecksumForm::Rfc5798), Just(ChecksumForm::Rfc9568)]
}

fn authentication() -> impl Strategy<Value = Authentication> {
    let secret = vec(1..=255u8, 1..=8).prop_map(|octets| Secret::new(&octets).unwrap());
    prop_oneof![
        Just(Authentication::None),
        secret.clone().prop_map(Authentication::Password),
        secret.prop_map(Authentication::AuthenticationHeader),
    ]
}

proptest! {
    #[test]
    fn version_3_ipv4(
        vrid in vrid(), priority: u8, interval in 1..=4095u16, form in form(),
        addresses in vec(any::<Ipv4Addr>(), 1..=255), damaged: prop::sample::Index, bit in 0..8u8,
    ) {
        let sent = Advertisement::v3_ipv4(
            vrid,
            Priority::from_wire(priority),
            Centiseconds::new(interval).unwrap(),
            AddressList::new(&addresses).unwrap(),
        );
        let mut buffer = [0xa5; 2048];
        let length = sent.encode(V4, form, &mut buffer).unwrap();
        let demands = Demands::new().checksum(AcceptedChecksum::Only(form));
        let datagram = Datagram::from_message(V4, 255, &buffer[..length]);
        prop_assert_eq!(Packet::decode(&datagram, &demands).unwrap().advertisement().unwrap(), sent);
        // A checksum finds every single wrong bit.
        buffer[damaged.index(length)] ^= 1 << bit;
        let datagram = Datagram::from_message(V4, 255, &buffer[..length]);
        prop_assert!(Packet::decode(&datagram, &demands).is_err());
    }

    #[test]
    fn version_3_ipv6(
        vrid in vrid(), priority: u8, interval in 1..=4095u16,
        addresses in vec(any::<Ipv6Addr>(), 1..=255),
    ) {
        let sent = Advertisement::v3_ipv6(
            vrid,
            Priority::from_wire(priority),
            Centiseconds::new(interval).unwrap(),
            AddressList::new(&addresses).unwrap(),
        );
        let endpoints =
            Endpoints::V6 { source: "fe80::1".parse().unwrap(), destination: MULTICAST_IPV6 };
        let mut buffer = [0xa5; 4096];
        let length = sent.encode(endpoints, ChecksumForm::Rfc5798, &mut buffer).unwrap();
        let datagram = Datagram::from_message(endpoints, 255, &buffer[..length]);
        let packet = Packet::decode(&datagram, &Demands::new()).unwrap();
        prop_assert_eq!(packet.advertisement().unwrap(), sent);

        let source = "fe80::1".parse().unwrap();
        let mut packet = [0xa5; vrrp_proto::MAX_IPV6_PACKET];
        let length = sent.encode_ipv6(source, MULTICAST_IPV6, &mut packet).unwrap();
        let datagram = Datagram::from_ipv6(&packet[..length]).unwrap();
        let packet = Packet::decode(&datagram, &Demands::new()).unwrap();
        prop_assert_eq!(packet.advertisement().unwrap(), sent);
    }

    #[test]
    fn version_2_signed(
        vrid in vrid(), priority: u8, interval in 1..=255u8, authentication in authentication(),
        addresses in vec(any::<Ipv4Addr>(), 1..=255), unicast: bool,
    ) {
        let sent = Advertisement::v2(
            vrid,
            Priority::from_wire(priority),
            Seconds::new(interval).unwrap(),
            AddressList::new(&addresses).unwrap(),
        );
        let envelope = Ipv4Envelope {
            source: SOURCE,
            destination: if unicast { Ipv4Addr::new(192, 0, 2, 2) } else { MULTICAST_IPV4 },
            ttl: 255,
            identification: 7,
        };
        let mut signer = Signer::new(authentication.clone(), 41);
        let mut buffer = [0xa5; 2048];
        let length =
            signer.encode_ipv4(&sent, &envelope, ChecksumForm::Rfc5798, &mut buffer).unwrap();
        let datagram = Datagram::from_ipv4(&buffer[..length]).unwrap();
        let packet = Packet::decode(&datagram, &Demands::new()).unwrap();
        let mut verifier = Verifier::new(authentication.clone());
        prop_assert_eq!(verifier.advertisement(&packet).unwrap(), sent);
        for other in [
            Authentication::None,
            Authentication::Password(Secret::new(b"other").unwrap()),
            Authentication::AuthenticationHeader(Secret::new(b"other").unwrap()),
        ] {
            if other != authentication {
                prop_assert!(Verifier::new(other).advertisement(&packet).is_err());
            }
        }
    }

    #[test]
    fn any_octets_are_answered(octets in vec(any::<u8>(), 0..200)) {
        if let Ok(datagram) = Datagram::from_ip(&octets) {
            let _ = Packet::decode(&datagram, &Demands::new());
        }
        let _ = Packet::decode(&Datagram::from_message(V4, 255, &octets), &Demands::new());
    }
}

#[test]
fn a_buffer_too_short_says_how_long_it_must_be() {
    let addresses = [Ipv4Addr::new(192, 0, 2, 10); 3];
    let advertisement = Advertisement::v3_ipv4(
        Vrid::new(1).unwrap(),
        Priority::DEFAULT,
        Centiseconds::DEFAULT,
        AddressList::new(&addresses).unwrap(),
    );
    assert_eq!(
        advertisement.encode(V4, ChecksumForm::Rfc5798, &mut [0; 19]),
        Err(EncodeError::BufferTooShort { needed: 20, available: 19 })
    );
}
