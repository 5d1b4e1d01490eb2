use std::time::Duration;

use netlink_conn::Batch;

use super::*;
use crate::uapi;

/// Octets of `struct nlmsghdr`.
const HEADER: usize = 16;

fn route(destination: &str, prefix_length: u8) -> Route {
    Route::new(destination.parse().unwrap(), prefix_length).unwrap()
}

fn hop(gateway: &str, interface: u32, weight: u16) -> NextHop {
    let interface = Some(interface).filter(|index| *index != 0);
    NextHop { weight, ..NextHop::new(Some(gateway.parse().unwrap()), interface) }
}

/// What the kernel would be told, with one more attribute.
fn payload(route: &Route, more: Option<(u16, &[u8])>) -> Vec<u8> {
    let mut batch = Batch::new();
    let mut request = batch.request(uapi::RTM_NEWROUTE, 0);
    route.write(&mut request);
    if let Some((kind, value)) = more {
        request.attribute(kind, value);
    }
    batch.octets()[HEADER..].to_vec()
}

fn assert_comes_back(route: &Route) {
    assert_eq!(Route::read(&payload(route, None)).as_ref(), Some(route));
}

fn all_metrics() -> Metrics {
    Metrics {
        window: Some(1000),
        rtt: Some(Duration::from_micros(300_125)),
        rtt_variance: Some(Duration::from_micros(200_250)),
        slow_start_threshold: Some(10),
        congestion_window: Some(20),
        advertised_mss: Some(1300),
        reordering: Some(5),
        hop_limit: Some(33),
        initial_congestion_window: Some(12),
        initial_receive_window: Some(13),
        retransmission_timeout_min: Some(Duration::from_millis(250)),
        features: Metrics::ECN,
        has_quick_ack: true,
        has_fast_open_without_cookie: true,
        congestion_control: Some("reno".into()),
        locked: MetricSet::EMPTY.with(Metric::Mtu).with(Metric::RetransmissionTimeoutMin),
    }
}

#[test]
fn what_is_written_is_read() {
    let mut v4 = route("198.51.100.0", 24);
    v4.kind = RouteKind::Multicast;
    v4.gateway = Some("10.0.0.1".parse().unwrap());
    v4.interface = Some(3);
    v4.source = Some("10.0.0.2".parse().unwrap());
    v4.table = 1000;
    v4.metric = 5;
    v4.tos = 0x10;
    v4.scope = Some(Scope::SITE);
    v4.protocol = 18;
    v4.is_on_link = true;
    v4.mtu = Some(1400);
    v4.metrics = all_metrics();
    v4.realms = Some(0x0003_0004);
    assert_comes_back(&v4);
    v4.gateway = Some("fe80::1".parse().unwrap());
    assert_comes_back(&v4);

    let mut v6 = route("2001:db8::", 64);
    v6.scope = Some(Scope::UNIVERSE);
    v6.from = Some(("2001:db8:ff::".parse().unwrap(), 48));
    for preference in [Preference::Low, Preference::Medium, Preference::High] {
        v6.preference = Some(preference);
        assert_comes_back(&v6);
    }
}

#[test]
fn every_encapsulation_is_read() {
    let ip = Encapsulation::Ip {
        id: 0x0102_0304_0506_0708,
        destination: Ipv4Addr::new(10, 1, 1, 1),
        source: Ipv4Addr::new(10, 1, 1, 2),
        tos: 4,
        ttl: 9,
        flags: 5,
    };
    let ip6 = Encapsulation::Ip6 {
        id: 5,
        destination: "fd00::1".parse().unwrap(),
        source: "fd00::2".parse().unwrap(),
        traffic_class: 4,
        hop_limit: 9,
        flags: 4,
    };
    let mpls = Encapsulation::Mpls(vec![100, 0xf_ffff, 200]);
    for encapsulation in [ip, ip6, mpls, Encapsulation::Ila(0x0001_0002_0003_0004)] {
        let mut route = route("198.51.100.0", 24);
        route.scope = Some(Scope::LINK);
        route.encapsulation = Some(encapsulation);
        assert_comes_back(&route);
    }
}

#[test]
fn only_the_last_label_is_the_bottom_of_the_stack() {
    let mut wanted = route("198.51.100.0", 24);
    wanted.encapsulation = Some(Encapsulation::Mpls(vec![100, 200]));
    let octets = payload(&wanted, None);
    assert!(octets.ends_with(&[0, 6, 0x40, 0, 0, 0xc, 0x81, 0]), "{octets:02x?}");
}

#[test]
fn next_hops_are_read() {
    let mut wanted = route("198.51.100.0", 24);
    wanted.scope = Some(Scope::UNIVERSE);
    wanted.next_hops = vec![
        hop("10.0.0.1", 3, 1),
        NextHop { realms: Some(7), ..hop("fe80::1", 4, 65) },
        NextHop { is_on_link: true, ..hop("10.0.0.3", 0, 256) },
        NextHop { encapsulation: Some(Encapsulation::Mpls(vec![16])), ..hop("10.0.0.4", 0, 128) },
        NextHop::new(None, Some(5)),
    ];
    assert_comes_back(&wanted);
    wanted.next_hops[0].weight = 0;
    wanted.next_hops[1].weight = 1000;
    let read = Route::read(&payload(&wanted, None)).unwrap();
    assert_eq!((read.next_hops[0].weight, read.next_hops[1].weight), (1, 256));
}

#[test]
fn a_length_that_cannot_be_is_no_route() {
    let plain = route("198.51.100.0", 24);
    for length in [0u16, 7, 9, u16::MAX] {
        let mut hop = [0; uapi::RTNEXTHOP];
        hop[..2].copy_from_slice(&length.to_ne_bytes());
        let octets = payload(&plain, Some((uapi::RTA_MULTIPATH, &hop[..])));
        assert_eq!(Route::read(&octets), None, "{length}");
    }
    assert_eq!(Route::read(&payload(&plain, None)[..11]), None);
}

#[test]
fn the_time_that_is_left_is_told_in_ticks() {
    for (ticks, seconds) in [(0, None), (99_801, Some(999)), (100, Some(1)), (-5, None)] {
        let cache = [0, 0, ticks, 0, 0, 0, 0, 0].map(i32::to_ne_bytes);
        let told = Some((uapi::RTA_CACHEINFO, cache.as_flattened()));
        let read = Route::read(&payload(&route("2001:db8::", 64), told)).unwrap();
        assert_eq!(read.expires, seconds);
    }
}

#[test]
fn routes_with_the_same_next_hops_are_the_same() {
    let with = |hops: &[NextHop]| {
        let mut route = route("198.51.100.0", 24);
        route.next_hops = hops.to_vec();
        route
    };
    let (a, b) = (hop("10.0.0.1", 3, 1), hop("10.0.0.2", 4, 2));
    let both = with(&[a.clone(), b.clone()]);
    assert!(both.is_same(&with(&[b.clone(), a.clone()])));
    assert!(both.is_same(&with(&[hop("10.0.0.2", 0, 2), hop("10.0.0.1", 0, 1)])));
    for other in [
        vec![a.clone()],
        vec![a.clone(), a.clone()],
        vec![a.clone(), hop("10.0.0.2", 4, 3)],
        vec![a.clone(), hop("10.0.0.2", 5, 2)],
        vec![a.clone(), hop("10.0.0.3", 4, 2)],
        vec![a.clone(), b.clone(), hop("10.0.0.3", 4, 2)],
    ] {
        assert!(!both.is_same(&with(&other)), "{other:?}");
        assert!(!with(&other).is_same(&both), "{other:?}");
    }
    // The kernel tells a single one like a gateway.
    let mut plain = route("198.51.100.0", 24);
    plain.gateway = Some("10.0.0.2".parse().unwrap());
    plain.interface = Some(4);
    assert!(plain.is_same(&with(&[b])));
    assert!(!plain.is_same(&with(&[a])));
}

#[test]
fn an_ipv6_route_that_joined_another_is_one_of_its_next_hops() {
    let mut present = route("2001:db8::", 64);
    present.next_hops = vec![hop("fd77::2", 3, 1), hop("fd77::3", 3, 1)];
    let mut wanted = route("2001:db8::", 64);
    wanted.gateway = Some("fd77::3".parse().unwrap());
    assert!(!wanted.is_same(&present));
    for insertion in [Insertion::Prepend, Insertion::Append] {
        wanted.insertion = insertion;
        assert!(wanted.is_same(&present) && present.is_same(&wanted));
        wanted.gateway = Some("fd77::4".parse().unwrap());
        assert!(!wanted.is_same(&present));
        wanted.gateway = Some("fd77::3".parse().unwrap());
    }
}

#[test]
fn the_network_of_the_sender_tells_ipv6_routes_apart() {
    let from = |text: &str, length| {
        let mut route = route("2001:db8::", 64);
        route.from = Some((text.parse().unwrap(), length));
        route
    };
    assert!(from("fd00::1", 16).is_same(&from("fd00::", 16)));
    assert!(from("::", 0).is_same(&route("2001:db8::", 64)));
    assert!(!from("fd00::", 16).is_same(&from("fd00::", 17)));
}
