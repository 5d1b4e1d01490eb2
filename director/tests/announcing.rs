//! How often addresses are announced, and what is said in a conflict; the wire is the judge.
//!
//! Needs root and iproute2, and fails without.

mod common;

use std::time::Duration;

use common::{VIP, director, eventually, global_defs, has, instance};
use lab::forge::{Forged, Injector};
use lab::namespaces::Lan;
use vrrp_io::proto::Authentication;

/// An advertisement that every owner wins against.
fn losing() -> Forged {
    Forged {
        version: 3,
        source: "10.77.0.2".parse().unwrap(),
        vrid: 51,
        priority: 200,
        interval: 300,
        addresses: vec![VIP.parse().unwrap()],
        ttl: 255,
        authentication: Authentication::None,
    }
}

#[test]
fn after_a_conflict_it_announces_again_when_told() {
    for (global, more) in [
        ("", "garp_lower_prio_repeat 1\n garp_lower_prio_delay 1"),
        ("vrrp_garp_lower_prio_repeat 1\n vrrp_garp_lower_prio_delay 1", ""),
    ] {
        let lan = Lan::new(2).unwrap();
        let text = instance(255, &format!("garp_master_delay 0\n {more}"));
        let mut ours = director(&format!("{}{text}", global_defs(global)));
        ours.start(lan.host(0)).unwrap();
        eventually("ours is master", || has(lan.host(0), VIP));
        std::thread::sleep(Duration::from_millis(400));
        let capture = lan.capture().unwrap();
        Injector::new(lan.host(1)).unwrap().send(&losing().packet()).unwrap();
        std::thread::sleep(Duration::from_millis(1600));
        let frames = capture.stop();
        let times: Vec<Duration> =
            frames.iter().filter(|f| f.is_gratuitous_arp(VIP)).map(|f| f.at).collect();
        let late = times.iter().filter(|at| **at > times[0] + Duration::from_millis(900));
        // A request and a reply.
        assert_eq!(late.count(), 2, "{global} {more}: {times:?}");
    }
}

#[test]
fn a_conflict_is_answered_and_announced_as_configured() {
    for (global, more, answers) in [
        ("", "", true),
        ("", "lower_prio_no_advert\n garp_lower_prio_repeat 0", false),
        ("vrrp_lower_prio_no_advert\n vrrp_garp_lower_prio_repeat 0", "", false),
    ] {
        let lan = Lan::new(2).unwrap();
        let long = |text: String| text.replace("advert_int 0.1", "advert_int 3");
        let text = long(instance(255, &format!("garp_master_delay 0\n {more}")));
        let mut ours = director(&format!("{}{text}", global_defs(global)));
        ours.start(lan.host(0)).unwrap();
        eventually("ours is master", || has(lan.host(0), VIP));
        std::thread::sleep(Duration::from_millis(400));
        let capture = lan.capture().unwrap();
        Injector::new(lan.host(1)).unwrap().send(&losing().packet()).unwrap();
        std::thread::sleep(Duration::from_millis(500));
        let frames = capture.stop();
        let forged = frames.iter().position(|frame| {
            frame.advertisement().is_some_and(|(_, _, priority)| priority == 200)
        });
        let after = &frames[forged.expect("the forged one was seen")..];
        let answered = after.iter().take_while(|f| f.at < after[0].at + Duration::from_millis(100));
        let (mut adverts, mut announcements) = (0, 0);
        for frame in answered {
            adverts += usize::from(frame.advertisement().is_some_and(|(_, _, p)| p == 255));
            announcements += usize::from(frame.is_gratuitous_arp(VIP));
        }
        assert_eq!(adverts > 0, answers, "{more}");
        assert_eq!(announcements > 0, answers, "{more}");
    }
}

#[test]
fn addresses_are_announced_as_often_as_configured() {
    let own = "garp_master_repeat 3\n garp_master_delay 1\n garp_master_refresh 2\n \
               garp_master_refresh_repeat 2";
    let global = "vrrp_garp_master_repeat 3\n vrrp_garp_master_delay 1\n \
                  vrrp_garp_master_refresh 2\n vrrp_garp_master_refresh_repeat 2";
    // Every announcement is two frames: request and reply. One more comes when things have settled.
    for (global, own, expected) in
        [("", own, [6, 2, 6, 4]), (global, "", [6, 2, 6, 4]), ("vrrp_min_garp", "", [2, 2, 0, 0])]
    {
        let lan = Lan::new(1).unwrap();
        let capture = lan.capture().unwrap();
        let mut ours = director(&format!("{}{}", global_defs(global), instance(255, own)));
        ours.start(lan.host(0)).unwrap();
        eventually("it is master", || has(lan.host(0), VIP));
        std::thread::sleep(Duration::from_millis(3600));
        let frames = capture.stop();
        let times: Vec<Duration> =
            frames.iter().filter(|f| f.is_gratuitous_arp(VIP)).map(|frame| frame.at).collect();
        let count = |from: u64, to: u64| {
            let at = |after: u64| times[0] + Duration::from_millis(after);
            times.iter().filter(|time| (at(from)..at(to)).contains(time)).count()
        };
        let counts = [count(0, 50), count(50, 500), count(500, 1500), count(2500, 3500)];
        assert_eq!(counts, expected, "{global} {own}");
    }
}
