//! The same packets, at the same times, for our state machine in virtual time and for a real keepalived or FRR: what they
//! send is the same, or the difference is one that we have decided on.
//!
//! Needs root, keepalived, FRR and iproute2, and fails without.

mod forecast;
mod record;
mod schedule;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use forecast::{Decision, TOLERANCE};
use lab::Frame;
use lab::forge::Injector;
use lab::namespaces::Lan;
use lab::node::NodeConfig;
use lab::peers::{Daemon, Implementation, Peer};
use record::{Outcome, compare, packet_of};
use schedule::{LENGTH, PEER, PRIORITY, Schedule, Wrong};

/// Sends what the schedules say, and returns everything that was on the LAN.
fn play(lan: &Lan, schedules: &[Schedule], start: impl FnOnce(&Lan)) -> Vec<Frame> {
    let capture = lan.capture().unwrap();
    let injector = Injector::new(lan.host(0)).unwrap();
    start(lan);
    let limit = Instant::now() + Duration::from_secs(30);
    let mut begins: Vec<Option<Instant>> = vec![None; schedules.len()];
    let mut next = vec![0; schedules.len()];
    let mut known = 0;
    loop {
        let frames = capture.frames_after(known);
        known += frames.len();
        for frame in &frames {
            for (schedule, begin) in schedules.iter().zip(&mut begins) {
                let source = packet_of(frame, schedule.vrid).map(|(source, _)| source);
                if begin.is_none() && source == Some(PEER.into()) {
                    *begin = Some(Instant::now());
                }
            }
        }
        let mut is_over = true;
        for (number, schedule) in schedules.iter().enumerate() {
            let elapsed = begins[number].map(|begin| begin.elapsed());
            is_over &= elapsed.is_some_and(|elapsed| elapsed > LENGTH + Duration::from_millis(200));
            while let Some((at, forged, wrong)) = schedule.packets.get(next[number])
                && elapsed.is_some_and(|elapsed| elapsed >= *at)
            {
                let mut packet = forged.packet();
                if *wrong == Wrong::Checksum {
                    packet[26] ^= 0x55;
                }
                injector.send(&packet).unwrap();
                next[number] += 1;
            }
        }
        if is_over {
            return capture.stop();
        }
        assert!(Instant::now() < limit, "some router never advertises");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// All are the same but a few that cannot be told; what was different because we have decided so.
#[track_caller]
fn assert_same(outcomes: Vec<(&Schedule, Outcome)>) -> BTreeSet<Decision> {
    let (mut same, mut decisions, mut wrong) = (0, BTreeSet::new(), Vec::new());
    let count = outcomes.len();
    for (schedule, outcome) in outcomes {
        match outcome {
            Outcome::Same(found) => {
                same += 1;
                decisions.extend(found);
            }
            Outcome::Ambiguous => {}
            Outcome::Differs(how) => wrong.push(schedule.told(&how)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(same * 3 >= count * 2, "{same} of {count} are the same");
    decisions
}

fn keepalived(schedules: &[Schedule]) -> Vec<Frame> {
    let lan = Lan::new(2).unwrap();
    let instances: String = schedules.iter().map(Schedule::instance).collect();
    let mut peer = Daemon::keepalived(&format!("global_defs {{\n}}\n{instances}")).unwrap();
    let frames = play(&lan, schedules, |lan| peer.start(lan.host(1)).unwrap());
    peer.stop(Duration::from_secs(10)).unwrap();
    frames
}

#[test]
fn keepalived_does_as_we_do() {
    let schedules: Vec<Schedule> = (1..=60)
        .map(|vrid| Schedule::new(vrid, if vrid % 3 == 0 { 2 } else { 3 }, vrid % 4 != 0, false))
        .collect();
    let frames = keepalived(&schedules);
    let outcomes = schedules.iter().map(|schedule| (schedule, compare(schedule, &frames)));
    let decisions = assert_same(outcomes.collect());
    assert_eq!(decisions, BTreeSet::from([Decision::FewerAnswers, Decision::NeverLater]));
}

/// keepalived 2.2.7 begins its interval anew with every packet that it refuses: 20 of them a second silence its Active
/// router, and there are two soon. That is a bug of keepalived's; neither FRR nor we have it.
#[test]
fn what_is_refused_silences_keepalived_and_nobody_else() {
    let schedules: Vec<Schedule> =
        (1..=12).map(|vrid| Schedule::new(vrid, 2 + vrid % 2, true, true)).collect();
    let frames = keepalived(&schedules);
    for schedule in &schedules {
        let (theirs, ours) = schedule.silences(&frames);
        assert!(theirs > 3 * schedule.own_interval(), "{}: {theirs:?}", schedule.vrid);
        assert!(ours < schedule.own_interval() + TOLERANCE, "{}: {ours:?}", schedule.vrid);
    }
    for (schedule, frames) in frr(1..=2, true) {
        let (theirs, ours) = schedule.silences(&frames);
        assert!(theirs.max(ours) < 2 * schedule.own_interval(), "{theirs:?} {ours:?}");
    }
}

/// FRR has a LAN for each.
fn frr(vrids: std::ops::RangeInclusive<u8>, is_hostile: bool) -> Vec<(Schedule, Vec<Frame>)> {
    let play_one = |vrid: u8| {
        let mut schedule = Schedule::new(vrid, 3, true, is_hostile);
        schedule.answers_losing = false;
        let lan = Lan::new(2).unwrap();
        let config = NodeConfig {
            version: 3,
            vrid,
            priority: PRIORITY,
            interval: schedule.interval,
            addresses: vec![format!("{}/32", schedule.address())],
            authentication: "none".into(),
            secret: String::new(),
        };
        let mut peer = Peer::new(Implementation::Frr, &config).unwrap();
        let frames = play(&lan, std::slice::from_ref(&schedule), |lan| {
            peer.start(lan.host(1)).unwrap();
        });
        (schedule, frames)
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = vrids.map(|vrid| scope.spawn(move || play_one(vrid))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    })
}

#[test]
fn frr_does_as_we_do() {
    let played = frr(1..=8, false);
    let outcomes = played.iter().map(|(schedule, frames)| (schedule, compare(schedule, frames)));
    let decisions = assert_same(outcomes.collect());
    assert!(!decisions.contains(&Decision::FewerAnswers), "{decisions:?}");
}
