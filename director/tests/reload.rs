//! Reloads: every instance that is still described keeps its role, whatever else changed.
//!
//! Needs root, keepalived and iproute2, and fails without.

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use common::{LONG, VIP, always, director, eventually, has, instance, named_instance};
use lab::Frame;
use lab::namespaces::Lan;
use lab::peers::Daemon;

/// 50 instances: ours is master of the odd ones and keepalived of the even ones. `round` changes what
/// a reload may change without a change of roles.
fn fifty(is_ours: bool, round: u32) -> String {
    (1..=50u8)
        .map(|n| {
            let is_best = (n % 2 == 1) == is_ours;
            let priority = if is_best { 200 } else { 100 };
            let more = match (is_ours, round % 4) {
                (true, 1) => "garp_master_repeat 2\n notify /bin/true",
                (true, 2) => "virtual_ipaddress_excluded {\n 10.77.9.N\n }",
                (true, 3) => "down_timer_adverts 4\n preempt_delay 0",
                _ => "",
            };
            let more = more.replace('N', &n.to_string());
            let name = if round.is_multiple_of(5) { format!("X{n}") } else { format!("V{n}") };
            named_instance(&name, n, "eth0", &format!("10.77.1.{n}"), priority, &more)
                .replace("advert_int 0.1", "advert_int 1")
        })
        .collect()
}

#[test]
fn two_hundred_reloads_change_no_role_and_delay_no_advertisement() {
    let lan = Lan::new(2).unwrap();
    let mut ours = director(&fifty(true, 0));
    let mut theirs = Daemon::keepalived(&fifty(false, 0)).unwrap();
    ours.start(lan.host(0)).unwrap();
    theirs.start(lan.host(1)).unwrap();
    let in_roles = || {
        (1..=50u8).all(|n| {
            let (mine, other) = if n % 2 == 1 { (0, 1) } else { (1, 0) };
            let address = format!("10.77.1.{n}");
            has(lan.host(mine), &address) && !has(lan.host(other), &address)
        })
    };
    eventually("all have their roles", || has(lan.host(0), "10.77.1.49") && in_roles());
    std::thread::sleep(Duration::from_secs(1));
    let capture = lan.capture().unwrap();
    let mut random = 12345u32;
    for round in 1..=200 {
        ours.configure(&fifty(true, round)).unwrap();
        ours.signal_number(1).unwrap();
        // Between 50 and 150 ms: at any moment of an interval, also while one is under way.
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        std::thread::sleep(Duration::from_millis(50 + u64::from(random >> 16) % 100));
    }
    std::thread::sleep(Duration::from_secs(2));
    let frames = capture.stop();
    assert!(in_roles(), "{}", ours.log());
    let mut adverts: BTreeMap<u8, Vec<(String, Duration, u8)>> = BTreeMap::new();
    for frame in &frames {
        if let Some((source, vrid, priority)) = Frame::advertisement(frame) {
            adverts.entry(vrid).or_default().push((source.to_string(), frame.at, priority));
        }
    }
    assert_eq!(adverts.len(), 50);
    for (vrid, adverts) in adverts {
        let expected = if vrid % 2 == 1 { "10.77.0.1" } else { "10.77.0.2" };
        assert!(adverts.iter().all(|(source, ..)| source == expected), "another spoke for {vrid}");
        assert!(adverts.iter().all(|(.., priority)| *priority == 200), "{vrid}: priority changed");
        let gap = adverts.windows(2).map(|two| two[1].1 - two[0].1).max().unwrap();
        assert!(gap < Duration::from_millis(1500), "{vrid}: a gap of {gap:?}");
    }
    // Once for the start, and never again: nobody was told of a change.
    assert_eq!(ours.log().matches("state changed").count(), 75, "{}", ours.log());
}

#[test]
fn what_is_half_valid_is_not_taken() {
    let lan = Lan::new(1).unwrap();
    let mut ours = director(&instance(200, ""));
    ours.start(lan.host(0)).unwrap();
    eventually("it is master", || has(lan.host(0), VIP));
    for wrong in [
        instance(200, "prioritty 3"),
        instance(200, "").replace("10.77.0.100/24", "10.77.0.100/24\n 10.77.0.999"),
        instance(200, "").replace("virtual_router_id 51", ""),
        instance(200, "").replace("eth0", "eth9"),
        "vrrp_instance V {".to_owned(),
    ] {
        let before = ours.log().matches("not reloaded").count();
        ours.configure(&wrong).unwrap();
        ours.signal_number(1).unwrap();
        eventually("it is refused", || ours.log().matches("not reloaded").count() > before);
        assert!(has(lan.host(0), VIP));
    }
    std::fs::remove_file(ours.file("conf")).unwrap();
    ours.signal_number(1).unwrap();
    always("it is master", Duration::from_millis(300), || has(lan.host(0), VIP));
    // What is right is taken after all that.
    ours.configure(&instance(200, "").replace("10.77.0.100/24", "10.77.0.100/24\n 10.77.0.150"))
        .unwrap();
    ours.signal_number(1).unwrap();
    eventually("it has both", || has(lan.host(0), "10.77.0.150") && has(lan.host(0), VIP));
}

#[test]
fn instances_come_and_go_and_change_their_version_and_name() {
    let lan = Lan::new(2).unwrap();
    let folder = lab::Folder::new().unwrap();
    let (fifo, read) = (folder.file("fifo"), folder.file("read"));
    let script = folder.file("reader.sh");
    std::fs::write(&script, format!("#!/bin/sh\ncat \"$1\" > {read}\n")).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&script, mode).unwrap();
    let global = format!(
        "global_defs {{\n script_user root\n notify_fifo {fifo}\n notify_fifo_script {script}\n}}\n"
    );
    let first = instance(255, "");
    let second = named_instance("W", 52, "eth0", "10.77.0.101", 255, "notify_deleted");
    let mut ours = director(&format!("{global}{first}{second}"));
    ours.start(lan.host(0)).unwrap();
    eventually("both are master", || has(lan.host(0), VIP) && has(lan.host(0), "10.77.0.101"));
    // Another name, another version, another password; and one is gone.
    let renamed = first
        .replace("vrrp_instance V", "vrrp_instance RENAMED")
        .replace("version 3", "version 2\n authentication {\n auth_type PASS\n auth_pass x\n }")
        .replace("advert_int 0.1", "advert_int 1");
    ours.configure(&format!("{global}{renamed}")).unwrap();
    ours.signal_number(1).unwrap();
    eventually("the second is gone", || !has(lan.host(0), "10.77.0.101"));
    always("the first stays master", Duration::from_secs(1), || has(lan.host(0), VIP));
    ours.configure(&format!("{global}{renamed}{second}")).unwrap();
    ours.signal_number(1).unwrap();
    eventually("the second is back", || has(lan.host(0), "10.77.0.101"));
    ours.stop(LONG).unwrap();
    let text = std::fs::read_to_string(&read).unwrap();
    assert!(text.contains("INSTANCE \"W\" DELETED 255\n"), "{text}");
    assert_eq!(text.matches("MASTER").count(), 3, "{text}");
    assert!(text.contains("INSTANCE \"RENAMED\" STOP 255\n"), "{text}");
}
