//! `vrrp_instance` and what belongs to it.

use std::collections::BTreeMap;
use std::fmt::Write;

use director::config::PlannedRouter;
use proof::simulation::{Plan, SECRET, run};
use proof::{Configured, Delivery, Described, Property};
use vrrp_io::fsm::GroupId;
use vrrp_io::proto::{Authentication, Interval, MULTICAST_IPV4, MULTICAST_IPV6};
use vrrp_io::{Peer, Tracked, Unicast, VirtualAddress};

use super::{read, without};

/// keepalived.conf of one machine, with `left_out` lines left out.
fn text(all: &[Described], machine: usize, left_out: Option<&str>) -> String {
    let here: Vec<(usize, &Described)> =
        all.iter().enumerate().filter(|(_, router)| router.machine == machine).collect();
    let mut text = String::from(
        "global_defs {\n dynamic_interfaces\n script_user root\n enable_script_security\n}\n",
    );
    let items = here.iter().map(|(_, router)| router.weights.len()).max().unwrap_or(0);
    for item in 0..items {
        writeln!(text, "vrrp_script item{item} {{\n script /bin/true\n}}").unwrap();
    }
    let mut groups: BTreeMap<GroupId, Vec<usize>> = BTreeMap::new();
    for (number, router) in &here {
        if let Some(group) = router.group {
            groups.entry(group).or_default().push(*number);
        }
    }
    for (group, members) in groups {
        let members: Vec<String> = members.iter().map(|number| format!("router{number}")).collect();
        let members = members.join(" ");
        writeln!(
            text,
            "vrrp_sync_group {} {{\n group {{ {members} }}\n sync_group_tracking_weight\n}}",
            group.0
        )
        .unwrap();
    }
    for (number, router) in here {
        instance(&mut text, all, number, router);
    }
    without(&text, left_out)
}

fn instance(text: &mut String, all: &[Described], number: usize, router: &Described) {
    let (lan, is_ipv6, vrid) = router.key;
    let mut line = |line: String| writeln!(text, "{line}").unwrap();
    line(format!("vrrp_instance router{number} {{"));
    line(format!(" interface lan{lan}\n virtual_router_id {vrid}"));
    line(format!(" priority {}", router.priority));
    let version = match router.interval {
        Interval::V2(_) => 2,
        Interval::V3(_) => 3,
    };
    line(format!(" version {version}\n advert_int {}", router.interval().as_secs_f64()));
    // Who never preempts has no use for a delay, and is told so.
    if !router.preempt {
        line(" nopreempt".into());
    } else if !router.preempt_delay.is_zero() {
        line(format!(" preempt_delay {}", router.preempt_delay.as_secs_f64()));
    }
    if let Delivery::Unicast { least_hop_limit } = router.delivery {
        line(format!(" unicast_src_ip {}\n unicast_peer {{", router.address));
        for peer in router.peers(all) {
            line(format!("  {} min_ttl {least_hop_limit} max_ttl 255", peer.address));
        }
        line(" }".into());
    }
    let auth_type = match router.authentication {
        Authentication::None => None,
        Authentication::Password(_) => Some("PASS"),
        Authentication::AuthenticationHeader(_) => Some("AH"),
    };
    if let Some(kind) = auth_type {
        line(format!(" authentication {{\n  auth_type {kind}\n  auth_pass {SECRET}\n }}"));
    }
    if !router.weights.is_empty() {
        line(" track_script {".into());
        for (item, weight) in router.weights.iter().enumerate() {
            line(format!("  item{item} weight {weight}"));
        }
        line(" }".into());
    }
    let length = if is_ipv6 { 64 } else { 24 };
    line(format!(" virtual_ipaddress {{\n  {}/{length}\n }}\n}}", router.virtual_address()));
}

/// What director runs a router with. The simulation sends to whom the description says, so that has to be the same; and the
/// delay after the start holds for a whole machine of director's, where here each router has its own.
fn configured(
    all: &[Described],
    router: &Described,
    planned: &PlannedRouter,
    is_whole: bool,
) -> Configured {
    let config = planned.config.as_ref().clone().with_startup_delay(router.startup_delay);
    assert_eq!(config.interface(), format!("lan{}", router.key.0));
    let delivery = match (router.delivery, router.address.is_ipv6()) {
        (Delivery::Multicast, false) => vrrp_io::Delivery::Multicast(MULTICAST_IPV4.into()),
        (Delivery::Multicast, true) => vrrp_io::Delivery::Multicast(MULTICAST_IPV6.into()),
        (Delivery::Unicast { least_hop_limit }, _) => {
            let peers = router.peers(all).map(|peer| Peer::new(peer.address));
            let peers = peers.map(|peer| peer.ttl(least_hop_limit..=255));
            vrrp_io::Delivery::Unicast(Unicast::new(peers).ttl(255))
        }
    };
    assert_eq!(*config.delivery(), delivery);
    let addresses: Vec<_> = config.addresses().iter().map(VirtualAddress::address).collect();
    assert_eq!(addresses, [router.virtual_address()]);
    // All routers could be wrong about it and hear each other.
    assert_eq!(*config.authentication(), router.authentication);
    let item = |item| Tracked::Item(format!("item{item}"));
    let mut tracked = config.tracked().enumerate();
    assert!(tracked.all(|(number, (tracked, _))| !is_whole || *tracked == item(number)));
    Configured {
        config: config.router().clone(),
        group: config.group().map(|name| GroupId(name.parse().unwrap())),
        weights: config.tracked().map(|(_, weight)| weight).collect(),
        authentication: config.authentication().clone(),
    }
}

/// A plan whose routers are run with what director makes of their machines' configurations.
fn directed(seed: u64, left_out: Option<&str>) -> Plan {
    let plan = Plan::new(seed);
    let all = plan.described();
    let machines = all.iter().map(|router| router.machine).max().map_or(0, |last| last + 1);
    let mut found: Vec<Option<Configured>> = vec![None; all.len()];
    for machine in 0..machines {
        let checked = read(&text(all, machine, left_out), left_out.is_none());
        for planned in &checked.plan.routers {
            let number: usize = planned.instance.name["router".len()..].parse().unwrap();
            found[number] = Some(configured(all, &all[number], planned, left_out.is_none()));
        }
    }
    let found: Vec<Configured> = found.into_iter().map(|one| one.expect("it is run")).collect();
    plan.with_configured(found)
}

#[test]
fn networks_of_directors_are_as_they_should_be() {
    let mut packets = 0;
    for seed in 0..200 {
        let plan = directed(seed, None);
        let report = run(&plan, None, None, false);
        assert!(report.violated.is_empty(), "seed {seed}: {:?}", report.violations);
        packets += report.packets;
    }
    assert!(packets > 100_000, "{packets} packets");
}

/// What the simulation judges by is in these lines: without one of them it finds something.
#[test]
fn lines_that_decide_matter() {
    for (line, property) in [
        ("nopreempt", Property::PreemptMode),
        ("preempt_delay", Property::PreemptMode),
        ("advert_int", Property::Advertises),
        ("priority", Property::RightfulActive),
        ("item0", Property::TrackingDecides),
        ("group", Property::GroupsMoveTogether),
        ("sync_group_tracking_weight", Property::TrackingDecides),
    ] {
        let is_found = |seed| {
            let plan = directed(seed, Some(line));
            run(&plan, None, None, false).violated.has(property)
        };
        assert!((0..200).any(is_found), "{line} does not matter");
    }
}
