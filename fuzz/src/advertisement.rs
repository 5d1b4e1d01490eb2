use arbitrary::{Arbitrary, Unstructured};
use vrrp_proto::{
    AddressList, Advertisement, Authentication, Centiseconds, ChecksumForm, Datagram, Demands,
    Ipv4Envelope, Packet, Priority, Seconds, Secret, Signer, Verifier, Vrid,
};

#[derive(Arbitrary, Debug)]
struct Wanted {
    vrid: u8,
    priority: u8,
    interval: u16,
    is_v2: bool,
    is_plain: bool,
    addresses: Vec<[u8; 4]>,
    source: [u8; 4],
    destination: [u8; 4],
    ttl: u8,
    identification: u16,
    authentication: u8,
    secret: Vec<u8>,
}

/// Any advertisement that can be built is encoded, and decodes to the same.
pub fn advertisement(octets: &[u8]) {
    let Ok(wanted) = Wanted::arbitrary(&mut Unstructured::new(octets)) else { return };
    let _ = check(&wanted);
}

fn check(wanted: &Wanted) -> Option<()> {
    let addresses: Vec<_> = wanted.addresses.iter().map(|octets| (*octets).into()).collect();
    let list = AddressList::new(&addresses).ok()?;
    let vrid = Vrid::new(wanted.vrid).ok()?;
    let priority = Priority::from_wire(wanted.priority);
    let sent = if wanted.is_v2 {
        let interval = Seconds::new(u8::try_from(wanted.interval).ok()?).ok()?;
        Advertisement::v2(vrid, priority, interval, list)
    } else {
        let interval = Centiseconds::new(wanted.interval).ok()?;
        Advertisement::v3_ipv4(vrid, priority, interval, list)
    };
    let secret = Secret::new(&wanted.secret).ok();
    let authentication = match (wanted.is_v2, wanted.authentication % 3, secret) {
        (true, 1, Some(secret)) => Authentication::Password(secret),
        (true, 2, Some(secret)) => Authentication::AuthenticationHeader(secret),
        _ => Authentication::None,
    };
    let envelope = Ipv4Envelope {
        source: wanted.source.into(),
        destination: wanted.destination.into(),
        ttl: wanted.ttl,
        identification: wanted.identification,
    };
    let form = if wanted.is_plain { ChecksumForm::Rfc9568 } else { ChecksumForm::Rfc5798 };
    let mut buffer = [0xa5; vrrp_proto::MAX_IPV4_PACKET];
    let mut signer = Signer::new(authentication.clone(), 0);
    let length = signer
        .encode_ipv4(&sent, &envelope, form, &mut buffer)
        .expect("the buffer is large enough");
    let datagram = Datagram::from_ipv4(&buffer[..length]).expect("the header is right");
    let demands = Demands::new().hop_limit(0, 255);
    let packet = Packet::decode(&datagram, &demands).expect("the message is right");
    let mut verifier = Verifier::new(authentication.clone());
    assert_eq!(verifier.advertisement(&packet), Ok(sent));
    if let Authentication::AuthenticationHeader(_) = authentication {
        assert!(verifier.advertisement(&packet).is_err(), "a replay is refused");
    }
    Some(())
}
