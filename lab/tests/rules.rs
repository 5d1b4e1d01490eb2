//! Policy rules of netlink-addr against the kernel, with `ip` as the independent reader.
//!
//! Needs root and iproute2, and fails without.

use std::fmt::Debug;
use std::net::IpAddr;

use lab::namespaces::{Host, Lan};
use netlink_addr::{Change, Monitor, RouteTable, Rule, RuleAction, RuleError};

fn all<E: Debug>(outcomes: Vec<Result<(), E>>) {
    outcomes.into_iter().collect::<Result<(), _>>().unwrap();
}

/// `192.0.2.0/24` as address and length.
fn network(text: &str) -> (IpAddr, u8) {
    let (address, length) = text.split_once('/').unwrap();
    (address.parse().unwrap(), length.parse().unwrap())
}

/// With one space between all words.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn family(is_ipv6: bool) -> &'static str {
    if is_ipv6 { "-6" } else { "-4" }
}

/// What is changed on a rule that leads to table 100, and what `ip` then shows.
type Case = (fn(&mut Rule), &'static str);

const BOTH_FAMILIES: [Case; 21] = [
    (|_| {}, "from all lookup 100"),
    (|rule| rule.table = 1_000_000, "from all lookup 1000000"),
    (|rule| rule.tos = 0x10, "from all tos 0x10 lookup 100"),
    (|rule| rule.mark = Some((5, u32::MAX)), "from all fwmark 0x5 lookup 100"),
    (|rule| rule.mark = Some((5, 0xff)), "from all fwmark 0x5/0xff lookup 100"),
    (|rule| rule.mark = Some((0, 0xff)), "from all fwmark 0/0xff lookup 100"),
    (|rule| rule.iif = Some("eth0".into()), "from all iif eth0 lookup 100"),
    (|rule| rule.oif = Some("eth0".into()), "from all oif eth0 lookup 100"),
    (|rule| rule.is_l3mdev = true, "from all lookup [l3mdev-table]"),
    (|rule| rule.user_range = Some((1, 5)), "from all uidrange 1-5 lookup 100"),
    (|rule| rule.ip_protocol = Some(6), "from all ipproto tcp lookup 100"),
    (|rule| rule.source_ports = Some((5, 5)), "from all sport 5 lookup 100"),
    (|rule| rule.destination_ports = Some((6, 9)), "from all dport 6-9 lookup 100"),
    (|rule| rule.tunnel = Some(77), "from all tun_id 77 lookup 100"),
    (|rule| rule.suppress_prefix_length = Some(0), "from all lookup 100 suppress_prefixlength 0"),
    (|rule| rule.suppress_interface_group = Some(7), "from all lookup 100 suppress_ifgroup 7"),
    (|rule| rule.protocol = 200, "from all lookup 100 proto 200"),
    (|rule| rule.action = RuleAction::Nop, "from all nop"),
    (|rule| rule.action = RuleAction::Blackhole, "from all blackhole"),
    (|rule| rule.action = RuleAction::Unreachable, "from all unreachable"),
    (|rule| rule.action = RuleAction::Prohibit, "from all prohibit"),
];

const IPV4: [Case; 5] = [
    (|rule| rule.from = Some(network("192.0.2.0/24")), "from 192.0.2.0/24 lookup 100"),
    (|rule| rule.to = Some(network("192.0.2.0/24")), "from all to 192.0.2.0/24 lookup 100"),
    (|rule| rule.realms = Some(0x0003_0004), "from all lookup 100 realms 3/4"),
    (|rule| rule.action = RuleAction::Goto(5000), "from all goto 5000 [unresolved]"),
    (
        |rule| {
            rule.is_inverted = true;
            rule.from = Some(network("192.0.2.1/32"));
        },
        "not from 192.0.2.1 lookup 100",
    ),
];

const IPV6: [Case; 4] = [
    (|rule| rule.from = Some(network("2001:db8::/32")), "from 2001:db8::/32 lookup 100"),
    (|rule| rule.to = Some(network("2001:db8::/32")), "from all to 2001:db8::/32 lookup 100"),
    (|rule| rule.action = RuleAction::Goto(5000), "from all goto 5000 [unresolved]"),
    (
        |rule| {
            rule.is_inverted = true;
            rule.from = Some(network("2001:db8::1/128"));
        },
        "not from 2001:db8::1 lookup 100",
    ),
];

fn shown_rules(host: &Host, is_ipv6: bool) -> Vec<String> {
    let text = host.command(&["ip", family(is_ipv6), "rule"]).unwrap();
    text.lines().map(plain).collect()
}

fn check_rules(is_ipv6: bool, cases: &[Case]) {
    let lan = Lan::new(1).unwrap();
    let host = lan.host(0);
    let before = shown_rules(host, is_ipv6);
    let mut rules = Vec::new();
    for (priority, (change, _)) in (1000..).zip(cases) {
        let mut rule = Rule::new(is_ipv6);
        rule.table = 100;
        rule.priority = Some(priority);
        change(&mut rule);
        rules.push(rule);
    }
    let wanted = rules.clone();
    host.namespace().run(move || {
        let mut table = RouteTable::open().unwrap();
        for _ in 0..2 {
            all(table.add_rules(&wanted).unwrap());
        }
        let present = table.rules().unwrap();
        for rule in &wanted {
            let same: Vec<&Rule> = present.iter().filter(|other| other.is_same(rule)).collect();
            assert_eq!(same.len(), 1, "{rule}: {same:?}");
            assert_eq!(same[0].protocol, rule.protocol, "{rule}");
        }
    });
    let shown = shown_rules(host, is_ipv6);
    for (priority, (_, text)) in (1000..).zip(cases) {
        let line = format!("{priority}: {text}");
        assert!(shown.contains(&line), "{line} is not in {shown:#?}");
    }
    assert_eq!(shown.len(), before.len() + cases.len(), "{shown:#?}");
    host.namespace().run(move || {
        let mut table = RouteTable::open().unwrap();
        for _ in 0..2 {
            all(table.remove_rules(&rules).unwrap());
        }
    });
    assert_eq!(shown_rules(host, is_ipv6), before);
}

#[test]
fn every_option_of_an_ipv4_rule_is_what_ip_shows() {
    check_rules(false, &[&BOTH_FAMILIES[..], &IPV4].concat());
}

#[test]
fn every_option_of_an_ipv6_rule_is_what_ip_shows() {
    check_rules(true, &[&BOTH_FAMILIES[..], &IPV6].concat());
}

#[test]
fn a_rule_of_somebody_else_stays() {
    let lan = Lan::new(1).unwrap();
    let host = lan.host(0);
    let add = ["ip", "rule", "add", "table", "100", "priority", "1000", "protocol", "5"];
    host.command(&add).unwrap();
    let before = shown_rules(host, false);
    host.namespace().run(|| {
        let mut table = RouteTable::open().unwrap();
        let mut rule = Rule::new(false);
        rule.table = 100;
        rule.priority = Some(1000);
        rule.protocol = 18;
        all(table.add_rules(std::slice::from_ref(&rule)).unwrap());
        all(table.remove_rules(&[rule]).unwrap());
    });
    assert_eq!(shown_rules(host, false), before);
}

#[test]
fn a_rule_that_cannot_be_had_is_refused_by_its_name() {
    let lan = Lan::new(1).unwrap();
    lan.host(0).namespace().run(|| {
        let mut table = RouteTable::open().unwrap();
        let mut backwards = Rule::new(false);
        backwards.priority = Some(1000);
        backwards.action = RuleAction::Goto(5);
        let mut plain = Rule::new(false);
        plain.priority = Some(1001);
        plain.from = Some(network("192.0.2.0/24"));
        let mut inverted = plain.clone();
        inverted.is_inverted = true;
        let mut outcomes = table.add_rules(&[backwards, plain, inverted]).unwrap().into_iter();
        let refused = outcomes.next().unwrap().unwrap_err();
        assert!(matches!(refused, RuleError::Refused { .. }), "{refused:?}");
        assert_eq!(refused.to_string(), "the rule from all goto 5 priority 1000 was refused");
        outcomes.next().unwrap().unwrap();
        let taken = outcomes.next().unwrap().unwrap_err();
        assert!(matches!(taken, RuleError::Exists { .. }), "{taken:?}");
    });
}

#[test]
fn a_rule_that_is_taken_away_is_told() {
    let lan = Lan::new(1).unwrap();
    lan.host(0).namespace().run(|| {
        let mut monitor = Monitor::open_routes().unwrap();
        let mut table = RouteTable::open().unwrap();
        let mut rules = [Rule::new(false), Rule::new(true)];
        for rule in &mut rules {
            rule.priority = Some(1000);
            rule.table = 100;
        }
        all(table.add_rules(&rules).unwrap());
        all(table.remove_rules(&rules).unwrap());
        let changes = monitor.changes().unwrap();
        for rule in &rules {
            let is_told =
                |change: &Change| matches!(change, Change::RuleGone(gone) if gone.is_same(rule));
            assert!(changes.iter().any(is_told), "{rule}: {changes:?}");
        }
    });
}
