//! What few operators set: the kernel's tables, the wire, or another router are the judges.
//!
//! Needs root, keepalived, iproute2 and nftables, and fails without.

mod common;

use std::fs;
use std::time::{Duration, Instant};

use common::{
    LONG, VIP, always, director, eventually, global_defs, has, in_both_roles, instance,
    named_instance, shown,
};
use lab::Frame;
use lab::forge::{Forged, Injector};
use lab::namespaces::{Host, Lan};
use lab::peers::Daemon;
use nix::sys::signal::Signal;
use vrrp_io::proto::Authentication;

const SHORT: Duration = Duration::from_millis(700);
const KEY: &str = "0123456789abcdef0123456789abcdef";

fn setting(host: &Host, name: &str) -> String {
    let path = format!("/proc/sys/net/{name}");
    host.command(&["cat", &path]).unwrap_or_default().trim().to_owned()
}

fn answers(lan: &Lan, address: &str) -> bool {
    lan.host(1).command(&["ping", "-c", "1", "-W", "1", address]).is_ok()
}

#[test]
fn rules_come_and_go_with_the_role_and_are_put_back() {
    let lan = Lan::new(2).unwrap();
    let host = lan.host(0);
    let rules = "virtual_rules {\n from 10.77.0.100 table 100 priority 500\n \
                 fwmark 7/0xff lookup 101 priority 501 no_track\n}\n";
    let statics = "static_rules {\n to 198.51.100.0/24 table 102 priority 502\n}\n";
    let mut ours = director(&format!("{statics}{}", instance(200, rules)));
    ours.start(host).unwrap();
    let list = || shown(host, &["rule"]);
    eventually("it is master", || has(host, VIP));
    eventually("all rules are there", || {
        ["500:\tfrom 10.77.0.100 lookup 100", "501:", "502:"].iter().all(|r| list().contains(r))
    });
    assert!(list().contains("fwmark 0x7/0xff"), "{}", list());
    for preference in ["500", "501", "502"] {
        host.command(&["ip", "rule", "del", "preference", preference]).unwrap();
    }
    eventually("those that are tracked are back", || {
        list().contains("500:") && list().contains("502:")
    });
    assert!(!list().contains("501:"));
    lan.set_cable(0, false).unwrap();
    eventually("the router's are gone", || !list().contains("500:"));
    assert!(list().contains("502:"));
    ours.stop(LONG).unwrap();
    assert!(!list().contains("502:"), "{}", list());
}

#[test]
fn routes_have_all_that_is_written() {
    let lan = Lan::new(2).unwrap();
    let host = lan.host(0);
    let routes = "virtual_routes {\n 198.51.100.0/24 via 10.77.0.2 dev eth0 metric 7 mtu lock 1400 \
                  advmss 1300 initcwnd 20 quickack 1\n \
                  203.0.113.0/24 nexthop via 10.77.0.2 dev eth0 weight 2 nexthop via 10.77.0.3 dev eth0\n}\n";
    let mut ours = director(&instance(200, routes));
    ours.start(host).unwrap();
    let list = || shown(host, &["route"]);
    eventually("both are there", || {
        list().contains("198.51.100.0") && list().contains("203.0.113.0")
    });
    let text = list();
    for part in
        ["mtu lock 1400", "advmss 1300", "initcwnd 20", "quickack 1", "weight 2", "10.77.0.3"]
    {
        assert!(text.contains(part), "{part}:\n{text}");
    }
    host.command(&["ip", "route", "del", "203.0.113.0/24"]).unwrap();
    eventually("it is put back", || list().contains("203.0.113.0"));
    ours.stop(LONG).unwrap();
    assert!(!list().contains("203.0.113.0"));
}

#[test]
fn who_does_not_accept_has_the_address_and_does_not_answer() {
    let lan = Lan::new(2).unwrap();
    let host = lan.host(0);
    let global = "global_defs {\n nftables own\n nftables_priority -7\n nftables_counters\n}\n";
    let is_by_number = |global: &str| {
        let text = named_instance("V", 51, "eth0", "fe80::77:100", 200, "no_accept");
        let text = text.replace("100/24", "100/64");
        let mut ours = director(&format!("{global}{text}"));
        ours.start(host).unwrap();
        eventually("it is master", || has(host, "fe80::77:100"));
        let rules = host.command(&["nft", "list", "ruleset"]).unwrap();
        ours.stop(LONG).unwrap();
        assert!(rules.contains("fe80::77:100"), "{rules}");
        (rules.contains("iif "), rules.contains("iifname "))
    };
    assert_eq!(is_by_number(global), (false, true));
    assert_eq!(is_by_number(&global_defs("nftables_ifindex")), (true, false));
    let mut ours = director(&format!("{global}{}", instance(200, "no_accept")));
    ours.start(host).unwrap();
    eventually("it is master", || has(host, VIP));
    assert!(!answers(&lan, VIP));
    assert!(answers(&lan, "10.77.0.1"));
    let rules = host.command(&["nft", "list", "ruleset"]).unwrap();
    assert!(rules.contains("table ip own") && rules.contains(VIP), "{rules}");
    assert!(rules.contains("priority") && rules.contains("counter"), "{rules}");
    // With the reload it accepts.
    ours.configure(&format!("{global}{}", instance(200, "accept"))).unwrap();
    ours.signal_number(1).unwrap();
    eventually("it answers", || answers(&lan, VIP));
    ours.stop(LONG).unwrap();
    assert_eq!(host.command(&["nft", "list", "ruleset"]).unwrap().trim(), "");
}

#[test]
fn strict_mode_is_what_the_rfc_says_and_works_with_keepalived() {
    in_both_roles(VIP, |_, priority| {
        format!("global_defs {{\n vrrp_strict\n}}\n{}", instance(priority, ""))
    });
    let lan = Lan::new(2).unwrap();
    let mut ours = director(&instance(200, "strict_mode"));
    ours.start(lan.host(0)).unwrap();
    eventually("it is master", || has(lan.host(0), VIP));
    assert!(!answers(&lan, VIP));
    ours.stop(LONG).unwrap();
}

#[test]
fn routers_with_the_key_agree_and_others_are_not_believed() {
    let hmac =
        |key: &str, more: &str| format!("auth_hmac {{\n key 1 {key}\n active_key 1\n {more}\n}}\n");
    let lan = Lan::new(3).unwrap();
    let mut best = director(&instance(200, &hmac(KEY, "")));
    let mut other = director(&instance(100, &hmac(KEY, "")));
    best.start(lan.host(0)).unwrap();
    other.start(lan.host(1)).unwrap();
    let is_alone = |number: u8| has(lan.host(number), VIP) && !has(lan.host(1 - number), VIP);
    eventually("the better one is master", || is_alone(0));
    always("and stays so", SHORT, || is_alone(0));
    // Whoever has another key, or none, is not believed, and believes nobody.
    let wrong = hmac("fedcba9876543210fedcba9876543210", "");
    for liar in [wrong.as_str(), ""] {
        let mut liar = director(&instance(250, liar));
        liar.start(lan.host(2)).unwrap();
        eventually("it believes nobody", || has(lan.host(2), VIP));
        always("nobody believes it", SHORT, || has(lan.host(0), VIP));
        liar.stop(LONG).unwrap();
    }
    best.stop(LONG).unwrap();
    eventually("it hands over", || is_alone(1));
    // In permissive mode who does not sign is believed.
    other.configure(&instance(100, &hmac(KEY, "mode permissive"))).unwrap();
    other.signal_number(1).unwrap();
    let mut plain = Daemon::keepalived(&instance(200, "")).unwrap();
    plain.start(lan.host(0)).unwrap();
    eventually("a keepalived is believed", || is_alone(0));
    plain.stop(LONG).unwrap();
    other.stop(LONG).unwrap();
    // A key that is too short is no key.
    let mut broken = director(&instance(100, &hmac("short", "")));
    broken.start(lan.host(0)).unwrap();
    assert_ne!(broken.wait(LONG).unwrap(), Some(0));
    assert!(!broken.log().contains("short\n"), "{}", broken.log());
}

#[test]
fn a_flapping_interface_counts_when_it_has_settled() {
    let lan = Lan::new(2).unwrap();
    let delays = "interface_up_down_delays {\n eth0 2 1\n}\n";
    let mut ours = director(&format!("{delays}{}", instance(200, "")));
    ours.start(lan.host(0)).unwrap();
    eventually("it is master", || has(lan.host(0), VIP));
    for _ in 0..3 {
        lan.set_cable(0, false).unwrap();
        std::thread::sleep(Duration::from_millis(300));
        lan.set_cable(0, true).unwrap();
        std::thread::sleep(Duration::from_millis(300));
    }
    assert!(has(lan.host(0), VIP) && !ours.log().contains("to=Fault"), "{}", ours.log());
    let begin = Instant::now();
    lan.set_cable(0, false).unwrap();
    eventually("it is at fault", || !has(lan.host(0), VIP));
    let down = begin.elapsed();
    assert!((1900..3000).contains(&down.as_millis()), "{down:?}");
    lan.set_cable(0, true).unwrap();
    let begin = Instant::now();
    eventually("it is master again", || has(lan.host(0), VIP));
    assert!(begin.elapsed() > Duration::from_millis(900), "{:?}", begin.elapsed());
    ours.stop(LONG).unwrap();
}

#[test]
fn the_driver_can_be_asked_for_the_link() {
    for polling in ["linkbeat_use_polling\n", "linkbeat_interfaces {\n eth0 ETHTOOL\n}\n"] {
        let lan = Lan::new(2).unwrap();
        let mut ours = director(&format!("{polling}{}", instance(200, "")));
        ours.start(lan.host(0)).unwrap();
        eventually("it is master", || has(lan.host(0), VIP));
        lan.set_cable(0, false).unwrap();
        eventually("it is at fault", || !has(lan.host(0), VIP));
        lan.set_cable(0, true).unwrap();
        eventually("it is master again", || has(lan.host(0), VIP));
        ours.stop(LONG).unwrap();
    }
}

#[test]
fn interfaces_may_come_later_and_come_again() {
    let lan = Lan::new(2).unwrap();
    let host = lan.host(0);
    let conf = named_instance("V", 51, "late", VIP, 200, "use_vmac");
    let global = "global_defs {\n dynamic_interfaces\n}\n";
    let mut refused = director(&conf);
    refused.start(host).unwrap();
    assert_ne!(refused.wait(LONG).unwrap(), Some(0));
    let mut ours = director(&format!("{global}{conf}"));
    ours.start(host).unwrap();
    eventually("it runs", || ours.log().contains("started"));
    for _ in 0..2 {
        host.command(&["ip", "link", "add", "late", "type", "veth", "peer", "name", "other"])
            .unwrap();
        host.command(&["ip", "address", "add", "10.88.0.1/24", "dev", "late"]).unwrap();
        host.command(&["ip", "link", "set", "other", "up"]).unwrap();
        host.command(&["ip", "link", "set", "late", "up"]).unwrap();
        eventually("it is master", || has(host, VIP));
        assert!(shown(host, &["link"]).contains("vrrp.51@late"));
        host.command(&["ip", "link", "del", "late"]).unwrap();
        eventually("it is gone", || !has(host, VIP));
    }
    ours.stop(LONG).unwrap();
}

/// The times between gratuitous ARPs for the addresses 10.77.0.100 to 10.77.0.103.
fn announced(frames: &[Frame]) -> Vec<Duration> {
    // An unsolicited neighbour advertisement (RFC 4861 section 4.4) for fd77::100 to fd77::103.
    let is_advertised = |frame: &Frame, last: u32| {
        let last = u8::try_from(last % 100).unwrap();
        let target = ["fd77::100", "fd77::101", "fd77::102", "fd77::103"][usize::from(last)];
        let target = target.parse::<std::net::Ipv6Addr>().unwrap().octets();
        frame.octets.get(54) == Some(&136) && frame.octets.get(62..78) == Some(&target[..])
    };
    let is_one = |frame: &&Frame| {
        (100..104).any(|last| {
            frame.is_gratuitous_arp(&format!("10.77.0.{last}")) || is_advertised(frame, last)
        })
    };
    frames.iter().filter(is_one).map(|frame| frame.at).collect()
}

#[test]
fn announcements_can_be_slowed_down() {
    let of_v6 = |more: &str| {
        let four = "fd77::100/64\n fd77::101\n fd77::102\n fd77::103\n";
        instance(200, more).replace("10.77.0.100/24\n", four)
    };
    let four = |more: &str| {
        instance(200, more)
            .replace("100/24\n", "100/24\n 10.77.0.101\n 10.77.0.102\n 10.77.0.103\n")
    };
    let group = "garp_group {\n garp_interval 0.05\n interface eth0\n}\n";
    let global = "global_defs {\n vrrp_garp_interval 0.05\n vrrp_garp_master_repeat 2\n}\n";
    let repeat = "garp_master_repeat 2";
    let group6 = "garp_group {\n gna_interval 0.05\n interface eth0\n}\n";
    let global6 = global_defs("vrrp_gna_interval 0.05\n vrrp_garp_master_repeat 2");
    for conf in [
        format!("{global}{}", four("")),
        format!("{group}{}", four(repeat)),
        format!("{global6}{}", of_v6("")),
        format!("{group6}{}", of_v6(repeat)),
    ] {
        let lan = Lan::new(2).unwrap();
        let capture = lan.capture().unwrap();
        let mut ours = director(&conf);
        ours.start(lan.host(0)).unwrap();
        eventually("it is master", || has(lan.host(0), VIP) || has(lan.host(0), "fd77::100"));
        std::thread::sleep(Duration::from_millis(900));
        let times = announced(&capture.stop());
        // Each is a request and a reply, and these belong together.
        let gaps: Vec<Duration> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let pauses: Vec<&Duration> =
            gaps.iter().filter(|gap| **gap > Duration::from_millis(5)).collect();
        assert!(pauses.len() >= 7, "{gaps:?}");
        assert!(pauses.iter().all(|gap| **gap > Duration::from_millis(45)), "{gaps:?}");
        assert!(gaps.len() - pauses.len() <= pauses.len() + 1, "{gaps:?}");
        ours.stop(LONG).unwrap();
    }
}

#[test]
fn switches_are_reminded_of_the_virtual_mac_address() {
    std::thread::scope(|scope| {
        for (global, own) in [
            ("", "garp_extra_if 1"),
            ("", "vmac_garp_intvl 1"),
            ("vrrp_garp_extra_if 1", ""),
            ("vrrp_vmac_garp_intvl 1", ""),
        ] {
            scope.spawn(move || are_reminded(global, own));
        }
    });
}

fn are_reminded(global: &str, own: &str) {
    let lan = Lan::new(2).unwrap();
    let capture = lan.capture().unwrap();
    let more = format!("use_vmac\n vmac_xmit_base\n {own}\n garp_master_delay 0");
    let mut ours = director(&format!("{}{}", global_defs(global), instance(200, &more)));
    ours.start(lan.host(0)).unwrap();
    eventually("it is master", || has(lan.host(0), VIP));
    std::thread::sleep(Duration::from_millis(3500));
    let frames = capture.stop();
    let last: Vec<&Frame> = frames.iter().filter(|f| f.is_gratuitous_arp(VIP)).collect();
    let begin = last[0].at;
    let late = last.iter().filter(|frame| frame.at > begin + Duration::from_millis(800));
    let macs: Vec<String> = late.map(|frame| frame.source_mac()).collect();
    assert!((2..=4).contains(&macs.len()), "{global} {own}: {macs:?}");
    assert!(macs.iter().all(|mac| mac == "00:00:5e:00:01:33"), "{macs:?}");
    ours.stop(LONG).unwrap();
}

#[test]
fn an_interface_without_what_is_kept_on_it_is_a_fault() {
    let lan = Lan::new(2).unwrap();
    let host = lan.host(0);
    lan.add_second_network().unwrap();
    let statics = "static_ipaddress {\n 10.99.0.1/24 dev eth1 track_group G\n}\n\
                   track_group G {\n group {\n V\n }\n}\n";
    let mut ours = director(&format!("{statics}{}", instance(200, "")));
    ours.start(host).unwrap();
    eventually("it is master", || has(host, VIP) && has(host, "10.99.0.1"));
    lan.set_second_cable(0, false).unwrap();
    eventually("it is at fault", || !has(host, VIP));
    lan.set_second_cable(0, true).unwrap();
    eventually("it is master again", || has(host, VIP));
    ours.stop(LONG).unwrap();
    assert!(!has(host, "10.99.0.1"));
}

#[test]
fn the_kernel_is_set_up_while_it_runs() {
    let lan = Lan::new(2).unwrap();
    let host = lan.host(0);
    let igmp = "ipv4/igmp_link_local_mcast_reports";
    let before = (setting(host, igmp), setting(host, "ipv4/conf/eth0/promote_secondaries"));
    let global = "global_defs {\n disable_local_igmp\n}\n";
    let mut ours = director(&format!("{global}{}", instance(200, "promote_secondaries")));
    ours.start(host).unwrap();
    eventually("it is master", || has(host, VIP));
    assert_eq!(setting(host, igmp), "0");
    assert_eq!(setting(host, "ipv4/conf/eth0/promote_secondaries"), "1");
    ours.stop(LONG).unwrap();
    let after = (setting(host, igmp), setting(host, "ipv4/conf/eth0/promote_secondaries"));
    assert_eq!(after, before);
}

#[test]
fn an_instance_without_addresses_elects() {
    let conf = |priority: u8| {
        let text = instance(
            priority,
            "no_virtual_ipaddress\n virtual_ipaddress_excluded {\n 10.77.0.188\n }",
        );
        text.replace("virtual_ipaddress {\n 10.77.0.100/24\n }", "")
    };
    // keepalived 2.2 does not know the keyword yet: its peer is another of ours.
    let lan = Lan::new(2).unwrap();
    let (mut best, mut other) = (director(&conf(200)), director(&conf(100)));
    best.start(lan.host(0)).unwrap();
    other.start(lan.host(1)).unwrap();
    let has_it = |number: u8| has(lan.host(number), "10.77.0.188");
    eventually("the better one is master", || has_it(0) && !has_it(1));
    always("and stays so", SHORT, || has_it(0) && !has_it(1));
    best.stop(LONG).unwrap();
    eventually("the other one takes over", || !has_it(0) && has_it(1));
    other.stop(LONG).unwrap();
}

#[test]
fn five_thousand_addresses_come_and_go_with_one_router() {
    const COUNT: usize = 5000;
    let lan = Lan::new(2).unwrap();
    let address = |number: usize| {
        format!("10.{}.{}.{}/32\n", 90 + number / 62500, number / 250 % 250, number % 250 + 1)
    };
    let many: String = (0..COUNT).map(address).collect();
    let more = format!(
        "virtual_ipaddress_excluded {{\n{many}}}\n garp_master_delay 0\n garp_master_repeat 1"
    );
    let mut ours = director(&instance(200, &more));
    let mut other = director(&instance(100, &more));
    let count = |number: u8| shown(lan.host(number), &["-o", "address"]).matches(" 10.90.").count();
    ours.start(lan.host(0)).unwrap();
    eventually("all are there", || count(0) == COUNT);
    other.start(lan.host(1)).unwrap();
    // While it is busy with them it goes on advertising: nobody else takes over.
    always("they stay there", Duration::from_secs(1), || count(1) == 0);
    ours.signal(Signal::SIGHUP).unwrap();
    always("a reload changes nothing", SHORT, || count(0) == COUNT && count(1) == 0);
    ours.stop(LONG).unwrap();
    eventually("they have moved", || count(0) == 0 && count(1) == COUNT);
    other.stop(LONG).unwrap();
    assert_eq!((count(0), count(1)), (0, 0));
}

/// Packets that the kernel dropped because a VRRP socket had no room for them.
fn dropped(host: &Host) -> u64 {
    let table = host.command(&["cat", "/proc/net/raw"]).unwrap();
    let of_vrrp = table.lines().filter(|line| line.contains(":0070 "));
    of_vrrp.map(|line| line.split_whitespace().last().unwrap().parse::<u64>().unwrap()).sum()
}

#[test]
fn room_for_packets_is_what_is_asked_for() {
    let packet = Forged {
        version: 3,
        source: [10, 77, 0, 2].into(),
        vrid: 77,
        priority: 100,
        interval: 100,
        addresses: vec![[10, 77, 0, 177].into()],
        ttl: 255,
        authentication: Authentication::None,
    };
    let packet = packet.packet();
    for (policy, size, has_room) in [
        ("", "", true),
        ("vrrp_rx_bufs_policy ADVERT", "", false),
        ("vrrp_rx_bufs_policy ADVERT\n vrrp_rx_bufs_multiplier 1000", "", true),
        ("vrrp_rx_bufs_policy MTU", "", false),
        ("vrrp_rx_bufs_policy MTU\n vrrp_rx_bufs_multiplier 300", "", true),
        ("vrrp_rx_bufs_policy 5000", "", false),
        ("vrrp_rx_bufs_policy 600000", "", true),
        ("vrrp_rx_bufs_policy 600000", "kernel_rx_buf_size 5000", false),
    ] {
        let lan = Lan::new(2).unwrap();
        let host = lan.host(0);
        let global = format!("global_defs {{\n {policy}\n}}\n");
        let mut ours = director(&format!("{global}{}", instance(200, size)));
        ours.start(host).unwrap();
        eventually("it is master", || has(host, VIP));
        let injector = Injector::new(lan.host(1)).unwrap();
        ours.signal(Signal::SIGSTOP).unwrap();
        for _ in 0..500 {
            injector.send(&packet).unwrap();
        }
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!(dropped(host) == 0, has_room, "{policy} {size}: {}", dropped(host));
        ours.signal(Signal::SIGCONT).unwrap();
        ours.stop(LONG).unwrap();
    }
}

#[test]
fn routers_that_are_not_ours_are_logged() {
    let lan = Lan::new(2).unwrap();
    let global = "global_defs {\n log_unknown_vrids\n}\n";
    let mut ours = director(&format!("{global}{}", instance(200, "")));
    ours.start(lan.host(0)).unwrap();
    let mut theirs =
        Daemon::keepalived(&named_instance("O", 77, "eth0", "10.77.0.177", 100, "")).unwrap();
    theirs.start(lan.host(1)).unwrap();
    eventually("it is told", || ours.log().contains("vrid=77"));
    std::thread::sleep(SHORT);
    assert_eq!(ours.log().matches("vrid=77").count(), 1, "once a minute");
    theirs.stop(LONG).unwrap();
    ours.stop(LONG).unwrap();
}

#[test]
fn the_thread_runs_as_it_is_told() {
    let lan = Lan::new(2).unwrap();
    let host = lan.host(0);
    let global = "global_defs {\n vrrp_rt_priority 42\n vrrp_cpu_affinity 0\n vrrp_no_swap\n}\n";
    let mut ours = director(&format!("{global}{}", instance(200, "")));
    ours.start(host).unwrap();
    eventually("it is master", || has(host, VIP));
    let id = ours.process_id().unwrap();
    let tasks = fs::read_dir(format!("/proc/{id}/task")).unwrap();
    let thread = tasks
        .map(|task| task.unwrap().path())
        .find(|task| fs::read_to_string(task.join("comm")).unwrap().trim() == "vrrp")
        .unwrap();
    let stat = fs::read_to_string(thread.join("stat")).unwrap();
    // After the name in parentheses: fields 40 and 41 of proc(5), from field 3 on.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    assert_eq!((fields[37], fields[38]), ("42", "2"), "{stat}");
    let status = fs::read_to_string(thread.join("status")).unwrap();
    assert!(status.contains("Cpus_allowed_list:\t0\n"), "{status}");
    let locked = status.lines().find(|line| line.starts_with("VmLck")).unwrap();
    assert!(!locked.contains(" 0 kB"), "{locked}");
    ours.stop(LONG).unwrap();
}

#[test]
fn scripts_have_all_groups_of_their_user_when_told() {
    let lan = Lan::new(2).unwrap();
    let host = lan.host(0);
    for (setting, expected) in [("", "60"), ("set_supplementary_groups", "60 4711")] {
        let files = director("");
        let (out, groups) = (files.file("groups"), files.file("etc-group"));
        let (wrapper, script) = (files.file("wrapper"), files.file("script"));
        // With a table of groups of its own, in which `games` is in two.
        fs::write(&groups, "root:x:0:\ngames:x:60:\nmore:x:4711:games\n").unwrap();
        let inner = format!("mount --bind {groups} /etc/group && exec {} \"$@\"", common::DIRECTOR);
        fs::write(&wrapper, format!("#!/bin/sh\nexec unshare --mount sh -c '{inner}' sh \"$@\"\n"))
            .unwrap();
        fs::write(&script, format!("#!/bin/sh\nid -G >{out}\n")).unwrap();
        fs::write(&out, "").unwrap();
        host.command(&["chmod", "a+x", &wrapper, &script]).unwrap();
        host.command(&["chmod", "a+rw", &out]).unwrap();
        host.command(&["chmod", "a+rx", &files.folder().display().to_string()]).unwrap();
        let global = format!("global_defs {{\n script_user games\n {setting}\n}}\n");
        let conf = format!("{global}{}", instance(200, &format!("notify_master {script}")));
        let mut ours = Daemon::new(&wrapper, &conf).unwrap();
        ours.start(host).unwrap();
        let told = || fs::read_to_string(&out).unwrap();
        eventually("the script has run", || !told().trim().is_empty());
        assert_eq!(told().trim(), expected, "{setting}");
        ours.stop(LONG).unwrap();
    }
}

#[test]
fn copies_of_what_was_read_are_kept_for_the_owner_alone() {
    let lan = Lan::new(2).unwrap();
    let host = lan.host(0);
    let mut ours = director("");
    let folder = ours.file("copies");
    let conf = format!("global_defs {{\n config_save_dir {folder}\n}}\n{}", instance(200, ""));
    ours.configure(&conf).unwrap();
    ours.start(host).unwrap();
    eventually("it is master", || has(host, VIP));
    let copies = || fs::read_dir(&folder).unwrap().map(|copy| copy.unwrap().path());
    assert_eq!(copies().count(), 1);
    let copy = copies().next().unwrap();
    assert!(fs::read_to_string(&copy).unwrap().contains(&conf));
    let mode = host.command(&["stat", "-c", "%a", &folder, &copy.display().to_string()]).unwrap();
    assert_eq!(mode.split_whitespace().collect::<Vec<_>>(), ["700", "600"]);
    ours.signal_number(1).unwrap();
    eventually("the reload is kept, too", || copies().count() == 2);
    ours.stop(LONG).unwrap();
}

#[test]
fn it_reloads_when_it_is_told_to() {
    let lan = Lan::new(2).unwrap();
    let host = lan.host(0);
    let mut ours = director("");
    let (time, sign) = (ours.file("when"), ours.file("sign"));
    let conf = |priority: u8| {
        let more = format!("reload_time_file {time}\n reload_file {sign}\n");
        format!("global_defs {{\n {more}\n}}\n{}", instance(priority, ""))
    };
    ours.configure(&conf(200)).unwrap();
    ours.start(host).unwrap();
    eventually("it is master", || has(host, VIP));
    ours.configure(&conf(150)).unwrap();
    let at = host.command(&["date", "-u", "-d", "3 seconds", "+%Y-%m-%d %H:%M:%SZ"]).unwrap();
    fs::write(&time, at).unwrap();
    eventually("the new configuration is taken", || ours.log().contains("configuration was taken"));
    assert!(!fs::exists(&time).unwrap(), "it is removed when it has done its work");
    assert!(!fs::exists(&sign).unwrap());
    ours.stop(LONG).unwrap();
}
