use vrrp_proto::{Authentication, ChecksumForm, Datagram, Demands, Packet, Secret, Verifier};

/// A received IP packet: whatever it holds is answered, and what is accepted encodes to the same.
pub fn datagram(octets: &[u8]) {
    let Ok(datagram) = Datagram::from_ip(octets) else { return };
    let Ok(packet) = Packet::decode(&datagram, &Demands::new()) else { return };
    let secret = Secret::new(b"secret").expect("six octets are a secret");
    for authentication in [
        Authentication::None,
        Authentication::Password(secret.clone()),
        Authentication::AuthenticationHeader(secret),
    ] {
        let _ = Verifier::new(authentication).advertisement(&packet);
    }
    let Ok(advertisement) = packet.advertisement() else { return };
    // Both checksums were acceptable, so one of the two forms gives the received octets, except for
    // the bits that receivers ignore.
    let encodes = [ChecksumForm::Rfc5798, ChecksumForm::Rfc9568].map(|form| {
        let mut buffer = [0; 4096];
        let length = advertisement
            .encode(datagram.endpoints(), form, &mut buffer)
            .expect("what was received fits");
        let again = Datagram::from_message(datagram.endpoints(), 255, &buffer[..length]);
        let decoded = Packet::decode(&again, &Demands::new()).expect("what is encoded decodes");
        assert_eq!(decoded.advertisement(), Ok(advertisement));
        decoded.checksum()
    });
    let has_ignored_bits = packet.reserved() != 0
        || packet.auth_data().is_some_and(|data| data.iter().any(|octet| *octet != 0));
    assert!(
        has_ignored_bits || encodes.iter().any(|sum| is_same_checksum(*sum, packet.checksum())),
        "{encodes:x?} for {:x}",
        packet.checksum()
    );
}

/// In ones' complement there are two zeros (RFC 1071 section 2).
fn is_same_checksum(one: u16, other: u16) -> bool {
    let zero = |sum: u16| if sum == u16::MAX { 0 } else { sum };
    zero(one) == zero(other)
}
