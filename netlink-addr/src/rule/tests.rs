use netlink_conn::Batch;

use super::*;
use crate::uapi;

/// Octets of `struct nlmsghdr`.
const HEADER: usize = 16;

/// What the kernel would be told, with one more attribute.
fn payload(rule: &Rule, more: Option<(u16, &[u8])>) -> Vec<u8> {
    let mut batch = Batch::new();
    let mut request = batch.request(uapi::RTM_NEWRULE, 0);
    rule.write(&mut request);
    if let Some((kind, value)) = more {
        request.attribute(kind, value);
    }
    batch.octets()[HEADER..].to_vec()
}

fn everything() -> Rule {
    Rule {
        is_ipv6: false,
        is_inverted: true,
        from: Some(("192.0.2.0".parse().unwrap(), 24)),
        to: Some(("198.51.100.0".parse().unwrap(), 25)),
        iif: Some("eth0".into()),
        oif: Some("eth1".into()),
        priority: Some(100),
        action: RuleAction::Lookup,
        table: 1000,
        is_l3mdev: false,
        tos: 0x10,
        mark: Some((5, 0xff)),
        realms: Some(0x0003_0004),
        suppress_prefix_length: Some(0),
        suppress_interface_group: Some(7),
        tunnel: Some(77),
        user_range: Some((1, 5)),
        protocol: 18,
        ip_protocol: Some(6),
        source_ports: Some((5, 5)),
        destination_ports: Some((6, 9)),
    }
}

#[test]
fn what_is_written_is_read() {
    let mut rule = everything();
    assert_eq!(Rule::read(&payload(&rule, None)), Some(rule.clone()));
    rule.table = 0;
    for action in [
        RuleAction::Goto(300),
        RuleAction::Nop,
        RuleAction::Blackhole,
        RuleAction::Unreachable,
        RuleAction::Prohibit,
    ] {
        rule.action = action;
        assert_eq!(Rule::read(&payload(&rule, None)), Some(rule.clone()));
    }
    let mut v6 = Rule::new(true);
    v6.from = Some(("2001:db8::".parse().unwrap(), 32));
    v6.priority = Some(0);
    assert_eq!(Rule::read(&payload(&v6, None)), Some(v6.clone()));
    v6.action = RuleAction::Lookup;
    v6.is_l3mdev = true;
    v6.table = 0;
    assert_eq!(Rule::read(&payload(&v6, None)), Some(v6.clone()));
}

#[test]
fn a_rule_with_conditions_of_newer_kernels_is_left_out() {
    let rule = everything();
    for (kind, value) in [(uapi::FRA_DSCP, &[1][..]), (uapi::FRA_SPORT_MASK, &[0xff, 0][..])] {
        assert_eq!(Rule::read(&payload(&rule, Some((kind, value)))), None);
    }
    let single_port = payload(&rule, Some((uapi::FRA_SPORT_MASK, &[0xff, 0xff][..])));
    assert_eq!(Rule::read(&single_port), Some(rule));
}

#[test]
fn rules_differ_by_all_but_their_origin() {
    let rule = everything();
    let changes: [fn(&mut Rule); 19] = [
        |rule| rule.is_inverted = false,
        |rule| rule.from = None,
        |rule| rule.to = rule.from,
        |rule| rule.iif = None,
        |rule| rule.oif = Some("eth2".into()),
        |rule| rule.priority = Some(101),
        |rule| rule.action = RuleAction::Nop,
        |rule| rule.table = 1001,
        |rule| rule.is_l3mdev = true,
        |rule| rule.tos = 0,
        |rule| rule.mark = Some((5, 0xfe)),
        |rule| rule.realms = None,
        |rule| rule.suppress_prefix_length = None,
        |rule| rule.suppress_interface_group = None,
        |rule| rule.tunnel = Some(78),
        |rule| rule.user_range = Some((1, 6)),
        |rule| rule.ip_protocol = None,
        |rule| rule.source_ports = Some((5, 6)),
        |rule| rule.destination_ports = None,
    ];
    for (place, change) in changes.iter().enumerate() {
        let mut other = rule.clone();
        change(&mut other);
        assert!(!rule.is_same(&other) && !other.is_same(&rule), "{place}");
    }
    let harmless: [fn(&mut Rule); 2] = [|rule| rule.protocol = 0, |rule| rule.priority = None];
    for change in harmless {
        let mut other = rule.clone();
        change(&mut other);
        assert!(rule.is_same(&other) && other.is_same(&rule));
    }
}

#[test]
fn what_says_nothing_does_not_count() {
    let mut rule = Rule::new(true);
    rule.action = RuleAction::Blackhole;
    let mut other = rule.clone();
    other.from = Some(("::".parse().unwrap(), 0));
    other.table = 100;
    other.mark = Some((0, 0));
    other.realms = Some(4);
    other.suppress_prefix_length = Some(u32::MAX);
    other.tunnel = Some(0);
    other.ip_protocol = Some(0);
    assert!(rule.is_same(&other));
    let read = Rule::read(&payload(&rule, None)).unwrap();
    assert!(read.is_same(&rule));
}

#[test]
fn a_rule_is_shown_as_ip_shows_it() {
    let mut rule = Rule::new(false);
    rule.from = Some(("192.0.2.0".parse().unwrap(), 24));
    rule.table = 100;
    assert_eq!(rule.to_string(), "from 192.0.2.0/24 lookup 100");
    assert_eq!(
        everything().to_string(),
        "not from 192.0.2.0/24 to 198.51.100.0/25 tos 0x10 fwmark 0x5/0xff iif eth0 oif eth1 \
         uidrange 1-5 ipproto 6 sport 5 dport 6-9 tun_id 77 lookup 1000 priority 100"
    );
    let mut goto = Rule::new(true);
    goto.action = RuleAction::Goto(300);
    assert_eq!(goto.to_string(), "from all goto 300");
}
