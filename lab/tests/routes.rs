//! The options of routes of netlink-addr against the kernel, with `ip` as the independent reader.
//!
//! Needs root and iproute2, and fails without.

use std::fmt::Debug;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use lab::namespaces::{Host, Lan};
use netlink_addr::{
    Change, Encapsulation, Insertion, Metric, MetricSet, Metrics, Monitor, NextHop, Preference,
    Route, RouteError, RouteKind, RouteTable,
};

fn all<E: Debug>(outcomes: Vec<Result<(), E>>) {
    outcomes.into_iter().collect::<Result<(), _>>().unwrap();
}

/// `192.0.2.0/24` as address and length.
fn network(text: &str) -> (IpAddr, u8) {
    let (address, length) = text.split_once('/').unwrap();
    (address.parse().unwrap(), length.parse().unwrap())
}

fn route(text: &str) -> Route {
    let (address, length) = network(text);
    Route::new(address, length).unwrap()
}

fn gateway(text: &str) -> Option<IpAddr> {
    Some(text.parse().unwrap())
}

fn index(table: &mut RouteTable, name: &str) -> Option<u32> {
    Some(table.link_by_name(name).unwrap().unwrap().index)
}

/// With one space between all words.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn family(is_ipv6: bool) -> &'static str {
    if is_ipv6 { "-6" } else { "-4" }
}

/// Adds the route twice, compares it with what `ip` shows, removes it twice, and returns it as it was read back.
fn check_route(
    host: &Host,
    expected: &[&str],
    make: impl FnOnce(&mut RouteTable) -> Route + Send + 'static,
) -> Route {
    let (wanted, mut found) = host.namespace().run(move || {
        let mut table = RouteTable::open().unwrap();
        let wanted = make(&mut table);
        for _ in 0..2 {
            all(table.add_routes(std::slice::from_ref(&wanted)).unwrap());
        }
        let mut found = table.routes().unwrap();
        found.retain(|route| route.is_same(&wanted));
        (wanted, found)
    });
    assert_eq!(found.len(), 1, "{found:?}");
    let (family, table) = (family(wanted.destination.is_ipv6()), wanted.table.to_string());
    let network = format!("{}/{}", wanted.destination, wanted.prefix_length);
    let show = ["ip", family, "-d", "route", "show", "table", &table, &network];
    let shown = plain(&host.command(&show).unwrap());
    for phrase in expected {
        assert!(shown.contains(phrase), "{phrase} is not in {shown}");
    }
    host.namespace().run(move || {
        let mut table = RouteTable::open().unwrap();
        for _ in 0..2 {
            all(table.remove_routes(std::slice::from_ref(&wanted)).unwrap());
        }
        assert!(!table.routes().unwrap().iter().any(|route| route.is_same(&wanted)));
    });
    found.remove(0)
}

fn all_metrics() -> Metrics {
    let mut metrics = Metrics::default();
    metrics.window = Some(1000);
    metrics.rtt = Some(Duration::from_millis(300));
    metrics.rtt_variance = Some(Duration::from_millis(200));
    metrics.slow_start_threshold = Some(10);
    metrics.congestion_window = Some(20);
    metrics.advertised_mss = Some(1300);
    metrics.reordering = Some(5);
    metrics.hop_limit = Some(33);
    metrics.initial_congestion_window = Some(12);
    metrics.initial_receive_window = Some(13);
    metrics.retransmission_timeout_min = Some(Duration::from_millis(250));
    metrics.features = Metrics::ECN;
    metrics.has_quick_ack = true;
    metrics.has_fast_open_without_cookie = true;
    metrics.congestion_control = Some("reno".into());
    let locked = [
        Metric::Mtu,
        Metric::SlowStartThreshold,
        Metric::CongestionWindow,
        Metric::CongestionControl,
        Metric::RetransmissionTimeoutMin,
    ];
    metrics.locked = locked.into_iter().fold(MetricSet::EMPTY, MetricSet::with);
    metrics
}

#[test]
fn the_metrics_of_a_route_are_what_ip_shows() {
    let lan = Lan::new(1).unwrap();
    let phrases = "mtu lock 1400, window 1000, rtt 300ms, rttvar 200ms, ssthresh lock 10, cwnd lock 20, \
                   advmss 1300, reordering 5, hoplimit 33, initcwnd 12, features ecn, \
                   rto_min lock 250ms, initrwnd 13, quickack 1, congctl lock reno, \
                   fastopen_no_cookie 1";
    let phrases: Vec<&str> = phrases.split(", ").collect();
    for (network, router) in [("198.51.100.0/24", "10.77.0.2"), ("2001:db8:1::/64", "fd77::2")] {
        let found = check_route(lan.host(0), &phrases, move |_| {
            let mut route = route(network);
            route.gateway = gateway(router);
            route.mtu = Some(1400);
            route.metrics = all_metrics();
            route
        });
        assert_eq!((found.mtu, found.metrics), (Some(1400), all_metrics()));
    }
}

#[test]
fn a_value_that_the_kernel_cuts_does_not_keep_the_route_from_being_removed() {
    let lan = Lan::new(1).unwrap();
    check_route(lan.host(0), &["advmss 65495"], |_| {
        let mut route = route("198.51.100.0/24");
        route.gateway = gateway("10.77.0.2");
        route.metrics.advertised_mss = Some(70_000);
        route
    });
}

#[test]
fn the_other_options_of_an_ipv4_route_are_what_ip_shows() {
    let lan = Lan::new(1).unwrap();
    let host = lan.host(0);
    let found = check_route(host, &["via 10.77.0.2 dev eth0", "realms 3/4"], |_| {
        let mut route = route("198.51.100.0/24");
        route.gateway = gateway("10.77.0.2");
        route.realms = Some(0x0003_0004);
        route.ttl_propagate = Some(true);
        route
    });
    assert_eq!(found.realms, Some(0x0003_0004));
    let found = check_route(host, &["via inet6 fe80::5 dev eth0"], |table| {
        let mut route = route("198.51.100.0/24");
        route.gateway = gateway("fe80::5");
        route.interface = index(table, "eth0");
        route
    });
    assert_eq!(found.gateway, gateway("fe80::5"));
    for (kind, network, text) in [
        (RouteKind::Broadcast, "198.51.100.255/32", "broadcast 198.51.100.255 dev eth0"),
        (RouteKind::Multicast, "239.1.0.0/16", "multicast 239.1.0.0/16 dev eth0"),
    ] {
        let found = check_route(host, &[text, "scope link"], move |table| {
            let mut route = route(network);
            route.kind = kind;
            route.interface = index(table, "eth0");
            route.table = 100_000;
            route
        });
        assert_eq!((found.kind, found.table), (kind, 100_000));
    }
}

#[test]
fn the_other_options_of_an_ipv6_route_are_what_ip_shows() {
    let lan = Lan::new(1).unwrap();
    let host = lan.host(0);
    let text = "2001:db8:1::/64 from 2001:db8:ff::/48 via fd77::2 dev eth0";
    let found = check_route(host, &[text, "pref high", "expires "], |_| {
        let mut route = route("2001:db8:1::/64");
        route.from = Some(network("2001:db8:ff::/48"));
        route.gateway = gateway("fd77::2");
        route.preference = Some(Preference::High);
        route.expires = Some(1000);
        route
    });
    assert_eq!(found.from, Some(network("2001:db8:ff::/48")));
    assert_eq!(found.preference, Some(Preference::High));
    assert!(found.expires.is_some_and(|left| (900..=1000).contains(&left)), "{found:?}");
    check_route(host, &["2001:db8:1::/64", "pref low"], |_| {
        let mut route = route("2001:db8:1::/64");
        route.gateway = gateway("fd77::2");
        route.preference = Some(Preference::Low);
        route
    });
    host.namespace().run(|| {
        let mut table = RouteTable::open().unwrap();
        let mut other_family = route("2001:db8:1::/64");
        other_family.gateway = gateway("10.77.0.2");
        other_family.interface = index(&mut table, "eth0");
        let outcome = table.add_routes(&[other_family]).unwrap().remove(0);
        assert!(matches!(outcome, Err(RouteError::Refused { .. })), "{outcome:?}");
    });
}

#[test]
fn next_hops_are_what_ip_shows() {
    let lan = Lan::new(1).unwrap();
    lan.add_second_network().unwrap();
    let host = lan.host(0);
    let expected = [
        "nexthop via 10.77.0.2 realm 7 dev eth0 weight 3",
        "nexthop via 10.78.0.2 dev eth1 weight 256",
        "nexthop via inet6 fe80::5 dev eth0 weight 65",
        "nexthop via 203.0.113.9 dev eth1 weight 1 onlink",
        "nexthop encap ip id 7 src 0.0.0.0 dst 10.9.9.9 ttl 0 tos 0 via 10.77.0.4 dev eth0 weight 1",
        "nexthop dev eth1 weight 1",
    ];
    let found = check_route(host, &expected, |table| {
        let (eth0, eth1) = (index(table, "eth0"), index(table, "eth1"));
        let mut with_realm = NextHop::new(gateway("10.77.0.2"), eth0);
        with_realm.weight = 3;
        with_realm.realms = Some(7);
        let mut heavy = NextHop::new(gateway("10.78.0.2"), None);
        heavy.weight = 256;
        let mut other_family = NextHop::new(gateway("fe80::5"), eth0);
        other_family.weight = 65;
        let mut on_link = NextHop::new(gateway("203.0.113.9"), eth1);
        on_link.is_on_link = true;
        let mut wrapped = NextHop::new(gateway("10.77.0.4"), eth0);
        let destination = Ipv4Addr::new(10, 9, 9, 9);
        let source = Ipv4Addr::UNSPECIFIED;
        wrapped.encapsulation =
            Some(Encapsulation::Ip { id: 7, destination, source, tos: 0, ttl: 0, flags: 0 });
        let direct = NextHop::new(None, eth1);
        let mut route = route("198.51.100.0/24");
        route.next_hops = vec![with_realm, heavy, other_family, on_link, wrapped, direct];
        route
    });
    assert_eq!(found.next_hops.len(), 6);
    assert_eq!(found.next_hops[0].realms, Some(7));
    assert!(found.next_hops[3].is_on_link);

    let expected =
        ["nexthop via fd77::2 dev eth0 weight 2", "nexthop via fd77::3 dev eth0 weight 5"];
    check_route(host, &expected, |table| {
        let mut route = route("2001:db8:1::/64");
        for (router, weight) in [("fd77::2", 2), ("fd77::3", 5)] {
            let mut hop = NextHop::new(gateway(router), index(table, "eth0"));
            hop.weight = weight;
            route.next_hops.push(hop);
        }
        route
    });
    // The kernel makes a single one a gateway.
    let found = check_route(host, &["via 10.77.0.2 dev eth0"], |_| {
        let mut hop = NextHop::new(gateway("10.77.0.2"), None);
        hop.weight = 9;
        let mut route = route("198.51.100.0/24");
        route.next_hops = vec![hop];
        route
    });
    assert_eq!(found.gateway, gateway("10.77.0.2"));
}

#[test]
fn ip_tunnels_of_routes_are_what_ip_shows() {
    let lan = Lan::new(1).unwrap();
    let ip = Encapsulation::Ip {
        id: 5,
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
    for (encapsulation, text) in [
        (ip, "encap ip id 5 src 10.1.1.2 dst 10.1.1.1 ttl 9 tos 4 key csum"),
        (ip6, "encap ip6 id 5 src fd00::2 dst fd00::1 hoplimit 9 tc 4 key"),
    ] {
        for network in ["198.51.100.0/24", "2001:db8:1::/64"] {
            let wanted = encapsulation.clone();
            let found = check_route(lan.host(0), &[text], move |table| {
                let mut route = route(network);
                route.interface = index(table, "eth0");
                route.encapsulation = Some(wanted);
                route
            });
            assert_eq!(found.encapsulation.as_ref(), Some(&encapsulation));
        }
    }
}

#[test]
fn an_encapsulation_that_the_kernel_lacks_is_refused() {
    let lan = Lan::new(1).unwrap();
    let mpls = Encapsulation::Mpls(vec![100, 200]);
    let ila = Encapsulation::Ila(0x0001_0002_0003_0004);
    for (encapsulation, network, router, text) in [
        (mpls, "198.51.100.0/24", "10.77.0.2", "encap mpls 100/200"),
        (ila, "2001:db8:1:2::/64", "fd77::2", "encap ila 1:2:3:4"),
    ] {
        let outcome = lan.host(0).namespace().run(move || {
            let mut route = route(network);
            route.gateway = gateway(router);
            route.encapsulation = Some(encapsulation);
            RouteTable::open().unwrap().add_routes(&[route]).unwrap().remove(0)
        });
        match outcome {
            Ok(()) => {
                let family = family(router.contains(':'));
                let shown = lan.host(0).command(&["ip", family, "route", "show", network]).unwrap();
                assert!(plain(&shown).contains(text), "{text} is not in {shown}");
            }
            Err(RouteError::Refused { .. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
}

#[test]
fn routes_come_before_or_behind_others_as_is_asked() {
    let lan = Lan::new(1).unwrap();
    let host = lan.host(0);
    let add = |network: &'static str, routers: [(&'static str, Insertion); 4]| {
        host.namespace().run(move || {
            let mut table = RouteTable::open().unwrap();
            let mut outcomes = Vec::new();
            for (router, insertion) in routers {
                let mut route = route(network);
                route.gateway = gateway(router);
                route.metric = 5;
                route.insertion = insertion;
                outcomes.push(table.add_routes(std::slice::from_ref(&route)).unwrap().remove(0));
                let again = table.add_routes(&[route]).unwrap().remove(0);
                assert_eq!(again.is_ok(), outcomes.last().unwrap().is_ok(), "{again:?}");
            }
            outcomes
        })
    };
    let shown = |network: &str, is_ipv6: bool| {
        let text = host.command(&["ip", family(is_ipv6), "route", "show", network]).unwrap();
        let routers = text.split_whitespace().collect::<Vec<_>>();
        let routers = routers.windows(2).filter(|words| words[0] == "via");
        routers.map(|words| words[1].to_owned()).collect::<Vec<_>>()
    };
    let outcomes = add(
        "198.51.100.0/24",
        [
            ("10.77.0.2", Insertion::Usual),
            ("10.77.0.3", Insertion::Append),
            ("10.77.0.4", Insertion::Prepend),
            ("10.77.0.5", Insertion::Add),
        ],
    );
    assert!(outcomes[..3].iter().all(Result::is_ok), "{outcomes:?}");
    assert!(matches!(outcomes[3], Err(RouteError::Exists { .. })), "{outcomes:?}");
    assert_eq!(shown("198.51.100.0/24", false), ["10.77.0.4", "10.77.0.2", "10.77.0.3"]);

    let outcomes = add(
        "2001:db8:1::/64",
        [
            ("fd77::2", Insertion::Add),
            ("fd77::3", Insertion::Append),
            ("fd77::4", Insertion::Prepend),
            ("fd77::5", Insertion::Usual),
        ],
    );
    assert!(outcomes[..3].iter().all(Result::is_ok), "{outcomes:?}");
    assert!(matches!(outcomes[3], Err(RouteError::Exists { .. })), "{outcomes:?}");
    let mut routers = shown("2001:db8:1::/64", true);
    routers.sort();
    assert_eq!(routers, ["fd77::2", "fd77::3", "fd77::4"]);
    // One of them goes alone.
    host.namespace().run(|| {
        let mut route = route("2001:db8:1::/64");
        route.gateway = gateway("fd77::3");
        route.metric = 5;
        route.insertion = Insertion::Append;
        all(RouteTable::open().unwrap().remove_routes(&[route]).unwrap());
    });
    let mut routers = shown("2001:db8:1::/64", true);
    routers.sort();
    assert_eq!(routers, ["fd77::2", "fd77::4"]);
}

#[test]
fn a_route_with_several_next_hops_that_is_taken_away_is_told() {
    let lan = Lan::new(1).unwrap();
    lan.host(0).namespace().run(|| {
        let mut monitor = Monitor::open_routes().unwrap();
        let mut table = RouteTable::open().unwrap();
        let mut wanted = route("198.51.100.0/24");
        let hops = ["10.77.0.2", "10.77.0.3"].map(|router| NextHop::new(gateway(router), None));
        wanted.next_hops = hops.to_vec();
        all(table.add_routes(std::slice::from_ref(&wanted)).unwrap());
        all(table.remove_routes(std::slice::from_ref(&wanted)).unwrap());
        let changes = monitor.changes().unwrap();
        let is_told =
            |change: &Change| matches!(change, Change::RouteGone(gone) if gone.is_same(&wanted));
        assert!(changes.iter().any(is_told), "{changes:?}");
    });
}
