//! Packets that must be refused, scripts that do not start, servers that hang, a disk that is full, a
//! clock that jumps: advertisements go on at their interval.
//!
//! Needs root and iproute2, and for the clock the package faketime; fails without.

mod common;

use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use common::{LONG, VIP, director, eventually, forged, has, instance};
use lab::Frame;
use lab::forge::{Forged, Injector};
use lab::namespaces::{Capture, Lan};
use lab::peers::find_program;
use vrrp_io::proto::{Authentication, Secret};

/// The gaps between the advertisements of a host, longest and shortest.
fn gaps(frames: &[Frame], source: &str) -> (Duration, Duration) {
    let times: Vec<Duration> = frames
        .iter()
        .filter(|frame| frame.advertisement().is_some_and(|(from, ..)| from.to_string() == source))
        .map(|frame| frame.at)
        .collect();
    assert!(times.len() > 10, "only {} advertisements", times.len());
    let gaps = times.windows(2).map(|two| two[1] - two[0]);
    (gaps.clone().max().unwrap(), gaps.min().unwrap())
}

/// All advertisements keep their interval of 100 ms, but for what a busy machine does to them.
fn assert_on_time(capture: Capture, what: &str) {
    let (longest, shortest) = gaps(&capture.stop(), "10.77.0.1");
    let slack = Duration::from_millis(40);
    let interval = Duration::from_millis(100);
    assert!(longest < interval + slack, "{what}: a gap of {longest:?}");
    assert!(shortest > interval - slack, "{what}: a gap of {shortest:?}");
}

/// Octets of the message in an IPv4 packet without options.
const MESSAGE: usize = 20;

#[test]
fn packets_that_must_be_refused_move_no_timer() {
    let secret = |text: &[u8]| Secret::new(text).unwrap();
    let password = "version 2\n authentication {\n auth_type PASS\n auth_pass right\n }";
    let header = "version 2\n authentication {\n auth_type AH\n auth_pass right\n }";
    let plain = |priority| forged(3, priority).packet();
    let mut cases: Vec<(&str, &str, Vec<Vec<u8>>)> = Vec::new();
    for (name, change) in [
        ("checksum", (MESSAGE + 6, 0xff)),
        ("version", (MESSAGE, 0x51)),
        ("type", (MESSAGE, 0x32)),
        ("count", (MESSAGE + 3, 2)),
    ] {
        let packets = [1, 100, 254, 255, 0].map(|priority| {
            let mut packet = plain(priority);
            packet[change.0] = change.1;
            packet
        });
        cases.push((name, "", packets.into()));
    }
    let ttl = [1, 254, 0].map(|priority| Forged { ttl: 254, ..forged(3, priority) }.packet());
    cases.push(("ttl", "", ttl.into()));
    // The length of the packet is changed, so the IP header is made anew by the kernel.
    let short = [1, 254, 0].map(|priority| {
        let mut packet = plain(priority);
        packet.truncate(MESSAGE + 6);
        packet[2..4].copy_from_slice(&26u16.to_be_bytes());
        packet
    });
    cases.push(("length", "", short.into()));
    let wrong = [1, 254, 0].map(|priority| {
        let authentication = Authentication::Password(secret(b"wrong"));
        Forged { authentication, ..forged(2, priority) }.packet()
    });
    cases.push(("password", password, wrong.into()));
    let wrong = [1, 254, 0].map(|priority| {
        let authentication = Authentication::AuthenticationHeader(secret(b"wrong"));
        Forged { authentication, ..forged(2, priority) }.packet()
    });
    cases.push(("header", header, wrong.into()));
    let interval = [1, 254].map(|priority| {
        let authentication = Authentication::Password(secret(b"right"));
        Forged { authentication, interval: 7, ..forged(2, priority) }.packet()
    });
    cases.push(("interval", password, interval.into()));

    for (name, more, packets) in cases {
        let lan = Lan::new(3).unwrap();
        let configuration = |priority| {
            let text = instance(priority, more);
            match more {
                "" => text,
                _ => text.replacen("version 3\n", "", 1).replace("advert_int 0.1", "advert_int 1"),
            }
        };
        let mut best = director(&configuration(200));
        let mut other = director(&configuration(100));
        best.start(lan.host(0)).unwrap();
        other.start(lan.host(1)).unwrap();
        eventually("the better one is master", || has(lan.host(0), VIP));
        std::thread::sleep(Duration::from_millis(500));
        let capture = lan.capture().unwrap();
        let injector = Injector::new(lan.host(2)).unwrap();
        let seconds = if more.is_empty() { 2 } else { 5 };
        for round in 0..20 * seconds {
            injector.send(&packets[round % packets.len()]).unwrap();
            std::thread::sleep(Duration::from_millis(50));
            assert!(!has(lan.host(1), VIP), "{name}: the backup is master\n{}", other.log());
        }
        assert!(has(lan.host(0), VIP), "{name}");
        let frames = capture.stop();
        let times: Vec<Duration> = frames
            .iter()
            .filter(|f| f.octets.get(26..30) == Some(&[10, 77, 0, 1][..]))
            .filter(|f| f.octets.get(30..34) == Some(&[224, 0, 0, 18][..]))
            .map(|frame| frame.at)
            .collect();
        let interval = Duration::from_millis(if more.is_empty() { 100 } else { 1000 });
        for two in times.windows(2) {
            let gap = two[1] - two[0];
            let slack = Duration::from_millis(40);
            assert!(gap < interval + slack && gap > interval - slack, "{name}: {gap:?}");
        }
        assert!(times.len() > 3, "{name}");
        // Each was counted, and by its own counter.
        let status = lan.host(0).command(&[
            common::DIRECTOR,
            "status",
            "--json",
            "--socket",
            &best.file("pid.sock"),
        ]);
        let status = status.unwrap();
        let report: serde_json::Value = serde_json::from_str(&status).unwrap();
        let counters = report["instances"][0]["counters"].as_object().unwrap();
        let errors: u64 = counters
            .iter()
            .filter(|(name, _)| {
                name.contains("error") || name.contains("auth") || *name == "invalid_type"
            })
            .map(|(_, count)| count.as_u64().unwrap())
            .sum();
        assert!(errors >= 10 * seconds as u64, "{name}: {errors} of {counters:?}");
    }
}

#[test]
fn scripts_fifos_and_mails_that_hang_hold_nobody_up() {
    let lan = Lan::new(2).unwrap();
    let folder = lab::Folder::new().unwrap();
    // It takes connections and says nothing.
    let server = lan.host(0).namespace().run(|| TcpListener::bind("10.77.0.1:0")).unwrap();
    let port = server.local_addr().unwrap().port();
    let fifo = folder.file("fifo");
    let global = format!(
        "global_defs {{\n script_user root\n enable_script_security\n smtp_server 10.77.0.1 {port}\n \
         smtp_connect_timeout 30\n notification_email {{\n ops@example.com\n }}\n notify_fifo {fifo}\n}}\n\
         vrrp_script none {{\n script \"/no/such/program\"\n interval 0.1\n weight 1\n}}\n\
         vrrp_script hangs {{\n script \"/bin/sleep 1000\"\n interval 0.1\n timeout 100\n weight 1\n}}\n"
    );
    let more = "smtp_alert\n notify \"/bin/sleep 1000\"\n notify_master /no/such/notify\n \
                track_script {\n none\n hangs\n }\n notify_priority_changes";
    let mut ours = director(&format!("{global}{}", instance(200, more)));
    ours.start(lan.host(0)).unwrap();
    eventually("it is master", || has(lan.host(0), VIP));
    let capture = lan.capture().unwrap();
    // The FIFO has no reader, so it fills up: many events.
    for round in 0..30 {
        lan.set_cable(1, round % 2 == 1).unwrap();
        ours.signal_number(1).unwrap();
        std::thread::sleep(Duration::from_millis(70));
    }
    assert_on_time(capture, "what hangs");
    let begin = std::time::Instant::now();
    assert_eq!(ours.stop(LONG).unwrap().1, Some(0));
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
    assert!(!has(lan.host(0), VIP));
}

#[test]
fn a_full_disk_under_the_log_holds_nobody_up() {
    let lan = Lan::new(1).unwrap();
    let mut ours = director(&instance(255, "")).with(&["-D", "--log-file", "/dev/full"]);
    ours.start(lan.host(0)).unwrap();
    eventually("it is master", || has(lan.host(0), VIP));
    let capture = lan.capture().unwrap();
    for _ in 0..20 {
        ours.signal_number(1).unwrap();
        std::thread::sleep(Duration::from_millis(80));
    }
    assert_on_time(capture, "a full disk");
    assert_eq!(ours.stop(LONG).unwrap().1, Some(0));
}

#[test]
fn a_clock_that_jumps_an_hour_moves_no_timer() {
    find_program("faketime").unwrap();
    let library = ["x86_64", "aarch64"]
        .map(|machine| format!("/usr/lib/{machine}-linux-gnu/faketime/libfaketime.so.1"));
    let library = library.iter().find(|path| std::path::Path::new(path).exists()).unwrap();
    let lan = Lan::new(1).unwrap();
    let folder = lab::Folder::new().unwrap();
    let time = folder.file("time");
    fs::write(&time, "+0").unwrap();
    // The time of day is a lie from now on; the clock that timers run by is not.
    let mut ours = director(&instance(255, ""))
        .env("LD_PRELOAD", library)
        .env("FAKETIME_TIMESTAMP_FILE", &time)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .env("DONT_FAKE_MONOTONIC", "1");
    ours.start(lan.host(0)).unwrap();
    eventually("it is master", || has(lan.host(0), VIP));
    let capture = lan.capture().unwrap();
    for jump in ["+1h", "-1h", "+0", "+3600"] {
        fs::write(&time, jump).unwrap();
        // Something for the log, with its time.
        ours.signal_number(1).unwrap();
        std::thread::sleep(Duration::from_millis(400));
    }
    assert_on_time(capture, "a clock that jumps");
    let hours: std::collections::BTreeSet<_> = ours
        .log()
        .lines()
        .filter(|line| line.contains("taken"))
        .filter_map(|line| line.get(..13).map(str::to_owned))
        .collect();
    assert!(hours.len() > 1, "the clock did not jump: {}", ours.log());
}
