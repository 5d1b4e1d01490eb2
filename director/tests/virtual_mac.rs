//! Interfaces that are made for instances, with keepalived as the other router and the kernel's tables and
//! the wire as the judges.
//!
//! Needs root, keepalived and iproute2, and fails without.

mod common;

use std::time::Duration;

use common::{
    LONG, VIP, always, director, eventually, has, in_both_roles, instance, named_instance, shown,
};
use lab::namespaces::{Host, Lan};

const VIRTUAL_MAC: &str = "00:00:5e:00:01:33";

/// Whether an interface has an address.
fn has_on(host: &Host, interface: &str, address: &str) -> bool {
    shown(host, &["-o", "address", "show", "dev", interface]).contains(&format!(" {address}/"))
}

fn link(host: &Host, interface: &str) -> String {
    shown(host, &["-d", "link", "show", "dev", interface])
}

fn setting(host: &Host, name: &str) -> String {
    let path = format!("/proc/sys/net/{name}");
    host.command(&["cat", &path]).unwrap_or_default().trim().to_owned()
}

#[test]
fn the_virtual_mac_address_moves_between_ours_and_keepalived() {
    in_both_roles(VIP, |_, priority| instance(priority, "use_vmac"));
}

#[test]
fn it_moves_in_ipv6_too() {
    in_both_roles("fd77::100", |_, priority| {
        let v6 = named_instance("V", 51, "eth0", "fd77::100", priority, "use_vmac");
        v6.replace("fd77::100/24", "fe80::5e:33/64\n fd77::100/64")
    });
}

#[test]
fn advertisements_come_from_the_virtual_mac_address_unless_told_otherwise() {
    for (more, is_virtual) in [("use_vmac", true), ("use_vmac\n vmac_xmit_base", false)] {
        let lan = Lan::new(2).unwrap();
        let capture = lan.capture().unwrap();
        let mut ours = director(&instance(200, more));
        ours.start(lan.host(0)).unwrap();
        eventually("it is master", || has(lan.host(0), VIP));
        std::thread::sleep(Duration::from_millis(300));
        let frames = capture.stop();
        let adverts = frames.iter().filter(|frame| frame.advertisement().is_some());
        let macs: Vec<String> = adverts.map(lab::Frame::source_mac).collect();
        assert!(!macs.is_empty());
        assert!(macs.iter().all(|mac| (mac == VIRTUAL_MAC) == is_virtual), "{more}: {macs:?}");
    }
}

#[test]
fn it_is_named_grouped_and_set_up_as_told_and_everything_is_as_before_at_the_end() {
    let lan = Lan::new(2).unwrap();
    let host = lan.host(0);
    let before = setting(host, "ipv4/conf/eth0/arp_ignore");
    host.command(&["sysctl", "-q", "-w", "net.ipv4.conf.all.rp_filter=1"]).unwrap();
    let mut ours = director(&instance(200, "use_vmac own 02:00:00:00:00:07 group 42"));
    ours.start(host).unwrap();
    eventually("it has its interface", || has_on(host, "own", VIP));
    let text = link(host, "own");
    assert!(text.contains("02:00:00:00:00:07"), "{text}");
    assert!(text.contains("macvlan") && text.contains("group 42"), "{text}");
    assert!(text.contains("addrgenmode none"), "{text}");
    for (name, value) in [
        ("ipv4/conf/own/arp_ignore", "1"),
        ("ipv4/conf/own/accept_local", "1"),
        ("ipv4/conf/own/rp_filter", "0"),
        ("ipv4/conf/all/rp_filter", "0"),
        ("ipv4/conf/eth0/rp_filter", "1"),
        ("ipv4/conf/eth0/arp_ignore", "1"),
        ("ipv4/conf/eth0/arp_filter", "1"),
        ("ipv6/conf/own/disable_ipv6", "1"),
    ] {
        assert_eq!(setting(host, name), value, "{name}");
    }
    assert!(!has_on(host, "eth0", VIP));
    ours.stop(LONG).unwrap();
    assert_eq!(link(host, "own"), "");
    assert_eq!(setting(host, "ipv4/conf/eth0/arp_ignore"), before);
    assert_eq!(setting(host, "ipv4/conf/eth0/arp_filter"), "0");
    assert_eq!(setting(host, "ipv4/conf/all/rp_filter"), "1");
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let lan = Lan::new(2).unwrap();
    let host = lan.host(0);
    let add = ["ip", "link", "add", "vrrp.51", "link", "eth0", "type", "macvlan", "mode", "bridge"];
    host.command(&add).unwrap();
    let before = link(host, "vrrp.51");
    // With a name of its own choice it takes another one.
    let mut ours = director(&instance(200, "use_vmac"));
    ours.start(host).unwrap();
    eventually("it has an interface", || has_on(host, "vrrp6.51", VIP));
    ours.stop(LONG).unwrap();
    assert_eq!(link(host, "vrrp.51"), before);
    // With this very name it does not start.
    let mut ours = director(&instance(200, "use_vmac vrrp.51"));
    ours.start(host).unwrap();
    eventually("it says so", || ours.log().contains("vrrp.51 exists and is not ours"));
    assert_eq!(link(host, "vrrp.51"), before);
}

#[test]
fn what_a_crash_left_behind_is_replaced() {
    let lan = Lan::new(2).unwrap();
    let host = lan.host(0);
    let mut ours = director(&instance(200, "use_vmac"));
    ours.start(host).unwrap();
    eventually("it is master", || has_on(host, "vrrp.51", VIP));
    ours.kill().unwrap();
    assert!(has_on(host, "vrrp.51", VIP));
    let mut again = director(&instance(200, "use_vmac"));
    again.start(host).unwrap();
    eventually("the old address is gone", || !has(host, VIP));
    eventually("it is master again", || has_on(host, "vrrp.51", VIP));
    assert!(!shown(host, &["link"]).contains("vrrp6.51"));
    again.stop(LONG).unwrap();
    assert!(!shown(host, &["link"]).contains("vrrp"));
}

#[test]
fn what_somebody_removes_is_made_again() {
    let lan = Lan::new(2).unwrap();
    let host = lan.host(0);
    let mut ours = director(&instance(200, "use_vmac"));
    ours.start(host).unwrap();
    eventually("it is master", || has_on(host, "vrrp.51", VIP));
    host.command(&["ip", "link", "del", "vrrp.51"]).unwrap();
    eventually("it is gone", || !has(host, VIP));
    eventually("it is master again", || has_on(host, "vrrp.51", VIP));
    // Taken down it carries nothing, and brought up it does.
    host.command(&["ip", "link", "set", "vrrp.51", "down"]).unwrap();
    eventually("it is at fault", || ours.log().contains("to=Fault") || !has(host, VIP));
    host.command(&["ip", "link", "set", "vrrp.51", "up"]).unwrap();
    eventually("it is master once more", || has_on(host, "vrrp.51", VIP));
    ours.stop(LONG).unwrap();
}

#[test]
fn what_somebody_puts_in_its_place_is_not_taken_for_ours() {
    let lan = Lan::new(2).unwrap();
    let host = lan.host(0);
    let mut ours = director(&instance(200, "use_vmac"));
    ours.start(host).unwrap();
    eventually("it is master", || has_on(host, "vrrp.51", VIP));
    let batch = ours.file("batch");
    let lines = "link del vrrp.51\nlink add vrrp.51 type bridge\nlink set vrrp.51 up\n";
    std::fs::write(&batch, lines).unwrap();
    host.command(&["ip", "-batch", &batch]).unwrap();
    eventually("it has made another one", || has(host, VIP));
    // Also when it has looked at everything again.
    always("and leaves the bridge alone", Duration::from_secs(2), || {
        has(host, VIP) && !has_on(host, "vrrp.51", VIP)
    });
    host.command(&["ip", "link", "del", "vrrp.51"]).unwrap();
    always("which is nothing to it", Duration::from_millis(700), || has(host, VIP));
    assert_eq!(ours.log().matches("to=Fault").count(), 1, "{}", ours.log());
    host.command(&["ip", "link", "add", "vrrp.51", "type", "bridge"]).unwrap();
    ours.stop(LONG).unwrap();
    assert!(link(host, "vrrp.51").contains("vrrp.51") && !has(host, VIP));
}

#[test]
fn addresses_elsewhere_are_carried_when_told() {
    let lan = Lan::new(2).unwrap();
    let host = lan.host(0);
    lan.add_second_network().unwrap();
    let conf = |more: &str, option: &str| {
        instance(200, &format!("use_vmac\n {more}\n"))
            .replace("100/24\n", &format!("100/24\n 10.78.0.100/24 dev eth1 {option}\n"))
    };
    for (more, option, on) in [("", "", "eth1"), ("use_vmac_addr", "", ""), ("", "use_vmac", "")] {
        let mut ours = director(&conf(more, option));
        ours.start(host).unwrap();
        eventually("it is master", || has(host, "10.78.0.100"));
        let is_plain = has_on(host, "eth1", "10.78.0.100");
        assert_eq!(is_plain, on == "eth1", "{more} {option}");
        if !is_plain {
            let carrier = shown(host, &["-o", "address"]);
            let line = carrier.lines().find(|line| line.contains("10.78.0.100")).unwrap();
            let name = line.split_whitespace().nth(1).unwrap();
            assert!(link(host, name).contains(&format!("{name}@eth1")), "{line}");
        }
        ours.stop(LONG).unwrap();
        assert!(!shown(host, &["link"]).contains("vrrp"), "{more} {option}");
    }
}

#[test]
fn prefixes_of_names_can_be_chosen() {
    let lan = Lan::new(2).unwrap();
    let host = lan.host(0);
    let global = "global_defs {\n vmac_prefix own\n}\n";
    let mut ours = director(&format!("{global}{}", instance(200, "use_vmac")));
    ours.start(host).unwrap();
    eventually("it is master", || has_on(host, "own.51", VIP));
    ours.stop(LONG).unwrap();
    // That of interfaces for single addresses.
    lan.add_second_network().unwrap();
    let global = "global_defs {\n vmac_addr_prefix other\n}\n";
    let text = instance(200, "").replace("/24\n", "/24 dev eth1 use_vmac\n");
    let mut ours = director(&format!("{global}{text}"));
    ours.start(host).unwrap();
    eventually("it is master", || shown(host, &["link"]).contains("other") && has(host, VIP));
    ours.stop(LONG).unwrap();
}

#[test]
fn a_client_hardly_notices_that_another_router_preempts() {
    let lan = Lan::new(3).unwrap();
    let mut backup = director(&instance(100, "use_vmac"));
    backup.start(lan.host(1)).unwrap();
    eventually("the backup is master", || has(lan.host(1), VIP));
    let mut best = director(&instance(200, "use_vmac"));
    best.start(lan.host(0)).unwrap();
    eventually("the better one has it", || has(lan.host(0), VIP) && !has(lan.host(1), VIP));
    always("it stays there", Duration::from_millis(500), || has(lan.host(0), VIP));
    // The client's table needs no news: the address is at the same link-layer address.
    let ping = lan.host(2).command(&["ping", "-c", "1", "-W", "1", VIP]).unwrap();
    assert!(ping.contains("1 received"), "{ping}");
    let neighbour = shown(lan.host(2), &["neighbour", "show", VIP]);
    assert!(neighbour.contains(VIRTUAL_MAC), "{neighbour}");
}
