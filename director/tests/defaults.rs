//! What `global_defs` says for all instances; the wire and the kernel's tables are the judges.
//!
//! Needs root, keepalived and iproute2, and fails without.

mod common;

use std::time::{Duration, Instant};

use common::{
    DIRECTOR, LONG, VIP, always, director, eventually, global_defs, has, instance, named_instance,
};
use lab::Frame;
use lab::forge::{Forged, Injector};
use lab::namespaces::{Host, Lan};
use lab::peers::Daemon;
use vrrp_io::proto::Authentication;

/// Version of VRRP in an IPv4 frame without options.
fn version(frame: &Frame) -> Option<u8> {
    (frame.octets.get(12..14) == Some(&[8, 0]) && frame.octets.get(23) == Some(&112))
        .then(|| frame.octets[34] >> 4)
}

#[test]
fn an_instance_has_the_default_interface_and_version() {
    let lan = Lan::new(2).unwrap();
    let capture = lan.capture().unwrap();
    let bare = instance(200, "").replace(" interface eth0\n", "").replace(" version 3\n", "");
    let mut refused = director(&bare.replace("advert_int 0.1", "advert_int 1"));
    refused.start(lan.host(0)).unwrap();
    assert_ne!(refused.wait(LONG).unwrap(), Some(0));
    let conf = |global: &str| format!("{}{bare}", global_defs(global));
    let mut ours = director(&conf("default_interface eth0\n vrrp_version 3"));
    ours.start(lan.host(0)).unwrap();
    eventually("it is master", || has(lan.host(0), VIP));
    ours.stop(LONG).unwrap();
    let versions: Vec<u8> = capture.stop().iter().filter_map(version).collect();
    assert!(!versions.is_empty() && versions.iter().all(|version| *version == 3), "{versions:?}");
    // Without it, it is 2.
    let capture = lan.capture().unwrap();
    ours.configure(&conf("default_interface eth0").replace("advert_int 0.1", "advert_int 1"))
        .unwrap();
    ours.start(lan.host(0)).unwrap();
    eventually("it is master", || has(lan.host(0), VIP));
    ours.stop(LONG).unwrap();
    let versions: Vec<u8> = capture.stop().iter().filter_map(version).collect();
    assert!(!versions.is_empty() && versions.iter().all(|version| *version == 2), "{versions:?}");
}

#[test]
fn an_instance_without_addresses_may_be_one_of_ipv6() {
    for (more, expected) in [("", [8, 0]), ("native_ipv6", [0x86, 0xdd])] {
        let lan = Lan::new(1).unwrap();
        let capture = lan.capture().unwrap();
        let more = format!(
            "no_virtual_ipaddress\n {more}\n virtual_ipaddress_excluded {{\n 10.77.0.188\n }}"
        );
        let text = instance(200, &more).replace("virtual_ipaddress {\n 10.77.0.100/24\n }", "");
        let mut ours = director(&text);
        ours.start(lan.host(0)).unwrap();
        eventually("it is master", || has(lan.host(0), "10.77.0.188"));
        // Protocol of IPv4, next header of IPv6.
        let is_vrrp = |frame: &&Frame| {
            let at = if frame.octets.get(12..14) == Some(&[8, 0]) { 23 } else { 20 };
            frame.octets.get(at) == Some(&112)
        };
        eventually("it speaks", || capture.frames_after(0).iter().any(|frame| is_vrrp(&frame)));
        for frame in capture.stop().iter().filter(is_vrrp) {
            assert_eq!(frame.octets[12..14], expected, "{more}");
        }
        ours.stop(LONG).unwrap();
    }
}

/// What a counter of the only instance says.
fn counter(host: &Host, daemon: &Daemon, name: &str) -> u64 {
    let words = [DIRECTOR, "status", "--json", "--socket", &daemon.file("pid.sock")];
    let report: serde_json::Value = serde_json::from_str(&host.command(&words).unwrap()).unwrap();
    report["instances"][0]["counters"][name].as_u64().unwrap()
}

#[test]
fn lists_of_addresses_are_compared_unless_told_otherwise() {
    for (global, own, compares) in [
        ("", "", true),
        ("", "skip_check_adv_addr", false),
        ("vrrp_skip_check_adv_addr", "", false),
    ] {
        let lan = Lan::new(2).unwrap();
        let mut ours = director(&format!("{}{}", global_defs(global), instance(100, own)));
        let other = named_instance("V", 51, "eth0", "10.77.0.101", 200, "");
        let mut theirs = Daemon::keepalived(&other).unwrap();
        theirs.start(lan.host(1)).unwrap();
        eventually("the other is master", || has(lan.host(1), "10.77.0.101"));
        ours.start(lan.host(0)).unwrap();
        let received = || counter(lan.host(0), &ours, "advertisements_received");
        eventually("it is told", || ours.log().contains("started") && received() > 5);
        let errors = counter(lan.host(0), &ours, "address_list_errors");
        assert_eq!(errors > 0, compares, "{global} {own}");
        ours.stop(LONG).unwrap();
        theirs.stop(LONG).unwrap();
    }
}

#[test]
fn who_was_not_run_for_too_long_yields() {
    for (more, yields) in [
        ("nopreempt", false),
        ("nopreempt\n timer_expired_backup 150", true),
        ("nopreempt\n thread_timer_expired 150", true),
    ] {
        let lan = Lan::new(2).unwrap();
        let mut ours = director(&instance(200, more));
        ours.start(lan.host(0)).unwrap();
        eventually("it is master", || has(lan.host(0), VIP));
        ours.signal(nix::sys::signal::Signal::SIGSTOP).unwrap();
        std::thread::sleep(Duration::from_millis(900));
        ours.signal(nix::sys::signal::Signal::SIGCONT).unwrap();
        let has_yielded = || ours.log().contains("cause=Late");
        if yields {
            eventually(more, has_yielded);
        } else {
            always("it stays master", Duration::from_millis(600), || {
                has(lan.host(0), VIP) && !has_yielded()
            });
        }
        ours.stop(LONG).unwrap();
    }
}

#[test]
fn it_waits_until_the_machine_has_been_up_for_so_long() {
    let lan = Lan::new(1).unwrap();
    let global = global_defs("vrrp_delay_after_boot 8");
    let conf = format!("{global}{}", instance(255, ""));
    for (uptime, waits) in [("4.50", true), ("20.00", false)] {
        // On a machine that says so.
        let files = director("");
        let (wrapper, file) = (files.file("wrapper"), files.file("uptime"));
        std::fs::write(&file, format!("{uptime} 1.00\n")).unwrap();
        let inner = format!("mount --bind {file} /proc/uptime && exec {DIRECTOR} \"$@\"");
        let script = format!("#!/bin/sh\nexec unshare --mount sh -c '{inner}' sh \"$@\"\n");
        std::fs::write(&wrapper, script).unwrap();
        lan.host(0).command(&["chmod", "a+x", &wrapper]).unwrap();
        let mut ours = Daemon::new(&wrapper, &conf).unwrap();
        let begin = Instant::now();
        ours.start(lan.host(0)).unwrap();
        eventually("it is master", || has(lan.host(0), VIP));
        let took = begin.elapsed();
        assert_eq!(took > Duration::from_millis(3400), waits, "{uptime}: {took:?}");
        ours.stop(LONG).unwrap();
    }
}

/// An advertisement that is signed by nobody.
fn plain(priority: u8) -> Forged {
    Forged {
        version: 3,
        source: "10.77.0.1".parse().unwrap(),
        vrid: 51,
        priority,
        interval: 10,
        addresses: vec![VIP.parse().unwrap()],
        ttl: 255,
        authentication: Authentication::None,
    }
}

/// A director whose time of day is so many seconds ahead.
fn ahead(configuration: &str, seconds: u32) -> Daemon {
    let library = ["x86_64", "aarch64"]
        .map(|machine| format!("/usr/lib/{machine}-linux-gnu/faketime/libfaketime.so.1"));
    let library = library.iter().find(|path| std::path::Path::new(path).exists()).unwrap();
    director(configuration)
        .env("LD_PRELOAD", library)
        .env("FAKETIME", &format!("+{seconds}s"))
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .env("DONT_FAKE_MONOTONIC", "1")
}

#[test]
fn signed_packets_of_another_time_are_taken_as_told() {
    let hmac = |more: &str| {
        let key = "0123456789abcdef0123456789abcdef";
        format!("auth_hmac {{\n key 1 {key}\n active_key 1\n {more}\n}}\n")
    };
    // The clock of the better one is 100 s ahead; five seconds are the usual limit.
    for (more, is_believed) in
        [("", false), ("time_window 300", true), ("anti_replay monotonic", true)]
    {
        let lan = Lan::new(2).unwrap();
        let mut best = ahead(&instance(200, &hmac(more)), 100);
        let mut other = director(&instance(100, &hmac(more)));
        best.start(lan.host(0)).unwrap();
        eventually("the better one is master", || has(lan.host(0), VIP));
        other.start(lan.host(1)).unwrap();
        if is_believed {
            always("it is believed", Duration::from_millis(1200), || !has(lan.host(1), VIP));
        } else {
            eventually("it is not believed", || has(lan.host(1), VIP));
        }
        if is_believed {
            // That it stops is not believed of one who does not sign, whatever time it is.
            Injector::new(lan.host(0)).unwrap().send(&plain(0).packet()).unwrap();
            always("it is still there", Duration::from_millis(600), || !has(lan.host(1), VIP));
        }
        best.stop(LONG).unwrap();
        eventually("the other one is master in the end", || has(lan.host(1), VIP));
        other.stop(LONG).unwrap();
    }
}
