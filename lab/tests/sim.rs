//! The simulated LAN that a program drives by hand. What must hold in any is `proof`'s to simulate.

use std::net::Ipv4Addr;
use std::time::Duration;

use lab::sim::{Medium, SimLan, What};
use vrrp_fsm::{Config, Event, State};
use vrrp_proto::{Centiseconds, Priority, Vrid};

/// Skew and detection of the lowest priority at an interval of a second, and an answer.
const SETTLED: Duration = Duration::from_secs(10);

fn vrid() -> Vrid {
    Vrid::new(51).unwrap()
}

fn ipv4(machine: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 77, 0, machine + 1)
}

fn v3(priority: u8) -> Config {
    let priority = Priority::new(priority).unwrap();
    let addresses = [Ipv4Addr::new(10, 77, 0, 100)];
    Config::v3_ipv4(vrid(), priority, Centiseconds::DEFAULT, addresses).unwrap()
}

/// Priorities of the machines: two are equal, so that the address decides.
const PRIORITIES: [u8; 4] = [100, 150, 200, 200];

fn lan(seed: u64) -> SimLan {
    let mut lan = SimLan::new(seed, Medium::default());
    for (machine, priority) in (0..).zip(PRIORITIES) {
        lan.add(ipv4(machine), v3(priority));
    }
    lan
}

#[test]
fn one_seed_is_one_run() {
    let run = |seed| {
        let medium = Medium { loss: 200, duplication: 100, damage: 100, ..Medium::default() };
        let mut lan = lan(seed);
        lan.set_medium(medium);
        (0..4).for_each(|machine| lan.start(machine));
        lan.run_for(Duration::from_secs(100));
        lan.trace().to_vec()
    };
    for seed in 0..8 {
        assert_eq!(run(seed), run(seed));
    }
    assert_ne!(run(0), run(1), "the seed makes a difference");
}

#[test]
fn takeover_comes_within_the_bounds_of_the_rfc() {
    let mut lan = lan(0);
    lan.start(0);
    lan.start(2);
    lan.run_for(SETTLED);
    assert_eq!(lan.state(2), State::Active);

    let last = lan.trace().iter().rfind(|trace| matches!(trace.what, What::Sent(_))).unwrap().at;
    lan.crash(2);
    let became = |trace: &lab::sim::Trace| {
        matches!(trace.what, What::Told(Event::StateChanged { to: State::Active, .. }))
    };
    let takeover = lan.run_until_trace(lan.now() + SETTLED, became).unwrap();
    let after = takeover.at.saturating_since(last);
    // Active_Down_Interval of priority 100: 3 s + 156 / 256 s; the packet took up to 200 microseconds.
    let bound = Duration::from_micros(3_609_375);
    assert!(after >= bound && after <= bound + Duration::from_micros(200), "{after:?}");

    lan.start(2);
    lan.run_for(SETTLED);
    assert_eq!(lan.state(2), State::Active, "the higher priority preempts");
    let stopped = lan.now();
    lan.stop(2);
    let takeover = lan.run_until_trace(lan.now() + SETTLED, became).unwrap();
    let after = takeover.at.saturating_since(stopped);
    let skew = Duration::from_micros(609_375);
    assert!(after >= skew && after <= skew + Duration::from_micros(200), "{after:?}");
}
