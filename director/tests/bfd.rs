//! Sessions of BFD that instances track: beside keepalived's and FRR's BFD. The judge is the priority that is
//! advertised, or the role.
//!
//! Needs root, keepalived, FRR, tshark and iproute2; fails without.

mod common;

use std::path::Path;
use std::time::{Duration, Instant};

use common::{DIRECTOR, LONG, VIP, always, director, eventually, has, instance, named_instance};
use lab::namespaces::{Capture, Lan};
use lab::peers::{Bfdd, Daemon};
use lab::{Folder, write_pcap};
use nix::sys::signal::Signal;

const OURS: &str = "10.77.0.1";
const THEIRS: &str = "10.77.0.2";

/// The priority that a host advertised last.
fn spoken(capture: &Capture, source: &str) -> Option<u8> {
    capture.frames_after(0).iter().rev().find_map(|frame| {
        let (from, _, priority) = frame.advertisement()?;
        (from.to_string() == source).then_some(priority)
    })
}

/// A session `s` that is noticed to be gone after 150 ms.
fn session(peer: &str, more: &str) -> String {
    format!(
        "bfd_instance s {{\n neighbor_ip {peer}\n min_rx 50\n min_tx 50\n multiplier 3\n {more}\n}}\n"
    )
}

fn track(more: &str) -> String {
    format!("track_bfd {{\n s {more}\n }}")
}

/// Ours on host 0 and a keepalived on host 1, each with a router of its own and a session with the other.
#[track_caller]
fn beside_keepalived(peers: [&str; 2], more: &str) {
    let lan = Lan::new(2).unwrap();
    let capture = lan.capture().unwrap();
    let track = track("weight 20");
    let mut ours = director(&format!("{}{}", session(peers[1], more), instance(100, &track)));
    let other = named_instance("W", 52, "eth0", "10.77.0.101", 100, &track);
    let theirs = format!("{}{other}", session(peers[0], more));
    let mut theirs = Daemon::keepalived(&theirs).unwrap();
    ours.start(lan.host(0)).unwrap();
    eventually("we are master alone", || spoken(&capture, OURS) == Some(100));
    theirs.start(lan.host(1)).unwrap();
    eventually("both sessions are up", || {
        spoken(&capture, OURS) == Some(120) && spoken(&capture, THEIRS) == Some(120)
    });
    always("they stay up", Duration::from_secs(1), || {
        spoken(&capture, OURS) == Some(120) && spoken(&capture, THEIRS) == Some(120)
    });
    // The wire is cut: ours notices by itself.
    lan.set_cable(1, false).unwrap();
    eventually("ours is down", || spoken(&capture, OURS) == Some(100));
    lan.set_cable(1, true).unwrap();
    eventually("both are up again", || {
        spoken(&capture, OURS) == Some(120) && spoken(&capture, THEIRS) == Some(120)
    });
    // keepalived crashes, comes again, and then we crash.
    theirs.kill().unwrap();
    eventually("the peer is gone", || spoken(&capture, OURS) == Some(100));
    theirs.start(lan.host(1)).unwrap();
    eventually("both are up once more", || {
        spoken(&capture, OURS) == Some(120) && spoken(&capture, THEIRS) == Some(120)
    });
    ours.kill().unwrap();
    eventually("theirs is down", || spoken(&capture, THEIRS) == Some(100));
    theirs.stop(LONG).unwrap();
}

#[test]
fn sessions_with_keepalived_over_ipv4_and_ipv6() {
    beside_keepalived([OURS, THEIRS], "");
    beside_keepalived(["fd77::1", "fd77::2"], "");
}

/// A session with FRR's bfdd on host 1, whose peer line is `peer`; ours has `more` lines.
#[track_caller]
fn beside_frr(neighbor: &str, more: &str, peer: &str) {
    let lan = Lan::new(2).unwrap();
    let mut ours = director(&format!("{}{}", session(neighbor, more), instance(100, &track(""))));
    ours.start(lan.host(0)).unwrap();
    always("no session, no router", Duration::from_millis(700), || !has(lan.host(0), VIP));
    let lines = format!(
        " peer {peer}\n  detect-multiplier 3\n  receive-interval 50\n  transmit-interval 50\n  \
         no shutdown\n exit"
    );
    let mut bfdd = Bfdd::start(lan.host(1), &lines).unwrap();
    let end = Instant::now() + LONG;
    while !has(lan.host(0), VIP) {
        assert!(Instant::now() < end, "{}\n---\n{}", ours.log(), bfdd.log());
        std::thread::sleep(Duration::from_millis(10));
    }
    // Not by the router's own timers: nobody else advertises. bfdd says nothing when it is killed.
    let begin = Instant::now();
    bfdd.kill().unwrap();
    eventually("the router leaves its addresses", || !has(lan.host(0), VIP));
    assert!(begin.elapsed() < Duration::from_millis(600), "{:?}", begin.elapsed());
    assert!(ours.log().contains("ControlDetectionTimeExpired"), "{}", ours.log());
    ours.stop(LONG).unwrap();
}

#[test]
fn a_router_without_weight_needs_its_session_with_frr() {
    beside_frr(THEIRS, "", OURS);
    beside_frr("fd77::2", "hoplimit 255", "fd77::1");
}

#[test]
fn sessions_with_frr_over_several_hops_from_a_source() {
    let peer = "10.77.0.1 multihop local-address 10.77.0.2";
    beside_frr(THEIRS, "multihop on\n max_hops 5\n source_ip 10.77.0.1", peer);
}

#[test]
fn a_reload_keeps_sessions_and_status_shows_them() {
    let lan = Lan::new(2).unwrap();
    let peer =
        format!("{}{}", session(OURS, ""), named_instance("W", 52, "eth0", "10.77.0.101", 100, ""));
    let mut peer = director(&peer);
    let capture = lan.capture().unwrap();
    let configuration = |more: &str, priority: u8| {
        format!("{}{}", session(THEIRS, more), instance(priority, &track("weight -30")))
    };
    let mut ours = director(&configuration("", 100));
    ours.start(lan.host(0)).unwrap();
    eventually("the session is down", || spoken(&capture, OURS) == Some(70));
    peer.start(lan.host(1)).unwrap();
    eventually("the session is up", || spoken(&capture, OURS) == Some(100));
    // Other intervals and another priority; it never goes down.
    let seen = capture.frames_after(0).len();
    ours.configure(&configuration("min_tx 80\n source_ip 10.77.0.1", 110)).unwrap();
    ours.signal(Signal::SIGHUP).unwrap();
    eventually("the configuration was taken", || spoken(&capture, OURS) == Some(110));
    let priorities: Vec<u8> = capture
        .frames_after(seen)
        .iter()
        .filter_map(lab::Frame::advertisement)
        .filter(|(from, ..)| from.to_string() == OURS)
        .map(|(_, _, priority)| priority)
        .collect();
    assert!(priorities.iter().all(|priority| *priority >= 100), "{priorities:?}");
    let socket = ours.file("pid.sock");
    let status = |words: &[&str]| {
        let words = [&[DIRECTOR, "status", "--socket", &socket][..], words].concat();
        lan.host(0).command(&words).unwrap()
    };
    assert!(status(&[]).contains("bfd_instance s: Up (10.77.0.2)"), "{}", status(&[]));
    assert!(status(&["--metrics"]).contains("director_bfd_up{session=\"s\",peer=\"10.77.0.2\"} 1"));
    eventually("both have agreed on the new interval", || {
        status(&["--json"]).contains("\"interval_seconds\": 0.08")
    });
    // The peer is told when it ends: that is no failure of the path.
    peer.stop(LONG).unwrap();
    always("nothing is held against it", Duration::from_secs(1), || {
        spoken(&capture, OURS) == Some(110)
    });
    // A session that is no longer configured, and then one that is new.
    ours.configure(&configuration("multihop on", 120)).unwrap();
    ours.signal(Signal::SIGHUP).unwrap();
    eventually("nobody answers there", || spoken(&capture, OURS) == Some(90));
    ours.stop(LONG).unwrap();
}

#[test]
fn who_waits_for_the_peer_says_nothing_and_who_does_not_speaks_as_often_as_told() {
    let lan = Lan::new(2).unwrap();
    let capture = lan.capture().unwrap();
    // Packets to the port of sessions over one hop.
    let times = |from: usize| -> Vec<Duration> {
        let is_bfd =
            |frame: &&lab::Frame| frame.octets.get(36..38) == Some(&3784u16.to_be_bytes()[..]);
        capture.frames_after(from).iter().filter(is_bfd).map(|frame| frame.at).collect()
    };
    let track = track("weight 10");
    let conf = |more: &str| format!("{}{}", session(THEIRS, more), instance(100, &track));
    let mut ours = director(&conf("passive"));
    ours.start(lan.host(0)).unwrap();
    eventually("it is master", || has(lan.host(0), VIP));
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(times(0), []);
    ours.stop(LONG).unwrap();
    // By the other spelling, too.
    let conf = conf("idle_tx 2000").replace("neighbor_ip", "neighbour_ip");
    ours.configure(&conf).unwrap();
    let seen = capture.frames_after(0).len();
    ours.start(lan.host(0)).unwrap();
    eventually("it has spoken", || times(seen).len() >= 3);
    let times = times(seen);
    let gaps: Vec<Duration> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let range = Duration::from_millis(1490)..Duration::from_millis(2100);
    assert!(gaps.iter().all(|gap| range.contains(gap)), "{gaps:?}");
    ours.stop(LONG).unwrap();
}

#[test]
fn without_bfd_sessions_count_as_down() {
    let lan = Lan::new(2).unwrap();
    let capture = lan.capture().unwrap();
    let text = format!("{}{}", session(THEIRS, ""), instance(100, &track("weight -30")));
    let mut ours = director(&text).with(&["--no_bfd"]);
    ours.start(lan.host(0)).unwrap();
    eventually("it counts as down", || spoken(&capture, OURS) == Some(70));
    let bfd = capture.frames_after(0).len();
    let is_bfd = |octets: &[u8]| octets.windows(2).any(|pair| pair == 3784u16.to_be_bytes());
    assert!(bfd > 0 && !capture.frames_after(0).iter().any(|frame| is_bfd(&frame.octets)));
    ours.stop(LONG).unwrap();
}

#[test]
fn tshark_finds_nothing_wrong_with_our_packets() {
    let lan = Lan::new(2).unwrap();
    let capture = lan.capture().unwrap();
    let folder = Folder::new().unwrap();
    let mut ours =
        director(&format!("{}{}", session(THEIRS, ""), instance(100, &track("weight 20"))));
    let other = named_instance("W", 52, "eth0", "10.77.0.101", 100, "");
    let mut theirs = Daemon::keepalived(&format!("{}{other}", session(OURS, ""))).unwrap();
    ours.start(lan.host(0)).unwrap();
    theirs.start(lan.host(1)).unwrap();
    eventually("the session is up", || spoken(&capture, OURS) == Some(120));
    std::thread::sleep(Duration::from_millis(500));
    let file = folder.file("capture.pcap");
    write_pcap(Path::new(&file), &capture.frames_after(0)).unwrap();
    let fields = [
        "ip.ttl",
        "udp.srcport",
        "bfd.version",
        "bfd.sta",
        "bfd.detect_time_multiplier",
        "bfd.required_min_rx_interval",
        "bfd.my_discriminator",
        "_ws.malformed",
        "_ws.expert.severity",
    ];
    let mut words =
        vec!["tshark", "-r", &file, "-Y", "bfd && !icmp && ip.src == 10.77.0.1", "-T", "fields"];
    for field in &fields {
        words.extend(["-e", field]);
    }
    let output = std::process::Command::new(words[0]).args(&words[1..]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    assert!(rows.len() > 10, "{text}{}", String::from_utf8_lossy(&output.stderr));
    for row in &rows {
        let [ttl, port, version, _, multiplier, rx, discriminator, malformed, severity] = row[..]
        else {
            panic!("{row:?}");
        };
        assert_eq!((ttl, version, multiplier, rx), ("255", "1", "3", "50000"), "{row:?}");
        assert!(port.parse::<u16>().unwrap() >= 49152 && discriminator != "0x00000000");
        assert!(malformed.is_empty() && severity.is_empty(), "{row:?}");
    }
    assert!(rows.iter().any(|row| row[3] == "0x01") && rows.iter().any(|row| row[3] == "0x03"));
    ours.stop(LONG).unwrap();
    theirs.stop(LONG).unwrap();
}
