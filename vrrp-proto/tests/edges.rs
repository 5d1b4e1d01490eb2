//! What few packets and few programs need: forms of the checksum for unicast peers, routers without addresses, packets
//! that cannot be written, and the words of errors.

use std::net::{Ipv4Addr, Ipv6Addr};

use vrrp_proto::{
    AcceptedChecksum, AddressList, Addresses, Advertisement, AuthFailure, Authentication,
    Centiseconds, ChecksumForm, Datagram, DecodeError, Demands, EncodeError, Endpoints, ErrorKind,
    HmacFailure, Interval, Ipv4Envelope, MULTICAST_IPV4, Packet, Priority, Seconds, Secret, Signer,
    Verifier, Vrid,
};

const SOURCE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const PEER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);
const VIRTUAL: [Ipv4Addr; 1] = [Ipv4Addr::new(192, 0, 2, 100)];

fn vrid() -> Vrid {
    Vrid::try_from(51).unwrap()
}

fn v2() -> Advertisement<'static> {
    let list = AddressList::new(&VIRTUAL).unwrap();
    Advertisement::v2(vrid(), Priority::default(), Seconds::DEFAULT, list)
}

fn v3() -> Advertisement<'static> {
    let list = AddressList::new(&VIRTUAL).unwrap();
    Advertisement::v3_ipv4(vrid(), Priority::default(), Centiseconds::DEFAULT, list)
}

fn to(destination: Ipv4Addr) -> Ipv4Envelope {
    Ipv4Envelope { source: SOURCE, destination, ttl: 255, identification: 1 }
}

fn encode(
    signer: &mut Signer,
    advertisement: &Advertisement<'_>,
    form: ChecksumForm,
) -> Result<Vec<u8>, EncodeError> {
    let mut buffer = [0; 128];
    let length = signer.encode_ipv4(advertisement, &to(PEER), form, &mut buffer)?;
    Ok(buffer[..length].to_vec())
}

fn plain(form: ChecksumForm) -> Vec<u8> {
    encode(&mut Signer::new(Authentication::None, 0), &v3(), form).unwrap()
}

fn kind(octets: &[u8], demands: &Demands) -> Option<ErrorKind> {
    let datagram = Datagram::from_ip(octets).unwrap();
    Packet::decode(&datagram, demands).err().map(|error| error.kind())
}

#[test]
fn each_form_of_the_checksum_is_taken_where_it_is_asked_for() {
    use ChecksumForm::{Rfc5798, Rfc9568, ToGroup};
    for (accepted, forms) in [
        (AcceptedChecksum::Either, &[Rfc5798, Rfc9568][..]),
        (AcceptedChecksum::Any, &[Rfc5798, Rfc9568, ToGroup]),
        (AcceptedChecksum::Only(Rfc5798), &[Rfc5798]),
        (AcceptedChecksum::Only(Rfc9568), &[Rfc9568]),
        (AcceptedChecksum::Only(ToGroup), &[ToGroup]),
    ] {
        let demands = Demands::default().checksum(accepted);
        for form in [Rfc5798, Rfc9568, ToGroup] {
            let refused = kind(&plain(form), &demands);
            let wanted = (!forms.contains(&form)).then_some(ErrorKind::Checksum);
            assert_eq!(refused, wanted, "{accepted:?} {form:?}");
        }
    }
    // To the group both are the same.
    let endpoints = Endpoints::V4 { source: SOURCE, destination: MULTICAST_IPV4 };
    let (mut first, mut second) = ([0; 64], [0; 64]);
    let length = v3().encode(endpoints, Rfc5798, &mut first).unwrap();
    v3().encode(endpoints, ToGroup, &mut second).unwrap();
    assert_eq!(first[..length], second[..length]);
}

#[test]
fn a_router_without_addresses_is_heard_where_that_is_allowed() {
    let none = AddressList::<Ipv4Addr>::NONE;
    let advertisement =
        Advertisement::v3_ipv4(vrid(), Priority::DEFAULT, Centiseconds::DEFAULT, none);
    let mut signer = Signer::new(Authentication::None, 0);
    let octets = encode(&mut signer, &advertisement, ChecksumForm::default()).unwrap();
    assert_eq!(kind(&octets, &Demands::new()), Some(ErrorKind::NoAddresses));
    assert_eq!(kind(&octets, &Demands::new().no_addresses(true)), None);
    assert!(advertisement.addresses().is_empty());
    assert_eq!(v3().addresses().len(), 1);
}

#[test]
fn a_packet_for_several_peers_has_one_sequence_number() {
    let secret = Secret::new(b"secret").unwrap();
    let header = Authentication::AuthenticationHeader(secret.clone());
    let mut signer = Signer::new(header.clone(), 7);
    let form = ChecksumForm::default();
    let number = |signer: &mut Signer, again: bool| {
        let mut buffer = [0; 128];
        match again {
            false => signer.encode_ipv4(&v2(), &to(PEER), form, &mut buffer).unwrap(),
            true => signer.encode_ipv4_again(&v2(), &to(PEER), form, &mut buffer).unwrap(),
        };
        // RFC 2402 section 2.5.
        u32::from_be_bytes(*buffer[28..].first_chunk().unwrap())
    };
    assert_eq!(number(&mut signer, false), 8);
    assert_eq!(number(&mut signer, true), 8);
    signer.advance_to(20);
    signer.advance_to(10);
    assert_eq!(number(&mut signer, false), 21);
    let mut last = Signer::new(header, u32::MAX);
    assert_eq!(encode(&mut last, &v2(), form), Err(EncodeError::SequenceExhausted));
}

#[test]
fn what_cannot_be_written_is_refused() {
    let password = Authentication::Password(Secret::new(b"secret").unwrap());
    let form = ChecksumForm::default();
    let refused = encode(&mut Signer::new(password, 0), &v3(), form);
    assert_eq!(refused, Err(EncodeError::AuthenticationInV3));
    let mut signer = Signer::new(Authentication::None, 0);
    let mut short = [0; 31];
    let refused = signer.encode_ipv4(&v3(), &to(PEER), form, &mut short);
    assert_eq!(refused, Err(EncodeError::BufferTooShort { needed: 32, available: 31 }));
    let group = vrrp_proto::MULTICAST_IPV6;
    let refused = v3().encode_ipv6(Ipv6Addr::LOCALHOST, group, &mut [0; 128]);
    assert_eq!(refused, Err(EncodeError::FamilyMismatch));
    let addresses = [Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1)];
    let list = AddressList::new(&addresses).unwrap();
    let v6 = Advertisement::v3_ipv6(vrid(), Priority::DEFAULT, Centiseconds::DEFAULT, list);
    for available in [0, 39, 40, 63] {
        let refused = v6.encode_ipv6(addresses[0], group, &mut vec![0; available]);
        assert_eq!(refused, Err(EncodeError::BufferTooShort { needed: 64, available }));
    }
}

#[test]
fn a_password_inside_an_authentication_header_proves_nothing() {
    let secret = Secret::new(b"secret").unwrap();
    let header = Authentication::AuthenticationHeader(secret.clone());
    let octets = encode(&mut Signer::new(header, 0), &v2(), ChecksumForm::default()).unwrap();
    let datagram = Datagram::from_ip(&octets).unwrap();
    let packet = Packet::decode(&datagram, &Demands::new()).unwrap();
    let refused = Verifier::new(Authentication::Password(secret)).advertisement(&packet);
    let refused = refused.unwrap_err();
    let is_known = matches!(
        refused,
        DecodeError::AuthTypeMismatch { .. } | DecodeError::Authentication(AuthFailure::NoKey)
    );
    assert!(is_known, "{refused}");
    // Nor does the right one, when the message says that it is by password.
    let secret = Secret::new(b"secret").unwrap();
    let mut octets = octets.clone();
    let message = &mut octets[20 + 24..];
    message[4] = 1;
    message[6..8].fill(0);
    let end = message.len() - 8;
    message[end..].copy_from_slice(b"secret\0\0");
    let words = message.chunks(2).map(|word| u32::from(word[0]) << 8 | u32::from(word[1]));
    let sum: u32 = words.sum();
    let checksum = !u16::try_from((sum >> 16) + (sum & 0xffff)).unwrap();
    message[6..8].copy_from_slice(&checksum.to_be_bytes());
    let datagram = Datagram::from_ip(&octets).unwrap();
    let packet = Packet::decode(&datagram, &Demands::new()).unwrap();
    assert_eq!(packet.auth_type(), Some(1));
    let refused = Verifier::new(Authentication::Password(secret)).advertisement(&packet);
    assert_eq!(refused, Err(DecodeError::Authentication(AuthFailure::NoKey)));
}

/// Of IPv6 there is one form.
#[test]
fn forms_of_the_checksum_are_the_same_for_ipv6() {
    let addresses = [Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1)];
    let list = AddressList::new(&addresses).unwrap();
    let v6 = Advertisement::v3_ipv6(vrid(), Priority::DEFAULT, Centiseconds::DEFAULT, list);
    let destination = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 2);
    let endpoints = Endpoints::V6 { source: addresses[0], destination };
    let encoded =
        [ChecksumForm::Rfc5798, ChecksumForm::Rfc9568, ChecksumForm::ToGroup].map(|form| {
            let mut buffer = [0; 64];
            v6.encode(endpoints, form, &mut buffer).unwrap();
            buffer
        });
    assert!(encoded.iter().all(|octets| *octets == encoded[0]));
}

#[test]
fn each_error_is_of_its_kind() {
    let out = vrrp_proto::OutOfRange { field: "VRID", value: 0, min: 1, max: 255 };
    let type_mismatch = DecodeError::AuthTypeMismatch { received: 1, configured: 0 };
    for (error, kind) in [
        (type_mismatch, ErrorKind::AuthTypeMismatch),
        (DecodeError::Vrid(out), ErrorKind::Vrid),
        (DecodeError::Interval(out), ErrorKind::Interval),
        (DecodeError::Extension(HmacFailure::Missing), ErrorKind::ExtensionMissing),
        (DecodeError::Extension(HmacFailure::UnknownKey(3)), ErrorKind::ExtensionUnknownKey),
        (DecodeError::Extension(HmacFailure::Mac), ErrorKind::ExtensionInvalid),
        (
            DecodeError::Extension(HmacFailure::Malformed { field: "", received: 1, allowed: "" }),
            ErrorKind::ExtensionMalformed,
        ),
        (
            DecodeError::Extension(HmacFailure::Stale { sent: 1, now: 9, window: 3 }),
            ErrorKind::ExtensionStale,
        ),
        (
            DecodeError::Extension(HmacFailure::Replay { received: 1, highest: 1 }),
            ErrorKind::ExtensionReplay,
        ),
    ] {
        assert_eq!(error.kind(), kind);
    }
}

/// Differences in several octets add up, and do not cancel.
#[test]
fn secrets_are_the_same_when_every_octet_is() {
    let secret = |octets: &[u8]| Secret::new(octets).unwrap();
    assert_eq!(secret(b"secret"), secret(b"secret"));
    assert_ne!(secret(b"secret"), secret(b"secre7"));
    assert_ne!(secret(b"abcdef"), secret(b"bacdef"));
    assert_ne!(secret(b"secret"), secret(b"secret7"));
}

#[test]
fn a_packet_is_taken_once() {
    let header = Authentication::AuthenticationHeader(Secret::new(b"secret").unwrap());
    let mut signer = Signer::new(header.clone(), 1000);
    let mut next = || encode(&mut signer, &v2(), ChecksumForm::default()).unwrap();
    let (first, second) = (next(), next());
    let mut verifier = Verifier::new(header);
    let mut take = |octets: &[u8]| {
        let datagram = Datagram::from_ip(octets).unwrap();
        let packet = Packet::decode(&datagram, &Demands::new()).unwrap();
        verifier.advertisement(&packet).map(|_| ())
    };
    assert_eq!(take(&second), Ok(()));
    assert_eq!(take(&first), Ok(()), "it was late");
    let replay = AuthFailure::Replay { received: 1001, highest: 1002 };
    assert_eq!(take(&first), Err(DecodeError::Authentication(replay)));
}

#[test]
fn a_wrong_checksum_is_told_with_the_right_one() {
    let right = plain(ChecksumForm::default());
    let of = |octets: &[u8]| u16::from_be_bytes([octets[26], octets[27]]);
    for wrong in [0, 1, 0x7fff, 0xffff, !of(&right)] {
        let mut octets = right.clone();
        octets[26..28].copy_from_slice(&wrong.to_be_bytes());
        let datagram = Datagram::from_ip(&octets).unwrap();
        let refused = Packet::decode(&datagram, &Demands::new()).unwrap_err();
        let wanted = DecodeError::Checksum { received: wrong, computed: of(&right) };
        assert_eq!(refused, wanted);
    }
}

#[test]
fn reserved_bits_are_told_and_ignored() {
    let mut octets = plain(ChecksumForm::default());
    octets[24] |= 0xa0;
    let sum = u16::from_be_bytes([octets[26], octets[27]]);
    let (sum, borrow) = sum.overflowing_sub(0xa000);
    octets[26..28].copy_from_slice(&(sum - u16::from(borrow)).to_be_bytes());
    let datagram = Datagram::from_ip(&octets).unwrap();
    let packet = Packet::decode(&datagram, &Demands::new()).unwrap();
    assert_eq!((packet.reserved(), packet.interval()), (10, 100));
    assert_eq!(packet.advertisement(), Ok(v3()));
    let octets = encode(&mut Signer::new(Authentication::None, 0), &v2(), ChecksumForm::default());
    let octets = octets.unwrap();
    let datagram = Datagram::from_ip(&octets).unwrap();
    assert_eq!(Packet::decode(&datagram, &Demands::new()).unwrap().reserved(), 0);
}

#[test]
fn packets_show_no_password() {
    let password = Authentication::Password(Secret::new(b"secret").unwrap());
    let octets = encode(&mut Signer::new(password, 0), &v2(), ChecksumForm::default()).unwrap();
    let datagram = Datagram::from_ip(&octets).unwrap();
    let packet = Packet::decode(&datagram, &Demands::new()).unwrap();
    let addresses = packet.addresses();
    assert_eq!((addresses.len(), addresses.is_empty()), (1, false));
    let Addresses::V4(list) = addresses else { panic!("{addresses:?}") };
    assert_eq!((list.len(), list.is_empty()), (1, false));
    let shown = [format!("{datagram:?}"), format!("{packet:?}")];
    assert!(shown[0].contains("message_length: 20"), "{}", shown[0]);
    assert!(shown[1].contains("192.0.2.100") && shown[1].contains("auth_type: Some(1)"));
    for shown in shown {
        assert!(shown.contains("192.0.2.2") && !shown.contains("secret"), "{shown}");
        assert!(!shown.contains("115, 101, 99"), "{shown}");
    }
}

#[test]
fn values_say_what_they_are() {
    assert_eq!(vrid().to_string(), "51");
    assert!(Vrid::try_from(0).is_err() && Priority::try_from(0).is_err());
    assert_eq!(Priority::try_from(7).unwrap().get(), 7);
    let kinds = |priority: Priority| (priority.is_stopped(), priority.is_owner());
    assert_eq!(kinds(Priority::STOPPED), (true, false));
    assert_eq!(kinds(Priority::DEFAULT), (false, false));
    assert_eq!(kinds(Priority::OWNER), (false, true));
    assert_eq!(Interval::V2(Seconds::DEFAULT).to_string(), "1s");
    assert_eq!(Interval::V3(Centiseconds::DEFAULT).to_string(), "100cs");
    assert_eq!(format!("{:?}", Secret::new(b"secret").unwrap()), "Secret(..)");
    let addresses = v3().addresses();
    let Addresses::V4(list) = addresses else { panic!("{addresses:?}") };
    assert_eq!(list.into_iter().collect::<Vec<_>>(), VIRTUAL);
    assert!(format!("{list:?}").contains("192.0.2.100") && !v3().addresses().is_empty());
    // Of the hop limit: one that is allowed, and several.
    let octets = plain(ChecksumForm::default());
    let datagram = Datagram::from_ip(&octets).unwrap();
    for (min, max, words) in [(254, 254, "allowed is 254"), (1, 254, "allowed are 1 to 254")] {
        let refused = Packet::decode(&datagram, &Demands::new().hop_limit(min, max)).unwrap_err();
        assert!(refused.to_string().contains(words), "{refused}");
    }
}

#[test]
fn kinds_have_names_of_their_own() {
    let all = [
        ErrorKind::Truncated,
        ErrorKind::IpHeader,
        ErrorKind::HopLimit,
        ErrorKind::Version,
        ErrorKind::Type,
        ErrorKind::NoAddresses,
        ErrorKind::Length,
        ErrorKind::Checksum,
        ErrorKind::UnsupportedAuthType,
        ErrorKind::AuthTypeMismatch,
        ErrorKind::Authentication,
        ErrorKind::ExtensionMissing,
        ErrorKind::ExtensionMalformed,
        ErrorKind::ExtensionUnknownKey,
        ErrorKind::ExtensionInvalid,
        ErrorKind::ExtensionStale,
        ErrorKind::ExtensionReplay,
        ErrorKind::Vrid,
        ErrorKind::Interval,
    ];
    let mut names: Vec<&str> = all.iter().map(|kind| kind.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all.len());
}
