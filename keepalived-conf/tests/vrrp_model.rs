//! The model: what the keywords of VRRP become, and what is said of those that cannot be.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use keepalived_conf::model::{
    Encapsulation, HmacMode, Instance, KeySource, LinkbeatMethod, ParamMatch, ProcessSettings,
    Replay, RouteKind, RouteLine, RoutePlace, RouterPreference, RuleAction, RuleLine, RxPolicy,
    SecretOctets, VirtualInterfaceKind, Weight,
};
use keepalived_conf::{Memory, Options, Outcome, Severity};

fn read(text: &str) -> Outcome {
    let files = Memory::new().with("keepalived.conf", text);
    let mut options = Options::default();
    options.config_id = "me".into();
    options.reads_environment = false;
    keepalived_conf::read(&files, Path::new("keepalived.conf"), &options).unwrap()
}

/// What is wrong.
fn problems(outcome: &Outcome) -> Vec<String> {
    let shown = outcome.diagnostics.iter().filter(|one| one.severity != Severity::Note);
    shown.map(|one| one.message.clone()).collect()
}

fn worst(outcome: &Outcome) -> Option<Severity> {
    outcome.diagnostics.worst().filter(|severity| *severity != Severity::Note)
}

/// Reads what has nothing wrong in it.
fn right(text: &str) -> Outcome {
    let outcome = read(text);
    assert_eq!(problems(&outcome), Vec::<String>::new(), "{text}");
    outcome
}

fn instance_text(body: &str) -> String {
    format!(
        "vrrp_instance V {{\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {{ \
         192.0.2.1 }}\n{body}\n}}\n"
    )
}

fn instance(body: &str) -> Instance {
    right(&instance_text(body)).configuration.instances[0].clone()
}

/// An instance, and what is wrong with it.
fn repaired(body: &str) -> (Instance, Vec<String>) {
    let outcome = read(&instance_text(body));
    (outcome.configuration.instances[0].clone(), problems(&outcome))
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn milliseconds(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn route(line: &str) -> RouteLine {
    let outcome = right(&format!("static_routes {{\n{line}\n}}\n"));
    outcome.configuration.static_routes[0].clone()
}

/// How many routes are left of this one, and what is wrong with it.
fn wrong_route(line: &str) -> (usize, Vec<String>) {
    let outcome = read(&format!("static_routes {{\n{line}\n}}\n"));
    (outcome.configuration.static_routes.len(), problems(&outcome))
}

fn rule(line: &str) -> RuleLine {
    let outcome = right(&format!("static_rules {{\n{line}\n}}\n"));
    outcome.configuration.static_rules[0].clone()
}

fn wrong_rule(line: &str) -> (usize, Vec<String>) {
    let outcome = read(&format!("static_rules {{\n{line}\n}}\n"));
    (outcome.configuration.static_rules.len(), problems(&outcome))
}

#[test]
fn rules_have_a_selector_and_one_action() {
    let first = rule(
        "from 192.0.2.0/24 to any lookup 100 priority 5 fwmark 0x10/0xf0 iif eth0 oif eth1 \
         tos 0x10 realms cosmos/7 sup_pl 8 sup_group lan protocol bird no_track",
    );
    assert_eq!(first.action, RuleAction::Table("100".into()));
    assert_eq!((first.from, first.to), (Some((address("192.0.2.0"), 24)), None));
    assert_eq!((first.preference, first.mark), (Some(5), Some((0x10, Some(0xf0)))));
    assert_eq!(
        (first.incoming.as_deref(), first.outgoing.as_deref()),
        (Some("eth0"), Some("eth1"))
    );
    assert_eq!((first.tos, first.suppress_prefix_length), (Some(16), Some(8)));
    let realms = first.realms.clone().unwrap();
    assert_eq!((realms.from.as_deref(), realms.to.as_str()), (Some("cosmos"), "7"));
    assert_eq!(first.suppress_group.as_deref(), Some("lan"));
    assert_eq!(first.protocol.as_deref(), Some("bird"));
    assert!(!first.is_ipv6 && !first.is_tracked && !first.is_inverted);

    let second = rule(
        "not from 2001:db8::/32 type blackhole preference 6 ipproto TCP sport 80 dport 1000-1999 \
         uidrange 10000-19999 tunnel-id 7",
    );
    assert_eq!((second.action, second.is_ipv6), (RuleAction::Blackhole, true));
    assert!(second.is_inverted && second.is_tracked);
    assert_eq!((second.ip_protocol, second.tunnel), (Some(6), Some(7)));
    assert_eq!(second.source_ports, Some((80, 80)));
    assert_eq!(second.destination_ports, Some((1000, 1999)));
    assert_eq!(second.users, Some((10_000, 19_999)));

    for (line, action) in [
        ("goto 40 preference 39", RuleAction::Goto(40)),
        ("nop preference 39", RuleAction::Nop),
        ("unreachable preference 39", RuleAction::Unreachable),
        ("prohibit preference 39", RuleAction::Prohibit),
        ("inet6 l3mdev preference 39", RuleAction::VrfTable),
    ] {
        assert_eq!(rule(line).action, action, "{line}");
    }
    assert_eq!(rule("table 5 preference 1 fwmark 24").mark, Some((24, None)));
    assert!(rule("inet6 table 5 preference 1").is_ipv6);
    let outcome = right(&instance_text("virtual_rules {\nto 198.51.100.0/24 table 5 order 7\n}"));
    assert_eq!(outcome.configuration.instances[0].rules.len(), 1);
}

#[test]
fn rules_that_would_be_others_are_left_out() {
    for (line, message) in [
        ("from 192.0.2.0/24 preference 1", "the rule does nothing"),
        ("table 5 blackhole preference 1", "the rule does two things"),
        ("from 192.0.2.0/24 to 2001:db8::/32 table 5 preference 1", "the rule mixes IPv4 and IPv6"),
        ("goto 5 preference 9", "the rule goes to 5"),
        ("goto 5", "the rule goes to 5"),
        ("table 0 preference 1", "table is 0"),
        ("table 5 preference 1 uidrange 9-1", "uidrange is 9-1"),
        ("table 5 preference 1 sport 0", "sport is 0"),
        ("table 5 preference 1 dport 9-70000", "dport is 9-70000"),
        ("table 5 preference 1 fwmark 1/x", "fwmark is 1/x"),
        ("table 5 preference 1 ipproto pigeon", "ipproto is pigeon"),
        ("table 5 preference 1 realms 1/", "realms is 1/"),
        ("inet6 table 5 realms 1 preference 1", "the rule has realms"),
        (
            "blackhole sup_group 3 preference 1",
            "realms and suppress_… are said of a rule without a table",
        ),
        ("from 192.0.2.256 table 5 preference 1", "from is 192.0.2.256"),
        ("from 192.0.2.0/24 table 5 pref 1", "\"pref\" is not an option of static_rules"),
    ] {
        let (left, problems) = wrong_rule(line);
        assert_eq!((left, problems[0].as_str()), (0, message), "{line}");
    }
    let outcome = read("static_rules {\ntable 5\n}\n");
    assert_eq!(problems(&outcome), ["the rule has no preference"]);
    assert_eq!(worst(&outcome), Some(Severity::Warning));
    assert_eq!(outcome.configuration.static_rules[0].preference, None);
}

#[test]
fn routes_have_metrics() {
    let line = route(
        "203.0.113.0/24 via 192.0.2.9 mtu lock 1400 hoplimit 100 advmss 1360 rtt 1.5s \
         rttvar lock 1000 rto_min 300ms reordering 4 window 5 cwnd 6 ssthresh lock 7 initcwnd 8 \
         initrwnd 9 features ecn quickack 1 congctl lock cubic fastopen_no_cookie 0",
    );
    let metrics = &line.metrics;
    assert_eq!(line.mtu, Some(1400));
    assert_eq!(metrics.locked, ["mtu", "rttvar", "ssthresh", "congctl"]);
    assert_eq!((metrics.hoplimit, metrics.advmss), (Some(100), Some(1360)));
    assert_eq!(metrics.rtt, Some(milliseconds(1500)));
    assert_eq!(
        (metrics.rttvar, metrics.rto_min),
        (Some(milliseconds(250)), Some(milliseconds(300)))
    );
    assert_eq!((metrics.reordering, metrics.window, metrics.cwnd), (Some(4), Some(5), Some(6)));
    assert_eq!((metrics.ssthresh, metrics.initcwnd), (Some(7), Some(8)));
    assert_eq!((metrics.initrwnd, metrics.has_ecn), (Some(9), true));
    assert_eq!((metrics.quickack, metrics.fastopen_no_cookie), (Some(true), Some(false)));
    assert_eq!(metrics.congctl.as_deref(), Some("cubic"));
    // Eighths of a millisecond.
    assert_eq!(route("203.0.113.0/24 dev eth0 rtt 1600").metrics.rtt, Some(milliseconds(200)));

    let outcome = read("static_routes {\n203.0.113.0/24 dev eth0 rtt 100ms\n}\n");
    assert_eq!(problems(&outcome), ["rtt is 100ms, which is 100ms"]);
    let metrics = &outcome.configuration.static_routes[0].metrics;
    assert_eq!(metrics.rtt, Some(milliseconds(200)));
    assert_eq!(wrong_route("203.0.113.0/24 dev eth0 rtt soon"), (0, vec!["rtt is soon".into()]));
    let (left, problems) = wrong_route("203.0.113.0/24 dev eth0 window lock 5");
    assert_eq!((left, problems[0].as_str()), (0, "window is lock"));
}

#[test]
fn routes_have_more_than_a_gateway() {
    let line = route(
        "inet6 2001:db8:1::/48 from 2001:db8:2::/48 via fe80::1 dev eth0 expires 60 pref high \
         ttl-propagate disabled append vrf blue encap ila 2001:db8:0:1",
    );
    assert_eq!(line.from, Some((address("2001:db8:2::"), 48)));
    assert_eq!(line.expires, Some(Duration::from_secs(60)));
    assert_eq!(line.preference, Some(RouterPreference::High));
    assert_eq!((line.propagates_ttl, line.place), (Some(false), RoutePlace::Append));
    assert_eq!((line.vrf.as_deref(), line.table), (Some("blue"), None));
    assert_eq!(line.encapsulation, Some(Encapsulation::Ila(0x2001_0db8_0000_0001)));

    let line = route("198.51.100.0/24 via inet6 fe80::1 dev eth0 realms 7 add");
    assert_eq!(line.gateway, Some(address("fe80::1")));
    assert!(line.destination.is_ipv4());
    assert_eq!((line.realms.unwrap().to, line.place), ("7".to_owned(), RoutePlace::Add));
    assert_eq!(route("broadcast 198.51.100.255 dev eth0").kind, RouteKind::Broadcast);
    assert_eq!(route("multicast 224.0.0.0/4 dev eth0").kind, RouteKind::Multicast);
    assert!(route("default via inet6 fe80::1 dev eth0").destination.is_ipv6());

    let line = route(
        "src 192.0.2.5 198.51.100.0/24 dev ip0 encap ip id 42 dst 192.0.2.7 src 192.0.2.1 \
         tos 0x10 ttl 9 flags 4 metric 3",
    );
    assert_eq!((line.source, line.metric, line.tos), (Some(address("192.0.2.5")), Some(3), None));
    let Some(Encapsulation::Ip(tunnel)) = line.encapsulation else { panic!() };
    assert_eq!((tunnel.id, tunnel.destination), (Some(42), Some(address("192.0.2.7"))));
    assert_eq!((tunnel.source, tunnel.traffic_class), (Some(address("192.0.2.1")), Some(16)));
    assert_eq!((tunnel.hop_limit, tunnel.flags), (Some(9), Some(4)));
    let line =
        route("198.51.100.0/24 dev ip6 encap ip6 dst 2001:db8::7 tc 1 hoplimit 9 hoplimit 8");
    let Some(Encapsulation::Ip6(tunnel)) = line.encapsulation else { panic!() };
    assert_eq!((tunnel.traffic_class, tunnel.hop_limit), (Some(1), Some(8)));
}

#[test]
fn routes_have_several_ways() {
    let line = route(
        "default table 104 no_track nexthop via 10.77.0.2 dev eth0 realms 5 \
         nexthop via inet6 fe80::2 dev eth1 weight 3 onlink encap mpls 100/0x20",
    );
    assert!(line.destination.is_ipv4() && line.gateway.is_none());
    let [first, second] = line.next_hops.as_slice() else { panic!("{line:?}") };
    assert_eq!((first.gateway, first.weight), (Some(address("10.77.0.2")), 1));
    assert_eq!((first.device.as_deref(), first.is_on_link), (Some("eth0"), false));
    assert_eq!(first.realms.as_ref().map(|realms| realms.to.as_str()), Some("5"));
    assert_eq!((second.gateway, second.weight), (Some(address("fe80::2")), 3));
    assert!(second.is_on_link);
    assert_eq!(second.encapsulation, Some(Encapsulation::Mpls(vec![100, 32])));
    assert_eq!(line.encapsulation, None);

    let outcome = read("static_routes {\ndefault via 10.0.0.1 or 10.0.0.2 dev eth0\n}\n");
    assert_eq!(problems(&outcome), ["or is an older word"]);
    let line = &outcome.configuration.static_routes[0];
    let gateways: Vec<_> = line.next_hops.iter().filter_map(|hop| hop.gateway).collect();
    assert_eq!(gateways, [address("10.0.0.1"), address("10.0.0.2")]);
    assert!(line.next_hops.iter().all(|hop| hop.device.as_deref() == Some("eth0")));
}

#[test]
fn routes_that_would_be_others_are_left_out() {
    for (line, message) in [
        ("nat 198.51.100.0/24 via 10.0.0.1", "the type of the route is nat"),
        ("198.51.100.0/24 via 10.0.0.1 as to 192.0.2.8", "the route has as"),
        ("198.51.100.0/24 via fe80::1", "the route to 198.51.100.0 names fe80::1"),
        ("2001:db8::/32 via inet 10.0.0.1", "the route to 2001:db8:: names 10.0.0.1"),
        (
            "198.51.100.0/24 via inet6 10.0.0.1",
            "the gateway 10.0.0.1 is of another family than it says",
        ),
        ("198.51.100.0/24 dev eth0 pref low", "the route to 198.51.100.0 has pref"),
        ("198.51.100.0/24 dev eth0 expires 5", "the route to 198.51.100.0 has expires"),
        ("2001:db8::/32 dev eth0 realms 5", "the route to 2001:db8:: has realms"),
        ("198.51.100.0/24 dev eth0 encap", "encap has no kind"),
        ("198.51.100.0/24 dev eth0 encap ip ttl 4", "encap ip leads nowhere"),
        ("198.51.100.0/24 dev eth0 encap ip dst ::1", "dst of encap ip is ::1"),
        ("198.51.100.0/24 dev eth0 encap mpls 9999999", "mpls is 9999999"),
        ("2001:db8::/32 dev eth0 encap ila 1:2:3", "ila is 1:2:3"),
        ("198.51.100.0/24 dev eth0 dst 10.0.0.1", "dst stands without encap"),
        ("198.51.100.0/24 nexthop", "a nexthop of the route to 198.51.100.0 leads nowhere"),
        ("198.51.100.0/24 nexthop via 10.0.0.1 mtu 5", "mtu stands after nexthop"),
        (
            "198.51.100.0/24 via 10.0.0.1 nexthop via 10.0.0.2",
            "the route to 198.51.100.0 has a gateway before its nexthop",
        ),
        ("198.51.100.0/24 or 10.0.0.1", "the route to 198.51.100.0 has or without via"),
        ("198.51.100.0/24 thru 10.0.0.1", "\"thru\" is not an option of static_routes"),
        ("198.51.100.0/24 metric 3", "the route to 198.51.100.0 leads nowhere"),
        ("lock 198.51.100.0/24 dev eth0", "destination is lock"),
    ] {
        let (left, problems) = wrong_route(line);
        assert_eq!((left, problems[0].as_str()), (0, message), "{line}");
    }
    let (left, problems) = wrong_route("198.51.100.0/24 dev eth0 vrf blue table 5");
    assert_eq!((left, problems), (1, vec!["the route to 198.51.100.0 has table and vrf".into()]));
}

#[test]
fn static_lines_concern_the_instances_of_their_group() {
    let group = "track_group G {\ngroup { V }\n}\n";
    let lines = "static_ipaddress {\n192.0.2.9 dev eth0 track_group G\n}\n\
                 static_routes {\n198.51.100.0/24 dev eth0 track_group G\n}\n\
                 static_rules {\ntable 5 preference 1 iif eth0 track_group G\n}\n";
    // The order of blocks does not matter.
    let outcome = right(&format!("{lines}{group}{}", instance_text("")));
    let configuration = &outcome.configuration;
    assert_eq!(configuration.surroundings.track_groups[0].members, ["V"]);
    assert_eq!(configuration.static_addresses[0].track_group.as_deref(), Some("G"));
    assert_eq!(configuration.static_routes[0].track_group.as_deref(), Some("G"));
    assert_eq!(configuration.static_rules[0].track_group.as_deref(), Some("G"));

    let outcome = read(lines);
    assert_eq!(problems(&outcome), ["there is no track_group G"; 3]);
    let outcome = read(&format!("{group}static_rules {{\ntable 5 preference 1\n}}\n"));
    assert_eq!(problems(&outcome), ["track_group G names V", "track_group G has no member"]);
    let rules = "static_rules {\ntable 5 preference 1 track_group G\n}\n";
    let outcome = read(&format!("{group}{rules}{}", instance_text("")));
    assert_eq!(problems(&outcome), ["track_group is G, and no interface is named"]);
    assert_eq!(outcome.configuration.static_rules[0].track_group, None);
    let (line, problems) =
        repaired("virtual_routes {\n198.51.100.0/24 dev eth0 track_group G\n}\n");
    assert_eq!((line.routes.len(), problems), (1, vec!["track_group is G".to_owned()]));
}

#[test]
fn files_are_tracked() {
    let files = "track_file A {\nfile /run/a\n}\n\
                 vrrp_track_file B {\nfile /run/b\nweight -2 reverse\ninit_file 7 overwrite\n}\n";
    let body = "track_file {\nA\nB weight 254\n}";
    let outcome = right(&format!("{files}{}", instance_text(body)));
    let [first, second] = outcome.configuration.files.as_slice() else { panic!() };
    assert_eq!((first.name.as_str(), first.path.as_str()), ("A", "/run/a"));
    assert_eq!((first.weight.value, first.init), (1, None));
    assert_eq!((second.weight.value, second.weight.is_reversed), (-2, true));
    let init = second.init.unwrap();
    assert_eq!((init.value, init.overwrites), (7, true));
    let tracks = &outcome.configuration.instances[0].track_files;
    let weights: Vec<_> = tracks.iter().map(|track| track.weight.map(|one| one.value)).collect();
    assert_eq!(weights, [None, Some(254)]);

    let outcome = read("track_file A {\n}\n");
    assert_eq!(problems(&outcome), ["track_file A has no file"]);
    let outcome = read(&format!("{files}track_file B {{\nfile /run/c\n}}\n"));
    assert_eq!(problems(&outcome), ["there are two blocks track_file B"]);
    let outcome = read("track_file A {\nfile /run/a\ninit_file 300\n}\n");
    assert_eq!(problems(&outcome), ["init_file is 300"]);
    assert_eq!(outcome.configuration.files[0].init.unwrap().value, 300);
}

#[test]
fn processes_are_tracked() {
    let text = "vrrp_track_process P {\nprocess /usr/sbin/nginx -g \"daemon off;\"\n\
                param_match initial\nweight 20\nquorum 2\nquorum_max 64\ndelay 3\nfork_delay 0.5\n}\n\
                vrrp_track_process Q {\nprocess haproxy\nquorum_max 0\n}\n";
    let outcome = right(&format!("{text}{}", instance_text("track_process {\nP weight 5\n}")));
    let [first, second] = outcome.configuration.processes.as_slice() else { panic!() };
    assert_eq!((first.name.as_str(), first.process.as_str()), ("P", "/usr/sbin/nginx"));
    assert_eq!(first.arguments, ["-g", "daemon off;"]);
    assert!(first.has_arguments && first.full_command);
    assert_eq!((first.matching, first.weight.value), (ParamMatch::Initial, 20));
    assert_eq!((first.quorum, first.quorum_max), (2, Some(64)));
    assert_eq!(first.fork_delay, milliseconds(500));
    assert_eq!(first.terminate_delay, milliseconds(3000));
    assert!(!second.has_arguments && !second.full_command);
    assert_eq!((second.quorum, second.quorum_max), (0, Some(0)));
    assert_eq!(outcome.configuration.instances[0].track_processes[0].name, "P");

    let outcome = read("vrrp_track_process P {\nquorum 2\n}\n");
    assert_eq!(problems(&outcome), ["vrrp_track_process P has no process"]);
    let outcome = read("vrrp_track_process P {\nprocess p\nquorum 3\nquorum_max 2\n}\n");
    assert_eq!(problems(&outcome), ["quorum_max is 2 and quorum is 3"]);
    assert_eq!(outcome.configuration.processes[0].quorum_max, None);
    let outcome = read("vrrp_track_process P {\nprocess a-name-of-16-oct\n}\n");
    assert_eq!(problems(&outcome), ["process is a-name-of-16-oct"]);
}

#[test]
fn what_nobody_defines_is_not_tracked() {
    for (keyword, block) in [
        ("track_file", "track_file"),
        ("track_process", "vrrp_track_process"),
        ("track_bfd", "bfd_instance"),
        ("track_script", "vrrp_script"),
    ] {
        let (line, problems) = repaired(&format!("{keyword} {{\nX\n}}"));
        assert_eq!(problems, [format!("there is no {block} X")]);
        assert!(line.track_files.is_empty() && line.track_processes.is_empty());
        assert!(line.track_bfds.is_empty() && line.track_scripts.is_empty());
    }
    let bfd = "bfd_instance X {\nneighbor_ip 192.0.2.3\n}\n";
    let outcome = right(&format!("{bfd}{}", instance_text("track_bfd {\nX weight 5\n}")));
    assert_eq!(outcome.configuration.instances[0].track_bfds[0].name, "X");
}

#[test]
fn weights_count_in_a_group_only_where_it_says_so() {
    let text = |group: &str, body: &str| {
        format!(
            "track_file F {{\nfile /run/f\n}}\nvrrp_track_process P {{\nprocess p\nweight 5\n}}\n\
             bfd_instance B {{\nneighbor_ip 192.0.2.3\n}}\n\
             vrrp_sync_group G {{\ngroup {{ V W }}\n{group}\n}}\n{}{}",
            instance_text(body),
            instance_text("").replace("_id 1", "_id 2").replace("instance V", "instance W"),
        )
    };
    let lines = "track_file {\nF\n}\ntrack_process {\nP\n}\ntrack_bfd {\nB weight 3\n}";
    let with = right(&text("sync_group_tracking_weight", lines));
    let member = &with.configuration.instances[0];
    assert_eq!(member.track_files[0].weight, None);
    assert_eq!((member.track_processes.len(), member.track_bfds.len()), (1, 1));

    let without = read(&text("", lines));
    let member = &without.configuration.instances[0];
    assert_eq!(member.track_files[0].weight, Some(Weight::default()));
    assert_eq!((member.track_processes.len(), member.track_bfds.len()), (0, 0));
    let told = |name: &str| format!("{name} is tracked with a weight in a sync group");
    assert_eq!(problems(&without), [told("B"), told("P"), told("F")]);

    // What the group tracks, its members track.
    let outcome = right(&text("track_file {\nF weight 0\n}\ntrack_process {\nP weight 0\n}", ""));
    for member in &outcome.configuration.instances {
        assert_eq!((member.track_files.len(), member.track_processes.len()), (1, 1));
    }
    let outcome = read(&text("track_file {\nF weight 7\n}", ""));
    assert_eq!(problems(&outcome), ["F is tracked by a group with a weight"]);
    assert_eq!(outcome.configuration.instances[1].track_files[0].weight, Some(Weight::default()));
}

#[test]
fn instances_have_the_rest_of_their_keywords() {
    let plain = instance("");
    assert!(plain.accepts && !plain.strict && !plain.promote_secondaries);
    assert_eq!((plain.timer_expired_backup, plain.kernel_rx_buf_size), (None, None));
    let full = instance(
        "nopreempt\ntimer_expired_backup 200\npromote_secondaries\nno_accept\n\
         kernel_rx_buf_size 65536\ngarp_extra_if all 60\nlinkbeat_use_polling",
    );
    assert!(!full.accepts && full.promote_secondaries && full.linkbeat_use_polling);
    assert_eq!((full.timer_expired_backup, full.kernel_rx_buf_size), (Some(200), Some(65536)));
    let extra = full.garp_extra_if.unwrap();
    assert_eq!((extra.is_everywhere, extra.interval), (true, Duration::from_secs(60)));
    assert!(instance("no_accept\naccept").accepts);
    let older = "nopreempt\nthread_timer_expired\nvmac_garp_intvl 0";
    let global = "global_defs {\nvrrp_garp_extra_if 9\n}\n";
    let outcome = right(&format!("{global}{}", instance_text(older)));
    let older = &outcome.configuration.instances[0];
    assert_eq!((older.timer_expired_backup, older.garp_extra_if), (Some(254), None));
    let outcome = right(&format!("{global}{}", instance_text("")));
    let extra = outcome.configuration.instances[0].garp_extra_if.unwrap();
    assert_eq!((extra.is_everywhere, extra.interval), (false, Duration::from_secs(9)));

    let (line, problems) = repaired("timer_expired_backup");
    assert_eq!(problems, ["timer_expired_backup needs nopreempt"]);
    assert_eq!(line.timer_expired_backup, None);

    let unicast = "vrrp_instance V {\nvirtual_router_id 1\nvirtual_ipaddress { 192.0.2.1 }\n\
                   unicast_src_ip 192.0.2.2\nunicast_peer { 192.0.2.3 }\nvrf blue\n}\n";
    let outcome = right(unicast);
    assert_eq!(outcome.configuration.instances[0].vrf.as_deref(), Some("blue"));
    let (line, problems) = repaired("vrf blue");
    assert_eq!((line.vrf, problems), (None, vec!["vrf is blue".to_owned()]));

    let none = "vrrp_instance V {\nversion 3\ninterface eth0\nvirtual_router_id 1\n}\n";
    assert_eq!(problems_of(none), ["vrrp_instance V has no virtual address"]);
    let outcome = right(&none.replace("version 3", "version 3\nno_virtual_ipaddress"));
    assert!(outcome.configuration.instances[0].no_virtual_ipaddress);
}

fn problems_of(text: &str) -> Vec<String> {
    problems(&read(text))
}

#[test]
fn advertisements_are_signed() {
    let plain = "0123456789abcdef0123456789abcdef";
    let hex = format!("hex:{}", "0aFf".repeat(16));
    let hmac = instance(&format!(
        "auth_hmac {{\nkey 1 {plain}\nkey 2 {hex}\nkey 3 \"file:/run/the key\"\nactive_key 2\n\
         time_window 30\nanti_replay monotonic\nmode receive-only\n}}"
    ));
    let hmac = hmac.hmac.unwrap();
    let sources: Vec<&KeySource> = hmac.keys.iter().map(|key| &key.source).collect();
    let [KeySource::Octets(first), KeySource::Octets(second), KeySource::File(third)] =
        sources.as_slice()
    else {
        panic!("{sources:?}")
    };
    assert_eq!(first.reveal(), plain.as_bytes());
    assert_eq!(second.reveal(), [0x0a_u8, 0xff].repeat(16));
    assert_eq!(third, "/run/the key");
    assert_eq!((hmac.active_key, hmac.time_window), (2, Some(Duration::from_secs(30))));
    assert_eq!((hmac.replay, hmac.mode), (Replay::Monotonic, HmacMode::ReceiveOnly));
    assert!(!format!("{hmac:?}").contains("0123"));
    // As it is written in a file.
    assert!(SecretOctets::from_text(&format!("{plain}\n")).is_ok());
    assert_eq!(instance("").hmac, None);
}

#[test]
fn what_cannot_be_signed_does_not_run() {
    let key = "key 1 0123456789abcdef0123456789abcdef";
    for (body, message) in [
        (
            "key 1 short\nactive_key 1".to_owned(),
            "key 1 has 5 octets, allowed are 32 to 64".to_owned(),
        ),
        (
            format!("key 1 {}\nactive_key 1", "x".repeat(65)),
            "key 1 has 65 octets, allowed are 32 to 64".into(),
        ),
        ("key 1 hex:0xyz\nactive_key 1".into(), "key 1 is not hexadecimal".into()),
        ("key 1 file:\nactive_key 1".into(), "key 1 names no file".into()),
        (format!("{key}\n{key}\nactive_key 1"), "key 1 is there twice".into()),
        ("active_key 1".into(), "auth_hmac has no key".into()),
        (key.into(), "auth_hmac has no active_key".into()),
        (format!("{key}\nactive_key 2"), "active_key is 2".into()),
    ] {
        let outcome = read(&instance_text(&format!("auth_hmac {{\n{body}\n}}")));
        assert_eq!(problems(&outcome), [message], "{body}");
        assert_eq!(worst(&outcome), Some(Severity::Fatal), "{body}");
        assert!(outcome.configuration.instances.is_empty(), "{body}");
        assert!(!outcome.diagnostics.render(false).contains("0123"), "{body}");
    }
    let both = format!(
        "authentication {{\nauth_type PASS\nauth_pass x\n}}\nauth_hmac {{\n{key}\nactive_key 1\n}}"
    );
    let outcome = read(&instance_text(&both));
    assert_eq!(problems(&outcome), ["auth_hmac and authentication exclude each other"]);
    assert_eq!(worst(&outcome), Some(Severity::Fatal));
}

#[test]
fn strict_mode_resets_what_the_rfc_forbids() {
    let strict = instance("strict_mode");
    assert!(strict.strict && !strict.accepts && strict.lower_prio_no_advert);
    assert!(!strict.higher_prio_send_advert && !strict.owner_ignore_adverts);
    assert_eq!(strict.announcing.lower_prio_repeat, 0);
    let owner = instance("strict_mode\npriority 255");
    assert!(owner.accepts && owner.owner_ignore_adverts && owner.wants_master);
    assert!(instance("strict_mode\nversion 3\naccept").accepts);

    let is_strict_and = |what: &str| format!("vrrp_instance V is strict and has {what}");
    let (line, problems) = repaired(
        "strict_mode\npreempt_delay 5\ndown_timer_adverts 7\nhigher_prio_send_advert\n\
         lower_prio_no_advert off\ngarp_lower_prio_repeat 2\ngarp_lower_prio_delay 2\naccept\n\
         use_vmac 02:00:00:00:00:01\nvmac_xmit_base",
    );
    assert_eq!(
        problems,
        [
            is_strict_and("accept"),
            is_strict_and("preempt_delay"),
            is_strict_and("down_timer_adverts"),
            is_strict_and("higher_prio_send_advert"),
            is_strict_and("lower_prio_no_advert"),
            is_strict_and("garp_lower_prio_repeat"),
            is_strict_and("garp_lower_prio_delay"),
            is_strict_and("a MAC address"),
            is_strict_and("vmac_xmit_base"),
        ]
    );
    assert!(line.preempt_delay.is_zero() && line.down_timer_adverts == 3 && !line.accepts);
    assert!(line.lower_prio_no_advert && !line.higher_prio_send_advert);
    let vmac = line.virtual_interface.unwrap();
    assert!(!vmac.transmits_on_base && vmac.kind == VirtualInterfaceKind::Macvlan(None));

    let (line, problems) =
        repaired("strict_mode\nauthentication {\nauth_type PASS\nauth_pass x\n}\nstate MASTER");
    assert_eq!(line.authentication, keepalived_conf::model::Authentication::None);
    assert_eq!(problems, ["strict mode has no authentication"]);
    let (line, problems) = repaired("strict_mode\npriority 100\nstate MASTER");
    assert_eq!(problems, ["vrrp_instance V is strict, and state is MASTER"]);
    assert!(!line.wants_master);
    let key = "key 1 0123456789abcdef0123456789abcdef\nactive_key 1\nmode permissive";
    let (line, problems) = repaired(&format!("strict_mode\nauth_hmac {{\n{key}\n}}"));
    assert_eq!(problems, ["vrrp_instance V is strict, and mode is not enforce"]);
    assert_eq!(line.hmac.unwrap().mode, HmacMode::Enforce);
}

#[test]
fn strict_mode_needs_addresses_and_takes_note_of_unicast() {
    let global = "global_defs {\nvrrp_strict\n}\n";
    let unicast = instance_text("unicast_peer { 192.0.2.3 }");
    let outcome = read(&format!("{global}{unicast}"));
    let notes = outcome.diagnostics.iter().map(|note| note.message.as_str());
    assert_eq!(notes.collect::<Vec<_>>(), ["vrrp_instance V is strict and unicast"]);
    assert!(outcome.configuration.instances[0].unicast.is_some());
    let off = instance_text("unicast_peer { 192.0.2.3 }\nstrict_mode off");
    assert!(!right(&format!("{global}{off}")).configuration.instances[0].strict);

    let none = "vrrp_instance V {\nstrict_mode\ninterface eth0\nvirtual_router_id 1\n\
                no_virtual_ipaddress\n}\n";
    assert_eq!(
        problems_of(none),
        [
            "vrrp_instance V is strict and may lack addresses",
            "vrrp_instance V has no virtual address"
        ]
    );
    let global6 = instance_text("strict_mode").replace("192.0.2.1", "2001:db8::1");
    assert_eq!(problems_of(&global6), ["the first address is 2001:db8::1"]);
}

#[test]
fn global_settings_have_their_units() {
    let read_globals = |body: &str| {
        let outcome = right(&format!("global_defs {{\n{body}\n}}\n"));
        outcome.configuration.global
    };
    let plain = read_globals("");
    assert_eq!((plain.dynamic_interfaces, plain.reload_file), (None, None));
    assert_eq!((plain.nftables.table.as_str(), plain.nftables.priority), ("keepalived", -1));
    assert_eq!((plain.rx_buffers.policy, plain.rx_buffers.multiplier), (None, 3));
    assert_eq!(plain.max_auto_priority, 0);
    assert_eq!(plain.min_auto_priority_delay, Duration::from_secs(1));
    assert_eq!(plain.vrrp_process, ProcessSettings::default());

    let full = read_globals(
        "dynamic_interfaces allow_if_changes\nvrrp_garp_interval 0.001\nvrrp_gna_interval 2\n\
         log_unknown_vrids\ndisable_local_igmp\nnftables mine\nnftables_priority -5\n\
         nftables_ifindex\nnftables_counters\nvrrp_rx_bufs_policy ADVERT\n\
         vrrp_rx_bufs_multiplier 5\nvrrp_priority -10\nvrrp_no_swap\nvrrp_rt_priority 50\n\
         vrrp_cpu_affinity 3 1\nvrrp_cpu_affinity 0\nvrrp_rlimit_rttime 20000\n\
         max_auto_priority\nmin_auto_priority_delay 500000\nvrrp_netlink_cmd_rcv_bufs 4096\n\
         vrrp_netlink_cmd_rcv_bufs_force\nvrrp_netlink_monitor_rcv_bufs 8192\n\
         process_monitor_rcv_bufs 512\nprocess_monitor_rcv_bufs_force yes\n\
         set_supplementary_groups\nreload_time_file /run/when\nreload_repeat\n\
         reload_file /run/reload\nconfig_save_dir /var/lib/saved\ndata_use_instance\n\
         iproute_usr_dir /usr/lib/iproute2\niproute_etc_dir /etc/iproute2\nvrrp_strict",
    );
    assert_eq!(full.dynamic_interfaces, Some(true));
    assert_eq!(full.vrrp_garp_interval, Some(milliseconds(1)));
    assert_eq!(full.vrrp_gna_interval, Some(milliseconds(2000)));
    assert!(full.log_unknown_vrids && full.disable_local_igmp && full.defaults.strict);
    assert_eq!((full.nftables.table.as_str(), full.nftables.priority), ("mine", -5));
    assert!(full.nftables.by_index && full.nftables.counters);
    assert_eq!((full.rx_buffers.policy, full.rx_buffers.multiplier), (Some(RxPolicy::Advert), 5));
    let process = &full.vrrp_process;
    assert_eq!((process.nice, process.rt_priority), (Some(-10), Some(50)));
    assert!(process.no_swap);
    assert_eq!(process.cpu_affinity, [0, 1, 3]);
    assert_eq!(process.rlimit_rttime, Some(milliseconds(20)));
    assert_eq!(full.max_auto_priority, 99);
    assert_eq!(full.min_auto_priority_delay, milliseconds(500));
    assert_eq!(full.netlink_command_buffer.octets, Some(4096));
    assert!(full.netlink_command_buffer.force && !full.netlink_monitor_buffer.force);
    assert_eq!(full.netlink_monitor_buffer.octets, Some(8192));
    assert_eq!(full.process_monitor_buffer.octets, Some(512));
    assert!(full.process_monitor_buffer.force && full.set_supplementary_groups);
    assert_eq!(full.reload_time_file.as_deref(), Some("/run/when"));
    assert!(full.reload_repeat && full.data_use_instance);
    assert_eq!(full.reload_file, Some(Some("/run/reload".to_owned())));
    assert_eq!(full.config_save_dir.as_deref(), Some("/var/lib/saved"));
    assert_eq!(full.iproute_usr_dir.as_deref(), Some("/usr/lib/iproute2"));
    assert_eq!(full.iproute_etc_dir.as_deref(), Some("/etc/iproute2"));

    let other = read_globals("dynamic_interfaces\nvrrp_rx_bufs_policy 70000\nreload_file");
    assert_eq!(other.dynamic_interfaces, Some(false));
    assert_eq!(other.rx_buffers.policy, Some(RxPolicy::Octets(70_000)));
    assert_eq!(other.reload_file, Some(None));
    for (line, message) in [
        ("vrrp_rx_bufs_policy", "vrrp_rx_bufs_policy has no value"),
        ("vrrp_rx_bufs_policy MTU 5", "vrrp_rx_bufs_policy has two values"),
        ("vrrp_rt_priority 100", "vrrp_rt_priority is 100"),
        ("max_auto_priority -2", "max_auto_priority is -2"),
    ] {
        assert_eq!(problems_of(&format!("global_defs {{\n{line}\n}}\n")), [message]);
    }
    let notes = read("global_defs {\nvrrp_iptables IN OUT\nvrrp_ipsets\n}\n");
    let helps: Vec<_> = notes.diagnostics.iter().filter_map(|one| one.help.clone()).collect();
    assert_eq!(helps, ["nftables does this here"; 2]);
}

#[test]
fn the_top_level_has_the_surroundings() {
    let text = format!(
        "net_namespace blue\ninstance second\nlinkbeat_use_polling\n\
         linkbeat_interfaces {{\neth1 ETHTOOL\neth2\n}}\n\
         interface_up_down_delays {{\neth0 0.5 2\neth1 1\n}}\n\
         garp_group {{\ngarp_interval 0.2\ninterface eth0\ninterfaces {{\neth1 eth2\n}}\n}}\n\
         garp_group {{\ngna_interval 0\ninterface eth3\n}}\n{}",
        instance_text("linkbeat_use_polling")
    );
    let outcome = right(&text);
    let found = &outcome.configuration.surroundings;
    assert_eq!(found.net_namespace.as_deref(), Some("blue"));
    assert_eq!(found.instance.as_deref(), Some("second"));
    assert!(found.use_pid_dir && found.linkbeat_use_polling);
    let polled: Vec<_> =
        found.linkbeat_interfaces.iter().map(|one| (one.interface.as_str(), one.method)).collect();
    let ethtool = Some(LinkbeatMethod::Ethtool);
    // The instance polls its own interface.
    assert_eq!(polled, [("eth1", ethtool), ("eth2", None), ("eth0", None)]);
    let delays: Vec<_> = found.up_down_delays.iter().map(|one| (one.down, one.up)).collect();
    assert_eq!(
        delays,
        [(milliseconds(500), milliseconds(2000)), (milliseconds(1000), milliseconds(0))]
    );
    let [first, second] = found.garp_groups.as_slice() else { panic!() };
    assert_eq!(first.interfaces, ["eth0", "eth1", "eth2"]);
    assert_eq!((first.garp_interval, first.gna_interval), (Some(milliseconds(200)), None));
    assert_eq!((second.garp_interval, second.gna_interval), (None, Some(milliseconds(0))));
    assert!(!right("instance x\n").configuration.surroundings.use_pid_dir);
    assert!(right("use_pid_dir\n").configuration.surroundings.use_pid_dir);

    for (text, message) in [
        ("linkbeat_interfaces {\neth1\neth1\n}\n", "eth1 is there twice"),
        ("interface_up_down_delays {\neth1 1\neth1 2\n}\n", "eth1 is there twice"),
        ("garp_group {\ninterface eth0\n}\n", "garp_group has no interval"),
        ("garp_group {\ngarp_interval 1\n}\n", "garp_group has no interface"),
        (
            "garp_group {\ngarp_interval 1\ninterface eth0\ninterface eth0\n}\n",
            "eth0 is in a garp_group already",
        ),
    ] {
        assert_eq!(problems_of(text), [message]);
    }
}
