//! Many seeds of a simulated LAN: whatever happened, afterwards there is one Active router per
//! partition, it is the right one, and it alone has the addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use lab::sim::{Medium, SimLan, What};
use vrrp_fsm::{Config, Event, State};
use vrrp_proto::{Authentication, Centiseconds, Priority, Seconds, Secret, Vrid};

/// Skew and detection of the lowest priority at an interval of a second, and an answer.
const SETTLED: Duration = Duration::from_secs(10);

fn vrid() -> Vrid {
    Vrid::new(51).unwrap()
}

fn ipv4(machine: u8) -> IpAddr {
    Ipv4Addr::new(10, 77, 0, machine + 1).into()
}

fn v3(priority: u8) -> Config {
    let priority = Priority::new(priority).unwrap();
    let addresses = [Ipv4Addr::new(10, 77, 0, 100)];
    Config::v3_ipv4(vrid(), priority, Centiseconds::DEFAULT, addresses).unwrap()
}

fn v3_ipv6(priority: u8) -> Config {
    let priority = Priority::new(priority).unwrap();
    let addresses = ["fe80::100".parse::<Ipv6Addr>().unwrap()];
    Config::v3_ipv6(vrid(), priority, Centiseconds::DEFAULT, addresses).unwrap()
}

fn v2(priority: u8) -> Config {
    let priority = Priority::new(priority).unwrap();
    Config::v2(vrid(), priority, Seconds::DEFAULT, [Ipv4Addr::new(10, 77, 0, 100)]).unwrap()
}

/// Priorities of the machines: two are equal, so that the address decides.
const PRIORITIES: [u8; 4] = [100, 150, 200, 200];

fn lan(seed: u64) -> SimLan {
    let mut lan = SimLan::new(seed, Medium::default());
    let secret = Secret::new(b"secret").unwrap();
    for (machine, priority) in (0..).zip(PRIORITIES) {
        match seed % 4 {
            0 => lan.add(ipv4(machine), v3(priority), Authentication::None),
            1 => {
                let address = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, u16::from(machine) + 1);
                lan.add(address.into(), v3_ipv6(priority), Authentication::None)
            }
            2 => {
                let authentication = Authentication::Password(secret.clone());
                lan.add(ipv4(machine), v2(priority), authentication)
            }
            _ => {
                let authentication = Authentication::AuthenticationHeader(secret.clone());
                lan.add(ipv4(machine), v2(priority), authentication)
            }
        };
    }
    lan
}

fn assert_one_is_active(lan: &SimLan, members: &[usize], seed: u64) {
    // The highest priority among those that run, and the highest address among equals.
    let running: Vec<usize> =
        members.iter().copied().filter(|m| lan.state(*m) != State::Initialize).collect();
    let right = running.iter().copied().max_by_key(|machine| (PRIORITIES[*machine], *machine));
    for machine in running {
        let expected = if Some(machine) == right { State::Active } else { State::Backup };
        // Without preemption of equals, the one of the two that came first stays.
        let is_other_equal = machine >= 2 && right.is_some_and(|right| right >= 2);
        if !is_other_equal {
            assert_eq!(lan.state(machine), expected, "seed {seed}: machine {machine}");
        }
        let is_active = lan.state(machine) == State::Active;
        assert_eq!(lan.holds_addresses(machine), is_active, "seed {seed}: machine {machine}");
    }
    let active = members.iter().filter(|machine| lan.state(**machine) == State::Active).count();
    let expected = usize::from(right.is_some());
    assert_eq!(active, expected, "seed {seed}: {active} Active routers");
}

#[test]
fn after_any_disturbance_one_router_is_active_and_it_is_the_right_one() {
    for seed in 0..400 {
        let mut lan = lan(seed);
        let mut random = fastrand::Rng::with_seed(seed ^ 0x5eed);
        let mut is_on = [false; 4];
        for _ in 0..20 {
            let machine = random.usize(..4);
            match (random.u8(..6), is_on[machine]) {
                (0 | 1, false) => {
                    lan.start(machine);
                    is_on[machine] = true;
                }
                (0, true) => {
                    lan.stop(machine);
                    is_on[machine] = false;
                }
                (1, true) => {
                    lan.crash(machine);
                    is_on[machine] = false;
                }
                (2, _) => lan.set_partition(machine, random.u8(..2)),
                (3, _) => lan.set_medium(Medium {
                    max_delay: Duration::from_millis(random.u64(1..500)),
                    loss: random.u16(..600),
                    duplication: random.u16(..300),
                    damage: random.u16(..300),
                    ..Medium::default()
                }),
                _ => {}
            }
            lan.run_for(Duration::from_millis(random.u64(..5000)));
        }
        // It quiets down, first in two partitions and then in one.
        lan.set_medium(Medium::default());
        for machine in 0..4 {
            lan.set_partition(machine, u8::from(machine % 2 == 1));
        }
        lan.run_for(SETTLED);
        assert_one_is_active(&lan, &[0, 2], seed);
        assert_one_is_active(&lan, &[1, 3], seed);
        for machine in 0..4 {
            lan.set_partition(machine, 0);
        }
        lan.run_for(SETTLED);
        assert_one_is_active(&lan, &[0, 1, 2, 3], seed);
    }
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
    assert_ne!(run(0), run(4), "the seed makes a difference");
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
