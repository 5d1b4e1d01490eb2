//! What operators set, each with a real keepalived as the other router or the kernel's tables as the
//! judge.
//!
//! Needs root, keepalived and iproute2, and fails without.

mod common;

use std::fs;
use std::time::{Duration, Instant};

use common::{
    VIP, always, director, eventually, global_defs, has, has_route, in_both_roles, instance,
    named_instance, shown,
};
use lab::namespaces::Lan;
use lab::peers::Daemon;
use vrrp_io::proto::{AcceptedChecksum, ChecksumForm, Datagram, Demands, Packet};

const SHORT: Duration = Duration::from_millis(700);

#[test]
fn unicast_peers_elect_and_fail_over() {
    in_both_roles(VIP, |number, priority| {
        let (own, peer) = (number + 1, 2 - number);
        let more = format!("unicast_src_ip 10.77.0.{own}\n unicast_peer {{\n 10.77.0.{peer}\n }}");
        instance(priority, &more)
    });
}

#[test]
fn unicast_peers_of_ipv6_elect_and_fail_over() {
    in_both_roles("fd77::100", |number, priority| {
        let (own, peer) = (number + 1, 2 - number);
        let more = format!("unicast_src_ip fd77::{own}\n unicast_peer {{\n fd77::{peer}\n }}");
        named_instance("V", 51, "eth0", "fd77::100", priority, &more).replace("100/24", "100/64")
    });
}

#[test]
fn who_is_not_a_peer_or_is_too_far_away_is_not_listened_to() {
    let lan = Lan::new(3).unwrap();
    let unicast = |own: u8, peers: &str| {
        format!("unicast_src_ip 10.77.0.{own}\n unicast_peer {{\n {peers}\n }}")
    };
    let peers = "10.77.0.2\n 10.77.0.3 min_ttl 254";
    let mut ours = director(&instance(100, &unicast(1, peers)));
    ours.start(lan.host(0)).unwrap();
    eventually("it is master", || has(lan.host(0), VIP));
    // Far away: its packets arrive with a TTL of 64.
    let far = instance(250, &format!("{}\n unicast_ttl 64", unicast(3, "10.77.0.1")));
    let mut far = Daemon::keepalived(&far).unwrap();
    far.start(lan.host(2)).unwrap();
    eventually("the other is master, too", || has(lan.host(2), VIP));
    always("ours stays master", SHORT, || has(lan.host(0), VIP));
    far.kill().unwrap();
    // A peer is listened to.
    let mut near = Daemon::keepalived(&instance(240, &unicast(2, "10.77.0.1"))).unwrap();
    near.start(lan.host(1)).unwrap();
    eventually("a peer is listened to", || has(lan.host(1), VIP) && !has(lan.host(0), VIP));
    near.stop(common::LONG).unwrap();
    eventually("it is master again", || has(lan.host(0), VIP));
    // Nobody knows this one.
    ours.configure(&instance(100, &unicast(1, "10.77.0.2"))).unwrap();
    ours.signal_number(1).unwrap();
    far = Daemon::keepalived(&instance(250, &unicast(3, "10.77.0.1"))).unwrap();
    far.start(lan.host(2)).unwrap();
    std::thread::sleep(Duration::from_secs(1));
    always("ours stays master", SHORT, || has(lan.host(0), VIP));
}

#[test]
fn an_instance_without_its_peers_is_at_fault() {
    let lan = Lan::new(2).unwrap();
    let mut ours = director(&instance(200, "unicast_fault_no_peer"));
    ours.start(lan.host(0)).unwrap();
    eventually("it runs", || ours.log().contains("started"));
    always("it is not master", SHORT, || !has(lan.host(0), VIP));
    ours.configure(&instance(200, "unicast_peer {\n 10.77.0.2\n }")).unwrap();
    ours.signal_number(1).unwrap();
    eventually("it is master once it has a peer", || has(lan.host(0), VIP));
}

#[test]
fn another_multicast_group_serves_as_well() {
    in_both_roles(VIP, |_, priority| instance(priority, "mcast_dst_ip 224.0.0.99"));
    let global = "global_defs {\n vrrp_mcast_group4 224.0.0.98\n}\n";
    in_both_roles(VIP, |_, priority| format!("{global}{}", instance(priority, "")));
    let global = global_defs("vrrp_mcast_group6 ff02::98");
    in_both_roles("fd77::100", |_, priority| {
        let text = named_instance("V", 51, "eth0", "fd77::100", priority, "");
        format!("{global}{}", text.replace("100/24", "100/64"))
    });
    let lan = Lan::new(2).unwrap();
    let capture = lan.capture().unwrap();
    let text = named_instance("V", 51, "eth0", "fd77::100", 200, "");
    let mut ours = director(&format!("{global}{}", text.replace("100/24", "100/64")));
    ours.start(lan.host(0)).unwrap();
    eventually("it is master", || has(lan.host(0), "fd77::100"));
    let group = "ff02::98".parse::<std::net::Ipv6Addr>().unwrap().octets();
    let is_sent = |frame: &lab::Frame| frame.octets.get(38..54) == Some(&group[..]);
    eventually("it speaks to the group", || capture.frames_after(0).iter().any(is_sent));
}

#[test]
fn the_source_address_can_be_chosen() {
    let lan = Lan::new(2).unwrap();
    let capture = lan.capture().unwrap();
    lan.ip_address(0, "add", "10.77.0.77/24").unwrap();
    let more = "mcast_src_ip 10.77.0.77\n track_src_ip";
    let mut ours = director(&instance(200, more));
    ours.start(lan.host(0)).unwrap();
    eventually("it is master", || has(lan.host(0), VIP));
    std::thread::sleep(Duration::from_millis(300));
    // Without the address it can no longer run.
    lan.ip_address(0, "del", "10.77.0.77/24").unwrap();
    eventually("it is at fault", || !has(lan.host(0), VIP));
    lan.ip_address(0, "add", "10.77.0.77/24").unwrap();
    eventually("it is master again", || has(lan.host(0), VIP));
    let sources: Vec<_> =
        capture.stop().iter().filter_map(lab::Frame::advertisement).map(|(s, ..)| s).collect();
    assert!(sources.len() > 3);
    assert!(sources.iter().all(|source| source.to_string() == "10.77.0.77"), "{sources:?}");
}

#[test]
fn addresses_have_what_their_lines_say_and_are_put_back() {
    let lan = Lan::new(2).unwrap();
    lan.add_second_network().unwrap();
    let lines = "10.77.0.100/24 brd + label eth0:vip\n 10.77.0.101 scope link\n \
                 10.77.0.102/32 dev eth1 noprefixroute\n 10.77.0.103/24 no_track";
    let excluded = "virtual_ipaddress_excluded {\n fd77::200/64 dev eth1 preferred_lft 0\n \
                    10.77.0.104 peer 10.77.9.9/32\n fd77::201/128\n }";
    let configuration = instance(200, excluded).replace("10.77.0.100/24", lines);
    let mut ours = director(&configuration);
    ours.start(lan.host(0)).unwrap();
    eventually("it is master", || has(lan.host(0), "fd77::201"));
    let host = lan.host(0);
    let line = |address: &str| {
        let text = shown(host, &["-o", "address"]);
        let found = text.lines().find(|line| line.contains(&format!(" {address}")));
        found.unwrap_or_default().to_owned()
    };
    let first = line("10.77.0.100/24");
    for word in ["brd 10.77.0.255", "eth0:vip"] {
        assert!(first.contains(word), "{word}: {first}");
    }
    assert!(line("10.77.0.101/32").contains("scope link"), "{}", line("10.77.0.101"));
    let other = line("10.77.0.102/32");
    assert!(other.contains("eth1") && other.contains("noprefixroute"), "{other}");
    let deprecated = line("fd77::200/64");
    assert!(deprecated.contains("eth1") && deprecated.contains("deprecated"), "{deprecated}");
    assert!(line("10.77.0.104").contains("peer 10.77.9.9/32"), "{}", line("10.77.0.104"));
    assert!(line("fd77::201/128").contains("deprecated"), "{}", line("fd77::201/128"));
    // What somebody takes away comes back, on either interface; unless it is not to be looked after.
    for (address, device) in [("10.77.0.101/32", "eth0"), ("10.77.0.102/32", "eth1")] {
        host.command(&["ip", "address", "del", address, "dev", device]).unwrap();
        let plain = address.split('/').next().unwrap();
        eventually(&format!("{address} is put back"), || has(host, plain));
    }
    host.command(&["ip", "address", "del", "10.77.0.103/24", "dev", "eth0"]).unwrap();
    always("it stays away", SHORT, || !has(host, "10.77.0.103"));
    ours.stop(common::LONG).unwrap();
    for address in ["10.77.0.100", "10.77.0.102", "fd77::200", "10.77.0.104", "fd77::201"] {
        assert!(!has(host, address), "{address} is left behind");
    }
}

#[test]
fn routes_come_and_go_with_the_role_and_static_ones_stay() {
    let lan = Lan::new(2).unwrap();
    let host = lan.host(0);
    let configuration = "static_ipaddress {\n 10.77.0.60/24 dev eth0\n}\n\
                         static_routes {\n 198.51.100.0/24 via 10.77.0.2 dev eth0\n}\n";
    let routes = "virtual_routes {\n 203.0.113.0/24 via 10.77.0.2 dev eth0 src 10.77.0.100 metric 7\n \
                  blackhole 192.0.2.0/24 table 100\n 2001:db8::/32 via fd77::2 dev eth0\n }";
    let mut ours = director(&format!("{configuration}{}", instance(100, routes)));
    ours.start(host).unwrap();
    let ours_are_there = || {
        has_route(host, &["203.0.113.0/24"])
            && has_route(host, &["192.0.2.0/24", "table", "100"])
            && !shown(host, &["-6", "route", "show", "2001:db8::/32"]).is_empty()
    };
    eventually("it is master and has its routes", ours_are_there);
    let text = shown(host, &["route", "show", "203.0.113.0/24"]);
    for word in ["via 10.77.0.2", "src 10.77.0.100", "metric 7", "proto keepalived"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    let statics = || has(host, "10.77.0.60") && has_route(host, &["198.51.100.0/24"]);
    assert!(statics());
    // Taken away, they are put back: the routes, the static ones, and what goes with an address.
    for words in [
        &["route", "del", "203.0.113.0/24"][..],
        &["route", "del", "198.51.100.0/24"],
        &["address", "del", "10.77.0.60/24", "dev", "eth0"],
        &["address", "del", "10.77.0.100/24", "dev", "eth0"],
    ] {
        host.command(&[&["ip"], words].concat()).unwrap();
        let what = words.join(" ");
        eventually(&format!("after ip {what}"), || ours_are_there() && statics() && has(host, VIP));
    }
    // A better router appears: the virtual routes go, the static ones stay.
    let mut theirs = Daemon::keepalived(&instance(200, "")).unwrap();
    theirs.start(lan.host(1)).unwrap();
    eventually("the other is master", || has(lan.host(1), VIP) && !has(host, VIP));
    eventually("the routes are gone", || !has_route(host, &["203.0.113.0/24"]));
    assert!(!has_route(host, &["192.0.2.0/24", "table", "100"]));
    assert!(statics());
    theirs.stop(common::LONG).unwrap();
    eventually("it is master again", ours_are_there);
    ours.stop(common::LONG).unwrap();
    assert!(!ours_are_there() && !statics());
}

#[test]
fn an_interface_takes_from_the_priority_or_makes_a_fault() {
    // Weight: the priority falls below that of the peer. Weight 0: a fault, nobody else needed.
    for (track, needs_peer) in
        [("eth1 weight -60", true), ("eth1 weight 60 reverse", false), ("eth1", false)]
    {
        let lan = Lan::new(2).unwrap();
        lan.add_second_network().unwrap();
        let base = if track.contains("reverse") { 150 } else { 120 };
        let mut ours = director(&instance(base, &format!("track_interface {{\n {track}\n }}")));
        let mut theirs = Daemon::keepalived(&instance(100, "")).unwrap();
        ours.start(lan.host(0)).unwrap();
        theirs.start(lan.host(1)).unwrap();
        let (mine, other) = (|| has(lan.host(0), VIP), || has(lan.host(1), VIP));
        if track.contains("reverse") {
            // 150 - 60 while it is up.
            eventually("the other is master", || other() && !mine());
            lan.set_second_cable(0, false).unwrap();
            eventually("ours is master", || mine() && !other());
            continue;
        }
        eventually(track, || mine() && !other());
        lan.set_second_cable(0, false).unwrap();
        eventually(track, || other() && !mine());
        let is_fault = ours.log().contains("to=Fault");
        assert_eq!(is_fault, !needs_peer, "{track}: {}", ours.log());
        lan.set_second_cable(0, true).unwrap();
        eventually(track, || mine() && !other());
    }
}

#[test]
fn the_state_of_its_own_interface_can_be_left_out() {
    let lan = Lan::new(2).unwrap();
    let mut ours = director(&instance(100, "dont_track_primary"));
    ours.start(lan.host(0)).unwrap();
    eventually("it is master", || has(lan.host(0), VIP));
    lan.set_cable(0, false).unwrap();
    always("it stays master", SHORT, || has(lan.host(0), VIP));
}

fn script(body: &str, more: &str) -> String {
    format!(
        "global_defs {{\n script_user root\n enable_script_security\n}}\n\
         vrrp_script check {{\n script \"/bin/sh -c '{body}'\"\n interval 0.1\n {more}\n}}\n"
    )
}

#[test]
fn a_script_moves_the_priority_both_ways_beside_keepalived() {
    for weight in [-60, 60] {
        let lan = Lan::new(2).unwrap();
        let mark = lab::Folder::new().unwrap();
        let file = mark.file("ok");
        fs::write(&file, "").unwrap();
        let check =
            script(&format!("test -e {file}"), &format!("weight {weight}\n rise 2\n fall 2"));
        let ours = if weight < 0 { 120 } else { 80 };
        let track = instance(ours, "track_script {\n check\n }");
        let mut ours = director(&format!("{check}{track}"));
        let mut theirs = Daemon::keepalived(&instance(100, "")).unwrap();
        ours.start(lan.host(0)).unwrap();
        theirs.start(lan.host(1)).unwrap();
        for _ in 0..2 {
            eventually("ours is master", || has(lan.host(0), VIP) && !has(lan.host(1), VIP));
            fs::remove_file(&file).unwrap();
            eventually("the other is master", || has(lan.host(1), VIP) && !has(lan.host(0), VIP));
            fs::write(&file, "").unwrap();
        }
        assert!(!ours.log().contains("to=Fault"), "{}", ours.log());
    }
}

#[test]
fn a_script_without_weight_decides_whether_it_can_run() {
    let lan = Lan::new(1).unwrap();
    let mark = lab::Folder::new().unwrap();
    let file = mark.file("ok");
    let host = lan.host(0);
    let log = lab::Folder::new().unwrap();
    let fifo = log.file("fifo");
    let global = format!("global_defs {{\n notify_fifo {fifo}\n}}\n");
    let track = instance(100, "track_script {\n check\n }");
    // It takes a while, and nothing is known until then.
    let check = script(&format!("sleep 1; test -e {file}"), "timeout 5");
    let mut ours = director(&format!("{global}{check}{track}"));
    ours.start(host).unwrap();
    always("nothing is known yet", Duration::from_millis(800), || !has(host, VIP));
    eventually("it failed", || ours.log().contains("to=Fault"));
    fs::write(&file, "").unwrap();
    eventually("it is master", || has(host, VIP));
    ours.stop(common::LONG).unwrap();
    // With init_fail it is at fault at once, and rises.
    let check = script(&format!("test -e {file}"), "init_fail\n rise 5");
    let mut ours = director(&format!("{check}{track}"));
    ours.start(host).unwrap();
    eventually("it is at fault at once", || ours.log().contains("to=Fault"));
    eventually("it is master", || has(host, VIP));
    ours.stop(common::LONG).unwrap();
    // One that cannot be run is a failure, not a success.
    let check = check.replace("/bin/sh -c", "/bin/no-such-shell -c");
    let mut ours = director(&format!("{check}{track}"));
    ours.start(host).unwrap();
    eventually("it is at fault", || ours.log().contains("to=Fault"));
    always("it is not master", SHORT, || !has(host, VIP));
}

#[test]
fn a_script_that_hangs_is_ended_with_all_its_children_and_runs_as_its_user() {
    let lan = Lan::new(1).unwrap();
    let folder = lab::Folder::new().unwrap();
    fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777))
        .unwrap();
    let (users, host) = (folder.file("users"), lan.host(0));
    let sleep = "sleep 54321 & sleep 54321";
    let check = script(&format!("id -un >> {users}; {sleep}"), "timeout 0.3\n user nobody");
    let mut ours = director(&format!("{check}{}", instance(100, "track_script {\n check\n }")));
    ours.start(host).unwrap();
    eventually("it failed", || ours.log().contains("took too long"));
    eventually("it runs again", || {
        fs::read_to_string(&users).unwrap_or_default().lines().count() > 2
    });
    let runs = fs::read_to_string(&users).unwrap();
    assert!(runs.lines().all(|user| user == "nobody"), "{runs}");
    ours.stop(common::LONG).unwrap();
    eventually("nothing of it is left", || {
        let found = std::process::Command::new("pgrep").args(["-fx", "sleep 54321"]).output();
        found.is_ok_and(|found| found.stdout.is_empty())
    });
}

#[test]
fn a_sync_group_moves_as_one_beside_keepalived() {
    let configuration = |priority| {
        format!(
            "vrrp_sync_group G {{\n group {{\n A\n B\n }}\n}}\n{}{}",
            named_instance("A", 51, "eth0", "10.77.0.100", priority, ""),
            named_instance("B", 52, "eth1", "10.78.0.100", priority, "")
        )
    };
    for ours in [200, 100] {
        let lan = Lan::new(2).unwrap();
        lan.add_second_network().unwrap();
        let (best, other) = if ours == 200 { (0, 1) } else { (1, 0) };
        let mut daemons = [
            director(&configuration(ours)),
            Daemon::keepalived(&configuration(if ours == 200 { 100 } else { 200 })).unwrap(),
        ];
        for (number, daemon) in (0u8..).zip(&mut daemons) {
            daemon.start(lan.host(number)).unwrap();
        }
        let both = |number: u8| {
            let host = lan.host(number);
            [has(host, "10.77.0.100"), has(host, "10.78.0.100")]
        };
        let all_on = |on: u8| both(on) == [true; 2] && both(1 - on) == [false; 2];
        eventually("the better one has both", || all_on(best));
        lan.set_second_cable(best, false).unwrap();
        eventually("the other one has both", || all_on(other));
        lan.set_second_cable(best, true).unwrap();
        eventually("they are back", || all_on(best));
    }
}

#[test]
fn a_backup_does_not_preempt_when_told_so_and_waits_when_told_so() {
    let lan = Lan::new(2).unwrap();
    let mut theirs = Daemon::keepalived(&instance(100, "")).unwrap();
    theirs.start(lan.host(1)).unwrap();
    eventually("the other is master", || has(lan.host(1), VIP));
    let mut ours = director(&instance(200, "nopreempt"));
    ours.start(lan.host(0)).unwrap();
    always("it stays so", Duration::from_secs(1), || !has(lan.host(0), VIP));
    ours.stop(common::LONG).unwrap();
    let mut ours = director(&instance(200, "nopreempt\n preempt"));
    ours.start(lan.host(0)).unwrap();
    eventually("the last word counts", || has(lan.host(0), VIP) && !has(lan.host(1), VIP));
    ours.stop(common::LONG).unwrap();
    eventually("the other is master", || has(lan.host(1), VIP));
    let begin = Instant::now();
    let mut ours = director(&instance(200, "preempt_delay 2"));
    ours.start(lan.host(0)).unwrap();
    eventually("ours is master", || has(lan.host(0), VIP) && !has(lan.host(1), VIP));
    let waited = begin.elapsed();
    assert!(waited > Duration::from_secs(2), "{waited:?}");
    // And keepalived leaves ours in peace as well.
    ours.stop(common::LONG).unwrap();
    theirs.stop(common::LONG).unwrap();
    let mut ours = director(&instance(100, ""));
    ours.start(lan.host(0)).unwrap();
    eventually("ours is master", || has(lan.host(0), VIP));
    let mut theirs = Daemon::keepalived(&instance(200, "nopreempt")).unwrap();
    theirs.start(lan.host(1)).unwrap();
    always("it stays so", Duration::from_secs(1), || !has(lan.host(1), VIP));
}

#[test]
fn it_is_deaf_and_mute_for_a_while_after_its_start() {
    let lan = Lan::new(1).unwrap();
    let global = "global_defs {\n vrrp_startup_delay 1.5\n}\n";
    let mut ours = director(&format!("{global}{}", instance(255, "")));
    ours.start(lan.host(0)).unwrap();
    always("it waits", Duration::from_millis(1300), || !has(lan.host(0), VIP));
    eventually("it is master", || has(lan.host(0), VIP));
    // A reload is no start.
    ours.configure(&format!("{global}{}", instance(255, "garp_master_repeat 1"))).unwrap();
    ours.signal_number(1).unwrap();
    always("it stays master", SHORT, || has(lan.host(0), VIP));
}

#[test]
fn more_intervals_of_silence_are_waited_for() {
    let global = global_defs("vrrp_down_timer_adverts 20");
    for conf in [instance(100, "down_timer_adverts 20"), format!("{global}{}", instance(100, ""))] {
        let lan = Lan::new(2).unwrap();
        let mut theirs = Daemon::keepalived(&instance(200, "")).unwrap();
        theirs.start(lan.host(1)).unwrap();
        let mut ours = director(&conf);
        ours.start(lan.host(0)).unwrap();
        eventually("the other is master", || has(lan.host(1), VIP));
        std::thread::sleep(Duration::from_millis(300));
        lan.set_cable(1, false).unwrap();
        let begin = Instant::now();
        eventually("ours is master", || has(lan.host(0), VIP));
        let waited = begin.elapsed();
        let range = Duration::from_millis(1800)..Duration::from_millis(3000);
        assert!(range.contains(&waited), "{waited:?}");
    }
}

/// The advertisements of a host from the moment when the other one begins: their priorities.
fn spoken(ours: &str, theirs: &str, until: impl Fn(&Lan) -> bool) -> Vec<u8> {
    let lan = Lan::new(2).unwrap();
    let mut first = director(ours);
    first.start(lan.host(0)).unwrap();
    eventually("ours is master", || has(lan.host(0), VIP));
    let capture = lan.capture().unwrap();
    let mut second = Daemon::keepalived(theirs).unwrap();
    second.start(lan.host(1)).unwrap();
    eventually("the other did what was asked", || until(&lan));
    std::thread::sleep(Duration::from_millis(300));
    let frames = capture.stop();
    let adverts: Vec<_> = frames.iter().filter_map(lab::Frame::advertisement).collect();
    let is_theirs = |source: std::net::IpAddr| source.to_string() == "10.77.0.2";
    let begin = adverts.iter().position(|(source, ..)| is_theirs(*source)).unwrap();
    let after = adverts[begin..].iter().filter(|(source, ..)| !is_theirs(*source));
    after.map(|(_, _, priority)| *priority).collect()
}

#[test]
fn a_last_advertisement_before_yielding_is_a_setting() {
    let yielded = |lan: &Lan| has(lan.host(1), VIP) && !has(lan.host(0), VIP);
    let silent = spoken(&instance(100, ""), &instance(200, ""), yielded);
    assert_eq!(silent, Vec::<u8>::new());
    let spoke = spoken(&instance(100, "higher_prio_send_advert"), &instance(200, ""), yielded);
    assert_eq!(spoke, [100]);
    let global = global_defs("vrrp_higher_prio_send_advert");
    let spoke = spoken(&format!("{global}{}", instance(100, "")), &instance(200, ""), yielded);
    assert_eq!(spoke, [100]);
}

#[test]
fn two_owners_agree_unless_told_otherwise() {
    // Host 0 has the lower address, so it is the one to yield to an owner with a higher one.
    for (global, more, stays) in [
        ("", "", false),
        ("", "owner_ignore_adverts", true),
        ("vrrp_owner_ignore_adverts", "", true),
    ] {
        let lan = Lan::new(2).unwrap();
        let mut ours = director(&format!("{}{}", global_defs(global), instance(255, more)));
        ours.start(lan.host(0)).unwrap();
        eventually("ours is master", || has(lan.host(0), VIP));
        let mut other = director(&instance(255, ""));
        other.start(lan.host(1)).unwrap();
        eventually("the other is master", || has(lan.host(1), VIP));
        std::thread::sleep(SHORT);
        assert_eq!(has(lan.host(0), VIP), stays, "{global} {more}: {}", ours.log());
    }
}

#[test]
fn the_checksum_of_old_unicast_senders_is_spoken_and_understood() {
    in_both_roles(VIP, |number, priority| {
        let (own, peer) = (number + 1, 2 - number);
        let more = format!(
            "old_unicast_checksum\n unicast_src_ip 10.77.0.{own}\n unicast_peer {{\n \
             10.77.0.{peer}\n }}"
        );
        instance(priority, &more)
    });
}

#[test]
fn the_checksum_without_pseudo_header_is_sent_when_asked_for() {
    // keepalived 2.2.7 does not know the keyword, so what is sent is looked at.
    for (more, form) in [("", ChecksumForm::Rfc5798), ("v3_checksum_as_v2", ChecksumForm::Rfc9568)]
    {
        let lan = Lan::new(2).unwrap();
        let capture = lan.capture().unwrap();
        let mut best = director(&instance(200, more));
        let mut other = director(&instance(100, ""));
        best.start(lan.host(0)).unwrap();
        other.start(lan.host(1)).unwrap();
        eventually("the better one is master", || has(lan.host(0), VIP));
        always("both understand it", SHORT, || has(lan.host(0), VIP) && !has(lan.host(1), VIP));
        let frames = capture.stop();
        let demands = Demands::new().checksum(AcceptedChecksum::Only(form));
        let adverts: Vec<_> = frames.iter().filter(|f| f.advertisement().is_some()).collect();
        assert!(adverts.len() > 3);
        for frame in adverts {
            let datagram = Datagram::from_ipv4(&frame.octets[14..]).unwrap();
            assert!(Packet::decode(&datagram, &demands).is_ok(), "{more}");
        }
    }
}

#[test]
fn passwords_and_headers_are_those_of_keepalived() {
    for kind in ["PASS", "AH"] {
        in_both_roles(VIP, |_, priority| {
            let more = format!("authentication {{\n auth_type {kind}\n auth_pass s3cret\n }}");
            let text = instance(priority, &more);
            text.replace("version 3", "version 2").replace("advert_int 0.1", "advert_int 1")
        });
    }
}
