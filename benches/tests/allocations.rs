//! A packet costs no allocation, in the codec and in the state machine.

use std::hint::black_box;
use std::net::IpAddr;
use std::time::Duration;

use allocation_counter::measure;
use benches::{Clock, ENDPOINTS, advertisement, backup, decode, encode, handle, ipvs, message};
use vrrp_fsm::{Input, RouterSet, Timestamp};
use vrrp_proto::{
    Authentication, ChecksumForm, Datagram, Demands, Ipv4Envelope, Packet, Secret, Signer, Verifier,
};

fn allocations(work: impl FnOnce()) -> u64 {
    measure(work).count_total
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(black_box(vec![1]))), 1);
}

#[test]
fn codec() {
    let (message, advertisement) = (message(), advertisement());
    let mut buffer = [0; 64];
    let count = allocations(|| {
        let form = ChecksumForm::Rfc5798;
        assert_eq!(encode(&advertisement, &ENDPOINTS, form, &mut buffer), 12);
        let datagram = Datagram::from_message(ENDPOINTS, 255, &message);
        assert_eq!(decode(&datagram, &Demands::new()), Ok(advertisement));
        let datagram = Datagram::from_message(ENDPOINTS, 255, &[0; 12]);
        assert!(decode(&datagram, &Demands::new()).is_err());
    });
    assert_eq!(count, 0);
}

#[test]
fn messages_of_ipvs() {
    let mut batch = netlink_conn::Batch::new();
    let additions = ipvs::additions();
    // Room for the longer one.
    additions.iter().for_each(|change| _ = ipvs::encode(change, &mut batch));
    let count = allocations(|| {
        additions.iter().for_each(|change| _ = black_box(ipvs::encode(change, &mut batch)));
        black_box((ipvs::service(ipvs::SERVICE), ipvs::destination(ipvs::DESTINATION)));
    });
    assert_eq!(count, 0);
}

#[test]
fn authentication_header() {
    let addresses = [[192, 0, 2, 10].into()];
    let sent = vrrp_proto::Advertisement::v2(
        vrrp_proto::Vrid::new(51).unwrap(),
        vrrp_proto::Priority::DEFAULT,
        vrrp_proto::Seconds::DEFAULT,
        vrrp_proto::AddressList::new(&addresses).unwrap(),
    );
    let secret = Secret::new(b"secret").unwrap();
    let mut signer = Signer::new(Authentication::AuthenticationHeader(secret.clone()), 0);
    let mut verifier = Verifier::new(Authentication::AuthenticationHeader(secret));
    let envelope = Ipv4Envelope {
        source: [192, 0, 2, 1].into(),
        destination: vrrp_proto::MULTICAST_IPV4,
        ttl: 255,
        identification: 1,
    };
    let mut buffer = [0; 128];
    let count = allocations(|| {
        let form = ChecksumForm::default();
        let length = signer.encode_ipv4(&sent, &envelope, form, &mut buffer).unwrap();
        let datagram = Datagram::from_ipv4(&buffer[..length]).unwrap();
        let packet = Packet::decode(&datagram, &Demands::new()).unwrap();
        assert_eq!(verifier.advertisement(&packet), Ok(sent));
    });
    assert_eq!(count, 0);
}

#[test]
fn state_machine() {
    let (mut router, mut clock, advertisement) = (backup(), Clock::default(), advertisement());
    let count = allocations(|| {
        assert!(handle(&mut router, clock.tick(), &advertisement).is_empty());
        // Takeover, an advertisement, a conflict, and yielding.
        let takeover = router.deadline().unwrap();
        assert_eq!(router.handle(takeover, Input::Wake).len(), 4);
        let next = router.deadline().unwrap();
        assert!(!router.handle(next, Input::Wake).is_empty());
        assert!(!handle(&mut router, next + Duration::from_secs(1), &advertisement).is_empty());
    });
    assert_eq!(count, 0);
}

#[test]
fn a_set_of_a_thousand() {
    let mut set = RouterSet::new();
    for key in 0..1000 {
        set.insert(key, backup()).unwrap();
    }
    let advertisement = advertisement();
    let source = IpAddr::from([192, 0, 2, 2]);
    let count = allocations(|| {
        for key in 0..1000u64 {
            let now = Timestamp::from_epoch(Duration::from_micros(key));
            let input = Input::Advertisement { source, advertisement: &advertisement };
            assert!(set.handle(now, &key, input).unwrap().is_empty());
        }
        let late = Timestamp::from_epoch(Duration::from_secs(10));
        assert_eq!(std::iter::from_fn(|| set.wake(late)).count(), 1000);
    });
    assert_eq!(count, 0);
}
