//! keepalived's HMAC extension: known packets, every refusal, replays, and clocks that are wrong.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use vrrp_proto::{
    AddressList, Advertisement, AuthFailure, Authentication, Centiseconds, ChecksumForm, Datagram,
    DecodeError, Demands, EncodeError, Endpoints, ErrorKind, HMAC_TRAILER_LENGTH, HmacFailure,
    HmacKey, HmacKeys, HmacKeysError, HmacMode, HmacReplay, HmacSigner, HmacVerifier, Interval,
    Ipv4Envelope, MAX_IPV4_PACKET, MAX_IPV6_PACKET, MULTICAST_IPV4, MULTICAST_IPV6, Packet,
    Priority, Seconds, Secret, Signer, TimeOfDay, TimeWindow, Verifier, Vrid,
};

type Trailer = [u8; HMAC_TRAILER_LENGTH];

const SOURCE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const PEER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);
const NOW: TimeOfDay = TimeOfDay::new(1_750_000_000, 0x4000);
const GROUP: Ipv4Envelope =
    Ipv4Envelope { source: SOURCE, destination: MULTICAST_IPV4, ttl: 255, identification: 7 };
/// A VRRPv3 message; `sign` and `verify` do not look at its checksum.
const MESSAGE: [u8; 12] = [0x31, 51, 100, 1, 0, 100, 0, 0, 192, 0, 2, 10];

fn keys() -> HmacKeys {
    let first: Vec<u8> = (0..32).collect();
    let longest: Vec<u8> = (0x40..0x80).collect();
    HmacKeys::new(&[
        HmacKey::new(1, &first).unwrap(),
        HmacKey::new(255, &longest).unwrap(),
        HmacKey::new(2, b"thirty-three octets of a password").unwrap(),
    ])
    .unwrap()
}

fn five_seconds() -> HmacReplay {
    HmacReplay::Time(TimeWindow::new(5).unwrap())
}

fn signer(replay: HmacReplay) -> HmacSigner {
    HmacSigner::new(&keys(), 1, replay).unwrap()
}

fn verifier(mode: HmacMode, replay: HmacReplay) -> HmacVerifier {
    HmacVerifier::new(keys(), mode, replay)
}

fn seconds_later(seconds: u32) -> TimeOfDay {
    TimeOfDay::new(NOW.seconds() + seconds, NOW.fraction())
}

fn sign(signer: &mut HmacSigner, time: TimeOfDay, source: impl Into<IpAddr>) -> Trailer {
    let mut trailer = [0xa5; HMAC_TRAILER_LENGTH];
    signer.sign(time, source.into(), &MESSAGE, &mut trailer);
    trailer
}

fn verify<const SENDERS: usize>(
    verifier: &mut HmacVerifier<SENDERS>,
    now: TimeOfDay,
    source: impl Into<IpAddr>,
    trailer: &[u8],
) -> Result<(), HmacFailure> {
    verifier.verify(now, source.into(), &MESSAGE, Some(trailer))
}

/// Seconds, fraction and counter.
fn sequence(trailer: &Trailer) -> u64 {
    u64::from_be_bytes(trailer[4..12].try_into().unwrap())
}

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        write!(text, "{octet:02x}").unwrap();
        text
    })
}

fn ipv6(text: &str) -> Ipv6Addr {
    text.parse().unwrap()
}

fn with_trailer() -> Demands {
    Demands::new().hmac_trailer(true)
}

/// One VRRPv3 packet of `SOURCE` to the group.
fn packet(signer: &mut HmacSigner, time: TimeOfDay) -> Vec<u8> {
    let addresses = [Ipv4Addr::new(192, 0, 2, 10)];
    let advertisement = Advertisement::v3_ipv4(
        Vrid::new(51).unwrap(),
        Priority::DEFAULT,
        Centiseconds::DEFAULT,
        AddressList::new(&addresses).unwrap(),
    );
    let mut buffer = [0xa5; 128];
    let form = ChecksumForm::default();
    let length = signer.encode_ipv4(&advertisement, &GROUP, form, time, &mut buffer).unwrap();
    buffer[..length].to_vec()
}

#[test]
fn keys_show_their_ids_alone() {
    let shown = format!("{:?}", keys());
    assert!(shown.contains("255") && !shown.contains("password"), "{shown}");
}

/// The packets in the appendix of draft-cassen-vrrp-auth-hmac-00.
#[test]
fn the_packets_of_the_draft() {
    let time = TimeOfDay::new(0x6800_0000, 0x8000);
    let (vrid, priority) = (Vrid::new(51).unwrap(), Priority::new(200).unwrap());
    let mut buffer = [0xa5; 128];

    let addresses = [Ipv4Addr::new(192, 0, 2, 100)];
    let addresses = AddressList::new(&addresses).unwrap();
    let sent = Advertisement::v3_ipv4(vrid, priority, Centiseconds::DEFAULT, addresses);
    let source = Ipv4Addr::new(198, 51, 100, 10);
    let envelope = Ipv4Envelope { source, destination: PEER, ttl: 255, identification: 1 };
    let form = ChecksumForm::Rfc9568;
    let length = signer(HmacReplay::Monotonic)
        .encode_ipv4(&sent, &envelope, form, time, &mut buffer)
        .unwrap();
    assert_eq!(
        hex(&buffer[20..length]),
        "3133c80100644402c0000264\
         0101000068000000800000001b84bc4e8e43892dc6d98448f8ee2265"
    );

    let addresses = [ipv6("fe80::100")];
    let addresses = AddressList::new(&addresses).unwrap();
    let sent = Advertisement::v3_ipv6(vrid, priority, Centiseconds::DEFAULT, addresses);
    let (source, destination) = (ipv6("fe80::10"), ipv6("fe80::20"));
    let length = signer(HmacReplay::Monotonic)
        .encode_ipv6(&sent, source, destination, time, &mut buffer)
        .unwrap();
    assert_eq!(
        hex(&buffer[40..length]),
        "3133c8010064a2e9fe800000000000000000000000000100\
         010100006800000080000000c8c56146ebfd66ee10ec4d8186461b78"
    );
}

/// Whole IP packets that a Python program made with `hmac` and `hashlib` and nothing of ours.
#[test]
fn known_packets() {
    let mut buffer = [0xa5; 128];
    let form = ChecksumForm::Rfc5798;

    let addresses = [Ipv4Addr::new(192, 0, 2, 10), Ipv4Addr::new(192, 0, 2, 11)];
    let one = AddressList::new(&addresses[..1]).unwrap();
    let v2 = Advertisement::v2(Vrid::new(51).unwrap(), Priority::DEFAULT, Seconds::DEFAULT, one);
    let length = HmacSigner::new(&keys(), 1, five_seconds())
        .unwrap()
        .encode_ipv4(&v2, &GROUP, form, NOW, &mut buffer)
        .unwrap();
    assert_eq!(
        hex(&buffer[..length]),
        "45c0004400070000ff70186fc0000201e0000012\
         213364010001b8bfc000020a0000000000000000\
         01010000684ee18040000000af305410b11b97e658444869ee2bfb60"
    );

    let two = AddressList::new(&addresses).unwrap();
    let v3 = Advertisement::v3_ipv4(Vrid::MIN, Priority::OWNER, Centiseconds::MAX, two);
    let envelope = Ipv4Envelope { source: SOURCE, destination: PEER, ttl: 64, identification: 8 };
    let length = HmacSigner::new(&keys(), 255, five_seconds())
        .unwrap()
        .encode_ipv4(&v3, &envelope, form, NOW, &mut buffer)
        .unwrap();
    assert_eq!(
        hex(&buffer[..length]),
        "45c00040000800004070f582c0000201c0000202\
         3101ff020fffb761c000020ac000020b\
         01ff0000684ee180400000009e4d761ce8416daadf91723bc2bcee48"
    );

    let addresses = [ipv6("fe80::a"), ipv6("2001:db8::a")];
    let two = AddressList::new(&addresses).unwrap();
    let interval = Centiseconds::new(10).unwrap();
    let v3 = Advertisement::v3_ipv6(Vrid::new(52).unwrap(), Priority::STOPPED, interval, two);
    let length = HmacSigner::new(&keys(), 2, five_seconds())
        .unwrap()
        .encode_ipv6(&v3, ipv6("fe80::1"), MULTICAST_IPV6, NOW, &mut buffer)
        .unwrap();
    assert_eq!(
        hex(&buffer[..length]),
        "6c000000004470fffe800000000000000000000000000001ff020000000000000000000000000012\
         31340002000ae85cfe80000000000000000000000000000a20010db800000000000000000000000a\
         01020000684ee1804000000085bb7885395a3d05f08dfc89f43ddb01"
    );
}

#[test]
fn every_refusal_is_told_apart() {
    let mut verifier = verifier(HmacMode::Enforce, five_seconds());
    let trailer = sign(&mut signer(five_seconds()), NOW, SOURCE);
    let changed = |place: usize, octet: u8| {
        let mut changed = trailer;
        changed[place] = octet;
        changed
    };
    let missing = verifier.verify(NOW, SOURCE.into(), &MESSAGE, None);
    assert_eq!(missing, Err(HmacFailure::Missing));
    for (trailer, shown) in [
        (&trailer[..27], "length of the trailer (octets) is 27, allowed is 28"),
        (&changed(0, 2)[..], "Type of the trailer is 2, allowed is 1 (HMAC-SHA256)"),
        (&changed(2, 1)[..], "Reserved of the trailer is 256, allowed is 0"),
        (&changed(1, 9)[..], "Key ID is 9, allowed are those of the configured keys"),
        (&changed(1, 0)[..], "Key ID is 0, allowed are those of the configured keys"),
        (&changed(1, 2)[..], "the MAC differs"),
        (&changed(27, !trailer[27])[..], "the MAC differs"),
    ] {
        let failure = verify(&mut verifier, NOW, SOURCE, trailer).unwrap_err();
        assert_eq!(failure.to_string(), shown);
    }
    let other_source = verify(&mut verifier, NOW, PEER, &trailer);
    assert_eq!(other_source, Err(HmacFailure::Mac));

    // Nothing of this was remembered.
    assert_eq!(verify(&mut verifier, NOW, SOURCE, &trailer), Ok(()));
    let sequence = sequence(&trailer);
    let replay = HmacFailure::Replay { received: sequence, highest: sequence };
    assert_eq!(verify(&mut verifier, NOW, SOURCE, &trailer), Err(replay));
    let shown = "sequence 0x684ee18040000000 was seen or is too old, highest is 0x684ee18040000000";
    assert_eq!(replay.to_string(), shown);
}

#[test]
fn the_window_is_looked_at_before_the_mac() {
    let sent = sign(&mut signer(five_seconds()), seconds_later(100), SOURCE);
    let mut forged = sent;
    forged[27] ^= 1;
    for (later, is_fresh) in [(94, false), (95, true), (100, true), (105, true), (106, false)] {
        let now = seconds_later(later);
        let mut verifier = verifier(HmacMode::Enforce, five_seconds());
        let stale = HmacFailure::Stale { sent: NOW.seconds() + 100, now: now.seconds(), window: 5 };
        let expected = if is_fresh { Err(HmacFailure::Mac) } else { Err(stale) };
        assert_eq!(verify(&mut verifier, now, SOURCE, &forged), expected);
        let expected = if is_fresh { Ok(()) } else { Err(stale) };
        assert_eq!(verify(&mut verifier, now, SOURCE, &sent), expected);
    }
    let mut monotonic = verifier(HmacMode::Enforce, HmacReplay::Monotonic);
    assert_eq!(verify(&mut monotonic, TimeOfDay::new(0, 0), SOURCE, &sent), Ok(()));
}

#[test]
fn the_modes_differ_in_what_has_no_trailer() {
    let trailer = sign(&mut signer(five_seconds()), NOW, SOURCE);
    for (mode, signs, demands) in [
        (HmacMode::Enforce, true, true),
        (HmacMode::Permissive, true, false),
        (HmacMode::ReceiveOnly, false, false),
    ] {
        assert_eq!((mode.signs(), mode.demands_trailer()), (signs, demands));
        let mut verifier = verifier(mode, five_seconds());
        let without = verifier.verify(NOW, SOURCE.into(), &MESSAGE, None);
        assert_eq!(without.is_err(), demands);
        // One that is there has to be right.
        assert_eq!(verify(&mut verifier, NOW, PEER, &trailer), Err(HmacFailure::Mac));
        assert_eq!(verify(&mut verifier, NOW, SOURCE, &trailer), Ok(()));
        assert!(verify(&mut verifier, NOW, SOURCE, &trailer).is_err());
    }
}

#[test]
fn a_number_passes_once_and_none_before_it() {
    let mut signer = signer(HmacReplay::Monotonic);
    let mut verifier = verifier(HmacMode::Enforce, HmacReplay::Monotonic);
    let sent: Vec<Trailer> = (0..3).map(|_| sign(&mut signer, NOW, SOURCE)).collect();
    assert_eq!(verify(&mut verifier, NOW, SOURCE, &sent[1]), Ok(()));
    assert!(verify(&mut verifier, NOW, SOURCE, &sent[0]).is_err(), "overtaken");
    assert!(verify(&mut verifier, NOW, SOURCE, &sent[1]).is_err(), "seen");
    assert_eq!(verify(&mut verifier, NOW, SOURCE, &sent[2]), Ok(()));

    // What was learned outlives a change of the keys.
    let mut keys = vec![HmacKey::new(7, &[7; 32]).unwrap()];
    keys.extend(self::keys().get(1).cloned());
    let keys = HmacKeys::new(&keys).unwrap();
    verifier.reconfigure(keys.clone(), HmacMode::Enforce, HmacReplay::Monotonic);
    assert!(verify(&mut verifier, NOW, SOURCE, &sent[2]).is_err());
    let refused = signer.reconfigure(&keys, 2, HmacReplay::Monotonic);
    assert_eq!(refused, Err(HmacKeysError::NoSuchKey { id: 2 }));
    signer.reconfigure(&keys, 7, HmacReplay::Monotonic).unwrap();
    let next = sign(&mut signer, NOW, SOURCE);
    assert_eq!((next[1], sequence(&next)), (7, sequence(&sent[2]) + 1));
    assert_eq!(verify(&mut verifier, NOW, SOURCE, &next), Ok(()));
}

#[test]
fn the_sender_not_heard_for_the_longest_is_forgotten() {
    let mut verifier = verifier(HmacMode::Enforce, HmacReplay::Monotonic);
    let address = |last: u8| Ipv4Addr::new(192, 0, 2, last);
    // Each sender has numbers of its own.
    let sent = |last, time| sign(&mut signer(HmacReplay::Monotonic), time, address(last));
    let first: Vec<Trailer> = (1..=5).map(|last| sent(last, NOW)).collect();
    for last in 1..=4u8 {
        let trailer = &first[usize::from(last) - 1];
        assert_eq!(verify(&mut verifier, NOW, address(last), trailer), Ok(()));
    }
    // The first is heard again, so that the fifth takes the place of the second.
    let again = sent(1, seconds_later(1));
    assert_eq!(verify(&mut verifier, NOW, address(1), &again), Ok(()));
    let mut forged = first[4];
    forged[27] ^= 1;
    assert!(verify(&mut verifier, NOW, address(5), &forged).is_err(), "takes nobody's place");
    assert!(verify(&mut verifier, NOW, address(2), &first[1]).is_err());
    assert_eq!(verify(&mut verifier, NOW, address(5), &first[4]), Ok(()));
    for last in [1, 3, 4, 5u8] {
        let trailer = &first[usize::from(last) - 1];
        assert!(verify(&mut verifier, NOW, address(last), trailer).is_err(), "{last} is known");
    }
    assert_eq!(verify(&mut verifier, NOW, address(2), &first[1]), Ok(()));

    let mut one: HmacVerifier<1> =
        HmacVerifier::with_room(keys(), HmacMode::Enforce, HmacReplay::Monotonic);
    for last in [1, 2, 1u8] {
        let trailer = &first[usize::from(last) - 1];
        assert_eq!(verify(&mut one, NOW, address(last), trailer), Ok(()));
        assert!(verify(&mut one, NOW, address(last), trailer).is_err());
    }
}

#[test]
fn numbers_increase_while_the_clock_stands_or_goes_back() {
    for replay in [five_seconds(), HmacReplay::Monotonic] {
        let mut signer = signer(replay);
        let mut number = |time| sequence(&sign(&mut signer, time, SOURCE));
        let first = number(seconds_later(10));
        assert_eq!(first & 0xffff, 0, "the counter begins at 0");
        assert_eq!(number(seconds_later(10)), first + 1);
        assert_eq!(number(seconds_later(9)), first + 2);
        assert_eq!(number(seconds_later(5)), first + 3);
        assert_eq!(number(seconds_later(11)), first + (1u64 << 32));
    }
    let mut signer = signer(HmacReplay::Monotonic);
    let high = sequence(&sign(&mut signer, seconds_later(3600), SOURCE));
    assert_eq!(sequence(&sign(&mut signer, NOW, SOURCE)), high + 1);
    assert_eq!(sequence(&sign(&mut signer, TimeOfDay::new(0, 0), SOURCE)), high + 2);

    let mut signer = self::signer(five_seconds());
    let zero = sequence(&sign(&mut signer, TimeOfDay::new(0, 0), SOURCE));
    assert_eq!(zero, 1, "above all before, also in 1970");
}

#[test]
fn a_clock_that_is_set_right_silences_nobody() {
    let mut signer = signer(five_seconds());
    let mut verifier = verifier(HmacMode::Enforce, five_seconds());
    // Both clocks are an hour ahead, and are set.
    let wrong = seconds_later(3600);
    let before = sign(&mut signer, wrong, SOURCE);
    assert_eq!(verify(&mut verifier, wrong, SOURCE, &before), Ok(()));
    let after = sign(&mut signer, NOW, SOURCE);
    assert_eq!(sequence(&after) >> 32, u64::from(NOW.seconds()));
    assert_eq!(verify(&mut verifier, NOW, SOURCE, &after), Ok(()));
    assert!(verify(&mut verifier, NOW, SOURCE, &after).is_err(), "replay");
    assert!(verify(&mut verifier, NOW, SOURCE, &before).is_err(), "stale");

    // Numbers that only increase stay above what was proved.
    let mut verifier = self::verifier(HmacMode::Enforce, HmacReplay::Monotonic);
    assert_eq!(verify(&mut verifier, wrong, SOURCE, &before), Ok(()));
    assert!(verify(&mut verifier, NOW, SOURCE, &after).is_err());
}

#[test]
fn a_trailer_has_to_be_allowed_and_verified() {
    let octets = packet(&mut signer(five_seconds()), NOW);
    let datagram = Datagram::from_ipv4(&octets).unwrap();
    let refused = Packet::decode(&datagram, &Demands::new()).unwrap_err();
    assert_eq!(refused, DecodeError::Length { count: 1, expected: 12, received: 40 });

    let packet = Packet::decode(&datagram, &with_trailer()).unwrap();
    let trailer = packet.trailer().unwrap();
    assert_eq!(trailer[..], octets[32..]);
    let unknown = Err(DecodeError::Extension(HmacFailure::UnknownKey(1)));
    assert_eq!(packet.advertisement(), unknown);
    for authentication in
        [Authentication::None, Authentication::Password(Secret::new(b"secret").unwrap())]
    {
        assert_eq!(Verifier::new(authentication).advertisement(&packet), unknown);
    }
    let mut verifier = verifier(HmacMode::Enforce, five_seconds());
    assert_eq!(verifier.advertisement(NOW, &packet).unwrap().vrid().get(), 51);
    let replayed = verifier.advertisement(NOW, &packet).unwrap_err();
    assert_eq!(replayed.kind(), ErrorKind::ExtensionReplay);
    assert_eq!(replayed.kind().name(), "auth_extension_replay");

    // Only a whole trailer is one.
    for length in [1, 12, 27, 29, 56] {
        let mut message = octets[20..32].to_vec();
        message.resize(12 + length, 0);
        let datagram = Datagram::from_message(datagram.endpoints(), 255, &message);
        let refused = Packet::decode(&datagram, &with_trailer()).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Length);
    }
    let datagram = Datagram::from_message(datagram.endpoints(), 255, &octets[20..32]);
    let packet = Packet::decode(&datagram, &with_trailer()).unwrap();
    assert_eq!(packet.trailer(), None);
    let missing = verifier.advertisement(NOW, &packet).unwrap_err();
    assert_eq!(missing, DecodeError::Extension(HmacFailure::Missing));
    assert_eq!(missing.to_string(), "HMAC extension: the packet has no trailer");
    verifier.reconfigure(keys(), HmacMode::Permissive, five_seconds());
    assert!(verifier.advertisement(NOW, &packet).is_ok());
}

/// The extension excludes password and AH, with and without a trailer.
#[test]
fn other_authentication_is_refused() {
    let addresses = [Ipv4Addr::new(192, 0, 2, 10)];
    let sent = Advertisement::v2(
        Vrid::new(51).unwrap(),
        Priority::DEFAULT,
        Seconds::DEFAULT,
        AddressList::new(&addresses).unwrap(),
    );
    let secret = || Secret::new(b"secret").unwrap();
    let mut verifier = verifier(HmacMode::Permissive, five_seconds());
    for (authentication, received) in [
        (Authentication::Password(secret()), 1),
        (Authentication::AuthenticationHeader(secret()), 2),
    ] {
        let mut buffer = [0xa5; 128];
        let length = Signer::new(authentication, 0)
            .encode_ipv4(&sent, &GROUP, ChecksumForm::default(), &mut buffer)
            .unwrap();
        let datagram = Datagram::from_ipv4(&buffer[..length]).unwrap();
        let packet = Packet::decode(&datagram, &with_trailer()).unwrap();
        let refused = DecodeError::AuthTypeMismatch { received, configured: 0 };
        assert_eq!(verifier.advertisement(NOW, &packet), Err(refused));
    }

    // An Authentication Header around a message that says it has none.
    let octets = packet(&mut signer(five_seconds()), NOW);
    let mut with_ah = octets[..20].to_vec();
    with_ah[3] += 24;
    with_ah[9] = 51;
    with_ah.extend([112, 4, 0, 0]);
    with_ah.extend([0; 20]);
    with_ah.extend(&octets[20..]);
    let datagram = Datagram::from_ipv4(&with_ah).unwrap();
    let packet = Packet::decode(&datagram, &with_trailer()).unwrap();
    let refused = Err(DecodeError::Authentication(AuthFailure::NoKey));
    assert_eq!(verifier.advertisement(NOW, &packet), refused);
    // What is refused for another reason was not remembered either.
    let datagram = Datagram::from_ipv4(&octets).unwrap();
    let packet = Packet::decode(&datagram, &with_trailer()).unwrap();
    assert!(verifier.advertisement(NOW, &packet).is_ok());
}

/// As the kernel computes it, the checksum over IPv6 covers the trailer.
#[test]
fn the_ipv6_checksum_covers_the_trailer() {
    let addresses = [ipv6("fe80::a")];
    let sent = Advertisement::v3_ipv6(
        Vrid::new(51).unwrap(),
        Priority::DEFAULT,
        Centiseconds::DEFAULT,
        AddressList::new(&addresses).unwrap(),
    );
    let source = ipv6("fe80::1");
    let endpoints = Endpoints::V6 { source, destination: MULTICAST_IPV6 };
    let mut message = [0; 24 + HMAC_TRAILER_LENGTH];
    assert_eq!(sent.encode(endpoints, ChecksumForm::default(), &mut message), Ok(24));
    let (front, trailer) = message.split_last_chunk_mut().unwrap();
    signer(five_seconds()).sign(NOW, source.into(), front, trailer);
    let datagram = Datagram::from_message(endpoints, 255, &message);
    let refused = Packet::decode(&datagram, &with_trailer()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Checksum);
}

#[test]
fn a_buffer_too_short_uses_no_number() {
    let addresses = [Ipv4Addr::new(192, 0, 2, 10)];
    let sent = Advertisement::v3_ipv4(
        Vrid::MIN,
        Priority::DEFAULT,
        Centiseconds::DEFAULT,
        AddressList::new(&addresses).unwrap(),
    );
    let mut signer = signer(five_seconds());
    let form = ChecksumForm::default();
    for length in [0, 19, 20, 47, 59] {
        let refused = signer.encode_ipv4(&sent, &GROUP, form, NOW, &mut vec![0; length]);
        assert_eq!(refused, Err(EncodeError::BufferTooShort { needed: 60, available: length }));
    }
    let source = ipv6("fe80::1");
    let refused = signer.encode_ipv6(&sent, source, MULTICAST_IPV6, NOW, &mut [0; 128]);
    assert_eq!(refused, Err(EncodeError::FamilyMismatch));
    assert_eq!(sequence(&sign(&mut signer, NOW, SOURCE)) & 0xffff, 0);
}

#[test]
fn the_largest_packets_fit() {
    let addresses = [Ipv4Addr::new(192, 0, 2, 10); 255];
    let addresses = AddressList::new(&addresses).unwrap();
    let v2 = Advertisement::v2(Vrid::MIN, Priority::DEFAULT, Seconds::DEFAULT, addresses);
    let (mut signer, form) = (signer(five_seconds()), ChecksumForm::default());
    let length = signer.encode_ipv4(&v2, &GROUP, form, NOW, &mut [0; MAX_IPV4_PACKET]);
    assert_eq!(length, Ok(MAX_IPV4_PACKET));

    let addresses = [MULTICAST_IPV6; 255];
    let addresses = AddressList::new(&addresses).unwrap();
    let v3 = Advertisement::v3_ipv6(Vrid::MIN, Priority::DEFAULT, Centiseconds::MAX, addresses);
    let source = ipv6("fe80::1");
    let mut buffer = [0; MAX_IPV6_PACKET];
    let length = signer.encode_ipv6(&v3, source, MULTICAST_IPV6, NOW, &mut buffer);
    assert_eq!(length, Ok(MAX_IPV6_PACKET));
}

#[test]
fn keys_are_checked_and_do_not_print() {
    let key = |id, length| HmacKey::new(id, &vec![0x77; length]);
    for (id, length, shown) in [
        (0, 32, "ID of the HMAC key is 0, allowed are 1 to 255"),
        (1, 31, "length of the HMAC key (octets) is 31, allowed are 32 to 64"),
        (1, 65, "length of the HMAC key (octets) is 65, allowed are 32 to 64"),
    ] {
        assert_eq!(key(id, length).unwrap_err().to_string(), shown);
    }
    assert_eq!(key(1, 32), key(1, 32));
    assert_ne!(key(1, 32), key(1, 33));
    assert_ne!(key(1, 32), key(2, 32));

    let many: Vec<HmacKey> = (1..=9).map(|id| key(id, 32).unwrap()).collect();
    let error = HmacKeys::new(&many).unwrap_err();
    assert_eq!(error.to_string(), "number of HMAC keys is 9, allowed are 1 to 8");
    let error = HmacKeys::new(&[]).unwrap_err();
    assert_eq!(error.to_string(), "number of HMAC keys is 0, allowed are 1 to 8");
    let twice = HmacKeys::new(&[many[2].clone(), many[0].clone(), many[2].clone()]);
    assert_eq!(twice, Err(HmacKeysError::Repeated { id: 3 }));

    let keys = HmacKeys::new(&many[..8]).unwrap();
    assert_eq!((keys.get(8), keys.get(9)), (Some(&many[7]), None));
    let signer = HmacSigner::new(&keys, 8, five_seconds()).unwrap();
    let verifier = HmacVerifier::new(keys.clone(), HmacMode::Enforce, five_seconds());
    assert_eq!(format!("{:?}", many[0]), "HmacKey { id: 1, .. }");
    for shown in [format!("{keys:?}"), format!("{signer:?}"), format!("{verifier:?}")] {
        assert!(!shown.contains("119"), "octets of a key are in {shown}");
    }
    let error = HmacSigner::new(&keys, 9, five_seconds()).unwrap_err();
    let shown = "ID of the HMAC key to sign with is 9, allowed are those of the keys";
    assert_eq!(error.to_string(), shown);
}

#[test]
fn times_and_windows() {
    let time = |seconds, nanoseconds| TimeOfDay::since_epoch(Duration::new(seconds, nanoseconds));
    assert_eq!(time(0, 0), TimeOfDay::new(0, 0));
    assert_eq!(time(7, 500_000_000), TimeOfDay::new(7, 0x8000));
    assert_eq!(time(7, 999_999_999), TimeOfDay::new(7, 0xffff));
    assert_eq!(time(1 << 32, 0), TimeOfDay::new(u32::MAX, 0));

    assert!(TimeWindow::new(0).is_err());
    let error = TimeWindow::new(301).unwrap_err();
    assert_eq!(error.to_string(), "time window (seconds) is 301, allowed are 1 to 300");
    let window = |interval| TimeWindow::for_interval(interval).get();
    assert_eq!(window(Interval::V3(Centiseconds::new(1).unwrap())), 5);
    assert_eq!(window(Interval::V3(Centiseconds::MAX)), 123);
    assert_eq!(window(Interval::V2(Seconds::new(4).unwrap())), 12);
    assert_eq!(window(Interval::V2(Seconds::new(255).unwrap())), 300);
}

fn time() -> impl Strategy<Value = TimeOfDay> {
    any::<(u32, u16)>().prop_map(|(seconds, fraction)| TimeOfDay::new(seconds, fraction))
}

fn key_id() -> impl Strategy<Value = u8> {
    prop_oneof![Just(1), Just(2), Just(255)]
}

proptest! {
    #[test]
    fn ipv4_round_trip(
        vrid in 1..=255u8, priority: u8, interval in 1..=255u8, is_v2: bool, time in time(),
        key_id in key_id(), addresses in vec(any::<Ipv4Addr>(), 1..=255), is_plain: bool,
        damaged: prop::sample::Index, bit in 0..8u8,
    ) {
        let (vrid, priority) = (Vrid::new(vrid).unwrap(), Priority::from_wire(priority));
        let list = AddressList::new(&addresses).unwrap();
        let sent = match is_v2 {
            true => Advertisement::v2(vrid, priority, Seconds::new(interval).unwrap(), list),
            false => {
                let interval = Centiseconds::new(interval.into()).unwrap();
                Advertisement::v3_ipv4(vrid, priority, interval, list)
            }
        };
        let form = if is_plain { ChecksumForm::Rfc9568 } else { ChecksumForm::Rfc5798 };
        let mut signer = HmacSigner::new(&keys(), key_id, five_seconds()).unwrap();
        let mut buffer = [0xa5; MAX_IPV4_PACKET];
        let length = signer.encode_ipv4(&sent, &GROUP, form, time, &mut buffer).unwrap();
        let mut verifier = verifier(HmacMode::Enforce, five_seconds());
        {
            let datagram = Datagram::from_ipv4(&buffer[..length]).unwrap();
            let packet = Packet::decode(&datagram, &with_trailer()).unwrap();
            prop_assert_eq!(verifier.advertisement(time, &packet).unwrap(), sent);
            prop_assert!(verifier.advertisement(time, &packet).is_err());
        }
        // The checksum finds a wrong bit in the message, the MAC one in the trailer.
        buffer[20 + damaged.index(length - 20)] ^= 1 << bit;
        let datagram = Datagram::from_ipv4(&buffer[..length]).unwrap();
        let mut verifier = self::verifier(HmacMode::Enforce, five_seconds());
        let believed = Packet::decode(&datagram, &with_trailer())
            .and_then(|packet| verifier.advertisement(time, &packet).map(|_| ()));
        prop_assert!(believed.is_err());
    }

    #[test]
    fn ipv6_round_trip(
        vrid in 1..=255u8, priority: u8, interval in 1..=4095u16, time in time(),
        key_id in key_id(), addresses in vec(any::<Ipv6Addr>(), 1..=255), source: Ipv6Addr,
    ) {
        let sent = Advertisement::v3_ipv6(
            Vrid::new(vrid).unwrap(),
            Priority::from_wire(priority),
            Centiseconds::new(interval).unwrap(),
            AddressList::new(&addresses).unwrap(),
        );
        let mut signer = HmacSigner::new(&keys(), key_id, five_seconds()).unwrap();
        let mut buffer = [0xa5; MAX_IPV6_PACKET];
        let length =
            signer.encode_ipv6(&sent, source, MULTICAST_IPV6, time, &mut buffer).unwrap();
        let datagram = Datagram::from_ipv6(&buffer[..length]).unwrap();
        prop_assert!(Packet::decode(&datagram, &Demands::new()).is_err());
        let packet = Packet::decode(&datagram, &with_trailer()).unwrap();
        let mut verifier = verifier(HmacMode::Enforce, five_seconds());
        prop_assert_eq!(verifier.advertisement(time, &packet).unwrap(), sent);
        prop_assert!(verifier.advertisement(time, &packet).is_err());
    }

    #[test]
    fn any_wrong_bit_is_refused(
        version_type: u8, vrid: u8, rest in vec(any::<u8>(), 6..64), source: Ipv4Addr,
        time in time(), key_id in key_id(), damaged: prop::sample::Index, bit in 0..8u8,
    ) {
        let mut message = vec![version_type, vrid];
        message.extend(rest);
        let mut signer = HmacSigner::new(&keys(), key_id, HmacReplay::Monotonic).unwrap();
        let mut trailer = [0xa5; HMAC_TRAILER_LENGTH];
        signer.sign(time, source.into(), &message, &mut trailer);
        let mut verifier = verifier(HmacMode::Enforce, HmacReplay::Monotonic);
        let right = verifier.verify(time, source.into(), &message, Some(&trailer));
        prop_assert_eq!(right, Ok(()));

        let mut source = source.octets();
        let place = damaged.index(source.len() + message.len() + trailer.len());
        let mut octets = source.iter_mut().chain(&mut message).chain(&mut trailer);
        *octets.nth(place).unwrap() ^= 1 << bit;
        let mut verifier = self::verifier(HmacMode::Enforce, HmacReplay::Monotonic);
        let source = IpAddr::from(source);
        let wrong = verifier.verify(time, source, &message, Some(&trailer));
        // Octets 6 and 7 of the message are its checksum, which counts as zero.
        let is_checksum = (4 + 6..4 + 8).contains(&place);
        prop_assert_eq!(wrong.is_ok(), is_checksum);
    }

    #[test]
    fn numbers_always_increase(times in vec(time(), 1..50)) {
        let mut signer = signer(HmacReplay::Monotonic);
        let numbers: Vec<u64> =
            times.iter().map(|time| sequence(&sign(&mut signer, *time, SOURCE))).collect();
        prop_assert!(numbers.is_sorted_by(|one, next| one < next));
    }

    #[test]
    fn any_octets_are_answered(
        message in vec(any::<u8>(), 0..20), trailer in vec(any::<u8>(), 0..40), now in time(),
    ) {
        let mut verifier = verifier(HmacMode::Enforce, five_seconds());
        prop_assert!(verifier.verify(now, SOURCE.into(), &message, Some(&trailer)).is_err());
    }
}
